"""The outbox: facts are written with the change, and the relay turns them into deliveries later."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from sqlalchemy import Update, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.core.base import plain_insert
from marketplace.core.models import Delivery, OutboxEvent

#: After so many attempts, about a day, a delivery is set aside for the operator: ten within a quarter of an hour, then
#: one at each longest pause. A mail server or a carrier that is away overnight must not cost a letter.
MAX_ATTEMPTS = 150
_LONGEST_PAUSE = timedelta(minutes=10)
_BATCH = 200


class Event(Protocol):
    """A fact in the past tense: a frozen dataclass of JSON-ready fields with its name."""

    name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One message that the relay hands to the broker."""

    delivery_id: int
    task: str
    queue: str
    payload: dict[str, Any]


def record_event(session: Session, event: Event) -> None:
    """Write ``event`` into the outbox inside the caller's transaction."""
    session.execute(plain_insert(OutboxEvent), {"name": event.name, "payload": asdict(event)})


def expand_events(session: Session, reactions: Mapping[str, Sequence[tuple[str, str]]], now: datetime) -> int:
    """Turn waiting events into one delivery for each reaction; return how many events were taken.

    ``reactions`` maps an event's name to (task, queue) pairs. Rows locked by another relay are skipped.
    """
    waiting = session.execute(
        select(OutboxEvent.id, OutboxEvent.name)
        .where(OutboxEvent.relayed_at.is_(None))
        .order_by(OutboxEvent.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    rows = [
        {"outbox_id": event_id, "task": task, "queue": queue, "next_at": now}
        for event_id, name in waiting
        for task, queue in reactions.get(name, ())
    ]
    if rows:
        session.execute(pg_insert(Delivery).on_conflict_do_nothing(), rows)
    if waiting:
        ids = [event_id for event_id, _ in waiting]
        session.execute(update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(relayed_at=now))
    return len(waiting)


def claim_due(session: Session, now: datetime, lease: timedelta) -> list[Dispatch]:
    """Claim deliveries that are due and lease them, so that one that gets lost on the way is sent again.

    The lease doubles with each attempt up to ten minutes; after ``MAX_ATTEMPTS`` the delivery is marked as failed.
    """
    due = session.execute(
        select(Delivery, OutboxEvent.payload)
        .join(OutboxEvent, OutboxEvent.id == Delivery.outbox_id)
        .where(Delivery.done_at.is_(None), Delivery.failed_at.is_(None), Delivery.next_at <= now)
        .order_by(Delivery.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True, of=Delivery)
    ).all()
    claimed = []
    for delivery, payload in due:
        if delivery.attempts >= MAX_ATTEMPTS:
            delivery.failed_at = now
            continue
        delivery.attempts += 1
        delivery.sent_at = now
        delivery.next_at = now + max(lease, min(_LONGEST_PAUSE, lease * 2 ** min(delivery.attempts - 1, 16)))
        claimed.append(Dispatch(delivery.id, delivery.task, delivery.queue, payload))
    session.flush()
    return claimed


def lock_delivery(session: Session, delivery_id: int) -> Delivery | None:
    """Lock a delivery for its task; None when it was done before or does not exist."""
    delivery = session.execute(
        select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    ).scalar_one_or_none()
    return None if delivery is None or delivery.done_at is not None else delivery


def note_failure(session: Session, delivery_id: int, error: str, now: datetime) -> None:
    """Remember why an attempt failed and try again after a back-off; give up after ``MAX_ATTEMPTS``."""
    delivery = lock_delivery(session, delivery_id)
    if delivery is None:
        return
    delivery.last_error = error[:4000]
    delivery.next_at = now + min(_LONGEST_PAUSE, timedelta(seconds=2 ** min(delivery.attempts, 16)))
    if delivery.attempts >= MAX_ATTEMPTS:
        delivery.failed_at = now


def retry_delivery(session: Session, delivery_id: int, now: datetime) -> bool:
    """Give a failed delivery a fresh set of attempts; False when there is none waiting under that number."""
    changed = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.done_at.is_(None))
        .values(failed_at=None, attempts=0, next_at=now)
        .returning(Delivery.id)
    ).scalar_one_or_none()
    return changed is not None


def retry_failed(session: Session, now: datetime) -> int:
    """Give every delivery that was set aside a fresh set of attempts; return how many there were."""
    changed = session.execute(
        update(Delivery)
        .where(Delivery.failed_at.is_not(None), Delivery.done_at.is_(None))
        .values(failed_at=None, attempts=0, next_at=now)
        .returning(Delivery.id)
    )
    return len(changed.all())


def ask_for_task(session: Session, *, task: str, queue: str, reason: str, now: datetime) -> None:
    """Have a task that the clock asks for done now, as a delivery like any other."""
    outbox_id = session.execute(
        pg_insert(OutboxEvent).values(name=f"asked.{reason}", payload={}, relayed_at=now).returning(OutboxEvent.id)
    ).scalar_one()
    session.execute(pg_insert(Delivery).values(outbox_id=outbox_id, task=task, queue=queue, next_at=now))


def forget_words(session: Session, household_id: int, fields: Collection[str]) -> None:
    """Take free words out of the facts of a household that everybody was told; those not told yet keep them.

    Where telling failed for good nobody is told any more.
    """
    for field in fields:
        session.execute(
            _without(field).where(
                OutboxEvent.payload["household_id"].as_integer() == household_id, OutboxEvent.payload.has_key(field)
            )
        )


def forget_mentions(session: Session, fields: Collection[str], is_about: Callable[[str], bool]) -> int:
    """Take free words about somebody out of all facts that everybody was told; return how many that were."""
    count = 0
    for field in fields:
        words = OutboxEvent.payload[field].astext
        rows = session.execute(select(OutboxEvent.id, words).where(OutboxEvent.payload.has_key(field), words != ""))
        ids = [event_id for event_id, text in rows if is_about(text)]
        if ids:
            session.execute(_without(field).where(OutboxEvent.id.in_(ids)))
        count += len(ids)
    return count


def prune_told(session: Session, before: datetime, limit: int = 10_000) -> int:
    """Delete facts that everybody was told before that moment, at most ``limit``; return how many there were."""
    told = (
        select(OutboxEvent.id)
        .where(OutboxEvent.relayed_at < before, ~exists().where(_undone, Delivery.outbox_id == OutboxEvent.id))
        .order_by(OutboxEvent.id)
        .limit(limit)
    )
    gone = session.execute(
        delete(OutboxEvent)
        .where(OutboxEvent.id.in_(told))
        .returning(OutboxEvent.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


_undone = Delivery.done_at.is_(None)


def _without(field: str) -> Update:
    is_waiting = exists().where(Delivery.outbox_id == OutboxEvent.id, _undone, Delivery.failed_at.is_(None))
    return (
        update(OutboxEvent)
        .where(OutboxEvent.relayed_at.is_not(None), ~is_waiting)
        .values(payload=OutboxEvent.payload.op("||")(func.jsonb_build_object(field, "")))
        .execution_options(synchronize_session=False)
    )
