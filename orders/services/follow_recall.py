"""What a recall does to orders that can no longer be stopped: parcels called back, money given back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from logistics.queries import list_standings
from logistics.services import request_call_back
from orders.models import Consignment, LineLot, Order, OrderLine, Payment, Refund
from orders.rules.states import ConsignmentState
from orders.services.settle_payment import lock_order, lock_orders, request_refund
from traceability.queries.recalls import RecallView, list_recalls_of_lots

_REASON = "Lô hàng bị thu hồi"
_STOPPED = "Kiện đã dừng mà vẫn được giao"


@dataclass(frozen=True, slots=True)
class _Share:
    """What one consignment holds of one lot. ``price_vnd`` was paid for that; ``amount`` is in the lot's unit."""

    lot_id: int
    price_vnd: int
    amount: Decimal


def call_back_parcels(*, session: Session, lot_ids: Collection[int], now: datetime) -> list[str]:
    """Ask for every parcel under way that holds goods of these lots to come back; return them. Repeatable."""
    numbers = session.scalars(
        select(Consignment.number)
        .join(OrderLine, OrderLine.consignment_id == Consignment.id)
        .join(LineLot, LineLot.line_id == OrderLine.id)
        .where(LineLot.lot_id.in_(lot_ids), Consignment.state == ConsignmentState.HANDED_OVER)
        .distinct()
        .order_by(Consignment.number)
    ).all()
    return [number for number in numbers if request_call_back(session=session, reference=number, now=now)]


def refund_recalled(
    *, session: Session, recall: RecallView, now: datetime, limit: int | None = None, after: int = 0
) -> int | None:
    """Give money back for delivered goods of a recall that promises it; repeating it pays nothing twice.

    Goes through the consignments beyond ``after``, at most ``limit``; returns the last one seen when there may be
    more. A recall that wants goods back first, or a drill, pays nothing here.
    """
    if recall.is_drill or recall.remedy != "refund":
        return None
    consignment_ids = session.scalars(
        select(Consignment.id)
        .join(OrderLine, OrderLine.consignment_id == Consignment.id)
        .join(LineLot, LineLot.line_id == OrderLine.id)
        .where(
            LineLot.lot_id.in_(recall.lot_ids),
            Consignment.state == ConsignmentState.DELIVERED,
            Consignment.id > after,
        )
        .distinct()
        .order_by(Consignment.id)
        .limit(limit)
    ).all()
    lock_orders(session, consignment_ids)
    for consignment_id in consignment_ids:
        _refund_lots(session, recall, consignment_id, now)
    return consignment_ids[-1] if limit is not None and len(consignment_ids) == limit else None


def refund_late_delivery(*, session: Session, consignment_ref: str, now: datetime) -> None:
    """Give money back for a parcel that the carrier delivered all the same, although it was stopped or recalled.

    When the order itself had been stopped, the buyer paid at the door for nothing: then all of it goes back.
    Repeatable.
    """
    row = session.execute(
        select(Consignment.id, Consignment.state).where(Consignment.number == consignment_ref)
    ).one_or_none()
    if row is None:
        return
    recalls = list_recalls_of_lots(session, {share.lot_id for share in _list_shares(session, row.id)})
    if row.state in {ConsignmentState.CANCELLED, ConsignmentState.DECLINED}:
        _refund_all(session, row.id, _REASON if recalls else _STOPPED, now)
        return
    for recall in recalls:
        if recall.remedy == "refund":
            _refund_lots(session, recall, row.id, now)


def refund_returned(  # noqa: PLR0917 - the fields of the event
    session: Session, recall: RecallView, lot_id: int, line_id: int, quantity: Decimal, reference: str, now: datetime
) -> bool:
    """Give money back for goods that a buyer brought, when ``reference`` names the parcel; return whether it does.

    ``quantity`` is in the lot's unit. What a parcel held is the most that is paid for, however often lines name it.
    """
    consignment_id = session.scalar(select(Consignment.id).where(Consignment.number == reference.strip().upper()))
    if recall.is_drill or consignment_id is None:
        return False
    share = next((one for one in _list_shares(session, consignment_id) if one.lot_id == lot_id), None)
    if share is None:
        return False
    part = share.price_vnd if quantity >= share.amount else _round(share.price_vnd * quantity / share.amount)
    order, payment = _lock_money(session, consignment_id)
    _count_cash(session, order, payment)
    _pay_share(session, payment, consignment_id, share, part, tail=f"-{line_id}", now=now)
    return True


def _refund_lots(session: Session, recall: RecallView, consignment_id: int, now: datetime) -> None:
    shares = _list_shares(session, consignment_id)
    order, payment = _lock_money(session, consignment_id)
    _count_cash(session, order, payment)
    inside = [share for share in shares if share.lot_id in recall.lot_ids]
    for share in inside:
        _pay_share(session, payment, consignment_id, share, share.price_vnd, tail="", now=now)
    if len(inside) == len(shares):
        # Nothing of the parcel is left to eat: its delivery was in vain too.
        shipping = session.scalar(select(Consignment.shipping_vnd).where(Consignment.id == consignment_id))
        request_refund(
            session=session,
            payment=payment,
            key=f"recalled-{consignment_id}-ship",
            amount_vnd=int(shipping or 0),
            reason=_REASON,
            now=now,
        )


def _refund_all(session: Session, consignment_id: int, reason: str, now: datetime) -> None:
    order, payment = _lock_money(session, consignment_id)
    if payment.method != "cod":
        return
    _count_cash(session, order, payment)
    total = session.scalar(
        select(Consignment.goods_vnd + Consignment.shipping_vnd).where(Consignment.id == consignment_id)
    )
    request_refund(
        session=session,
        payment=payment,
        key=f"recalled-{consignment_id}-all",
        amount_vnd=int(total or 0),
        reason=reason,
        now=now,
    )


def _list_shares(session: Session, consignment_id: int) -> Sequence[_Share]:
    rows = session.execute(
        select(LineLot.lot_id, LineLot.quantity, LineLot.lot_amount, OrderLine.quantity, OrderLine.total_vnd)
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .where(OrderLine.consignment_id == consignment_id)
        .order_by(LineLot.id)
    )
    shares: dict[int, _Share] = {}
    for lot_id, quantity, amount, of_line, total in rows:
        known = shares.get(lot_id, _Share(lot_id, 0, Decimal(0)))
        price = known.price_vnd + _round(total * quantity / of_line)
        shares[lot_id] = _Share(lot_id, price, known.amount + amount)
    return list(shares.values())


def _lock_money(session: Session, consignment_id: int) -> tuple[Order, Payment]:
    order_id = session.execute(select(Consignment.order_id).where(Consignment.id == consignment_id)).scalar_one()
    order = lock_order(session, order_id)
    payment = session.execute(select(Payment).where(Payment.order_id == order_id).with_for_update()).scalar_one()
    return order, payment


def _count_cash(session: Session, order: Order, payment: Payment) -> None:
    """Count the cash that was paid at the door as received, so that it can go back; the carrier owes it to us."""
    if payment.method != "cod":
        return
    rows = session.execute(
        select(Consignment.number, Consignment.state, Consignment.goods_vnd + Consignment.shipping_vnd).where(
            Consignment.order_id == order.id
        )
    ).all()
    standings = list_standings(session, [number for number, _, _ in rows])
    collected = sum(
        amount
        for number, state, amount in rows
        if state == ConsignmentState.DELIVERED or (number in standings and standings[number].state == "delivered")
    )
    payment.received_vnd = max(payment.received_vnd, collected)
    session.flush()


def _pay_share(
    session: Session, payment: Payment, consignment_id: int, share: _Share, amount: int, *, tail: str, now: datetime
) -> None:
    """Pay for goods of one lot in one consignment: together never more than they cost, whichever recalls reach them."""
    prefix = f"recalled-{consignment_id}-{share.lot_id}"
    paid = session.scalar(
        select(func.coalesce(func.sum(Refund.amount_vnd), 0)).where(
            Refund.payment_id == payment.id,
            Refund.state != "refused",
            or_(Refund.key == prefix, Refund.key.startswith(f"{prefix}-", autoescape=True)),
        )
    )
    request_refund(
        session=session,
        payment=payment,
        key=f"{prefix}{tail}",
        amount_vnd=min(amount, share.price_vnd - int(paid or 0)),
        reason=_REASON,
        now=now,
    )


def _round(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
