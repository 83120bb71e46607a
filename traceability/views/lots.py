"""A lot on its household's desk: where it stands, what may be done with it, its stickers."""

import uuid
from collections.abc import Sequence
from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from traceability.forms.diary import LossForm, StepForm
from traceability.queries.concerns import list_concerns
from traceability.queries.lots import LotView, get_lot_by_code
from traceability.queries.recalls import find_recall_of_lot
from traceability.queries.records import RecordView
from traceability.queries.sale_gate import find_gate, gather_facts
from traceability.queries.story import list_neighbours, list_story, sum_on_sale
from traceability.queries.verifications import facts_of
from traceability.rules.completeness import list_missing
from traceability.rules.lots import LotState
from traceability.rules.sale_gate import Result, judge
from traceability.services.diary import record_loss
from traceability.services.verification import request_verification
from traceability.views.blueprint import blueprint
from traceability.views.gate import tell_checklist
from traceability.views.owner import own_household_id, show_refusal
from traceability.views.photos import keep_photos, kept_photos
from traceability.views.steps import tell_steps


def own_lot(code: str) -> LotView:
    """Return a lot of the household acted for. Raises ``NotFound`` for everybody else's."""
    return get_lot_by_code(db.session(), code, household_id=own_household_id())


@blueprint.get("/so-tay/lo/<code>")
@needs(Permission.KEEP_DIARY)
def lot(code: str) -> ResponseReturnValue:
    """Show a lot of one's own with what may be done with it."""
    return _lot_page(own_lot(code))


def _lot_page(found: LotView, problem: str = "", status: int = 200) -> ResponseReturnValue:
    session = db.session()
    story = list_story(session, found)
    today = local_date(utcnow())
    page = render_template(
        "traceability/lot.html",
        lot=found,
        is_usable=not why_unusable(found),
        has_stickers=found.state not in {LotState.HELD, LotState.RECALLED},
        may_ask=found.state in {LotState.RECORDED, LotState.SENT_BACK},
        missing=list_missing(facts_of(story)),
        concerns=[one for one in list_concerns(session, found, story) if one.needs_reason],
        sent_back=_sent_back(found, story),
        recall=find_recall_of_lot(session, found.id),
        on_sale=sum_on_sale(session, found.id),
        neighbours=list_neighbours(session, found.id),
        steps=tell_steps(story, is_private=True),
        is_expired=found.best_before_on is not None and found.best_before_on < today,
        gate=tell_checklist(_judge(session, found, story, today), found, may_mend=True),
        form_key=uuid.uuid4(),
        problem=problem,
    )
    return page, status


def why_unusable(found: LotView) -> str:
    """Say why nothing more can be made of a lot; empty when something can."""
    if found.state == LotState.HELD:
        return found.hold_reason or str(_("Lô này tạm giữ, không được bán."))
    if found.state == LotState.RECALLED:
        return str(_("Lô này đang bị thu hồi. Hãy cất riêng phần còn lại và làm theo lời dặn của cán bộ xã."))
    return "" if found.remaining > 0 else str(_("Lô này không còn gì để đóng gói, tách hay gộp."))


def _judge(session: Session, found: LotView, story: Sequence[RecordView], today: date) -> Result:
    known = find_gate(session, found.id)
    return judge(gather_facts(session, found, story, on=today, claims=known.claims if known else ()))


def _sent_back(found: LotView, story: Sequence[RecordView]) -> RecordView | None:
    if found.state != LotState.SENT_BACK:
        return None
    return next((one for one in reversed(story) if one.kind == "verification"), None)


@blueprint.post("/so-tay/lo/<code>/gui-xa")
@needs(Permission.KEEP_DIARY)
def ask(code: str) -> ResponseReturnValue:
    """Ask the commune to verify a lot; pressing twice changes nothing."""
    found = own_lot(code)
    if not StepForm().validate_on_submit():
        return _lot_page(found, _("Biểu mẫu đã cũ. Hãy bấm lại lần nữa."), 422)
    try:
        with transaction() as session:
            request_verification(
                session=session,
                household_id=own_household_id(),
                lot_id=found.id,
                actor=current_actor(),
                now=utcnow(),
            )
    except NotFound:
        raise
    except DomainError as error:
        return _lot_page(found, error.message, show_refusal(StepForm(formdata=None), error))
    flash(_("Đã gửi xã. Cán bộ xã sẽ xem trong vòng 48 giờ."), "success")
    return redirect(url_for("traceability.lot", code=found.code), 303)


@blueprint.route("/so-tay/lo/<code>/hao-hut", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def lose(code: str) -> ResponseReturnValue:
    """Write down that part of a lot was lost."""
    found = own_lot(code)
    form = LossForm()
    status = 200
    if form.is_submitted():
        is_valid = form.validate()
        photos = keep_photos(form)
        status = 422
        if is_valid and not form.photos.errors:
            try:
                with transaction() as session:
                    record_loss(
                        session=session,
                        household_id=own_household_id(),
                        lot_id=found.id,
                        amount=form.amount.data,
                        reason=form.reason.data or "",
                        happened_on=form.happened_on.data,
                        actor=current_actor(),
                        key=form.key,
                        now=utcnow(),
                        photos=photos,
                    )
                flash(_("Đã ghi hao hụt."), "success")
                return redirect(url_for("traceability.lot", code=found.code), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    else:
        form.happened_on.data = local_date(utcnow())
    return render_template("traceability/loss.html", form=form, lot=found, kept=kept_photos(form)), status
