"""Diary entries: what came in, the work that was done, what was lost."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from traceability.queries.lots import LotView, find_lot_by_code, get_lot
from traceability.queries.records import RecordView, view_record
from traceability.rules import events_custody, events_farm
from traceability.rules.bodies import moment_of
from traceability.rules.entries import (
    IncomingEntry,
    WorkEntry,
    check_amount,
    check_day,
    check_incoming,
    check_not_before,
    check_photos,
    check_text,
    check_work,
)
from traceability.rules.events_farm import SeasonRef
from traceability.rules.waiting import Treatment, last_waiting_day
from traceability.services.balance import take_from_lot
from traceability.services.chain import Draft, append_record, find_replay, lock_chain
from traceability.services.hold import review_site_lots
from traceability.services.sale_gate import review_site
from traceability.services.seasons import get_open_season


def record_incoming(
    *,
    session: Session,
    household_id: int,
    season_id: int,
    entry: IncomingEntry,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> RecordView:
    """Seal what came in (seed, breed, input). The name of the supplier stays outside the seal."""
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None:
        return view_record(session, replayed)
    season = get_open_season(session, household_id, season_id)
    check_incoming(entry, local_date(now))
    known = find_lot_by_code(session, entry.supplier_lot) if entry.supplier_lot else None
    ref = SeasonRef(season.transformation_id, season.produce)
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_farm.incoming(stamp, ref, entry, known.code if known else None),
            occurred_at=moment_of(entry.happened_on, now),
            is_day_only=True,
            site_id=season.site_id,
            season_id=season.id,
            photos=entry.photos,
            private={"supplier": entry.supplier.strip(), "note": entry.note.strip()},
        ),
        actor=actor,
        key=key,
        now=now,
    )
    return view_record(session, record)


def record_work(
    *,
    session: Session,
    household_id: int,
    season_id: int,
    entry: WorkEntry,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> RecordView:
    """Seal work that was done. A spray or drug starts a waiting period.

    When a treatment is entered late and a lot was already taken inside its waiting period, at the same site or above or
    below it, that lot is held.
    """
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None:
        return view_record(session, replayed)
    season = get_open_season(session, household_id, season_id)
    check_work(entry, local_date(now), season.started_on)
    until = waiting_until(entry)
    ref = SeasonRef(season.transformation_id, season.produce)
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_farm.work(stamp, ref, entry, until),
            occurred_at=moment_of(entry.happened_on, now),
            is_day_only=True,
            site_id=season.site_id,
            season_id=season.id,
            photos=entry.photos,
            private={"note": entry.note.strip()},
            waiting_until=until,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    if until is not None:
        given = [Treatment(record.id, entry.product, entry.happened_on, until)]
        review_site_lots(session, chain, season.site_id, given, actor=actor, key=key, now=now)
        review_site(session, season.site_id, now=now)
    return view_record(session, record)


def waiting_until(entry: WorkEntry) -> date | None:
    """Return the last day of the waiting period that this work starts, or None."""
    return None if entry.waiting_days is None else last_waiting_day(entry.happened_on, entry.waiting_days)


def record_loss(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    amount: Decimal,
    reason: str,
    happened_on: date,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
    photos: Sequence[str] = (),
) -> LotView:
    """Seal that part of a lot spoiled or was thrown away; that part leaves the lot. Held and recalled lots too."""
    chain = lock_chain(session, household_id)
    if find_replay(session, chain, key) is not None:
        return get_lot(session, lot_id, household_id=household_id)
    lot = get_lot(session, lot_id, household_id=household_id)
    check_day(happened_on, local_date(now))
    check_not_before(happened_on, lot.made_on)
    check_amount(amount, None)
    check_text(reason, "reason", "Hãy ghi vì sao hao hụt, ví dụ dập nát khi vận chuyển.")
    check_photos(tuple(photos))
    take_from_lot(session, lot, amount)
    goods = events_custody.lot_portion(lot.produce, lot.code, amount, lot.unit, lot.gtin)
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.loss(stamp, goods, lot.code, reason.strip()),
            occurred_at=moment_of(happened_on, now),
            is_day_only=True,
            site_id=lot.site_id,
            lot_id=lot.id,
            photos=tuple(photos),
        ),
        actor=actor,
        key=key,
        now=now,
    )
    return get_lot(session, lot_id, household_id=household_id)
