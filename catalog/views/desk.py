"""A household's goods: make, change, put on sale, pause, take back."""

import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.forms import ListingForm, PriceForm, ProductForm, TakeBackForm, WithdrawForm
from catalog.queries import DeskProductPage, get_desk_product, list_desk_products
from catalog.rules import is_same_goods
from catalog.services import sell
from catalog.services.sell import ProductDraft
from catalog.views.blueprint import blueprint
from catalog.views.owner import own_household_id
from catalog.views.photos import keep_photos
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, NotFound
from marketplace.core.money import format_vnd
from marketplace.core.quantity import format_quantity, get_unit
from traceability.queries.lots import LotView, list_lots, list_sellable_lots
from traceability.queries.sale_gate import judge_lot
from traceability.rules.claims import find_claims

#: How many lots the page asks the gate about; those that expire first come first.
_MAX_JUDGED = 20


@blueprint.get("/hang-ban")
@needs(Permission.SELL)
def goods() -> ResponseReturnValue:
    """List the household's goods with the quickest things to do."""
    return _goods_page()


def _goods_page(
    price_form: PriceForm | None = None, wrong_id: int | None = None, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "catalog/desk/goods.html",
        products=list_desk_products(db.session(), own_household_id()),
        price_form=price_form or PriceForm(formdata=None),
        wrong_id=wrong_id,
        problem=problem,
        new_key=uuid.uuid4,
    )
    return page, status


@blueprint.route("/hang-ban/moi", methods=["GET", "POST"])
@needs(Permission.SELL)
def make() -> ResponseReturnValue:
    """Make a product; it goes on sale once a lot is chosen."""
    form = ProductForm()
    if not form.is_submitted():
        form.max_days_in_transit.data = "3"
        form.tax_class.data = "agri_raw"
        return _product_page(form)
    is_valid = form.validate()
    photos = keep_photos(form)
    if not is_valid or form.photos.errors:
        return _product_page(form, status=422)
    try:
        with transaction() as session:
            product_id = sell.make_product(
                session=session,
                household_id=own_household_id(),
                draft=_draft(form),
                photos=photos,
                form_key=form.key,
                now=utcnow(),
            )
    except DomainError as error:
        form.add_error(error)
        return _product_page(form, status=_status(error))
    flash(_("Đã tạo sản phẩm. Bây giờ hãy chọn lô hàng để bán."), "success")
    return redirect(url_for("catalog.put_on_sale", product_id=product_id), 303)


@blueprint.route("/hang-ban/<int:product_id>", methods=["GET", "POST"])
@needs(Permission.SELL)
def edit(product_id: int) -> ResponseReturnValue:
    """Change what is said of a product."""
    product = get_desk_product(db.session(), own_household_id(), product_id)
    form = ProductForm(data=_typed(product))
    if not form.is_submitted():
        return _product_page(form, product)
    is_valid = form.validate()
    photos = keep_photos(form)
    if not is_valid or form.photos.errors:
        return _product_page(form, product, status=422)
    try:
        with transaction() as session:
            who: dict[str, Any] = {
                "session": session,
                "household_id": own_household_id(),
                "product_id": product_id,
            }
            sell.edit_product(**who, draft=_draft(form), now=utcnow())
            sell.add_photos(**who, photos=photos)
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        return _product_page(form, product, status=_status(error))
    flash(_("Đã lưu thay đổi."), "success")
    return redirect(url_for("catalog.goods"), 303)


def _product_page(
    form: ProductForm,
    product: DeskProductPage | None = None,
    status: int = 200,
    withdraw_form: WithdrawForm | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "catalog/desk/product.html",
        form=form,
        product=product,
        kept=[text for text in (form.kept_photos.data or "").split(",") if text],
        withdraw_form=withdraw_form or WithdrawForm(formdata=None),
        new_key=uuid.uuid4,
    )
    return page, status


def _typed(product: DeskProductPage) -> dict[str, object]:
    is_own_measure = product.content_unit == product.unit and product.content_amount == 1
    return {
        "name": product.name,
        "other_names": product.other_names,
        "category": product.category,
        "unit": product.unit,
        "price": product.price_vnd,
        "content_amount": None if is_own_measure else product.content_amount,
        "content_unit": "" if product.content_unit == product.unit else product.content_unit,
        "description": product.description,
        "parcel_g": Decimal(product.parcel_g),
        "max_days_in_transit": str(product.max_days_in_transit),
        "tax_class": product.tax_class,
        "may_inspect": product.may_inspect,
    }


def _draft(form: ProductForm) -> ProductDraft:
    return ProductDraft(
        name=form.name.data or "",
        category=form.category.data,
        unit=form.unit.data,
        price_vnd=int(form.price.data or 0),
        content_amount=form.content_amount.data or Decimal(1),
        content_unit=form.content_unit.data or form.unit.data,
        parcel_g=int(form.parcel_g.data or 0),
        max_days_in_transit=int(form.max_days_in_transit.data),
        tax_class=form.tax_class.data,
        description=form.description.data or "",
        other_names=form.other_names.data or "",
        may_inspect=form.may_inspect.data,
    )


@blueprint.post("/hang-ban/<int:product_id>/gia")
@needs(Permission.SELL)
def change_price(product_id: int) -> ResponseReturnValue:
    """Change the price from the list."""
    product = get_desk_product(db.session(), own_household_id(), product_id)
    form = PriceForm()
    if not form.validate_on_submit():
        return _goods_page(form, product_id, status=422)
    with transaction() as session:
        sell.change_price(
            session=session,
            household_id=own_household_id(),
            product_id=product_id,
            price_vnd=int(form.price.data or 0),
            now=utcnow(),
        )
    flash(_("%(name)s bán giá %(price)s.", name=product.name, price=format_vnd(form.price.data or 0)), "success")
    return redirect(url_for("catalog.goods"), 303)


@blueprint.post("/hang-ban/<int:product_id>/tam-ngung")
@needs(Permission.SELL)
def pause(product_id: int) -> ResponseReturnValue:
    """Take a product off the shelf for now."""
    return _step(product_id, sell.pause, _("Đã tạm ngừng bán. Đơn đã đặt vẫn giữ nguyên."))


@blueprint.post("/hang-ban/<int:product_id>/ban-lai")
@needs(Permission.SELL)
def resume(product_id: int) -> ResponseReturnValue:
    """Put a product back on the shelf."""
    return _step(product_id, sell.publish, _("Đã bán lại."))


@blueprint.post("/hang-ban/<int:product_id>/ngung-han")
@needs(Permission.SELL)
def withdraw(product_id: int) -> ResponseReturnValue:
    """Stop selling a product for good."""
    product = get_desk_product(db.session(), own_household_id(), product_id)
    form = WithdrawForm()
    if not form.validate_on_submit():
        told = ProductForm(formdata=None, data=_typed(product))
        return _product_page(told, product, status=422, withdraw_form=form)
    return _step(
        product_id,
        sell.withdraw,
        _("Đã ngừng bán hẳn. Hàng chưa bán đã trả về lô."),
        actor=current_actor(),
        key=form.key,
    )


def _step(product_id: int, use_case: Callable[..., None], success: str, **extra: object) -> ResponseReturnValue:
    try:
        with transaction() as session:
            use_case(
                session=session,
                household_id=own_household_id(),
                product_id=product_id,
                now=utcnow(),
                **extra,
            )
    except NotFound:
        raise
    except DomainError as error:
        return _goods_page(wrong_id=product_id, problem=error.message, status=_status(error))
    flash(success, "success")
    return redirect(url_for("catalog.goods"), 303)


@blueprint.route("/hang-ban/<int:product_id>/len-ke", methods=["GET", "POST"])
@needs(Permission.SELL)
def put_on_sale(product_id: int) -> ResponseReturnValue:
    """Choose a verified lot and how much of it to sell."""
    session = db.session()
    product = get_desk_product(session, own_household_id(), product_id)
    sellable = list_sellable_lots(session, own_household_id(), local_date(utcnow()))
    form = ListingForm()
    if not form.is_submitted():
        fitting = _fitting(product, sellable)
        form.lot_id.data = fitting[0].id if fitting else None
        return _listing_page(form, product, sellable)
    if not form.validate():
        return _listing_page(form, product, sellable, status=422)
    try:
        with transaction() as changing:
            units = sell.list_goods(
                session=changing,
                household_id=own_household_id(),
                product_id=product_id,
                lot_id=form.lot_id.data,
                lot_amount=form.amount.data or Decimal(0),
                actor=current_actor(),
                key=form.key,
                now=utcnow(),
            )
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        return _listing_page(form, product, sellable, status=_status(error))
    amount = format_quantity(units, product.unit)
    flash(_("Đã đưa %(amount)s %(name)s lên sàn.", amount=amount, name=product.name), "success")
    return redirect(url_for("catalog.goods"), 303)


def _fitting(product: DeskProductPage, lots: Sequence[LotView]) -> list[LotView]:
    sold = [one.produce for one in list_lots(db.session(), [one.lot_id for one in product.stock]).values()]
    return [lot for lot in lots if lot.unit == product.content_unit and is_same_goods(product.name, sold, lot.produce)]


def _listing_page(
    form: ListingForm,
    product: DeskProductPage,
    lots: Sequence[LotView],
    status: int = 200,
    problem: str = "",
) -> ResponseReturnValue:
    today = local_date(utcnow())
    claims = find_claims(product.name, product.other_names, product.description)
    fitting = _fitting(product, lots)
    judged = [(lot, judge_lot(db.session(), lot, on=today, claims=claims)) for lot in fitting[:_MAX_JUDGED]]
    page = render_template(
        "catalog/desk/listing.html",
        form=form,
        product=product,
        lots=[lot for lot, result in judged if result.is_open],
        stopped=[(lot, result.missing) for lot, result in judged if not result.is_open],
        other_lots=len(lots) - len(fitting),
        lot_unit=get_unit(product.content_unit).label,
        today=today,
        problem=problem,
        new_key=uuid.uuid4,
    )
    return page, status


@blueprint.post("/hang-ban/<int:product_id>/rut-ve")
@needs(Permission.SELL)
def take_back(product_id: int) -> ResponseReturnValue:
    """Take what is free of one lot off the shelf, back into the lot."""
    session = db.session()
    product = get_desk_product(session, own_household_id(), product_id)
    form = TakeBackForm()
    if not form.validate_on_submit():
        raise NotFound
    with transaction() as changing:
        units = sell.take_back(
            session=changing,
            household_id=own_household_id(),
            product_id=product_id,
            stock_id=form.stock_id.data,
            actor=current_actor(),
            key=form.key,
            now=utcnow(),
        )
    amount = format_quantity(units, product.unit)
    flash(_("Đã rút %(amount)s về lô.", amount=amount), "success")
    return redirect(url_for("catalog.put_on_sale", product_id=product_id), 303)


def _status(error: DomainError) -> int:
    return 409 if isinstance(error, Conflict) else 422
