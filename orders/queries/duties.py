"""What keeps a person from being forgotten: orders, recalls and money that are not finished, and what the law keeps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from logistics.queries import sum_cash_on_its_way
from marketplace.core.clock import local_date
from marketplace.core.money import format_vnd
from orders.models import Consignment, LineLot, Order, OrderLine, Payment, Refund
from orders.rules.states import FINAL_CONSIGNMENT_STATES, ConsignmentState
from traceability.queries.lots import list_lots
from traceability.queries.recalls import RecallView, list_open_recalls, list_recalls_of_lots

_ENDED = ("completed", "cancelled", "expired")
_OWED = ("requested", "by_hand")
#: So long is told who made goods that were sold: six months when fresh, two years otherwise (Circular
#: 17/2021/TT-BNNPTNT on traceability and recall).
_KEEP_FRESH, _KEEP_OTHERS = timedelta(days=183), timedelta(days=2 * 366)
_NOT_FRESH = frozenset({"processed", "craft", "honey", "rice"})


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that goes before an erasure: what is kept and why, and until which event or day."""

    code: str
    text: str
    until: str


@dataclass(frozen=True, slots=True)
class Duties:
    """What ties a buyer or a household: open duties; how many orders are kept by law, and when the last was placed."""

    open: tuple[Duty, ...]
    kept: int
    last_placed_at: datetime | None
    #: Numbers of a buyer's consignments, under which reviews are signed.
    consignments: Sequence[str] = ()


def read_buyers_duties(session: Session, user_id: int) -> Duties:
    """Return what ties a buyer: open orders, refunds that have not gone out, recalls that must reach the buyer."""
    own = Order.user_id == user_id
    orders = session.scalar(select(func.count()).where(own, Order.state.not_in(_ENDED))) or 0
    kept, last = session.execute(select(func.count(), func.max(Order.placed_at)).where(own)).one()
    numbers = session.scalars(
        select(Consignment.number).join(Order, Order.id == Consignment.order_id).where(own).order_by(Consignment.id)
    ).all()
    lot_ids = session.scalars(
        select(LineLot.lot_id)
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .join(Order, Order.id == Consignment.order_id)
        .where(own)
        .distinct()
    ).all()
    recalls = [one for one in list_recalls_of_lots(session, lot_ids) if one.closed_at is None]
    return Duties((*_of_orders(orders), *_of_refunds(session, own), *of_recalls(recalls)), kept, last, numbers)


def read_households_duties(
    session: Session, household_id: int, *, paid_out_at: datetime | None = None, today: date
) -> Duties:
    """Return what ties a selling household: orders on their way, open recalls, money, and who made what was sold.

    ``paid_out_at`` is when somebody noted that the household got the money of all its sales.
    """
    own = Consignment.household_id == household_id
    unfinished = session.scalar(select(func.count()).where(own, Consignment.state.not_in(FINAL_CONSIGNMENT_STATES)))
    kept, last = session.execute(
        select(func.count(Consignment.id), func.max(Order.placed_at))
        .join(Order, Order.id == Consignment.order_id)
        .where(own)
    ).one()
    orders = select(Consignment.order_id).where(own)
    numbers = session.scalars(
        select(Consignment.number).where(own, Consignment.state == ConsignmentState.DELIVERED)
    ).all()
    duties = (
        *_of_orders(unfinished or 0),
        *of_recalls(list_open_recalls(session, [household_id])),
        *_of_refunds(session, Order.id.in_(orders)),
        *_of_cash(session, numbers),
        *_of_sales(session, household_id, paid_out_at),
        *_of_traceability(session, household_id, today),
    )
    return Duties(duties, kept, last)


def of_recalls(recalls: Collection[RecallView]) -> list[Duty]:
    """Return the duty that each recall under way is."""
    return [
        Duty(
            "recall",
            f"Lô {one.lot_code} đang bị thu hồi nên tên người làm ra, người bán vật tư và người mua phải còn.",
            "đến khi xã đóng đợt thu hồi",
        )
        for one in recalls
    ]


def _of_orders(count: int) -> list[Duty]:
    if not count:
        return []
    return [Duty("orders", f"Còn {count} đơn hàng chưa xong.", "đến khi các đơn ấy giao xong hoặc dừng")]


def _of_refunds(session: Session, which: ColumnElement[bool]) -> list[Duty]:
    count, owed = session.execute(
        select(func.count(), func.coalesce(func.sum(Refund.amount_vnd), 0))
        .select_from(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(which, Refund.state.in_(_OWED))
    ).one()
    if not count:
        return []
    return [Duty("refunds", f"Còn {format_vnd(int(owed))} tiền hoàn chưa chuyển.", "đến khi tiền hoàn đã chuyển")]


def _of_cash(session: Session, numbers: Collection[str]) -> list[Duty]:
    owed = sum_cash_on_its_way(session, numbers) if numbers else 0
    if not owed:
        return []
    return [
        Duty("cash", f"Bưu cục còn giữ {format_vnd(owed)} tiền thu hộ.", "đến khi bưu cục chuyển tiền thu hộ cho chợ")
    ]


def _of_sales(session: Session, household_id: int, paid_out_at: datetime | None) -> list[Duty]:
    sold = select(func.max(Consignment.ended_at)).where(
        Consignment.household_id == household_id, Consignment.state == ConsignmentState.DELIVERED
    )
    last = session.scalar(sold)
    if last is None or (paid_out_at is not None and last <= paid_out_at):
        return []
    return [
        Duty(
            "sales",
            "Chưa có người ghi là chợ đã chuyển hết tiền bán hàng cho hộ, nên phải giữ tên và tài khoản nhận tiền.",
            "đến khi người điều hành ghi là đã chuyển hết tiền",
        )
    ]


def _of_traceability(session: Session, household_id: int, today: date) -> list[Duty]:
    rows = session.execute(
        select(LineLot.lot_id, func.max(Consignment.ended_at))
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .where(Consignment.household_id == household_id, Consignment.state == ConsignmentState.DELIVERED)
        .group_by(LineLot.lot_id)
    )
    sold = {lot_id: ended_at for lot_id, ended_at in rows if ended_at is not None}
    until = max(
        (
            local_date(sold[lot.id]) + (_KEEP_OTHERS if lot.template in _NOT_FRESH else _KEEP_FRESH)
            for lot in list_lots(session, sold).values()
        ),
        default=None,
    )
    if until is None or until < today:
        return []
    return [
        Duty(
            "traceability",
            "Hàng đã bán phải truy được người làm ra (Thông tư 17/2021/TT-BNNPTNT).",
            f"đến hết ngày {until:%d/%m/%Y}",
        )
    ]
