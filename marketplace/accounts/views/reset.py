"""Forgotten passwords: the operator, who confirms nothing about goods, gives out a new one by telephone.

Officers cannot: whoever can enter a household's account could verify what he or she entered there.
"""

import structlog
from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.forms import ResetForm, read_login
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.passwords import hash_password
from marketplace.accounts.queries import find_person, load_actor
from marketplace.accounts.rules import Permission, Role
from marketplace.accounts.services import change_password
from marketplace.accounts.views.blueprint import blueprint
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.ids import new_code
from marketplace.core.limits import limiter
from marketplace.core.notices import put_on_desk

_GROUP = 5
log = structlog.get_logger(__name__)


@blueprint.route("/dieu-hanh/mat-khau", methods=["GET", "POST"])
@needs(Permission.OPERATE)
@limiter.limit("10/minute;60/hour", methods=["POST"])
def reset_password() -> ResponseReturnValue:
    """Give somebody a new password, shown once; every session of the account ends."""
    form = ResetForm()
    if not form.is_submitted():
        return render_template("accounts/reset.html", form=form)
    if not form.validate():
        return render_template("accounts/reset.html", form=form), 422
    phone, email = read_login(form.login.data)
    person = find_person(db.session(), phone=phone, email=email)
    if person is None or not person.is_active:
        form.login.errors = [_("Không có tài khoản nào dùng số hoặc thư này.")]
        return render_template("accounts/reset.html", form=form), 422
    if Role.OPERATOR in load_actor(db.session(), person.id).roles:
        form.login.errors = [_("Tài khoản điều hành không đặt lại được ở đây.")]
        return render_template("accounts/reset.html", form=form), 422
    code = new_code(2 * _GROUP - 1).lower()
    password = f"{code[:_GROUP]}-{code[_GROUP:]}"
    password_hash = hash_password(password)
    with transaction() as session:
        session_key = change_password(session=session, user_id=person.id, password_hash=password_hash)
        put_on_desk(
            session,
            key=f"password-reset:{session_key[:16]}:{person.id}",
            user_id=person.id,
            subject=_("Mật khẩu của bạn đã được đặt lại"),
            text=_("Người điều hành chợ đã đặt lại mật khẩu theo yêu cầu. Hãy đổi sang mật khẩu của riêng bạn."),
            link="/tai-khoan",
            now=utcnow(),
        )
    log.info("password_reset", user_id=person.id, by=current_actor().user_id)
    return render_template("accounts/reset.html", form=ResetForm(formdata=None), person=person, password=password)
