"""What the sortable sheet says about lots. A constant number of statements, however many lots and parcels there are."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, any_, bindparam, cast, exists, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from marketplace.core.clock import VN_TZ, local_date
from marketplace.core.quantity import UNITS
from sellers.queries import HouseholdCard, list_household_cards
from traceability.models.custody import Lot, LotLink, Parcel, Place, Record, RecordLot
from traceability.models.recall import Input
from traceability.queries.lots import LotView, list_lots
from traceability.rules import identifiers
from traceability.rules.sheet import EVENTS, SheetRow


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the lines are written from, each fetched once for all lots."""

    lots: Mapping[int, LotView]
    households: Mapping[int, HouseholdCard]
    places: Mapping[int, str]
    parents: Mapping[int, Sequence[str]]
    parcels: Mapping[str, str]


def list_lots_made(session: Session, commune_id: int, first: date, last: date) -> Sequence[int]:
    """Return the lots of a commune that were made on these days, both included. One statement."""
    made = select(Lot.id).where(Lot.commune_id == commune_id, Lot.made_on.between(first, last)).order_by(Lot.id)
    return list(session.scalars(made))


def list_sheet_rows(session: Session, lot_ids: Collection[int]) -> Sequence[SheetRow]:
    """Return the lines about these lots, by lot and time. What was declared wrong is left out."""
    lots = list_lots(session, lot_ids)
    if not lots:
        return []
    given = {"lot_ids": sorted(lots)}
    facts = _Facts(
        lots=lots,
        households={
            card.id: card for card in list_household_cards(session, {lot.household_id for lot in lots.values()})
        },
        places=dict(
            session.execute(
                select(Place.site_id, Place.ulid).where(Place.site_id.in_({lot.site_id for lot in lots.values()}))
            ).all()
        ),
        parents=_list_parents(session, lots, given),
        parcels={identifiers.object_uri(ulid): ref for ulid, ref in session.execute(_parcels(), given)},
    )
    return [_write_row(facts, tuple(row)) for row in session.execute(_events(), given)]


def _list_parents(
    session: Session, lots: Mapping[int, LotView], given: Mapping[str, Sequence[int]]
) -> Mapping[int, Sequence[str]]:
    parent = aliased(Lot)
    into: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(LotLink.child_id, parent.code, LotLink.quantity, parent.unit)
        .join(parent, parent.id == LotLink.parent_id)
        .where(LotLink.child_id == any_(bindparam("lot_ids", type_=ARRAY(BigInteger))))
        .order_by(LotLink.child_id, parent.id),
        given,
    )
    for child_id, code, quantity, unit in rows:
        if child_id in lots:
            into[child_id].append(f"{code} ({_plain(quantity)} {_unit(unit)})" if quantity is not None else code)
    return into


@cache
def _parcels() -> Select[str, str]:
    return (
        select(Parcel.parcel_ulid, Parcel.parcel_ref)
        .join(RecordLot, RecordLot.record_id == Parcel.record_id)
        .where(RecordLot.lot_id == any_(bindparam("lot_ids", type_=ARRAY(BigInteger))))
        .distinct()
    )


@cache
def _events() -> Select[*tuple[Any, ...]]:
    wanted = any_(bindparam("lot_ids", type_=ARRAY(BigInteger)))
    own = select(Record.id.label("record_id"), Record.lot_id, cast(null(), RecordLot.quantity.type).label("quantity"))
    shared = select(RecordLot.record_id, RecordLot.lot_id, RecordLot.quantity)
    # What came into a season came into every lot that it gave.
    received = (
        select(Input.record_id, Lot.id, cast(null(), RecordLot.quantity.type))
        .join(Lot, Lot.season_id == Input.season_id)
        .where(Lot.id == wanted)
    )
    about = union_all(own.where(Record.lot_id == wanted), shared.where(RecordLot.lot_id == wanted), received).subquery()
    declared = aliased(Record)
    return (
        select(
            about.c.lot_id, about.c.quantity, Record.kind, Record.body, Record.hash, Record.occurred_at,
            Record.recorded_at,
        )
        .join(Record, Record.id == about.c.record_id)
        .where(
            Record.kind.in_(list(EVENTS)),
            ~exists(select(literal(1)).where(declared.corrects_id == Record.id, declared.kind == "declaration")),
        )
        .order_by(about.c.lot_id, Record.occurred_at, Record.id)
    )  # fmt: skip


def _write_row(facts: _Facts, row: tuple[Any, ...]) -> SheetRow:
    lot_id, quantity, kind, raw, seal, occurred_at, recorded_at = row
    lot: LotView = facts.lots[lot_id]
    body: Mapping[str, Any] = json.loads(raw)
    household = facts.households[lot.household_id]
    place = facts.places.get(lot.site_id)
    amount, unit, source_lots, source_name, parcel = "", lot.unit, "", "", ""
    document_type, document = "", ""
    if kind == "incoming":
        amount, unit = str(body.get("cq:amount", "")), str(body.get("cq:unit", ""))
        source_lots, source_name = str(body.get("cq:supplierLot", "")), str(body.get("cq:name", ""))
        document = str(body.get("cq:paperNo", ""))
        document_type = "Hóa đơn, giấy kiểm dịch" if document else ""
    elif kind.startswith("parcel_"):
        amount = _plain(quantity) if quantity is not None else ""
        uris = [body.get("parentID", ""), *body.get("epcList", ())]
        parcel = next((facts.parcels[uri] for uri in uris if uri in facts.parcels), "")
        document_type, document = "Phiếu giao hàng", parcel
        source_lots = lot.code
    else:
        amount = _plain(lot.quantity_made)
        source_lots = "; ".join(facts.parents.get(lot_id, ()))
        document_type, document = "Bản ghi", str(body.get("eventID", ""))
    event, event_vi = EVENTS[kind]
    return SheetRow(
        event=event,
        event_vi=event_vi,
        lot_code=lot.code,
        produce=lot.produce,
        quantity=amount,
        unit=_unit(unit),
        event_on=local_date(occurred_at).isoformat(),
        location=f"{household.shown_name}, {household.commune_name}",
        location_code=identifiers.place_uri(place) if place else "",
        source_lots=source_lots,
        source_name=source_name,
        parcel=parcel,
        document_type=document_type,
        document=document,
        entered_at=_moment(recorded_at),
        record_hash=bytes(seal).hex(),
    )


def _plain(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


def _unit(code: str) -> str:
    return UNITS[code].label if code in UNITS else code


def _moment(value: datetime) -> str:
    return value.astimezone(VN_TZ).isoformat(timespec="seconds")
