"""What the log says of a household's own facts, to check it by; and the operator's page of officers' keys."""

import re

from flask import Response, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.core.registry import resolve
from sellers.forms import BareForm
from sellers.queries import get_household_by_code
from traceability.ports import Signatory
from traceability.queries.master_data import list_keys, list_versions
from traceability.services.log import revoke_keys_of
from traceability.views.blueprint import blueprint

_PARTY = re.compile(r"[0-9A-Za-z]{26}")
REASONS = {"account_closed": "Tài khoản đã đóng", "operator": "Người điều hành thu hồi"}


@blueprint.get("/ho/<code>/ho-so-da-niem-phong.json")
@needs(Permission.PUBLIC)
def master_versions(code: str) -> Response:
    """Return every version of a household's public facts with its salt: SHA-256(salt || content) is in the log."""
    household = get_household_by_code(db.session(), code)
    return jsonify(
        household=household.code,
        versions=[
            {
                "subject": one.subject,
                "name": one.name,
                "version": one.version,
                "status": one.status or None,
                "commit": one.commitment,
                "content": one.content,
                "salt": one.salt,
                "place": one.place,
                "recordedAt": one.recorded_at.isoformat(),
                "erasedAt": one.erased_at.isoformat() if one.erased_at else None,
            }
            for one in list_versions(db.session(), household.id)
        ],
    )


@blueprint.get("/dieu-hanh/khoa-can-bo")
@needs(Permission.OPERATE)
def keys() -> ResponseReturnValue:
    """List officers' signing keys."""
    return render_template("traceability/keys.html", keys=list_keys(db.session()), reasons=REASONS)


@blueprint.post("/dieu-hanh/khoa-can-bo/<party>/thu-hoi")
@needs(Permission.OPERATE)
def revoke_keys(party: str) -> ResponseReturnValue:
    """Revoke the keys of an officer; pressing twice logs once. An officer who may still decide gets a new key."""
    if not BareForm().validate() or not _PARTY.fullmatch(party):
        raise NotFound
    with transaction() as session:
        count = revoke_keys_of(
            session,
            party=party,
            by=current_actor().party,
            reason="operator",
            signatory=resolve(Signatory),
            now=utcnow(),
        )
    flash(
        _("Đã thu hồi khóa. Chữ ký trước đó vẫn giữ nguyên giá trị.") if count else _("Không còn khóa nào để thu hồi."),
        "success" if count else "info",
    )
    return redirect(url_for("traceability.keys"), 303)
