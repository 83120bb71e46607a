"""Whom a recall reaches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ColumnElement, and_, any_, case, distinct, func, literal, not_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from marketplace.core.notices import list_sent
from orders.models import Consignment, LineLot, Order, OrderLine, RecallDrill
from orders.rules.states import CONSIGNMENT_LABELS, ConsignmentState, OrderState
from traceability.queries.recalls import RecallView, list_notice_ids

_OUT = (ConsignmentState.HANDED_OVER, ConsignmentState.DELIVERED, ConsignmentState.RETURNED)


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
    lot_id: int
    lot_code: str
    quantity: Decimal
    placed_at: datetime
    #: It was stopped before it was packed: the buyer was told so, and there is nothing to bring back.
    is_stopped: bool

    @property
    def label(self) -> str:
        """The consignment's state in words."""
        return CONSIGNMENT_LABELS[ConsignmentState(self.state)]

    @property
    def is_out(self) -> bool:
        """Whether goods have left the household."""
        return self.state in _OUT


@dataclass(frozen=True, slots=True)
class ReachFigures:
    """How many a recall reaches: orders, parcels that left, orders with an e-mail address and those to be phoned."""

    orders: int
    parcels_out: int
    with_email: int

    @property
    def to_phone(self) -> int:
        """Orders whose buyer left no address."""
        return self.orders - self.with_email


def list_reached(
    session: Session, recall: RecallView, *, order_ids: Collection[int] | None = None, limit: int | None = None
) -> Sequence[Reached]:
    """Return the order lines that hold goods of a recall's lots, by order; of some orders only, when given.

    What was called off before the recall and never packed is left out. One statement, along indexes.
    """
    statement = (
        select(
            Order.id, Order.number, Order.token, Consignment.number, Consignment.state, Order.buyer_name,
            Order.buyer_phone, Order.buyer_email, Order.commune_name, Order.province_name, OrderLine.name,
            OrderLine.unit, LineLot.lot_id, LineLot.lot_code, LineLot.quantity, Order.placed_at,
            _never_packed(),
        )
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .join(Order, Order.id == Consignment.order_id)
        .where(*_is_reached(recall))
        .order_by(Order.id, LineLot.id)
        .limit(limit)
    )  # fmt: skip
    if order_ids is not None:
        statement = statement.where(Order.id.in_(order_ids))
    return [Reached(*tuple(row)) for row in session.execute(statement)]


def count_reached(session: Session, recall: RecallView) -> ReachFigures:
    """Return how many orders and parcels hold goods of a recall's lots. One statement."""
    row = session.execute(
        select(
            func.count(distinct(Order.id)),
            func.count(distinct(case((Consignment.state.in_(_OUT), Consignment.id)))),
            func.count(distinct(case((Order.buyer_email.is_not(None), Order.id)))),
        )
        .select_from(LineLot)
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .join(Order, Order.id == Consignment.order_id)
        .where(*_is_reached(recall))
    ).one()
    return ReachFigures(*row)


def list_letter_keys(session: Session, recall: RecallView) -> Sequence[str]:
    """Return the keys of the letters to the buyers of a recall who left an address. One statement.

    Who was told that nothing is sent has that letter only.
    """
    told = not_(_never_packed())
    rows = session.execute(
        select(Order.id, func.count(distinct(LineLot.lot_id)).filter(told), func.min(Consignment.id))
        .select_from(LineLot)
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .join(Order, Order.id == Consignment.order_id)
        .where(*_is_reached(recall), Order.buyer_email.is_not(None))
        .group_by(Order.id)
    )
    return [
        letter_key(recall.id, order_id, lots, recall.notice_after) if lots else f"order:{order_id}:{stopped}:stopped"
        for order_id, lots, stopped in rows
    ]


def list_reached_orders(session: Session, recall: RecallView) -> Sequence[int]:
    """Return the orders that hold goods of a recall's lots. One statement."""
    return session.scalars(
        select(Consignment.order_id)
        .join(OrderLine, OrderLine.consignment_id == Consignment.id)
        .join(LineLot, LineLot.line_id == OrderLine.id)
        .join(Order, Order.id == Consignment.order_id)
        .where(*_is_reached(recall))
        .distinct()
        .order_by(Consignment.order_id)
    ).all()


def letter_key(recall_id: int, order_id: int, lots: int, notice_after: int | None = None) -> str:
    """Return the key of a letter: one for each order and recall.

    There is one more when further lots of the order join, and when the notice says another place, contact or last day:
    ``notice_after`` is the last notice before what the letter says.
    """
    lots_part = "" if lots == 1 else f"-{lots}"
    return f"order:{order_id}:0:recall-{recall_id}{lots_part}{'' if notice_after is None else f'-n{notice_after}'}"


def find_told_at(session: Session, recall: RecallView) -> datetime | None:
    """Return when the last of those who hold recalled goods was first written to.

    None while a letter has not left, for somebody without an address, and when nothing had left the households.
    Three statements.
    """
    rows = session.execute(
        select(Order.id, Order.buyer_email.is_not(None), func.count(distinct(LineLot.lot_id)))
        .select_from(LineLot)
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .join(Order, Order.id == Consignment.order_id)
        .where(*_is_reached(recall))
        .group_by(Order.id)
        .having(func.bool_or(Consignment.handed_over_at.is_not(None)))
    ).all()
    notices = [None, 0, *list_notice_ids(session, recall.id)]
    keys = {
        letter_key(recall.id, order_id, count, notice): order_id
        for order_id, has_address, lots in rows
        if has_address
        for count in range(1, lots + 1)
        for notice in notices
    }
    first: dict[int, datetime] = {}
    for key, sent_at in list_sent(session, keys).items():
        first[keys[key]] = min(sent_at, first.get(keys[key], sent_at))
    return max(first.values()) if rows and len(first) == len(rows) else None


def is_parcel_of(session: Session, number: str, lot_id: int) -> bool:
    """Whether a parcel of that number that left its household holds goods of the lot. One statement."""
    return (
        session.scalar(
            select(Consignment.id)
            .join(OrderLine, OrderLine.consignment_id == Consignment.id)
            .join(LineLot, LineLot.line_id == OrderLine.id)
            .where(
                Consignment.number == number.strip().upper(),
                Consignment.handed_over_at.is_not(None),
                LineLot.lot_id == lot_id,
            )
            .limit(1)
        )
        is not None
    )


def sum_sold(session: Session, lot_ids: Collection[int]) -> dict[int, Decimal]:
    """Return how much of each lot left its household in parcels, in the lot's own unit. One statement."""
    rows = session.execute(
        select(LineLot.lot_id, func.sum(LineLot.lot_amount))
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .where(_is_any(lot_ids), Consignment.handed_over_at.is_not(None))
        .group_by(LineLot.lot_id)
    )
    return {lot_id: amount for lot_id, amount in rows}  # noqa: C416 - rows of two are not pairs to the type checker


def list_recalled_lines(session: Session, order_id: int) -> Sequence[int]:
    """Return the lots in an order that left their households or still may: its page asks whether one was recalled."""
    return list(
        session.execute(
            select(LineLot.lot_id)
            .join(OrderLine, OrderLine.id == LineLot.line_id)
            .join(Consignment, Consignment.id == OrderLine.consignment_id)
            .where(Consignment.order_id == order_id, not_(and_(_is_stopped(), Consignment.handed_over_at.is_(None))))
            .distinct()
        ).scalars()
    )


def list_lots_of_orders(session: Session, order_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the lots in each of these orders. One statement."""
    lots: dict[int, set[int]] = {order_id: set() for order_id in order_ids}
    rows = session.execute(
        select(Consignment.order_id, LineLot.lot_id)
        .join(OrderLine, OrderLine.consignment_id == Consignment.id)
        .join(LineLot, LineLot.line_id == OrderLine.id)
        .where(Consignment.order_id.in_(order_ids))
    )
    for order_id, lot_id in rows:
        lots[order_id].add(lot_id)
    return lots


def _is_any(lot_ids: Collection[int]) -> ColumnElement[bool]:
    return LineLot.lot_id == any_(literal(list(lot_ids), ARRAY(BigInteger)))


def _is_stopped() -> ColumnElement[bool]:
    return Consignment.state.in_((ConsignmentState.CANCELLED, ConsignmentState.DECLINED))


def _never_packed() -> ColumnElement[bool]:
    return and_(_is_stopped(), Consignment.packed_at.is_(None))


def _is_reached(recall: RecallView) -> tuple[ColumnElement[bool], ...]:
    never_came = and_(_never_packed(), Consignment.ended_at < recall.started_at)
    return _is_any(recall.lot_ids), Order.state != OrderState.EXPIRED, not_(never_came)


@dataclass(frozen=True, slots=True)
class DrillView:
    """The measure of a drill: whom it would have reached, and how long that took (milliseconds)."""

    orders: int
    parcels_out: int
    letters: int
    calls: int
    found_ms: int
    written_ms: int
    ended_at: datetime


def find_drill(session: Session, recall_id: int) -> DrillView | None:
    """Return what a drill measured; None as long as it has not."""
    row = session.execute(
        select(
            RecallDrill.orders, RecallDrill.parcels_out, RecallDrill.letters, RecallDrill.calls, RecallDrill.found_ms,
            RecallDrill.written_ms, RecallDrill.ended_at,
        ).where(RecallDrill.recall_id == recall_id)
    ).one_or_none()  # fmt: skip
    return DrillView(*row) if row else None
