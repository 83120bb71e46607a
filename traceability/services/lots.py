"""Packing, splitting and merging: new lots out of older ones, with nothing gained on the way."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Refused
from marketplace.core.outbox import record_event
from traceability.events import LotsDerived
from traceability.queries.lots import LotView, get_lot, list_lots
from traceability.queries.owners import get_commune_code
from traceability.queries.story import list_record_lots
from traceability.rules import events_custody
from traceability.rules.bodies import Portion, moment_of
from traceability.rules.entries import PackEntry, check_amount, check_day, check_not_before, check_pack
from traceability.rules.lots import LotState, check_usable, child_state
from traceability.services.balance import next_code, take_from_lot
from traceability.services.chain import Draft, append_record, find_replay, lock_chain
from traceability.services.new_lots import add_lot, link_lots

MAX_PARTS = 20


def pack_lot(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    entry: PackEntry,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> LotView:
    """Pack part of a lot into packs, which become a lot of their own.

    Packs of a verified lot are verified: the officer looked at how it was grown. Raises ``Refused`` and ``NotFound``.
    """
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None and replayed.lot_id is not None:
        return get_lot(session, replayed.lot_id, household_id=household_id)
    parent = get_lot(session, lot_id, household_id=household_id)
    check_usable(parent.state, parent.code)
    check_pack(entry, local_date(now), parent.made_on, parent.unit)
    take_from_lot(session, parent, entry.taken)
    produce = entry.produce.strip() or parent.produce
    child = _derive(
        session,
        [parent],
        origin="packing",
        produce=produce,
        unit=entry.unit,
        quantity=entry.amount,
        made_on=entry.happened_on,
        best_before_on=entry.best_before_on,
        photo_sha256=next(iter(entry.photos), parent.photo_sha256),
        now=now,
    )
    taken = _portion(parent, entry.taken)
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.packing(stamp, entry, taken, produce, child.code, child.gtin),
            occurred_at=moment_of(entry.happened_on, now),
            is_day_only=True,
            site_id=parent.site_id,
            lot_id=child.id,
            photos=entry.photos,
            private={"note": entry.note.strip()},
        ),
        actor=actor,
        key=key,
        now=now,
    )
    link_lots(session, [(parent.id, entry.taken)], child.id, "packing", record.id)
    record_event(session, LotsDerived(household_id, [parent.id], [child.id]))
    return child


def split_lot(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    parts: Sequence[Decimal],
    happened_on: date,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> list[LotView]:
    """Split amounts off a lot; each becomes a lot, what is not named stays. Raises ``Refused`` and ``NotFound``."""
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None:
        found = list_lots(session, list_record_lots(session, replayed.id))
        return [found[child] for child in sorted(found)]
    parent = get_lot(session, lot_id, household_id=household_id)
    check_usable(parent.state, parent.code)
    check_day(happened_on, local_date(now))
    check_not_before(happened_on, parent.made_on)
    if not 1 <= len(parts) <= MAX_PARTS:
        message = f"Hãy tách thành 1 đến {MAX_PARTS} phần."
        raise Refused("parts_wrong", message, field="amount")
    for part in parts:
        check_amount(part, None)
    take_from_lot(session, parent, sum(parts, Decimal(0)))
    children = [
        _derive(
            session,
            [parent],
            origin="split",
            produce=parent.produce,
            unit=parent.unit,
            quantity=part,
            made_on=parent.made_on,
            best_before_on=parent.best_before_on,
            photo_sha256=parent.photo_sha256,
            now=now,
        )
        for part in parts
    ]
    into = [_portion(child, child.quantity_made) for child in children]
    out_of = [_portion(parent, sum(parts, Decimal(0)))]
    codes = [child.code for child in children]
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.regrouping(stamp, "split", out_of, into, codes),
            occurred_at=moment_of(happened_on, now),
            is_day_only=True,
            site_id=parent.site_id,
            lots={child.id: child.quantity_made for child in children},
        ),
        actor=actor,
        key=key,
        now=now,
    )
    for child in children:
        link_lots(session, [(parent.id, child.quantity_made)], child.id, "split", record.id)
    record_event(session, LotsDerived(household_id, [parent.id], [child.id for child in children]))
    return children


def merge_lots(
    *,
    session: Session,
    household_id: int,
    parts: Sequence[tuple[int, Decimal]],
    happened_on: date,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> LotView:
    """Mix amounts of several lots of one unit into one new lot, which expires with the first of them."""
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None and replayed.lot_id is not None:
        return get_lot(session, replayed.lot_id, household_id=household_id)
    check_day(happened_on, local_date(now))
    parents = _mergeable(session, household_id, parts, happened_on)
    first = parents[0][0]
    for parent, amount in parents:
        take_from_lot(session, parent, amount)
    dates = [parent.best_before_on for parent, _ in parents if parent.best_before_on is not None]
    child = _derive(
        session,
        [parent for parent, _ in parents],
        origin="merge",
        produce=first.produce,
        unit=first.unit,
        quantity=sum((amount for _, amount in parents), Decimal(0)),
        made_on=min(parent.made_on for parent, _ in parents),
        best_before_on=min(dates, default=None),
        photo_sha256=first.photo_sha256,
        now=now,
    )
    out_of = [_portion(parent, amount) for parent, amount in parents]
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.regrouping(
                stamp, "merge", out_of, [_portion(child, child.quantity_made)], [child.code]
            ),
            occurred_at=moment_of(happened_on, now),
            is_day_only=True,
            site_id=first.site_id,
            lot_id=child.id,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    link_lots(session, [(parent.id, amount) for parent, amount in parents], child.id, "merge", record.id)
    record_event(session, LotsDerived(household_id, [parent.id for parent, _ in parents], [child.id]))
    return child


def _mergeable(
    session: Session, household_id: int, parts: Sequence[tuple[int, Decimal]], happened_on: date
) -> list[tuple[LotView, Decimal]]:
    if not 2 <= len(parts) <= MAX_PARTS or len({lot_id for lot_id, _ in parts}) != len(parts):
        message = f"Hãy chọn từ 2 đến {MAX_PARTS} lô khác nhau để gộp."
        raise Refused("parts_wrong", message, field="lots")
    chosen = []
    for lot_id, amount in sorted(parts):
        lot = get_lot(session, lot_id, household_id=household_id)
        check_usable(lot.state, lot.code)
        check_not_before(happened_on, lot.made_on)
        check_amount(amount, None)
        chosen.append((lot, amount))
    if len({(lot.unit, lot.produce) for lot, _ in chosen}) > 1:
        message = "Chỉ gộp được các lô cùng mặt hàng và cùng đơn vị tính."
        raise Refused("units_differ", message, field="lots")
    return chosen


def _derive(
    session: Session,
    parents: Sequence[LotView],
    *,
    origin: str,
    produce: str,
    unit: str,
    quantity: Decimal,
    made_on: date,
    best_before_on: date | None,
    photo_sha256: str | None,
    now: datetime,
) -> LotView:
    first = parents[0]
    state = child_state([parent.state for parent in parents])
    return add_lot(
        session,
        code=next_code(session, get_commune_code(session, first.household_id), now),
        household_id=first.household_id,
        commune_id=first.commune_id,
        site_id=first.site_id,
        season_id=None,
        origin=origin,
        produce=produce,
        template=first.template,
        unit=unit,
        quantity=quantity,
        state=state,
        made_on=made_on,
        best_before_on=best_before_on,
        grade=first.grade,
        photo_sha256=photo_sha256,
        decided_at=now if state is LotState.VERIFIED else None,
        now=now,
    )


def _portion(lot: LotView, amount: Decimal) -> Portion:
    return events_custody.lot_portion(lot.produce, lot.code, amount, lot.unit, lot.gtin)
