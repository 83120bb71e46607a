"""Whom a recall reaches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orders.models import Consignment, LineLot, Order, OrderLine
from orders.rules.states import CONSIGNMENT_LABELS, ConsignmentState


@dataclass(frozen=True, slots=True)
class Reached:
    """A buyer's share of recalled lots, with how to reach the buyer. For the officer of the commune alone."""

    order_id: int
    order_number: str
    order_token: str
    consignment_number: str
    state: str
    buyer_name: str
    buyer_phone: str
    buyer_email: str | None
    commune_name: str
    province_name: str
    product_name: str
    unit: str
    lot_code: str
    quantity: Decimal
    placed_at: datetime

    @property
    def label(self) -> str:
        """The consignment's state in words."""
        return CONSIGNMENT_LABELS[ConsignmentState(self.state)]

    @property
    def is_out(self) -> bool:
        """Whether goods have left the household."""
        return self.state in {ConsignmentState.HANDED_OVER, ConsignmentState.DELIVERED, ConsignmentState.RETURNED}


def list_reached(session: Session, lot_ids: Collection[int]) -> Sequence[Reached]:
    """Return every order line that holds goods of these lots. One statement, along indexes."""
    rows = session.execute(
        select(
            Order.id, Order.number, Order.token, Consignment.number, Consignment.state, Order.buyer_name,
            Order.buyer_phone, Order.buyer_email, Order.commune_name, Order.province_name, OrderLine.name,
            OrderLine.unit, LineLot.lot_code, LineLot.quantity, Order.placed_at,
        )
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .join(Order, Order.id == Consignment.order_id)
        .where(LineLot.lot_id.in_(lot_ids), Order.state != "expired")
        .order_by(Order.id, LineLot.id)
    )  # fmt: skip
    return [Reached(*tuple(row)) for row in rows]


def sum_sold(session: Session, lot_ids: Collection[int]) -> dict[int, Decimal]:
    """Return how much of each lot left its household in parcels, in the lot's own unit. One statement."""
    rows = session.execute(
        select(LineLot.lot_id, func.sum(LineLot.lot_amount))
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .where(LineLot.lot_id.in_(lot_ids), Consignment.handed_over_at.is_not(None))
        .group_by(LineLot.lot_id)
    )
    return {lot_id: amount for lot_id, amount in rows}  # noqa: C416 - rows of two are not pairs to the type checker


def list_recalled_lines(session: Session, order_id: int) -> Sequence[int]:
    """Return the lots in an order, so that its page can ask whether one was recalled."""
    return list(
        session.execute(
            select(LineLot.lot_id)
            .join(OrderLine, OrderLine.id == LineLot.line_id)
            .join(Consignment, Consignment.id == OrderLine.consignment_id)
            .where(Consignment.order_id == order_id)
            .distinct()
        ).scalars()
    )
