"""Parcels: goods of lots go into one, it leaves, it is handed over or comes back. No buyer is named anywhere."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_ulid
from traceability.models.custody import Parcel
from traceability.queries.lots import get_lot, list_lots
from traceability.queries.story import list_record_lots
from traceability.rules import events_custody
from traceability.rules.entries import SYSTEM_ACTOR, check_amount, check_length
from traceability.rules.identifiers import parcel_uri
from traceability.services.chain import Draft, append_record, derived_key, find_replay, lock_chain
from traceability.services.gs1_numbers import next_sscc

_MAX_REF = 80


def record_packing(
    *,
    session: Session,
    household_id: int,
    lot_quantities: Sequence[tuple[int, Decimal]],
    parcel_ref: str,
    consignment_ref: str,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Seal that goods of these lots (each amount in its lot's unit) were sold, and that they went into a parcel.

    Two records: an EPCIS TransactionEvent (the order stands against the lots) and an AggregationEvent ADD.
    The references are the shop's own; random names stand for them in the records. The amounts left their lots when they
    were put on sale. Raises ``NotFound`` for another household's lot, ``Refused`` for an empty parcel.
    """
    chain = lock_chain(session, household_id)
    if find_replay(session, chain, key) is not None:
        return
    if not lot_quantities:
        message = "Kiện hàng phải có ít nhất một lô."
        raise Refused("parcel_empty", message)
    check_length(parcel_ref, "parcel_ref", _MAX_REF)
    check_length(consignment_ref, "consignment_ref", _MAX_REF)
    amounts: dict[int, Decimal] = {}
    for lot_id, amount in lot_quantities:
        check_amount(amount, None)
        amounts[lot_id] = amounts.get(lot_id, Decimal(0)) + amount
    lots = [get_lot(session, lot_id, household_id=household_id) for lot_id in sorted(amounts)]
    parcel_ulid, consignment_ulid, sscc = new_ulid(), new_ulid(), next_sscc(session, household_id)
    name = parcel_uri(parcel_ulid, sscc)
    goods = [events_custody.lot_portion(lot.produce, lot.code, amounts[lot.id], lot.unit, lot.gtin) for lot in lots]
    codes = [lot.code for lot in lots]
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.goods_sold(stamp, consignment_ulid, goods, codes),
            occurred_at=now,
            lots=amounts,
        ),
        actor=actor,
        key=derived_key(key, "sold"),
        now=now,
    )
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.parcel_packed(stamp, name, consignment_ulid, goods, codes),
            occurred_at=now,
            lots=amounts,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    session.add(
        Parcel(
            household_id=household_id,
            parcel_ref=parcel_ref,
            consignment_ref=consignment_ref,
            parcel_ulid=parcel_ulid,
            consignment_ulid=consignment_ulid,
            sscc=sscc,
            record_id=record.id,
        )
    )
    session.flush()


def record_shipping(
    *,
    session: Session,
    parcel_ref: str,
    occurred_at: datetime,
    key: uuid.UUID,
    actor: Actor = SYSTEM_ACTOR,
    now: datetime,
) -> None:
    """Seal that a parcel was handed to its carrier. Raises ``NotFound`` when it was never packed here."""
    _record_move(session, "parcel_shipped", parcel_ref, occurred_at, key=key, actor=actor, now=now)


def record_delivery(
    *,
    session: Session,
    parcel_ref: str,
    occurred_at: datetime,
    key: uuid.UUID,
    actor: Actor = SYSTEM_ACTOR,
    now: datetime,
) -> None:
    """Seal that a parcel was handed over at a buyer's door. Raises ``NotFound`` when it was never packed here."""
    _record_move(session, "parcel_delivered", parcel_ref, occurred_at, key=key, actor=actor, now=now)


def record_return(
    *,
    session: Session,
    parcel_ref: str,
    occurred_at: datetime,
    key: uuid.UUID,
    actor: Actor = SYSTEM_ACTOR,
    now: datetime,
) -> None:
    """Seal that a parcel came back, and that its goods came out of it (EPCIS AggregationEvent DELETE).

    Raises ``NotFound`` when it was never packed here.
    """
    _record_move(session, "parcel_returned", parcel_ref, occurred_at, key=key, actor=actor, now=now)


def _record_move(
    session: Session,
    kind: str,
    parcel_ref: str,
    occurred_at: datetime,
    *,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    parcel = session.execute(select(Parcel).where(Parcel.parcel_ref == parcel_ref)).scalar_one_or_none()
    if parcel is None:
        message = "Kiện hàng này chưa được ghi là đã đóng."
        raise NotFound("parcel_not_packed", message)
    chain = lock_chain(session, parcel.household_id)
    if find_replay(session, chain, key) is not None:
        return
    lots = list_record_lots(session, parcel.record_id)
    name = parcel_uri(parcel.parcel_ulid, parcel.sscc)
    # A carrier's clock may run ahead of ours; a record never lies in the future.
    moved_at = min(occurred_at, now)
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.parcel_moved(stamp, kind, name, parcel.consignment_ulid),
            occurred_at=moved_at,
            lots=lots,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    if kind != "parcel_returned":
        return
    found = list_lots(session, lots)
    inside = [(found[lot_id], lots[lot_id] or Decimal(0)) for lot_id in sorted(found)]
    goods = [events_custody.lot_portion(lot.produce, lot.code, amount, lot.unit, lot.gtin) for lot, amount in inside]
    codes = [lot.code for lot, _ in inside]
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.parcel_unpacked(stamp, name, parcel.consignment_ulid, goods, codes),
            occurred_at=moved_at,
            lots=lots,
        ),
        actor=actor,
        key=derived_key(key, "unpacked"),
        now=now,
    )
