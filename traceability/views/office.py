"""The commune's desk: lots that await verification, every lot of the commune, and one lot's review."""

from collections.abc import Iterable
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import get_title
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError
from marketplace.core.registry import resolve
from sellers.queries import get_household, get_site, list_household_cards
from traceability.forms.diary import SendBackForm, VerifyForm
from traceability.ports import Signatory
from traceability.queries.concerns import list_concerns
from traceability.queries.lots import (
    LotView,
    count_commune_lots,
    get_lot_by_code,
    list_commune_lots,
    list_waiting_lots,
)
from traceability.queries.recalls import find_recall_of_lot
from traceability.queries.sale_gate import gather_facts
from traceability.queries.story import list_neighbours, list_story
from traceability.queries.verifications import facts_of, find_own_hand
from traceability.rules.completeness import list_missing
from traceability.rules.lots import STATE_LABELS, VERIFY_WITHIN, LotState
from traceability.rules.sale_gate import judge
from traceability.services.verification import send_back_lot, verify_lot
from traceability.views.blueprint import blueprint
from traceability.views.gate import tell_checklist
from traceability.views.owner import own_commune_id, show_refusal
from traceability.views.steps import tell_steps

_PAGE = 50
_MAX_PAGE = 10_000
_MAX_TYPED = 60


@blueprint.get("/xa/cho-xac-nhan")
@needs(Permission.VERIFY)
def inbox() -> ResponseReturnValue:
    """List the lots that await verification, the oldest request first, with the time until which to decide."""
    session = db.session()
    lots = list_waiting_lots(session, own_commune_id())
    return render_template(
        "traceability/inbox.html",
        lots=lots,
        households={card.id: card for card in list_household_cards(session, {lot.household_id for lot in lots})},
        due=_due_times(lots),
        now=utcnow(),
    )


def _due_times(lots: Iterable[LotView]) -> dict[int, datetime]:
    return {lot.id: lot.requested_at + VERIFY_WITHIN for lot in lots if lot.requested_at is not None}


@blueprint.get("/xa/lo")
@needs(Permission.VERIFY)
def commune_lots() -> ResponseReturnValue:
    """List the lots of the commune, by state or by what was typed."""
    session = db.session()
    commune_id = own_commune_id()
    state = request.args.get("trang-thai", "")
    state = state if state in set(LotState) else ""
    typed = request.args.get("tim", "").strip().replace("\x00", "")[:_MAX_TYPED]
    page = min(max(request.args.get("trang", 1, type=int), 1), _MAX_PAGE)
    lots, total = list_commune_lots(session, commune_id, state=state, text=typed, page=page)
    return render_template(
        "traceability/commune_lots.html",
        lots=lots,
        total=total,
        page=page,
        pages=max(1, -(-total // _PAGE)),
        state=state,
        typed=typed,
        counts=count_commune_lots(session, commune_id),
        labels=STATE_LABELS,
        households={card.id: card for card in list_household_cards(session, {lot.household_id for lot in lots})},
    )


@blueprint.get("/xa/lo/<code>")
@needs(Permission.VERIFY)
def review(code: str) -> ResponseReturnValue:
    """Show a lot of the commune with its diary, and the two decisions."""
    return _review_page(_commune_lot(code), SendBackForm(formdata=None))


def _commune_lot(code: str) -> LotView:
    return get_lot_by_code(db.session(), code, commune_id=own_commune_id())


def _review_page(
    lot: LotView, form: SendBackForm, problem: str = "", status: int = 200, *, verifying: VerifyForm | None = None
) -> ResponseReturnValue:
    session = db.session()
    story = list_story(session, lot)
    page = render_template(
        "traceability/review.html",
        lot=lot,
        household=get_household(session, lot.household_id),
        site=get_site(session, lot.site_id),
        steps=tell_steps(story, is_private=True),
        missing=list_missing(facts_of(story)),
        concerns=list_concerns(session, lot, story),
        gate=tell_checklist(
            judge(gather_facts(session, lot, story, on=local_date(utcnow()))),
            lot,
            may_mend=False,
            without={"verified"} if lot.state == LotState.AWAITING else set(),
        ),
        is_own_hand=find_own_hand(story, current_actor().party),
        is_waiting=lot.state == LotState.AWAITING,
        due=_due_times([lot]).get(lot.id) if lot.state == LotState.AWAITING else None,
        now=utcnow(),
        neighbours=list_neighbours(session, lot.id),
        recall=find_recall_of_lot(session, lot.id),
        form=form,
        verifying=verifying or VerifyForm(formdata=None),
        problem=problem,
    )
    return page, status


@blueprint.post("/xa/lo/<code>/xac-nhan")
@needs(Permission.VERIFY)
def verify(code: str) -> ResponseReturnValue:
    """Verify a lot."""
    lot = _commune_lot(code)
    form = VerifyForm()
    if not form.validate():
        return _review_page(lot, SendBackForm(formdata=None), verifying=form, status=422)
    try:
        with transaction() as session:
            verify_lot(
                session=session,
                lot_id=lot.id,
                officer=current_actor(),
                officer_title=get_title(session, current_actor().user_id or 0),
                signatory=resolve(Signatory),
                reason=form.reason.data or "",
                key=form.key,
                now=utcnow(),
            )
    except DomainError as error:
        status = show_refusal(form, error)
        return _review_page(lot, SendBackForm(formdata=None), error.message, status, verifying=form)
    flash(_("Đã xác nhận lô %(code)s. Hộ được báo ngay.", code=lot.code), "success")
    return redirect(url_for("traceability.inbox"), 303)


@blueprint.post("/xa/lo/<code>/tra-lai")
@needs(Permission.VERIFY)
def send_back(code: str) -> ResponseReturnValue:
    """Send a lot back with the reason."""
    lot = _commune_lot(code)
    form = SendBackForm()
    if not form.validate():
        return _review_page(lot, form, status=422)
    try:
        with transaction() as session:
            send_back_lot(
                session=session,
                lot_id=lot.id,
                officer=current_actor(),
                officer_title=get_title(session, current_actor().user_id or 0),
                signatory=resolve(Signatory),
                reason=form.reason.data or "",
                key=form.key,
                now=utcnow(),
            )
    except DomainError as error:
        return _review_page(lot, form, status=show_refusal(form, error))
    flash(_("Đã trả lại lô %(code)s. Hộ đọc được lý do ngay.", code=lot.code), "success")
    return redirect(url_for("traceability.inbox"), 303)
