"""What a recall says and keeps: texts to send on, the printed notice, the returns ledger, the report, the end."""

import time
import uuid
from collections.abc import Iterable

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.queries import get_title
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError
from marketplace.core.registry import resolve
from sellers.queries import get_commune, list_household_cards, list_seller_disclosures
from traceability.forms.diary import StepForm
from traceability.forms.recalls import RecallBackForm, RecallCloseForm, RecallNoticeForm, RecallTreatedForm
from traceability.ports import Sales, Signatory
from traceability.queries.lots import LotView, list_lots
from traceability.queries.recall_work import (
    balance_lots,
    list_additions,
    list_done,
    list_ledger,
    sum_ledger,
)
from traceability.queries.recalls import RecallView, get_recall
from traceability.rules.recall_words import Told, write_loudspeaker, write_zalo
from traceability.rules.recalls import OUTCOMES, SOURCES, LotBalance, tell_duties
from traceability.rules.speech import measure_seconds
from traceability.services.recall_work import (
    Entry,
    NoticeText,
    close_recall,
    note_return,
    reverse_return,
    write_notice,
)
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_commune_id, show_refusal


def _own(recall_id: int) -> RecallView:
    return get_recall(db.session(), recall_id, commune_id=own_commune_id())


@blueprint.route("/xa/thu-hoi/<int:recall_id>/loi-bao", methods=["GET", "POST"])
@needs(Permission.VERIFY)
def recall_words(recall_id: int) -> ResponseReturnValue:
    """Offer texts for Zalo and the loudspeaker, and ask for what the notice needs."""
    found = _own(recall_id)
    form = RecallNoticeForm()
    status = 200
    if not form.is_submitted():
        form.packing.data, form.places.data = found.packing, found.places
        form.contact.data, form.until_on.data = found.contact, found.until_on
    elif not form.validate():
        status = 422
    else:
        try:
            with transaction() as changing:
                write_notice(
                    session=changing,
                    recall_id=recall_id,
                    text=NoticeText(
                        packing=form.packing.data or "",
                        places=form.places.data or "",
                        contact=form.contact.data or "",
                        until_on=form.until_on.data,
                    ),
                    officer=current_actor(),
                    key=form.key,
                    now=utcnow(),
                )
            flash(_("Đã lưu. Các lời báo và tờ thông báo đã theo nội dung mới."), "success")
            if not found.is_drill:
                flash(
                    _("Muốn người mua nhận thư có lời mới, hãy mở trang đợt thu hồi và bấm “Báo cho mọi người mua”."),
                    "info",
                )
            return redirect(url_for("traceability.recall_words", recall_id=recall_id), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    told = _told(found)
    spoken = write_loudspeaker(told)
    page = render_template(
        "traceability/recall_words.html",
        recall=found,
        form=form,
        zalo=write_zalo(told, f"{current_app.config['PUBLIC_URL'].rstrip('/')}/lo/{found.lot_code}"),
        spoken=spoken,
        seconds=measure_seconds(spoken),
    )
    return page, status


@blueprint.get("/xa/thu-hoi/<int:recall_id>/thong-bao")
@needs(Permission.VERIFY)
def recall_notice(recall_id: int) -> ResponseReturnValue:
    """Print the notice of Circular 23/2018/TT-BYT."""
    found = _own(recall_id)
    session = db.session()
    lots = _lots(found)
    return render_template(
        "traceability/recall_notice.html",
        recall=found,
        lots=lots,
        sellers=list_seller_disclosures(session, {lot.household_id for lot in lots}),
        commune=get_commune(session, found.commune_id),
        now=utcnow(),
    )


@blueprint.get("/xa/thu-hoi/<int:recall_id>/hang-ve")
@needs(Permission.VERIFY)
def recall_returns(recall_id: int) -> ResponseReturnValue:
    """Show the returns ledger, with the sums of every lot."""
    return _returns_page(_own(recall_id))


@blueprint.post("/xa/thu-hoi/<int:recall_id>/hang-ve")
@needs(Permission.VERIFY)
def recall_back(recall_id: int) -> ResponseReturnValue:
    """Note that goods came back."""
    found = _own(recall_id)
    form = RecallBackForm()
    return _note(found, form, back=form)


@blueprint.post("/xa/thu-hoi/<int:recall_id>/xu-ly")
@needs(Permission.VERIFY)
def recall_treated(recall_id: int) -> ResponseReturnValue:
    """Note what was done with goods that came back."""
    found = _own(recall_id)
    form = RecallTreatedForm()
    return _note(found, form, treated=form)


@blueprint.post("/xa/thu-hoi/<int:recall_id>/bo-dong/<int:line_id>")
@needs(Permission.VERIFY)
def recall_reverse(recall_id: int, line_id: int) -> ResponseReturnValue:
    """Take a wrong line of the ledger back."""
    found = _own(recall_id)
    form = StepForm()
    if not form.validate():
        return _returns_page(found, step=form), 422
    try:
        with transaction() as changing:
            reverse_return(
                session=changing,
                recall_id=recall_id,
                line_id=line_id,
                officer=current_actor(),
                key=form.key,
                now=utcnow(),
            )
    except DomainError as error:
        status = show_refusal(form, error)
        return _returns_page(found, step=form), status
    flash(_("Đã bỏ dòng ghi sai. Dòng cũ vẫn còn trong sổ."), "success")
    return redirect(url_for("traceability.recall_returns", recall_id=recall_id), 303)


@blueprint.get("/xa/thu-hoi/<int:recall_id>/bao-cao")
@needs(Permission.VERIFY)
def recall_report(recall_id: int) -> ResponseReturnValue:
    """Print the report of a recall or a drill: times, lots, what came back, what was done with it."""
    found = _own(recall_id)
    session = db.session()
    began = time.perf_counter()
    lots = _lots(found)
    took_ms = (time.perf_counter() - began) * 1000
    now = utcnow()
    return render_template(
        "traceability/recall_report.html",
        recall=found,
        lots=lots,
        took_ms=took_ms,
        households={card.id: card for card in list_household_cards(session, {lot.household_id for lot in lots})},
        commune=get_commune(session, found.commune_id),
        duties=tell_duties(
            found.started_at,
            list_done(session, recall_id, resolve(Sales)),
            now,
            is_closed=found.closed_at is not None,
        ),
        additions=list_additions(session, recall_id),
        balance=_balance(found, lots),
        sums=sum_ledger(session, recall_id),
        sources=SOURCES,
        outcomes=OUTCOMES,
        now=now,
    )


@blueprint.post("/xa/thu-hoi/<int:recall_id>/ket-thuc")
@needs(Permission.VERIFY)
def recall_close(recall_id: int) -> ResponseReturnValue:
    """End a recall."""
    found = _own(recall_id)
    form = RecallCloseForm()
    if not form.validate():
        return _returns_page(found, closing=form), 422
    session = db.session()
    commune = get_commune(session, found.commune_id).name
    session.rollback()
    try:
        with transaction() as changing:
            close_recall(
                session=changing,
                recall_id=recall_id,
                officer=current_actor(),
                officer_title=get_title(changing, current_actor().user_id or 0),
                commune=commune,
                signatory=resolve(Signatory),
                sales=resolve(Sales),
                now=utcnow(),
                why_left=form.why_left.data or "",
            )
    except DomainError as error:
        status = show_refusal(form, error)
        return _returns_page(found, closing=form), status
    flash(_("Đợt thu hồi đã kết thúc."), "success")
    return redirect(url_for("traceability.recall", recall_id=recall_id), 303)


def _note(
    found: RecallView,
    form: RecallBackForm | RecallTreatedForm,
    *,
    back: RecallBackForm | None = None,
    treated: RecallTreatedForm | None = None,
) -> ResponseReturnValue:
    form.offer_lots((lot.id, lot.code) for lot in _lots(found))
    if not form.validate():
        return _returns_page(found, back=back, treated=treated), 422
    typed = form.lot.data or ""
    try:
        with transaction() as changing:
            note_return(
                session=changing,
                recall_id=found.id,
                entry=Entry(
                    lot_id=next((lot_id for lot_id in found.lot_ids if str(lot_id) == typed), 0),
                    quantity=form.quantity.data,
                    happened_on=form.happened_on.data,
                    source=back.source.data or "" if back else "",
                    outcome=treated.outcome.data or "" if treated else "",
                    reference=form.reference.data or "",
                ),
                officer=current_actor(),
                sales=resolve(Sales),
                key=form.key,
                now=utcnow(),
            )
    except DomainError as error:
        status = show_refusal(form, error)
        return _returns_page(found, back=back, treated=treated), status
    flash(_("Đã ghi vào sổ."), "success")
    return redirect(url_for("traceability.recall_returns", recall_id=found.id), 303)


def _returns_page(
    found: RecallView,
    *,
    back: RecallBackForm | None = None,
    treated: RecallTreatedForm | None = None,
    step: StepForm | None = None,
    closing: RecallCloseForm | None = None,
) -> str:
    session = db.session()
    lots = _lots(found)
    back = back or RecallBackForm(formdata=None)
    treated = treated or RecallTreatedForm(formdata=None)
    for form in (back, treated):
        form.offer_lots((lot.id, f"{lot.code}, {lot.produce}") for lot in lots)
    return render_template(
        "traceability/recall_returns.html",
        recall=found,
        lots=lots,
        back=back,
        treated=treated,
        step=step or StepForm(formdata=None),
        ledger=list_ledger(session, found.id),
        closing=closing or RecallCloseForm(formdata=None),
        balance=_balance(found, lots),
        new_key=uuid.uuid4,
    )


def _balance(found: RecallView, lots: Iterable[LotView]) -> dict[int, LotBalance]:
    session = db.session()
    return balance_lots(session, found.id, lots, resolve(Sales).sum_sold(session, found.lot_ids))


def _told(found: RecallView) -> Told:
    session = db.session()
    lots = _lots(found)
    names = {card.id: card.shown_name for card in list_household_cards(session, {lot.household_id for lot in lots})}
    days = [lot.made_on for lot in lots]
    return Told(
        produce=[lot.produce for lot in lots],
        households=[names[lot.household_id] for lot in lots],
        codes=[lot.code for lot in lots],
        made_on=(min(days), max(days)),
        commune=get_commune(session, found.commune_id).full_name,
        officer_title=found.officer_title,
        reason=found.reason,
        instruction=found.instruction,
        remedy=found.remedy,
        places=found.places,
        contact=found.contact,
        until_on=found.until_on,
        started_at=found.started_at,
        is_drill=found.is_drill,
    )


def _lots(found: RecallView) -> list[LotView]:
    lots = list_lots(db.session(), found.lot_ids)
    return [lots[lot_id] for lot_id in sorted(lots)]
