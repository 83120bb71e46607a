"""Nơi nhận tiền: only the household's own people see and change it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.passwords import verify_password
from marketplace.accounts.queries import find_person_by_id
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Refused
from marketplace.core.limits import limiter
from marketplace.core.text import fold
from sellers.forms import PayoutForm
from sellers.queries import find_payout_account, get_household, list_accounts
from sellers.services.payouts import set_payout_account
from sellers.views.blueprint import blueprint
from sellers.views.owner import own_household_id


@blueprint.route("/ho-cua-toi/nhan-tien", methods=["GET", "POST"])
@needs(Permission.MANAGE_HOUSEHOLD)
@limiter.limit("10/hour", methods=["POST"])
def payout() -> ResponseReturnValue:
    """Show and change where the household's money goes. It takes the password again: an open phone is not enough."""
    household_id = own_household_id()
    form = PayoutForm()
    if not form.is_submitted():
        return _page(form, household_id)
    if not form.validate():
        return _page(form, household_id, 422)
    actor = current_actor()
    person = find_person_by_id(db.session(), actor.user_id or 0)
    if person is None or not verify_password(person.password_hash, form.proof.data):
        form.proof.errors = [_("Mật khẩu chưa đúng. Nơi nhận tiền chưa đổi.")]
        return _page(form, household_id, 422)
    try:
        with transaction() as session:
            is_used = set_payout_account(
                session=session,
                household_id=household_id,
                bank_bin=form.bank_bin.data,
                account_number=form.account_number.data,
                # Banks write holders in capitals without marks.
                holder=fold(form.holder.data).upper(),
                actor=actor,
                now=utcnow(),
            )
    except Refused as error:
        form.add_error(error)
        return _page(form, household_id, 422)
    if is_used:
        flash(_("Đã lưu tài khoản nhận tiền. Mọi người của hộ đều được báo."), "success")
    else:
        flash(_("Tài khoản đứng tên khác với người đại diện nên phải chờ xã xem. Tiền vẫn về tài khoản cũ."), "warning")
    return redirect(url_for("sellers.my_household", _anchor="nhan-tien"), 303)


def _page(form: PayoutForm, household_id: int, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "sellers/payout.html",
        form=form,
        household=get_household(session, household_id),
        current=find_payout_account(session, household_id),
        waiting=next((one for one in list_accounts(session, household_id) if one.state == "waiting"), None),
    )
    return page, status
