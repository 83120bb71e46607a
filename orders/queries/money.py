"""Payments, credits and refunds, for tasks and the operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from orders.models import Consignment, Credit, Order, Payment, Refund


def list_unpaid_orders(session: Session, before: datetime, limit: int = 100) -> list[int]:
    """Return orders whose time to pay ended before a moment. Each is looked at again under a lock.

    Orders that wait for goods on hold are left out.
    """
    waits = exists().where(Consignment.order_id == Order.id, Consignment.held_at.is_not(None))
    return list(
        session.execute(
            select(Order.id)
            .where(Order.state == "awaiting_payment", Order.pay_before_at < before, ~waits)
            .order_by(Order.pay_before_at)
            .limit(limit)
        ).scalars()
    )


def find_dead_card(session: Session, order_id: int) -> str | None:
    """Return the gateway's reference of a card payment whose order has ended unpaid; None when there is none."""
    return session.execute(
        select(Payment.gateway_reference).where(
            Payment.order_id == order_id,
            Payment.method == "card",
            Payment.state.in_(("expired", "void")),
            Payment.received_vnd == 0,
        )
    ).scalar_one_or_none()


def list_open_cards(session: Session, ended_after: datetime, limit: int = 100) -> list[str]:
    """Return gateway references of card payments that we still wait for, the oldest first.

    Of orders that have ended, those only that ended after a moment: their payments were closed at the gateway.
    """
    references = session.execute(
        select(Payment.gateway_reference)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Payment.method == "card",
            Payment.state.in_(("pending", "expired", "void")),
            Payment.received_vnd == 0,
            Payment.gateway_reference.is_not(None),
            Order.ended_at.is_(None) | (Order.ended_at > ended_after),
        )
        .order_by(Payment.id)
        .limit(limit)
    ).scalars()
    return [reference for reference in references if reference is not None]


@dataclass(frozen=True, slots=True)
class RefundJob:
    """A refund with what the call to the gateway needs. Amount in đồng."""

    id: int
    key: str
    state: str
    method: str
    amount_vnd: int
    gateway_reference: str | None


def find_refund(session: Session, refund_id: int) -> RefundJob | None:
    """Return a refund by its id."""
    row = session.execute(
        select(Refund.id, Refund.key, Refund.state, Payment.method, Refund.amount_vnd, Payment.gateway_reference)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.id == refund_id)
    ).one_or_none()
    return RefundJob(*row) if row else None


def list_open_refunds(
    session: Session, *, payment_reference: str | None = None, limit: int = 100
) -> list[tuple[int, str]]:
    """Return (id, gateway reference) of refunds that the bank still works on, all or those of one payment."""
    wanted = (
        select(Refund.id, Refund.gateway_reference)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.state == "requested", Refund.gateway_reference.is_not(None))
        .order_by(Refund.id)
        .limit(limit)
    )
    if payment_reference is not None:
        wanted = wanted.where(Payment.gateway_reference == payment_reference)
    return [(refund_id, reference) for refund_id, reference in session.execute(wanted) if reference is not None]


@dataclass(frozen=True, slots=True)
class CreditRow:
    """A bank credit for the operator's page."""

    id: int
    amount_vnd: int
    content: str
    verdict: str
    received_at: datetime
    order_number: str | None


def list_credits(session: Session, limit: int = 50) -> Sequence[CreditRow]:
    """Return the newest bank credits, matched or not."""
    rows = session.execute(
        select(Credit.id, Credit.amount_vnd, Credit.content, Credit.verdict, Credit.received_at, Order.number)
        .outerjoin(Payment, Payment.id == Credit.payment_id)
        .outerjoin(Order, Order.id == Payment.order_id)
        .order_by(Credit.id.desc())
        .limit(limit)
    )
    return [CreditRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund for the operator's page."""

    id: int
    amount_vnd: int
    reason: str
    state: str
    requested_at: datetime
    order_id: int
    order_number: str
    method: str


def list_refunds(session: Session, limit: int = 50) -> Sequence[RefundRow]:
    """Return the newest refunds; those by hand wait for a person to transfer the money."""
    rows = session.execute(
        select(
            Refund.id, Refund.amount_vnd, Refund.reason, Refund.state, Refund.requested_at, Order.id, Order.number,
            Payment.method,
        )
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .order_by(Refund.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [RefundRow(*row) for row in rows]


def count_orders_by_state(session: Session) -> dict[str, int]:
    """Return how many orders are in each state. One statement."""
    return dict(session.execute(select(Order.state, func.count()).group_by(Order.state)).all())
