"""Gives entries their places in the log and keeps what was signed. Only the keeper does this, one at a time."""

from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from traceability.models.custody import Chain, Record
from traceability.models.log import LogCheckpoint, LogEntry, LogPosition, LogWaiting
from traceability.rules.records import read_commitment
from traceability.services.event_store import index_older_record
from traceability.services.log import log_record

#: "The log" in digits of a telephone: the number of the lock that one keeper holds.
KEEPER_LOCK = 564_843


def take_keeping(session: Session) -> bool:
    """Try to become the keeper until this connection ends; say whether it worked."""
    return bool(session.scalar(select(func.pg_try_advisory_lock(KEEPER_LOCK))))


def place_waiting(session: Session, *, limit: int) -> int:
    """Give waiting entries the next places, in the order in which they were written; return how many.

    A place is given once and for ever. Entries of transactions that are still open come in a later round.
    """
    waiting = list(
        session.scalars(select(LogWaiting.entry_id).order_by(LogWaiting.entry_id).limit(limit).with_for_update())
    )
    if not waiting:
        return 0
    size = count_places(session)
    session.execute(
        insert(LogPosition), [{"entry_id": entry_id, "place": size + n} for n, entry_id in enumerate(waiting)]
    )
    session.execute(delete(LogWaiting).where(LogWaiting.entry_id.in_(waiting)))
    return len(waiting)


def queue_forgotten(session: Session, *, above: int) -> int:
    """Queue the entries above an id that have no place and wait for none; return how many there were.

    The trigger queues every entry, so that there are some only when somebody took them out of the queue by hand.
    """
    forgotten = select(LogEntry.id).where(
        LogEntry.id > above,
        ~exists().where(LogPosition.entry_id == LogEntry.id),
        ~exists().where(LogWaiting.entry_id == LogEntry.id),
    )
    queued = session.scalars(
        pg_insert(LogWaiting)
        .from_select(["entry_id"], forgotten)
        .on_conflict_do_nothing()
        .returning(LogWaiting.entry_id)
    )
    return len(queued.all())


def find_newest_entry(session: Session) -> int:
    """Return the id of the newest entry, placed or not."""
    return session.scalar(select(func.max(LogEntry.id))) or 0


def count_places(session: Session) -> int:
    """Return how many entries have a place."""
    last = session.scalar(select(func.max(LogPosition.place)))
    return 0 if last is None else last + 1


def list_leaves(session: Session, start: int, limit: int) -> list[bytes]:
    """Return the leaves from a place on, in order, up to the first place that is empty."""
    rows = session.execute(
        select(LogPosition.place, LogEntry.leaf)
        .join(LogEntry, LogPosition.entry_id == LogEntry.id)
        .where(LogPosition.place >= start)
        .order_by(LogPosition.place)
        .limit(limit)
    )
    return [leaf for n, (place, leaf) in enumerate(rows) if place == start + n]


def keep_checkpoint(session: Session, *, size: int, root: bytes, note: str, now: datetime) -> bool:
    """Keep a checkpoint that was signed; say whether the one that is kept for this size has this root.

    The same one twice changes nothing.
    """
    session.execute(
        pg_insert(LogCheckpoint)
        .values(size=size, root=root, note=note, signed_at=now)
        .on_conflict_do_nothing(index_elements=[LogCheckpoint.size])
    )
    return session.scalar(select(LogCheckpoint.root).where(LogCheckpoint.size == size)) == root


def find_newest_opening(session: Session) -> bytes | None:
    """Return the statement with which the log began, or went on under another key or policy, the last time."""
    return session.scalar(
        select(LogEntry.content).where(LogEntry.kind == "policy").order_by(LogEntry.id.desc()).limit(1)
    )


def log_older_records(session: Session, *, limit: int, now: datetime) -> int:
    """Log records that were sealed before there was a log, and make them events; return how many."""
    rows = session.execute(
        select(Record, Chain.party)
        .join(Chain, Chain.household_id == Record.household_id)
        .outerjoin(LogEntry, LogEntry.record_id == Record.id)
        .where(LogEntry.id.is_(None))
        .order_by(Record.id)
        .limit(limit)
    ).all()
    for record, party in rows:
        cbv_hash = index_older_record(session, record)
        log_record(session, record, party=party, commitment=read_commitment(record.body), cbv_hash=cbv_hash, now=now)
    return len(rows)
