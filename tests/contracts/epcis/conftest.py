"""The running market with a key of another system: real web server, worker, relay."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from marketplace.app import create_app
from marketplace.config import from_environment
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.embedded.stack import Stack
from tests.concurrency.market import eventually
from tests.factories.repository import bearer, make_key
from traceability.services.api_keys import Scopes

_ENVIRON = {"RATE_LIMITS": "0", "RELAY_LEASE_SECONDS": "5"}


@dataclass
class Repository:
    """The interface of a running market, and a key that may do everything."""

    url: str
    secret: str
    private_secret: str
    http: httpx.Client = field(repr=False)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(f"{self.url}{path}", headers=bearer(self.secret), **options)

    def post(self, path: str, content: Any, **headers: str) -> httpx.Response:
        return self.http.post(f"{self.url}{path}", json=content, headers=bearer(self.secret, **headers))

    def finish(self, accepted: httpx.Response, secret: str = "") -> dict[str, Any]:
        """Wait for a capture job that was accepted; return what became of it."""
        assert accepted.status_code == 202, accepted.text

        def look() -> dict[str, Any] | None:
            job = self.http.get(accepted.headers["Location"], headers=bearer(secret or self.secret)).json()
            return None if job["running"] else job

        return eventually(look, "the capture job ends")


@pytest.fixture(scope="package")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    data_dir = tmp_path_factory.mktemp("epcis") / "data"
    with Stack(data_dir=data_dir, seed=False, fsync=False, environ=_ENVIRON) as stack:
        app = create_app(from_environment({**stack.env}))
        with app.app_context():
            with transaction() as session:
                secret, _ = make_key(session, now=utcnow())
                private, _ = make_key(session, scopes=Scopes(may_capture=True, may_query=True), now=utcnow())
            db.engine.dispose()
        with httpx.Client(trust_env=False, timeout=30) as http:
            yield Repository(f"{stack.web_url}/epcis/v2", secret, private, http)
