"""A lot's story: every step of the lot and of what it came from, and what became of it after sale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, and_, bindparam, case, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from sellers.queries.site_tree import related_sites
from traceability.models.custody import Lot, LotLink, Record, RecordLot, Season
from traceability.queries.graph import walk
from traceability.queries.lots import LotView
from traceability.queries.records import RecordView, read_records, select_records
from traceability.queries.treatments import day_after
from traceability.rules.events_barn import KIND as SENSORS

#: What concerns a lot alone and says nothing about what was made from it.
_OWN_ONLY = ("listed", "unlisted", "loss")
PARCEL_KINDS = ("sold", "parcel_packed", "parcel_shipped", "parcel_delivered", "parcel_returned", "unpacked")


@dataclass(frozen=True, slots=True)
class ParcelCount:
    """How many parcels with goods of a lot took one step, and when the first and the last did."""

    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LotLinkView:
    """A neighbour of a lot in the graph."""

    lot_id: int
    code: str
    produce: str
    kind: str
    state: str
    is_parent: bool


def list_story(session: Session, lot: LotView) -> Sequence[RecordView]:
    """Return every record of a lot and of the lots of its household that it came from, oldest first.

    Work in a season counts up to the day on which the lot was made; treatments count from every season at the site and
    above and below it, also one dated after a harvest that was written down later than the treatment. Parcels are left
    out (``count_parcels``), and what sensors saw is told once, for the lot and not for the season.
    One statement.
    """
    return read_records(session, _story(), {"lot_ids": [lot.id], "lot_id": lot.id})


@cache
def _story() -> Select[*tuple[Any, ...]]:
    """Return the statement of ``list_story``. It is built once: that takes longer than running it."""
    upstream = walk(LotLink.child_id, LotLink.parent_id, "upstream", without="supplied")
    own = bindparam("lot_id", type_=BigInteger)
    ends = (
        select(
            Lot.season_id,
            func.max(Lot.made_on).label("made_on"),
            func.max(Lot.written_at).label("written_at"),
        )
        .where(Lot.id.in_(select(upstream.c.lot_id)), Lot.season_id.is_not(None))
        .group_by(Lot.season_id)
        .subquery()
    )
    found = union(
        select(Record.id)
        .join(ends, ends.c.season_id == Record.season_id)
        .where(Record.lot_id.is_(None), Record.occurred_at < day_after(ends.c.made_on), Record.kind != SENSORS),
        _other_treatments(ends),
        select(Record.id).where(
            Record.lot_id.in_(select(upstream.c.lot_id)),
            or_(Record.lot_id == own, Record.kind.not_in(_OWN_ONLY)),
        ),
        select(Record.id)
        .join(RecordLot, RecordLot.record_id == Record.id)
        .where(
            RecordLot.lot_id.in_(select(upstream.c.lot_id)),
            Record.kind.not_in(PARCEL_KINDS),
            or_(RecordLot.lot_id == own, Record.kind.not_in(_OWN_ONLY)),
        ),
    ).subquery()
    return select_records(Record.id.in_(select(found.c.id))).order_by(Record.occurred_at, Record.seq)


def _other_treatments(ends: Subquery) -> Select[int]:
    """Return the treatments that matter to what was taken, though they are dated later or stand in another season.

    ``ends`` says of each season of the story when its last lot was taken and when that was written down.
    """
    own, other = aliased(Season, name="own"), aliased(Season, name="other")
    pairs = related_sites(select(own.site_id).join(ends, ends.c.season_id == own.id).distinct(), "sites")
    is_later = Record.occurred_at >= day_after(ends.c.made_on)
    return (
        select(Record.id)
        .join(other, other.id == Record.season_id)
        .join(pairs, pairs.c.related_id == other.site_id)
        .join(own, own.site_id == pairs.c.site_id)
        .join(ends, ends.c.season_id == own.id)
        .where(
            Record.waiting_until.is_not(None),
            or_(
                and_(is_later, Record.recorded_at < ends.c.written_at),
                and_(~is_later, other.id != own.id, Record.waiting_until >= own.started_on),
            ),
        )
    )


def count_parcels(session: Session, lot_id: int) -> Mapping[str, ParcelCount]:
    """Return what happened to the parcels with goods of a lot, by kind of record; no parcel is named. One statement."""
    rows = session.execute(
        select(Record.kind, func.count(), func.min(Record.occurred_at), func.max(Record.occurred_at))
        .join(RecordLot, RecordLot.record_id == Record.id)
        .where(RecordLot.lot_id == lot_id, Record.kind.in_(PARCEL_KINDS))
        .group_by(Record.kind)
    )
    return {kind: ParcelCount(count, first_at, last_at) for kind, count, first_at, last_at in rows}


def list_neighbours(session: Session, lot_id: int) -> Sequence[LotLinkView]:
    """Return the lots that a lot came from directly, then those that came out of it."""
    up = (
        select(Lot.id, Lot.code, Lot.produce, LotLink.kind, Lot.state, LotLink.id.label("link"))
        .join(LotLink, LotLink.parent_id == Lot.id)
        .where(LotLink.child_id == lot_id)
    )
    down = (
        select(Lot.id, Lot.code, Lot.produce, LotLink.kind, Lot.state, LotLink.id.label("link"))
        .join(LotLink, LotLink.child_id == Lot.id)
        .where(LotLink.parent_id == lot_id)
    )
    parents = [
        LotLinkView(one, code, produce, kind, state, is_parent=True)
        for one, code, produce, kind, state, _ in session.execute(up.order_by(LotLink.id).limit(50))
    ]
    children = [
        LotLinkView(one, code, produce, kind, state, is_parent=False)
        for one, code, produce, kind, state, _ in session.execute(down.order_by(LotLink.id).limit(50))
    ]
    return parents + children


def list_record_lots(session: Session, record_id: int) -> Mapping[int, Decimal | None]:
    """Return the lots that a record is about, and how much of each."""
    rows = session.execute(select(RecordLot.lot_id, RecordLot.quantity).where(RecordLot.record_id == record_id))
    return {lot_id: quantity for lot_id, quantity in rows}  # noqa: C416 - rows of two are not pairs to the type checker


def sum_on_sale(session: Session, lot_id: int) -> Decimal:
    """Return how much of a lot was put on sale and not taken off again (sold goods count as on sale)."""
    signed = case((Record.kind == "listed", RecordLot.quantity), else_=-RecordLot.quantity)
    total = session.scalar(
        select(func.coalesce(func.sum(signed), 0))
        .join(Record, Record.id == RecordLot.record_id)
        .where(RecordLot.lot_id == lot_id, Record.kind.in_(("listed", "unlisted")))
    )
    return Decimal(total or 0)
