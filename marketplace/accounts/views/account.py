"""One's own account: name and login, password, helpers, and what others did for one's household."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.forms import HelperForm, PasswordForm, PersonForm, ProfileForm
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.passwords import hash_password, verify_password
from marketplace.accounts.queries import Person, find_person_by_id, list_acting_log, list_members
from marketplace.accounts.rules import Permission
from marketplace.accounts.services import change_password, edit_profile, grant_helper, revoke_helper
from marketplace.accounts.views.blueprint import blueprint
from marketplace.accounts.views.security import enter
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.forms import format_phone
from marketplace.core.limits import limiter
from marketplace.core.text import nfc


@blueprint.get("/tai-khoan")
@needs(Permission.SIGNED_IN)
def account() -> ResponseReturnValue:
    """Show one's own account."""
    return _page(_me())


@blueprint.post("/tai-khoan")
@needs(Permission.SIGNED_IN)
@limiter.limit("10/minute;40/hour")
def edit_account() -> ResponseReturnValue:
    """Change one's name and login. A new login takes the password, since it opens the account."""
    person = _me()
    form = ProfileForm()
    if not form.validate():
        return _page(person, form=form, status=422)
    email = (form.email.data or "").strip().lower() or None
    phone = form.phone.data or None
    has_new_login = (phone, email) != (person.phone, person.email)
    if has_new_login and not verify_password(person.password_hash, form.proof.data or ""):
        form.proof.errors = [_("Đổi số điện thoại hoặc thư điện tử thì cần nhập đúng mật khẩu đang dùng.")]
        return _page(person, form=form, status=422)
    try:
        with transaction() as session:
            edit_profile(session=session, user_id=person.id, name=nfc(form.name.data), phone=phone, email=email)
    except DomainError as error:
        form.add_error(error)
        return _page(person, form=form, status=422)
    flash(_("Đã lưu thông tin của bạn."), "success")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/tai-khoan/mat-khau")
@needs(Permission.SIGNED_IN)
@limiter.limit("10/minute;40/hour")
def new_password() -> ResponseReturnValue:
    """Change the password; every other browser is signed out."""
    person = _me()
    form = PasswordForm(own=(person.name, format_phone(person.phone or ""), person.email or ""))
    if not form.validate():
        return _page(person, password_form=form, status=422)
    if not verify_password(person.password_hash, form.current.data):
        form.current.errors = [_("Mật khẩu đang dùng chưa đúng.")]
        return _page(person, password_form=form, status=422)
    password_hash = hash_password(form.password.data)
    with transaction() as session:
        change_password(session=session, user_id=person.id, password_hash=password_hash)
    enter(_me(), is_kept=False)
    flash(_("Đã đổi mật khẩu. Các máy khác đang mở tài khoản này đã bị đăng xuất."), "success")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/tai-khoan/nguoi-giup")
@needs(Permission.MANAGE_HOUSEHOLD)
@limiter.limit("10/minute;40/hour")
def add_helper() -> ResponseReturnValue:
    """Let somebody help one's household."""
    person = _me()
    form = HelperForm()
    if not form.validate():
        return _page(person, helper_form=form, status=422)
    try:
        with transaction() as session:
            grant_helper(
                session=session,
                household_id=_own_household_id(),
                phone=form.helper_phone.data or "",
                granted_by=person.id,
                now=utcnow(),
            )
    except DomainError as error:
        form.add_error(error)
        return _page(person, helper_form=form, status=422)
    flash(_("Từ bây giờ người này làm hộ được. Bạn có thể cho dừng bất cứ lúc nào."), "success")
    return redirect(url_for("accounts.account", _anchor="nguoi-giup"), 303)


@blueprint.post("/tai-khoan/nguoi-giup/dung")
@needs(Permission.MANAGE_HOUSEHOLD)
def end_help() -> ResponseReturnValue:
    """End somebody's help."""
    form = PersonForm()
    if not form.validate():
        raise NotFound
    with transaction() as session:
        revoke_helper(session=session, household_id=_own_household_id(), user_id=form.user_id.data, now=utcnow())
    flash(_("Người này không làm hộ được nữa."), "success")
    return redirect(url_for("accounts.account", _anchor="nguoi-giup"), 303)


def _page(
    person: Person,
    *,
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    helper_form: HelperForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    actor = current_actor()
    household_id = None if actor.is_helper else actor.household_id
    profile = {"name": person.name, "phone": person.phone, "email": person.email}
    page = render_template(
        "accounts/account.html",
        person=person,
        form=form or ProfileForm(formdata=None, data=profile),
        password_form=password_form or PasswordForm(formdata=None),
        helper_form=helper_form or HelperForm(formdata=None),
        members=list_members(db.session(), household_id) if household_id is not None else (),
        log=list_acting_log(db.session(), household_id) if household_id is not None else (),
        is_owner=household_id is not None,
    )
    return page, status


def _me() -> Person:
    person = find_person_by_id(db.session(), current_actor().user_id or 0)
    if person is None:
        raise NotFound
    return person


def _own_household_id() -> int:
    household_id = current_actor().household_id
    if household_id is None:
        raise NotFound
    return household_id
