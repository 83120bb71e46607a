"""Letters to buyers and notices to households, each sent once."""

from flask import current_app, render_template
from sqlalchemy.orm import Session

from marketplace.accounts.queries import list_household_user_ids
from marketplace.core.clock import utcnow
from marketplace.core.notices import put_on_desk, queue_email
from marketplace.core.tasks import once, task
from orders.queries.orders import (
    ConsignmentView,
    OrderView,
    find_consignment_by_number,
    find_order_of_consignment,
    get_order,
)
from orders.rules.states import ConsignmentState


def write_letter(
    session: Session,
    order: OrderView,
    kind: str,
    subject: str,
    *,
    variant: str = "",
    template: str = "",
    **facts: object,
) -> None:
    """Queue one letter to the buyer of an order, if the buyer left an address. The same kind goes out once.

    ``template`` is named like the kind unless it is given.
    """
    if not order.buyer_email:
        return
    link = f"{current_app.config['PUBLIC_URL']}/don/{order.token}"
    page = {"order": order, "link": link, "subject": subject, **facts}
    part = facts.get("consignment")
    queue_email(
        session,
        key=f"order:{order.id}:{part.id if isinstance(part, ConsignmentView) else 0}:{kind}{variant}",
        recipient=order.buyer_email,
        subject=subject,
        text=render_template(f"orders/letters/{template or kind}.txt", **page),
        html=render_template(f"orders/letters/{template or kind}.html", **page),
        now=utcnow(),
    )


def _write_about(consignment_id: int, delivery_id: int, kind: str, subject: str) -> None:
    with once(delivery_id) as session:
        if session is None:
            return
        order = get_order(session, find_order_of_consignment(session, consignment_id))
        part = next(part for part in order.consignments if part.id == consignment_id)
        write_letter(session, order, kind, subject.format(number=part.number), consignment=part)


@task("orders.tell_buyer_placed", queue="default")
def tell_buyer_placed(*, delivery_id: int, order_id: int, **_: object) -> None:
    """Confirm to the buyer what was ordered, with everything that the law wants in writing."""
    with once(delivery_id) as session:
        if session is not None:
            order = get_order(session, order_id)
            write_letter(session, order, "placed", f"Đơn hàng {order.number} của bạn")


@task("orders.tell_buyer_confirmed", queue="default")
def tell_buyer_confirmed(*, delivery_id: int, order_id: int, **_: object) -> None:
    """Tell the buyer that the money is in. A cash order needs no second letter."""
    with once(delivery_id) as session:
        if session is not None:
            order = get_order(session, order_id)
            if order.payment_method != "cod":
                write_letter(session, order, "paid", f"Đã nhận tiền cho đơn {order.number}")


@task("orders.tell_households", queue="default")
def tell_households(*, delivery_id: int, order_id: int, **_: object) -> None:
    """Put the order on the desk of everybody who sells for the households in it."""
    with once(delivery_id) as session:
        if session is None:
            return
        order = get_order(session, order_id)
        for part in order.consignments:
            if part.state == ConsignmentState.WAITING:
                # Its goods are on hold: it is offered to its household when they come free.
                continue
            goods = ", ".join(line.name for line in part.lines)
            for user_id in list_household_user_ids(session, part.household_id):
                put_on_desk(
                    session,
                    key=f"new-order:{part.id}:{user_id}",
                    user_id=user_id,
                    subject=f"Đơn mới {part.number}",
                    text=f"Có người đặt {goods}. Hãy nhận đơn hoặc báo không giao được.",
                    link=f"/don-hang/{part.id}",
                    now=utcnow(),
                )


@task("orders.tell_buyer_expired", queue="default")
def tell_buyer_expired(*, delivery_id: int, order_id: int, **_: object) -> None:
    """Tell the buyer that the order was let go."""
    with once(delivery_id) as session:
        if session is not None:
            order = get_order(session, order_id)
            write_letter(session, order, "expired", f"Đơn {order.number} đã hết hạn thanh toán")


@task("orders.tell_buyer_cancelled", queue="default")
def tell_buyer_cancelled(*, delivery_id: int, order_id: int, **_: object) -> None:
    """Confirm a cancellation to the buyer, and tell the households."""
    with once(delivery_id) as session:
        if session is None:
            return
        order = get_order(session, order_id)
        write_letter(session, order, "cancelled", f"Đơn {order.number} đã hủy")
        for part in order.consignments:
            for user_id in list_household_user_ids(session, part.household_id):
                put_on_desk(
                    session,
                    key=f"cancelled:{part.id}:{user_id}",
                    user_id=user_id,
                    subject=f"Đơn {part.number} đã hủy",
                    text="Người mua đã hủy đơn. Bạn không phải chuẩn bị hàng nữa; hàng đã được trả lại vào kho.",
                    link=f"/don-hang/{part.id}",
                    now=utcnow(),
                )


@task("orders.tell_buyer_accepted", queue="default")
def tell_buyer_accepted(*, delivery_id: int, consignment_id: int, **_: object) -> None:
    """Tell the buyer that a household has accepted."""
    _write_about(consignment_id, delivery_id, "accepted", "Hộ đã nhận đơn {number}")


@task("orders.tell_buyer_declined", queue="default")
def tell_buyer_declined(*, delivery_id: int, consignment_id: int, **_: object) -> None:
    """Tell the buyer that a household cannot deliver, and what happens with the money."""
    _write_about(consignment_id, delivery_id, "declined", "Hộ không giao được đơn {number}")


@task("orders.tell_buyer_stopped", queue="default")
def tell_buyer_stopped(*, delivery_id: int, consignment_id: int, **_: object) -> None:
    """Tell the buyer that a part of the order was stopped by a recall."""
    _write_about(consignment_id, delivery_id, "stopped", "Đơn {number} dừng vì lô hàng bị thu hồi")


@task("orders.tell_buyer_sent", queue="default")
def tell_buyer_sent(*, delivery_id: int, consignment_id: int, **_: object) -> None:
    """Tell the buyer that the parcel is on its way."""
    _write_about(consignment_id, delivery_id, "sent", "Kiện hàng {number} đang trên đường")


@task("orders.tell_buyer_delivered", queue="default")
def tell_buyer_delivered(*, delivery_id: int, consignment_id: int, **_: object) -> None:
    """Tell the buyer that the parcel was delivered, with the way to its history and to a review."""
    _write_about(consignment_id, delivery_id, "delivered", "Kiện hàng {number} đã giao")


@task("orders.tell_buyer_returned", queue="default")
def tell_buyer_returned(*, delivery_id: int, consignment_id: int, **_: object) -> None:
    """Tell the buyer that the parcel went back."""
    _write_about(consignment_id, delivery_id, "returned", "Kiện hàng {number} không giao được")


@task("orders.tell_household_parcel_stuck", queue="default")
def tell_household_parcel_stuck(*, delivery_id: int, consignment_ref: str, reason: str = "", **_: object) -> None:
    """Tell a household that the post will not come for a packed parcel, unless the order itself was stopped."""
    with once(delivery_id) as session:
        if session is None:
            return
        part = find_consignment_by_number(session, consignment_ref)
        if part is None or part.state != ConsignmentState.PACKED:
            return
        why = f" Bưu cục trả lời: {reason}" if reason else ""
        for user_id in list_household_user_ids(session, part.household_id):
            put_on_desk(
                session,
                key=f"parcel-stuck:{part.id}:{delivery_id}:{user_id}",
                user_id=user_id,
                subject=f"Bưu cục chưa nhận kiện {part.number}",
                text=f"Kiện {part.number} đã đóng gói nhưng bưu cục không đến lấy.{why}"
                " Hãy gọi cho người điều hành chợ.",
                link=f"/don-hang/{part.id}",
                now=utcnow(),
            )
