"""How the market does, its orders and its money, what is stuck; and everybody's notices."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.core.inbox import read_again
from marketplace.core.ledger import list_balances
from marketplace.core.notices import list_desk_notices, mark_desk_read
from marketplace.core.outbox import retry_delivery, retry_failed
from marketplace.desk.queries import (
    list_failing_tasks,
    list_stuck_deliveries,
    list_unsent_letters,
    list_waiting_webhooks,
    read_pulse,
)
from marketplace.desk.services import forget_task_failure, run_task_now, send_letter_again
from marketplace.desk.views.blueprint import blueprint
from orders.errors import StepNotAllowed
from orders.queries.holds import list_holds
from orders.queries.money import count_orders_by_state, find_refund, list_credits, list_refunds
from orders.queries.orders import get_order, list_changes, list_orders
from orders.rules.states import ORDER_LABELS
from orders.services.review_holds import give_up
from orders.services.settle_payment import finish_refund

_PER_PAGE = 25


@blueprint.get("/dieu-hanh")
@needs(Permission.OPERATE)
def overview() -> ResponseReturnValue:
    """Show how the market and its machinery are doing."""
    session = db.session()
    return render_template(
        "desk/overview.html",
        pulse=read_pulse(session, utcnow()),
        counts=count_orders_by_state(session),
        labels=ORDER_LABELS,
        orders=list_orders(session, per_page=8)[0],
        holds=list_holds(session),
    )


@blueprint.get("/dieu-hanh/don-hang")
@needs(Permission.OPERATE)
def orders() -> ResponseReturnValue:
    """List all orders, newest first."""
    state = request.args.get("trang-thai", "")
    page = min(max(request.args.get("trang", 1, type=int), 1), 100_000)
    rows, total = list_orders(
        db.session(), state=state if state in ORDER_LABELS else None, page=page, per_page=_PER_PAGE
    )
    pages = max(1, -(-total // _PER_PAGE))
    return render_template(
        "desk/orders.html", orders=rows, total=total, page=page, pages=pages, state=state, labels=ORDER_LABELS
    )


@blueprint.get("/dieu-hanh/don-hang/<int:order_id>")
@needs(Permission.OPERATE)
def order(order_id: int) -> ResponseReturnValue:
    """Show one order with its history."""
    session = db.session()
    return render_template(
        "desk/order.html", order=get_order(session, order_id), changes=list_changes(session, order_id)
    )


@blueprint.post("/dieu-hanh/don-hang/<int:order_id>/kien/<int:consignment_id>/dung")
@needs(Permission.OPERATE)
def stop_waiting(order_id: int, consignment_id: int) -> ResponseReturnValue:
    """End a part of an order that waits for goods on hold. Pressing twice ends it once."""
    try:
        with transaction() as session:
            if all(part.id != consignment_id for part in get_order(session, order_id).consignments):
                raise NotFound
            give_up(session=session, consignment_id=consignment_id, by_role="operator", now=utcnow())
    except StepNotAllowed as error:
        flash(error.message, "warning")
    else:
        flash(_("Phần này đã dừng; người mua và hộ được báo."), "success")
    return redirect(url_for("desk.order", order_id=order_id), 303)


@blueprint.get("/dieu-hanh/thanh-toan")
@needs(Permission.OPERATE)
def payments() -> ResponseReturnValue:
    """Show money: what came in, what goes back, and what each account holds."""
    session = db.session()
    return render_template(
        "desk/payments.html",
        credits=list_credits(session),
        refunds=list_refunds(session),
        balances=list_balances(session),
    )


@blueprint.post("/dieu-hanh/thanh-toan/hoan/<int:refund_id>/da-chuyen")
@needs(Permission.OPERATE)
def refunded(refund_id: int) -> ResponseReturnValue:
    """Note that a refund was transferred by hand. Pressing twice books once."""
    with transaction() as session:
        job = find_refund(session, refund_id)
        if job is None or job.state not in {"by_hand", "done"}:
            raise NotFound
        finish_refund(session=session, refund_id=refund_id, reference="", is_done=True, now=utcnow())
    flash(_("Đã ghi khoản hoàn là đã chuyển."), "success")
    return redirect(url_for("desk.payments"), 303)


@blueprint.get("/dieu-hanh/viec-ket")
@needs(Permission.OPERATE)
def stuck() -> ResponseReturnValue:
    """Show work that does not get done."""
    session = db.session()
    return render_template(
        "desk/stuck.html",
        deliveries=list_stuck_deliveries(session),
        webhooks=list_waiting_webhooks(session),
        tasks=list_failing_tasks(session),
        letters=list_unsent_letters(session),
    )


@blueprint.post("/dieu-hanh/viec-ket/<int:delivery_id>/lam-lai")
@needs(Permission.OPERATE)
def retry(delivery_id: int) -> ResponseReturnValue:
    """Give a stuck reaction a fresh set of attempts."""
    with transaction() as session:
        if not retry_delivery(session, delivery_id, utcnow()):
            raise NotFound
    flash(_("Việc này được làm lại ngay bây giờ."), "success")
    return redirect(url_for("desk.stuck"), 303)


@blueprint.post("/dieu-hanh/viec-ket/lam-lai-tat-ca")
@needs(Permission.OPERATE)
def retry_all() -> ResponseReturnValue:
    """Give every reaction that was set aside a fresh set of attempts, as after an outage."""
    with transaction() as session:
        count = retry_failed(session, utcnow())
    flash(_("%(count)s việc được làm lại ngay bây giờ.", count=count), "success")
    return redirect(url_for("desk.stuck"), 303)


@blueprint.post("/dieu-hanh/viec-ket/tin/<int:inbox_id>/doc-lai")
@needs(Permission.OPERATE)
def reread(inbox_id: int) -> ResponseReturnValue:
    """Have a webhook applied that waits or could not be read."""
    with transaction() as session:
        if not read_again(session, inbox_id):
            raise NotFound
    flash(_("Tin này được đọc lại ngay bây giờ."), "success")
    return redirect(url_for("desk.stuck"), 303)


@blueprint.post("/dieu-hanh/viec-ket/dinh-ky/<int:failure_id>/chay-ngay")
@needs(Permission.OPERATE)
def run_now(failure_id: int) -> ResponseReturnValue:
    """Do a periodic task that failed at once, without waiting for its hour."""
    with transaction() as session:
        if not run_task_now(session=session, failure_id=failure_id, now=utcnow()):
            raise NotFound
    flash(_("Việc này được làm lại ngay bây giờ."), "success")
    return redirect(url_for("desk.stuck"), 303)


@blueprint.post("/dieu-hanh/viec-ket/dinh-ky/<int:failure_id>/da-xem")
@needs(Permission.OPERATE)
def seen(failure_id: int) -> ResponseReturnValue:
    """Take the failure of a periodic task off the list."""
    with transaction() as session:
        if not forget_task_failure(session=session, failure_id=failure_id, now=utcnow()):
            raise NotFound
    return redirect(url_for("desk.stuck"), 303)


@blueprint.post("/dieu-hanh/viec-ket/thu/<int:notice_id>/gui-lai")
@needs(Permission.OPERATE)
def resend(notice_id: int) -> ResponseReturnValue:
    """Send a letter again."""
    with transaction() as session:
        if not send_letter_again(session=session, notice_id=notice_id):
            raise NotFound
    flash(_("Thư đang được gửi lại."), "success")
    return redirect(url_for("desk.stuck"), 303)


@blueprint.get("/dieu-hanh/mo-phong")
@needs(Permission.OPERATE)
def simulators() -> ResponseReturnValue:
    """Point to the controls of the simulated world, where there is one."""
    return render_template("desk/simulators.html")


@blueprint.get("/thong-bao")
@needs(Permission.SIGNED_IN)
def notices() -> ResponseReturnValue:
    """Show a person's notices."""
    user_id = current_actor().user_id
    if user_id is None:
        raise NotFound
    return render_template("desk/notices.html", notices=list_desk_notices(db.session(), user_id))


@blueprint.post("/thong-bao/da-doc")
@needs(Permission.SIGNED_IN)
def read_notices() -> ResponseReturnValue:
    """Mark a person's notices as read."""
    user_id = current_actor().user_id
    if user_id is None:
        raise NotFound
    with transaction() as session:
        mark_desk_read(session, user_id, utcnow())
    return redirect(url_for("desk.notices"), 303)
