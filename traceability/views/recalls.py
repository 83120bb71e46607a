"""Recalls and their drills, on the commune's desk."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import get_title
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError
from sellers.queries import list_household_cards
from traceability.forms.diary import RecallForm
from traceability.queries.graph import list_descendants
from traceability.queries.lots import LotView, get_lot_by_code, list_lots
from traceability.queries.recalls import get_recall, list_recalls
from traceability.services.recalls import recall_lot
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_commune_id, show_refusal


@blueprint.get("/xa/thu-hoi")
@needs(Permission.VERIFY)
def recalls() -> ResponseReturnValue:
    """List the commune's recalls and drills."""
    return render_template("traceability/recalls.html", recalls=list_recalls(db.session(), own_commune_id()))


@blueprint.route("/xa/thu-hoi/moi", methods=["GET", "POST"])
@needs(Permission.VERIFY)
def new_recall() -> ResponseReturnValue:
    """Show how far a lot has spread, then recall it or rehearse that."""
    session = db.session()
    code = request.args.get("lo", "").strip()
    if not code:
        return render_template("traceability/recall_which.html")
    lot = get_lot_by_code(session, code, commune_id=own_commune_id())
    form = RecallForm()
    status = 200
    if not form.is_submitted():
        form.kind.data = "drill"
    elif not form.validate():
        status = 422
    else:
        try:
            with transaction() as changing:
                begun = recall_lot(
                    session=changing,
                    lot_id=lot.id,
                    officer=current_actor(),
                    officer_title=get_title(changing, current_actor().user_id or 0),
                    reason=form.reason.data or "",
                    instruction=form.instruction.data or "",
                    is_drill=form.kind.data == "drill",
                    key=form.key,
                    now=utcnow(),
                )
            return redirect(url_for("traceability.recall", recall_id=begun.id), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    lots = _sorted(list_lots(session, {lot.id} | list_descendants(session, [lot.id])))
    page = render_template(
        "traceability/new_recall.html",
        form=form,
        lot=lot,
        lots=lots,
        households={card.id: card for card in list_household_cards(session, {one.household_id for one in lots})},
    )
    return page, status


@blueprint.get("/xa/thu-hoi/<int:recall_id>")
@needs(Permission.VERIFY)
def recall(recall_id: int) -> ResponseReturnValue:
    """Show a recall: every lot it reached, and, from the orders, every buyer."""
    session = db.session()
    found = get_recall(session, recall_id, commune_id=own_commune_id())
    lots = _sorted(list_lots(session, found.lot_ids))
    return render_template(
        "traceability/recall.html",
        recall=found,
        lots=lots,
        households={card.id: card for card in list_household_cards(session, {one.household_id for one in lots})},
    )


def _sorted(lots: dict[int, LotView]) -> list[LotView]:
    return [lots[lot_id] for lot_id in sorted(lots)]
