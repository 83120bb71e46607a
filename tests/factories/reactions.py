"""What a relay and its workers do, in the test's own transaction."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from catalog import tasks as catalog_tasks
from marketplace.core.clock import utcnow
from marketplace.core.outbox import claim_due, expand_events
from marketplace.reactions import REACTIONS
from orders.tasks import deliveries, holds, letters, payments, recalls

_TASKS: dict[str, Callable[..., None]] = {
    "catalog.freeze_lots": catalog_tasks.freeze_lots,
    "catalog.thaw_verified_lot": catalog_tasks.thaw_verified_lot,
    "orders.apply_bank_webhook": payments.apply_bank_webhook,
    "orders.follow_lots": holds.follow_lots,
    "orders.tell_held": holds.tell_held,
    "orders.tell_resumed": holds.tell_resumed,
    "orders.tell_given_up": holds.tell_given_up,
    "orders.warn_held_outside": holds.warn_held_outside,
    "orders.tell_households": letters.tell_households,
    "orders.follow_handover": deliveries.follow_parcel_handover,
    "orders.follow_delivery": deliveries.follow_parcel_delivery,
    "orders.follow_return": deliveries.follow_parcel_return,
    "orders.tell_buyer_stopped": letters.tell_buyer_stopped,
    "orders.stop_recalled": recalls.stop_recalled,
    "orders.warn_recalled": recalls.warn_recalled,
    "orders.warn_buyers": recalls.write_to_buyers,
    "orders.refund_recalled": recalls.refund_delivered,
    "orders.refund_late_delivery": recalls.refund_after_delivery,
    "orders.refund_returned": recalls.refund_brought,
    "orders.rehearse_recall": recalls.rehearse,
}


def react(session: Session) -> list[str]:
    """Do what follows from everything that has happened, until nothing follows any more; return the tasks done."""
    done: list[str] = []
    while True:
        session.commit()
        expand_events(session, REACTIONS, utcnow())
        session.commit()
        due = [one for one in claim_due(session, utcnow(), timedelta(seconds=1)) if one.task in _TASKS]
        session.commit()
        if not due:
            session.expire_all()
            return done
        for dispatch in due:
            _TASKS[dispatch.task](delivery_id=dispatch.delivery_id, **dispatch.payload)
            done.append(dispatch.task)
