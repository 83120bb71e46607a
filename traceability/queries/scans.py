"""Sums of scans: what the rules weigh, and what households and officers see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, case, cast, exists, func, select
from sqlalchemy.orm import Session

from marketplace.core.clock import VN_TZ, local_date, start_of_local_day
from traceability.models.custody import Lot, Record, RecordLot
from traceability.models.names import Pack
from traceability.models.scans import ScanAlarm, ScanCount, Sighting
from traceability.queries.lots import LotView, get_lot, list_lots
from traceability.rules.scans import RECENT, PackFacts, ScanFacts

_MAX_LISTED = 100
_DAYS_SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AlarmView:
    """A suspicion, with the sums behind it. ``serial`` is the number of the pack, when it is about one."""

    id: int
    lot: LotView
    kind: str
    serial: str | None
    found_at: datetime
    scans: int
    devices: int
    provinces: int


@dataclass(frozen=True, slots=True)
class ScanSums:
    """How often a lot's codes were opened, in all and in the last 30 days, and when last."""

    scans: int
    devices: int
    recent: int
    last_at: datetime | None


def list_recently_scanned(session: Session, since: datetime) -> Sequence[int]:
    """Return the lots with a scan or a report since then."""
    scanned = select(ScanCount.lot_id).where(ScanCount.hour_at >= since)
    reported = select(Sighting.lot_id).where(Sighting.seen_on >= local_date(since))
    return list(session.scalars(scanned.union(reported)))


def read_facts(session: Session, lot_id: int, today: date) -> ScanFacts:
    """Return what the rules need to know of a lot. Five statements."""
    lot = get_lot(session, lot_id)
    recent = ScanCount.hour_at >= start_of_local_day(today - RECENT)
    devices, late = session.execute(
        select(
            func.coalesce(func.sum(ScanCount.devices), 0),
            func.coalesce(func.sum(ScanCount.devices).filter(recent), 0),
        ).where(ScanCount.lot_id == lot_id)
    ).one()
    provinces = session.scalar(
        select(func.count(func.distinct(Sighting.province_code))).where(Sighting.lot_id == lot_id)
    )
    parcels, gone_on = _read_leaving(session, lot)
    return ScanFacts(
        quantity_made=lot.quantity_made,
        unit=lot.unit,
        parcels=parcels,
        gone_on=gone_on,
        best_before_on=lot.best_before_on,
        devices=int(devices),
        recent_devices=int(late),
        provinces=provinces or 0,
        packs=_read_packs(session, lot_id),
    )


def sum_scans(session: Session, lot_id: int, now: datetime) -> ScanSums:
    """Return how often a lot was scanned. One statement."""
    recent = ScanCount.hour_at >= now - _DAYS_SHOWN
    scans, devices, lately, last_at = session.execute(
        select(
            func.coalesce(func.sum(ScanCount.scans), 0),
            func.coalesce(func.sum(ScanCount.devices), 0),
            func.coalesce(func.sum(ScanCount.scans).filter(recent), 0),
            func.max(ScanCount.hour_at),
        ).where(ScanCount.lot_id == lot_id)
    ).one()
    return ScanSums(int(scans), int(devices), int(lately), last_at)


def has_open_alarm(session: Session, lot_id: int) -> bool:
    """Say whether stickers of a lot are under suspicion now."""
    return bool(session.scalar(select(exists().where(ScanAlarm.lot_id == lot_id, ScanAlarm.closed_at.is_(None)))))


def list_commune_alarms(session: Session, commune_id: int) -> Sequence[AlarmView]:
    """Return the open suspicions of a commune, the newest first."""
    return _list_alarms(session, Lot.commune_id == commune_id)


def list_household_alarms(session: Session, household_id: int) -> Sequence[AlarmView]:
    """Return the open suspicions about a household's lots, the newest first."""
    return _list_alarms(session, Lot.household_id == household_id)


def list_most_scanned(session: Session, household_id: int, now: datetime) -> Sequence[tuple[LotView, int, int]]:
    """Return the lots of a household that were scanned most in 30 days, each with its scans and devices in them."""
    total = func.sum(ScanCount.scans)
    rows = session.execute(
        select(ScanCount.lot_id, total, func.sum(ScanCount.devices))
        .join(Lot, Lot.id == ScanCount.lot_id)
        .where(Lot.household_id == household_id, ScanCount.hour_at >= now - _DAYS_SHOWN)
        .group_by(ScanCount.lot_id)
        .order_by(total.desc(), ScanCount.lot_id.desc())
        .limit(20)
    ).all()
    lots = list_lots(session, [row[0] for row in rows])
    return [(lots[lot_id], int(scans), int(devices)) for lot_id, scans, devices in rows]


def list_sheet(session: Session, lot_id: int, client_key: object) -> Sequence[str]:
    """Return the serial numbers of packs on one sheet of stickers, in the order in which they were printed."""
    return list(
        session.scalars(
            select(Pack.serial).where(Pack.lot_id == lot_id, Pack.client_key == client_key).order_by(Pack.id)
        )
    )


def _list_alarms(session: Session, condition: ColumnElement[bool]) -> Sequence[AlarmView]:
    scans = (
        select(ScanCount.lot_id, func.sum(ScanCount.scans).label("scans"), func.sum(ScanCount.devices).label("devices"))
        .group_by(ScanCount.lot_id)
        .subquery()
    )
    places = (
        select(Sighting.lot_id, func.count(func.distinct(Sighting.province_code)).label("provinces"))
        .group_by(Sighting.lot_id)
        .subquery()
    )
    rows = session.execute(
        select(
            ScanAlarm.id, ScanAlarm.lot_id, ScanAlarm.kind, Pack.serial, ScanAlarm.found_at,
            func.coalesce(scans.c.scans, 0), func.coalesce(scans.c.devices, 0), func.coalesce(places.c.provinces, 0),
        )
        .join(Lot, Lot.id == ScanAlarm.lot_id)
        .outerjoin(Pack, Pack.id == ScanAlarm.pack_id)
        .outerjoin(scans, scans.c.lot_id == ScanAlarm.lot_id)
        .outerjoin(places, places.c.lot_id == ScanAlarm.lot_id)
        .where(ScanAlarm.closed_at.is_(None), condition)
        .order_by(ScanAlarm.id.desc())
        .limit(_MAX_LISTED)
    ).all()  # fmt: skip
    lots = list_lots(session, {row[1] for row in rows})
    return [
        AlarmView(alarm_id, lots[lot_id], kind, serial, found_at, int(scanned), int(devices), int(provinces))
        for alarm_id, lot_id, kind, serial, found_at, scanned, devices, provinces in rows
    ]


def _read_leaving(session: Session, lot: LotView) -> tuple[int, date | None]:
    """Return in how many parcels goods of a lot were sent, and on which day the last of it left.

    None as long as something is in the lot, or on sale and not yet packed.
    """
    kind = Record.kind
    packed, listed, parcels, last_at = session.execute(
        select(
            func.coalesce(func.sum(RecordLot.quantity).filter(kind == "parcel_packed"), 0),
            func.coalesce(
                func.sum(
                    case((kind == "listed", RecordLot.quantity), (kind == "unlisted", -RecordLot.quantity), else_=0)
                ),
                0,
            ),
            func.count().filter(kind == "parcel_packed"),
            func.max(Record.occurred_at).filter(kind.in_(("parcel_packed", "parcel_shipped", "parcel_delivered"))),
        )
        .join(Record, Record.id == RecordLot.record_id)
        .where(RecordLot.lot_id == lot.id)
    ).one()
    is_gone = lot.remaining <= 0 and packed >= listed and last_at is not None
    return int(parcels), local_date(last_at) if is_gone else None


def _read_packs(session: Session, lot_id: int) -> Sequence[PackFacts]:
    day = cast(func.timezone(VN_TZ.key, ScanCount.hour_at), Date)
    sums = {
        pack_id: (int(devices), int(days))
        for pack_id, devices, days in session.execute(
            select(ScanCount.pack_id, func.sum(ScanCount.devices), func.count(func.distinct(day)))
            .where(ScanCount.lot_id == lot_id, ScanCount.pack_id > 0)
            .group_by(ScanCount.pack_id)
        )
    }
    places = {
        pack_id: int(provinces)
        for pack_id, provinces in session.execute(
            select(Sighting.pack_id, func.count(func.distinct(Sighting.province_code)))
            .where(Sighting.lot_id == lot_id, Sighting.pack_id > 0)
            .group_by(Sighting.pack_id)
        )
    }
    return [
        PackFacts(pack_id, *sums.get(pack_id, (0, 0)), places.get(pack_id, 0))
        for pack_id in sorted(sums.keys() | places.keys())
    ]
