"""A household's part of an order: accepted or declined, packed, handed to the post, delivered."""

import uuid
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from catalog.services.hold_stock import consume, release
from logistics.services import plan_parcel, request_call_back
from marketplace.accounts.rules import Actor
from marketplace.core.errors import NotFound
from marketplace.core.outbox import record_event
from orders.errors import StepNotAllowed
from orders.events import (
    ConsignmentAccepted,
    ConsignmentDeclined,
    ConsignmentDelivered,
    ConsignmentHandedOver,
    ConsignmentPacked,
    ConsignmentReturned,
    HeldGoodsAreOut,
)
from orders.models import Change, Consignment, LineLot, Order, OrderLine, Payment, Refund
from orders.rules.holds import WITH_BUYER
from orders.rules.shipping import cod_amount, make_shipment
from orders.rules.states import (
    FINAL_CONSIGNMENT_STATES,
    REFUSALS,
    ConsignmentState,
    OrderState,
    PaymentState,
    next_consignment_state,
    next_order_state,
    next_payment_state,
)
from orders.services.hold_consignment import check_goods, clear_hold
from orders.services.settle_payment import lock_order, receive_on_delivery, request_refund
from sellers.queries import pickup_address
from traceability.services.parcels import record_delivery, record_packing, record_return, record_shipping

_NAMESPACE = uuid.UUID("6f6e5d3a-6f0d-5c0e-9a49-3c1d6c2f7b10")


def lock_own(session: Session, household_id: int, consignment_id: int) -> tuple[Order, Consignment]:
    """Lock an order and one household's part of it. Raises ``NotFound`` for another household's."""
    order_id = session.execute(
        select(Consignment.order_id).where(Consignment.id == consignment_id, Consignment.household_id == household_id)
    ).scalar_one_or_none()
    if order_id is None:
        raise NotFound
    order = lock_order(session, order_id)
    consignment = session.execute(
        select(Consignment).where(Consignment.id == consignment_id).with_for_update()
    ).scalar_one()
    return order, consignment


def accept_consignment(
    *, session: Session, household_id: int, consignment_id: int, actor: Actor, now: datetime
) -> None:
    """Promise the goods. Accepting again changes nothing.

    Raises ``StepNotAllowed`` once it has ended, ``GoodsOnHold`` when a lot in it may not be handed to a buyer.
    """
    order, consignment = lock_own(session, household_id, consignment_id)
    if consignment.state == ConsignmentState.ACCEPTED:
        return
    next_consignment_state(ConsignmentState(consignment.state), "accept")
    check_goods(session=session, consignment=consignment, step="accept", now=now)
    clear_hold(consignment)
    _step(session, order, consignment, "accept", role=actor_role(actor), now=now)
    consignment.accepted_at = now
    session.flush()
    record_event(session, ConsignmentAccepted(consignment_id=consignment.id))


def decline_consignment(
    *, session: Session, household_id: int, consignment_id: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Say that the goods cannot be delivered: they are freed, and what was paid for them goes back.

    As long as goods are on hold, a household may also decline what it has packed, or what was not offered to it yet.
    """
    order, consignment = lock_own(session, household_id, consignment_id)
    if consignment.state == ConsignmentState.DECLINED:
        return
    was_packed = consignment.state == ConsignmentState.PACKED
    is_on_hold = consignment.held_at is not None and order.state == OrderState.CONFIRMED
    if (was_packed or consignment.state == ConsignmentState.WAITING) and not is_on_hold:
        raise StepNotAllowed(REFUSALS["decline"], current=consignment.state, step="decline")
    _step(session, order, consignment, "decline", role=actor_role(actor), now=now, detail=reason)
    if was_packed:
        request_call_back(session=session, reference=consignment.number, now=now)
    _end(session, order, consignment, reason, now)
    record_event(session, ConsignmentDeclined(consignment_id=consignment.id))


def pack_consignment(*, session: Session, household_id: int, consignment_id: int, actor: Actor, now: datetime) -> None:
    """Seal the packing, turn held goods into sold ones and plan the parcel, all at once. Repeatable.

    Raises ``StepNotAllowed``, and ``GoodsOnHold`` when a lot in it may not be handed to a buyer.
    """
    lots = session.execute(
        select(LineLot.lot_id, LineLot.lot_amount)
        .join(OrderLine, OrderLine.id == LineLot.line_id)
        .join(Consignment, Consignment.id == OrderLine.consignment_id)
        .where(Consignment.id == consignment_id, Consignment.household_id == household_id)
        .order_by(LineLot.lot_id)
    ).all()
    if not lots:
        raise NotFound
    order, consignment = lock_own(session, household_id, consignment_id)
    if consignment.state == ConsignmentState.PACKED:
        return
    next_consignment_state(ConsignmentState(consignment.state), "pack")
    check_goods(session=session, consignment=consignment, step="pack", now=now)
    clear_hold(consignment)
    _step(session, order, consignment, "pack", role=actor_role(actor), now=now)
    record_packing(
        session=session,
        household_id=household_id,
        lot_quantities=[(lot_id, amount) for lot_id, amount in lots],
        parcel_ref=consignment.number,
        consignment_ref=consignment.number,
        key=_key("pack", consignment.number),
        actor=actor,
        now=now,
    )
    offer_ids = session.execute(select(OrderLine.offer_id).where(OrderLine.consignment_id == consignment.id)).scalars()
    consume(session=session, holder=order.number, offer_ids=list(offer_ids))
    consignment.packed_at = now
    session.flush()
    plan_parcel(
        session=session,
        reference=consignment.number,
        consignment_ref=consignment.number,
        household_id=household_id,
        spec=make_shipment(order, consignment, _lines(session, consignment.id), pickup_address(session, household_id)),
        carrier=consignment.carrier,
        service=consignment.service,
        now=now,
    )
    record_event(session, ConsignmentPacked(consignment_id=consignment.id))


def follow_handover(*, session: Session, consignment_ref: str, happened_at: datetime, now: datetime) -> None:
    """The carrier has the parcel: seal the shipping. Later or repeated news changes nothing.

    What left although its goods were on hold is called back, and people are told.
    """
    order, consignment = _lock_by_ref(session, consignment_ref)
    if consignment.state != ConsignmentState.PACKED:
        return
    _step(session, order, consignment, "hand_over", role="carrier", now=now)
    consignment.handed_over_at = happened_at
    session.flush()
    _follow_held_goods(session, consignment, happened_at, now)
    record_shipping(
        session=session, parcel_ref=consignment.number, occurred_at=happened_at,
        key=_key("ship", consignment.number), now=now,
    )  # fmt: skip
    record_event(session, ConsignmentHandedOver(consignment_id=consignment.id))


def follow_delivery(*, session: Session, consignment_ref: str, happened_at: datetime, now: datetime) -> None:
    """The parcel is at the buyer's door: seal the hand-over; a cash order is paid with its last parcel."""
    order, consignment = _lock_by_ref(session, consignment_ref)
    if consignment.state not in {ConsignmentState.PACKED, ConsignmentState.HANDED_OVER}:
        return
    left_just_now = consignment.state == ConsignmentState.PACKED
    _step(session, order, consignment, "deliver", role="carrier", now=now)
    consignment.handed_over_at = consignment.handed_over_at or happened_at
    consignment.ended_at = happened_at
    session.flush()
    if left_just_now:
        _follow_held_goods(session, consignment, happened_at, now)
    record_delivery(
        session=session, parcel_ref=consignment.number, occurred_at=happened_at,
        key=_key("deliver", consignment.number), now=now,
    )  # fmt: skip
    _complete_if_ended(session, order, now)
    record_event(session, ConsignmentDelivered(consignment_id=consignment.id))


def follow_return(
    *, session: Session, consignment_ref: str, happened_at: datetime, is_lost: bool, now: datetime
) -> None:
    """The parcel went back, or was lost: what was paid for it is refunded. Fresh goods are not put back on sale."""
    order, consignment = _lock_by_ref(session, consignment_ref)
    step = "lose" if is_lost else "return"
    allowed = {ConsignmentState.PACKED, ConsignmentState.HANDED_OVER}
    if not is_lost:
        allowed.add(ConsignmentState.DELIVERED)
    if consignment.state not in allowed:
        return
    _step(session, order, consignment, step, role="carrier", now=now)
    session.flush()
    if not is_lost:
        record_return(
            session=session, parcel_ref=consignment.number, occurred_at=happened_at,
            key=_key("return", consignment.number), now=now,
        )  # fmt: skip
    reason = "Bưu cục báo thất lạc" if is_lost else "Không giao được, hàng đã trả về hộ"
    _end(session, order, consignment, reason, now)
    record_event(session, ConsignmentReturned(consignment_id=consignment.id))


def refund_share(*, session: Session, order: Order, consignment: Consignment, reason: str, now: datetime) -> None:
    """Give back what was paid for one household's part: its own goods and delivery, never more."""
    payment = session.execute(select(Payment).where(Payment.order_id == order.id).with_for_update()).scalar_one()
    if payment.method == "cod" or payment.state != PaymentState.PAID:
        return
    recalled = session.scalar(
        select(func.coalesce(func.sum(Refund.amount_vnd), 0)).where(
            Refund.payment_id == payment.id, Refund.key.startswith(f"recalled-{consignment.id}-", autoescape=True)
        )
    )
    request_refund(
        session=session,
        payment=payment,
        key=f"consignment-{consignment.id}",
        amount_vnd=consignment.goods_vnd + consignment.shipping_vnd - int(recalled or 0),
        reason=reason,
        now=now,
    )


def close_order_if_ended(*, session: Session, order: Order, now: datetime) -> None:
    """Complete (or cancel) an order whose every consignment has ended."""
    _complete_if_ended(session, order, now)


def actor_role(actor: Actor) -> str:
    """Name the role that history shows for an actor."""
    return "helper" if actor.is_helper else "household"


def _follow_held_goods(session: Session, consignment: Consignment, happened_at: datetime, now: datetime) -> None:
    if consignment.held_at is None:
        return
    is_called_back = happened_at >= consignment.held_at and request_call_back(
        session=session, reference=consignment.number, now=now
    )
    record_event(session, HeldGoodsAreOut(consignment.id, consignment.held_at.isoformat(), is_called_back))


def _end(session: Session, order: Order, consignment: Consignment, reason: str, now: datetime) -> None:
    consignment.ended_at = now
    consignment.end_reason = reason[:300]
    session.flush()
    offer_ids = session.execute(select(OrderLine.offer_id).where(OrderLine.consignment_id == consignment.id)).scalars()
    release(session=session, holder=order.number, offer_ids=list(offer_ids))
    refund_share(session=session, order=order, consignment=consignment, reason=reason, now=now)
    _complete_if_ended(session, order, now)


def _complete_if_ended(session: Session, order: Order, now: datetime) -> None:
    states = {
        ConsignmentState(state)
        for state in session.execute(select(Consignment.state).where(Consignment.order_id == order.id)).scalars()
    }
    if not states <= FINAL_CONSIGNMENT_STATES or order.state != OrderState.CONFIRMED:
        return
    if ConsignmentState.DELIVERED in states:
        order.state = next_order_state(OrderState(order.state), "complete")
        receive_on_delivery(session=session, order=order, now=now)
    else:
        order.state = next_order_state(OrderState(order.state), "cancel")
        payment = session.execute(select(Payment).where(Payment.order_id == order.id).with_for_update()).scalar_one()
        if payment.state in {PaymentState.DUE, PaymentState.PENDING}:
            payment.state = next_payment_state(PaymentState(payment.state), "void")
    order.ended_at = now


def _step(
    session: Session, order: Order, consignment: Consignment, step: str, *, role: str, now: datetime, detail: str = ""
) -> None:
    consignment.state = next_consignment_state(ConsignmentState(consignment.state), step)
    if consignment.state in WITH_BUYER:
        # Nothing can wait any more; that its goods are on hold stays true.
        consignment.held_until_at = None
    elif consignment.state in FINAL_CONSIGNMENT_STATES:
        clear_hold(consignment)
    session.execute(
        insert(Change).values(
            order_id=order.id,
            consignment_id=consignment.id,
            what=step,
            detail=detail[:1000],
            by_role=role,
            happened_at=now,
        )
    )


def _lock_by_ref(session: Session, consignment_ref: str) -> tuple[Order, Consignment]:
    row = session.execute(
        select(Consignment.id, Consignment.household_id).where(Consignment.number == consignment_ref)
    ).one_or_none()
    if row is None:
        raise NotFound
    return lock_own(session, row.household_id, row.id)


def _lines(session: Session, consignment_id: int) -> list[OrderLine]:
    return list(
        session.execute(
            select(OrderLine).where(OrderLine.consignment_id == consignment_id).order_by(OrderLine.id)
        ).scalars()
    )


def _key(step: str, number: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{step}:{number}")


__all__ = [
    "accept_consignment",
    "actor_role",
    "close_order_if_ended",
    "cod_amount",
    "decline_consignment",
    "follow_delivery",
    "follow_handover",
    "follow_return",
    "lock_own",
    "pack_consignment",
    "refund_share",
]
