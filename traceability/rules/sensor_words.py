"""What is said of sensors, in the words of people: alerts, and a summary in one plain sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from marketplace.core.clock import VN_TZ
from traceability.rules.events_barn import DeviceSummary
from traceability.rules.sensors import Measure, write_value

_TENTH = Decimal("0.1")
#: Below this much, time is told in minutes.
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Words:
    """A title of a few words, and a sentence or two."""

    title: str
    text: str


def tell_alert(  # noqa: PLR0917 - an alert, field by field
    name: str,
    measure: Measure,
    kind: str,
    began_at: datetime,
    extreme: Decimal | None,
    limits: tuple[Decimal, Decimal],
) -> Words:
    """Say what is wrong and since when. ``kind`` is high, low or silent."""
    since = tell_moment(began_at)
    if kind == "silent" or extreme is None:
        text = f"Không nhận được số đo nào từ {since}. Hãy xem cảm biến còn điện, còn sóng không."
        return Words(f"{name}: cảm biến im lặng", text)
    low, high = (with_unit(limit, measure) for limit in limits)
    word = "cao" if kind == "high" else "thấp"
    limit = f"cao hơn {high}" if kind == "high" else f"thấp hơn {low}"
    text = f"Từ {since}, {measure.label.lower()} {limit}, {word} nhất {with_unit(extreme, measure)}. Hãy ra xem ngay."
    if kind == "low":
        text = text.replace("thấp nhất", "có lúc còn")
    return Words(f"{name}: {measure.label.lower()} quá {word}", text)


def tell_calm(name: str, kind: str, began_at: datetime, ended_at: datetime) -> Words:
    """Say that something is over, and how long it lasted."""
    lasted = tell_span(ended_at - began_at)
    if kind == "silent":
        return Words(f"{name}: cảm biến đã gửi số đo lại", f"Cảm biến im lặng {lasted}, nay đã gửi số đo lại.")
    text = f"Đã trở lại trong khoảng cho phép lúc {tell_moment(ended_at)}, sau {lasted}."
    return Words(f"{name}: đã trở lại bình thường", text)


def tell_moment(moment: datetime) -> str:
    """Write a moment in Vietnamese time: ``14:05 ngày 25/11/2026``."""
    return f"{moment.astimezone(VN_TZ):%H:%M ngày %d/%m/%Y}"


def tell_span(span: timedelta) -> str:
    """Write how long something lasted: ``35 phút``, ``2 giờ 10 phút``, ``3 ngày``."""
    minutes = int(span.total_seconds() // 60)
    if span < _HOUR:
        return f"{minutes} phút"
    if span.days >= 2:
        return f"{span.days} ngày"
    hours, rest = divmod(minutes, 60)
    return f"{hours} giờ {rest} phút" if rest else f"{hours} giờ"


def with_unit(value: Decimal, measure: Measure) -> str:
    """Write a value with its unit, to a tenth: ``31,5 °C``; pH has its name in front."""
    text = write_value(value.quantize(_TENTH, rounding=ROUND_HALF_EVEN))
    if measure.code == "ph":
        return f"pH {text}"
    return f"{text}{'' if measure.symbol == '%' else ' '}{measure.symbol}"


def write_percent(percent: Decimal) -> str:
    """Write a share of time in whole per cent, rounded down: 99,9 is not all of it."""
    return f"{percent.quantize(Decimal(1), rounding=ROUND_FLOOR):f}%"


def tell_summary(one: DeviceSummary) -> str:
    """Say in one sentence what a device saw."""
    tenths = [value.quantize(_TENTH, rounding=ROUND_HALF_EVEN) for value in (one.minimum, one.maximum, one.mean)]
    lowest, highest, mean = (with_unit(value, one.measure) for value in tenths)
    said = f"{one.measure.label} từ {lowest} đến {highest}, trung bình {mean}"
    if one.share is None:
        return f"{said}."
    kept = f"{write_percent(one.share)} thời gian"
    if one.low_limit is None or one.high_limit is None:
        return f"{said}; {kept} trong khoảng cho phép."
    low, high = with_unit(one.low_limit, one.measure), with_unit(one.high_limit, one.measure)
    return f"{said}; {kept} trong khoảng cho phép, từ {low} đến {high}."
