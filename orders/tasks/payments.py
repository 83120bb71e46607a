"""Tasks about money: webhooks applied, refunds sent, unpaid orders let go, missed news fetched."""

from datetime import timedelta

from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.errors import Refused, Unavailable
from marketplace.core.inbox import UNREADABLE, lock_webhook, mark_applied
from marketplace.core.registry import resolve
from marketplace.core.tasks import once, task
from orders.ports import BankFeed, CardPayment, PaymentGateway
from orders.queries.money import find_dead_card, find_refund, list_open_cards, list_open_refunds, list_unpaid_orders
from orders.services.settle_payment import BANK_LAG, expire_unpaid, follow_refund, settle_card, settle_credit

#: Card payments of ended orders are asked about for so long: whatever came in late shows within hours.
_WATCH_DEAD = timedelta(days=2)


@task("orders.apply_stripe_webhook", queue="outside")
def apply_stripe_webhook(*, delivery_id: int, inbox_id: int, **_: object) -> None:
    """Apply an event of the card gateway: the payment is fetched again, the event's own words decide nothing."""
    with transaction() as session:
        message = lock_webhook(session, inbox_id)
        reference = message.headers.get("payment") if message else None
        open_refunds = list_open_refunds(session, payment_reference=reference) if reference else []
    gateway = resolve(PaymentGateway)
    card: CardPayment | None = gateway.get_payment(reference) if reference else None
    refunds = [(refund_id, gateway.get_refund(name)) for refund_id, name in open_refunds]
    with once(delivery_id) as session_or_none:
        if session_or_none is None:
            return
        message = lock_webhook(session_or_none, inbox_id)
        if message is None:
            return
        if card is not None:
            settle_card(session=session_or_none, card=card, now=utcnow())
        for refund_id, answer in refunds:
            follow_refund(session=session_or_none, refund_id=refund_id, answer=answer, now=utcnow())
        mark_applied(message, outcome="applied" if card else "ignored", now=utcnow())


@task("orders.apply_bank_webhook", queue="default")
def apply_bank_webhook(*, delivery_id: int, inbox_id: int, **_: object) -> None:
    """Apply a bank credit."""
    with once(delivery_id) as session:
        if session is None:
            return
        message = lock_webhook(session, inbox_id)
        if message is None:
            return
        try:
            credit = resolve(BankFeed).read_webhook(message.body)
        except Refused as error:
            message.error = error.message
            mark_applied(message, outcome=UNREADABLE, now=utcnow())
            return
        verdict = settle_credit(session=session, source="sepay", credit=credit, now=utcnow()) if credit else "ignored"
        mark_applied(message, outcome=str(verdict), now=utcnow())


@task("orders.send_refund", queue="outside")
def send_refund(*, delivery_id: int, refund_id: int, **_: object) -> None:
    """Send a refund through the card gateway under its own key, so that repeating it pays nothing twice.

    A bank may take days: then the refund stays open, and webhook or sweeper end it.
    """
    with transaction() as session:
        job = find_refund(session, refund_id)
    answer = None
    if job is not None and job.state == "requested" and job.gateway_reference:
        answer = resolve(PaymentGateway).refund(reference=job.gateway_reference, amount_vnd=job.amount_vnd, key=job.key)
    with once(delivery_id) as session_or_none:
        if session_or_none is not None and answer is not None:
            follow_refund(session=session_or_none, refund_id=refund_id, answer=answer, now=utcnow())


@task("orders.close_card", queue="outside")
def close_card(*, delivery_id: int, order_id: int, **_: object) -> None:
    """Close the card payment of an order that ended unpaid, so that nobody pays for nothing.

    A buyer who was quicker has paid: that money is taken in and goes back.
    """
    with transaction() as session:
        reference = find_dead_card(session, order_id)
    card = resolve(PaymentGateway).cancel_payment(reference) if reference else None
    with once(delivery_id) as session_or_none:
        if session_or_none is not None and card is not None:
            settle_card(session=session_or_none, card=card, now=utcnow())


@task("orders.release_unpaid", queue="default")
def release_unpaid(**_: object) -> None:
    """Let go of orders that nobody paid in time, one transaction each."""
    with transaction() as session:
        due = list_unpaid_orders(session, utcnow() - BANK_LAG)
    for order_id in due:
        with transaction() as session:
            expire_unpaid(session=session, order_id=order_id, now=utcnow())


@task("orders.ask_gateway", queue="outside")
def ask_gateway(**_: object) -> None:
    """Ask the gateway about payments and refunds that we still wait for: a webhook may have been lost."""
    with transaction() as session:
        waiting = list_open_cards(session, utcnow() - _WATCH_DEAD)
        open_refunds = list_open_refunds(session)
    gateway = resolve(PaymentGateway)
    unanswered: list[Unavailable] = []
    for reference in waiting:
        try:
            card = gateway.get_payment(reference)
        except Unavailable as error:
            unanswered.append(error)
            continue
        with transaction() as session:
            settle_card(session=session, card=card, now=utcnow())
    for refund_id, name in open_refunds:
        try:
            answer = gateway.get_refund(name)
        except Unavailable as error:
            unanswered.append(error)
            continue
        with transaction() as session:
            follow_refund(session=session, refund_id=refund_id, answer=answer, now=utcnow())
    if unanswered:
        # One payment must not hold up the others; the operator sees that something was not answered.
        raise unanswered[0]
