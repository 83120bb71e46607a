"""Keys of other systems, and capture jobs run as the worker runs them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories.repository import bearer, make_key
from tests.factories.traceability import NOW
from traceability.services.api_keys import Scopes
from traceability.services.capture import begin_capture, finish_capture

API = "/epcis/v2"


@pytest.fixture
def key(session: Session) -> str:
    """A key that may do everything; what it captures is public."""
    return make_key(session)[0]


@pytest.fixture
def private(session: Session) -> tuple[str, str]:
    """(key, owner) of somebody who captures for himself."""
    return make_key(session, scopes=Scopes(may_capture=True, may_query=True), owner_name="Công ty Sạch")


@pytest.fixture
def capture(client: FlaskClient, session: Session, key: str) -> Callable[..., dict[str, Any]]:
    """Send a document, run its job, and return what the interface says of it."""

    def send(document: object, secret: str | None = None, **headers: str) -> dict[str, Any]:
        own = bearer(secret or key, **headers)
        accepted = client.post(f"{API}/capture", json=document, headers=own)
        assert accepted.status_code == 202, accepted.text
        row = session.execute(text("SELECT max(id) FROM trace_captures")).scalar_one()
        waiting = session.scalars(
            text("SELECT payload FROM core_outbox WHERE name = 'traceability.document_captured' ORDER BY id DESC")
        ).first()
        assert waiting == {"capture_row": row}
        assert begin_capture(session=session, capture_row=row, now=NOW)
        finish_capture(session=session, capture_row=row, now=NOW)
        session.flush()
        job = client.get(accepted.headers["Location"], headers=own)
        assert job.status_code == 200
        return dict(job.json)

    return send
