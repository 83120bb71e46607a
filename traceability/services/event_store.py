"""Puts events into the repository: in one transaction with their entry in the log and with what they are found by."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Insert, Text, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from epcis.event_hash import event_hash
from marketplace.core.base import plain_insert
from traceability.models.custody import Record
from traceability.models.epcis import EpcisEvent, EventContext, EventName
from traceability.rules.epcis_access import MARKET_PARTY, is_public_record, scope_of
from traceability.rules.epcis_terms import EventIndex, index_event, list_names, parse_time
from traceability.rules.seal import canonical_bytes
from traceability.services.log import ForeignEvent, log_events


@dataclass(frozen=True, slots=True)
class Source:
    """On whose behalf events are captured, who may see them, and the job that brought them."""

    owner_party: str
    is_public: bool
    capture_row: int | None = None
    capture_id: str | None = None
    doc_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event that has been checked: its bytes, its identity and by what it is found."""

    content: bytes
    cbv_hash: str
    event_id: str
    index: EventIndex


def store_events(
    session: Session, incoming: Sequence[Incoming], source: Source, context_id: int | None, now: datetime
) -> None:
    """Keep events that are new, log them and let them be found. A handful of statements, however many there are."""
    if not incoming:
        return
    entry_ids = log_events(
        session,
        [
            ForeignEvent(one.content, one.cbv_hash if source.is_public else None, one.index.is_declaration)
            for one in incoming
        ],
        doc_hash=source.doc_hash,
        capture_id=source.capture_id,
        actor=source.owner_party,
        now=now,
    )
    scope = scope_of(owner_party=source.owner_party, is_public=source.is_public)
    _note_names(session, scope, (one.index for one in incoming))
    session.execute(
        plain_insert(EpcisEvent),
        [
            {
                "capture_id": source.capture_row,
                "context_id": context_id,
                "log_entry_id": entry_id,
                "content": one.content,
                "owner_party": source.owner_party,
                "is_public": source.is_public,
                "recorded_at": now,
                **_columns(one.index, one.cbv_hash, one.event_id),
            }
            for one, entry_id in zip(incoming, entry_ids, strict=True)
        ],
    )


def index_record(session: Session, *, record_id: int, body: Mapping[str, Any]) -> str:
    """Make a sealed record an event of the repository, in the transaction that seals it; return its CBV hash.

    The record's exact bytes stay with the record. A household's sales and parcels are for the market's own eyes.
    """
    cbv_hash = event_hash(body, body.get("@context"))
    index = index_event(body)
    is_public = is_public_record(str(body["cq:kind"]))
    _note_names(session, scope_of(owner_party=MARKET_PARTY, is_public=is_public), (index,))
    session.execute(
        plain_insert(EpcisEvent),
        {
            "record_id": record_id,
            "owner_party": MARKET_PARTY,
            "is_public": is_public,
            "recorded_at": parse_time(str(body["recordTime"])),
            **_columns(index, cbv_hash, index.event_id or cbv_hash),
        },
    )
    return cbv_hash


def index_older_record(session: Session, record: Record) -> str:
    """Make a record an event that was sealed before there was a repository; return its CBV hash. Done once only."""
    known = session.scalar(select(EpcisEvent.cbv_hash).where(EpcisEvent.record_id == record.id))
    return known or index_record(session, record_id=record.id, body=json.loads(record.body))


def keep_context(session: Session, context: Any) -> int | None:
    """Keep the JSON-LD context of a document once; return its id, or None for a document without one."""
    if context is None:
        return None
    content = canonical_bytes(context)
    digest = hashlib.sha256(content).digest()
    known = select(EventContext.id).where(EventContext.hash == digest)
    found = session.scalar(known)
    if found is not None:
        return found
    session.execute(
        pg_insert(EventContext)
        .values(hash=digest, content=content)
        .on_conflict_do_nothing(index_elements=[EventContext.hash])
    )
    return session.execute(known).scalar_one()


def _columns(index: EventIndex, cbv_hash: str, event_id: str) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "is_id_given": index.event_id is not None,
        "is_declaration": index.is_declaration,
        "cbv_hash": cbv_hash,
        "event_type": index.event_type,
        "happened_at": index.happened_at,
        "biz_step": index.biz_step,
        "disposition": index.disposition,
        "read_point": index.read_point,
        "biz_location": index.biz_location,
        "terms": index.terms,
        "numbers": index.numbers,
    }


def _note_names(session: Session, scope: str, indexes: Iterable[EventIndex]) -> None:
    names = sorted({found for index in indexes for found in list_names(index)})
    if names:
        kinds, texts = zip(*names, strict=True)
        session.execute(_new_names(), {"given_scope": scope, "kinds": list(kinds), "texts": list(texts)})


@cache
def _new_names() -> Insert:
    """Return the statement that notes names which are not listed yet. Two at once may both note one: no harm."""
    given = (
        func.unnest(bindparam("kinds", type_=ARRAY(Text)), bindparam("texts", type_=ARRAY(Text)))
        .table_valued("kind", "name")
        .render_derived()
    )
    scope = bindparam("given_scope", type_=Text)
    listed = exists().where(EventName.kind == given.c.kind, EventName.scope == scope, EventName.name == given.c.name)
    # The table and not the class: with the class, SQLAlchemy would take the parameters for rows.
    return plain_insert(EventName).from_select(
        ["kind", "scope", "name"], select(given.c.kind, scope, given.c.name).where(~listed)
    )
