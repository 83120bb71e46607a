"""What an identifier stands for: a product, a lot, a pack, a parcel, a place, a household. All its names lead here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sellers import queries as sellers
from traceability.models.custody import Chain, Lot, Parcel, Place, RecordLot, Season
from traceability.models.names import Alias, Pack, ProductNumber
from traceability.queries.lots import LotView, find_lot, find_lot_by_code, list_lots
from traceability.rules import gs1, identifiers
from traceability.rules.digital_link import DigitalLink

_MAX_LOTS = 30


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that has a name. ``uris`` are its names, the one in sealed records first.

    ``path`` is its address below ours; ``lots`` are the lots that it is about, newest first.
    """

    kind: str
    path: str
    household_id: int
    uris: tuple[str, ...]
    lot: LotView | None = None
    serial: str | None = None
    pack_id: int = 0
    site_id: int | None = None
    product: str = ""
    unit: str = ""
    gtin: str | None = None
    gln: str | None = None
    sscc: str | None = None
    lots: Sequence[LotView] = field(default=())


def find_things(session: Session, link: DigitalLink, *, with_lots: bool = False) -> Sequence[Thing]:
    """Return what a GS1 Digital Link names, the finest level first, then each level up; empty when nothing is known.

    A qualifier that is unknown here is left out, so the answer walks up to what is known. A product's lots are looked
    up only when they are wanted: a scan does not need them.
    """
    if link.key == "01":
        return _find_goods(session, link, with_lots=with_lots)
    alias = f"{gs1.CANONICAL}{link.path(upto=0)}"
    found = _find_parcel(session, sscc=link.value) if link.key == "00" else _find_alias(session, alias, link)
    return [found] if found is not None else []


def find_own(session: Session, kind: str, name: str, batch: str = "") -> Thing | None:
    """Return what one of our own identifiers names (``/id/<kind>/<name>[/<batch>]``), or None."""
    if name != name.lower() or batch != batch.lower():
        return None
    if kind == "class":
        return _find_lot_of_class(session, name, batch) if batch else _find_class(session, name)
    find = _FINDERS.get(kind)
    return find(session, name.upper()) if find is not None and not batch else None


def describe_lot(session: Session, lot: LotView) -> Thing:
    """Return a lot as a thing with its names."""
    alias = session.scalar(select(Alias.alias).where(Alias.lot_id == lot.id))
    sealed = identifiers.lot_uri(lot.produce, lot.code, lot.gtin)
    return Thing(
        "lot",
        below(sealed),
        lot.household_id,
        (sealed, alias) if alias else (sealed,),
        lot=lot,
        product=lot.produce,
        unit=lot.unit,
        gtin=lot.gtin or (gs1_key(alias) if alias else None),
        lots=(lot,),
    )


def find_pack(session: Session, serial: str) -> tuple[int, int] | None:
    """Return the id of the pack with that number and of its lot, or None."""
    row = session.execute(select(Pack.id, Pack.lot_id).where(Pack.serial == serial)).one_or_none()
    return (row[0], row[1]) if row is not None else None


def below(uri: str) -> str:
    """Return the part of an identifier below its domain."""
    return uri.removeprefix(gs1.CANONICAL).removeprefix(identifiers.BASE)


def gs1_key(uri: str) -> str:
    """Return the value of the primary key in a canonical address."""
    return below(uri).split("/")[2]


def _find_goods(session: Session, link: DigitalLink, *, with_lots: bool) -> Sequence[Thing]:
    number = session.execute(select(ProductNumber).where(ProductNumber.gtin == link.value)).scalar_one_or_none()
    if number is None:
        return []
    root = Thing(
        "product",
        link.path(upto=0),
        number.household_id,
        (gs1.gtin_uri(number.gtin),),
        product=number.produce,
        unit=number.unit,
        gtin=number.gtin,
        lots=_newest_lots(session, number) if with_lots else (),
    )
    batch, serial = link.qualifier("10"), link.qualifier("21")
    pack = find_pack(session, serial) if serial else None
    lot = find_lot_by_code(session, batch) if batch else None
    if lot is None and pack is not None and batch is None:
        lot = find_lot(session, pack[1])
    if lot is None or (batch is not None and lot.code != batch):
        return [root]
    thing = describe_lot(session, lot)
    if thing.gtin != number.gtin:
        return [root]
    found = [root]
    if batch is not None:
        found.insert(0, _at(thing, f"{root.path}/10/{lot.code}"))
    if serial is not None and pack is not None and pack[1] == lot.id:
        path = f"{found[0].path}/21/{serial}"
        found.insert(0, _at(thing, path, kind="pack", serial=serial, pack_id=pack[0]))
    return found


def _at(thing: Thing, path: str, **changes: Any) -> Thing:
    values: Mapping[str, Any] = {name: getattr(thing, name) for name in Thing.__dataclass_fields__}
    return Thing(**{**values, "path": path, **changes})


def _newest_lots(session: Session, number: ProductNumber) -> list[LotView]:
    rows = session.execute(
        select(Lot.id, Lot.produce)
        .where(Lot.household_id == number.household_id, Lot.unit == number.unit)
        .order_by(Lot.id.desc())
    )
    own = [lot_id for lot_id, produce in rows if identifiers.make_slug(produce) == number.class_slug]
    return sorted(list_lots(session, own[:_MAX_LOTS]).values(), key=lambda lot: -lot.id)


def _find_alias(session: Session, alias: str, link: DigitalLink) -> Thing | None:
    row = session.execute(select(Alias).where(Alias.alias == alias)).scalar_one_or_none()
    if row is None:
        return None
    if row.site_id is not None:
        return _place(session, row.site_id, link.value)
    return _party(session, row.household_id, link.value)


def _party(session: Session, household_id: int, gln: str | None = None) -> Thing:
    ulid = session.execute(select(Chain.party).where(Chain.household_id == household_id)).scalar_one()
    uri = identifiers.party_uri(ulid)
    alias = session.scalar(select(Alias.alias).where(Alias.uri == uri))
    return Thing(
        "party",
        f"/417/{gln}" if gln else below(uri),
        household_id,
        (uri, alias) if alias else (uri,),
        gln=gs1_key(alias) if alias else None,
    )


def _place(session: Session, site_id: int, gln: str | None = None) -> Thing:
    ulid = session.execute(select(Place.ulid).where(Place.site_id == site_id)).scalar_one()
    uri = identifiers.place_uri(ulid)
    alias = session.scalar(select(Alias.alias).where(Alias.uri == uri))
    return Thing(
        "place",
        f"/414/{gln}" if gln else below(uri),
        sellers.get_site(session, site_id).household_id,
        (uri, alias) if alias else (uri,),
        site_id=site_id,
        gln=gs1_key(alias) if alias else None,
    )


def _find_lot_of_class(session: Session, slug: str, batch: str) -> Thing | None:
    lot = find_lot_by_code(session, batch)
    if lot is None or identifiers.make_slug(lot.produce) != slug or identifiers.make_slug(lot.code) != batch:
        return None
    thing = describe_lot(session, lot)
    return _at(thing, f"/id/class/{slug}/{batch}")


def _find_class(session: Session, slug: str) -> Thing | None:
    """Return a kind of goods of which there are lots. Names are few, so each is spelt as an address and compared."""
    for produce in _list_produce(session):
        if identifiers.make_slug(produce) == slug:
            ids = session.scalars(select(Lot.id).where(Lot.produce == produce).order_by(Lot.id.desc()).limit(_MAX_LOTS))
            lots = sorted(list_lots(session, ids.all()).values(), key=lambda lot: -lot.id)
            uri = identifiers.class_uri(produce)
            return Thing("class", f"/id/class/{slug}", lots[0].household_id, (uri,), product=produce, lots=lots)
    return None


def _list_produce(session: Session) -> Sequence[str]:
    """Return every name of produce once, by jumping along its index from one name to the next."""
    names = select(func.min(Lot.produce).label("produce")).cte("names", recursive=True)
    after = select(func.min(Lot.produce)).where(Lot.produce > names.c.produce).scalar_subquery()
    names = names.union_all(select(after).where(names.c.produce.is_not(None)))
    return session.scalars(select(names.c.produce).where(names.c.produce.is_not(None))).all()


def _find_party(session: Session, ulid: str) -> Thing | None:
    household_id = session.scalar(select(Chain.household_id).where(Chain.party == ulid))
    return _party(session, household_id) if household_id is not None else None


def _find_place(session: Session, ulid: str) -> Thing | None:
    site_id = session.scalar(select(Place.site_id).where(Place.ulid == ulid))
    return _place(session, site_id) if site_id is not None else None


def _find_consignment(session: Session, ulid: str) -> Thing | None:
    found = select(Parcel).where(Parcel.consignment_ulid == ulid).order_by(Parcel.id).limit(1)
    row = session.execute(found).scalar_one_or_none()
    return _parcel(session, row, below(identifiers.transaction_uri(ulid))) if row is not None else None


def _find_object(session: Session, name: str) -> Thing | None:
    pack = find_pack(session, name)
    if pack is not None:
        lot = find_lot(session, pack[1])
        if lot is not None:
            thing = describe_lot(session, lot)
            uri = identifiers.object_uri(name)
            return _at(thing, below(uri), kind="pack", uris=(uri,), serial=name, pack_id=pack[0])
    parcel = _find_parcel(session, ulid=name)
    if parcel is not None:
        return parcel
    season = session.execute(select(Season).where(Season.transformation_id == name)).scalar_one_or_none()
    if season is None:
        return None
    ids = session.scalars(select(Lot.id).where(Lot.season_id == season.id).order_by(Lot.id.desc()).limit(_MAX_LOTS))
    uri = identifiers.object_uri(name)
    return Thing(
        "season",
        below(uri),
        season.household_id,
        (uri,),
        product=season.produce,
        lots=sorted(list_lots(session, ids.all()).values(), key=lambda lot: -lot.id),
    )


def _find_parcel(session: Session, *, sscc: str | None = None, ulid: str | None = None) -> Thing | None:
    found = Parcel.sscc == sscc if sscc else Parcel.parcel_ulid == ulid
    row = session.execute(select(Parcel).where(found)).scalar_one_or_none()
    if row is None:
        return None
    return _parcel(session, row, below(gs1.sscc_uri(sscc) if sscc else identifiers.object_uri(row.parcel_ulid)))


def _parcel(session: Session, row: Parcel, path: str) -> Thing:
    ids = session.scalars(select(RecordLot.lot_id).where(RecordLot.record_id == row.record_id)).all()
    return Thing(
        "parcel",
        path,
        row.household_id,
        (identifiers.parcel_uri(row.parcel_ulid, row.sscc),),
        sscc=row.sscc,
        lots=sorted(list_lots(session, ids).values(), key=lambda lot: -lot.id),
    )


_FINDERS = {"obj": _find_object, "party": _find_party, "loc": _find_place, "bt": _find_consignment}
