"""Recall (thu hồi): from one lot to every lot that came out of it, at once and for good; or a drill."""

import uuid
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import NotFound
from marketplace.core.outbox import record_event
from traceability.events import LotRecalled, RecallRehearsed
from traceability.models.custody import Recall, RecallLot
from traceability.queries.graph import list_descendants
from traceability.queries.lots import LOT_NOT_FOUND, LotView, get_lot, list_lots
from traceability.queries.recalls import RecallView, get_recall
from traceability.rules import events_custody
from traceability.rules.entries import check_text
from traceability.rules.lots import LotState, LotStep, next_state
from traceability.services.chain import Draft, append_record, derived_key, lock_chain
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
) -> RecallView:
    """Recall a lot and all its descendants, also those of other households. The same key returns the same recall.

    A drill finds the same lots, changes none and seals nothing. Raises ``NotFound`` for another commune's lot,
    ``Conflict`` when the lot is recalled already, ``Refused`` without reason or instruction.
    """
    lot = get_lot(session, lot_id)
    if officer.commune_id is None or lot.commune_id != officer.commune_id:
        raise NotFound("lot_not_found", LOT_NOT_FOUND)
    check_text(reason, "reason", "Hãy ghi vì sao thu hồi.")
    check_text(instruction, "instruction", "Hãy ghi người mua phải làm gì với hàng.")
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
    households = sorted({one.household_id for one in lots.values()})
    record_event(
        session,
        LotRecalled(recall_id, lot_id, reached, households, lot.commune_id, reason.strip(), instruction.strip()),
    )
    return get_recall(session, recall_id)


def _lock_reached(session: Session, lot_id: int) -> dict[int, LotView]:
    """Lock every household that holds a descendant, lowest id first, until locking finds no further one."""
    locked: set[int] = set()
    while True:
        lots = list_lots(session, {lot_id} | list_descendants(session, [lot_id]))
        missing = sorted({lot.household_id for lot in lots.values()} - locked)
        if not missing:
            return lots
        for household_id in missing:
            lock_chain(session, household_id)
        locked.update(missing)


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
        goods = [events_custody.lot_portion(lot.produce, lot.code, lot.quantity_made, lot.unit) for lot in own]
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
