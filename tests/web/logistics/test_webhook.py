"""The carrier's webhook: who may speak, what is kept, and what is answered."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.core.models import InboxMessage, OutboxEvent

SECRET = "chung-ta-biet"
DATA = {
    "ORDER_NUMBER": "15000000001",
    "ORDER_REFERENCE": "DH-ABC1234-1",
    "ORDER_STATUS": 501,
    "ORDER_STATUSDATE": "20/11/2026 09:30:15",
}


def count(session: Session) -> tuple[int, int]:
    """Return how many messages are stored, and how many tasks they ask for."""
    stored = session.execute(select(func.count()).select_from(InboxMessage)).scalar_one()
    asked = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.name == "webhook.viettelpost")
    return stored, session.execute(asked).scalar_one()


def test_a_message_is_stored_once_and_answered_at_once(client: FlaskClient, session: Session) -> None:
    message = {"DATA": DATA, "TOKEN": SECRET}
    for _ in range(2):
        response = client.post("/webhooks/viettelpost", json=message)
        assert (response.status_code, response.json) == (200, {"received": True})
    assert count(session) == (1, 1)
    row = session.execute(select(InboxMessage)).scalar_one()
    assert row.external_id == "15000000001|501|20/11/2026 09:30:15"
    assert json.loads(bytes(row.body))["DATA"] == DATA
    assert row.headers == {}


def test_another_state_is_another_message(client: FlaskClient, session: Session) -> None:
    for status in (500, 501):
        client.post("/webhooks/viettelpost", json={"DATA": {**DATA, "ORDER_STATUS": status}, "TOKEN": SECRET})
    assert count(session) == (2, 2)


@pytest.mark.parametrize(
    "body",
    [
        {"DATA": DATA},
        {"DATA": DATA, "TOKEN": "sai"},
        {"DATA": DATA, "TOKEN": ""},
        {"DATA": DATA, "TOKEN": None},
        {"DATA": DATA, "TOKEN": ["chung-ta-biet"]},
        {"DATA": DATA, "TOKEN": "\ud800"},
        [],
        "chung-ta-biet",
    ],
    ids=["none", "wrong", "empty", "null", "list", "half", "array", "text"],
)
def test_a_forged_message_is_turned_away_and_leaves_no_trace(
    client: FlaskClient, session: Session, body: object
) -> None:
    response = client.post("/webhooks/viettelpost", json=body)
    assert (response.status_code, response.json) == (401, {"error": "forged_webhook"})
    assert count(session) == (0, 0)


def test_the_secret_may_come_in_the_header(client: FlaskClient, session: Session) -> None:
    response = client.post("/webhooks/viettelpost", json={"DATA": DATA}, headers={"Authorization": SECRET})
    assert response.status_code == 200
    assert count(session) == (1, 1)


@pytest.mark.parametrize(
    "body", [b'{"EVENT": "ping", "TOKEN": "chung-ta-biet"}', b'{"DATA": 5, "TOKEN": "chung-ta-biet"}']
)
def test_kinds_that_we_do_not_know_are_acknowledged(client: FlaskClient, session: Session, body: bytes) -> None:
    response = client.post("/webhooks/viettelpost", data=body, content_type="application/json")
    assert response.status_code == 200
    assert count(session) == (1, 1)


def test_what_is_no_json_needs_the_secret_in_the_header(client: FlaskClient, session: Session) -> None:
    assert client.post("/webhooks/viettelpost", data=b"\xff\x00").status_code == 401
    response = client.post("/webhooks/viettelpost", data=b"\xff\x00", headers={"Authorization": SECRET})
    assert response.status_code == 200
    assert count(session) == (1, 1)


def test_a_message_of_that_size_is_none(client: FlaskClient, session: Session) -> None:
    message = json.dumps({"DATA": {**DATA, "NOTE": "a" * 70_000}, "TOKEN": SECRET})
    assert client.post("/webhooks/viettelpost", data=message).status_code == 413
    assert count(session) == (0, 0)


def test_it_takes_posts_only(client: FlaskClient) -> None:
    assert client.get("/webhooks/viettelpost").status_code == 405
