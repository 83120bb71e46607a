"""Devices: registering a sensor, changing what is said of it, its key."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.ids import new_token, new_ulid
from traceability.models.sensors import Device, SensorAlert
from traceability.queries.owners import get_own_site
from traceability.queries.sensors import DeviceView, find_device_by_key, get_device
from traceability.rules.sensors import MAX_DEVICES, DeviceFacts, check_device

_PREFIX = "cb_"
_HINT = 7


@dataclass(frozen=True, slots=True)
class NewKey:
    """A device with the key that was just made for it.

    ``key`` is None when this form was sent before: nobody can show a key twice, since only its hash is kept.
    """

    device: DeviceView
    key: str | None


def register_device(
    *, session: Session, household_id: int, facts: DeviceFacts, actor: Actor, key: uuid.UUID, now: datetime
) -> NewKey:
    """Register a sensor at a place of the household and make its key.

    Raises ``NotFound`` for somebody else's place, ``Refused`` for what cannot be.
    """
    known = session.execute(select(Device).where(Device.client_key == key)).scalar_one_or_none()
    if known is not None:
        if known.household_id != household_id:
            raise Conflict("key_in_use", "Biểu mẫu này đã được dùng rồi. Hãy tải lại trang.")
        return NewKey(get_device(session, known.id, household_id=household_id), None)
    check_device(facts)
    site = get_own_site(session, facts.site_id, household_id)
    count = session.scalar(select(func.count()).select_from(Device).where(Device.household_id == household_id)) or 0
    if count >= MAX_DEVICES:
        message = f"Mỗi hộ khai tối đa {MAX_DEVICES} cảm biến."
        raise Refused("too_many_devices", message)
    secret = _new_secret()
    device = Device(
        household_id=household_id,
        site_id=site.id,
        ulid=new_ulid(),
        created_at=now,
        created_by=actor.party,
        client_key=key,
        **_columns(facts),
        **_key_columns(secret, now),
    )
    session.add(device)
    session.flush()
    return NewKey(get_device(session, device.id, household_id=household_id), secret)


def edit_device(*, session: Session, household_id: int, device_id: int, facts: DeviceFacts) -> None:
    """Change name, range and patience. What it measures and where it hangs stay: figures of the past tell of that.

    Readings that came in keep the side on which they lay then.
    """
    device = _lock(session, household_id, device_id)
    kept = DeviceFacts(
        site_id=device.site_id,
        name=facts.name,
        measure=device.measure,
        low_limit=facts.low_limit,
        high_limit=facts.high_limit,
        patience_minutes=facts.patience_minutes,
        silence_hours=facts.silence_hours,
    )
    check_device(kept)
    for name, value in _columns(kept).items():
        setattr(device, name, value)


def renew_key(*, session: Session, household_id: int, device_id: int, key: uuid.UUID, now: datetime) -> NewKey:
    """Make a new key; the old one stops at once. Sending the same form twice renews once."""
    device = _lock(session, household_id, device_id)
    if device.renewal_key == key:
        return NewKey(get_device(session, device_id, household_id=household_id), None)
    secret = _new_secret()
    device.renewal_key = key
    device.heard_at = None
    for name, value in _key_columns(secret, now).items():
        setattr(device, name, value)
    _end_alerts(session, device_id, now, "silent")
    session.flush()
    return NewKey(get_device(session, device_id, household_id=household_id), secret)


def revoke_key(*, session: Session, household_id: int, device_id: int, now: datetime) -> None:
    """Take the key away: the device sends nothing any more, and nobody waits for it. Its figures stay."""
    device = _lock(session, household_id, device_id)
    device.key_hash = None
    device.heard_at = None
    _end_alerts(session, device_id, now, "silent", "high", "low")


def find_device_with_key(session: Session, secret: str) -> DeviceView | None:
    """Return the device whose key this is, or None."""
    if not secret.startswith(_PREFIX) or len(secret) > 80:
        return None
    return find_device_by_key(session, _hash(secret))


def _lock(session: Session, household_id: int, device_id: int) -> Device:
    device = session.execute(
        select(Device)
        .where(Device.id == device_id, Device.household_id == household_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if device is None:
        raise NotFound("device_not_found", "Không tìm thấy cảm biến này.")
    return device


def _columns(facts: DeviceFacts) -> Mapping[str, object]:
    return {
        "name": " ".join(facts.name.split()),
        "measure": facts.measure,
        "low_limit": facts.low_limit,
        "high_limit": facts.high_limit,
        "patience_minutes": facts.patience_minutes,
        "silence_hours": facts.silence_hours,
    }


def _key_columns(secret: str, now: datetime) -> Mapping[str, object]:
    return {"key_hash": _hash(secret), "key_hint": secret[:_HINT], "key_made_at": now}


def _new_secret() -> str:
    return f"{_PREFIX}{new_token()}"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _end_alerts(session: Session, device_id: int, now: datetime, *kinds: str) -> None:
    session.execute(
        update(SensorAlert)
        .where(SensorAlert.device_id == device_id, SensorAlert.ended_at.is_(None), SensorAlert.kind.in_(kinds))
        .values(ended_at=func.greatest(SensorAlert.began_at, now))
    )
