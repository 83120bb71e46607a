"""Stopping an order: by its buyer before the post has it, or because a lot in it was recalled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from catalog.services.hold_stock import lock_held, release
from logistics.services import request_call_back
from marketplace.core.outbox import record_event
from orders.errors import OrderUnknown, StepNotAllowed
from orders.events import BuyersWarned, ConsignmentStopped, OrderCancelled
from orders.models import Change, Consignment, LineLot, Order, OrderLine, Payment
from orders.queries.recall import list_reached_orders
from orders.rules.states import (
    BUYER_CANCELLED,
    ConsignmentState,
    OrderState,
    PaymentState,
    next_consignment_state,
    next_order_state,
    next_payment_state,
)
from orders.services.deliver_consignment import close_order_if_ended, refund_share
from orders.services.hold_consignment import clear_hold
from orders.services.settle_payment import lock_order, lock_orders, request_refund, stop_consignments
from traceability.queries.recalls import RecallView

#: So many letters are written in one transaction.
_PORTION = 200
_RECALLED = "Lô hàng bị thu hồi"


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a consignment is stopped: for its page, for the money, and for the rest of an order that is not paid yet."""

    what: str
    detail: str
    by_role: str
    end_reason: str
    refund_reason: str
    rest_reason: str
    refund_key: str


_STOPPABLE = (
    ConsignmentState.WAITING,
    ConsignmentState.TO_ACCEPT,
    ConsignmentState.ACCEPTED,
    ConsignmentState.PACKED,
)


def cancel_order(*, session: Session, order_token: str, reason: str, now: datetime) -> None:
    """Cancel a whole order on its buyer's word, as long as no household has packed.

    Cancelling twice changes nothing. Raises ``OrderUnknown`` and ``StepNotAllowed``. What was paid goes back.
    """
    order_id = session.execute(select(Order.id).where(Order.token == order_token)).scalar_one_or_none()
    if order_id is None:
        raise OrderUnknown
    order = lock_order(session, order_id)
    if order.state == OrderState.CANCELLED:
        return
    states = session.execute(select(Consignment.state).where(Consignment.order_id == order.id)).scalars().all()
    packed_or_gone = set(states) - {ConsignmentState.WAITING, ConsignmentState.TO_ACCEPT, ConsignmentState.ACCEPTED}
    if packed_or_gone:
        message = "Đơn này không hủy được nữa vì có hộ đã đóng gói. Hãy gọi cho hộ bán để được giúp."
        raise StepNotAllowed(message, current=order.state, step="cancel")
    order.state = next_order_state(OrderState(order.state), "cancel")
    order.ended_at = now
    order.cancel_reason = reason.strip()[:300]
    stop_consignments(session=session, order=order, reason=BUYER_CANCELLED, now=now)
    payment = session.execute(select(Payment).where(Payment.order_id == order.id).with_for_update()).scalar_one()
    if payment.state in {PaymentState.DUE, PaymentState.PENDING}:
        payment.state = next_payment_state(PaymentState(payment.state), "void")
    if payment.received_vnd > payment.refunded_vnd:
        request_refund(
            session=session,
            payment=payment,
            key=f"cancel-{order.id}",
            amount_vnd=payment.received_vnd - payment.refunded_vnd,
            reason=BUYER_CANCELLED,
            now=now,
        )
    session.execute(
        insert(Change).values(
            order_id=order.id, what="cancelled", detail=order.cancel_reason, by_role="buyer", happened_at=now
        )
    )
    record_event(session, OrderCancelled(order_id=order.id))


def list_stoppable(session: Session, lot_ids: Sequence[int], limit: int | None = None) -> list[int]:
    """Return the consignments that hold goods of these lots and can still be stopped, at most ``limit``."""
    return list(
        session.execute(
            select(Consignment.id)
            .join(OrderLine, OrderLine.consignment_id == Consignment.id)
            .join(LineLot, LineLot.line_id == OrderLine.id)
            .where(LineLot.lot_id.in_(lot_ids), Consignment.state.in_(_STOPPABLE))
            .distinct()
            .order_by(Consignment.id)
            .limit(limit)
        ).scalars()
    )


def stop_for_recall(
    *, session: Session, lot_ids: Sequence[int], reason: str, now: datetime, limit: int | None = None
) -> list[int]:
    """Stop open consignments with goods of recalled lots, at most ``limit``; return them. Repeatable.

    A parcel that was booked is called back by a task; money that was paid for it goes back.
    """
    stopped = []
    stoppable = list_stoppable(session, lot_ids, limit)
    lock_orders(session, stoppable)
    holders = select(Order.number).join(Consignment, Consignment.order_id == Order.id)
    lock_held(session=session, holders=session.scalars(holders.where(Consignment.id.in_(stoppable))).all())
    for consignment_id in stoppable:
        order_id = session.execute(select(Consignment.order_id).where(Consignment.id == consignment_id)).scalar_one()
        order = lock_order(session, order_id)
        consignment = session.execute(
            select(Consignment).where(Consignment.id == consignment_id).with_for_update()
        ).scalar_one()
        if consignment.state not in _STOPPABLE:
            continue
        ending = Ending(
            what="recalled",
            detail=reason,
            by_role="officer",
            end_reason=f"{_RECALLED}: {reason}",
            refund_reason=_RECALLED,
            rest_reason="Đơn dừng vì một lô hàng bị thu hồi",
            refund_key="recall",
        )
        stop_consignment(session=session, order=order, consignment=consignment, ending=ending, now=now)
        record_event(session, ConsignmentStopped(consignment_id=consignment.id, reason=reason))
        stopped.append(consignment_id)
    return stopped


def stop_consignment(
    *, session: Session, order: Order, consignment: Consignment, ending: Ending, now: datetime
) -> None:
    """Stop one consignment, locked, that has not left: goods freed, a booked parcel called back, money given back."""
    was_packed = consignment.state == ConsignmentState.PACKED
    consignment.state = next_consignment_state(ConsignmentState(consignment.state), "cancel")
    consignment.ended_at = now
    consignment.end_reason = ending.end_reason[:300]
    clear_hold(consignment)
    session.execute(
        insert(Change).values(
            order_id=order.id,
            consignment_id=consignment.id,
            what=ending.what,
            detail=ending.detail[:1000],
            by_role=ending.by_role,
            happened_at=now,
        )
    )
    session.flush()
    offer_ids = session.execute(select(OrderLine.offer_id).where(OrderLine.consignment_id == consignment.id)).scalars()
    release(session=session, holder=order.number, offer_ids=list(offer_ids))
    if was_packed:
        request_call_back(session=session, reference=consignment.number, now=now)
    if order.state == OrderState.AWAITING_PAYMENT:
        # One part of an unpaid order is gone, so its sum is wrong: the whole order ends and nothing is owed.
        _stop_rest(session, order, ending, now)
    else:
        reason = ending.refund_reason
        refund_share(session=session, order=order, consignment=consignment, reason=reason, now=now)
    close_order_if_ended(session=session, order=order, now=now)


def _stop_rest(session: Session, order: Order, ending: Ending, now: datetime) -> None:
    """End an unpaid order with the parts of it that are still open; money that came in goes back."""
    for consignment in session.execute(
        select(Consignment)
        .where(Consignment.order_id == order.id, Consignment.state == ConsignmentState.WAITING)
        .order_by(Consignment.id)
        .with_for_update()
    ).scalars():
        consignment.state = next_consignment_state(ConsignmentState.WAITING, "cancel")
        consignment.ended_at = now
        consignment.end_reason = ending.rest_reason[:300]
        clear_hold(consignment)
    release(session=session, holder=order.number)
    order.state = next_order_state(OrderState(order.state), "cancel")
    order.ended_at = now
    order.cancel_reason = ending.refund_reason[:300]
    payment = session.execute(select(Payment).where(Payment.order_id == order.id).with_for_update()).scalar_one()
    if payment.state == PaymentState.PENDING:
        payment.state = next_payment_state(PaymentState.PENDING, "void")
    if payment.received_vnd > payment.refunded_vnd:
        request_refund(
            session=session,
            payment=payment,
            key=f"{ending.refund_key}-{order.id}",
            amount_vnd=payment.received_vnd - payment.refunded_vnd,
            reason=ending.refund_reason[:300],
            now=now,
        )


def warn_buyers(*, session: Session, recall: RecallView) -> int:
    """Ask for every buyer of a recall to be told; return how many orders that are. Each letter goes out once.

    Many buyers are told by several workers at once, so they are handed out in portions.
    """
    order_ids = list_reached_orders(session, recall)
    for start in range(0, len(order_ids), _PORTION):
        portion = list(order_ids[start : start + _PORTION])
        record_event(session, BuyersWarned(recall_id=recall.id, order_ids=portion))
    return len(order_ids)
