"""Holds lots that the diary shows to have been taken inside a waiting period, and lets them go when that is gone."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.outbox import record_event
from traceability.events import LotHeld, LotReleased
from traceability.models.custody import Chain
from traceability.queries.graph import list_ancestors, list_descendants
from traceability.queries.lots import LotView, list_lots
from traceability.queries.treatments import list_lot_treatments, list_taken_lots
from traceability.rules import events_custody
from traceability.rules.lots import LotState, LotStep
from traceability.rules.templates import name_outcome
from traceability.rules.waiting import Treatment, explain_hold, find_blocking
from traceability.services.chain import Draft, append_record, derived_key
from traceability.services.sale_gate import review_gates
from traceability.services.states import move_lot

_RELEASED = "Nhật ký đã được sửa đúng: lô không còn nằm trong thời gian cách ly. Cần xin xác nhận lại."


def review_site_lots(
    session: Session,
    chain: Chain,
    site_id: int,
    treatments: Sequence[Treatment],
    *,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> None:
    """Compare lots with the treatments of their sites as they now stand; hold and release, also what was made of them.

    ``treatments`` are those that were written, changed or struck out at the site: lots taken in their waiting periods
    are looked at, and every held lot. Only lots of this household are touched: its chain is the one that is locked.
    What other households made from them is judged by the gate before sale. A recall crosses households.
    """
    if not treatments:
        return
    first_on = min(one.given_on for one in treatments)
    last_on = max(one.waiting_until for one in treatments)
    lots = list_taken_lots(session, site_id, first_on, last_on)
    reached = list_lot_treatments(session, lots)
    reasons = {
        lot.id: explain_hold(blocking, lot.made_on, name_outcome(lot.origin))
        for lot in lots
        if (blocking := find_blocking(reached[lot.id], lot.made_on)) is not None
    }
    _hold(session, chain, reasons, actor=actor, key=key, now=now)
    freed = [lot.id for lot in lots if lot.state == LotState.HELD and lot.id not in reasons]
    _release(session, chain, freed, actor=actor, key=key, now=now)
    _review_others(session, chain, {*reasons, *freed}, now=now)


def _review_others(session: Session, chain: Chain, lot_ids: set[int], *, now: datetime) -> None:
    """Ask the gate again about what other households made from these lots."""
    if not lot_ids:
        return
    reached = list_lots(session, list_descendants(session, lot_ids))
    others = [lot.id for lot in reached.values() if lot.household_id != chain.household_id]
    review_gates(session=session, lot_ids=others, now=now)


def _hold(
    session: Session, chain: Chain, reasons: dict[int, str], *, actor: Actor, key: uuid.UUID, now: datetime
) -> None:
    for lot_id, reason in sorted(reasons.items()):
        reached = list_lots(session, {lot_id} | list_descendants(session, [lot_id]))
        holdable = [
            lot
            for lot in sorted(reached.values(), key=lambda one: one.id)
            if lot.household_id == chain.household_id and lot.state not in {LotState.HELD, LotState.RECALLED}
        ]
        if not holdable:
            continue
        verified = [lot.id for lot in holdable if lot.state == LotState.VERIFIED]
        for lot in holdable:
            move_lot(session, lot, LotStep.HOLD, hold_reason=reason)
        _seal(
            session,
            chain,
            "held",
            holdable,
            reason,
            actor=actor,
            key=derived_key(key, f"held-{lot_id}"),
            now=now,
        )
        record_event(session, LotHeld([lot.id for lot in holdable], chain.household_id, reason, verified))


def _release(session: Session, chain: Chain, freed: list[int], *, actor: Actor, key: uuid.UUID, now: datetime) -> None:
    if not freed:
        return
    reached = list_lots(session, set(freed) | list_descendants(session, freed))
    candidates = {
        lot.id: lot for lot in reached.values() if lot.household_id == chain.household_id and lot.state == LotState.HELD
    }
    released = [lot for lot in candidates.values() if not _is_held_by_another(session, lot, set(candidates))]
    for lot in released:
        move_lot(session, lot, LotStep.RELEASE, hold_reason=None, requested_at=None, decided_at=None)
    if released:
        released.sort(key=lambda one: one.id)
        _seal(
            session,
            chain,
            "released",
            released,
            _RELEASED,
            actor=actor,
            key=derived_key(key, "released"),
            now=now,
        )
        record_event(session, LotReleased([lot.id for lot in released], chain.household_id))


def _is_held_by_another(session: Session, lot: LotView, freed: set[int]) -> bool:
    """Say whether a held lot has another reason to stay held: its own treatments, or a parent that stays held."""
    above = list_lots(session, list_ancestors(session, [lot.id]))
    if any(parent.state == LotState.HELD and parent.id not in freed for parent in above.values()):
        return True
    if lot.season_id is None:
        return False
    return find_blocking(list_lot_treatments(session, [lot])[lot.id], lot.made_on) is not None


def _seal(
    session: Session,
    chain: Chain,
    kind: str,
    lots: Sequence[LotView],
    reason: str,
    *,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> None:
    goods = [events_custody.lot_portion(lot.produce, lot.code, lot.quantity_made, lot.unit, lot.gtin) for lot in lots]
    codes = [lot.code for lot in lots]
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.holding(stamp, kind, goods, codes, reason),
            occurred_at=now,
            lots={lot.id: None for lot in lots},
        ),
        actor=actor,
        key=key,
        now=now,
    )
