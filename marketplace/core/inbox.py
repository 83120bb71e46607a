"""The inbox: a webhook is stored, answered at once and applied by a task."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.core.models import InboxMessage, OutboxEvent

#: What became of a webhook whose words nobody understands.
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class InboxReceipt:
    """What became of a stored webhook; ``is_new`` is false for a repetition."""

    id: int
    is_new: bool


def store_webhook(
    session: Session, *, source: str, external_id: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> InboxReceipt:
    """Store a verified webhook once and ask for it to be applied; a repetition changes nothing."""
    inbox_id = session.execute(
        insert(InboxMessage)
        .values(source=source, external_id=external_id, headers=dict(headers), body=body, received_at=now)
        .on_conflict_do_nothing()
        .returning(InboxMessage.id)
    ).scalar_one_or_none()
    if inbox_id is None:
        known = select(InboxMessage.id).where(InboxMessage.source == source, InboxMessage.external_id == external_id)
        return InboxReceipt(session.execute(known).scalar_one(), is_new=False)
    # One event name for each source: the table of reactions routes it to the package that knows the sender.
    event = {"name": f"webhook.{source}", "payload": {"inbox_id": inbox_id}}
    session.execute(insert(OutboxEvent).values(**event))
    return InboxReceipt(inbox_id, is_new=True)


def lock_webhook(session: Session, inbox_id: int) -> InboxMessage | None:
    """Lock a webhook that has not been applied yet; None when it was, or does not exist."""
    message = session.execute(
        select(InboxMessage).where(InboxMessage.id == inbox_id).with_for_update()
    ).scalar_one_or_none()
    return None if message is None or message.applied_at is not None else message


def mark_applied(message: InboxMessage, *, outcome: str, now: datetime) -> None:
    """Close a webhook with a word on what became of it (``applied``, ``ignored``, ``unmatched`` ...)."""
    message.applied_at = now
    message.outcome = outcome[:64]


def read_again(session: Session, inbox_id: int) -> bool:
    """Have a webhook applied again that waits, or that nobody could read; False when there is none such.

    What was applied stays applied.
    """
    message = session.execute(
        select(InboxMessage).where(InboxMessage.id == inbox_id).with_for_update()
    ).scalar_one_or_none()
    if message is None or (message.applied_at is not None and message.outcome != UNREADABLE):
        return False
    message.applied_at, message.outcome, message.error = None, None, None
    session.execute(insert(OutboxEvent).values(name=f"webhook.{message.source}", payload={"inbox_id": inbox_id}))
    return True
