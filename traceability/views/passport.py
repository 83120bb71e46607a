"""The page behind a QR code: what, where, who, every step, who verified, and the way to the door."""

import io

import segno
from flask import Response, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.limits import limiter
from sellers.queries import get_site, list_household_cards, list_valid_certificates
from traceability.queries.chain import check_chain
from traceability.queries.lots import LotView, find_lot_by_code
from traceability.queries.recalls import find_recall_of_lot
from traceability.queries.story import count_parcels, list_story
from traceability.rules.lots import LotState
from traceability.views.blueprint import blueprint
from traceability.views.steps import make_steps, parcel_steps

_UNKNOWN = "Không có lô hàng nào mang mã này. Hãy kiểm tra lại từng chữ số in trên gói hàng."
_DAY_S = 86_400


def _get(code: str) -> LotView:
    lot = find_lot_by_code(db.session(), code)
    if lot is None:
        raise NotFound("lot_not_found", _UNKNOWN)
    return lot


@blueprint.get("/lo/<code>")
@needs(Permission.PUBLIC)
@limiter.limit("120/minute")
def passport(code: str) -> ResponseReturnValue:
    """Show a lot's history to everybody."""
    lot = _get(code)
    if lot.code != code:
        return redirect(url_for("traceability.passport", code=lot.code), 301)
    session = db.session()
    today = local_date(utcnow())
    story = list_story(session, lot)
    cards = list_household_cards(session, [lot.household_id])
    return render_template(
        "traceability/passport.html",
        lot=lot,
        household=cards[0] if cards else None,
        site=get_site(session, lot.site_id),
        certificates=list_valid_certificates(session, [lot.household_id], today),
        steps=make_steps(story, is_public=True) + parcel_steps(count_parcels(session, lot.id)),
        verified=next((r for r in reversed(story) if r.kind == "verification" and r.details.get("decision") == "verified"), None),
        recall=find_recall_of_lot(session, lot.id) if lot.state == LotState.RECALLED else None,
        chain=check_chain(session, lot.household_id),
        is_expired=lot.best_before_on is not None and lot.best_before_on < today,
        records=len(story),
    )


@blueprint.get("/l/<code>")
@needs(Permission.PUBLIC)
def short_passport(code: str) -> ResponseReturnValue:
    """Lead from the short address in a QR code to the lot's page."""
    return redirect(url_for("traceability.passport", code=_get(code).code), 302)


@blueprint.get("/lo/<code>/qr.svg")
@needs(Permission.PUBLIC)
def passport_qr(code: str) -> Response:
    """Draw the QR code of a lot: its short address, level M so that a creased sticker still reads."""
    lot = _get(code)
    address = f"{current_app.config['PUBLIC_URL']}{url_for('traceability.short_passport', code=lot.code)}"
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="svg", scale=8, border=4, light="#fff")
    response = Response(picture.getvalue(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = f"public, max-age={_DAY_S}"
    return response
