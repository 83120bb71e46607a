"""Stickers under suspicion, on the household's and the officer's desk; and the page on which a buyer says where."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.limits import limiter
from sellers.queries import list_household_cards, list_provinces
from traceability.forms.gs1 import CloseForm, PrefixDecisionForm, SightingForm
from traceability.queries.gs1_numbers import list_claimed_prefixes
from traceability.queries.lots import find_lot_by_code
from traceability.queries.scans import list_commune_alarms, list_household_alarms, list_most_scanned
from traceability.queries.things import find_pack
from traceability.rules.scans import KIND_LABELS
from traceability.services.scans import close_alarm, report_sighting
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_commune_id, own_household_id, show_refusal
from traceability.views.thing_links import page_of_lot

_MAX_SERIAL = 20


@blueprint.get("/xa/tem-ma")
@needs(Permission.VERIFY)
def marks() -> ResponseReturnValue:
    """List what an officer should look into: suspicious stickers, and prefixes whose paper is to be seen."""
    session, commune_id = db.session(), own_commune_id()
    alarms = list_commune_alarms(session, commune_id)
    return render_template(
        "traceability/marks.html",
        alarms=alarms,
        labels=KIND_LABELS,
        households={card.id: card for card in list_household_cards(session, {one.lot.household_id for one in alarms})},
        claims=list_claimed_prefixes(session, commune_id),
        form=PrefixDecisionForm(formdata=None),
    )


@blueprint.post("/xa/tem-ma/<int:alarm_id>/dong")
@needs(Permission.VERIFY)
def close_mark(alarm_id: int) -> ResponseReturnValue:
    """Close a suspicion that one has looked into."""
    if not CloseForm().validate():
        raise NotFound
    with transaction() as session:
        close_alarm(session=session, alarm_id=alarm_id, officer=current_actor(), now=utcnow())
    flash(_("Đã khép cảnh báo này. Người mua không còn thấy nữa."), "success")
    return redirect(url_for("traceability.marks"), 303)


@blueprint.get("/so-tay/tem")
@needs(Permission.KEEP_DIARY)
def own_marks() -> ResponseReturnValue:
    """Show a household how often its stickers are scanned, and what is suspicious about that."""
    session, household_id = db.session(), own_household_id()
    return render_template(
        "traceability/own_marks.html",
        alarms=list_household_alarms(session, household_id),
        labels=KIND_LABELS,
        scanned=list_most_scanned(session, household_id, utcnow()),
    )


@blueprint.route("/lo/<code>/bao-tem", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
@limiter.limit("20 per hour", methods=["POST"])
def report_sticker(code: str) -> ResponseReturnValue:
    """Let anybody say in which province a sticker was met. Nothing about the person is asked or kept."""
    session = db.session()
    lot = find_lot_by_code(session, code)
    if lot is None:
        return render_template("traceability/no_lot.html", typed=code[:40], is_asked=True), 404
    form = SightingForm(provinces=list_provinces(session), data={"serial": request.args.get("so", "")[:_MAX_SERIAL]})
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            serial = form.serial.data or ""
            pack = find_pack(session, serial) if serial else None
            try:
                with transaction() as writing:
                    report_sighting(
                        session=writing,
                        lot_id=lot.id,
                        pack_id=pack[0] if pack is not None and pack[1] == lot.id else 0,
                        province_code=form.province.data or "",
                        now=utcnow(),
                    )
                flash(_("Cảm ơn bạn. Nếu một tem được gặp ở quá nhiều nơi, xã sẽ kiểm tra."), "success")
                return redirect(page_of_lot(lot.code, serial), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    return render_template("traceability/report_sticker.html", form=form, lot=lot), status
