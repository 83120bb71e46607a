"""GS1 numbers on a household's desk: prefixes, products, places; and what an officer decides about a prefix."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import get_title
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.forms import BaseForm
from marketplace.core.quantity import UNITS
from traceability.forms.gs1 import CloseForm, GlnForm, GtinForm, LendForm, PrefixDecisionForm, PrefixForm
from traceability.queries.gs1_numbers import (
    NumberedPlace,
    ProductView,
    get_claim,
    list_glns,
    list_gtins,
    list_loans,
    list_own_prefixes,
    list_places,
    list_products,
    list_usable_prefixes,
)
from traceability.rules.gs1 import suggest_number
from traceability.services.gs1_numbers import assign_gln, assign_gtin
from traceability.services.gs1_prefixes import claim_prefix, decide_prefix, end_loan, lend_prefix
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_commune_id, own_household_id, show_refusal

_OWN = "ho"


@blueprint.get("/ho-cua-toi/ma-so")
@needs(Permission.KEEP_DIARY)
def numbers() -> ResponseReturnValue:
    """Show the household's GS1 numbers, and what has none yet."""
    session, household_id = db.session(), own_household_id()
    usable = list_usable_prefixes(session, household_id)
    return render_template(
        "traceability/numbers.html",
        prefixes=list_own_prefixes(session, household_id),
        lent=[one for one in usable if one.owner is not None],
        may_number=bool(usable),
        loans=list_loans(session, household_id),
        products=list_products(session, household_id),
        places=list_places(session, household_id),
    )


@blueprint.route("/ho-cua-toi/ma-so/doanh-nghiep", methods=["GET", "POST"])
@needs(Permission.MANAGE_HOUSEHOLD)
def claim() -> ResponseReturnValue:
    """Say which company prefix GS1 gave the household."""
    form = PrefixForm()

    def save(household_id: int) -> str:
        with transaction() as session:
            claim_prefix(
                session=session,
                household_id=household_id,
                typed=form.prefix.data or "",
                paper_no=form.paper_no.data or "",
                actor=current_actor(),
                key=form.key,
                now=utcnow(),
            )
        return str(_("Đã ghi. Cán bộ xã xem giấy chứng nhận xong là hộ gắn mã cho hàng được."))

    return _take(form, save, "prefix")


@blueprint.route("/ho-cua-toi/ma-so/dung-chung", methods=["GET", "POST"])
@needs(Permission.MANAGE_HOUSEHOLD)
def lend() -> ResponseReturnValue:
    """Let another household number its goods under the prefix."""
    own = [one for one in list_own_prefixes(db.session(), own_household_id()) if one.state == "confirmed"]
    if not own:
        flash(_("Hộ chưa có mã doanh nghiệp nào được xã xác nhận để cho dùng chung."), "warning")
        return redirect(url_for("traceability.numbers"), 303)
    form = LendForm(prefixes=[(one.id, one.prefix) for one in own], data={"prefix_id": own[0].id})

    def save(household_id: int) -> str:
        with transaction() as session:
            lend_prefix(
                session=session,
                household_id=household_id,
                prefix_id=form.prefix_id.data,
                borrower_code=form.borrower.data or "",
                actor=current_actor(),
                now=utcnow(),
            )
        return str(_("Đã cho dùng chung. Hộ ấy gắn được mã cho hàng của mình ngay."))

    return _take(form, save, "lend")


@blueprint.post("/ho-cua-toi/ma-so/dung-chung/<int:loan_id>/thoi")
@needs(Permission.MANAGE_HOUSEHOLD)
def stop_lending(loan_id: int) -> ResponseReturnValue:
    """Lend a prefix no longer; numbers that were given stay."""
    if not CloseForm().validate():
        raise NotFound
    with transaction() as session:
        end_loan(session=session, household_id=own_household_id(), loan_id=loan_id, now=utcnow())
    flash(_("Đã thôi cho dùng chung. Các mã đã gắn vẫn giữ nguyên."), "success")
    return redirect(url_for("traceability.numbers"), 303)


@blueprint.route("/ho-cua-toi/ma-so/gtin", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def give_gtin() -> ResponseReturnValue:
    """Give a product its GTIN."""
    session, household_id = db.session(), own_household_id()
    free = [one for one in list_products(session, household_id) if one.gtin is None]
    form = GtinForm(
        products=[(one.key, _name_product(one)) for one in free],
        data={"product": request.args.get("hang", ""), "gtin": _suggest(gtins=True)},
    )

    def save(household_id: int) -> str:
        with transaction() as session:
            gtin = assign_gtin(
                session=session,
                household_id=household_id,
                product_key=form.product.data or "",
                typed=form.gtin.data or "",
                actor=current_actor(),
                now=utcnow(),
            )
        return str(_("Đã gắn mã %(gtin)s. Tem in từ nay mang mã này, tem cũ vẫn quét được.", gtin=gtin))

    return _take(form, save, "gtin", is_empty=not free)


@blueprint.route("/ho-cua-toi/ma-so/gln", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def give_gln() -> ResponseReturnValue:
    """Give the household or one of its sites its GLN."""
    free = [one for one in list_places(db.session(), own_household_id()) if one.gln is None]
    form = GlnForm(
        places=[(_key_of(one), one.name) for one in free],
        data={"place": request.args.get("noi", ""), "gln": _suggest(gtins=False)},
    )

    def save(household_id: int) -> str:
        typed = form.place.data or ""
        if typed != _OWN and not (typed.isascii() and typed.isdigit() and len(typed) < 19):
            raise NotFound
        with transaction() as session:
            gln = assign_gln(
                session=session,
                household_id=household_id,
                site_id=None if typed == _OWN else int(typed),
                typed=form.gln.data or "",
                actor=current_actor(),
                now=utcnow(),
            )
        return str(_("Đã gắn mã địa điểm %(gln)s.", gln=gln))

    return _take(form, save, "gln", is_empty=not free)


@blueprint.post("/xa/tem-ma/ma-gs1/<int:prefix_id>")
@needs(Permission.VERIFY)
def decide_claim(prefix_id: int) -> ResponseReturnValue:
    """Confirm or refuse a claimed prefix."""
    form = PrefixDecisionForm()
    if not form.validate():
        get_claim(db.session(), prefix_id, commune_id=own_commune_id())
        flash(" ".join(str(one) for errors in form.errors.values() for one in errors), "warning")
        return redirect(url_for("traceability.marks"), 303)
    officer = current_actor()
    is_confirmed = form.decision.data == "dat"
    try:
        with transaction() as session:
            decide_prefix(
                session=session,
                prefix_id=prefix_id,
                officer=officer,
                officer_title=get_title(session, officer.user_id or 0),
                is_confirmed=is_confirmed,
                reason=form.reason.data or "",
                now=utcnow(),
            )
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "warning")
        return redirect(url_for("traceability.marks"), 303)
    flash(_("Đã xác nhận mã. Hộ được báo ngay.") if is_confirmed else _("Đã trả lại. Hộ đọc được lý do."), "success")
    return redirect(url_for("traceability.marks"), 303)


def _take(form: BaseForm, save: Callable[[int], str], kind: str, *, is_empty: bool = False) -> ResponseReturnValue:
    """Show a form, or save what was typed and say so."""
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                flash(save(own_household_id()), "success")
                return redirect(url_for("traceability.numbers"), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    about: dict[str, Any] = {"form": form, "kind": kind, "is_empty": is_empty}
    if kind in {"gtin", "gln"}:
        about["usable"] = list_usable_prefixes(db.session(), own_household_id())
    return render_template("traceability/number.html", **about), status


def _suggest(*, gtins: bool) -> str:
    """Return the next free number under the first prefix that the household may use, so that nobody has to reckon."""
    session = db.session()
    usable = list_usable_prefixes(session, own_household_id())
    if not usable:
        return ""
    first = usable[0]
    used: Sequence[str] = list_gtins(session, first.id) if gtins else list_glns(session, first.prefix)
    return suggest_number(first.prefix, used) or ""


def _name_product(product: ProductView) -> str:
    unit = UNITS[product.unit].label if product.unit in UNITS else product.unit
    return f"{product.produce} ({unit})"


def _key_of(place: NumberedPlace) -> str:
    return _OWN if place.site_id is None else str(place.site_id)
