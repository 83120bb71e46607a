"""Sensors, as pages and the tasks see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from marketplace.core.errors import NotFound
from sellers import queries as sellers
from traceability.models.sensors import Device, SensorAlert, SensorDay, SensorReading
from traceability.rules.sensors import (
    HOLDS_FOR,
    INSIDE,
    KIND_OF_SIDE,
    DayFigures,
    Measure,
    Reading,
    Span,
    get_measure,
    sum_up,
)

_ALERTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A sensor (cảm biến) of a household."""

    id: int
    household_id: int
    site_id: int
    ulid: str
    name: str
    measure_code: str
    low_limit: Decimal
    high_limit: Decimal
    patience_minutes: int
    silence_hours: int
    key_hint: str
    has_key: bool
    key_made_at: datetime
    created_at: datetime
    last_reading_at: datetime | None
    last_value: Decimal | None
    last_side: int
    heard_at: datetime | None

    @property
    def measure(self) -> Measure:
        """What it measures."""
        return get_measure(self.measure_code)


@dataclass(frozen=True, slots=True)
class AlertView:
    """Something that was wrong; ``ended_at`` is None while it is."""

    id: int
    device_id: int
    kind: str
    began_at: datetime
    ended_at: datetime | None
    extreme_value: Decimal | None


@dataclass(frozen=True, slots=True)
class DeviceAlert:
    """An alert that lasts, with its device."""

    alert: AlertView
    device: DeviceView


@dataclass(frozen=True, slots=True)
class DayRow:
    """The figures of a day, and the range that held on it."""

    figures: DayFigures
    low_limit: Decimal
    high_limit: Decimal


_DEVICE: tuple[Any, ...] = (
    Device.id, Device.household_id, Device.site_id, Device.ulid, Device.name, Device.measure, Device.low_limit,
    Device.high_limit, Device.patience_minutes, Device.silence_hours, Device.key_hint, Device.key_hash.is_not(None),
    Device.key_made_at, Device.created_at, Device.last_reading_at, Device.last_value, Device.last_side, Device.heard_at,
)  # fmt: skip
_ALERT: tuple[Any, ...] = (
    SensorAlert.id,
    SensorAlert.device_id,
    SensorAlert.kind,
    SensorAlert.began_at,
    SensorAlert.ended_at,
    SensorAlert.extreme_value,
)


def list_devices(session: Session, household_id: int) -> Sequence[DeviceView]:
    """Return the devices of a household, those with a key first."""
    rows = session.execute(
        select(*_DEVICE).where(Device.household_id == household_id).order_by(Device.key_hash.is_(None), Device.id)
    )
    return [DeviceView(*row) for row in rows]


def get_device(session: Session, device_id: int, *, household_id: int) -> DeviceView:
    """Return a device of a household. Raises ``NotFound``."""
    row = session.execute(
        select(*_DEVICE).where(Device.id == device_id, Device.household_id == household_id)
    ).one_or_none()
    if row is None:
        raise NotFound("device_not_found", "Không tìm thấy cảm biến này.")
    return DeviceView(*row)


def find_device_by_key(session: Session, key_hash: bytes) -> DeviceView | None:
    """Return the device whose key has this SHA-256, or None."""
    row = session.execute(select(*_DEVICE).where(Device.key_hash == key_hash)).one_or_none()
    return DeviceView(*row) if row is not None else None


def list_devices_at(session: Session, site_id: int) -> Sequence[DeviceView]:
    """Return the devices that speak for a place: its own, those of the barn that it stands in and of pens inside it."""
    site = sellers.get_site(session, site_id)
    places = {site.id} | {one.id for one in sellers.list_sites(session, site.household_id) if one.parent_id == site.id}
    if site.parent_id is not None:
        places.add(site.parent_id)
    rows = session.execute(select(*_DEVICE).where(Device.site_id.in_(places)).order_by(Device.id))
    return [DeviceView(*row) for row in rows]


def list_days(
    session: Session, device_ids: Collection[int], first_on: date, last_on: date
) -> Mapping[int, Sequence[DayRow]]:
    """Return the figures of days by device, oldest first; both ends are included."""
    found: dict[int, list[DayRow]] = {}
    if not device_ids:
        return found
    rows = session.execute(
        select(SensorDay)
        .where(SensorDay.device_id.in_(device_ids), SensorDay.measured_on.between(first_on, last_on))
        .order_by(SensorDay.device_id, SensorDay.measured_on)
    ).scalars()
    for row in rows:
        figures = DayFigures(
            day=row.measured_on, minimum=row.min_value, maximum=row.max_value, total=row.sum_of_values,
            count=row.reading_count, covered=row.covered_seconds, low=row.low_seconds, high=row.high_seconds,
        )  # fmt: skip
        found.setdefault(row.device_id, []).append(DayRow(figures, row.low_limit, row.high_limit))
    return found


def sum_rows(rows: Sequence[DayRow]) -> Span:
    """Return the figures of several days in one; there is at least one."""
    return sum_up([row.figures for row in rows], ((row.low_limit, row.high_limit) for row in rows))


def list_alerts(session: Session, device_id: int) -> Sequence[AlertView]:
    """Return a device's alerts, newest first."""
    rows = session.execute(
        select(*_ALERT)
        .where(SensorAlert.device_id == device_id)
        .order_by(SensorAlert.began_at.desc(), SensorAlert.id.desc())
        .limit(_ALERTS_SHOWN)
    )
    return [AlertView(*row) for row in rows]


def list_open_alerts(session: Session, household_id: int) -> Sequence[DeviceAlert]:
    """Return what is wrong right now at a household's places, the oldest first. One statement."""
    rows = session.execute(
        select(*_ALERT, *_DEVICE)
        .join(Device, Device.id == SensorAlert.device_id)
        .where(Device.household_id == household_id, SensorAlert.ended_at.is_(None))
        .order_by(SensorAlert.began_at, SensorAlert.id)
    )
    return [DeviceAlert(AlertView(*row[: len(_ALERT)]), DeviceView(*row[len(_ALERT) :])) for row in rows]


def find_alert(session: Session, alert_id: int) -> DeviceAlert | None:
    """Return an alert with its device, or None."""
    row = session.execute(
        select(*_ALERT, *_DEVICE).join(Device, Device.id == SensorAlert.device_id).where(SensorAlert.id == alert_id)
    ).one_or_none()
    return DeviceAlert(AlertView(*row[: len(_ALERT)]), DeviceView(*row[len(_ALERT) :])) if row is not None else None


def list_readings(session: Session, device_id: int, start: datetime, end: datetime | None = None) -> list[Reading]:
    """Return single readings from a moment on, up to another one (excluded), in time order."""
    statement = select(SensorReading.measured_at, SensorReading.value, SensorReading.side).where(
        SensorReading.device_id == device_id, SensorReading.measured_at >= start
    )
    if end is not None:
        statement = statement.where(SensorReading.measured_at < end)
    rows = session.execute(statement.order_by(SensorReading.measured_at, SensorReading.value))
    return [Reading(*row) for row in rows]


def find_calm_before(session: Session, device_id: int, moment: datetime) -> datetime | None:
    """Return the last moment before another at which a device was inside its range; None when there is none."""
    return session.execute(
        select(func.max(SensorReading.measured_at)).where(
            SensorReading.device_id == device_id, SensorReading.measured_at < moment, SensorReading.side == INSIDE
        )
    ).scalar_one()


def list_closed_days(session: Session, device_id: int, days: Collection[date]) -> frozenset[date]:
    """Return which of these days are closed: their readings are gone and their figures stay as they are."""
    return frozenset(
        session.scalars(
            select(SensorDay.measured_on).where(
                SensorDay.device_id == device_id, SensorDay.measured_on.in_(days), SensorDay.is_closed
            )
        )
    )


def list_devices_to_review(session: Session, now: datetime) -> Sequence[int]:
    """Return devices about which somebody may have to be told: out of range without an alert, or silent.

    A device without a key is silent on purpose. One that never called has not been set up yet.
    """
    alert = aliased(SensorAlert)
    is_told = select(alert.id).where(alert.device_id == Device.id, alert.ended_at.is_(None))
    is_outside = and_(
        Device.last_side != INSIDE,
        Device.last_reading_at > now - 2 * HOLDS_FOR,
        ~is_told.where(alert.kind.in_(KIND_OF_SIDE.values())).exists(),
    )
    is_silent = and_(
        Device.key_hash.is_not(None),
        Device.heard_at < now - Device.silence_hours * timedelta(hours=1),
        ~is_told.where(alert.kind == "silent").exists(),
    )
    return list(session.scalars(select(Device.id).where(or_(is_outside, is_silent)).order_by(Device.id)))
