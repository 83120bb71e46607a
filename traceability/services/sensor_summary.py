"""Seals what sensors saw: once for each lot when it is made, once for a season when it is closed."""

import uuid
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.models.custody import Season
from traceability.queries.lots import find_lot
from traceability.queries.records import RecordView, view_record
from traceability.queries.seasons import get_season
from traceability.queries.sensors import list_days, list_devices_at, sum_rows
from traceability.rules import events_barn, identifiers
from traceability.rules.bodies import moment_of
from traceability.rules.entries import SYSTEM_ACTOR
from traceability.rules.sensors import draw_band
from traceability.services.chain import Draft, append_record, derived_key, find_replay, lock_chain

#: Devices in one summary: enough for a barn with its pens.
_MOST = 12


def seal_lot_sensors(*, session: Session, lot_id: int, now: datetime) -> RecordView | None:
    """Seal what the sensors of a lot's place saw from the start of its season to the day on which it was made.

    Returns None when there is no such season, or nothing was measured. Done once, whatever comes in later.
    """
    lot = find_lot(session, lot_id)
    if lot is None or lot.season_id is None:
        return None
    subject = (identifiers.lot_uri(lot.produce, lot.code), lot.code)
    return _seal(session, lot.season_id, lot.made_on, subject, lot.id, now)


def seal_season_sensors(*, session: Session, season_id: int, now: datetime) -> RecordView | None:
    """Seal what the sensors of a closed season's place saw, from its first day to its last."""
    season = get_season(session, season_id)
    if season.closed_on is None:
        return None
    return _seal(session, season_id, season.closed_on, ("", ""), None, now)


def _seal(  # noqa: PLR0917 - of what, until when, about what
    session: Session, season_id: int, last_on: date, subject: tuple[str, str], lot_id: int | None, now: datetime
) -> RecordView | None:
    season = get_season(session, season_id)
    chain = lock_chain(session, season.household_id)
    key = derived_key(_client_key(session, season_id), f"sensors/{subject[1]}")
    replayed = find_replay(session, chain, key)
    if replayed is not None:
        return view_record(session, replayed)
    devices = list_devices_at(session, season.site_id)
    days = list_days(session, [device.id for device in devices], season.started_on, last_on)
    seen = [
        (device.ulid, device.measure, sum_rows(rows), draw_band([row.figures for row in rows]))
        for device in devices
        if (rows := days.get(device.id))
    ][:_MOST]
    if not seen:
        return None
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_barn.sensor_summary(stamp, seen, season=season.transformation_id, lot=subject),
            occurred_at=moment_of(last_on, now),
            is_day_only=True,
            site_id=season.site_id,
            season_id=season_id,
            lot_id=lot_id,
        ),
        actor=SYSTEM_ACTOR,
        key=key,
        now=now,
    )
    return view_record(session, record)


def _client_key(session: Session, season_id: int) -> uuid.UUID:
    return session.execute(select(Season.client_key).where(Season.id == season_id)).scalar_one()
