import pytest

from marketplace.core.db import db
from tests.conftest import make_app, make_settings


@pytest.mark.parametrize(("proxies", "is_believed"), [("0", False), ("1", True)])
def test_a_forwarded_protocol_is_believed_behind_a_proxy_only(settings, tmp_path, proxies, is_believed):
    app = make_app(make_settings(settings.database_url, tmp_path, TRUSTED_PROXIES=proxies))
    answer = app.test_client().get("/healthz", headers={"X-Forwarded-Proto": "https"})
    assert ("Strict-Transport-Security" in answer.headers) is is_believed
    with app.app_context():
        db.engine.dispose()
