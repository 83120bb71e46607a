"""Money comes in, late, twice or not at all: one path for the browser, the webhook and the sweeper."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from catalog.services.hold_stock import release
from marketplace.core import ledger
from marketplace.core.outbox import record_event
from orders.events import OrderConfirmed, OrderExpired, PaymentReceived, RefundRequested
from orders.models import Change, Consignment, Credit, Order, Payment, Refund
from orders.ports import BankCredit, CardPayment, CardRefund, CardState, RefundOutcome
from orders.rules.states import (
    ConsignmentState,
    OrderState,
    PaymentState,
    next_consignment_state,
    next_order_state,
    next_payment_state,
)
from orders.rules.transfers import CreditVerdict, judge_credit
from orders.rules.vietqr import find_transfer_codes
from orders.services.hold_consignment import clear_hold, find_stopped_lots, put_on_hold

#: The bank tells of a transfer some time after the buyer made it, so an order waits a little longer than it says.
BANK_LAG = timedelta(minutes=10)
#: How long a household has to answer an order; then its commune is asked to phone.
ACCEPTANCE_WINDOW = timedelta(hours=24)
_BUYERS = "orders:buyers"


def lock_order(session: Session, order_id: int) -> Order:
    """Lock an order; every change to an order, its consignments or its payment starts with this lock."""
    return session.execute(select(Order).where(Order.id == order_id).with_for_update()).scalar_one()


def lock_orders(session: Session, consignment_ids: Collection[int]) -> None:
    """Lock the orders of several consignments before anything else, lowest id first.

    Whoever changes one order locks it and then what it holds, so nobody may hold goods of one and wait for another.
    """
    wanted = select(Consignment.order_id).where(Consignment.id.in_(consignment_ids))
    session.execute(select(Order.id).where(Order.id.in_(wanted)).order_by(Order.id).with_for_update())


def remember_gateway_payment(*, session: Session, payment_id: int, reference: str) -> None:
    """Note under which name the gateway knows a payment."""
    session.execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.gateway_reference.is_(None))
        .values(gateway_reference=reference)
    )


def settle_card(*, session: Session, card: CardPayment, now: datetime) -> None:
    """Apply what the gateway says about a card payment. Repeating it changes nothing.

    The amount is compared with the order's: a payment of another amount confirms nothing and goes back.
    """
    if card.state is not CardState.PAID:
        return
    payment = _lock_payment(session, Payment.gateway_reference == card.reference)
    if payment is None:
        payment = _lock_payment(session, Payment.attempt_key == card.attempt_key)
    if payment is None or payment.state == PaymentState.PAID or payment.received_vnd:
        return
    payment.gateway_reference = card.reference
    _take_money(
        session, payment, card.received_vnd, reference=f"card:{card.reference}", account="gateway:stripe", now=now
    )
    order = lock_order(session, payment.order_id)
    fits = card.received_vnd == payment.amount_vnd
    is_open = order.state == OrderState.AWAITING_PAYMENT
    _mark_paid(session, order, payment, is_sale=fits and is_open, now=now)
    if not (fits and is_open):
        request_refund(
            session=session,
            payment=payment,
            key=f"late-{payment.id}",
            amount_vnd=card.received_vnd,
            reason="Tiền đến sau khi đơn đã dừng" if fits else "Số tiền không khớp với đơn hàng",
            now=now,
        )


def settle_credit(*, session: Session, source: str, credit: BankCredit, now: datetime) -> CreditVerdict:
    """Apply a bank credit to the payment whose transfer code it carries; no credit is ever lost or taken twice."""
    known = session.execute(
        select(Credit.verdict).where(Credit.source == source, Credit.external_id == credit.external_id)
    ).scalar_one_or_none()
    if known is not None:
        return CreditVerdict(known)
    codes = find_transfer_codes(credit.content)
    payment = _lock_payment(session, Payment.transfer_code.in_(codes)) if len(codes) == 1 else None
    verdict = CreditVerdict.UNMATCHED
    if payment is None:
        _add_credit(session, source, credit, payment_id=None, verdict=verdict, now=now)
        ledger.post(
            session,
            reference=f"credit:{source}:{credit.external_id}",
            kind="unmatched_credit",
            postings=[("bank:main", credit.amount_vnd), ("bank:unmatched", -credit.amount_vnd)],
            now=now,
        )
        return verdict
    order = lock_order(session, payment.order_id)
    decision = judge_credit(
        state=PaymentState(payment.state),
        amount_vnd=payment.amount_vnd,
        received_vnd=payment.received_vnd,
        credit_vnd=credit.amount_vnd,
    )
    _add_credit(session, source, credit, payment_id=payment.id, verdict=decision.verdict, now=now)
    _take_money(
        session,
        payment,
        credit.amount_vnd,
        reference=f"credit:{source}:{credit.external_id}",
        account="bank:main",
        now=now,
    )
    if decision.pays:
        _mark_paid(session, order, payment, is_sale=order.state == OrderState.AWAITING_PAYMENT, now=now)
    if decision.refund_vnd:
        request_refund(
            session=session,
            payment=payment,
            key=f"credit-{source}-{credit.external_id}"[:80],
            amount_vnd=decision.refund_vnd,
            reason={
                CreditVerdict.OVER: "Chuyển thừa tiền",
                CreditVerdict.DUPLICATE: "Chuyển tiền hai lần",
            }.get(decision.verdict, "Tiền đến sau khi đơn đã dừng"),
            now=now,
        )
    return decision.verdict


def receive_on_delivery(*, session: Session, order: Order, now: datetime) -> None:
    """Note that the last parcel of a cash order was paid at the door (the carrier owes us the money from now on)."""
    payment = _lock_payment(session, Payment.order_id == order.id)
    if payment is not None and payment.state == PaymentState.DUE:
        payment.state = next_payment_state(PaymentState.DUE, "receive")
        payment.received_at = now


def expire_unpaid(*, session: Session, order_id: int, now: datetime) -> bool:
    """Let go of an order that nobody paid in time; False when it was paid meanwhile or is not due yet.

    An order whose goods are on hold is not due: nobody is asked to pay for them now.
    """
    order = lock_order(session, order_id)
    if order.state != OrderState.AWAITING_PAYMENT or order.pay_before_at is None:
        return False
    if now < order.pay_before_at + BANK_LAG or _waits_for_goods(session, order):
        return False
    order.state = next_order_state(OrderState(order.state), "expire")
    order.ended_at = now
    stop_consignments(session=session, order=order, reason="Hết hạn thanh toán", now=now)
    payment = _lock_payment(session, Payment.order_id == order.id)
    if payment is not None and payment.state == PaymentState.PENDING:
        payment.state = next_payment_state(PaymentState.PENDING, "expire")
        if payment.received_vnd:
            request_refund(
                session=session,
                payment=payment,
                key=f"expired-{payment.id}",
                amount_vnd=payment.received_vnd - payment.refunded_vnd,
                reason="Chưa chuyển đủ tiền trước khi hết hạn",
                now=now,
            )
    session.execute(insert(Change).values(order_id=order.id, what="expired", by_role="system", happened_at=now))
    record_event(session, OrderExpired(order_id=order.id))
    return True


def stop_consignments(*, session: Session, order: Order, reason: str, now: datetime) -> None:
    """Cancel every consignment of an order that can still be cancelled, and free its goods."""
    for consignment in session.execute(
        select(Consignment).where(Consignment.order_id == order.id).order_by(Consignment.id).with_for_update()
    ).scalars():
        consignment.state = next_consignment_state(ConsignmentState(consignment.state), "cancel")
        consignment.ended_at = now
        consignment.end_reason = reason
        clear_hold(consignment)
    release(session=session, holder=order.number)


def request_refund(
    *, session: Session, payment: Payment, key: str, amount_vnd: int, reason: str, now: datetime
) -> int | None:
    """Reserve money to go back. The row comes first; the call to the bank or gateway follows by a task.

    Returns the refund's id, or None when this key was used before or nothing is left to give back.
    """
    left = payment.received_vnd - payment.refunded_vnd
    amount = min(amount_vnd, left)
    if amount <= 0:
        return None
    # A gateway gives back to the card; everything else is transferred by a person.
    by_hand = payment.method != "card"
    refund_id = session.execute(
        pg_insert(Refund)
        .values(
            payment_id=payment.id,
            key=key,
            amount_vnd=amount,
            reason=reason,
            state="by_hand" if by_hand else "requested",
            requested_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Refund.id)
    ).scalar_one_or_none()
    if refund_id is None:
        return None
    payment.refunded_vnd += amount
    session.flush()
    record_event(session, RefundRequested(refund_id=refund_id))
    return refund_id


def follow_refund(*, session: Session, refund_id: int, answer: CardRefund, now: datetime) -> None:
    """Apply what the gateway says about a refund; one that the bank still works on stays open under its name."""
    if answer.outcome is RefundOutcome.PENDING:
        session.execute(
            update(Refund)
            .where(Refund.id == refund_id, Refund.state == "requested")
            .values(gateway_reference=answer.reference)
        )
        return
    finish_refund(
        session=session,
        refund_id=refund_id,
        reference=answer.reference,
        is_done=answer.outcome is RefundOutcome.DONE,
        now=now,
    )


def finish_refund(*, session: Session, refund_id: int, reference: str, is_done: bool, now: datetime) -> None:
    """Close a refund. One that the gateway refused is left for a person to transfer: it is owed all the same."""
    refund = session.execute(select(Refund).where(Refund.id == refund_id).with_for_update()).scalar_one()
    if refund.state in {"done", "refused"}:
        return
    refund.gateway_reference = reference or None
    if not is_done:
        refund.state = "by_hand"
        session.flush()
        return
    account = "gateway:stripe" if refund.state == "requested" else "bank:main"
    refund.state = "done"
    refund.done_at = now
    ledger.post(
        session,
        reference=f"refund:{refund.id}",
        kind="refund",
        postings=[(_BUYERS, refund.amount_vnd), (account, -refund.amount_vnd)],
        now=now,
    )


def _mark_paid(session: Session, order: Order, payment: Payment, *, is_sale: bool, now: datetime) -> None:
    payment.state = next_payment_state(PaymentState(payment.state), "receive")
    payment.received_at = now
    session.flush()
    record_event(session, PaymentReceived(payment_id=payment.id))
    if is_sale:
        confirm_order(session=session, order=order, now=now)


def confirm_order(*, session: Session, order: Order, now: datetime) -> None:
    """Let the households know that they may start: the order is paid.

    A part whose goods may not be handed to a buyer is not offered to its household: it waits, and the money is kept.
    """
    order.state = next_order_state(OrderState(order.state), "confirm")
    order.confirmed_at = now
    for consignment in session.execute(
        select(Consignment).where(Consignment.order_id == order.id).order_by(Consignment.id).with_for_update()
    ).scalars():
        stopped = find_stopped_lots(session, consignment.id, now)
        if stopped:
            put_on_hold(session=session, consignment=consignment, stopped=stopped, now=now)
        else:
            offer_to_household(consignment, now)
    session.execute(insert(Change).values(order_id=order.id, what="paid", by_role="system", happened_at=now))
    record_event(session, OrderConfirmed(order_id=order.id))


def offer_to_household(consignment: Consignment, now: datetime) -> None:
    """Ask a household for its answer to a part of an order that is paid for, and whose goods may be sold."""
    clear_hold(consignment)
    consignment.state = next_consignment_state(ConsignmentState(consignment.state), "confirm")
    consignment.accept_before_at = now + ACCEPTANCE_WINDOW


def _waits_for_goods(session: Session, order: Order) -> bool:
    on_hold = select(Consignment.id).where(Consignment.order_id == order.id, Consignment.held_at.is_not(None))
    return session.scalar(on_hold.limit(1)) is not None


def _lock_payment(session: Session, condition: ColumnElement[bool]) -> Payment | None:
    # The order is locked before its payment, here and everywhere.
    found = session.execute(select(Payment.id, Payment.order_id).where(condition)).one_or_none()
    if found is None:
        return None
    lock_order(session, found.order_id)
    return session.execute(select(Payment).where(Payment.id == found.id).with_for_update()).scalar_one()


def _take_money(
    session: Session, payment: Payment, amount_vnd: int, *, reference: str, account: str, now: datetime
) -> None:
    payment.received_vnd += amount_vnd
    ledger.post(
        session,
        reference=reference,
        kind="payment",
        postings=[(account, amount_vnd), (_BUYERS, -amount_vnd)],
        now=now,
    )


def _add_credit(
    session: Session,
    source: str,
    credit: BankCredit,
    *,
    payment_id: int | None,
    verdict: CreditVerdict,
    now: datetime,
) -> None:
    session.execute(
        insert(Credit).values(
            source=source,
            external_id=credit.external_id,
            amount_vnd=credit.amount_vnd,
            content=credit.content[:500],
            payment_id=payment_id,
            verdict=verdict,
            received_at=now,
        )
    )
