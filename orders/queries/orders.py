"""Orders as their buyer, their household and the operator see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from orders.errors import OrderUnknown
from orders.models import Change, Consignment, LineLot, Order, OrderLine, Payment, Refund
from orders.rules.holds import AT_HOUSEHOLD
from orders.rules.states import (
    BUYER_CANCELLED,
    CONSIGNMENT_LABELS,
    DESK_LABELS,
    FINAL_CONSIGNMENT_STATES,
    ON_HOLD_LABEL,
    ORDER_LABELS,
    ConsignmentState,
    OrderState,
)


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of a consignment as it was bought."""

    id: int
    product_id: int
    slug: str
    name: str
    unit: str
    quantity: Decimal
    unit_price_vnd: int
    total_vnd: int
    photo_sha256: str | None
    lots: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class ConsignmentView:
    """One household's part of an order."""

    id: int
    order_id: int
    number: str
    household_id: int
    household_name: str
    state: str
    goods_vnd: int
    shipping_vnd: int
    carrier: str
    service_name: str
    parcel_g: int
    accept_before_at: datetime | None
    accepted_at: datetime | None
    packed_at: datetime | None
    handed_over_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    held_at: datetime | None
    held_reason: str | None
    held_until_at: datetime | None
    lines: tuple[LineView, ...]

    @property
    def label(self) -> str:
        """The state in words."""
        if self.is_waiting_for_goods:
            return ON_HOLD_LABEL
        if self.state == ConsignmentState.CANCELLED and self.end_reason == BUYER_CANCELLED:
            return ORDER_LABELS[OrderState.CANCELLED]
        return CONSIGNMENT_LABELS[ConsignmentState(self.state)]

    @property
    def is_waiting_for_goods(self) -> bool:
        """Whether its goods are on hold and still with the household."""
        return self.held_at is not None and self.state in AT_HOUSEHOLD

    @property
    def is_held_outside(self) -> bool:
        """Whether its goods are on hold and have left the household."""
        return self.held_at is not None and self.state not in AT_HOUSEHOLD

    @property
    def total_vnd(self) -> int:
        """Goods and delivery together: what the postman takes for the parcel of a cash order."""
        return self.goods_vnd + self.shipping_vnd

    @property
    def is_unsent(self) -> bool:
        """Whether it was stopped before anybody took it to the buyer."""
        return self.state in {ConsignmentState.DECLINED, ConsignmentState.CANCELLED} and self.handed_over_at is None

    @property
    def is_lost_to_buyer(self) -> bool:
        """Whether it ended without reaching the buyer."""
        return self.state in FINAL_CONSIGNMENT_STATES - {ConsignmentState.DELIVERED}

    @property
    def desk_label(self) -> str:
        """The state in the household's words."""
        return ON_HOLD_LABEL if self.is_waiting_for_goods else DESK_LABELS[ConsignmentState(self.state)]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with everything that its buyer may see."""

    id: int
    number: str
    token: str
    user_id: int | None
    state: str
    payment_method: str
    buyer_name: str
    buyer_phone: str
    buyer_email: str | None
    commune_name: str
    province_name: str
    address_line: str
    address_note: str
    goods_vnd: int
    shipping_vnd: int
    total_vnd: int
    disclosure: dict[str, Any]
    placed_at: datetime
    pay_before_at: datetime | None
    cancel_reason: str | None
    consignments: tuple[ConsignmentView, ...]
    payment: "PaymentView"
    refunds: tuple["RefundView", ...]

    @property
    def label(self) -> str:
        """The state in words."""
        return ORDER_LABELS[OrderState(self.state)]

    @property
    def address(self) -> str:
        """The address in one line."""
        return f"{self.address_line}, {self.commune_name}, {self.province_name}"

    @property
    def is_waiting_for_goods(self) -> bool:
        """Whether a part of it waits for goods on hold; nobody is asked to pay for it meanwhile."""
        return any(part.is_waiting_for_goods for part in self.consignments)

    @property
    def is_cancelled_by_buyer(self) -> bool:
        """Whether the buyer stopped the whole order."""
        return self.state == OrderState.CANCELLED and any(
            part.end_reason == BUYER_CANCELLED for part in self.consignments
        )

    @property
    def unsent_vnd(self) -> int:
        """What the parcels that never reach the buyer would have cost, with their delivery."""
        return sum(part.total_vnd for part in self.consignments if part.is_lost_to_buyer)

    def find_commune(self, household_id: int) -> str:
        """Return a household's commune when the order was placed; empty for orders that did not keep it."""
        sellers = self.disclosure.get("sellers", ())
        found = (one.get("commune_name", "") for one in sellers if one.get("household_id") == household_id)
        return next(found, "")

    @property
    def can_cancel(self) -> bool:
        """Whether the buyer may still cancel."""
        open_states = {ConsignmentState.WAITING, ConsignmentState.TO_ACCEPT, ConsignmentState.ACCEPTED}
        return self.state in {OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED} and all(
            consignment.state in open_states for consignment in self.consignments
        )


@dataclass(frozen=True, slots=True)
class PaymentView:
    """The money of an order. Amounts in đồng."""

    id: int
    order_id: int
    method: str
    state: str
    amount_vnd: int
    received_vnd: int
    refunded_vnd: int
    attempt_key: str
    transfer_code: str | None
    gateway_reference: str | None


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money that goes back, or went."""

    id: int
    amount_vnd: int
    reason: str
    state: str
    requested_at: datetime
    done_at: datetime | None


def get_order(session: Session, order_id: int) -> OrderView:
    """Return an order by its id, for tasks. Raises ``OrderUnknown``."""
    return _load(session, select(Order).where(Order.id == order_id))


def get_order_by_token(session: Session, token: str) -> OrderView:
    """Return an order by the secret in its link. Raises ``OrderUnknown``."""
    return _load(session, select(Order).where(Order.token == token))


def find_order_of_consignment(session: Session, consignment_id: int) -> int:
    """Return the order of a consignment. Raises ``OrderUnknown``."""
    order_id = session.execute(
        select(Consignment.order_id).where(Consignment.id == consignment_id)
    ).scalar_one_or_none()
    if order_id is None:
        raise OrderUnknown
    return order_id


def _load(session: Session, wanted: Select[Order]) -> OrderView:
    order = session.execute(wanted).scalar_one_or_none()
    if order is None:
        raise OrderUnknown
    consignments = _load_consignments(session, select(Consignment).where(Consignment.order_id == order.id))
    payment = session.execute(select(Payment).where(Payment.order_id == order.id)).scalar_one()
    refunds = session.execute(select(Refund).where(Refund.payment_id == payment.id).order_by(Refund.id)).scalars()
    return OrderView(
        id=order.id, number=order.number, token=order.token, user_id=order.user_id, state=order.state,
        payment_method=order.payment_method, buyer_name=order.buyer_name, buyer_phone=order.buyer_phone,
        buyer_email=order.buyer_email, commune_name=order.commune_name, province_name=order.province_name,
        address_line=order.address_line, address_note=order.address_note, goods_vnd=order.goods_vnd,
        shipping_vnd=order.shipping_vnd, total_vnd=order.total_vnd, disclosure=order.disclosure,
        placed_at=order.placed_at, pay_before_at=order.pay_before_at, cancel_reason=order.cancel_reason,
        consignments=tuple(consignments), payment=view_payment(payment),
        refunds=tuple(
            RefundView(r.id, r.amount_vnd, r.reason, r.state, r.requested_at, r.done_at) for r in refunds
        ),
    )  # fmt: skip


def view_payment(payment: Payment) -> PaymentView:
    """Return a payment row as a value."""
    return PaymentView(
        payment.id, payment.order_id, payment.method, payment.state, payment.amount_vnd, payment.received_vnd,
        payment.refunded_vnd, payment.attempt_key, payment.transfer_code, payment.gateway_reference,
    )  # fmt: skip


def _load_consignments(session: Session, wanted: Select[Consignment]) -> list[ConsignmentView]:
    """Load consignments with their lines and lots: three statements for any number of them."""
    consignments = session.execute(wanted.order_by(Consignment.id)).scalars().all()
    lines = (
        session.execute(
            select(OrderLine)
            .where(OrderLine.consignment_id.in_([consignment.id for consignment in consignments]))
            .order_by(OrderLine.id)
        )
        .scalars()
        .all()
    )
    lots: dict[int, list[tuple[str, Decimal]]] = {}
    for line_id, code, quantity in session.execute(
        select(LineLot.line_id, LineLot.lot_code, LineLot.quantity)
        .where(LineLot.line_id.in_([line.id for line in lines]))
        .order_by(LineLot.id)
    ):
        lots.setdefault(line_id, []).append((code, quantity))
    by_consignment: dict[int, list[LineView]] = {}
    for line in lines:
        by_consignment.setdefault(line.consignment_id, []).append(
            LineView(
                line.id, line.product_id, line.slug, line.name, line.unit, line.quantity, line.unit_price_vnd,
                line.total_vnd, line.photo_sha256, tuple(lots.get(line.id, ())),
            )
        )  # fmt: skip
    return [
        ConsignmentView(
            id=row.id, order_id=row.order_id, number=row.number, household_id=row.household_id,
            household_name=row.household_name, state=row.state, goods_vnd=row.goods_vnd,
            shipping_vnd=row.shipping_vnd, carrier=row.carrier, service_name=row.service_name,
            parcel_g=row.parcel_g, accept_before_at=row.accept_before_at, accepted_at=row.accepted_at,
            packed_at=row.packed_at, handed_over_at=row.handed_over_at, ended_at=row.ended_at,
            end_reason=row.end_reason, held_at=row.held_at, held_reason=row.held_reason,
            held_until_at=row.held_until_at, lines=tuple(by_consignment.get(row.id, ())),
        )
        for row in consignments
    ]  # fmt: skip


def get_consignment(session: Session, household_id: int, consignment_id: int) -> tuple[OrderView, ConsignmentView]:
    """Return a household's consignment with its order. Raises ``OrderUnknown`` for another household's."""
    order_id = session.execute(
        select(Consignment.order_id).where(Consignment.id == consignment_id, Consignment.household_id == household_id)
    ).scalar_one_or_none()
    if order_id is None:
        raise OrderUnknown
    order = get_order(session, order_id)
    return order, next(part for part in order.consignments if part.id == consignment_id)


@dataclass(frozen=True, slots=True)
class ConsignmentRef:
    """The little that a message about a parcel needs."""

    id: int
    number: str
    household_id: int
    state: str


def find_consignment_by_number(session: Session, number: str) -> ConsignmentRef | None:
    """Return a consignment by the number that its parcel carries."""
    row = session.execute(
        select(Consignment.id, Consignment.number, Consignment.household_id, Consignment.state).where(
            Consignment.number == number
        )
    ).one_or_none()
    return ConsignmentRef(*row) if row else None


#: What waits for goods on hold, whatever its state; an order that is not paid yet does not concern its household.
ON_HOLD_TAB = "tam-cho"
#: Tabs of the household's list of orders.
DESK_TABS: dict[str, tuple[ConsignmentState, ...]] = {
    "moi": (ConsignmentState.TO_ACCEPT,),
    ON_HOLD_TAB: (),
    "chuan-bi": (ConsignmentState.ACCEPTED, ConsignmentState.PACKED),
    "dang-giao": (ConsignmentState.HANDED_OVER,),
    "xong": (
        ConsignmentState.DELIVERED,
        ConsignmentState.DECLINED,
        ConsignmentState.CANCELLED,
        ConsignmentState.RETURNED,
        ConsignmentState.LOST,
    ),
}


def list_desk_consignments(
    session: Session, household_id: int, tab: str, *, page: int = 1, per_page: int = 20
) -> tuple[list[ConsignmentView], int]:
    """Return a page of a household's consignments under a tab, and how many there are in all."""
    is_there = and_(Consignment.state.in_(DESK_TABS.get(tab, DESK_TABS["moi"])), ~_waits_for_goods())
    if tab == ON_HOLD_TAB:
        is_there = and_(_waits_for_goods(), _is_paid_for())
    mine = select(Consignment).join(Order, Order.id == Consignment.order_id)
    mine = mine.where(Consignment.household_id == household_id, is_there)
    total = session.execute(select(func.count()).select_from(mine.subquery())).scalar_one()
    newest = mine.order_by(Consignment.id.desc()).limit(per_page).offset((page - 1) * per_page)
    wanted = select(Consignment).where(Consignment.id.in_(select(newest.subquery().c.id)))
    return list(reversed(_load_consignments(session, wanted))), total


def count_desk_consignments(session: Session, household_id: int) -> dict[str, int]:
    """Return how many consignments a household has under each tab. One statement."""
    waits = _waits_for_goods()
    rows = session.execute(
        select(Consignment.state, waits, func.count())
        .join(Order, Order.id == Consignment.order_id)
        .where(Consignment.household_id == household_id, or_(~waits, _is_paid_for()))
        .group_by(Consignment.state, waits)
    ).all()
    counts = {tab: sum(n for state, is_on_hold, n in rows if state in states and not is_on_hold)
              for tab, states in DESK_TABS.items()}  # fmt: skip
    return counts | {ON_HOLD_TAB: sum(n for _, is_on_hold, n in rows if is_on_hold)}


def _waits_for_goods() -> ColumnElement[bool]:
    return and_(Consignment.held_at.is_not(None), Consignment.state.in_(AT_HOUSEHOLD))


def _is_paid_for() -> ColumnElement[bool]:
    return Order.state != OrderState.AWAITING_PAYMENT


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A line of a list of orders."""

    id: int
    number: str
    token: str
    state: str
    payment_method: str
    payment_state: str
    total_vnd: int
    placed_at: datetime
    buyer_name: str
    commune_name: str
    consignments: int

    @property
    def label(self) -> str:
        """The state in words."""
        return ORDER_LABELS[OrderState(self.state)]


def list_orders(
    session: Session, *, user_id: int | None = None, state: str | None = None, page: int = 1, per_page: int = 25
) -> tuple[Sequence[OrderRow], int]:
    """Return a page of orders, newest first (a buyer's own, or all), and how many there are in all."""
    parts = select(func.count()).where(Consignment.order_id == Order.id).correlate(Order).scalar_subquery()
    wanted = select(
        Order.id, Order.number, Order.token, Order.state, Order.payment_method, Payment.state, Order.total_vnd,
        Order.placed_at, Order.buyer_name, Order.commune_name, parts,
    ).join(Payment, Payment.order_id == Order.id)  # fmt: skip
    if user_id is not None:
        wanted = wanted.where(Order.user_id == user_id)
    if state:
        wanted = wanted.where(Order.state == state)
    total = session.execute(select(func.count()).select_from(wanted.order_by(None).subquery())).scalar_one()
    rows = session.execute(wanted.order_by(Order.id.desc()).limit(per_page).offset((page - 1) * per_page))
    return [OrderRow(*row) for row in rows], total


def list_changes(session: Session, order_id: int) -> list[tuple[datetime, str, str, str]]:
    """Return an order's history: (when, what, detail, role)."""
    rows = session.execute(
        select(Change.happened_at, Change.what, Change.detail, Change.by_role)
        .where(Change.order_id == order_id)
        .order_by(Change.id)
    )
    return [(when, what, detail, role) for when, what, detail, role in rows]
