"""Choosing a delivery service, and our own estimate for when a carrier does not answer in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from logistics.ports import ParcelSpec, Quote
from marketplace.core.text import fold

_DATA = Path(__file__).resolve().parent.parent / "data" / "estimates.tsv"
_FIRST_G = 2000
_STEP_G = 500
_ESTIMATE_NAME = "Cước tạm tính"


@dataclass(frozen=True, slots=True)
class Zone:
    """A row of the table: đồng for the first 2 kg and each 500 g more, and hours on the way."""

    first_vnd: int
    step_vnd: int
    hours: int


def estimate(carrier: str, spec: ParcelSpec) -> Quote:
    """Return our own estimate for a parcel.

    It names no service: the booking takes one from the real price list.
    """
    is_near = fold(spec.sender.province_name) == fold(spec.recipient.province_name)
    zone = _zones()["province" if is_near else "country"]
    steps = -(-max(0, spec.weight_g - _FIRST_G) // _STEP_G)
    return Quote(
        carrier=carrier,
        service="",
        service_name=_ESTIMATE_NAME,
        fee_vnd=zone.first_vnd + steps * zone.step_vnd,
        transit_hours=zone.hours,
        is_estimate=True,
    )


def choose(quotes: Sequence[Quote], max_transit_hours: int | None) -> Quote | None:
    """Return the cheapest service that is fast enough for the goods; when none is, the fastest.

    None for no quotes. A service that does not say how long it takes counts as too slow for goods that
    spoil.
    """
    if not quotes:
        return None
    if max_transit_hours is None:
        return min(quotes, key=lambda quote: (quote.fee_vnd, quote.service))
    in_time = [q for q in quotes if q.transit_hours is not None and q.transit_hours <= max_transit_hours]
    if in_time:
        return min(in_time, key=lambda quote: (quote.fee_vnd, quote.service))
    return min(quotes, key=lambda q: (q.transit_hours is None, q.transit_hours or 0, q.fee_vnd, q.service))


@cache
def _zones() -> dict[str, Zone]:
    rows = [line.split("\t") for line in _DATA.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {name: Zone(int(first), int(step), int(hours)) for name, first, step, hours in rows}
