"""Tasks that follow parcels and remind households."""

from datetime import datetime, timedelta

from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.tasks import once, task
from orders.services.deliver_consignment import follow_delivery, follow_handover, follow_return
from orders.services.forget import forget_baskets
from orders.services.remind import end_unanswered, list_unanswered, remind_unanswered


@task("orders.follow_handover", queue="default")
def follow_parcel_handover(
    *, delivery_id: int, consignment_ref: str, happened_at: str, state: str = "", **_: object
) -> None:
    """The carrier has moved a parcel; from its first move on it is handed over."""
    with once(delivery_id) as session:
        if session is not None and state in _UNDER_WAY:
            follow_handover(
                session=session,
                consignment_ref=consignment_ref,
                happened_at=datetime.fromisoformat(happened_at),
                now=utcnow(),
            )


@task("orders.follow_delivery", queue="default")
def follow_parcel_delivery(*, delivery_id: int, consignment_ref: str, happened_at: str, **_: object) -> None:
    """The carrier has delivered a parcel."""
    with once(delivery_id) as session:
        if session is not None:
            follow_delivery(
                session=session,
                consignment_ref=consignment_ref,
                happened_at=datetime.fromisoformat(happened_at),
                now=utcnow(),
            )


@task("orders.follow_return", queue="default")
def follow_parcel_return(
    *, delivery_id: int, consignment_ref: str, happened_at: str, state: str = "returned", **_: object
) -> None:
    """The carrier has brought a parcel back, or has lost it."""
    with once(delivery_id) as session:
        if session is not None:
            follow_return(
                session=session,
                consignment_ref=consignment_ref,
                happened_at=datetime.fromisoformat(happened_at),
                is_lost=state in _GONE,
                now=utcnow(),
            )


@task("orders.remind_unanswered", queue="default")
def remind(**_: object) -> None:
    """Ask the commune to phone households that have not answered an order in time; end what stays unanswered."""
    with transaction() as session:
        remind_unanswered(session=session, now=utcnow())
    with transaction() as session:
        overdue = list_unanswered(session, utcnow())
    for household_id, consignment_id in overdue:
        with transaction() as session:
            end_unanswered(session=session, household_id=household_id, consignment_id=consignment_id, now=utcnow())


#: A basket, with the address typed at checkout, is kept for so long after its last change.
_KEEP_BASKETS = timedelta(days=60)


@task("orders.forget_baskets", queue="default")
def forget_old_baskets(**_: object) -> None:
    """Delete baskets that their visitors have left for good."""
    with transaction() as session:
        forget_baskets(session=session, before=utcnow() - _KEEP_BASKETS)


#: Parcel states in which the carrier has the parcel (logistics' words, as its events carry them).
_UNDER_WAY = frozenset(
    {"picked_up", "in_transit", "out_for_delivery", "delivery_failed", "available_for_pickup", "return_pending"}
)
_GONE = frozenset({"lost", "damaged"})
