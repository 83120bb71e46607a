"""Devices and readings for tests, made the way households and loggers make them."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from tests.factories.sellers import make_site
from tests.factories.traceability import make_keeper
from traceability.queries.sensors import DeviceView
from traceability.rules.sensors import DeviceFacts
from traceability.services.devices import register_device
from traceability.services.readings import Intake, take_readings

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def make_device(
    session: Session, household_id: int, *, site_id: int | None = None, now: datetime = NOW, **about: object
) -> tuple[DeviceView, str]:
    """Return a thermometer (18 to 32 °C unless told otherwise) and its key."""
    facts: dict[str, object] = {
        "site_id": site_id or make_site(session, household_id, kind="barn", name="Chuồng số 1"),
        "name": "Nhiệt độ chuồng số 1",
        "measure": "temperature",
        "low_limit": Decimal(18),
        "high_limit": Decimal(32),
        **about,
    }
    made = register_device(
        session=session,
        household_id=household_id,
        facts=DeviceFacts(**facts),  # type: ignore[arg-type]
        actor=make_keeper(household_id),
        key=uuid.uuid4(),
        now=now,
    )
    assert made.key is not None
    return made.device, made.key


def send(
    session: Session,
    device: DeviceView,
    readings: Iterable[tuple[datetime, str | int]],
    *,
    has_called: bool = True,
    now: datetime = NOW,
) -> Intake:
    """Take readings in, as if the device had sent them."""
    return take_readings(
        session=session,
        device_id=device.id,
        readings=[(moment, Decimal(value)) for moment, value in readings],
        has_called=has_called,
        now=now,
    )


def every(minutes: int, start: datetime, values: Iterable[str | int]) -> list[tuple[datetime, str | int]]:
    """Return readings at equal distances."""
    return [(start + timedelta(minutes=minutes * place), value) for place, value in enumerate(values)]
