"""What keeps an order from being forgotten: it is not finished, or the law wants it kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orders.models import Consignment, Order, Payment, Refund
from orders.rules.states import FINAL_CONSIGNMENT_STATES

_ENDED = ("completed", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class Duties:
    """Orders of a buyer or a household: how many are not finished, how many there are, and when the last was placed."""

    unfinished: int
    kept: int
    last_placed_at: datetime | None
    #: Numbers of a buyer's consignments, under which reviews are signed.
    consignments: Sequence[str] = ()


def read_buyers_duties(session: Session, user_id: int) -> Duties:
    """Return what ties a buyer: open orders and refunds that have not gone out."""
    own = Order.user_id == user_id
    open_orders = session.scalar(select(func.count()).where(own, Order.state.not_in(_ENDED))) or 0
    open_refunds = session.scalar(
        select(func.count())
        .select_from(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(own, Refund.state.in_(("requested", "by_hand")))
    )
    kept, last = session.execute(select(func.count(), func.max(Order.placed_at)).where(own)).one()
    numbers = session.scalars(
        select(Consignment.number).join(Order, Order.id == Consignment.order_id).where(own).order_by(Consignment.id)
    ).all()
    return Duties(open_orders + (open_refunds or 0), kept, last, numbers)


def read_households_duties(session: Session, household_id: int) -> Duties:
    """Return what ties a selling household: consignments on their way."""
    own = Consignment.household_id == household_id
    unfinished = session.scalar(select(func.count()).where(own, Consignment.state.not_in(FINAL_CONSIGNMENT_STATES)))
    kept, last = session.execute(
        select(func.count(Consignment.id), func.max(Order.placed_at))
        .join(Order, Order.id == Consignment.order_id)
        .where(own)
    ).one()
    return Duties(unfinished or 0, kept, last)
