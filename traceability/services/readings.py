"""Readings come in: each once, in any order; the figures of their days and the alerts follow at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.core.clock import local_date, start_of_local_day
from marketplace.core.errors import NotFound, Refused
from traceability.models.sensors import Device, SensorDay, SensorReading
from traceability.queries.sensors import list_closed_days, list_readings
from traceability.rules.sensors import (
    HOLDS_FOR,
    MAX_A_DAY,
    days_touched,
    find_fault,
    fold_days,
    get_measure,
    is_too_old,
    side_of,
    tidy,
)
from traceability.services.sensor_alerts import hear_again, review_alerts

_ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of readings: new ones, those that were there already, and those that came too late for their day."""

    accepted: int
    repeated: int
    too_late: int


def take_readings(
    *,
    session: Session,
    device_id: int,
    readings: Sequence[tuple[datetime, Decimal]],
    has_called: bool,
    now: datetime,
) -> Intake:
    """Take readings in. ``has_called`` says that the device itself sent them (a file does not break its silence).

    All or nothing: raises ``Refused`` (``time_in_future``, ``value_impossible``, ``too_many_readings``; ``index`` tells
    which; ``key_revoked`` for a call of a device whose key was taken away) and ``NotFound``.
    """
    device = lock_device(session, device_id)
    if has_called and device.key_hash is None:
        raise Refused("key_revoked", "Khóa của cảm biến này đã bị thu hồi.")
    measure = get_measure(device.measure)
    for index, (measured_at, value) in enumerate(readings):
        fault = find_fault(measure, measured_at, value, now)
        if fault is not None:
            raise Refused(fault, "Số đo này không thể đúng.", index=index)
    if has_called:
        hear_again(session, device, now)
    tidied = [tidy(measured_at, value) for measured_at, value in readings]
    wanted = dict.fromkeys(one for one in tidied if not is_too_old(one[0], now))
    closed = list_closed_days(session, device_id, {local_date(measured_at) for measured_at, _ in wanted})
    fresh = [one for one in wanted if local_date(one[0]) not in closed]
    accepted = _insert(session, device, fresh)
    too_late = sum(1 for one in tidied if is_too_old(one[0], now) or local_date(one[0]) in closed)
    if accepted:
        _refold(session, device, {day for measured_at, _ in accepted for day in days_touched(measured_at)})
        _note_latest(device, accepted)
        session.flush()
        review_alerts(session, device, since=min(measured_at for measured_at, _ in accepted), now=now)
    return Intake(len(accepted), len(tidied) - too_late - len(accepted), too_late)


def lock_device(session: Session, device_id: int) -> Device:
    """Lock a device until the transaction ends. Raises ``NotFound``."""
    device = session.execute(
        select(Device).where(Device.id == device_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if device is None:
        raise NotFound("device_not_found", "Không tìm thấy cảm biến này.")
    return device


def _insert(
    session: Session, device: Device, readings: Sequence[tuple[datetime, Decimal]]
) -> Sequence[tuple[datetime, Decimal]]:
    """Write readings that are not there yet; return those."""
    added: list[tuple[datetime, Decimal]] = []
    for start in range(0, len(readings), _ROWS_AT_ONCE):
        rows = [
            {
                "device_id": device.id,
                "measured_at": measured_at,
                "value": value,
                "side": side_of(value, device.low_limit, device.high_limit),
            }
            for measured_at, value in readings[start : start + _ROWS_AT_ONCE]
        ]
        written = session.execute(
            insert(SensorReading)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(SensorReading.measured_at, SensorReading.value)
        )
        added.extend((measured_at, value) for measured_at, value in written)
    return added


def _refold(session: Session, device: Device, days: Collection[date]) -> None:
    """Work out the figures of days anew from all their readings. Closed days stay as they are."""
    start = start_of_local_day(min(days)) - HOLDS_FOR
    end = start_of_local_day(max(days) + timedelta(days=1))
    figures = [one for day, one in fold_days(list_readings(session, device.id, start, end)).items() if day in days]
    crowded = next((one for one in figures if one.count > MAX_A_DAY), None)
    if crowded is not None:
        message = f"Ngày {crowded.day:%d/%m/%Y} có quá nhiều số đo. Mỗi ngày nhận tối đa {MAX_A_DAY} số đo."
        raise Refused("too_many_readings", message)
    row = insert(SensorDay).values(
        [
            {
                "device_id": device.id, "measured_on": one.day, "min_value": one.minimum, "max_value": one.maximum,
                "sum_of_values": one.total, "reading_count": one.count, "covered_seconds": one.covered,
                "low_seconds": one.low, "high_seconds": one.high,
                "low_limit": device.low_limit, "high_limit": device.high_limit,
            }
            for one in figures
        ]
    )  # fmt: skip
    changed = {
        name: row.excluded[name]
        for name in (
            "min_value", "max_value", "sum_of_values", "reading_count", "covered_seconds", "low_seconds",
            "high_seconds", "low_limit", "high_limit",
        )
    }  # fmt: skip
    session.execute(
        row.on_conflict_do_update(
            index_elements=[SensorDay.device_id, SensorDay.measured_on], set_=changed, where=~SensorDay.is_closed
        )
    )


def _note_latest(device: Device, readings: Iterable[tuple[datetime, Decimal]]) -> None:
    measured_at, value = max(readings)
    known = (device.last_reading_at, device.last_value)
    if known[0] is None or known[1] is None or (measured_at, value) > known:
        device.last_reading_at, device.last_value = measured_at, value
        device.last_side = side_of(value, device.low_limit, device.high_limit)


def close_old_days(*, session: Session, now: datetime, keep_days: int) -> int:
    """Close the days that are older than ``keep_days``: their figures stay for ever. Returns how many were closed."""
    horizon = local_date(now) - timedelta(days=keep_days)
    closed = session.execute(
        update(SensorDay)
        .where(~SensorDay.is_closed, SensorDay.measured_on < horizon)
        .values(is_closed=True)
        .returning(SensorDay.device_id)
    )
    return len(closed.all())


def thin_readings(*, session: Session, now: datetime, keep_days: int, limit: int = 20_000) -> int:
    """Throw away single readings of closed days, at most ``limit`` at once; return how many went.

    The last hour before the horizon stays: its readings reach over midnight into a day that is still open.
    """
    horizon = start_of_local_day(local_date(now) - timedelta(days=keep_days)) - HOLDS_FOR
    old = (
        select(SensorReading.device_id, SensorReading.measured_at, SensorReading.value)
        .where(SensorReading.measured_at < horizon)
        .limit(limit)
        .subquery()
    )
    gone = session.execute(
        delete(SensorReading)
        .where(
            SensorReading.device_id == old.c.device_id,
            SensorReading.measured_at == old.c.measured_at,
            SensorReading.value == old.c.value,
        )
        .returning(SensorReading.device_id)
    )
    return len(gone.all())
