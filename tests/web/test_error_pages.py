"""What the database refuses reaches people as a sentence, with the right status."""

import pytest
from sqlalchemy import text

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db, transaction
from tests.conftest import make_app

_INTO = "INSERT INTO core_task_failures (task, error, failed_at, failures) VALUES "
TWICE = f"{_INTO} ('t', 'e', now(), 1), ('t', 'e', now(), 1)"
NOTHING = f"{_INTO} (NULL, 'e', now(), 1)"
LONG = "SELECT 9999999999999999999999::bigint"


@pytest.fixture
def ask(settings):
    app = make_app(settings)

    @app.get("/hong/<int:number>")
    @needs(Permission.PUBLIC)
    def fail(number):
        with transaction() as session:
            session.execute(text((TWICE, NOTHING, LONG)[number]))

    yield app.test_client().get
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(("number", "status", "words"), [
    (0, 409, "Vừa có người ghi đúng nội dung này."), (1, 500, "Chợ đang gặp trục trặc"), (2, 404, ""),
])  # fmt: skip
def test_what_the_database_refuses_is_told(ask, number, status, words):
    answer = ask(f"/hong/{number}")
    assert answer.status_code == status
    assert words in answer.text
    assert "Error" not in answer.text
