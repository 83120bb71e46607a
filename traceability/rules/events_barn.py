"""Bodies of what sensors saw: one summary for a lot or a season, never the readings themselves.

An ObjectEvent with ``sensorElementList`` (EPCIS 2.0, 7.3.7), business step ``sensor_reporting`` (CBV 2.0). For each
device there is one element: from when until when, lowest, highest and mean value. ``percRank`` and ``percValue`` say
for how much of the time values were not above the upper limit; a report of a type of our own says how much of it they
kept within the range. The picture on a page is drawn from ``cq:dailyRange``, so that it is sealed too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

from marketplace.core.clock import VN_TZ, start_of_local_day
from traceability.rules import identifiers
from traceability.rules.bodies import Body, Stamp, make_body, number
from traceability.rules.sensors import MEASURES, BandPoint, Measure, Span

KIND = "sensor_summary"
_TIME_IN_RANGE = f"{identifiers.VOCABULARY}measurement/timeInRange"
#: How readings become figures: each stands until the next one, at most an hour.
_METHOD = f"{identifiers.VOCABULARY}method/hold-until-next-1h"
_TENTH, _CENT = Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class DeviceSummary:
    """What one device saw. ``device`` is its random name; shares are per cent, rounded down to a tenth."""

    device: str
    measure: Measure
    first_on: date
    last_on: date
    minimum: Decimal
    maximum: Decimal
    mean: Decimal
    share: Decimal | None
    low_limit: Decimal | None
    high_limit: Decimal | None
    band: Sequence[BandPoint]


def sensor_summary(
    stamp: Stamp,
    devices: Sequence[tuple[str, Measure, Span, Sequence[BandPoint]]],
    *,
    season: str,
    lot: tuple[str, str],
) -> Body:
    """What the sensors of a season's place saw. ``lot`` is (URI, code), two empty texts for the season as a whole.

    ``devices`` are (random name, what it measures, its figures, its band); ``season`` is the transformation's name.
    """
    lot_uri, code = lot
    season_uri = identifiers.object_uri(season)
    return make_body(
        "ObjectEvent",
        KIND,
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "sensor_reporting",
            "epcList": [] if lot_uri else [season_uri],
            "quantityList": [{"epcClass": lot_uri}] if lot_uri else [],
            "sensorElementList": [_element(*device) for device in devices],
            "cq:season": season_uri if lot_uri else None,
            "cq:lot": code,
        },
    )


def _element(device: str, measure: Measure, span: Span, band: Sequence[BandPoint]) -> Body:
    report: Body = {
        "type": measure.type,
        "chemicalSubstance": measure.substance or None,
        "minValue": number(span.minimum),
        "maxValue": number(span.maximum),
        "meanValue": number(span.mean.quantize(_CENT, rounding=ROUND_HALF_EVEN)),
        "uom": measure.uom,
        "cq:measure": measure.code,
        "cq:dailyRange": _write_band(band),
    }
    if span.share_not_above is not None and span.high_limit is not None:
        report |= {"percRank": number(_percent(span.share_not_above)), "percValue": number(span.high_limit)}
    reports = [report]
    if span.share is not None:
        kept: Body = {"type": _TIME_IN_RANGE, "value": number(_percent(span.share)), "uom": "P1"}
        if span.low_limit is not None and span.high_limit is not None:
            kept |= {"cq:lowLimit": number(span.low_limit), "cq:highLimit": number(span.high_limit)}
        reports.append(kept)
    return {
        "sensorMetadata": {
            "startTime": _moment(start_of_local_day(span.first_on)),
            "endTime": _moment(start_of_local_day(span.last_on + timedelta(days=1))),
            "deviceID": identifiers.object_uri(device),
            "dataProcessingMethod": _METHOD,
        },
        "sensorReport": [{name: value for name, value in one.items() if value is not None} for one in reports],
    }


def _percent(share: Decimal) -> Decimal:
    """Return per cent rounded down: 99.96 % of the time is not all of it."""
    return (share * 100).quantize(_TENTH, rounding=ROUND_FLOOR)


def _write_band(band: Iterable[BandPoint]) -> str:
    """Write lowest and highest values by day in one line: ``2026-11-01 24.1 31.2; 2026-11-02/2026-11-04 23 30.5``."""
    parts = []
    for point in band:
        days = point.first_on.isoformat()
        if point.last_on != point.first_on:
            days = f"{days}/{point.last_on.isoformat()}"
        parts.append(f"{days} {number(point.minimum)} {number(point.maximum)}")
    return "; ".join(parts)


def _read_band(text: str) -> list[BandPoint]:
    points = []
    for part in filter(None, text.split("; ")):
        days, minimum, maximum = part.split(" ")
        first, _, last = days.partition("/")
        points.append(
            BandPoint(date.fromisoformat(first), date.fromisoformat(last or first), Decimal(minimum), Decimal(maximum))
        )
    return points


def _moment(moment: datetime) -> str:
    return moment.astimezone(VN_TZ).isoformat(timespec="milliseconds")


def read_summaries(elements: Iterable[Mapping[str, Any]]) -> list[DeviceSummary]:
    """Read the sensor elements of a sealed body that ``sensor_summary`` wrote."""
    return [_read_element(element) for element in elements]


def _read_element(element: Mapping[str, Any]) -> DeviceSummary:
    metadata, reports = element["sensorMetadata"], element["sensorReport"]
    report = reports[0]
    kept: Mapping[str, Any] = next((one for one in reports if one["type"] == _TIME_IN_RANGE), {})
    start, end = (datetime.fromisoformat(metadata[name]).astimezone(VN_TZ).date() for name in ("startTime", "endTime"))
    return DeviceSummary(
        device=metadata["deviceID"].rsplit("/", 1)[-1].upper(),
        measure=MEASURES[report["cq:measure"]],
        first_on=start,
        last_on=end - timedelta(days=1),
        minimum=_decimal(report["minValue"]),
        maximum=_decimal(report["maxValue"]),
        mean=_decimal(report["meanValue"]),
        share=_decimal(kept["value"]) if "value" in kept else None,
        low_limit=_decimal(kept["cq:lowLimit"]) if "cq:lowLimit" in kept else None,
        high_limit=_decimal(kept["cq:highLimit"]) if "cq:highLimit" in kept else None,
        band=_read_band(report["cq:dailyRange"]),
    )


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
