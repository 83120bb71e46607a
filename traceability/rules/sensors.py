"""Sensors: what may be measured, which readings are believed, and how readings become figures of a day and alerts.

Everything here is a function of a *set* of readings: in which order they came, and how often each, makes no difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from marketplace.core.clock import local_date, start_of_local_day
from marketplace.core.errors import Refused
from traceability.rules.entries import check_text

#: A reading stands for the time until the next one, at most this long.
HOLDS_FOR = timedelta(hours=1)
#: A clock may run ahead this far.
MAX_AHEAD = timedelta(minutes=10)
#: Readings older than this many days come too late for every figure.
MAX_DAYS_BACK = 60
#: Readings in one call over HTTP, and in one file.
MAX_BATCH = 1000
MAX_ROWS = 20_000
#: Readings of one device in one day: one each 30 seconds.
MAX_A_DAY = 2880
MAX_DEVICES = 40
MAX_NAME = 60
PATIENCE_MINUTES = (5, 720)
SILENCE_HOURS = (1, 72)
#: An alert about something that was over longer ago than this is noted, and nobody is woken for it.
NEWS_FOR = timedelta(hours=24)
_STEP = Decimal("0.001")
LOW, INSIDE, HIGH = -1, 0, 1
KIND_OF_SIDE = {LOW: "low", HIGH: "high"}


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that a device measures.

    ``uom`` is the code of UN/ECE Recommendation 20, ``type`` the measurement type of the GS1 web vocabulary as EPCIS
    2.0 uses it, ``substance`` what a concentration is of (InChIKey). Beyond ``lowest`` and ``highest`` a reading is a
    fault of the device; ``low`` and ``high`` are what the form proposes.
    """

    code: str
    label: str
    uom: str
    symbol: str
    type: str
    lowest: Decimal
    highest: Decimal
    low: Decimal
    high: Decimal
    substance: str = ""


def _measure(  # noqa: PLR0917 - a row of the table below
    code: str,
    label: str,
    uom: str,
    symbol: str,
    kind: str,
    possible: tuple[str, str],
    usual: tuple[str, str],
    substance: str = "",
) -> Measure:
    lowest, highest, low, high = (Decimal(text) for text in (*possible, *usual))
    return Measure(code, label, uom, symbol, kind, lowest, highest, low, high, substance)


_INCHI = "https://identifiers.org/inchikey:"
MEASURES: Mapping[str, Measure] = {
    one.code: one
    for one in (
        _measure("temperature", "Nhiệt độ", "CEL", "°C", "Temperature", ("-50", "90"), ("18", "32")),
        _measure("humidity", "Độ ẩm không khí", "P1", "%", "RelativeHumidity", ("0", "100"), ("50", "85")),
        _measure(
            "ammonia", "Khí amoniac", "59", "ppm", "Dimensionless", ("0", "1000"), ("0", "25"),
            f"{_INCHI}QGZKDVFQNNGYKY-UHFFFAOYSA-N",
        ),
        _measure(
            "oxygen", "Ôxy hòa tan", "M1", "mg/l", "MassConcentration", ("0", "40"), ("4", "12"),
            f"{_INCHI}MYMOFIZGZYHOMD-UHFFFAOYSA-N",
        ),
        _measure("ph", "Độ pH", "Q30", "pH", "Dimensionless", ("0", "14"), ("6.5", "8.5")),
        _measure("light", "Ánh sáng", "LUX", "lux", "Illuminance", ("0", "200000"), ("10", "50000")),
    )
}  # fmt: skip


class Reading(NamedTuple):
    """A value at a moment (aware, whole seconds), and on which side of the range it lay: -1, 0 or 1."""

    measured_at: datetime
    value: Decimal
    side: int = INSIDE


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a household says of a device."""

    site_id: int
    name: str
    measure: str
    low_limit: Decimal
    high_limit: Decimal
    patience_minutes: int = 30
    silence_hours: int = 6


def get_measure(code: str) -> Measure:
    """Return what is measured. Raises ``Refused`` when it is not on the list."""
    try:
        return MEASURES[code]
    except KeyError:
        raise Refused("measure_unknown", "Hãy chọn thứ mà cảm biến đo.", field="measure") from None


def check_device(facts: DeviceFacts) -> None:
    """Raise ``Refused``, naming the field, when something is missing or cannot be."""
    measure = get_measure(facts.measure)
    check_text(facts.name, "name", "Hãy đặt tên cho cảm biến, ví dụ Nhiệt độ ô số 1.")
    if len(facts.name) > MAX_NAME:
        message = f"Tên này quá dài. Tối đa {MAX_NAME} ký tự."
        raise Refused("text_too_long", message, field="name")
    for field in ("low_limit", "high_limit"):
        value = getattr(facts, field)
        if not measure.lowest <= value <= measure.highest or value % _STEP:
            lowest, highest = write_value(measure.lowest), write_value(measure.highest)
            message = f"Mức này phải từ {lowest} đến {highest} {measure.symbol}."
            raise Refused("limit_impossible", message, field=field)
    if facts.low_limit >= facts.high_limit:
        raise Refused("range_empty", "Mức cao nhất phải lớn hơn mức thấp nhất.", field="high_limit")
    first, last = PATIENCE_MINUTES
    if not first <= facts.patience_minutes <= last:
        message = f"Hãy ghi số phút từ {first} đến {last}."
        raise Refused("patience_wrong", message, field="patience_minutes")
    first, last = SILENCE_HOURS
    if not first <= facts.silence_hours <= last:
        raise Refused("silence_wrong", f"Hãy ghi số giờ từ {first} đến {last}.", field="silence_hours")


def write_value(value: Decimal) -> str:
    """Write a value the Vietnamese way with up to three decimals: ``-2,5``."""
    text = f"{value.quantize(_STEP, rounding=ROUND_HALF_EVEN):f}"
    whole, _, fraction = text.partition(".")
    return f"{whole},{fraction.rstrip('0')}" if fraction.strip("0") else whole


def tidy(measured_at: datetime, value: Decimal) -> tuple[datetime, Decimal]:
    """Return a moment in whole seconds and a value in thousandths: the one spelling under which a reading is kept."""
    return measured_at.replace(microsecond=0), value.quantize(_STEP, rounding=ROUND_HALF_EVEN) + Decimal(0)


def find_fault(measure: Measure, measured_at: datetime, value: Decimal, now: datetime) -> str | None:
    """Return why a reading cannot be true (``time_in_future``, ``value_impossible``), or None."""
    if measured_at > now + MAX_AHEAD:
        return "time_in_future"
    if not value.is_finite() or not measure.lowest <= value <= measure.highest:
        return "value_impossible"
    return None


def is_too_old(measured_at: datetime, now: datetime) -> bool:
    """Say whether a reading comes too late for the figures of its day."""
    return measured_at < start_of_local_day(local_date(now) - timedelta(days=MAX_DAYS_BACK))


def side_of(value: Decimal, low_limit: Decimal, high_limit: Decimal) -> int:
    """Say where a value lies: -1 below the range, 0 inside (its ends included), 1 above."""
    return LOW if value < low_limit else HIGH if value > high_limit else INSIDE


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What is kept of a day for ever. Seconds as in ``SensorDay``; the share is of the time that readings stood for."""

    day: date
    minimum: Decimal
    maximum: Decimal
    total: Decimal
    count: int
    covered: int
    low: int
    high: int

    @property
    def mean(self) -> Decimal:
        """The mean of the readings."""
        return self.total / self.count

    @property
    def share(self) -> Decimal | None:
        """The share of time inside the range, 0 to 1; None when readings stood for no time at all."""
        return Decimal(self.covered - self.low - self.high) / self.covered if self.covered else None


def days_touched(measured_at: datetime) -> frozenset[date]:
    """Return the days in Viet Nam whose figures a reading enters: its own, and the next if it stands past midnight."""
    return frozenset({local_date(measured_at), local_date(measured_at + HOLDS_FOR - timedelta(seconds=1))})


def fold_days(readings: Iterable[Reading]) -> dict[date, DayFigures]:
    """Return the figures of each day that has a reading.

    A reading stands from its moment until the next one, at most an hour; time after midnight counts for the next day.
    """
    ordered = sorted(set(readings))
    by_day: dict[date, list[Decimal]] = {}
    seconds: dict[tuple[date, int], int] = {}
    for place, one in enumerate(ordered):
        until = one.measured_at + HOLDS_FOR
        if place + 1 < len(ordered):
            until = min(until, ordered[place + 1].measured_at)
        day = local_date(one.measured_at)
        by_day.setdefault(day, []).append(one.value)
        midnight = start_of_local_day(day + timedelta(days=1))
        for on, span in ((day, min(until, midnight) - one.measured_at), (day + timedelta(days=1), until - midnight)):
            if span > timedelta(0):
                seconds[on, one.side] = seconds.get((on, one.side), 0) + int(span.total_seconds())
    return {
        day: DayFigures(
            day=day,
            minimum=min(values),
            maximum=max(values),
            total=sum(values, Decimal(0)),
            count=len(values),
            covered=sum(seconds.get((day, side), 0) for side in (LOW, INSIDE, HIGH)),
            low=seconds.get((day, LOW), 0),
            high=seconds.get((day, HIGH), 0),
        )
        for day, values in by_day.items()
    }


@dataclass(frozen=True, slots=True)
class Excursion:
    """A stretch outside the range on one side; ``ended_at`` is None while it lasts.

    ``is_long`` says that it lasted for as long as somebody wanted to be told after.
    """

    side: int
    began_at: datetime
    ended_at: datetime | None
    extreme: Decimal
    is_long: bool


def find_excursions(
    readings: Iterable[Reading], *, patience: timedelta, dropout: timedelta, now: datetime
) -> Sequence[Excursion]:
    """Return the stretches outside the range, oldest first; ``is_long`` are those that lasted at least ``patience``.

    A stretch ends with the first reading that is not on its side. After a silence longer than ``dropout`` nothing is
    known: the stretch then ended an hour after its last reading, and a new one may begin.
    """
    runs: list[tuple[list[Reading], datetime | None]] = []
    run: list[Reading] = []
    for one in sorted(set(readings)):
        if run and (one.side != run[-1].side or one.measured_at - run[-1].measured_at > dropout):
            is_silence = one.measured_at - run[-1].measured_at > dropout
            runs.append((run, run[-1].measured_at + HOLDS_FOR if is_silence else one.measured_at))
            run = []
        if one.side != INSIDE:
            run.append(one)
    if run:
        runs.append((run, None))
    found = []
    for stretch, ended_at in runs:
        first, last = stretch[0], stretch[-1]
        lasted_until = min(last.measured_at + HOLDS_FOR, ended_at or now)
        values = [one.value for one in stretch]
        extreme = max(values) if first.side == HIGH else min(values)
        is_long = lasted_until - first.measured_at >= patience
        found.append(Excursion(first.side, first.measured_at, ended_at, extreme, is_long))
    return found


def is_news(ended_at: datetime | None, now: datetime) -> bool:
    """Say whether somebody is to be told of what ended then (None: it lasts)."""
    return ended_at is None or ended_at >= now - NEWS_FOR


@dataclass(frozen=True, slots=True)
class Span:
    """Figures of several days in one. The limits are None when the range was changed meanwhile; shares are 0 to 1."""

    first_on: date
    last_on: date
    days: int
    minimum: Decimal
    maximum: Decimal
    mean: Decimal
    share: Decimal | None
    share_not_above: Decimal | None
    low_limit: Decimal | None = None
    high_limit: Decimal | None = None


def sum_up(figures: Sequence[DayFigures], limits: Iterable[tuple[Decimal, Decimal]]) -> Span:
    """Return the figures of days in one; there is at least one day. ``limits`` are the ranges that held on them."""
    covered = sum(one.covered for one in figures)
    high = sum(one.high for one in figures)
    outside = high + sum(one.low for one in figures)
    ranges = set(limits)
    low_limit, high_limit = ranges.pop() if len(ranges) == 1 else (None, None)
    return Span(
        first_on=min(one.day for one in figures),
        last_on=max(one.day for one in figures),
        days=len(figures),
        minimum=min(one.minimum for one in figures),
        maximum=max(one.maximum for one in figures),
        mean=sum((one.total for one in figures), Decimal(0)) / sum(one.count for one in figures),
        share=Decimal(covered - outside) / covered if covered else None,
        share_not_above=Decimal(covered - high) / covered if covered else None,
        low_limit=low_limit,
        high_limit=high_limit,
    )


class BandPoint(NamedTuple):
    """The lowest and highest value from one day to another, both included."""

    first_on: date
    last_on: date
    minimum: Decimal
    maximum: Decimal


def draw_band(figures: Sequence[DayFigures], most: int = 60) -> Sequence[BandPoint]:
    """Return lowest and highest values in time order, at most ``most`` of them: neighbouring days share a point.

    A point names the days that it stands for; days without readings lie between points, or inside one.
    """
    if not figures:
        return []
    ordered = sorted(figures, key=lambda one: one.day)
    start = ordered[0].day
    width = -(-((ordered[-1].day - start).days + 1) // most)
    groups: dict[int, list[DayFigures]] = {}
    for one in ordered:
        groups.setdefault((one.day - start).days // width, []).append(one)
    return [
        BandPoint(group[0].day, group[-1].day, min(one.minimum for one in group), max(one.maximum for one in group))
        for group in groups.values()
    ]
