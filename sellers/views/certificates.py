"""Giấy chứng nhận: handed in by a household for its commune to look at."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound, Refused
from marketplace.core.registry import resolve
from marketplace.core.text import nfc
from sellers.forms import BareForm, CertificateForm
from sellers.ports import FieldDiary
from sellers.queries import list_sites
from sellers.services.certificates import CertificateFacts, add_certificate, withdraw_certificate
from sellers.views.blueprint import blueprint
from sellers.views.owner import keep_photo, own_household_id


@blueprint.route("/ho-cua-toi/chung-nhan/moi", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def new_certificate() -> ResponseReturnValue:
    """Hand in a certificate. It shows nowhere until an officer has seen it."""
    form = CertificateForm()
    own = own_household_id()
    form.offer(resolve(FieldDiary).list_made(db.session(), own), list_sites(db.session(), own))
    if not form.is_submitted():
        return render_template("sellers/certificate.html", form=form, kept=None)
    kept = keep_photo(form)
    photo_errors = list(form.photo.errors)
    is_valid = form.validate()
    if kept is None and not photo_errors:
        photo_errors = [_("Hãy chụp rõ cả tờ giấy để cán bộ xã đối chiếu.")]
    form.photo.errors = [*form.photo.errors, *photo_errors]
    if not is_valid or photo_errors:
        return render_template("sellers/certificate.html", form=form, kept=kept), 422
    facts = CertificateFacts(
        kind=form.kind.data,
        number=nfc(form.number.data),
        issuer=nfc(form.issuer.data),
        issued_on=form.issued_on.data or local_date(utcnow()),
        expires_on=form.expires_on.data,
        stars=int(form.stars.data) if form.stars.data else None,
        scope=nfc(form.scope.data or ""),
        covers=form.covers,
    )
    try:
        with transaction() as session:
            add_certificate(
                session=session,
                household_id=own,
                facts=facts,
                photo_sha256=kept,
                actor=current_actor(),
                form_key=form.key,
            )
    except Refused as error:
        form.add_error(error)
        return render_template("sellers/certificate.html", form=form, kept=kept), 422
    flash(_("Đã gửi giấy chứng nhận. Giấy hiện ra ngoài chợ sau khi cán bộ xã đối chiếu."), "success")
    return redirect(url_for("sellers.my_household", _anchor="chung-nhan"), 303)


@blueprint.post("/ho-cua-toi/chung-nhan/<int:certificate_id>/rut")
@needs(Permission.KEEP_DIARY)
def take_certificate_back(certificate_id: int) -> ResponseReturnValue:
    """Take a certificate back; pressing twice changes nothing."""
    if not BareForm().validate():
        raise NotFound
    with transaction() as session:
        withdraw_certificate(session=session, household_id=own_household_id(), certificate_id=certificate_id)
    flash(_("Đã rút giấy này. Giấy không còn hiện ngoài chợ."), "success")
    return redirect(url_for("sellers.my_household", _anchor="chung-nhan"), 303)
