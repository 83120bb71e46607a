"""Whom a recall reaches: for the officer's page and report, as a list to phone, and one action that writes to all."""

import csv
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from logistics.queries import Standing, list_standings
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.core.forms import format_phone
from marketplace.core.notices import NoticeSums, sum_up_notices
from marketplace.core.quantity import format_quantity
from orders.queries.recall import (
    DrillView,
    Reached,
    ReachFigures,
    count_reached,
    find_drill,
    list_letter_keys,
    list_reached,
)
from orders.services.cancel_order import warn_buyers
from orders.views.blueprint import blueprint
from traceability.queries.recalls import RecallView, get_recall
from traceability.rules.sheet import guard_cell

#: More lines than anybody reads on a page; the list to download has all of them.
_SHOWN = 200
_CONTACT_HEADER = ("Đơn", "Kiện", "Người mua", "Điện thoại", "Thư điện tử", "Nơi nhận", "Hàng", "Lô", "Số lượng",
                   "Đơn đang", "Bưu gửi", "Gọi về")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a recall reaches, as its page shows it. ``took_ms`` is how long finding them took."""

    figures: ReachFigures
    lines: Sequence[Reached]
    parcels: Mapping[str, Standing]
    letters: NoticeSums
    drill: DrillView | None
    took_ms: int

    @property
    def hidden(self) -> bool:
        """Whether there are more lines than shown."""
        return len(self.lines) >= _SHOWN


@blueprint.app_context_processor
def offer_reach() -> dict[str, Any]:
    """Let the officer's pages of a recall ask whom it reaches."""
    return {"recall_reach": _reach}


def _reach(recall: RecallView) -> Reach:
    session = db.session()
    began = time.perf_counter()
    figures = count_reached(session, recall)
    lines = list_reached(session, recall, limit=_SHOWN)
    parcels = list_standings(session, [line.consignment_number for line in lines])
    took_ms = round((time.perf_counter() - began) * 1000)
    return Reach(
        figures=figures,
        lines=lines,
        parcels=parcels,
        letters=sum_up_notices(session, list_letter_keys(session, recall)),
        drill=find_drill(session, recall.id) if recall.is_drill else None,
        took_ms=took_ms,
    )


@blueprint.post("/xa/thu-hoi/<int:recall_id>/bao-nguoi-mua")
@needs(Permission.VERIFY)
def warn(recall_id: int) -> ResponseReturnValue:
    """Write to every buyer of the recalled lots. Asking twice writes once."""
    with transaction() as session:
        recall = get_recall(session, recall_id, commune_id=_own_commune())
        if recall.is_drill:
            raise NotFound
        keys = list_letter_keys(session, recall)
        missing = len(keys) - sum_up_notices(session, keys).queued
        warn_buyers(session=session, recall=recall)
    if missing:
        flash(_("Đang gửi %(num)s thư. Ai đã nhận thư với lời này rồi thì không nhận lại.", num=missing), "success")
    else:
        flash(_("Mọi người mua để lại thư điện tử đều đã được gửi thư này, nên chợ không gửi lại."), "info")
    return redirect(url_for("traceability.recall", recall_id=recall_id) + "#nguoi-mua", 303)


@blueprint.get("/xa/thu-hoi/<int:recall_id>/nguoi-mua.csv")
@needs(Permission.VERIFY)
def contacts(recall_id: int) -> ResponseReturnValue:
    """Download everybody to be told, with telephone and address: for the officers who phone."""
    session = db.session()
    recall = get_recall(session, recall_id, commune_id=_own_commune())
    lines = list_reached(session, recall)
    parcels = list_standings(session, {line.consignment_number for line in lines})
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_CONTACT_HEADER)
    for line in lines:
        parcel = parcels.get(line.consignment_number)
        cells = (
            line.order_number,
            line.consignment_number,
            line.buyer_name,
            format_phone(line.buyer_phone),
            line.buyer_email or "",
            f"{line.commune_name}, {line.province_name}",
            line.product_name,
            line.lot_code,
            format_quantity(line.quantity, line.unit),
            line.label,
            parcel.state_label if parcel else "",
            (parcel.call_back_label or "") if parcel else "",
        )
        writer.writerow([guard_cell(cell) for cell in cells])
    name = f"nguoi-mua-{recall.lot_code}.csv"
    return Response(
        ("\ufeff" + text.getvalue()).encode(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _own_commune() -> int:
    commune_id = current_actor().commune_id
    if commune_id is None:
        raise NotFound
    return commune_id
