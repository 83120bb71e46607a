"""A household's orders: accept, pack, hand to the post."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from logistics.queries import list_parcels
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, NotFound
from orders.errors import GoodsOnHold
from orders.forms import ReasonForm
from orders.queries.orders import DESK_TABS, count_desk_consignments, get_consignment, list_desk_consignments
from orders.rules.states import ConsignmentState
from orders.services.deliver_consignment import accept_consignment, decline_consignment, pack_consignment
from orders.services.hold_consignment import list_consignment_lots
from orders.services.review_holds import review_consignment
from orders.views.blueprint import blueprint
from sellers.queries import pickup_address
from traceability.queries.lots import explain_unsellable

_PER_PAGE = 20
#: Further than any list goes, and what a database can still count to.
_MAX_PAGE = 100_000
#: The household learns the buyer's name and address when it has accepted, and loses them when all is done.
_ADDRESS_IS_KNOWN = frozenset({ConsignmentState.ACCEPTED, ConsignmentState.PACKED, ConsignmentState.HANDED_OVER})


def _household_id() -> int:
    household_id = current_actor().household_id
    if household_id is None:
        raise NotFound
    return household_id


@blueprint.get("/don-hang")
@needs(Permission.SELL)
def desk() -> ResponseReturnValue:
    """List the household's orders under tabs, the new ones first."""
    tab = request.args.get("muc", "moi")
    if tab not in DESK_TABS:
        tab = "moi"
    page = min(max(request.args.get("trang", 1, type=int), 1), _MAX_PAGE)
    session = db.session()
    parts, total = list_desk_consignments(session, _household_id(), tab, page=page, per_page=_PER_PAGE)
    return render_template(
        "orders/desk.html",
        parts=parts,
        tab=tab,
        counts=count_desk_consignments(session, _household_id()),
        page=page,
        pages=max(1, -(-total // _PER_PAGE)),
    )


@blueprint.get("/don-hang/<int:consignment_id>")
@needs(Permission.SELL)
def consignment(consignment_id: int) -> ResponseReturnValue:
    """Show one order of the household with the next thing to do."""
    return _page(consignment_id, ReasonForm(formdata=None))


def _page(consignment_id: int, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    order, part = get_consignment(session, _household_id(), consignment_id)
    parcel = list_parcels(session, [part.number]).get(part.number)
    stopped = []
    if part.held_at is not None:
        stopped = list(explain_unsellable(session, list_consignment_lots(session, part.id), local_date(utcnow())))
    page = render_template("orders/consignment.html", order=order, part=part, parcel=parcel, form=form, stopped=stopped)
    return page, status


@blueprint.post("/don-hang/<int:consignment_id>/nhan")
@needs(Permission.SELL)
def accept(consignment_id: int) -> ResponseReturnValue:
    """Promise the goods."""
    return _do(consignment_id, accept_consignment, _("Đã nhận đơn. Hãy chuẩn bị hàng rồi bấm “Đã đóng gói”."))


@blueprint.post("/don-hang/<int:consignment_id>/dong-goi")
@needs(Permission.SELL)
def pack(consignment_id: int) -> ResponseReturnValue:
    """Say that the goods are packed; the post is called by itself."""
    return _do(consignment_id, pack_consignment, _("Đã ghi đóng gói. Chợ đang gọi bưu tá đến lấy hàng."))


@blueprint.post("/don-hang/<int:consignment_id>/tu-choi")
@needs(Permission.SELL)
def decline(consignment_id: int) -> ResponseReturnValue:
    """Say that the goods cannot be delivered."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _page(consignment_id, form, 422)
    return _do(
        consignment_id, decline_consignment, _("Đã báo cho người mua là không giao được."), reason=form.reason.data
    )


@blueprint.get("/don-hang/<int:consignment_id>/phieu")
@needs(Permission.SELL)
def packing_slip(consignment_id: int) -> ResponseReturnValue:
    """Print what goes into the parcel. The buyer's address is on it, so it is there only while that is needed."""
    session = db.session()
    order, part = get_consignment(session, _household_id(), consignment_id)
    if part.state not in _ADDRESS_IS_KNOWN or part.is_waiting_for_goods:
        raise NotFound
    sender = pickup_address(session, part.household_id)
    return render_template("orders/packing_slip.html", order=order, part=part, sender=sender)


def _do(consignment_id: int, use_case: Callable[..., None], success: str, **extra: Any) -> ResponseReturnValue:
    try:
        with transaction() as session:
            use_case(
                session=session,
                household_id=_household_id(),
                consignment_id=consignment_id,
                actor=current_actor(),
                now=utcnow(),
                **extra,
            )
    except NotFound:
        raise
    except DomainError as error:
        if isinstance(error, GoodsOnHold):
            # The order waits from now on, also when the news of its lots has not come through yet.
            with transaction() as session:
                review_consignment(session=session, consignment_id=consignment_id, now=utcnow())
        form = ReasonForm(formdata=None)
        form.form_errors.append(error.message)
        return _page(consignment_id, form, 409 if isinstance(error, Conflict) else 422)
    flash(success, "success")
    return redirect(url_for("orders.consignment", consignment_id=consignment_id), 303)
