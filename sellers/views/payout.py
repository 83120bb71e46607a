"""Nơi nhận tiền: only the household's own people see and change it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Refused
from marketplace.core.limits import limiter
from marketplace.core.text import fold
from sellers.forms import PayoutForm
from sellers.queries import find_payout_account
from sellers.services.households import set_payout_account
from sellers.views.blueprint import blueprint
from sellers.views.owner import own_household_id


@blueprint.route("/ho-cua-toi/nhan-tien", methods=["GET", "POST"])
@needs(Permission.MANAGE_HOUSEHOLD)
@limiter.limit("10/hour", methods=["POST"])
def payout() -> ResponseReturnValue:
    """Show and change where the household's money goes."""
    household_id = own_household_id()
    current = find_payout_account(db.session(), household_id)
    form = PayoutForm()
    if not form.is_submitted():
        return render_template("sellers/payout.html", form=form, current=current)
    if not form.validate():
        return render_template("sellers/payout.html", form=form, current=current), 422
    try:
        with transaction() as session:
            set_payout_account(
                session=session,
                household_id=household_id,
                bank_bin=form.bank_bin.data,
                account_number="".join(form.account_number.data.split()).replace("-", ""),
                # Banks write holders in capitals without marks.
                holder=fold(form.holder.data).upper(),
                actor=current_actor(),
                now=utcnow(),
            )
    except Refused as error:
        form.add_error(error)
        return render_template("sellers/payout.html", form=form, current=current), 422
    flash(_("Đã lưu tài khoản nhận tiền."), "success")
    return redirect(url_for("sellers.my_household", _anchor="nhan-tien"), 303)
