"""Signing in and out, joining, one's own account, and working for a household."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from flask_security import RoleMixin, Security, UserMixin
from flask_security.datastore import UserDatastore
from flask_security.utils import login_user, logout_user

from marketplace.accounts.errors import LoginTaken
from marketplace.accounts.forms import (
    ActingForm,
    HelperForm,
    PasswordForm,
    PersonForm,
    ProfileForm,
    RegisterForm,
    SignInForm,
)
from marketplace.accounts.gate import ACTING_FOR, current_actor, needs
from marketplace.accounts.passwords import hash_password, verify_password
from marketplace.accounts.queries import (
    Person,
    find_person,
    find_person_by_id,
    find_person_by_session,
    list_acting_log,
    list_helped_households,
    list_members,
)
from marketplace.accounts.rules import Actor, Permission, Role
from marketplace.accounts.services import (
    change_password,
    create_user,
    edit_profile,
    grant_helper,
    revoke_helper,
    start_acting,
    stop_acting,
)
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.forms import parse_phone
from marketplace.core.limits import limiter
from marketplace.core.text import nfc

blueprint = Blueprint("accounts", __name__)
_KEPT_AT_SIGN_IN = ("basket", "basket_count")


class SignedIn(UserMixin):
    """A person as Flask-Security knows one. ``fs_uniquifier`` is what the browser's session holds."""

    def __init__(self, person: Person) -> None:
        self.id = person.id
        self.active = person.is_active
        self.fs_uniquifier = person.session_key
        self.password = person.password_hash
        self.roles: list[Any] = []

    #: Flask-Security looks for it on the class.
    fs_uniquifier: str = ""


class _Role(RoleMixin):
    """Roles are ours (``accounts.rules``); Flask-Security only wants a class."""

    name = ""


class Directory(UserDatastore):
    """Lets Flask-Security find people by the key in their session, and nothing else."""

    def __init__(self) -> None:
        super().__init__(SignedIn, _Role)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> SignedIn | None:  # noqa: FBT001, FBT002 - its signature
        """Return the person whose session holds ``fs_uniquifier``."""
        key = kwargs.get("fs_uniquifier")
        person = find_person_by_session(db.session(), str(key)) if key else None
        return SignedIn(person) if person else None


def init_security(app: Flask) -> None:
    """Set Flask-Security up for hashing and sessions; its own pages stay off, ours speak to farmers."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # Argon2 brings its own salt; a second hash with a key would tie every password to SECRET_KEY.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_SALT="unused",  # noqa: S106 - see above
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_CSRF_COOKIE_NAME=None,
        REMEMBER_COOKIE_NAME="cho_que_nho",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=app.config["SESSION_COOKIE_SECURE"],
        REMEMBER_COOKIE_DURATION=60 * 60 * 24 * 60,
    )
    Security(app, Directory(), register_blueprint=False)


def _login_key() -> str:
    return f"login:{(request.form.get('login') or '').strip().lower()[:64]}"


@blueprint.route("/dang-nhap", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
@limiter.limit("20/minute;100/hour", methods=["POST"], key_func=get_remote_address)
@limiter.limit("8/minute;40/hour", methods=["POST"], key_func=_login_key)
def sign_in() -> ResponseReturnValue:
    """Sign in by phone or e-mail address. What was wrong, the number or the password, is never said."""
    form = SignInForm(tiep=request.args.get("tiep", ""))
    if current_actor().is_signed_in and not form.is_submitted():
        return redirect(_home_of(current_actor()), 303)
    if not form.is_submitted():
        return render_template("accounts/sign_in.html", form=form)
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    person = _find(form.login.data)
    # An unknown account costs the same time as a wrong password, and is answered with the same words.
    is_right = verify_password(
        person.password_hash if person and person.is_active else None, form.password.data
    )
    if person is None or not is_right:
        form.form_errors.append(_("Số điện thoại (hay thư) hoặc mật khẩu chưa đúng."))
        return render_template("accounts/sign_in.html", form=form), 422
    _enter(person, remember=form.remember.data)
    return redirect(_safe(form.tiep.data) or url_for("accounts.after_sign_in"), 303)


@blueprint.get("/vao-viec")
@needs(Permission.SIGNED_IN)
def after_sign_in() -> ResponseReturnValue:
    """Lead a person to where his or her work is."""
    return redirect(_home_of(current_actor()), 303)


@blueprint.post("/dang-xuat")
@needs(Permission.PUBLIC)
def sign_out() -> ResponseReturnValue:
    """Sign out; the basket stays."""
    logout_user()
    kept = {name: session[name] for name in _KEPT_AT_SIGN_IN if name in session}
    session.clear()
    session.update(kept)
    return redirect("/", 303)


@blueprint.route("/dang-ky", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
@limiter.limit("10/minute;30/hour", methods=["POST"])
def register() -> ResponseReturnValue:
    """Make an account. A number that has one already is told so; rate limits keep that from becoming a directory."""
    form = RegisterForm(data={"purpose": request.args.get("viec", "buy")})
    if not form.is_submitted():
        return render_template("accounts/register.html", form=form)
    if not form.validate():
        return render_template("accounts/register.html", form=form), 422
    role = {"buy": Role.BUYER, "sell": Role.HOUSEHOLD, "help": Role.HELPER}[form.purpose.data]
    hashed = hash_password(form.password.data)
    try:
        with transaction() as db_session:
            create_user(
                session=db_session,
                name=nfc(form.name.data),
                phone=form.phone.data,
                email=None,
                password_hash=hashed,
                roles={Role.BUYER, role},
                now=utcnow(),
            )
    except LoginTaken as error:
        known = find_person(db.session(), phone=form.phone.data)
        if known is None or not verify_password(known.password_hash, form.password.data):
            form.add_error(error)
            return render_template("accounts/register.html", form=form), 422
    person = find_person(db.session(), phone=form.phone.data)
    if person is None:
        raise NotFound
    _enter(person, remember=False)
    targets = {Role.HOUSEHOLD: "/ho-cua-toi/moi", Role.HELPER: url_for("accounts.acting")}
    return redirect(targets.get(role, "/"), 303)


@blueprint.route("/tai-khoan", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
def account() -> ResponseReturnValue:
    """Show and change one's own account."""
    person = _me()
    form = ProfileForm(data={"name": person.name, "email": person.email})
    if not form.is_submitted():
        return _account_page(person, form=form)
    if not form.validate():
        return _account_page(person, form=form, status=422)
    try:
        with transaction() as db_session:
            edit_profile(
                session=db_session,
                user_id=person.id,
                name=nfc(form.name.data),
                phone=person.phone,
                email=form.email.data or None,
            )
    except DomainError as error:
        form.add_error(error)
        return _account_page(person, form=form, status=422)
    flash(_("Đã lưu."), "success")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/tai-khoan/mat-khau")
@needs(Permission.SIGNED_IN)
@limiter.limit("10/minute")
def new_password() -> ResponseReturnValue:
    """Change the password; every other browser is signed out."""
    person = _me()
    form = PasswordForm()
    if not form.validate_on_submit():
        return _account_page(person, password_form=form, status=422)
    if not verify_password(person.password_hash, form.current.data):
        form.current.errors = [_("Mật khẩu đang dùng chưa đúng.")]
        return _account_page(person, password_form=form, status=422)
    hashed = hash_password(form.password.data)
    with transaction() as db_session:
        change_password(session=db_session, user_id=person.id, password_hash=hashed)
    _enter(_me(person.id), remember=False)
    flash(_("Đã đổi mật khẩu. Các máy khác đã bị đăng xuất."), "success")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/tai-khoan/nguoi-giup")
@needs(Permission.MANAGE_HOUSEHOLD)
def add_helper() -> ResponseReturnValue:
    """Let somebody help one's household."""
    person, actor = _me(), current_actor()
    form = HelperForm()
    if not form.validate_on_submit():
        return _account_page(person, helper_form=form, status=422)
    try:
        with transaction() as db_session:
            grant_helper(
                session=db_session,
                household_id=_household(actor),
                phone=form.phone.data or "",
                granted_by=person.id,
                now=utcnow(),
            )
    except DomainError as error:
        form.add_error(error)
        return _account_page(person, helper_form=form, status=422)
    flash(_("Người này làm hộ được từ bây giờ. Bạn có thể dừng bất cứ lúc nào."), "success")
    return redirect(url_for("accounts.account", _anchor="nguoi-giup"), 303)


@blueprint.post("/tai-khoan/nguoi-giup/dung")
@needs(Permission.MANAGE_HOUSEHOLD)
def end_help() -> ResponseReturnValue:
    """End somebody's help."""
    form = PersonForm()
    if not form.validate_on_submit():
        raise NotFound
    with transaction() as db_session:
        revoke_helper(
            session=db_session,
            household_id=_household(current_actor()),
            user_id=form.user_id.data,
            now=utcnow(),
        )
    flash(_("Người này không làm hộ được nữa."), "success")
    return redirect(url_for("accounts.account", _anchor="nguoi-giup"), 303)


@blueprint.route("/lam-ho", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
def acting() -> ResponseReturnValue:
    """Choose the household to work for, or stop."""
    person = _me()
    if request.method == "GET":
        return render_template(
            "accounts/acting.html", households=list_helped_households(db.session(), person.id)
        )
    form = ActingForm()
    if not form.validate():
        raise NotFound
    household_id = form.household_id.data
    with transaction() as db_session:
        if household_id is None:
            stop_acting(session=db_session, actor=current_actor(), now=utcnow())
        else:
            start_acting(session=db_session, user_id=person.id, household_id=household_id, now=utcnow())
    if household_id is None:
        session.pop(ACTING_FOR, None)
        return redirect(url_for("accounts.acting"), 303)
    session[ACTING_FOR] = household_id
    return redirect("/so-tay", 303)


def _account_page(
    person: Person,
    *,
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    helper_form: HelperForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    actor = current_actor()
    manages = actor.household_id is not None and not actor.is_helper
    page = render_template(
        "accounts/account.html",
        person=person,
        form=form or ProfileForm(formdata=None, data={"name": person.name, "email": person.email}),
        password_form=password_form or PasswordForm(formdata=None),
        helper_form=helper_form or HelperForm(formdata=None),
        members=list_members(db.session(), _household(actor)) if manages else (),
        notes=list_acting_log(db.session(), _household(actor)) if manages else (),
        manages=manages,
    )
    return page, status


def _find(login: str) -> Person | None:
    typed = login.strip()
    if "@" in typed:
        return find_person(db.session(), email=typed)
    try:
        return find_person(db.session(), phone=parse_phone(typed))
    except ValueError:
        return None


def _enter(person: Person, *, remember: bool) -> None:
    """Open a fresh session: nothing that somebody may have planted before survives, the basket aside."""
    kept = {name: session[name] for name in _KEPT_AT_SIGN_IN if name in session}
    session.clear()
    session.update(kept)
    session.permanent = remember
    login_user(SignedIn(person), remember=remember, authn_via=["password"])


def _me(user_id: int | None = None) -> Person:
    person = find_person_by_id(db.session(), user_id or current_actor().user_id or 0)
    if person is None:
        raise NotFound
    return person


def _household(actor: Actor) -> int:
    if actor.household_id is None:
        raise NotFound
    return actor.household_id


def _safe(target: str | None) -> str | None:
    """Return a place on this site, or None: a link of somebody else's must not send people away."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and "\\" not in target else None


def _home_of(actor: Actor) -> str:
    if Role.OPERATOR in actor.roles:
        return "/dieu-hanh"
    if Role.OFFICER in actor.roles:
        return "/xa/cho-xac-nhan"
    if actor.household_id is not None:
        return "/so-tay"
    if Role.HOUSEHOLD in actor.roles:
        return "/ho-cua-toi/moi"
    if Role.HELPER in actor.roles:
        return url_for("accounts.acting")
    return "/don-hang-cua-toi"
