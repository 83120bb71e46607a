"""Alerts: one for each stretch outside the range, one for each silence, told when they begin and when they end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace.core.outbox import record_event
from traceability.events import SensorAlertEnded, SensorAlertRaised
from traceability.models.sensors import Device, SensorAlert
from traceability.queries.sensors import find_calm_before, list_readings
from traceability.rules.sensors import (
    HOLDS_FOR,
    INSIDE,
    KIND_OF_SIDE,
    Excursion,
    Reading,
    find_excursions,
    is_news,
)

_LONG_AGO = timedelta(days=400)


def review_alerts(session: Session, device: Device, *, since: datetime, now: datetime) -> None:
    """Compare a locked device's alerts with its readings from ``since`` on; raise, correct and end them.

    The same readings give the same alerts, however they came. What was told stays told: an alert that a late reading
    shows to have been none is ended, not removed.
    """
    calm = find_calm_before(session, device.id, since)
    start = calm or now - _LONG_AGO
    readings = list_readings(session, device.id, start)
    dropout = timedelta(hours=device.silence_hours)
    found = find_excursions(
        readings, patience=timedelta(minutes=device.patience_minutes), dropout=max(dropout, HOLDS_FOR), now=now
    )
    known = _list_alerts_since(session, device.id, start)
    matched: set[int] = set()
    for excursion in found:
        alert = next((one for one in known if one.id not in matched and _is_same(one, excursion)), None)
        if alert is not None:
            matched.add(alert.id)
            _follow(session, device, alert, excursion, now, is_whole=calm is not None)
        elif excursion.is_long:
            if excursion.ended_at is None:
                # One alert of a kind is open at a time; what readings say no more of ends here.
                _end_unmatched(session, device, known, matched, readings, now)
            _raise(session, device, excursion, now)
    _end_unmatched(session, device, known, matched, readings, now)
    session.flush()


def _follow(
    session: Session, device: Device, alert: SensorAlert, excursion: Excursion, now: datetime, *, is_whole: bool
) -> None:
    """Bring an alert up to date. Readings of its beginning may be gone (``is_whole`` is false): then it stays."""
    extremes = [excursion.extreme, *([] if is_whole or alert.extreme_value is None else [alert.extreme_value])]
    alert.extreme_value = max(extremes) if alert.kind == "high" else min(extremes)
    alert.began_at = excursion.began_at if is_whole else min(alert.began_at, excursion.began_at)
    if excursion.ended_at is not None and alert.ended_at is None:
        _end(session, device, alert, excursion.ended_at, now)
    else:
        alert.ended_at = excursion.ended_at


def _list_alerts_since(session: Session, device_id: int, start: datetime) -> Sequence[SensorAlert]:
    return list(
        session.scalars(
            select(SensorAlert)
            .where(
                SensorAlert.device_id == device_id,
                SensorAlert.kind.in_(KIND_OF_SIDE.values()),
                or_(SensorAlert.ended_at.is_(None), SensorAlert.ended_at > start),
            )
            # The open one first: it is what an open stretch belongs to.
            .order_by(SensorAlert.ended_at.is_not(None), SensorAlert.began_at, SensorAlert.id)
        )
    )


def _is_same(alert: SensorAlert, excursion: Excursion) -> bool:
    """Say whether an alert is about this stretch: the same side, at the same time."""
    return (
        alert.kind == KIND_OF_SIDE[excursion.side]
        and (excursion.ended_at is None or alert.began_at < excursion.ended_at)
        and (alert.ended_at is None or excursion.began_at < alert.ended_at)
    )


def _raise(session: Session, device: Device, excursion: Excursion, now: datetime) -> None:
    alert = SensorAlert(
        device_id=device.id,
        kind=KIND_OF_SIDE[excursion.side],
        began_at=excursion.began_at,
        ended_at=excursion.ended_at,
        extreme_value=excursion.extreme,
        raised_at=now,
    )
    session.add(alert)
    session.flush()
    if is_news(alert.ended_at, now):
        _tell_raised(session, device, alert)


def _end_unmatched(  # noqa: PLR0917 - what is known, and what of it still stands
    session: Session,
    device: Device,
    known: Sequence[SensorAlert],
    matched: set[int],
    readings: Sequence[Reading],
    now: datetime,
) -> None:
    for alert in known:
        if alert.id in matched or alert.ended_at is not None:
            continue
        back = next(
            (one.measured_at for one in readings if one.side == INSIDE and one.measured_at >= alert.began_at), now
        )
        _end(session, device, alert, back, now)
        session.flush()


def _end(session: Session, device: Device, alert: SensorAlert, ended_at: datetime, now: datetime) -> None:
    alert.ended_at = max(alert.began_at, ended_at)
    if is_news(alert.ended_at, now):
        record_event(session, SensorAlertEnded(alert.id, device.id, device.household_id, alert.kind))


def hear_again(session: Session, device: Device, now: datetime) -> None:
    """Note that a locked device called; a silence that somebody was told of ends."""
    silence = session.execute(
        select(SensorAlert).where(
            SensorAlert.device_id == device.id, SensorAlert.kind == "silent", SensorAlert.ended_at.is_(None)
        )
    ).scalar_one_or_none()
    if silence is not None:
        _end(session, device, silence, now, now)
    device.heard_at = now if device.heard_at is None else max(device.heard_at, now)


def review_silence(session: Session, device: Device, now: datetime) -> None:
    """Raise an alert when a locked device has been silent for longer than allowed and nobody was told."""
    if device.key_hash is None or device.heard_at is None:
        return
    if device.heard_at >= now - timedelta(hours=device.silence_hours):
        return
    known = session.execute(
        select(SensorAlert.id).where(
            SensorAlert.device_id == device.id, SensorAlert.kind == "silent", SensorAlert.ended_at.is_(None)
        )
    ).first()
    if known is not None:
        return
    alert = SensorAlert(device_id=device.id, kind="silent", began_at=device.heard_at, raised_at=now)
    session.add(alert)
    session.flush()
    _tell_raised(session, device, alert)


def _tell_raised(session: Session, device: Device, alert: SensorAlert) -> None:
    record_event(session, SensorAlertRaised(alert.id, device.id, device.household_id, alert.kind))
