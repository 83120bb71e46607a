"""The public page of a lot, which the QR code on every pack opens."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db
from marketplace.core.shared_pages import shared
from sellers.queries import get_household_with_site, list_verified_certificates
from sellers.rules import list_covering
from traceability.queries.concerns import list_entries
from traceability.queries.goods import list_goods
from traceability.queries.lots import LotView, find_lot_by_code
from traceability.queries.passport import SealView, get_seal
from traceability.queries.records import RecordView
from traceability.queries.sale_gate import tell_facts
from traceability.queries.story import list_story
from traceability.queries.things import find_pack
from traceability.queries.verifications import summarise_treatments
from traceability.rules.diary_keeping import find_written_at_once
from traceability.rules.leaf import write_time
from traceability.rules.sale_gate import judge
from traceability.rules.shown import Shown, is_explained
from traceability.views.blueprint import blueprint
from traceability.views.shown_lot import count_kept, read_shown, tell_contradictions
from traceability.views.steps import Step, tell_steps

_MAX_TYPED = 40
#: What says nothing to a buyer.
_SILENT = frozenset({"listed", "unlisted", "season_closed"})
_PARCEL_STEPS = (
    ("parcel_packed", "box"),
    ("parcel_shipped", "truck"),
    ("parcel_delivered", "house"),
    ("parcel_returned", "arrow-left"),
)


@blueprint.get("/lo")
@needs(Permission.PUBLIC)
def find_passport() -> ResponseReturnValue:
    """Take a code typed from a label to its page; without one, ask for it."""
    typed = request.args.get("ma", "").strip()
    if typed:
        return redirect(url_for("traceability.passport", code=typed[:_MAX_TYPED].replace("/", "-")), 303)
    return render_template("traceability/no_lot.html", typed="", is_asked=False)


@blueprint.get("/lo/<code>")
@needs(Permission.PUBLIC)
@shared
def passport(code: str) -> ResponseReturnValue:
    """Show where a lot comes from, step by step, and what became of it. Six statements.

    State, hold, recall and best-before day are those of sealed records and signed decisions, not of the lot's row.
    """
    session = db.session()
    lot = find_lot_by_code(session, code)
    if lot is None:
        return render_template("traceability/no_lot.html", typed=code[:_MAX_TYPED], is_asked=True), 404
    serial = request.args.get("so", "")[:_MAX_TYPED]
    now = utcnow()
    today = local_date(now)
    story = list_story(session, lot)
    household, site = get_household_with_site(session, lot.household_id, lot.site_id)
    seal = get_seal(session, lot)
    shown = read_shown(lot, story, seal.signed)
    treatments = summarise_treatments(story, lot)
    lot = _as_sealed(lot, shown)
    known_papers = list_verified_certificates(session, [household.id])
    goods = list_goods(session, [lot.id])[lot.id]
    return render_template(
        "traceability/passport.html",
        lot=lot,
        household=household,
        is_household_shown=household.is_shown,
        site=site,
        certificates=list_covering(known_papers, goods, today),
        steps=[
            *tell_steps((one for one in story if one.kind not in _SILENT), is_private=False),
            *_tell_parcels(seal),
        ],
        seal=seal.chain,
        ten_items_told=[
            (item.label, item.text if item.is_met else _("chưa có"))
            for item in judge(
                tell_facts(lot, story, household, site, known_papers, goods, seal.standard, on=today)
            ).items
        ],
        is_verified=shown.is_verified,
        contradictions=tell_contradictions(shown),
        decision=next((one for one in story if one.content_hash == shown.status.decision), None),
        recall=_last(story, "recall"),
        recall_end=_last(story, "recall_closed"),
        treatments=treatments,
        kept=count_kept(shown, treatments),
        is_explained=is_explained(shown, treatments.doubts),
        written_at_once=find_written_at_once(list_entries([one for one in story if one.is_in_force])),
        is_expired=lot.best_before_on is not None and lot.best_before_on < today,
        picture=lot.photo_sha256,
        is_suspected=seal.is_suspected,
        serial=serial,
        is_foreign=bool(serial) and not _is_pack_of(lot, serial),
        drawn_at=write_time(now),
    )


def _is_pack_of(lot: LotView, serial: str) -> bool:
    pack = find_pack(db.session(), serial)
    return pack is not None and pack[1] == lot.id


def _last(story: Sequence[RecordView], kind: str) -> RecordView | None:
    return next((record for record in reversed(story) if record.kind == kind), None)


def _as_sealed(lot: LotView, shown: Shown) -> LotView:
    """Return a lot as its records and signed decisions have it."""
    status = shown.status
    day = status.best_before_on
    return replace(
        lot,
        state=status.state,
        hold_reason=" ".join(dict.fromkeys(status.hold_reasons)) or None,
        best_before_on=date.fromisoformat(day) if day else None,
    )


def _tell_parcels(seal: SealView) -> list[Step]:
    titles = {
        "parcel_packed": _("Đóng vào kiện hàng"),
        "parcel_shipped": _("Giao cho bưu tá"),
        "parcel_delivered": _("Đến tay người mua"),
        "parcel_returned": _("Quay về nhà"),
    }
    steps = []
    for kind, icon in _PARCEL_STEPS:
        told = seal.parcels.get(kind)
        if told is None:
            continue
        first, last = local_date(told.first_at), local_date(told.last_at)
        when = f"{first:%d/%m/%Y}" if first == last else f"{first:%d/%m/%Y} – {last:%d/%m/%Y}"
        detail = _("%(count)s kiện", count=told.count)
        steps.append(Step(icon=icon, title=titles[kind], when=when, detail=detail, is_sum=True))
    return steps
