"""Recall (thu hồi): from one lot to every lot that came out of it, at once and for good; or a drill."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.outbox import record_event
from sellers.queries import get_commune
from traceability.events import LotRecalled, RecallRehearsed
from traceability.models.custody import Lot, Recall, RecallLot
from traceability.models.recall import RecallAddition
from traceability.ports import Signatory
from traceability.queries.graph import list_descendants
from traceability.queries.lots import LOT_NOT_FOUND, LotView, get_lot, list_lots
from traceability.queries.recalls import RecallView, get_recall
from traceability.rules import events_custody
from traceability.rules.entries import check_text
from traceability.rules.lots import LotState, LotStep, next_state
from traceability.rules.recalls import MAX_WORDS, REASONS, REMEDIES, tell_addition, tell_order
from traceability.services.chain import Draft, append_record, derived_key, lock_chain
from traceability.services.log import announce_key, log_statement
from traceability.services.states import move_lot


def recall_lot(
    *,
    session: Session,
    lot_id: int,
    officer: Actor,
    officer_title: str,
    reason: str,
    instruction: str,
    is_drill: bool,
    key: uuid.UUID,
    now: datetime,
    signatory: Signatory,
    remedy: str = "refund",
) -> RecallView:
    """Recall a lot and all its descendants, also those of other households. The same key returns the same recall.

    The order is logged as a statement that ``signatory`` signs with the officer's key. A drill finds the same lots,
    changes none, seals and logs nothing. Raises ``NotFound`` for another commune's lot,
    ``Conflict`` when the lot is recalled already, ``Refused`` without reason or instruction.
    """
    lot = get_lot(session, lot_id)
    if officer.commune_id is None or lot.commune_id != officer.commune_id:
        raise NotFound("lot_not_found", LOT_NOT_FOUND)
    check_text(reason, "reason", "Hãy ghi vì sao thu hồi.", maximum=MAX_WORDS)
    check_text(instruction, "instruction", "Hãy ghi người mua phải làm gì với hàng.", maximum=MAX_WORDS)
    if remedy not in REMEDIES:
        message = "Hãy chọn người mua nhận lại tiền thế nào."
        raise Refused("remedy_unknown", message, field="remedy")
    lots = _lock_reached(session, lot_id)
    # Asked under the lock: two sendings at once wait for each other, and the second finds the first.
    known = session.execute(select(Recall.id).where(Recall.client_key == key)).scalar_one_or_none()
    if known is not None:
        return get_recall(session, known, commune_id=officer.commune_id)
    next_state(lots[lot_id].state, LotStep.RECALL)
    recall_id = session.execute(
        insert(Recall)
        .values(
            lot_id=lot_id,
            commune_id=lot.commune_id,
            reason=reason.strip(),
            instruction=instruction.strip(),
            remedy=remedy,
            is_drill=is_drill,
            officer_party=officer.party,
            officer_title=officer_title,
            started_at=now,
            client_key=key,
        )
        .returning(Recall.id)
    ).scalar_one()
    reached = sorted(lots)
    session.execute(insert(RecallLot), [{"recall_id": recall_id, "lot_id": one} for one in reached])
    if is_drill:
        record_event(session, RecallRehearsed(recall_id, lot_id, reached, lot.commune_id))
        return get_recall(session, recall_id)
    _seal(session, recall_id, lots, officer, reason.strip(), instruction.strip(), key, now)
    statement = tell_order(
        recall_id=recall_id,
        lot_code=lot.code,
        lot_codes=[lots[one].code for one in reached],
        reason=reason.strip(),
        instruction=instruction.strip(),
        remedy=remedy,
        officer=officer.party,
        officer_title=officer_title,
        at=now,
    )
    _log(session, statement, lot, officer, officer_title, signatory, now)
    households = sorted({one.household_id for one in lots.values()})
    record_event(
        session,
        LotRecalled(recall_id, lot_id, reached, households, lot.commune_id, reason.strip(), instruction.strip()),
    )
    return get_recall(session, recall_id)


def add_to_recall(
    *,
    session: Session,
    recall_id: int,
    lot_id: int,
    why: str,
    officer: Actor,
    officer_title: str,
    key: uuid.UUID,
    now: datetime,
    signatory: Signatory,
) -> RecallView:
    """Add a lot, with everything made of it, to a recall under way. Adding it again changes nothing.

    In a drill nothing but the drill's own list changes. Raises ``NotFound`` for another commune's recall or lot,
    ``Conflict`` after the end (``recall_closed``) or for a lot of another recall.
    """
    if why not in REASONS:
        message = "Hãy chọn lý do thêm lô này."
        raise Refused("why_unknown", message, field="why")
    lot = get_lot(session, lot_id)
    if officer.commune_id is None or lot.commune_id != officer.commune_id:
        raise NotFound("lot_not_found", LOT_NOT_FOUND)
    lots = _lock_reached(session, lot_id)
    session.execute(select(Recall.id).where(Recall.id == recall_id).with_for_update())
    recall = get_recall(session, recall_id, commune_id=officer.commune_id)
    if lot_id in recall.lot_ids:
        return recall
    if recall.closed_at is not None:
        message = "Đợt thu hồi này đã kết thúc. Hãy mở đợt mới cho lô này."
        raise Conflict("recall_closed", message)
    next_state(lots[lot_id].state, LotStep.RECALL)
    session.execute(
        insert(RecallAddition).values(
            recall_id=recall_id,
            lot_id=lot_id,
            why=why,
            officer_party=officer.party,
            officer_title=officer_title,
            added_at=now,
            client_key=key,
        )
    )
    new = sorted(set(lots) - set(recall.lot_ids))
    session.execute(insert(RecallLot), [{"recall_id": recall_id, "lot_id": one} for one in new])
    if recall.is_drill:
        return get_recall(session, recall_id)
    added = {one: lots[one] for one in new}
    _seal(session, recall_id, added, officer, recall.reason, recall.instruction, key, now)
    statement = tell_addition(
        recall_id=recall_id,
        lot_code=lot.code,
        lot_codes=[lots[one].code for one in new],
        why=why,
        officer=officer.party,
        officer_title=officer_title,
        at=now,
    )
    _log(session, statement, lot, officer, officer_title, signatory, now)
    households = sorted({one.household_id for one in added.values()})
    record_event(
        session,
        LotRecalled(recall_id, lot_id, new, households, lot.commune_id, recall.reason, recall.instruction),
    )
    return get_recall(session, recall_id)


def _log(  # noqa: PLR0917
    session: Session,
    statement: Mapping[str, Any],
    lot: LotView,
    officer: Actor,
    officer_title: str,
    signatory: Signatory,
    now: datetime,
) -> None:
    commune = get_commune(session, lot.commune_id).name
    announce_key(session, party=officer.party, title=officer_title, commune=commune, signatory=signatory, now=now)
    log_statement(
        session,
        kind="recall",
        content=statement,
        actor_party=officer.party,
        now=now,
        lot_id=lot.id,
        signature_by=signatory,
    )


def _lock_reached(session: Session, lot_id: int) -> dict[int, LotView]:
    """Lock every household that holds a descendant, then the lots, until locking finds no further one.

    Households first and lowest id first, as everywhere. A household that is only now making something of a bought lot
    holds a key of that lot's row (the foreign key of its link), so locking the lots waits for it; then it is found. All
    locks are let go before the next try: nobody waits for one who waits for us.
    """
    lots = _find_reached(session, lot_id)
    while True:
        try:
            with session.begin_nested():
                return _lock_all(session, lot_id, lots)
        except _ReachesFurtherError as further:
            lots = further.lots


def _lock_all(session: Session, lot_id: int, lots: Mapping[int, LotView]) -> dict[int, LotView]:
    for household_id in sorted({lot.household_id for lot in lots.values()}):
        lock_chain(session, household_id)
    session.execute(select(Lot.id).where(Lot.id.in_(lots)).order_by(Lot.id).with_for_update())
    found = _find_reached(session, lot_id)
    if not found.keys() <= lots.keys():
        raise _ReachesFurtherError(found)
    return found


class _ReachesFurtherError(Exception):
    """Somebody made more of the lots while we waited for their locks."""

    def __init__(self, lots: dict[int, LotView]) -> None:
        super().__init__()
        self.lots = lots


def _find_reached(session: Session, lot_id: int) -> dict[int, LotView]:
    return list_lots(session, {lot_id} | list_descendants(session, [lot_id]))


def _seal(  # noqa: PLR0917
    session: Session,
    recall_id: int,
    lots: dict[int, LotView],
    officer: Actor,
    reason: str,
    instruction: str,
    key: uuid.UUID,
    now: datetime,
) -> None:
    for household_id in sorted({lot.household_id for lot in lots.values()}):
        own = [
            lot
            for _, lot in sorted(lots.items())
            if lot.household_id == household_id and lot.state != LotState.RECALLED
        ]
        if not own:
            continue
        for lot in own:
            move_lot(session, lot, LotStep.RECALL, recall_id=recall_id)
        goods = [
            events_custody.lot_portion(lot.produce, lot.code, lot.quantity_made, lot.unit, lot.gtin) for lot in own
        ]
        codes = [lot.code for lot in own]
        append_record(
            session,
            lock_chain(session, household_id),
            Draft(
                build=lambda stamp, goods=goods, codes=codes: events_custody.recall(  # type: ignore[misc]
                    stamp, goods, codes, reason, instruction
                ),
                occurred_at=now,
                lots={lot.id: None for lot in own},
                role="officer",
            ),
            actor=officer,
            key=derived_key(key, f"household-{household_id}"),
            now=now,
        )
