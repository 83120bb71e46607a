"""Recalls and their drills, on the commune's desk: the list, the beginning, what has to be done, what else is near."""

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import get_title
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.registry import resolve
from sellers.queries import HouseholdCard, list_household_cards
from traceability.forms.diary import StepForm
from traceability.forms.recalls import RecallForm, RecallStepForm
from traceability.ports import Sales, Signatory
from traceability.queries.graph import list_descendants
from traceability.queries.lots import LotView, get_lot_by_code, list_lots
from traceability.queries.recall_sources import (
    MAX_SUGGESTIONS,
    Suggestion,
    list_source_inputs,
    list_source_seasons,
    list_sources,
    list_suggestions,
)
from traceability.queries.recall_work import list_additions, list_done
from traceability.queries.recalls import RecallView, get_recall, list_recalls
from traceability.rules.recalls import read_clock, tell_duties
from traceability.rules.templates import INCOMING_LABELS, WORK_LABELS
from traceability.services.recall_work import NoticeText, note_step, write_notice
from traceability.services.recalls import add_to_recall, recall_lot
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_commune_id, show_refusal


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A lot that shares something with the recall, ready to be shown. ``can_add`` is False for other communes' lots."""

    lot: LotView
    suggestion: Suggestion
    can_add: bool


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
    try:
        lot = get_lot_by_code(session, code, commune_id=own_commune_id())
    except NotFound:
        return render_template("traceability/recall_which.html", wrong=code), 404
    form = RecallForm()
    status, asks = 200, False
    if not form.is_submitted():
        form.remedy.data = "refund"
    elif not form.validate():
        status = 422
    elif form.kind.data == "real" and form.sure.data != lot.code:
        asks = True
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
                    remedy=form.remedy.data or "",
                    is_drill=form.kind.data == "drill",
                    key=form.key,
                    now=utcnow(),
                    signatory=resolve(Signatory),
                )
                if begun.remedy == "return":
                    _write_first_notice(changing, begun, form)
            return redirect(url_for("traceability.recall", recall_id=begun.id), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    lots = _sorted(list_lots(session, {lot.id} | list_descendants(session, [lot.id])))
    page = render_template(
        "traceability/new_recall.html", form=form, asks=asks, lot=lot, lots=lots, households=_cards(lots)
    )
    return page, status


def _write_first_notice(session: Session, begun: RecallView, form: RecallForm) -> None:
    """In the same transaction as the beginning, so that the first letter says where goods are taken back."""
    write_notice(
        session=session,
        recall_id=begun.id,
        text=NoticeText(
            packing="", places=form.places.data or "", contact=form.contact.data or "", until_on=form.until_on.data
        ),
        officer=current_actor(),
        key=form.key,
        now=utcnow(),
    )


@blueprint.get("/xa/thu-hoi/<int:recall_id>")
@needs(Permission.VERIFY)
def recall(recall_id: int) -> ResponseReturnValue:
    """Show a recall: what has to be done until when, and every lot it reached."""
    return _recall_page(get_recall(db.session(), recall_id, commune_id=own_commune_id()))


@blueprint.post("/xa/thu-hoi/<int:recall_id>/viec")
@needs(Permission.VERIFY)
def recall_step(recall_id: int) -> ResponseReturnValue:
    """Note that something which the recall demands was done."""
    found = get_recall(db.session(), recall_id, commune_id=own_commune_id())
    form = RecallStepForm()
    if not form.validate():
        return _recall_page(found, form=form), 422
    try:
        with transaction() as changing:
            note_step(
                session=changing,
                recall_id=recall_id,
                step=form.step.data or "",
                note=form.note.data or "",
                officer=current_actor(),
                officer_title=get_title(changing, current_actor().user_id or 0),
                sales=resolve(Sales),
                now=utcnow(),
            )
    except DomainError as error:
        status = show_refusal(form, error)
        return _recall_page(found, form=form), status
    flash(_("Đã ghi lại việc này."), "success")
    return redirect(url_for("traceability.recall", recall_id=recall_id), 303)


@blueprint.get("/xa/thu-hoi/<int:recall_id>/lien-quan")
@needs(Permission.VERIFY)
def recall_sources(recall_id: int) -> ResponseReturnValue:
    """Show what went into the recalled lots, and which other lots share it."""
    return _sources_page(get_recall(db.session(), recall_id, commune_id=own_commune_id()), StepForm())


@blueprint.post("/xa/thu-hoi/<int:recall_id>/them-lo/<code>")
@needs(Permission.VERIFY)
def recall_add(recall_id: int, code: str) -> ResponseReturnValue:
    """Add a lot, with everything made of it."""
    session = db.session()
    found = get_recall(session, recall_id, commune_id=own_commune_id())
    lot = get_lot_by_code(session, code, commune_id=own_commune_id())
    form = StepForm()
    if not form.validate():
        return _sources_page(found, form), 422
    try:
        with transaction() as changing:
            wider = add_to_recall(
                session=changing,
                recall_id=recall_id,
                lot_id=lot.id,
                why=request.form.get("why", "officer"),
                officer=current_actor(),
                officer_title=get_title(changing, current_actor().user_id or 0),
                key=form.key,
                now=utcnow(),
                signatory=resolve(Signatory),
            )
    except DomainError as error:
        status = show_refusal(form, error)
        return _sources_page(found, form), status
    flash(
        _(
            "Đã thêm lô %(code)s. Đợt này nay có %(count)s lô.",
            code=lot.code,
            count=len(wider.lot_ids),
        ),
        "success",
    )
    return redirect(url_for("traceability.recall_sources", recall_id=recall_id), 303)


def _recall_page(found: RecallView, *, form: RecallStepForm | None = None) -> str:
    session = db.session()
    lots = _sorted(list_lots(session, found.lot_ids))
    done = list_done(session, found.id, resolve(Sales))
    now = utcnow()
    return render_template(
        "traceability/recall.html",
        recall=found,
        lots=lots,
        households=_cards(lots),
        duties=tell_duties(found.started_at, done, now, is_closed=found.closed_at is not None),
        clock=read_clock(found.started_at, done, now),
        additions=list_additions(session, found.id),
        form=form or RecallStepForm(formdata=None),
        now=now,
    )


def _sources_page(found: RecallView, form: StepForm) -> str:
    session = db.session()
    began = time.perf_counter()
    sources = list_sources(session, found.root_ids)
    suggestions = list_suggestions(session, roots=found.root_ids, reached=found.lot_ids)
    shown = suggestions[:MAX_SUGGESTIONS]
    lots = list_lots(session, {*sources, *(one.lot_id for one in shown)})
    seasons = list_source_seasons(session, sources)
    inputs = list_source_inputs(session, [one.id for one in seasons])
    took_ms = (time.perf_counter() - began) * 1000
    own = own_commune_id()
    return render_template(
        "traceability/recall_sources.html",
        recall=found,
        form=form,
        ancestors=_sorted({one: lots[one] for one in sources if one not in found.lot_ids}),
        seasons=seasons,
        inputs=inputs,
        neighbours=[
            Neighbour(
                lot=lots[one.lot_id],
                suggestion=one,
                can_add=lots[one.lot_id].commune_id == own
                and lots[one.lot_id].recall_id is None
                and found.closed_at is None,
            )
            for one in shown
        ],
        hidden=len(suggestions) - len(shown),
        households=_cards([*lots.values()], {one.household_id for one in seasons}),
        kinds={**INCOMING_LABELS, **WORK_LABELS},
        took_ms=took_ms,
        new_key=uuid.uuid4,
    )


def _cards(lots: Collection[LotView], more: Collection[int] = ()) -> Mapping[int, HouseholdCard]:
    wanted = {one.household_id for one in lots} | set(more)
    return {card.id: card for card in list_household_cards(db.session(), wanted)}


def _sorted(lots: Mapping[int, LotView]) -> list[LotView]:
    return [lots[lot_id] for lot_id in sorted(lots)]
