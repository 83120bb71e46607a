"""Tasks that follow lots: orders wait while their goods are on hold, go on or end, and everybody is told."""

from datetime import datetime

from sqlalchemy.orm import Session

from catalog.services.guard import freeze_lots
from marketplace.accounts.queries import list_household_user_ids, list_operator_user_ids
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import transaction
from marketplace.core.notices import put_on_desk
from marketplace.core.tasks import once, task
from orders.queries.holds import list_consignments_of_lots, list_consignments_to_review
from orders.queries.orders import ConsignmentView, OrderView, find_order_of_consignment, get_order
from orders.rules.hold_letters import HoldLetter, write_given_up, write_held, write_held_outside, write_resumed
from orders.rules.holds import WITH_BUYER, tell_moment, tell_what_follows
from orders.rules.states import ConsignmentState, OrderState
from orders.services.review_holds import review_consignment
from orders.tasks.letters import write_letter
from traceability.queries.lots import find_unsellable


@task("orders.follow_lots", queue="default")
def follow_lots(*, delivery_id: int, lot_ids: list[int] | None = None, lot_id: int = 0, **_: object) -> None:
    """Compare every order that holds goods of these lots with what became of them.

    The shelf is frozen first: that waits for every order that is being placed right now, so that none is overlooked.
    Each order has a transaction of its own; when the worker dies between two, the rest follows with the next attempt.
    """
    concerned = lot_ids if lot_ids is not None else [lot_id]
    with transaction() as session:
        freeze_lots(session=session, lot_ids=sorted(find_unsellable(session, concerned, local_date(utcnow()))))
    with transaction() as session:
        consignment_ids = list_consignments_of_lots(session, concerned)
    for consignment_id in consignment_ids:
        with transaction() as session:
            review_consignment(session=session, consignment_id=consignment_id, now=utcnow())
    with once(delivery_id):
        pass


@task("orders.watch_holds", queue="default")
def watch_holds(**_: object) -> None:
    """Compare open orders with their lots: days pass without any news, waits end, and news may have come too early."""
    after = 0
    while True:
        now = utcnow()
        with transaction() as session:
            wanted, after = list_consignments_to_review(session, after=after, on=local_date(now), now=now)
        for consignment_id in wanted:
            with transaction() as session:
                review_consignment(session=session, consignment_id=consignment_id, now=utcnow())
        if not after:
            return


@task("orders.tell_held", queue="default")
def tell_held(
    *, delivery_id: int, consignment_id: int, held_at: str, held_until_at: str, reason: str, **_: object
) -> None:
    """Tell buyer, household and operator why a part of an order waits, and until when."""
    with once(delivery_id) as session:
        if session is None:
            return
        order, part = _load(session, consignment_id)
        until = datetime.fromisoformat(held_until_at)
        letter = write_held(
            _name(part),
            reason=reason,
            until=tell_moment(until),
            is_paid=bool(order.payment.received_vnd),
            is_to_pay=_is_to_pay(order),
        )
        _write(session, order, part, "held", f"Đơn {part.number} tạm chờ kiểm tra hàng", letter, _stamp(held_at))
        _tell_operators(
            session, order, f"held:{part.id}{_stamp(held_at)}", f"Đơn {part.number} tạm chờ kiểm tra hàng",
            f"{reason} {tell_what_follows(until)}",
        )  # fmt: skip
        if part.state == ConsignmentState.WAITING and _is_to_pay(order):
            # The household has not been told of an order that is not paid for.
            return
        what = "Chưa giao kiện này cho bưu tá." if part.packed_at else "Chưa đóng gói đơn này."
        _tell_household(
            session, part, f"held:{part.id}{_stamp(held_at)}", f"Đơn {part.number} tạm chờ",
            f"{reason} {what} {tell_what_follows(until)}",
        )  # fmt: skip


@task("orders.tell_resumed", queue="default")
def tell_resumed(*, delivery_id: int, consignment_id: int, held_at: str, **_: object) -> None:
    """Tell buyer and household that goods are free again: the order goes on, or what was delivered may be used."""
    with once(delivery_id) as session:
        if session is None:
            return
        order, part = _load(session, consignment_id)
        is_out = part.state in WITH_BUYER
        subject = f"Hàng của đơn {part.number} dùng được" if is_out else f"Đơn {part.number} đi tiếp"
        pay_before = tell_moment(order.pay_before_at) if _is_to_pay(order) and order.pay_before_at else ""
        letter = write_resumed(_name(part), is_out=is_out, pay_before=pay_before)
        _write(session, order, part, "resumed", subject, letter, _stamp(held_at))
        if _is_to_pay(order):
            return
        text = (
            "Hàng đã được bán trở lại. Người mua đã được báo là dùng được."
            if is_out
            else _NEXT.get(ConsignmentState(part.state), "")
        )
        _tell_household(
            session, part, f"resumed:{part.id}{_stamp(held_at)}", f"Đơn {part.number} đi tiếp",
            text or "Hàng đã được bán trở lại.",
        )  # fmt: skip


@task("orders.tell_given_up", queue="default")
def tell_given_up(*, delivery_id: int, consignment_id: int, by_role: str, **_: object) -> None:
    """Tell buyer and household that a part of an order ended whose goods did not come free."""
    with once(delivery_id) as session:
        if session is None:
            return
        order, part = _load(session, consignment_id)
        letter = write_given_up(
            _name(part),
            reason=part.end_reason or "",
            is_own_wish=by_role == "buyer",
            is_paid=bool(order.payment.received_vnd),
        )
        _write(session, order, part, "given_up", f"Đơn {part.number} đã dừng", letter)
        if part.accept_before_at is None and part.accepted_at is None and not order.payment.received_vnd:
            # The household was never told of it.
            return
        what = "Đừng giao kiện này cho bưu tá; hãy để riêng." if part.packed_at else "Không phải chuẩn bị hàng nữa."
        _tell_household(
            session, part, f"given-up:{part.id}", f"Đơn {part.number} đã dừng", f"{part.end_reason or ''} {what}"
        )


@task("orders.warn_held_outside", queue="default")
def warn_held_outside(
    *, delivery_id: int, consignment_id: int, held_at: str, is_called_back: bool, **_: object
) -> None:
    """Ask a buyer not to use goods on hold that have left their household; tell household and operator."""
    with once(delivery_id) as session:
        if session is None:
            return
        order, part = _load(session, consignment_id)
        stamp = _stamp(held_at)
        reason = part.held_reason or ""
        letter = write_held_outside(
            _name(part),
            reason=reason,
            is_called_back=is_called_back,
            is_delivered=part.state == ConsignmentState.DELIVERED,
        )
        _write(session, order, part, "held_outside", f"Xin chưa dùng hàng của đơn {part.number}", letter, stamp)
        back = " Chợ đã nhờ bưu cục đưa kiện trở về." if is_called_back else ""
        _tell_household(
            session, part, f"held-outside:{part.id}{stamp}", f"Hàng của đơn {part.number} đang bị kiểm tra",
            f"{reason} Kiện đã rời hộ nên người mua được nhắn là chưa dùng hàng.{back} Hãy làm việc với xã về lô này.",
        )  # fmt: skip
        told = "đã được báo bằng thư" if order.buyer_email else "không để lại thư: hãy gọi điện báo"
        _tell_operators(
            session, order, f"held-outside:{part.id}{stamp}", f"Kiện {part.number} đã đi mà lô hàng bị giữ",
            f"{reason}{back} Người mua {told}.",
        )  # fmt: skip


_NEXT = {
    ConsignmentState.TO_ACCEPT: "Hàng đã được bán trở lại. Hãy nhận đơn hoặc báo không giao được.",
    ConsignmentState.ACCEPTED: "Hàng đã được bán trở lại. Hãy đóng gói rồi bấm “Đã đóng gói”.",
    ConsignmentState.PACKED: "Hàng đã được bán trở lại. Kiện này giao cho bưu tá được rồi.",
}


def _load(session: Session, consignment_id: int) -> tuple[OrderView, ConsignmentView]:
    order = get_order(session, find_order_of_consignment(session, consignment_id))
    return order, next(part for part in order.consignments if part.id == consignment_id)


def _name(part: ConsignmentView) -> str:
    return f"{part.number} của {part.household_name}"


def _is_to_pay(order: OrderView) -> bool:
    return order.state == OrderState.AWAITING_PAYMENT


def _write(  # noqa: PLR0917 - whom, about what, and which letter
    session: Session,
    order: OrderView,
    part: ConsignmentView,
    kind: str,
    subject: str,
    letter: HoldLetter,
    variant: str = "",
) -> None:
    write_letter(
        session,
        order,
        kind,
        subject,
        variant=variant,
        template="hold",
        consignment=part,
        title=letter.title,
        paragraphs=letter.paragraphs,
    )


def _stamp(held_at: str) -> str:
    """Tell one hold of a consignment from the next in keys of letters and notices."""
    return f"-{int(datetime.fromisoformat(held_at).timestamp())}"


def _tell_household(session: Session, part: ConsignmentView, key: str, subject: str, text: str) -> None:
    for user_id in list_household_user_ids(session, part.household_id):
        put_on_desk(
            session, key=f"{key}:{user_id}", user_id=user_id, subject=subject, text=text.strip(),
            link=f"/don-hang/{part.id}", now=utcnow(),
        )  # fmt: skip


def _tell_operators(session: Session, order: OrderView, key: str, subject: str, text: str) -> None:
    for user_id in list_operator_user_ids(session):
        put_on_desk(
            session, key=f"{key}:operator:{user_id}", user_id=user_id, subject=subject, text=text,
            link=f"/dieu-hanh/don-hang/{order.id}", now=utcnow(),
        )  # fmt: skip
