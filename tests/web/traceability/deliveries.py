"""Doing a reaction the way a worker does it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from marketplace.core.clock import utcnow
from marketplace.core.models import Delivery, OutboxEvent


def deliver(session: Session, event: OutboxEvent, task: Callable[..., Any]) -> None:
    """Run a task for an event, twice: the second time changes nothing."""
    delivery = Delivery(outbox_id=event.id, task="test", queue="default", next_at=utcnow())
    session.add(delivery)
    session.flush()
    for _ in range(2):
        task(delivery_id=delivery.id, **event.payload)
