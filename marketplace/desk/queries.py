"""What the operator sees of the machinery: work that waits, work that failed, money by account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.core.inbox import UNREADABLE
from marketplace.core.models import Delivery, InboxMessage, Notice, OutboxEvent, TaskFailure

_SLOW_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the machinery is doing right now."""

    waiting: int
    slow: int
    failed: int
    webhooks_waiting: int
    failing_tasks: int
    letters_unsent: int

    @property
    def is_well(self) -> bool:
        """Whether nobody has to look."""
        return not (self.slow or self.failed or self.failing_tasks or self.letters_unsent)


@dataclass(frozen=True, slots=True)
class StuckDelivery:
    """A reaction that has not been done."""

    id: int
    event: str
    payload: dict[str, Any]
    task: str
    attempts: int
    next_at: datetime | None
    failed_at: datetime | None
    last_error: str | None

    @property
    def reason(self) -> str:
        """The last line of the error: what went wrong, without the way there."""
        return (self.last_error or "").strip().rsplit("\n", 1)[-1][:300]


@dataclass(frozen=True, slots=True)
class WaitingWebhook:
    """A webhook that has not been applied, or could not be read."""

    id: int
    source: str
    external_id: str
    received_at: datetime
    outcome: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class FailingTask:
    """A periodic task whose last run failed."""

    id: int
    task: str
    error: str
    failures: int
    failed_at: datetime

    @property
    def reason(self) -> str:
        """The last line of the error."""
        return self.error.strip().rsplit("\n", 1)[-1][:300]


@dataclass(frozen=True, slots=True)
class UnsentLetter:
    """A letter that a mail server refused, or of which it is unknown whether it went out."""

    id: int
    subject: str
    state: str
    created_at: datetime


def read_pulse(session: Session, now: datetime) -> Pulse:
    """Count what waits and what failed. One statement."""
    open_deliveries = select(func.count()).select_from(Delivery).where(Delivery.done_at.is_(None))
    row = session.execute(
        select(
            open_deliveries.where(Delivery.failed_at.is_(None)).scalar_subquery(),
            open_deliveries.where(
                Delivery.failed_at.is_(None), Delivery.attempts > 1, Delivery.sent_at < now - _SLOW_AFTER
            ).scalar_subquery(),
            open_deliveries.where(Delivery.failed_at.is_not(None)).scalar_subquery(),
            select(func.count()).select_from(InboxMessage).where(InboxMessage.applied_at.is_(None)).scalar_subquery(),
            select(func.count()).select_from(TaskFailure).where(TaskFailure.resolved_at.is_(None)).scalar_subquery(),
            select(func.count()).select_from(Notice).where(Notice.state.in_(("unknown", "failed"))).scalar_subquery(),
        )
    ).one()
    return Pulse(*row)


def list_stuck_deliveries(session: Session, limit: int = 100) -> Sequence[StuckDelivery]:
    """Return reactions that failed for good or are being tried again, the failed ones first."""
    rows = session.execute(
        select(
            Delivery.id, OutboxEvent.name, OutboxEvent.payload, Delivery.task, Delivery.attempts, Delivery.next_at,
            Delivery.failed_at, Delivery.last_error,
        )
        .join(OutboxEvent, OutboxEvent.id == Delivery.outbox_id)
        .where(Delivery.done_at.is_(None))
        .where(Delivery.failed_at.is_not(None) | (Delivery.attempts > 1))
        .order_by(Delivery.failed_at.is_(None), Delivery.id)
        .limit(limit)
    )  # fmt: skip
    return [StuckDelivery(*row) for row in rows]


def list_waiting_webhooks(session: Session, limit: int = 50) -> Sequence[WaitingWebhook]:
    """Return webhooks that wait, and those that nobody could read."""
    rows = session.execute(
        select(
            InboxMessage.id, InboxMessage.source, InboxMessage.external_id, InboxMessage.received_at,
            InboxMessage.outcome, InboxMessage.error,
        )
        .where(InboxMessage.applied_at.is_(None) | (InboxMessage.outcome == UNREADABLE))
        .order_by(InboxMessage.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [WaitingWebhook(*row) for row in rows]


def list_failing_tasks(session: Session) -> Sequence[FailingTask]:
    """Return periodic tasks whose last failure nobody has looked at."""
    rows = session.execute(
        select(TaskFailure.id, TaskFailure.task, TaskFailure.error, TaskFailure.failures, TaskFailure.failed_at)
        .where(TaskFailure.resolved_at.is_(None))
        .order_by(TaskFailure.failed_at.desc())
    )
    return [FailingTask(*row) for row in rows]


def list_unsent_letters(session: Session, limit: int = 50) -> Sequence[UnsentLetter]:
    """Return letters that did not go out, or perhaps did not."""
    rows = session.execute(
        select(Notice.id, Notice.subject, Notice.state, Notice.created_at)
        .where(Notice.state.in_(("unknown", "failed")))
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return [UnsentLetter(*row) for row in rows]
