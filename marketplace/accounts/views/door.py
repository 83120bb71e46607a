"""Signing in and out, and joining."""

from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from marketplace.accounts.forms import RegisterForm, SignInForm, read_login
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.passwords import hash_password, is_outdated, verify_password
from marketplace.accounts.queries import find_person
from marketplace.accounts.rules import Actor, Permission, Role
from marketplace.accounts.services import refresh_hash, register_user
from marketplace.accounts.views.blueprint import blueprint
from marketplace.accounts.views.security import enter, leave
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.limits import limiter
from marketplace.core.text import nfc

#: Where a fresh account's login waits for the sign-in form, so that nobody types it twice.
_JUST_JOINED = "just_joined"
_UNPROCESSABLE = 422
_LONGEST_TARGET = 500


def _typed_account() -> str:
    # However the number is written, it is one account and has one allowance.
    phone, email = read_login(request.form.get("login", ""))
    return f"account:{phone or email or 'none'}"


def _has_failed(response: Response) -> bool:
    return response.status_code == _UNPROCESSABLE


@blueprint.route("/dang-nhap", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
@limiter.limit("20/minute;200/hour", methods=["POST"], key_func=get_remote_address)
@limiter.limit("8/minute;30/hour", methods=["POST"], key_func=_typed_account, deduct_when=_has_failed)
def sign_in() -> ResponseReturnValue:
    """Sign in by phone or e-mail address. What was wrong, the login or the password, is never said."""
    form = SignInForm(data={"tiep": request.args.get("tiep", ""), "login": session.get(_JUST_JOINED, "")})
    if not form.is_submitted():
        if current_actor().is_signed_in:
            return redirect(safe_target(form.tiep.data) or _desk_of(current_actor()), 303)
        return render_template("accounts/sign_in.html", form=form)
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    phone, email = read_login(form.login.data)
    person = find_person(db.session(), phone=phone, email=email)
    # An unknown account takes as long as a wrong password, and is answered with the same words.
    is_right = verify_password(person.password_hash if person and person.is_active else None, form.password.data)
    if person is None or not is_right:
        form.password.errors = [_("Số điện thoại, thư điện tử hoặc mật khẩu chưa đúng. Hãy kiểm tra rồi thử lại.")]
        return render_template("accounts/sign_in.html", form=form), 422
    if is_outdated(person.password_hash):
        with transaction() as db_session:
            refresh_hash(session=db_session, user_id=person.id, password_hash=hash_password(form.password.data))
    enter(person, is_kept=form.remember.data)
    return redirect(safe_target(form.tiep.data) or url_for("accounts.after_sign_in"), 303)


@blueprint.get("/vao-viec")
@needs(Permission.SIGNED_IN)
def after_sign_in() -> ResponseReturnValue:
    """Lead a person to where his or her work is."""
    return redirect(_desk_of(current_actor()), 303)


@blueprint.post("/dang-xuat")
@needs(Permission.PUBLIC)
def sign_out() -> ResponseReturnValue:
    """Sign out; the basket stays."""
    leave()
    return redirect("/", 303)


@blueprint.route("/dang-ky", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
@limiter.limit("10/minute;30/hour", methods=["POST"])
def register() -> ResponseReturnValue:
    """Join. Whether the login has an account already is not told: both ways lead to the sign-in page."""
    wanted = request.args.get("viec", "")
    form = RegisterForm(data={"purpose": wanted if wanted in RegisterForm.TARGETS else "mua"})
    if not form.is_submitted():
        return render_template("accounts/register.html", form=form)
    if not form.validate():
        return render_template("accounts/register.html", form=form), 422
    phone, email = read_login(form.login.data)
    password_hash = hash_password(form.password.data)
    with transaction() as db_session:
        register_user(
            session=db_session,
            name=nfc(form.name.data),
            phone=phone,
            email=email,
            password_hash=password_hash,
            now=utcnow(),
        )
    session[_JUST_JOINED] = form.login.data
    flash(
        _(
            "Đã nhận đăng ký. Mời bạn đăng nhập bằng mật khẩu vừa đặt; nếu trước đây đã có tài khoản thì "
            "dùng mật khẩu cũ."
        ),
        "success",
    )
    return redirect(url_for("accounts.sign_in", tiep=RegisterForm.TARGETS[form.purpose.data]), 303)


def safe_target(target: str | None) -> str | None:
    """Return a path on this site, or None: a link of somebody else's must not send people away."""
    if not target or len(target) > _LONGEST_TARGET or not target.startswith("/"):
        return None
    if target.startswith("//") or "\\" in target or any(ord(ch) <= ord(" ") for ch in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def _desk_of(actor: Actor) -> str:
    if Role.OPERATOR in actor.roles:
        return "/dieu-hanh"
    if Role.OFFICER in actor.roles:
        return "/xa/cho-xac-nhan"
    if actor.household_id is not None:
        return "/so-tay"
    if Role.HELPER in actor.roles:
        return url_for("accounts.acting")
    return "/"
