"""Where the lines of a picture lie: lowest and highest value of each day as a band, and the allowed range behind it.

Coordinates are those of an SVG's ``viewBox``. A stretch of days without readings stays empty. Nothing is drawn smooth:
a day is a step as wide as a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from traceability.rules.sensors import BandPoint

WIDTH, HEIGHT = 300, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 36, 296, 10, 154
_STEPS = tuple(Decimal(f"{digit}e{power}") for power in range(-1, 6) for digit in (1, 2, 5))
_MOST_TICKS = 6
#: Farther right a day would be cut off.
_LAST_LABEL = 282.0
#: A day is never thinner than this.
_THINNEST = 2.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, with the sentence ``lead`` before it.

    ``band`` are the boxes of days, ``outside`` their parts beyond the range, ``allowed`` the range itself (None when it
    changed meanwhile); ``rows`` say the same in figures.
    """

    title: str
    lead: str
    unit: str
    band: Sequence[Box]
    outside: Sequence[Box]
    allowed: Box | None
    values: Sequence[Tick]
    days: Sequence[Tick]
    rows: Sequence[tuple[str, Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where values and days lie."""

    bottom: Decimal
    top: Decimal
    step: Decimal
    first: date
    span: int

    def height(self, value: Decimal) -> float:
        """Return how far down a value lies; what is beyond the axis lies at its end."""
        part = (min(max(value, self.bottom), self.top) - self.bottom) / (self.top - self.bottom)
        return round(_BOTTOM - float(part) * (_BOTTOM - _TOP), 1)

    def left(self, day: date) -> float:
        """Return where a day begins."""
        return round(_LEFT + (day - self.first).days / self.span * (_RIGHT - _LEFT), 1)

    def box(self, point: BandPoint, low: Decimal, high: Decimal) -> Box:
        """Return the box of a point's days between two values."""
        start, end = self.left(point.first_on), self.left(point.last_on + timedelta(days=1))
        y, y_end = self.height(high), self.height(low)
        return Box(start, y, round(max(end - start, _THINNEST), 1), round(max(y_end - y, _THINNEST), 1))


def draw_chart(
    points: Sequence[BandPoint], *, title: str, unit: str, limits: tuple[Decimal, Decimal] | None, lead: str = ""
) -> Chart | None:
    """Return the picture of a band; None when there is nothing to draw."""
    if not points:
        return None
    axes = _make_axes(points, limits)
    allowed = None
    outside = []
    if limits is not None:
        low, high = limits
        y, y_end = axes.height(high), axes.height(low)
        allowed = Box(_LEFT, y, _RIGHT - _LEFT, round(y_end - y, 1))
        outside = [axes.box(one, max(high, one.minimum), one.maximum) for one in points if one.maximum > high]
        outside += [axes.box(one, one.minimum, min(low, one.maximum)) for one in points if one.minimum < low]
    marks = [axes.bottom + axes.step * place for place in range(int((axes.top - axes.bottom) / axes.step) + 1)]
    return Chart(
        title=title,
        lead=lead,
        unit=unit,
        band=[axes.box(one, one.minimum, one.maximum) for one in points],
        outside=outside,
        allowed=allowed,
        values=[Tick(axes.height(value), f"{value.normalize():f}".replace(".", ",")) for value in marks],
        days=_day_ticks(axes),
        rows=[(_name_days(one), one.minimum, one.maximum) for one in points],
    )


def _make_axes(points: Sequence[BandPoint], limits: tuple[Decimal, Decimal] | None) -> _Axes:
    lowest, highest = min(one.minimum for one in points), max(one.maximum for one in points)
    if limits is not None:
        # A range far wider than what was measured (light, ammonia) would press the band flat.
        spread = max(highest - lowest, Decimal(1))
        lowest = min(lowest, limits[0]) if limits[0] >= lowest - 4 * spread else lowest - spread
        highest = max(highest, limits[1]) if limits[1] <= highest + 4 * spread else highest + spread
    step = next((one for one in _STEPS if (highest - lowest) / one < _MOST_TICKS - 1), _STEPS[-1])
    bottom = (lowest / step).to_integral_value(ROUND_FLOOR) * step
    top = max((highest / step).to_integral_value(ROUND_CEILING) * step, bottom + step)
    first = points[0].first_on
    return _Axes(bottom, top, step, first, (points[-1].last_on - first).days + 1)


def _day_ticks(axes: _Axes) -> list[Tick]:
    """Return up to four days to write under the picture, each under the middle of its day."""
    count = min(axes.span, 4)
    numbers = dict.fromkeys(round(place * (axes.span - 1) / max(count - 1, 1)) for place in range(count))
    days = [axes.first + timedelta(days=number) for number in numbers]
    middles = [(axes.left(day) + axes.left(day + timedelta(days=1))) / 2 for day in days]
    return [Tick(round(min(at, _LAST_LABEL), 1), f"{day:%d/%m}") for at, day in zip(middles, days, strict=True)]


def _name_days(point: BandPoint) -> str:
    if point.first_on == point.last_on:
        return f"{point.first_on:%d/%m/%Y}"
    return f"{point.first_on:%d/%m} – {point.last_on:%d/%m/%Y}"
