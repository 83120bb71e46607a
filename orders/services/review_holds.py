"""Consignments compared with the state of their lots: they wait, go on, or end. Whoever calls it, however often."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.core.outbox import record_event
from orders.errors import OrderUnknown, StepNotAllowed
from orders.events import ConsignmentGivenUp, ConsignmentResumed, HeldGoodsAreOut
from orders.models import Change, Consignment, Order
from orders.rules.holds import AT_HOUSEHOLD, TIME_TO_PAY_AFTER, WITH_BUYER, tell_end
from orders.rules.states import ConsignmentState, OrderState
from orders.services.cancel_order import Ending, stop_consignment
from orders.services.hold_consignment import (
    clear_hold,
    find_end,
    find_stopped_lots,
    is_waiting_for_goods,
    mark_held_outside,
    put_on_hold,
)
from orders.services.settle_payment import ACCEPTANCE_WINDOW, lock_order, offer_to_household
from traceability.queries.lots import UnsellableLot
from traceability.rules.obstacles import Obstacle

_NOT_WAITING = "Phần này của đơn không còn chờ kiểm tra hàng nữa. Hãy tải lại trang để xem."
_REFUND_REASON = "Hàng không được bán trở lại trong thời hạn chờ"
#: Goods that have left are wanted back by a recall; a day or a paper that ran out afterwards does not make them bad.
_UNSAFE = frozenset({Obstacle.HELD})
_UNSETTLED = frozenset({Obstacle.HELD, Obstacle.UNVERIFIED, Obstacle.GATE_CLOSED})


def review_consignment(*, session: Session, consignment_id: int, now: datetime) -> None:
    """Let a consignment wait, go on or end as the lots in it now stand. Repeating it changes nothing.

    What a recall has reached is left to the recall.
    """
    order, consignment = _lock(session, consignment_id)
    stopped = find_stopped_lots(session, consignment.id, now)
    if consignment.state in WITH_BUYER:
        _review_outside(session, consignment, stopped, now)
    elif consignment.state in AT_HOUSEHOLD:
        _review_open(session, order, consignment, stopped, now)


def give_up(*, session: Session, consignment_id: int, by_role: str, now: datetime) -> None:
    """End a consignment that waits for its goods, on the word of its buyer or the operator. Repeatable.

    Raises ``StepNotAllowed`` when it does not wait (any more).
    """
    order, consignment = _lock(session, consignment_id)
    if consignment.state == ConsignmentState.CANCELLED:
        return
    if not is_waiting_for_goods(consignment):
        raise StepNotAllowed(_NOT_WAITING, current=consignment.state, step="give_up")
    who = "Người mua không đợi nữa." if by_role == "buyer" else "Người điều hành chợ đã dừng phần này."
    _end(session, order, consignment, f"{consignment.held_reason} {who}", by_role, now)


def find_own_consignment(*, session: Session, order_token: str, number: str) -> int:
    """Return a consignment of the order behind a buyer's link. Raises ``OrderUnknown``."""
    found = session.scalar(
        select(Consignment.id)
        .join(Order, Order.id == Consignment.order_id)
        .where(Order.token == order_token, Consignment.number == number)
    )
    if found is None:
        raise OrderUnknown
    return found


def _lock(session: Session, consignment_id: int) -> tuple[Order, Consignment]:
    order_id = session.scalar(select(Consignment.order_id).where(Consignment.id == consignment_id))
    if order_id is None:
        raise OrderUnknown
    order = lock_order(session, order_id)
    session.refresh(order)
    consignment = session.execute(
        select(Consignment)
        .where(Consignment.id == consignment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    return order, consignment


def _review_open(
    session: Session, order: Order, consignment: Consignment, stopped: Sequence[UnsellableLot], now: datetime
) -> None:
    if not stopped:
        if consignment.held_at is not None:
            _resume(session, order, consignment, now)
        return
    if consignment.held_at is None and any(one.obstacle is Obstacle.RECALLED for one in stopped):
        return
    until = consignment.held_until_at or find_end(session, consignment.id, now)
    if until <= now:
        _end(session, order, consignment, tell_end(stopped), "system", now)
        return
    put_on_hold(session=session, consignment=consignment, stopped=stopped, now=now)


def _review_outside(
    session: Session, consignment: Consignment, stopped: Sequence[UnsellableLot], now: datetime
) -> None:
    is_recalled = any(one.obstacle is Obstacle.RECALLED for one in stopped)
    if consignment.held_at is None:
        unsafe = [one for one in stopped if one.obstacle in _UNSAFE]
        if unsafe and not is_recalled:
            mark_held_outside(session=session, consignment=consignment, stopped=unsafe, now=now)
            record_event(session, HeldGoodsAreOut(consignment.id, now.isoformat(), is_called_back=False))
        return
    if is_recalled:
        # The recall tells everybody what to do, and louder.
        clear_hold(consignment)
    elif not any(one.obstacle in _UNSETTLED for one in stopped):
        held_at = consignment.held_at
        clear_hold(consignment)
        _note_resumed(session, consignment, held_at, now)


def _resume(session: Session, order: Order, consignment: Consignment, now: datetime) -> None:
    held_at = consignment.held_at or now
    clear_hold(consignment)
    if consignment.state == ConsignmentState.WAITING and order.state == OrderState.CONFIRMED:
        offer_to_household(consignment, now)
    elif consignment.state == ConsignmentState.WAITING and order.pay_before_at is not None:
        order.pay_before_at = max(order.pay_before_at, now + TIME_TO_PAY_AFTER)
    elif consignment.state == ConsignmentState.TO_ACCEPT:
        consignment.accept_before_at = now + ACCEPTANCE_WINDOW
        consignment.reminded_at = None
    _note_resumed(session, consignment, held_at, now)


def _note_resumed(session: Session, consignment: Consignment, held_at: datetime, now: datetime) -> None:
    session.flush()
    _note(session, consignment, "resumed", "", "system", now)
    record_event(session, ConsignmentResumed(consignment.id, held_at.isoformat()))


def _end(  # noqa: PLR0917 - what every ending says
    session: Session, order: Order, consignment: Consignment, why: str, by_role: str, now: datetime
) -> None:
    ending = Ending(
        what="given_up",
        detail=why,
        by_role=by_role,
        end_reason=why,
        refund_reason=_REFUND_REASON if by_role != "buyer" else "Người mua không đợi hàng nữa",
        rest_reason="Đơn dừng vì một phần hàng không được bán trở lại trong thời hạn chờ",
        refund_key="given-up",
    )
    stop_consignment(session=session, order=order, consignment=consignment, ending=ending, now=now)
    record_event(session, ConsignmentGivenUp(consignment.id, by_role))


def _note(  # noqa: PLR0917 - the columns of a line of history
    session: Session, consignment: Consignment, what: str, detail: str, by_role: str, now: datetime
) -> None:
    session.execute(
        insert(Change).values(
            order_id=consignment.order_id,
            consignment_id=consignment.id,
            what=what,
            detail=detail,
            by_role=by_role,
            happened_at=now,
        )
    )
