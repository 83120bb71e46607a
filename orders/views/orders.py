"""An order as its buyer sees it, behind a link that cannot be guessed."""

from collections.abc import Collection

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.queries import list_own_reviews
from catalog.services.review import review_product
from logistics.queries import MovementView, ParcelView, list_parcels
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, NotFound
from marketplace.core.limits import limiter
from marketplace.core.registry import resolve
from orders.forms import CancelForm, ReviewForm
from orders.ports import BankFeed
from orders.queries.orders import ConsignmentView, LineView, OrderView, get_order_by_token, list_changes, list_orders
from orders.queries.recall import list_lots_of_orders, list_recalled_lines
from orders.rules.states import ConsignmentState
from orders.rules.tracking import track
from orders.services.cancel_order import cancel_order
from orders.services.review_holds import find_own_consignment, give_up
from orders.views.blueprint import blueprint
from sellers.queries import name_bank
from traceability.queries.recalls import list_recalls_of_lots

_PER_PAGE = 20
#: Further than any list goes, and what a database can still count to.
_MAX_PAGE = 100_000


@blueprint.get("/don/<token>")
@needs(Permission.PUBLIC)
@limiter.limit("120/minute")
def order(token: str) -> ResponseReturnValue:
    """Show an order: what, where each parcel is, what to pay."""
    return _order_page(get_order_by_token(db.session(), token))


def _order_page(
    view: OrderView, *, cancel: CancelForm | None = None, review: ReviewForm | None = None, status: int = 200
) -> ResponseReturnValue:
    db_session, bank = db.session(), resolve(BankFeed)
    parcels = list_parcels(db_session, [part.number for part in view.consignments])
    recalls = list_recalls_of_lots(db_session, list_recalled_lines(db_session, view.id))
    page = render_template(
        "orders/order.html",
        order=view,
        parts=[(part, track(part, _movements(parcels.get(part.number)))) for part in view.consignments],
        parcels=parcels,
        recalls=recalls,
        changes=list_changes(db_session, view.id),
        bank=bank,
        bank_name=name_bank(bank.bank_bin),
        cancel_form=cancel or CancelForm(),
        review_form=review or ReviewForm(formdata=None),
        reviews=list_own_reviews(db_session, [part.number for part in view.consignments]),
        stamp=_stamp(view),
    )
    return page, status


@blueprint.get("/don/<token>/trang-thai")
@needs(Permission.PUBLIC)
@limiter.limit("120/minute")
def order_state(token: str) -> ResponseReturnValue:
    """Say, in one word that changes with the order, whether its page should be loaded anew."""
    response = {"stamp": _stamp(get_order_by_token(db.session(), token))}
    return response, 200, {"Cache-Control": "no-store"}


@blueprint.post("/don/<token>/huy")
@needs(Permission.PUBLIC)
@limiter.limit("20/minute")
def cancel(token: str) -> ResponseReturnValue:
    """Cancel an order before it is packed."""
    form = CancelForm()
    if not form.validate_on_submit():
        return _order_page(get_order_by_token(db.session(), token), cancel=form, status=422)
    try:
        with transaction() as db_session:
            cancel_order(session=db_session, order_token=token, reason=form.reason.data or "", now=utcnow())
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        view = get_order_by_token(db.session(), token)
        return _order_page(view, cancel=form, status=409 if isinstance(error, Conflict) else 422)
    flash(_("Đơn hàng đã hủy."), "success")
    return redirect(url_for("orders.order", token=token), 303)


@blueprint.post("/don/<token>/kien/<number>/khong-doi")
@needs(Permission.PUBLIC)
@limiter.limit("20/minute")
def stop_waiting(token: str, number: str) -> ResponseReturnValue:
    """End a part of an order that waits for goods on hold. Pressing twice ends it once."""
    form = CancelForm()
    try:
        with transaction() as db_session:
            part_id = find_own_consignment(session=db_session, order_token=token, number=number)
            give_up(session=db_session, consignment_id=part_id, by_role="buyer", now=utcnow())
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        return _order_page(get_order_by_token(db.session(), token), cancel=form, status=409)
    flash(_("Phần này của đơn đã dừng."), "success")
    return redirect(url_for("orders.order", token=token), 303)


@blueprint.post("/don/<token>/danh-gia")
@needs(Permission.PUBLIC)
@limiter.limit("20/minute")
def review(token: str) -> ResponseReturnValue:
    """Take stars and words for goods that were delivered."""
    view = get_order_by_token(db.session(), token)
    form = ReviewForm()
    bought = next(
        (
            (part, line)
            for part in view.consignments
            if part.state == ConsignmentState.DELIVERED
            for line in part.lines
            if line.id == form.line_id.data
        ),
        None,
    )
    if bought is None:
        raise NotFound
    if not form.validate():
        return _order_page(view, review=form, status=422)
    part, line = bought
    db.session.rollback()
    with transaction() as db_session:
        is_new = review_product(
            session=db_session,
            product_id=line.product_id,
            consignment_ref=part.number,
            stars=int(form.stars.data),
            words=form.words.data or "",
            signed_as=_sign(view.buyer_name),
            now=utcnow(),
        )
    if not is_new and not _says(part, line, form):
        form.form_errors.append(_("Mỗi món chỉ được đánh giá một lần, nên lời mới chưa được lưu."))
        return _order_page(view, review=form, status=409)
    flash(_("Cảm ơn bạn đã đánh giá."), "success")
    return redirect(url_for("orders.order", token=token, _anchor=f"danh-gia-{line.id}"), 303)


@blueprint.get("/don-hang-cua-toi")
@needs(Permission.SIGNED_IN)
def my_orders() -> ResponseReturnValue:
    """List a buyer's orders."""
    page = min(max(request.args.get("trang", 1, type=int), 1), _MAX_PAGE)
    rows, total = list_orders(db.session(), user_id=current_actor().user_id, page=page, per_page=_PER_PAGE)
    pages = max(1, -(-total // _PER_PAGE))
    return render_template(
        "orders/my_orders.html", orders=rows, page=page, pages=pages, recalled=_find_recalled([one.id for one in rows])
    )


def _find_recalled(order_ids: Collection[int]) -> set[int]:
    lots = list_lots_of_orders(db.session(), order_ids)
    recalls = list_recalls_of_lots(db.session(), set().union(*lots.values()))
    recalled = {lot_id for recall in recalls for lot_id in recall.lot_ids}
    return {order_id for order_id, held in lots.items() if held & recalled}


def _says(part: ConsignmentView, line: LineView, form: ReviewForm) -> bool:
    """Whether the review that is there already says the same: the form was sent twice."""
    said = list_own_reviews(db.session(), [part.number])[part.number, line.product_id]
    return (said.stars, said.words) == (int(form.stars.data), (form.words.data or "").strip())


def _movements(parcel: ParcelView | None) -> tuple[MovementView, ...]:
    return parcel.movements if parcel else ()


def _stamp(view: OrderView) -> str:
    """Sum an order up in one string: another string, another page."""
    states = "-".join(f"{part.state}{'' if part.held_at is None else '+held'}" for part in view.consignments)
    return f"{view.state}.{view.payment.state}.{view.payment.received_vnd}.{states}"


def _sign(name: str) -> str:
    """Shorten a name for the public: ``Nguyễn Thị Lan`` -> ``Lan N.``."""
    words = name.split()
    return f"{words[-1]} {words[0][0]}." if len(words) > 1 else "Người mua"
