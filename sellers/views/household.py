"""Hộ của tôi: becoming a household, and what it says of itself."""

from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.accounts.gate import ACTING_FOR, current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.accounts.services import join_household
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound, Refused
from marketplace.core.limits import limiter
from marketplace.core.text import fold, nfc
from sellers.forms import BareForm, NewHouseholdForm, PlaceForm, ProfileForm
from sellers.queries import (
    ChangeView,
    CommuneMatch,
    HouseholdView,
    find_communes,
    find_payout_account,
    get_commune_by_code,
    get_household,
    list_accounts,
    list_certificates,
    list_changes,
    list_identity_checks,
    list_sites,
)
from sellers.services.households import HouseholdFacts, edit_household, register_household, submit_identity
from sellers.views.blueprint import blueprint
from sellers.views.owner import keep_photo, own_household_id


@blueprint.get("/ho-cua-toi")
@needs(Permission.SIGNED_IN)
def my_household() -> ResponseReturnValue:
    """Show everything about the household acted for; lead those without one to the form for joining."""
    actor = current_actor()
    if actor.household_id is None:
        return redirect(url_for("sellers.new_household"), 303)
    session = db.session()
    household = get_household(session, actor.household_id)
    checks = list_identity_checks(session, household.id)
    return render_template(
        "sellers/my_household.html",
        household=household,
        sites=list_sites(session, household.id),
        certificates=list_certificates(session, household.id),
        payout=None if actor.is_helper else find_payout_account(session, household.id),
        accounts=() if actor.is_helper else list_accounts(session, household.id),
        changes=list_changes(session, household.id),
        last_check=checks[0] if checks else None,
        today=local_date(utcnow()),
    )


@blueprint.route("/ho-cua-toi/moi", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@limiter.limit("60/hour", methods=["POST"])
@limiter.limit("10/hour", methods=["POST"], deduct_when=lambda response: response.status_code < 400)
def new_household() -> ResponseReturnValue:
    """Become a household that sells."""
    actor = current_actor()
    form = NewHouseholdForm(data={"representative": actor.name})
    if actor.household_id is not None and not actor.is_helper and not form.is_submitted():
        return redirect(url_for("sellers.my_household"), 303)
    if not form.is_submitted():
        return render_template("sellers/new_household.html", form=form, matches=())
    is_valid = form.validate()
    commune_id, matches = _find_commune(db.session(), form)
    if not is_valid or commune_id is None:
        return render_template("sellers/new_household.html", form=form, matches=matches), 422
    try:
        with transaction() as session:
            household_id = register_household(
                session=session,
                facts=_facts(form),
                kind=form.kind.data,
                commune_id=commune_id,
                form_key=form.key,
                now=utcnow(),
            )
            join_household(session=session, user_id=actor.user_id or 0, household_id=household_id, now=utcnow())
    except DomainError as error:
        form.add_error(error)
        return render_template("sellers/new_household.html", form=form, matches=()), 422
    _work_for_own()
    flash(_("Đã lập hộ. Hãy thêm nơi sản xuất, rồi gửi xã xác minh để được bán."), "success")
    return redirect(url_for("sellers.my_household"), 303)


@blueprint.route("/ho-cua-toi/ho-so", methods=["GET", "POST"])
@needs(Permission.MANAGE_HOUSEHOLD)
def profile() -> ResponseReturnValue:
    """Change what the household says of itself."""
    household = get_household(db.session(), own_household_id())
    asked = next((one for one in list_changes(db.session(), household.id) if one.state == "asked"), None)
    # What waits for the commune is filled in, so that saving something else does not withdraw it.
    form = ProfileForm(data={**asdict(household), **(asked.new if asked is not None else {})})
    if not form.is_submitted():
        return _profile_page(form, household, asked)
    kept = keep_photo(form)
    photo_errors = list(form.photo.errors)
    is_valid = form.validate()
    form.photo.errors = [*form.photo.errors, *photo_errors]
    if not is_valid or photo_errors:
        return _profile_page(form, household, asked, kept=kept, status=422)
    try:
        with transaction() as session:
            is_waiting = edit_household(
                session=session,
                household_id=household.id,
                facts=_facts(form),
                actor=current_actor(),
                now=utcnow(),
                photo_sha256=kept,
            )
    except Refused as error:
        form.add_error(error)
        return _profile_page(form, household, asked, kept=kept, status=422)
    if is_waiting:
        flash(
            _("Đã gửi xã phần đổi của thông tin đã xác minh. Cho đến khi xã đồng ý, mọi người vẫn thấy thông tin cũ."),
            "warning",
        )
    else:
        flash(_("Đã lưu hồ sơ của hộ."), "success")
    return redirect(url_for("sellers.my_household"), 303)


def _profile_page(
    form: ProfileForm, household: HouseholdView, asked: ChangeView | None, *, kept: str | None = None, status: int = 200
) -> ResponseReturnValue:
    page = render_template("sellers/profile.html", form=form, household=household, asked=asked, kept=kept)
    return page, status


@blueprint.post("/ho-cua-toi/gui-xac-minh")
@needs(Permission.MANAGE_HOUSEHOLD)
def ask_for_check() -> ResponseReturnValue:
    """Ask the commune to check who the household is."""
    if not BareForm().validate():
        raise NotFound
    try:
        with transaction() as session:
            submit_identity(session=session, household_id=own_household_id())
    except Refused as error:
        flash(error.message, "warning")
        return redirect(url_for("sellers.my_household"), 303)
    flash(_("Đã gửi. Cán bộ xã sẽ gặp bạn để xem giấy tờ; chợ không giữ ảnh căn cước."), "success")
    return redirect(url_for("sellers.my_household"), 303)


def _facts(form: PlaceForm) -> HouseholdFacts:
    is_profile = isinstance(form, ProfileForm)
    return HouseholdFacts(
        shown_name=nfc(form.shown_name.data),
        representative=nfc(form.representative.data),
        phone=form.phone.data or "",
        hamlet=nfc(form.hamlet.data),
        address_line=nfc(form.address_line.data or ""),
        pickup_note=nfc(form.pickup_note.data or "") if is_profile else "",
        story=nfc(form.story.data or "") if is_profile else "",
        tax_code=((form.tax_code.data or "").strip() or None) if is_profile else None,
    )


def _find_commune(session: Session, form: NewHouseholdForm) -> tuple[int | None, list[CommuneMatch]]:
    """Return the commune that was picked, or the one that fits what was typed; else what may be meant."""
    code = (request.form.get("picked_code") or form.commune_code.data or "").strip()
    if code:
        try:
            return get_commune_by_code(session, code).id, []
        except NotFound:
            form.commune_code.data = ""
    typed = (form.commune_text.data or "").strip()
    if not typed:
        return None, []
    matches = list(find_communes(session, typed))
    exact = [match for match in matches if fold(match.label) == fold(typed)]
    if len(matches) == 1 or len(exact) == 1:
        return (exact or matches)[0].commune_id, []
    message = (
        _("Có nhiều nơi trùng tên. Hãy chọn đúng xã, phường của bạn ở dưới.")
        if matches
        else _("Chưa tìm thấy nơi này. Hãy gõ tên xã, phường kèm tên huyện cũ hoặc tỉnh.")
    )
    form.commune_text.errors = [*form.commune_text.errors, message]
    return None, matches


def _work_for_own() -> None:
    from flask import session  # noqa: PLC0415 - `session` is the database's name everywhere else here

    session.pop(ACTING_FOR, None)
