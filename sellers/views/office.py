"""Bàn xã: the households of an officer's commune, who they are and which papers they hold."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import list_helped_households, list_members
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, NotFound, Refused
from sellers.forms import BareForm, ChangeDecisionForm, DecisionForm, IdentityForm
from sellers.queries import (
    HouseholdView,
    get_commune,
    get_household_by_code,
    list_accounts,
    list_certificates,
    list_changes,
    list_commune_certificates,
    list_commune_changes,
    list_commune_households,
    list_identity_checks,
    list_sites,
    list_twins,
    list_waiting_accounts,
)
from sellers.rules import VERIFIED_FIELDS, digest_facts
from sellers.services.certificates import decide_certificate
from sellers.services.household_changes import decide_change
from sellers.services.households import check_identity, suspend_household
from sellers.services.payouts import decide_payout_account
from sellers.views.blueprint import blueprint

_ACCEPTED = "dat"


@blueprint.get("/xa/ho")
@needs(Permission.VERIFY)
def office() -> ResponseReturnValue:
    """List the households of the officer's commune, and the papers that wait."""
    commune_id = _commune_id()
    session = db.session()
    return render_template(
        "sellers/office.html",
        commune=get_commune(session, commune_id),
        households=list_commune_households(session, commune_id),
        waiting=list_commune_certificates(session, commune_id),
        changes=list_commune_changes(session, commune_id),
        accounts=list_waiting_accounts(session, commune_id),
    )


@blueprint.get("/xa/ho/<code>")
@needs(Permission.VERIFY)
def office_household(code: str) -> ResponseReturnValue:
    """Show a household of the commune with what an officer may do."""
    return _page(_household(code))


@blueprint.post("/xa/ho/<code>/xac-minh")
@needs(Permission.VERIFY)
def check_household(code: str) -> ResponseReturnValue:
    """Write down that the officer has made sure who a household is, or why not."""
    household = _household(code)
    form = IdentityForm()
    if not form.validate():
        return _page(household, form=form, status=422)
    actor = current_actor()
    is_accepted = form.decision.data == _ACCEPTED
    try:
        with transaction() as session:
            check_identity(
                session=session,
                household_id=household.id,
                officer=actor,
                method=form.method.data,
                number=form.number.data or "",
                is_accepted=is_accepted,
                reason=form.reason.data or "",
                own_household_ids=_own_household_ids(),
                now=utcnow(),
                seen=form.seen.data or "",
            )
    except Refused as error:
        form.add_error(error)
        return _page(household, form=form, status=422)
    flash(
        _("Đã xác minh hộ %(name)s.", name=household.shown_name)
        if is_accepted
        else _("Đã trả hồ sơ cho hộ %(name)s kèm lý do.", name=household.shown_name),
        "success",
    )
    return redirect(url_for("sellers.office_household", code=code), 303)


@blueprint.post("/xa/ho/<code>/thay-doi")
@needs(Permission.VERIFY)
def check_change(code: str) -> ResponseReturnValue:
    """Put new words of a verified household in force, or send them back."""
    household = _household(code)
    form = ChangeDecisionForm()
    if not form.validate():
        return _page(household, change_form=form, status=422)
    try:
        with transaction() as session:
            decide_change(
                session=session,
                household_id=household.id,
                change_id=form.subject_id.data,
                officer=current_actor(),
                is_accepted=form.decision.data == _ACCEPTED,
                reason=form.reason.data or "",
                own_household_ids=_own_household_ids(),
                now=utcnow(),
            )
    except (Refused, Conflict) as error:
        form.form_errors.append(error.message)
        return _page(household, change_form=form, status=422)
    flash(_("Đã ghi quyết định. Hộ được báo."), "success")
    return redirect(url_for("sellers.office_household", code=code), 303)


@blueprint.post("/xa/ho/<code>/nhan-tien")
@needs(Permission.VERIFY)
def check_account(code: str) -> ResponseReturnValue:
    """Let a household's money go to an account in another name, or send it back."""
    household = _household(code)
    form = ChangeDecisionForm()
    if not form.validate():
        return _page(household, account_form=form, status=422)
    try:
        with transaction() as session:
            decide_payout_account(
                session=session,
                household_id=household.id,
                account_id=form.subject_id.data,
                officer=current_actor(),
                is_accepted=form.decision.data == _ACCEPTED,
                reason=form.reason.data or "",
                own_household_ids=_own_household_ids(),
                now=utcnow(),
            )
    except (Refused, Conflict) as error:
        form.form_errors.append(error.message)
        return _page(household, account_form=form, status=422)
    flash(_("Đã ghi quyết định. Hộ được báo."), "success")
    return redirect(url_for("sellers.office_household", code=code), 303)


@blueprint.post("/xa/ho/<code>/chung-nhan")
@needs(Permission.VERIFY)
def check_certificate(code: str) -> ResponseReturnValue:
    """Accept a household's certificate or send it back."""
    household = _household(code)
    form = DecisionForm()
    known = {item.id for item in list_certificates(db.session(), household.id)}
    if form.certificate_id.data not in known:
        raise NotFound
    if not form.validate():
        return _page(household, decision=form, status=422)
    try:
        with transaction() as session:
            decide_certificate(
                session=session,
                certificate_id=form.certificate_id.data,
                officer=current_actor(),
                is_accepted=form.decision.data == _ACCEPTED,
                reason=form.reason.data or "",
                now=utcnow(),
            )
    except Refused as error:
        form.reason.errors = [*form.reason.errors, error.message]
        return _page(household, decision=form, status=422)
    flash(_("Đã ghi ý kiến về giấy chứng nhận."), "success")
    return redirect(url_for("sellers.office_household", code=code, _anchor="chung-nhan"), 303)


@blueprint.post("/xa/ho/<code>/tam-khoa")
@needs(Permission.VERIFY)
def suspend(code: str) -> ResponseReturnValue:
    """Bar a household from selling, or let it sell again."""
    household = _household(code)
    if not BareForm().validate():
        raise NotFound
    try:
        with transaction() as session:
            suspend_household(session=session, household_id=household.id, is_suspended=household.is_verified)
    except DomainError as error:
        flash(error.message, "warning")
    else:
        flash(
            _("Đã tạm khóa hộ. Hàng của hộ không bán được nữa.")
            if household.is_verified
            else _("Đã mở lại cho hộ bán hàng."),
            "success",
        )
    return redirect(url_for("sellers.office_household", code=code), 303)


def _page(
    household: HouseholdView,
    *,
    form: IdentityForm | None = None,
    decision: DecisionForm | None = None,
    change_form: ChangeDecisionForm | None = None,
    account_form: ChangeDecisionForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    session = db.session()
    form = form or IdentityForm(formdata=None)
    # What the officer reads on this very page.
    form.seen.data = digest_facts({name: getattr(household, name) for name in VERIFIED_FIELDS})
    page = render_template(
        "sellers/office_household.html",
        household=household,
        form=form,
        decision=decision,
        change_form=change_form,
        account_form=account_form,
        changes=list_changes(session, household.id),
        accounts=list_accounts(session, household.id),
        twins=list_twins(session, household.id) if household.state == "identity_pending" else (),
        members=list_members(session, household.id),
        checks=list_identity_checks(session, household.id),
        certificates=list_certificates(session, household.id),
        sites=list_sites(session, household.id),
        today=local_date(utcnow()),
    )
    return page, status


def _own_household_ids() -> frozenset[int]:
    mine = list_helped_households(db.session(), current_actor().user_id or 0)
    return frozenset(item.household_id for item in mine)


def _commune_id() -> int:
    commune_id = current_actor().commune_id
    if commune_id is None:
        raise NotFound
    return commune_id


def _household(code: str) -> HouseholdView:
    household = get_household_by_code(db.session(), code)
    if household.commune_id != _commune_id():
        raise NotFound
    return household
