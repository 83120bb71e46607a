"""The basket and the checkout: two pages, no account needed."""

from datetime import timedelta
from decimal import Decimal

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from catalog.errors import NotOnSale, NotSoldForNow, OutOfStock
from catalog.queries import list_offer_lines
from logistics.ports import Carrier
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import find_person_by_id
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, NotFound, Refused
from marketplace.core.limits import limiter
from marketplace.core.registry import resolve
from marketplace.core.text import nfc
from orders.errors import BasketEmpty
from orders.forms import AddressForm, LineForm, PlaceOrderForm, RemoveForm
from orders.queries.basket import BasketView, find_basket, find_order_of_basket
from orders.queries.places import Place, find_likely, find_place
from orders.rules.recipients import Recipient
from orders.services.fill_basket import open_basket, set_line, set_recipient
from orders.services.place_order import Windows, place_order
from orders.services.quote_delivery import plan_quotes, read_quotes
from orders.services.settle_payment import ACCEPTANCE_WINDOW
from orders.views.blueprint import blueprint
from sellers.queries import list_seller_disclosures

_BASKET = "basket"
_COUNT = "basket_count"


@blueprint.get("/gio-hang")
@needs(Permission.PUBLIC)
def basket() -> ResponseReturnValue:
    """Show what is in the basket."""
    view = find_basket(db.session(), session.get(_BASKET))
    _remember(view)
    return render_template("orders/basket.html", basket=view)


@blueprint.post("/gio-hang/them")
@needs(Permission.PUBLIC)
@limiter.limit("120/minute")
def add_to_basket() -> ResponseReturnValue:
    """Put goods into the basket."""
    return _change_basket(is_added=True)


@blueprint.post("/gio-hang/sua")
@needs(Permission.PUBLIC)
@limiter.limit("240/minute")
def change_line() -> ResponseReturnValue:
    """Change how much of something is in the basket."""
    return _change_basket(is_added=False)


@blueprint.post("/gio-hang/bo")
@needs(Permission.PUBLIC)
def remove_line() -> ResponseReturnValue:
    """Take something out of the basket."""
    form = RemoveForm()
    if not form.validate_on_submit():
        raise NotFound
    if session.get(_BASKET):
        with transaction() as db_session:
            basket_id, token = open_basket(session=db_session, token=session.get(_BASKET), now=utcnow())
            set_line(
                session=db_session,
                basket_id=basket_id,
                offer_id=form.offer_id.data,
                quantity=Decimal(0),
                now=utcnow(),
            )
        session[_BASKET] = token
    return redirect(url_for("orders.basket"), 303)


def _change_basket(*, is_added: bool) -> ResponseReturnValue:
    form = LineForm()
    if not form.validate_on_submit():
        if form.offer_id.errors:
            raise NotFound
        problem = form.quantity.errors[0] if form.quantity.errors else _("Hãy gửi lại lần nữa.")
        return _basket_page(problem, 422, form)
    try:
        with transaction() as db_session:
            basket_id, token = open_basket(session=db_session, token=session.get(_BASKET), now=utcnow())
            set_line(
                session=db_session,
                basket_id=basket_id,
                offer_id=form.offer_id.data,
                quantity=form.quantity.data,
                now=utcnow(),
                is_added=is_added,
            )
    except (NotOnSale, NotSoldForNow, OutOfStock, Refused) as error:
        return _basket_page(error.message, 409 if isinstance(error, Conflict) else 422, form)
    session.permanent = True
    session[_BASKET] = token
    if is_added:
        flash(_("Đã bỏ vào giỏ."), "success")
    return redirect(url_for("orders.basket"), 303)


def _basket_page(message: str, status: int, form: LineForm) -> ResponseReturnValue:
    view = find_basket(db.session(), session.get(_BASKET))
    tried = list_offer_lines(db.session(), [form.offer_id.data]).get(form.offer_id.data or 0)
    return render_template("orders/basket.html", basket=view, problem=message, typed=form, tried=tried), status


@blueprint.route("/thanh-toan", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
@limiter.limit("60/minute", methods=["POST"])
def checkout() -> ResponseReturnValue:
    """Ask where the goods go, and let the carriers say what that costs."""
    view = find_basket(db.session(), session.get(_BASKET))
    if view is None or view.is_empty:
        return redirect(url_for("orders.basket"), 303)
    form = AddressForm(data=_typed_before(view.recipient))
    if not form.is_submitted():
        return render_template("orders/address.html", basket=view, form=form, matches=())
    is_valid = form.validate()
    place, matches = _find_place(db.session(), form)
    if place is None:
        if form.place.data and form.place.data.strip() and not form.place.errors:
            form.place.errors = [
                _("Có nhiều nơi tên như vậy. Hãy chọn một nơi bên dưới.")
                if matches
                else _("Không thấy xã hay phường nào tên như vậy. Hãy thử tên khác, cũ hay mới đều được.")
            ]
        is_valid = False
    if not is_valid or place is None:
        likely = find_likely(matches)
        page = render_template("orders/address.html", basket=view, form=form, matches=matches, likely=likely)
        return page, 422
    recipient = Recipient(
        name=nfc(form.name.data.strip()),
        phone=form.phone.data,
        email=(form.email.data or "").strip() or None,
        commune_id=place.commune_id,
        commune_name=place.commune_name,
        province_name=place.province_name,
        address_line=nfc(form.address_line.data.strip()),
        address_note=nfc((form.address_note.data or "").strip()),
        typed_place=nfc(form.place.data.strip()),
    )
    # The carrier is asked between two transactions: no row waits for a network.
    wishes = plan_quotes(db.session(), view, recipient)
    db.session.rollback()
    quotes = read_quotes(wishes, carrier=resolve(Carrier))
    with transaction() as db_session:
        set_recipient(session=db_session, basket_id=view.id, recipient=recipient, quotes=quotes, now=utcnow())
    return redirect(url_for("orders.confirm"), 303)


@blueprint.route("/thanh-toan/xac-nhan", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
@limiter.limit("30/minute", methods=["POST"])
def confirm() -> ResponseReturnValue:
    """Show everything once more, and place the order."""
    form = PlaceOrderForm()
    if form.is_submitted() and form.validate():
        return _place(form)
    view = find_basket(db.session(), session.get(_BASKET))
    if view is None or view.is_empty:
        return redirect(url_for("orders.basket"), 303)
    if view.recipient is None or not view.is_quoted:
        return redirect(url_for("orders.checkout"), 303)
    return _confirm_page(view, form, 422 if form.is_submitted() else 200)


def _place(form: PlaceOrderForm) -> ResponseReturnValue:
    settings = current_app.extensions["settings"]
    actor = current_actor()
    token = form.basket.data
    if token != session.get(_BASKET):
        # The form is from another visit. When it became an order, that order answers a second sending.
        known = find_order_of_basket(db.session(), token)
        return redirect(url_for("orders.order", token=known) if known else url_for("orders.basket"), 303)
    try:
        with transaction() as db_session:
            placed = place_order(
                session=db_session,
                basket_token=token,
                payment_method=form.payment.data,
                total_shown=form.total_shown.data,
                user_id=actor.user_id,
                windows=Windows(
                    timedelta(minutes=settings.payment_window_minutes),
                    ACCEPTANCE_WINDOW,
                ),
                now=utcnow(),
            )
    except BasketEmpty:
        return redirect(url_for("orders.basket"), 303)
    except DomainError as error:
        view = find_basket(db.session(), token)
        if view is None or view.is_empty or view.recipient is None or not view.is_quoted:
            flash(error.message, "warning")
            return redirect(url_for("orders.checkout"), 303)
        form.form_errors.append(error.message)
        return _confirm_page(view, form, 409 if isinstance(error, Conflict) else 422)
    session[_COUNT] = 0
    if form.payment.data == "card":
        return redirect(url_for("orders.pay_by_card", token=placed.token), 303)
    return redirect(url_for("orders.order", token=placed.token), 303)


def _confirm_page(view: BasketView, form: PlaceOrderForm, status: int) -> ResponseReturnValue:
    sellers = list_seller_disclosures(db.session(), [part.household_id for part in view.parts])
    page = render_template("orders/confirm.html", basket=view, form=form, sellers=sellers)
    return page, status


def _remember(view: BasketView | None) -> None:
    count = view.item_count if view else 0
    if session.get(_COUNT, 0) != count:
        session[_COUNT] = count
    token = session.get(_BASKET)
    if view is None and token and find_order_of_basket(db.session(), token):
        session.pop(_BASKET)


def _typed_before(recipient: Recipient | None) -> dict[str, object]:
    if recipient is None:
        person = find_person_by_id(db.session(), current_actor().user_id or 0)
        return {"name": person.name, "phone": person.phone, "email": person.email} if person else {}
    return {
        "name": recipient.name,
        "phone": recipient.phone,
        "email": recipient.email,
        "place": f"{recipient.commune_name}, {recipient.province_name}",
        "address_line": recipient.address_line,
        "address_note": recipient.address_note,
    }


def _find_place(db_session: Session, form: AddressForm) -> tuple[Place | None, tuple[Place, ...]]:
    picked = request.form.get("picked_code") or form.commune_code.data or ""
    return find_place(db_session, code=picked, typed=form.place.data or "")
