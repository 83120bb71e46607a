"""Entries of a season: what came in, work, treatments, harvest. Each form begins empty, with the day of today."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from traceability.forms.diary import EntryForm, HarvestForm, IncomingForm, TreatmentForm, WorkForm, choices_of
from traceability.queries.attention import list_held_lots
from traceability.queries.lots import LotView, list_season_lots, list_usable_lots
from traceability.queries.seasons import SeasonView, get_season
from traceability.queries.treatments import list_site_treatments
from traceability.rules.entries import HarvestEntry, IncomingEntry, WorkEntry
from traceability.rules.templates import (
    INCOMING_LABELS,
    TREATMENTS,
    USES_PRODUCT,
    WORK_LABELS,
    Template,
    get_template,
)
from traceability.rules.waiting import earliest_harvest
from traceability.services.diary import record_incoming, record_work
from traceability.services.harvest import record_harvest
from traceability.views.amounts import read_amounts
from traceability.views.blueprint import blueprint
from traceability.views.last_time import LastTime, read_last_time
from traceability.views.owner import own_household_id, show_refusal
from traceability.views.photos import keep_photos, kept_photos


def _season(season_id: int) -> tuple[SeasonView, Template]:
    season = get_season(db.session(), season_id, household_id=own_household_id())
    return season, get_template(season.template)


def _answer(
    form: Any,
    name: str,
    season: SeasonView,
    template: Template,
    save: Callable[[tuple[str, ...]], ResponseReturnValue],
    *,
    has_problems: bool = False,
    **extra: Any,
) -> ResponseReturnValue:
    """Show an entry form, or save what it holds; photos survive every error."""
    status = 200
    if form.is_submitted():
        is_valid = form.validate()
        photos = keep_photos(form)
        status = 422
        if is_valid and not form.photos.errors and not has_problems:
            try:
                return save(photos)
            except DomainError as error:
                status = show_refusal(form, error)
    page = render_template(
        f"traceability/{name}.html",
        form=form,
        season=season,
        template=template,
        kept=kept_photos(form),
        **extra,
    )
    return page, status


def _saved(season: SeasonView, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("traceability.season", season_id=season.id), 303)


def warn_of_held_lots(season_id: int) -> None:
    """Name the lots of a season that may not be sold now, after its sprays and drugs were written or changed."""
    session = db.session()
    held = list_held_lots(session, own_household_id(), list_season_lots(session, season_id))
    if held:
        codes = ", ".join(lot.code for lot in held)
        flash(_("Lô tạm giữ, không được bán: %(codes)s. Hãy đọc lý do bên dưới.", codes=codes), "warning")


def _who(session: Any, form: EntryForm) -> dict[str, Any]:
    return {
        "session": session,
        "household_id": own_household_id(),
        "actor": current_actor(),
        "key": form.key,
        "now": utcnow(),
    }


def _begin(form: EntryForm, last: LastTime, fields: Sequence[str]) -> None:
    """Begin a form with the day of today, and with an earlier entry when that was asked for."""
    form.happened_on.data = local_date(utcnow())
    if last.entry is None:
        return
    for field in fields:
        value = getattr(last.entry, field)
        if value not in (None, ""):
            form[field].data = value


def _kinds_of(last: LastTime, kinds: list[str]) -> list[str]:
    """Return what may be chosen: as last time means the same work again, its product is never put down to another."""
    return [last.entry.kind] if isinstance(last.entry, WorkEntry) else kinds


@blueprint.route("/so-tay/vu/<int:season_id>/nhap", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def enter_incoming(season_id: int) -> ResponseReturnValue:
    """Write down what came in."""
    season, template = _season(season_id)
    form = IncomingForm()
    last = read_last_time(own_household_id(), season_id, ("incoming",))
    # As last time means the same thing again: its name is never put down to another.
    kinds = [last.entry.what] if isinstance(last.entry, IncomingEntry) else template.incoming
    form.what.choices = choices_of(kinds, INCOMING_LABELS)
    if not form.is_submitted():
        _begin(form, last, ("what", "name", "unit", "supplier"))
        wished = request.args.get("loai", "")
        if wished in kinds:
            form.what.data = wished

    def save(photos: tuple[str, ...]) -> ResponseReturnValue:
        with transaction() as session:
            record_incoming(**_who(session, form), season_id=season_id, entry=incoming_entry(form, photos))
        return _saved(season, _("Đã ghi vào sổ."))

    return _answer(form, "incoming", season, template, save, last=last)


def incoming_entry(form: IncomingForm, photos: tuple[str, ...]) -> IncomingEntry:
    """Return what a form says came in."""
    has_amount = form.amount.data is not None
    return IncomingEntry(
        what=form.what.data,
        name=form.name.data or "",
        happened_on=form.happened_on.data,
        amount=form.amount.data,
        unit=(form.unit.data or "") if has_amount else None,
        supplier=form.supplier.data or "",
        paper_no=form.paper_no.data or "",
        supplier_lot=form.supplier_lot.data or "",
        note=form.note.data or "",
        photos=photos,
    )


@blueprint.route("/so-tay/vu/<int:season_id>/viec", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def enter_work(season_id: int) -> ResponseReturnValue:
    """Write down work that was done."""
    season, template = _season(season_id)
    form = WorkForm()
    kinds = [kind for kind in template.work if kind not in TREATMENTS]
    last = read_last_time(own_household_id(), season_id, kinds)
    kinds = _kinds_of(last, kinds)
    form.kind.choices = choices_of(kinds, WORK_LABELS)
    if not form.is_submitted():
        form.operator.data = "household"
        _begin(form, last, ("kind", "product", "unit", "operator"))
        wished = request.args.get("viec", "")
        if wished in kinds:
            form.kind.data = wished

    def save(photos: tuple[str, ...]) -> ResponseReturnValue:
        with transaction() as session:
            record_work(**_who(session, form), season_id=season_id, entry=work_entry(form, photos))
        return _saved(season, _("Đã ghi vào sổ."))

    uses_product = bool(USES_PRODUCT & set(template.work))
    return _answer(form, "work", season, template, save, last=last, uses_product=uses_product)


def work_entry(form: WorkForm, photos: tuple[str, ...]) -> WorkEntry:
    """Return what a form says was done."""
    has_amount = form.amount.data is not None
    return WorkEntry(
        kind=form.kind.data,
        happened_on=form.happened_on.data,
        product=form.product.data or "",
        operator=form.operator.data,
        amount=form.amount.data,
        unit=(form.unit.data or "") if has_amount else None,
        note=form.note.data or "",
        photos=photos,
    )


@blueprint.route("/so-tay/vu/<int:season_id>/thuoc", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def enter_treatment(season_id: int) -> ResponseReturnValue:
    """Write down a spray or a drug with its waiting period, and say from when on the harvest may happen."""
    season, template = _season(season_id)
    kinds = [kind for kind in template.work if kind in TREATMENTS]
    if not kinds:
        raise NotFound
    form = TreatmentForm()
    last = read_last_time(own_household_id(), season_id, kinds)
    kinds = _kinds_of(last, kinds)
    form.kind.choices = choices_of(kinds, WORK_LABELS)
    if not form.is_submitted():
        form.operator.data = "household"
        _begin(form, last, ("product", "ingredient", "target", "dose", "waiting_days", "operator"))
        if len(kinds) == 1:
            form.kind.data = kinds[0]

    def save(photos: tuple[str, ...]) -> ResponseReturnValue:
        with transaction() as changing:
            record_work(**_who(changing, form), season_id=season_id, entry=treatment_entry(form, photos))
            treatments = list_site_treatments(changing, [season.site_id])[season.site_id]
        may_on = earliest_harvest(treatments, local_date(utcnow()))
        warn_of_held_lots(season_id)
        said = _("Đã ghi vào sổ. Được %(act)s từ ngày %(day)s.", act=template.outcome_word, day=f"{may_on:%d/%m/%Y}")
        return _saved(season, said)

    return _answer(form, "treatment", season, template, save, last=last)


def treatment_entry(form: TreatmentForm, photos: tuple[str, ...]) -> WorkEntry:
    """Return what a form says was sprayed or given."""
    return WorkEntry(
        kind=form.kind.data,
        happened_on=form.happened_on.data,
        product=form.product.data or "",
        ingredient=form.ingredient.data or "",
        target=form.target.data or "",
        dose=form.dose.data or "",
        waiting_days=form.waiting_days.data,
        operator=form.operator.data,
        note=form.note.data or "",
        photos=photos,
    )


@blueprint.route("/so-tay/vu/<int:season_id>/thu", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def enter_harvest(season_id: int) -> ResponseReturnValue:
    """Write down a harvest, slaughter or making; its lot begins here."""
    season, template = _season(season_id)
    session = db.session()
    form = HarvestForm()
    usable = list_usable_lots(session, own_household_id()) if template.outcome == "making" else []
    today = local_date(utcnow())
    may_on = earliest_harvest(list_site_treatments(session, [season.site_id])[season.site_id], today)
    if not form.is_submitted():
        _propose_harvest(form, template, list_season_lots(session, season_id), today)
    inputs = read_amounts()

    def save(photos: tuple[str, ...]) -> ResponseReturnValue:
        entry = HarvestEntry(
            happened_on=form.happened_on.data,
            amount=form.amount.data or Decimal(0),
            unit=form.unit.data,
            best_before_on=form.best_before_on.data,
            grade=form.grade.data or "",
            produce=form.produce.data or "",
            inputs=inputs.chosen,
            stated_reason=form.stated_reason.data or "",
            note=form.note.data or "",
            photos=photos,
        )
        with transaction() as changing:
            lot = record_harvest(**_who(changing, form), season_id=season_id, entry=entry)
        flash(_("Đã ghi vào sổ. Lô mới có mã %(code)s.", code=lot.code), "success")
        return redirect(url_for("traceability.lot", code=lot.code), 303)

    return _answer(
        form,
        "harvest",
        season,
        template,
        save,
        has_problems=bool(inputs.problems),
        lots=usable,
        inputs=inputs,
        may_on=may_on if may_on > today else None,
    )


def _propose_harvest(form: HarvestForm, template: Template, lots: Sequence[LotView], today: date) -> None:
    form.happened_on.data = today
    form.unit.data = lots[0].unit if lots else template.unit
    if template.shelf_days:
        form.best_before_on.data = today + timedelta(days=template.shelf_days)
