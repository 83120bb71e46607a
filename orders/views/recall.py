"""Whom a recall reaches: for the officer's page, and one action that writes to every buyer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from orders.queries.recall import Reached, list_reached, sum_sold
from orders.services.cancel_order import warn_buyers
from orders.views.blueprint import blueprint
from traceability.queries.recalls import RecallView, get_recall


@blueprint.app_context_processor
def offer_reach() -> dict[str, Any]:
    """Let the officer's recall page ask whom the recall reaches."""
    return {"recall_reach": _reach, "recall_sold": _sold}


def _reach(recall: RecallView) -> Sequence[Reached]:
    return list_reached(db.session(), recall.lot_ids)


def _sold(recall: RecallView) -> Mapping[int, Decimal]:
    return sum_sold(db.session(), recall.lot_ids)


@blueprint.post("/xa/thu-hoi/<int:recall_id>/bao-nguoi-mua")
@needs(Permission.VERIFY)
def warn(recall_id: int) -> ResponseReturnValue:
    """Write to every buyer of the recalled lots. Asking twice writes once."""
    session = db.session()
    recall = get_recall(session, recall_id)
    if recall.commune_id != current_actor().commune_id or recall.is_drill:
        raise NotFound
    buyers = len({reached.order_id for reached in list_reached(session, recall.lot_ids)})
    session.rollback()
    with transaction() as changing:
        warn_buyers(session=changing, recall_id=recall.id, lot_ids=recall.lot_ids)
    flash(
        ngettext(
            "Đang gửi thư cho %(num)s đơn hàng có lô này.",
            "Đang gửi thư cho %(num)s đơn hàng có lô này.",
            buyers,
        ),
        "success",
    )
    return redirect(url_for("traceability.recall", recall_id=recall_id), 303)
