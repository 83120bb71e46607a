"""Keys, events and documents of other systems, for tests."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.traceability import NOW
from traceability.services.api_keys import Scopes, issue_key

STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EXAMPLE = {"ex": "https://ns.htx-tan-ninh.example/epcis/"}
ALL = Scopes(may_capture=True, may_query=True, may_publish=True)


def make_key(
    session: Session,
    *,
    scopes: Scopes = ALL,
    owner_party: str | None = None,
    owner_name: str = "Hợp tác xã Tân Ninh",
    now: datetime = NOW,
) -> tuple[str, str]:
    """Return (secret, owner's party) of a new key."""
    issued = issue_key(
        session=session,
        owner_party=owner_party,
        owner_name=owner_name,
        purpose="Phần mềm kho",
        scopes=scopes,
        issued_by="0" * 26,
        client_key=uuid.uuid4(),
        now=now,
    )
    assert issued.secret is not None
    return issued.secret, issued.key.owner_party


def bearer(secret: str, **headers: str) -> dict[str, str]:
    """Return the headers of a request with a key."""
    return {"Authorization": f"Bearer {secret}", **{name.replace("_", "-"): value for name, value in headers.items()}}


def make_event(**changes: Any) -> dict[str, Any]:
    """Return a valid ObjectEvent; a change to None takes a field away."""
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid.uuid4()}",
        "eventTime": "2026-11-18T09:30:00.000+07:00",
        "eventTimeZoneOffset": "+07:00",
        "epcList": [f"urn:epc:id:sgtin:8930001.0{uuid.uuid4().int % 100000:05}.1"],
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": "urn:epc:id:sgln:8930001.00001.0"},
    }
    event.update(changes)
    return {name: value for name, value in event.items() if value is not None}


def make_document(*events: Mapping[str, Any], context: Any = None, **changes: Any) -> dict[str, Any]:
    """Return an EPCISDocument with these events."""
    document = {
        "@context": [STANDARD, EXAMPLE] if context is None else context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-18T10:00:00.000+07:00",
        "epcisBody": {"eventList": list(events)},
    }
    document.update(changes)
    return document


def events_of(response: Any) -> list[dict[str, Any]]:
    """Return the events of an answer."""
    assert response.status_code == 200, response.get_data(as_text=True)
    return list(json.loads(response.get_data())["epcisBody"]["queryResults"]["resultsBody"]["eventList"])
