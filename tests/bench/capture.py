"""Capture over HTTP: another system's documents go in for a while, as fast as two senders are answered."""

import json
import statistics
import threading
import time
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from tests.factories.repository import EXAMPLE, STANDARD, make_key

_SENDERS = 2
#: Events in one document (the interface takes up to 5,000).
_PER_DOCUMENT = 250
#: How many of them in the flood, how many in the even flow, and how many events a second then.
_FLOOD, _FLOW, _RATE = 40, 40, 500
_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Captured:
    """What goes in at most (events a second until the last is signed), and seconds until signed in an even flow."""

    per_second: float
    lag_p50: float
    lag_max: float


def measure_capture(url: str) -> Captured:
    """Flood the EPCIS interface at ``url``, then let an even flow of 500 events a second in."""
    taken, lags = _run(url, _FLOOD, pause=0.0), _run(url, _FLOW, pause=_PER_DOCUMENT * _SENDERS / _RATE)
    first, last = min(at for at, _ in taken), max(at + lag for at, lag in taken)
    waited = [lag for _, lag in lags]
    return Captured(len(taken) / (last - first), statistics.median(waited), max(waited))


def _run(url: str, documents: int, *, pause: float) -> list[tuple[float, float]]:
    """Send documents; return when each event was taken in and how long after that it was signed, in seconds."""
    with transaction() as session:
        secret, party = make_key(session, now=utcnow())
    each = [[_make_document() for _ in range(documents // _SENDERS)] for _ in range(_SENDERS)]
    senders = [threading.Thread(target=_send, args=(url, secret, mine, pause)) for mine in each]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return _wait_for_signatures(party, documents * _PER_DOCUMENT)


def _make_document() -> bytes:
    now = datetime.now(UTC)
    events = [_make_event(now - timedelta(seconds=n)) for n in range(_PER_DOCUMENT)]
    document: dict[str, Any] = {
        "@context": [STANDARD, EXAMPLE],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": now.isoformat(),
        "epcisBody": {"eventList": events},
    }
    return json.dumps(document).encode()


def _make_event(moment: datetime) -> dict[str, Any]:
    """Return a receipt of sacks as a co-operative's warehouse would send it."""
    serial = uuid.uuid4().int % 10**9
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid.uuid4()}",
        "eventTime": moment.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+07:00",
        "epcList": [f"urn:epc:id:sgtin:8930001.000001.{serial}"],
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:8930001.000001.A1", "quantity": 50, "uom": "KGM"}],
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "readPoint": {"id": "urn:epc:id:sgln:8930001.00001.0"},
        "bizLocation": {"id": "urn:epc:id:sgln:8930001.00001.0"},
        "ex:grade": "A",
    }


def _send(url: str, secret: str, documents: list[bytes], pause: float) -> None:
    next_at = time.perf_counter()
    for document in documents:
        time.sleep(max(0.0, next_at - time.perf_counter()))
        next_at += pause
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{url}/epcis/v2/capture",
            data=document,
            headers={
                "Authorization": f"Bearer {secret}",
                "Content-Type": "application/json",
                "GS1-EPCIS-Version": "2.0.0",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
            if answer.status != 202:
                message = f"capture answered {answer.status}"
                raise RuntimeError(message)


#: For each event of an owner: when its document was taken in, and how long after that the first checkpoint was signed
#: that holds it.
_SIGNED = text(
    "SELECT extract(epoch FROM j.created_at), extract(epoch FROM c.signed_at - j.created_at) FROM trace_epcis_events e"
    " JOIN trace_captures j ON j.id = e.capture_id JOIN trace_log_positions p ON p.entry_id = e.log_entry_id"
    " CROSS JOIN LATERAL (SELECT signed_at FROM trace_log_checkpoints WHERE size > p.place ORDER BY size LIMIT 1) c"
    " WHERE e.owner_party = :party"
)


def _wait_for_signatures(party: str, wanted: int) -> list[tuple[float, float]]:
    until = time.perf_counter() + _LIMIT_S
    while True:
        found = [(float(at), float(lag)) for at, lag in db.session.execute(_SIGNED, {"party": party})]
        db.session.rollback()
        if len(found) == wanted:
            return found
        if time.perf_counter() > until:
            message = f"{len(found):,} of {wanted:,} events were signed after {_LIMIT_S} s"
            raise RuntimeError(message)
        time.sleep(1)
