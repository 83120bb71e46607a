"""Sensors of the invented pig farm: some weeks of temperature and humidity, and one hot afternoon."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from marketplace.core.clock import VN_TZ
from marketplace.seed.diaries import Farm
from marketplace.seed.dice import dice, key
from traceability.rules.sensors import MEASURES, DeviceFacts
from traceability.services.devices import register_device
from traceability.services.readings import close_old_days, take_readings, thin_readings

#: The household whose barn has sensors.
EQUIPPED = "lon-bachi"
_WEEKS = 8
_RAW_DAYS = 3
_DEVICES = (("temperature", "Nhiệt độ chuồng lợn"), ("humidity", "Độ ẩm chuồng lợn"))
#: The afternoon, so many days ago, on which the fans stood still.
_HOT_DAYS_AGO = 5


def install_sensors(farm: Farm, now: datetime) -> None:
    """Hang a thermometer and a hygrometer into the barn and let them tell of the last weeks."""
    started = now - timedelta(weeks=_WEEKS)
    for code, name in _DEVICES:
        measure = MEASURES[code]
        device = register_device(
            session=farm.session, household_id=farm.household_id,
            facts=DeviceFacts(farm.sites["barn"], name, code, measure.low, measure.high),
            actor=farm.farmer, key=key(EQUIPPED, "sensor", code), now=started,
        ).device  # fmt: skip
        # As from a file: nobody will call from this barn, so nobody is missed.
        take_readings(
            session=farm.session, device_id=device.id, readings=list(_measure(code, started, now)), has_called=False,
            now=now,
        )  # fmt: skip
    close_old_days(session=farm.session, now=now, keep_days=_RAW_DAYS)
    thin_readings(session=farm.session, now=now, keep_days=_RAW_DAYS)
    farm.has_sensors = True


def _measure(code: str, started: datetime, now: datetime) -> Iterator[tuple[datetime, Decimal]]:
    d = dice("sensor", code)
    hot_day = (now - timedelta(days=_HOT_DAYS_AGO)).astimezone(VN_TZ).date()
    moment = started.replace(minute=0, second=0, microsecond=0)
    weather = 0.0
    while moment < now - timedelta(minutes=5):
        local = moment.astimezone(VN_TZ)
        hour = local.hour + local.minute / 60
        weather = 0.98 * weather + d.gauss(0, 0.25)
        warmth = 26.5 + weather + 3.2 * math.cos((hour - 14) / 24 * 2 * math.pi)
        if code == "temperature":
            value = min(warmth + d.gauss(0, 0.3), 31.6)
            if local.date() == hot_day and 13 <= hour < 15:
                value = 33.4 + 0.8 * math.sin((hour - 13) / 2 * math.pi)
        else:
            value = min(max(74 - 3.5 * (warmth - 26.5) + d.gauss(0, 1.2), 47), 93)
        yield moment, Decimal(f"{value:.1f}")
        # Every half hour in the last days, each hour before: the picture is the same and the filling quicker.
        moment += timedelta(minutes=30 if now - moment < timedelta(days=7) else 60)
