"""The sortable sheet for whoever inspects: of a recall, of a lot, or of all lots of the commune made on some days."""

from collections.abc import Collection
from datetime import timedelta

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db
from traceability.forms.recalls import SheetForm
from traceability.queries.graph import list_ancestors, list_descendants
from traceability.queries.lots import get_lot_by_code
from traceability.queries.recall_sources import list_sources
from traceability.queries.recalls import get_recall
from traceability.queries.sheet import list_lots_made, list_sheet_rows
from traceability.rules.sheet import write_sheet
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_commune_id

_MAX_DAYS = 366
_A_MONTH = timedelta(days=30)


@blueprint.get("/xa/thu-hoi/<int:recall_id>/bang-ke.csv")
@needs(Permission.VERIFY)
def recall_sheet(recall_id: int) -> ResponseReturnValue:
    """Download the sheet of a recall: its lots, and all that they came from."""
    session = db.session()
    found = get_recall(session, recall_id, commune_id=own_commune_id())
    return _download({*list_sources(session, found.root_ids), *found.lot_ids}, f"thu-hoi-{found.lot_code}")


@blueprint.get("/xa/lo/<code>/bang-ke.csv")
@needs(Permission.VERIFY)
def lot_sheet(code: str) -> ResponseReturnValue:
    """Download the sheet of a lot, of what it came from and of what was made of it."""
    session = db.session()
    lot = get_lot_by_code(session, code, commune_id=own_commune_id())
    near = list_ancestors(session, [lot.id]) | list_descendants(session, [lot.id])
    return _download({lot.id, *near}, f"lo-{lot.code}")


@blueprint.get("/xa/bang-ke")
@needs(Permission.VERIFY)
def sheet() -> ResponseReturnValue:
    """Ask for which days, and download the sheet of the commune's lots that were made on them."""
    commune_id = own_commune_id()
    form = SheetForm(request.args if "tu" in request.args or "den" in request.args else None)
    status = 200
    if not request.args:
        form.den.data = local_date(utcnow())
        form.tu.data = form.den.data - _A_MONTH
    elif not form.validate():
        status = 422
    elif not timedelta(0) <= form.den.data - form.tu.data <= timedelta(days=_MAX_DAYS):
        form.den.errors = [_("Ngày cuối phải sau ngày đầu, và cách nhau nhiều nhất một năm.")]
        status = 422
    else:
        lots = list_lots_made(db.session(), commune_id, form.tu.data, form.den.data)
        return _download(lots, f"xa-{form.tu.data:%Y%m%d}-{form.den.data:%Y%m%d}")
    return render_template("traceability/sheet.html", form=form, action=url_for("traceability.sheet")), status


def _download(lot_ids: Collection[int], name: str) -> Response:
    text = write_sheet(list_sheet_rows(db.session(), lot_ids))
    return Response(
        text.encode(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="bang-ke-{name}.csv"', "Cache-Control": "no-store"},
    )
