"""What stands in the log about a lot, and the checkpoints that were published."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    LargeBinary,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from traceability.models.custody import LotLink, Recall, RecallLot, Record
from traceability.models.epcis import EpcisEvent
from traceability.models.log import LogCheckpoint, LogEntry, LogPosition, LogWaiting, SigningKey
from traceability.models.recall import RecallAddition
from traceability.queries.graph import walk
from traceability.rules.shown import is_hold

#: The newest entries among which those without a place are counted.
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry of the log with its place, its leaf and the exact content that the leaf's hash covers."""

    place: int
    kind: str
    leaf: bytes
    content: bytes | None
    record_id: int | None


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A checkpoint that was published."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class LogState:
    """How the log stands: entries with a place, entries that lack one and since when, the newest checkpoint."""

    placed: int
    waiting: int
    waiting_since: datetime | None
    newest: CheckpointView | None


def list_lot_entries(
    session: Session, lot_id: int, record_ids: Collection[int], places: Collection[int] = ()
) -> Sequence[EntryView]:
    """Return the placed entries of a lot. At most three statements.

    They are its records, what declares them wrong, the statements about it, the verifications of the lots that it came
    from, the statements of every recall that reached it, the records that those name by their hashes, the keys that
    signed, and what stands at ``places``.
    """
    upstream = walk(LotLink.child_id, LotLink.parent_id, "upstream", without="supplied")
    corrections = select(Record.id).where(Record.corrects_id.in_(record_ids), Record.kind == "declaration")
    found = _load(
        session,
        or_(
            LogEntry.record_id.in_(record_ids),
            LogEntry.record_id.in_(corrections),
            LogEntry.lot_id == lot_id,
            and_(LogEntry.kind == "verification", LogEntry.lot_id.in_(select(upstream.c.lot_id))),
            LogPosition.place.in_(places),
            and_(LogEntry.kind == "recall", LogEntry.lot_id.in_(_lots_of_recalls(lot_id))),
        ),
        lot_ids=[lot_id],
    )
    named = _list_named(found)
    if named:
        found += _load(session, and_(LogEntry.content_hash.in_(named), LogEntry.record_id.is_not(None)))
    key_ids = {json.loads(entry.leaf).get("actorKeyId") for entry in found} - {None}
    if key_ids:
        announced = select(SigningKey.entry_id).where(SigningKey.key_id.in_(key_ids))
        revoked = select(SigningKey.revoked_entry_id).where(
            SigningKey.key_id.in_(key_ids), SigningKey.revoked_entry_id.is_not(None)
        )
        found += _load(session, or_(LogEntry.id.in_(announced), LogEntry.id.in_(revoked)))
    return sorted(found, key=lambda entry: entry.place)


def _lots_of_recalls(lot_id: int) -> CompoundSelect[int]:
    """Find the lots at which the recalls that reached a lot were ordered: their statements stand with those."""
    reached = (
        select(RecallLot.recall_id)
        .join(Recall, Recall.id == RecallLot.recall_id)
        .where(RecallLot.lot_id == lot_id, Recall.is_drill.is_(False))
    )
    return union_all(
        select(Recall.lot_id).where(Recall.id.in_(reached)),
        select(RecallAddition.lot_id).where(RecallAddition.recall_id.in_(reached)),
    )


def _list_named(entries: Sequence[EntryView]) -> set[bytes]:
    """Return the hashes of records that verifications rest on and that are not among these entries."""
    held = {json.loads(entry.leaf)["contentHash"] for entry in entries}
    named: set[str] = set()
    for entry in entries:
        if entry.kind == "verification" and entry.content is not None:
            told = json.loads(entry.content)
            named |= {told["record"], *told["reviewed"]}
    return {bytes.fromhex(one) for one in named - held}


def find_entry(session: Session, place: int) -> EntryView | None:
    """Return the entry at a place in the log."""
    row = session.execute(_entry_at(), {"place": place}).one_or_none()
    return EntryView(*row) if row else None


#: Where the exact bytes of an entry's content lie: with the statement, the record, or the captured event.
_CONTENT = func.coalesce(LogEntry.content, Record.body, EpcisEvent.content)
_LEAF_PREFIX = literal(b"\x00", LargeBinary)


def list_stored(session: Session, start: int, limit: int) -> Sequence[tuple[int, bytes, bytes | None]]:
    """Return (place, leaf hash, SHA-256 of the content) of entries from a place on.

    The database computes both from the bytes that it holds at this moment; no column that only says so is read.
    """
    rows = session.execute(
        select(LogPosition.place, func.sha256(_LEAF_PREFIX.op("||")(LogEntry.leaf)), func.sha256(_CONTENT))
        .join(LogEntry, LogPosition.entry_id == LogEntry.id)
        .outerjoin(Record, Record.id == LogEntry.record_id)
        .outerjoin(EpcisEvent, EpcisEvent.log_entry_id == LogEntry.id)
        .where(LogPosition.place >= start, LogPosition.place < start + limit)
        .order_by(LogPosition.place)
    )
    return [(place, leaf_hash, content_hash) for place, leaf_hash, content_hash in rows]


def list_hold_records(session: Session, start: int, limit: int) -> tuple[Sequence[tuple[int, bytes]], bool]:
    """Return (place, body) of the records from a place on that hold lots or let them go; and whether a place is taken.

    The sealed body says what a record is, not the column that repeats it.
    """
    rows: Sequence[Any] = session.execute(
        select(LogPosition.place, Record.body)
        .join(LogEntry, LogPosition.entry_id == LogEntry.id)
        .outerjoin(Record, Record.id == LogEntry.record_id)
        .where(LogPosition.place >= start, LogPosition.place < start + limit)
        .order_by(LogPosition.place)
    ).all()
    return [(place, body) for place, body in rows if body is not None and is_hold(body)], bool(rows)


def _load(session: Session, condition: ColumnElement[bool], **values: object) -> list[EntryView]:
    rows = session.execute(_entries().where(condition).order_by(LogPosition.place), values)
    return [EntryView(*row) for row in rows]


@cache
def _entry_at() -> Select[int, str, bytes, bytes | None, int | None]:
    """Return the statement that finds one entry; every proof runs it, so it is built once."""
    return _entries().where(LogPosition.place == bindparam("place", type_=BigInteger))


def _entries() -> Select[int, str, bytes, bytes | None, int | None]:
    return (
        select(LogPosition.place, LogEntry.kind, LogEntry.leaf, _CONTENT, LogEntry.record_id)
        .join(LogPosition, LogPosition.entry_id == LogEntry.id)
        .outerjoin(Record, Record.id == LogEntry.record_id)
        .outerjoin(EpcisEvent, EpcisEvent.log_entry_id == LogEntry.id)
    )


def find_checkpoint(session: Session, size: int) -> CheckpointView | None:
    """Return the checkpoint that was published for a size, or None."""
    row = session.get(LogCheckpoint, size)
    return CheckpointView(row.size, row.root, row.note, row.signed_at) if row else None


def list_checkpoints(session: Session, limit: int) -> Sequence[CheckpointView]:
    """Return the newest checkpoints."""
    rows = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(limit))
    return [CheckpointView(row.size, row.root, row.note, row.signed_at) for row in rows]


def get_log_state(session: Session) -> LogState:
    """Return how the log stands. Three statements.

    An entry without a place counts even when it is not in the queue, out of which somebody may have taken it. Only the
    newest ones are looked at: the keeper finds older ones, and while it is at rest the newest lack a place anyway.
    """
    last = session.scalar(select(func.max(LogPosition.place)))
    newest = list_checkpoints(session, 1)
    latest = select(func.max(LogEntry.id)).scalar_subquery()
    looked_at = union(
        select(LogWaiting.entry_id), select(LogEntry.id).where(LogEntry.id > latest - _LOOKED_AT)
    ).subquery()
    waiting, since = session.execute(
        select(func.count(), func.min(LogEntry.logged_at))
        .join(looked_at, looked_at.c.entry_id == LogEntry.id)
        .where(~exists().where(LogPosition.entry_id == LogEntry.id))
    ).one()
    return LogState(
        placed=0 if last is None else last + 1,
        waiting=waiting,
        waiting_since=since,
        newest=newest[0] if newest else None,
    )
