"""Counts scans. One statement a scan; nobody can be found from what stays."""

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import NotFound, Refused
from marketplace.core.outbox import record_event
from sellers.queries import list_provinces
from traceability.events import StickersSuspected
from traceability.models.scans import ScanAlarm, ScanCount, ScanDevice, ScanSalt, Sighting
from traceability.queries.lots import get_lot
from traceability.queries.scans import list_recently_scanned, read_facts
from traceability.rules.scans import list_suspicions

_SALT_BYTES, _HASH_BYTES = 32, 16
#: Lots that were scanned in this time are looked at again.
_LOOK_BACK = timedelta(days=2)
#: Beyond it a report says nothing that the earlier ones did not.
_MAX_REPORTS = 1000


def record_scan(*, session: Session, lot_id: int, pack_id: int, seen_from: str, now: datetime) -> None:
    """Count one opening of a lot's code (``pack_id`` 0) or a pack's.

    ``seen_from`` is what tells devices apart (address and browser); it is hashed under the salt of the day, for this
    code alone, and never written down.
    """
    day = local_date(now)
    told = f"{seen_from}\n{lot_id}\n{pack_id}".encode()
    device = hmac.new(_salt_of(session, day), told, hashlib.sha256).digest()[:_HASH_BYTES]
    fresh = (
        insert(ScanDevice)
        .values(day_on=day, lot_id=lot_id, pack_id=pack_id, device=device)
        .on_conflict_do_nothing()
        .returning(ScanDevice.device)
        .cte("fresh")
    )
    row = insert(ScanCount).values(
        lot_id=lot_id,
        hour_at=now.replace(minute=0, second=0, microsecond=0),
        pack_id=pack_id,
        scans=1,
        devices=select(func.count()).select_from(fresh).scalar_subquery(),
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=[ScanCount.lot_id, ScanCount.hour_at, ScanCount.pack_id],
            set_={"scans": ScanCount.scans + 1, "devices": ScanCount.devices + row.excluded.devices},
        )
    )


def report_sighting(*, session: Session, lot_id: int, pack_id: int, province_code: str, now: datetime) -> None:
    """Note in which province somebody met a sticker. Raises ``Refused`` for a province that is none."""
    if province_code not in {code for code, _ in list_provinces(session)}:
        message = "Hãy chọn tỉnh hoặc thành phố nơi bạn gặp tem này."
        raise Refused("province_unknown", message, field="province")
    row = insert(Sighting).values(
        lot_id=lot_id, pack_id=pack_id, province_code=province_code, seen_on=local_date(now), reports=1
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=[Sighting.lot_id, Sighting.pack_id, Sighting.province_code, Sighting.seen_on],
            set_={"reports": func.least(Sighting.reports + 1, _MAX_REPORTS)},
        )
    )


def weigh_scans(*, session: Session, now: datetime) -> int:
    """Look at every lot that was scanned lately and raise what is suspicious; return how many alarms are new.

    An alarm is raised once; one that an officer closed stays closed.
    """
    raised = 0
    for lot_id in list_recently_scanned(session, now - _LOOK_BACK):
        for found in list_suspicions(read_facts(session, lot_id, local_date(now)), local_date(now)):
            alarm_id = session.execute(
                insert(ScanAlarm)
                .values(lot_id=lot_id, pack_id=found.pack_id, kind=found.kind, found_at=now)
                .on_conflict_do_nothing()
                .returning(ScanAlarm.id)
            ).scalar_one_or_none()
            if alarm_id is None:
                continue
            raised += 1
            lot = get_lot(session, lot_id)
            record_event(session, StickersSuspected(lot.id, lot.code, lot.household_id, lot.commune_id, found.kind))
    return raised


def close_alarm(*, session: Session, alarm_id: int, officer: Actor, now: datetime) -> None:
    """Close an alarm of one's own commune: the officer has looked into it. Raises ``NotFound`` for others'."""
    alarm = session.get(ScanAlarm, alarm_id)
    if alarm is None or get_lot(session, alarm.lot_id).commune_id != officer.commune_id:
        raise NotFound
    session.execute(
        update(ScanAlarm)
        .where(ScanAlarm.id == alarm_id, ScanAlarm.closed_at.is_(None))
        .values(closed_at=now, closed_by=officer.party)
    )


def forget_devices(*, session: Session, now: datetime) -> None:
    """Delete the salts and hashes of days that are over. From then on nothing tells who came."""
    today = local_date(now)
    session.execute(delete(ScanDevice).where(ScanDevice.day_on < today))
    session.execute(delete(ScanSalt).where(ScanSalt.day_on < today))


def _salt_of(session: Session, day: date) -> bytes:
    known = session.scalar(select(ScanSalt.salt).where(ScanSalt.day_on == day))
    if known is not None:
        return known
    session.execute(insert(ScanSalt).values(day_on=day, salt=secrets.token_bytes(_SALT_BYTES)).on_conflict_do_nothing())
    return session.execute(select(ScanSalt.salt).where(ScanSalt.day_on == day)).scalar_one()
