"""QR codes, and sheets of stickers to print and cut."""

import io
import uuid

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from sellers.queries import get_household
from traceability.forms.diary import StepForm
from traceability.queries.gs1_numbers import find_lot_gtin
from traceability.queries.lots import LotView, find_lot_by_code
from traceability.queries.scans import list_sheet
from traceability.queries.story import list_story
from traceability.queries.things import find_pack
from traceability.rules.lots import LotState
from traceability.rules.stickers import DEFAULT_SIZE, MAX_SHEETS, QUIET_MODULES, SIZES, draw_qr, sticker_path
from traceability.rules.templates import TREATMENTS
from traceability.services.packs import issue_packs
from traceability.views.blueprint import blueprint
from traceability.views.lots import own_lot
from traceability.views.owner import own_household_id

_MAX_TYPED = 40
_DAY_S = 86_400
_NO_SPRAYS = frozenset({"processed", "craft"})
_UNSAFE = frozenset({LotState.HELD, LotState.RECALLED})


@blueprint.get("/lo/<code>/qr.svg")
@needs(Permission.PUBLIC)
def passport_qr(code: str) -> ResponseReturnValue:
    """Draw the QR code of a lot, or of one of its packs (``so``)."""
    session = db.session()
    lot = find_lot_by_code(session, code)
    serial = request.args.get("so", "")
    pack = find_pack(session, serial) if serial else None
    if lot is None or (serial and (pack is None or pack[1] != lot.id)):
        return render_template("traceability/no_lot.html", typed=code[:_MAX_TYPED], is_asked=True), 404
    drawn = io.BytesIO()
    qr = draw_qr(_root() + sticker_path(lot.code, gtin=find_lot_gtin(session, lot.id), serial=serial))
    qr.save(drawn, kind="svg", border=QUIET_MODULES, scale=4, omitsize=True, light="#fff")
    response = Response(drawn.getvalue(), mimetype="image/svg+xml")
    response.cache_control.public = True
    response.cache_control.max_age = _DAY_S
    return response


@blueprint.get("/so-tay/lo/<code>/tem")
@needs(Permission.KEEP_DIARY)
def stickers(code: str) -> ResponseReturnValue:
    """Lay out sheets of stickers in a size, all alike or (``bo``) each with the number of its pack."""
    found = own_lot(code)
    session = db.session()
    size = SIZES.get(request.args.get("co", ""), SIZES[DEFAULT_SIZE])
    serials = list_sheet(session, found.id, _read_key(request.args.get("bo", "")))
    sheets = _read_sheets(request.args.get("to", ""))
    gtin = find_lot_gtin(session, found.id) if serials else None
    numbers = list(serials) or [""] * (size.count * sheets)
    return render_template(
        "traceability/stickers.html",
        lot=found,
        household=get_household(session, found.household_id),
        size=size,
        sizes=SIZES.values(),
        sheets=sheets,
        max_sheets=MAX_SHEETS,
        pages=[numbers[start : start + size.count] for start in range(0, len(numbers), size.count)],
        pictures={number: _picture(found, gtin, number) for number in set(numbers)},
        is_safe=found.state not in _UNSAFE,
        is_patient=_has_waited(session, found),
        form_key=uuid.uuid4(),
    )


@blueprint.post("/so-tay/lo/<code>/tem")
@needs(Permission.KEEP_DIARY)
def number_stickers(code: str) -> ResponseReturnValue:
    """Give each sticker of the sheets a number of its own, then show them."""
    found = own_lot(code)
    form = StepForm()
    size = SIZES.get(request.form.get("co", ""), SIZES[DEFAULT_SIZE])
    sheets = _read_sheets(request.form.get("to", ""))
    back = url_for("traceability.stickers", code=found.code, co=size.code, to=sheets)
    if not form.validate():
        flash(_("Biểu mẫu đã cũ. Hãy bấm lại lần nữa."), "warning")
        return redirect(back, 303)
    try:
        with transaction() as session:
            issue_packs(
                session=session,
                household_id=own_household_id(),
                lot_id=found.id,
                count=size.count * sheets,
                actor=current_actor(),
                key=form.key,
                now=utcnow(),
            )
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "warning")
        return redirect(back, 303)
    return redirect(f"{back}&bo={form.key}", 303)


def _root() -> str:
    return str(current_app.config["PUBLIC_URL"]).rstrip("/")


def _picture(lot: LotView, gtin: str | None, serial: str) -> str:
    """Return where the picture of a sticker's code is: one for all, or drawn into the page for a pack."""
    if not serial:
        return url_for("traceability.passport_qr", code=lot.code)
    qr = draw_qr(_root() + sticker_path(lot.code, gtin=gtin, serial=serial))
    return qr.svg_data_uri(border=QUIET_MODULES, scale=4, omitsize=True, light="#fff")


def _has_waited(session: Session, lot: LotView) -> bool | None:
    """Say whether the diary has treatments, all with their waiting period kept; False: none at all, None: no word."""
    if lot.template in _NO_SPRAYS or lot.hold_reason is not None:
        return None
    return any(one.is_in_force and one.kind in TREATMENTS for one in list_story(session, lot))


def _read_sheets(typed: str) -> int:
    return int(typed) if typed in {str(number) for number in range(1, MAX_SHEETS + 1)} else 1


def _read_key(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return uuid.UUID(int=0)
