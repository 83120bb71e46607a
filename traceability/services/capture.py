"""Takes EPCIS events in: whole documents as jobs, single events at once.

Source: EPCIS 2.0 section 8.2.6 (capture interface) and its REST binding. What is kept is what came; every event goes
into the log in the same transaction. Sending a document again changes nothing and succeeds: events that are known,
letter for letter, are passed over. Another content under a known ID is refused.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from epcis.context import STANDARD_CONTEXT
from epcis.event_hash import event_hash
from epcis.validation import list_event_problems, list_problems
from marketplace.core.outbox import record_event
from traceability.errors import EpcisProblem
from traceability.events import DocumentCaptured
from traceability.models.custody import Record
from traceability.models.epcis import Capture, EpcisEvent
from traceability.rules.epcis_documents import (
    MAX_ID_BYTES,
    Document,
    read_json,
    take_apart,
    without_events,
)
from traceability.rules.epcis_terms import index_event
from traceability.rules.seal import canonical_bytes
from traceability.services.event_store import Incoming, Source, keep_context, store_events

_CHUNK = 500
#: So many faults are told of one document, and so many events that failed of one job.
_MOST_FAULTS = 50
_MOST_ERRORS = 500
#: By what an event is known: its ID, and the digest of a declaration's own bytes beside it.
Identity = tuple[str, bytes | None]
#: What an event says: the digest of its bytes, and its CBV hash, into which its prefixes go as what they stand for.
Fingerprint = tuple[bytes, str]


def check_document(body: bytes, *, proceeds: bool) -> Document:
    """Return the document that came, once it is known to be one.

    All of it must be valid when the job rolls back on a fault; when it proceeds, the frame alone must be, and the job
    weighs each event. Raises ``EpcisProblem`` (ValidationException with every fault's place).
    """
    document = take_apart(read_json(body))
    checked = without_events(document) if proceeds else document.content
    faults = [(problem.path, problem.message) for problem in list_problems(checked)]
    if proceeds:
        # Some schemas want at least one event; here the list was emptied on purpose.
        faults = [fault for fault in faults if not fault[0].startswith(document.pointer)]
    if faults:
        raise _invalid(faults, what="The document")
    return document


def accept_document(
    *,
    session: Session,
    key_id: int,
    source: Source,
    body: bytes,
    event_count: int,
    proceeds: bool,
    now: datetime,
) -> uuid.UUID:
    """Keep a checked document and queue its job; return the job's capture ID."""
    capture_id = uuid.uuid4()
    row = session.execute(
        insert(Capture)
        .values(
            capture_id=capture_id,
            key_id=key_id,
            owner_party=source.owner_party,
            is_public=source.is_public,
            proceeds=proceeds,
            document=body,
            doc_hash=hashlib.sha256(body).digest(),
            event_count=event_count,
            created_at=now,
        )
        .returning(Capture.id)
    ).scalar_one()
    record_event(session, DocumentCaptured(capture_row=row))
    return capture_id


def begin_capture(*, session: Session, capture_row: int, now: datetime) -> bool:
    """Mark a job as running; False when it has finished already. Doing it twice changes nothing."""
    capture = _lock(session, capture_row)
    if capture is None or capture.finished_at is not None:
        return False
    if capture.started_at is None:
        capture.started_at = now
    return True


def finish_capture(*, session: Session, capture_row: int, now: datetime) -> None:
    """Capture the events of a job and close it, all in this transaction. Doing it twice changes nothing.

    Rolling back (the default) takes all events or none; proceeding takes those without a fault. Events that the owner
    has captured before, exactly as they are, are no fault and are not taken twice.
    """
    capture = _lock(session, capture_row)
    if capture is None or capture.finished_at is not None:
        return
    document = take_apart(read_json(capture.document))
    source = Source(
        owner_party=capture.owner_party,
        is_public=capture.is_public,
        capture_row=capture.id,
        capture_id=str(capture.capture_id),
        doc_hash=capture.doc_hash.hex(),
    )
    incoming, errors = _prepare_all(session, document, source, is_checked=not capture.proceeds)
    if capture.proceeds or not errors:
        context_id = keep_context(session, document.context)
        for start in range(0, len(incoming), _CHUNK):
            store_events(session, incoming[start : start + _CHUNK], source, context_id, now)
        capture.captured_count = len(incoming)
    capture.errors = errors[:_MOST_ERRORS]
    capture.started_at = capture.started_at or now
    capture.finished_at = now


def check_event(body: bytes) -> Incoming:
    """Return a single event that came by itself, once it is known to be one. Raises ``EpcisProblem``."""
    event = read_json(body)
    if not isinstance(event, dict):
        raise _invalid([("", "is an object")])
    # The interface lets a context be left out by whoever writes in standard words only.
    return _prepare(event, event.get("@context", STANDARD_CONTEXT), is_checked=False)


def capture_event(*, session: Session, incoming: Incoming, source: Source, now: datetime) -> None:
    """Capture one checked event. Raises ``EpcisProblem`` (ResourceAlreadyExistsException)."""
    if _identity(incoming) in _list_known(session, [incoming], source.owner_party):
        raise _duplicate(incoming.event_id)
    if _list_others(session, [incoming], source):
        raise _anothers(incoming.event_id)
    store_events(session, [incoming], source, None, now)


def _lock(session: Session, capture_row: int) -> Capture | None:
    return session.execute(select(Capture).where(Capture.id == capture_row).with_for_update()).scalar_one_or_none()


def _prepare_all(
    session: Session, document: Document, source: Source, *, is_checked: bool
) -> tuple[list[Incoming], list[dict[str, Any]]]:
    """Return the events of a document that are new, and a problem for each that cannot be captured, in their order."""
    prepared: dict[int, Incoming] = {}
    problems: dict[int, EpcisProblem] = {}
    for position, event in enumerate(document.events):
        try:
            prepared[position] = _prepare(event, document.context, is_checked=is_checked)
        except EpcisProblem as problem:
            problems[position] = problem
    known = _list_known(session, list(prepared.values()), source.owner_party)
    others = _list_others(session, list(prepared.values()), source)
    kept = []
    for position, incoming in prepared.items():
        before = known.get(_identity(incoming))
        if before is not None:
            if before != _fingerprint(incoming):
                problems[position] = _duplicate(incoming.event_id)
        elif incoming.event_id in others:
            problems[position] = _anothers(incoming.event_id)
        else:
            known[_identity(incoming)] = _fingerprint(incoming)
            kept.append(incoming)
    return kept, [_describe(problems[position], document, position) for position in sorted(problems)]


def _prepare(event: Any, context: Any, *, is_checked: bool) -> Incoming:
    if not is_checked:
        faults = [(problem.path, problem.message) for problem in list_event_problems(event, context)]
        if faults:
            raise _invalid(faults)
    content = _spell(event)
    try:
        index = index_event(event, context)
    except ValueError as error:
        raise _invalid([("/eventTime", f"is no moment that a calendar holds: {error}")]) from error
    cbv_hash = event_hash(event, context)
    event_id = cbv_hash if index.event_id is None else index.event_id
    if not event_id or len(event_id.encode()) > MAX_ID_BYTES or "\x00" in event_id:
        raise _invalid([("/eventID", f"holds between 1 and {MAX_ID_BYTES} bytes and no NUL")])
    return Incoming(content, cbv_hash, event_id, index)


def _spell(content: Any) -> bytes:
    """Return the canonical bytes (RFC 8785) of what came.

    Raises ``EpcisProblem`` for numbers that JSON cannot carry between systems (beyond 2^53, RFC 7493) and for text that
    is no Unicode.
    """
    try:
        return canonical_bytes(content)
    except ValueError as error:
        detail = f"The content cannot be kept exactly: {error}."
        raise EpcisProblem("ValidationException", detail) from error
    except RecursionError:
        raise EpcisProblem("ValidationException", "The content is nested too deeply.") from None


def _identity(incoming: Incoming) -> Identity:
    digest = hashlib.sha256(incoming.content).digest() if incoming.index.is_declaration else None
    return incoming.event_id, digest


def _fingerprint(incoming: Incoming) -> Fingerprint:
    return hashlib.sha256(incoming.content).digest(), incoming.cbv_hash


def _list_known(session: Session, incoming: Sequence[Incoming], owner_party: str) -> dict[Identity, Fingerprint]:
    """Return what the owner has captured before under the IDs of these events: events, and declarations about them."""
    wanted = list({one.event_id for one in incoming})
    digest = func.sha256(func.coalesce(EpcisEvent.content, Record.body))
    known: dict[Identity, Fingerprint] = {}
    for start in range(0, len(wanted), _CHUNK):
        found = (
            select(EpcisEvent.event_id, EpcisEvent.is_declaration, digest, EpcisEvent.cbv_hash)
            .outerjoin(Record, Record.id == EpcisEvent.record_id)
            .where(EpcisEvent.owner_party == owner_party, EpcisEvent.event_id.in_(wanted[start : start + _CHUNK]))
        )
        for event_id, is_declaration, content, cbv_hash in session.execute(found):
            known[event_id, content if is_declaration else None] = (content, cbv_hash)
    return known


def _list_others(session: Session, incoming: Sequence[Incoming], source: Source) -> set[str]:
    """Return which of these IDs stand for public events of others, the market's own among them.

    Whoever publishes under such an ID would speak in another's name: a reader asks by the ID alone. Events that only
    their owner sees may carry any ID, as a copy of ours in somebody else's books does.
    """
    if not source.is_public:
        return set()
    wanted = list({one.event_id for one in incoming if one.index.event_id is not None})
    others: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        found = select(EpcisEvent.event_id).where(
            EpcisEvent.event_id.in_(wanted[start : start + _CHUNK]),
            EpcisEvent.owner_party != source.owner_party,
            EpcisEvent.is_public,
        )
        others |= set(session.scalars(found))
    return others


def _invalid(faults: Sequence[tuple[str, str]], what: str = "The event") -> EpcisProblem:
    path, message = faults[0]
    detail = f"{what} does not follow EPCIS 2.0: {path or '/'} {message}."
    return EpcisProblem("ValidationException", detail, faults=faults[:_MOST_FAULTS])


def _duplicate(event_id: str) -> EpcisProblem:
    detail = (
        f"Another event with the ID {event_id} was captured before. Under a known ID comes the same event again, letter"
        " for letter, in a document; or an error declaration about it."
    )
    return EpcisProblem("ResourceAlreadyExistsException", detail)


def _anothers(event_id: str) -> EpcisProblem:
    detail = f"The ID {event_id} stands for somebody else's public event. Only its owner may correct or repeat it."
    return EpcisProblem("ResourceAlreadyExistsException", detail)


def _describe(problem: EpcisProblem, document: Document, position: int) -> dict[str, Any]:
    pointer = document.pointer_to(position)
    faults = problem.faults or (("", problem.detail),)
    return {
        "exception": problem.name,
        "detail": problem.detail,
        "faults": [{"pointer": f"{pointer}{path}", "message": message} for path, message in faults],
    }
