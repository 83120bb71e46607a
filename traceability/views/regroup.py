"""Packing, splitting and merging lots."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError
from marketplace.core.quantity import get_unit
from traceability.forms.diary import MergeForm, PackForm, SplitForm
from traceability.queries.lots import LotView, list_usable_lots
from traceability.rules.entries import PackEntry
from traceability.services.lots import merge_lots, pack_lot, split_lot
from traceability.views.amounts import read_amounts
from traceability.views.blueprint import blueprint
from traceability.views.lots import own_lot, why_unusable
from traceability.views.owner import own_household_id, show_refusal
from traceability.views.photos import keep_photos, kept_photos


def _who(session: Any, key: uuid.UUID) -> dict[str, Any]:
    return {
        "session": session,
        "household_id": own_household_id(),
        "actor": current_actor(),
        "key": key,
        "now": utcnow(),
    }


@blueprint.route("/so-tay/lo/<code>/dong-goi", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def pack(code: str) -> ResponseReturnValue:
    """Pack part of a lot."""
    lot = own_lot(code)
    form = PackForm()
    status = 200
    if form.is_submitted():
        is_valid = form.validate()
        photos = keep_photos(form)
        status = 422
        if is_valid and not form.photos.errors:
            try:
                with transaction() as session:
                    packs = pack_lot(**_who(session, form.key), lot_id=lot.id, entry=_pack_entry(form, lot, photos))
                flash(_("Đã đóng gói thành lô %(code)s.", code=packs.code), "success")
                return redirect(url_for("traceability.lot", code=packs.code), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    elif stop := why_unusable(lot):
        return render_template("traceability/pack.html", form=form, lot=lot, kept=(), stop=stop), 409
    else:
        form.happened_on.data = local_date(utcnow())
        form.best_before_on.data = lot.best_before_on
        form.unit.data = "tui" if lot.unit == "kg" else lot.unit
    return render_template("traceability/pack.html", form=form, lot=lot, kept=kept_photos(form)), status


def _pack_entry(form: PackForm, lot: LotView, photos: tuple[str, ...]) -> PackEntry:
    return PackEntry(
        happened_on=form.happened_on.data,
        taken=form.taken.data or Decimal(0),
        amount=form.amount.data or Decimal(0),
        unit=form.unit.data,
        content=form.content.data if form.unit.data != lot.unit else None,
        best_before_on=form.best_before_on.data,
        produce=form.produce.data or "",
        note=form.note.data or "",
        photos=photos,
    )


@blueprint.route("/so-tay/lo/<code>/tach", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def split(code: str) -> ResponseReturnValue:
    """Split parts off a lot."""
    lot = own_lot(code)
    form = SplitForm()
    status = 200
    if not form.is_submitted():
        if stop := why_unusable(lot):
            return render_template("traceability/split.html", form=form, lot=lot, stop=stop), 409
        form.happened_on.data = local_date(utcnow())
    elif not form.validate():
        status = 422
    else:
        parts = [field.data for field in (form.amount, form.second, form.third) if field.data is not None]
        happened_on: date = form.happened_on.data
        try:
            with transaction() as session:
                split_lot(**_who(session, form.key), lot_id=lot.id, parts=parts, happened_on=happened_on)
            flash(_("Đã tách thành %(count)s lô mới.", count=len(parts)), "success")
            return redirect(url_for("traceability.lot", code=lot.code), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    return render_template("traceability/split.html", form=form, lot=lot), status


def _why_alone(lot: LotView, fitting: int) -> str:
    """Say why there is nothing to mix a lot with; empty when there is."""
    if fitting > 1:
        return ""
    unit = get_unit(lot.unit).label
    said = _(
        "Nhà mình chỉ có một lô %(produce)s tính bằng %(unit)s, nên chưa có gì để gộp.", produce=lot.produce, unit=unit
    )
    return str(said)


@blueprint.route("/so-tay/lo/<code>/gop", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def merge(code: str) -> ResponseReturnValue:
    """Mix amounts of lots of the same produce and unit."""
    lot = own_lot(code)
    usable = list_usable_lots(db.session(), own_household_id())
    lots = [one for one in usable if (one.unit, one.produce) == (lot.unit, lot.produce)]
    form = MergeForm()
    amounts = read_amounts()
    status = 200
    if not form.is_submitted():
        refusal = why_unusable(lot)
        if stop := refusal or _why_alone(lot, len(lots)):
            page = render_template("traceability/merge.html", form=form, lot=lot, lots=lots, inputs=amounts, stop=stop)
            return page, 409 if refusal else 200
        form.happened_on.data = local_date(utcnow())
    elif not form.validate() or amounts.problems:
        status = 422
    else:
        happened_on: date = form.happened_on.data
        try:
            with transaction() as session:
                mixed = merge_lots(**_who(session, form.key), parts=amounts.chosen, happened_on=happened_on)
            flash(_("Đã gộp thành lô %(code)s.", code=mixed.code), "success")
            return redirect(url_for("traceability.lot", code=mixed.code), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    return render_template("traceability/merge.html", form=form, lot=lot, lots=lots, inputs=amounts), status
