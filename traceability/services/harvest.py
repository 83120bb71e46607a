"""Harvest, slaughter and making: the moment at which a lot begins."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Refused
from marketplace.core.outbox import record_event
from traceability.events import LotHarvested
from traceability.queries.goods import list_certificate_uris
from traceability.queries.lots import LotView, get_lot, list_lots
from traceability.queries.owners import get_commune_code
from traceability.queries.records import list_supplied_lots
from traceability.queries.treatments import list_site_treatments
from traceability.rules import events_custody, events_farm
from traceability.rules.bodies import moment_of
from traceability.rules.entries import HarvestEntry, check_amount, check_harvest_entry, check_not_before
from traceability.rules.events_farm import SeasonRef
from traceability.rules.lots import LotState, check_usable
from traceability.rules.templates import get_template
from traceability.rules.waiting import check_harvest, check_stated_reason, list_doubts
from traceability.services.balance import next_code, take_from_lot
from traceability.services.chain import Draft, append_record, find_replay, lock_chain
from traceability.services.new_lots import add_lot, link_lots
from traceability.services.seasons import get_open_season


def record_harvest(
    *,
    session: Session,
    household_id: int,
    season_id: int,
    entry: HarvestEntry,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> LotView:
    """Seal a harvest, slaughter or making and return the lot that it gave.

    Raises ``Refused`` (``waiting_period_not_over``) with the day on which it may happen; ``reason_needed`` when the
    diary gives reason to doubt the day; ``not_enough_left`` when more of an input lot is used than it holds;
    ``lot_not_usable`` for an input that is held or recalled, also for a bought one.
    """
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None and replayed.lot_id is not None:
        return get_lot(session, replayed.lot_id, household_id=household_id)
    season = get_open_season(session, household_id, season_id)
    check_harvest_entry(entry, local_date(now), season.started_on)
    template = get_template(season.template)
    treatments = list_site_treatments(session, [season.site_id])[season.site_id]
    check_harvest(treatments, entry.happened_on, template.outcome_word)
    doubts = list_doubts(treatments, entry.happened_on, now)
    check_stated_reason(doubts, entry.happened_on, entry.stated_reason, template.outcome_word)
    inputs = _take_inputs(session, household_id, entry)
    commune = get_commune_code(session, household_id)
    produce = entry.produce.strip() or season.produce
    lot = add_lot(
        session,
        code=next_code(session, commune, now),
        household_id=household_id,
        commune_id=commune.id,
        site_id=season.site_id,
        season_id=season.id,
        origin=template.outcome,
        produce=produce,
        template=season.template,
        unit=entry.unit,
        quantity=entry.amount,
        state=LotState.RECORDED,
        made_on=entry.happened_on,
        best_before_on=entry.best_before_on,
        grade=entry.grade.strip(),
        photo_sha256=next(iter(entry.photos), None),
        decided_at=None,
        now=now,
    )
    ref = SeasonRef(season.transformation_id, season.produce)
    portions = [events_custody.lot_portion(one.produce, one.code, amount, one.unit, one.gtin) for one, amount in inputs]
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_farm.harvest(
                stamp, ref, entry, origin=template.outcome, lot_code=lot.code, gtin=lot.gtin, inputs=portions
            ),
            occurred_at=moment_of(entry.happened_on, now),
            is_day_only=True,
            site_id=season.site_id,
            season_id=season.id,
            lot_id=lot.id,
            photos=entry.photos,
            certificates=list_certificate_uris(session, lot, [lot_id for lot_id, _ in entry.inputs], on=lot.made_on),
            private={"note": entry.note.strip(), "reason": entry.stated_reason.strip()},
        ),
        actor=actor,
        key=key,
        now=now,
    )
    link_lots(session, [(one.id, amount) for one, amount in inputs], lot.id, "making", record.id)
    supplied = set(list_supplied_lots(session, season.id)) - {one.id for one, _ in inputs} - {lot.id}
    link_lots(session, [(lot_id, None) for lot_id in sorted(supplied)], lot.id, "supplied", record.id)
    # The links hold the suppliers' lots now, so a recall of one of them comes before this or after it, never beside it.
    for bought in list_lots(session, supplied).values():
        if bought.state in {LotState.HELD, LotState.RECALLED}:
            why = "thu hồi" if bought.state == LotState.RECALLED else "tạm giữ"
            message = f"Nguyên liệu lô {bought.code} đang bị {why} nên không ghi hàng làm ra được. Hãy gọi cán bộ xã."
            raise Refused("lot_not_usable", message, lot=bought.code)
    record_event(
        session,
        LotHarvested(
            lot.id,
            lot.code,
            household_id,
            lot.commune_id,
            str(lot.quantity_made),
            lot.unit,
            lot.made_on.isoformat(),
        ),
    )
    return lot


def _take_inputs(session: Session, household_id: int, entry: HarvestEntry) -> Sequence[tuple[LotView, Decimal]]:
    """Take what the entry was made from out of its lots, in the order of their ids."""
    taken = []
    for lot_id, amount in sorted(entry.inputs):
        lot = get_lot(session, lot_id, household_id=household_id)
        check_amount(amount, None, field="inputs")
        check_usable(lot.state, lot.code)
        check_not_before(entry.happened_on, lot.made_on)
        take_from_lot(session, lot, amount)
        taken.append((lot, amount))
    return taken
