"""The operator's page of keys with which other systems speak to us."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError
from traceability.forms.api_keys import ApiKeyForm
from traceability.queries.api_keys import list_keys, list_owners
from traceability.services.api_keys import IssuedKey, Scopes, issue_key, revoke_key
from traceability.views.blueprint import blueprint
from traceability.views.owner import show_refusal


@blueprint.get("/dieu-hanh/khoa-ket-noi")
@needs(Permission.OPERATE)
def api_keys() -> ResponseReturnValue:
    """List the keys that other systems hold."""
    return render_template("traceability/api_keys.html", keys=list_keys(db.session()))


@blueprint.route("/dieu-hanh/khoa-ket-noi/moi", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def new_api_key() -> ResponseReturnValue:
    """Issue a key and show it, this once."""
    form = ApiKeyForm()
    form.offer_owners(list_owners(db.session()))
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                return _show_issued(_issue(form))
            except DomainError as error:
                status = show_refusal(form, error)
    return render_template("traceability/new_api_key.html", form=form), status


def _issue(form: ApiKeyForm) -> IssuedKey:
    with transaction() as session:
        return issue_key(
            session=session,
            owner_party=form.owner_party,
            owner_name=form.owner_name.data or "",
            purpose=(form.purpose.data or "").strip(),
            scopes=Scopes(
                may_capture=bool(form.may_capture.data),
                may_query=bool(form.may_query.data),
                may_publish=bool(form.may_publish.data),
            ),
            issued_by=current_actor().party,
            client_key=form.key,
            now=utcnow(),
        )


def _show_issued(issued: IssuedKey) -> ResponseReturnValue:
    return render_template("traceability/issued_api_key.html", issued=issued)


@blueprint.post("/dieu-hanh/khoa-ket-noi/<int:key_id>/thu-hoi")
@needs(Permission.OPERATE)
def revoke_api_key(key_id: int) -> ResponseReturnValue:
    """End a key for good."""
    with transaction() as session:
        revoke_key(session=session, key_id=key_id, now=utcnow())
    flash(_("Khóa này không còn dùng được nữa."), "success")
    return redirect(url_for("traceability.api_keys"), 303)
