"""Erasing people: a person asks on the own account's page, the operator writes a request down, looks and erases."""

import re
import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.accounts.forms import read_login
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import find_person
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.limits import limiter
from marketplace.core.registry import resolve
from marketplace.desk.erasure import erase, name_subjects, preview_erasure, read_own_duties
from marketplace.desk.forms import ErasureForm, PressedForm, RefuseErasureForm
from marketplace.desk.views.blueprint import blueprint
from sellers.queries import get_household, get_household_by_code
from traceability.ports import Signatory
from traceability.queries.erasure import get_erasure, list_erasures, list_erasures_of
from traceability.services.erasure import ask_erasure, note_paid_out, refuse_erasure

_HASH = re.compile(r"[0-9a-f]{64}")


@blueprint.route("/dieu-hanh/xoa-du-lieu", methods=["GET", "POST"])
@needs(Permission.OPERATE)
@limiter.limit("60/hour", methods=["POST"])
def erasures() -> ResponseReturnValue:
    """List requests to erase, and write a new one down."""
    form = ErasureForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction() as session:
                    erasure_id = ask_erasure(
                        session=session,
                        subject=form.subject.data,
                        subject_id=_find_subject(session, form.subject.data, form.wanted.data or ""),
                        wanted=form.wanted.data if form.subject.data == "named" else "",
                        reason=form.reason.data,
                        note=form.note.data or "",
                        asked_by=current_actor().user_id or 0,
                        key=form.key,
                        now=utcnow(),
                    )
                return redirect(url_for("desk.erasure", erasure_id=erasure_id), 303)
            except DomainError as error:
                form.add_error(error)
    requests = list_erasures(db.session())
    page = render_template(
        "desk/erasures.html",
        form=form,
        requests=requests,
        names=name_subjects(db.session(), requests),
        today=local_date(utcnow()),
    )
    return page, status


def _find_subject(session: Session, subject: str, typed: str) -> int | None:
    if subject == "household":
        try:
            return get_household_by_code(session, typed).id
        except NotFound:
            return None
    if subject == "account":
        phone, email = read_login(typed)
        person = find_person(session, phone=phone, email=email)
        return person.id if person is not None else None
    return None


@blueprint.get("/dieu-hanh/xoa-du-lieu/<int:erasure_id>")
@needs(Permission.OPERATE)
def erasure(erasure_id: int) -> ResponseReturnValue:
    """Show what a request would erase, before anybody presses."""
    return _page(erasure_id)


def _page(
    erasure_id: int, problem: str = "", status: int = 200, *, refusal: RefuseErasureForm | None = None
) -> ResponseReturnValue:
    session = db.session()
    found = get_erasure(session, erasure_id)
    page = render_template(
        "desk/erasure.html",
        request_=found,
        preview=preview_erasure(session, found, current_actor(), now=utcnow()) if found.is_open else None,
        is_own=found.asked_by == current_actor().user_id,
        problem=problem,
        refusal=refusal or RefuseErasureForm(formdata=None),
        today=local_date(utcnow()),
    )
    return page, status


@blueprint.post("/dieu-hanh/xoa-du-lieu/<int:erasure_id>/xoa")
@needs(Permission.OPERATE)
def carry_out(erasure_id: int) -> ResponseReturnValue:
    """Erase. Pressing twice erases once."""
    if not PressedForm().validate():
        return _page(erasure_id, _("Biểu mẫu đã cũ. Hãy bấm lại lần nữa."), 422)
    photos = [one for one in request.form.getlist("photos") if _HASH.fullmatch(one)]
    try:
        with transaction() as session:
            done = erase(
                session=session,
                erasure_id=erasure_id,
                photos=photos,
                operator=current_actor(),
                signatory=resolve(Signatory),
                now=utcnow(),
            )
    except NotFound:
        raise
    except DomainError as error:
        return _page(erasure_id, error.message, 422)
    if done.state == "waiting":
        flash(_("Đã duyệt. Chưa xóa gì; xong các việc phải làm trước theo luật là chợ tự xóa."), "warning")
    else:
        flash(_("Đã xóa. Mọi bằng chứng trước đó vẫn kiểm tra được."), "success")
    return redirect(url_for("desk.erasure", erasure_id=erasure_id), 303)


@blueprint.post("/dieu-hanh/xoa-du-lieu/<int:erasure_id>/tu-choi")
@needs(Permission.OPERATE)
def turn_down(erasure_id: int) -> ResponseReturnValue:
    """Close a request without erasing, and keep why."""
    get_erasure(db.session(), erasure_id)
    form = RefuseErasureForm()
    if not form.validate():
        return _page(erasure_id, status=422, refusal=form)
    try:
        with transaction() as session:
            refuse_erasure(
                session=session,
                erasure_id=erasure_id,
                why=form.why.data or "",
                done_by=current_actor().user_id or 0,
                now=utcnow(),
            )
    except DomainError as error:
        form.add_error(error)
        return _page(erasure_id, status=422, refusal=form)
    flash(_("Đã đóng yêu cầu, không xóa gì."), "success")
    return redirect(url_for("desk.erasures"), 303)


@blueprint.post("/dieu-hanh/xoa-du-lieu/<int:erasure_id>/da-chuyen-tien")
@needs(Permission.OPERATE)
def paid_out(erasure_id: int) -> ResponseReturnValue:
    """Note that a household got the money of all its sales."""
    if not PressedForm().validate():
        return _page(erasure_id, _("Biểu mẫu đã cũ. Hãy bấm lại lần nữa."), 422)
    with transaction() as session:
        note_paid_out(session=session, erasure_id=erasure_id, operator_id=current_actor().user_id or 0, now=utcnow())
    flash(_("Đã ghi là chợ đã chuyển hết tiền bán hàng cho hộ."), "success")
    return redirect(url_for("desk.erasure", erasure_id=erasure_id), 303)


@blueprint.get("/tai-khoan/xoa-du-lieu")
@needs(Permission.SIGNED_IN)
def own_erasure() -> ResponseReturnValue:
    """Show what erasing one's own data means: what goes, what is kept, why and until when; and how a request stands."""
    session, now = db.session(), utcnow()
    parts = []
    for subject, subject_id, name in _own_subjects(session):
        requests = list_erasures_of(session, subject, subject_id)
        duties, kept = read_own_duties(
            session,
            user_id=current_actor().user_id or 0,
            household_id=subject_id if subject == "household" else None,
            paid_out_at=requests[0].paid_out_at if requests else None,
            now=now,
        )
        newest = requests[0] if requests else None
        parts.append({"subject": subject, "name": name, "duties": duties, "kept": kept, "request": newest})
    return render_template("desk/own_erasure.html", parts=parts)


@blueprint.post("/tai-khoan/xoa-du-lieu")
@needs(Permission.SIGNED_IN)
@limiter.limit("5/hour")
def ask_own_erasure() -> ResponseReturnValue:
    """Ask that one's own data be erased, or one's household; an operator looks at it within two working days.

    Decree 356/2025 sets the time. Open duties do not stop the request: it is carried out when they have ended.
    """
    actor = current_actor()
    wanted = request.form.get("subject", "account")
    subjects = {subject: subject_id for subject, subject_id, _name in _own_subjects(db.session())}
    if actor.user_id is None or wanted not in subjects or not PressedForm().validate():
        raise NotFound
    with transaction() as session:
        refused = sum(one.state == "refused" for one in list_erasures_of(session, wanted, subjects[wanted]))
        ask_erasure(
            session=session,
            subject=wanted,
            subject_id=subjects[wanted],
            wanted="",
            reason="asked",
            note="",
            asked_by=actor.user_id,
            # One request for each person: asking again finds the first, as long as it was not refused.
            key=uuid.uuid5(uuid.NAMESPACE_OID, f"erase-me-{actor.party}-{wanted}-{refused}"),
            now=utcnow(),
        )
    flash(_("Đã nhận yêu cầu. Chợ sẽ trả lời trong 2 ngày làm việc."), "success")
    return redirect(url_for("desk.own_erasure"), 303)


def _own_subjects(session: Session) -> list[tuple[str, int, str]]:
    """Return what the person may ask to be erased: the own account, and the household that is one's own."""
    actor = current_actor()
    own = [("account", actor.user_id or 0, actor.name)]
    if actor.household_id is not None and not actor.is_helper:
        own.append(("household", actor.household_id, get_household(session, actor.household_id).shown_name))
    return own
