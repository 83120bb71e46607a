"""Putting an entry right: the old one stays, a new one says how it was."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from traceability.forms.diary import (
    CorrectIncomingForm,
    CorrectTreatmentForm,
    CorrectWorkForm,
    WithdrawForm,
    choices_of,
)
from traceability.queries.lots import LotView, list_household_lots
from traceability.queries.records import RecordView, get_record
from traceability.queries.seasons import SeasonView, get_season
from traceability.rules.entries import IncomingEntry, WorkEntry
from traceability.rules.lots import LotState
from traceability.rules.templates import INCOMING_LABELS, TREATMENTS, WORK_LABELS, get_template
from traceability.services.corrections import correct_record, read_entry, withdraw_record
from traceability.views.blueprint import blueprint
from traceability.views.entries import incoming_entry, treatment_entry, warn_of_held_lots, work_entry
from traceability.views.owner import own_household_id, show_refusal
from traceability.views.photos import keep_photos, kept_photos
from traceability.views.steps import tell_steps


def _get_entry(record_id: int) -> RecordView:
    record = get_record(db.session(), record_id, household_id=own_household_id())
    if record.season_id is None or (record.kind != "incoming" and record.kind not in WORK_LABELS):
        raise NotFound
    return record


@blueprint.route("/so-tay/ghi-chep/<int:record_id>/sua", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def correct(record_id: int) -> ResponseReturnValue:
    """Write an entry anew, with the reason why."""
    record = _get_entry(record_id)
    season = get_season(db.session(), record.season_id or 0)
    form = _form_for(record)
    status = 200
    if form.is_submitted():
        is_valid = form.validate()
        photos = keep_photos(form)
        status = 422
        if is_valid and not form.photos.errors:
            try:
                with transaction() as session:
                    correct_record(
                        session=session,
                        household_id=own_household_id(),
                        record_id=record_id,
                        reason=form.reason.data or "",
                        changes=_changes(form, photos),
                        actor=current_actor(),
                        key=form.key,
                        now=utcnow(),
                    )
                flash(_("Đã ghi lại cho đúng. Dòng cũ vẫn còn, có gạch ngang."), "success")
                if record.kind in TREATMENTS:
                    warn_of_held_lots(season.id)
                return redirect(url_for("traceability.season", season_id=season.id), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    elif not (record.is_in_force and season.is_open):
        return _lead_on(record, season)
    else:
        for name, value in _fields(read_entry(record)).items():
            if name in form:
                form[name].data = value
        form.kept_photos.data = ",".join(record.photos)
    page = render_template(
        "traceability/correct.html",
        form=form,
        record=record,
        season=season,
        steps=tell_steps([record], is_private=True),
        kept=kept_photos(form),
        withdraw_form=WithdrawForm(formdata=None),
    )
    return page, status


def _lead_on(record: RecordView, season: SeasonView) -> ResponseReturnValue:
    """Say at once that an entry cannot be put right any more, and lead to the line that can."""
    newest = record
    while newest.corrected_by is not None:
        newest = get_record(db.session(), newest.corrected_by, household_id=own_household_id())
    if not season.is_open:
        flash(_("%(produce)s đã kết thúc nên không sửa ghi chép được nữa.", produce=season.produce), "warning")
    elif newest.is_in_force:
        flash(_("Ghi chép bạn mở đã được đính chính rồi. Đây là dòng mới, hãy sửa ở đây."), "warning")
        return redirect(url_for("traceability.correct", record_id=newest.id), 303)
    else:
        flash(_("Ghi chép này đã được gạch đi nên không sửa được nữa."), "warning")
    return redirect(url_for("traceability.season", season_id=season.id), 303)


def _form_for(record: RecordView) -> Any:
    template = get_template(get_season(db.session(), record.season_id or 0).template)
    if record.kind == "incoming":
        form: Any = CorrectIncomingForm()
        form.what.choices = choices_of([*template.incoming, str(record.details["what"])], INCOMING_LABELS)
    elif record.kind in TREATMENTS:
        form = CorrectTreatmentForm()
        form.kind.choices = choices_of([record.kind], WORK_LABELS)
    else:
        form = CorrectWorkForm()
        kinds = [kind for kind in template.work if kind not in TREATMENTS]
        form.kind.choices = choices_of([*kinds, record.kind], WORK_LABELS)
    return form


def _changes(form: Any, photos: tuple[str, ...]) -> dict[str, object]:
    if isinstance(form, CorrectIncomingForm):
        return _fields(incoming_entry(form, photos))
    if isinstance(form, CorrectTreatmentForm):
        return _fields(treatment_entry(form, photos))
    return _fields(work_entry(form, photos))


def _fields(entry: IncomingEntry | WorkEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


@blueprint.post("/so-tay/ghi-chep/<int:record_id>/bo")
@needs(Permission.KEEP_DIARY)
def withdraw(record_id: int) -> ResponseReturnValue:
    """Say that an entry should never have been written."""
    record = _get_entry(record_id)
    season = get_season(db.session(), record.season_id or 0)
    form = WithdrawForm()
    status = 422
    if form.validate():
        try:
            with transaction() as session:
                before = {lot.id for lot in list_household_lots(session, own_household_id()) if not _is_unsent(lot)}
                withdraw_record(
                    session=session,
                    household_id=own_household_id(),
                    record_id=record_id,
                    reason=form.reason.data or "",
                    actor=current_actor(),
                    key=form.key,
                    now=utcnow(),
                )
                lots = list_household_lots(session, own_household_id())
                again = [lot.code for lot in lots if _is_unsent(lot) and lot.id in before]
            flash(_("Đã gạch ghi chép này. Dòng cũ vẫn còn để xem lại."), "success")
            if again:
                flash(_("Xã cần xác nhận lại lô %(codes)s. Hãy mở lô rồi gửi xã.", codes=", ".join(again)), "warning")
            return redirect(url_for("traceability.season", season_id=season.id), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    page = render_template(
        "traceability/withdraw.html",
        form=form,
        record=record,
        season=season,
        steps=tell_steps([record], is_private=True),
    )
    return page, status


def _is_unsent(lot: LotView) -> bool:
    return lot.state == LotState.RECORDED
