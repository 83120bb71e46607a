"""When scans of a lot do not fit what was sold of it: signs that its stickers were copied. Signs, no proof.

The sums are of openings of the QR code and of devices told apart within a day. One buyer shows a code to a family and a
table of guests, so the limits leave much room: better to miss a small fraud than to blame an honest household.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from marketplace.core.quantity import UNITS

#: After its goods were gone and eaten, a code may still be opened now and then.
LONG_AFTER = timedelta(days=30)
#: Different devices within the last days that make it more than now and then.
RECENT = timedelta(days=14)
_LATE_DEVICES = 8
#: Devices for each pack that a household's own packs may draw, and below how many nobody asks.
_DEVICES_PER_PACK = 5
_FEW_DEVICES = 60
#: The smallest pack of goods that are sold by weight or volume (kg, litre).
_SMALLEST_PACK = Decimal("0.25")
#: A pack with a number of its own is one pack, wherever it goes.
_DEVICES_ON_ONE_PACK = 20
_DAYS_ON_ONE_PACK = 3
_PROVINCES_OF_ONE_PACK = 3
#: A lot is sent to many places; so many more than it had parcels are too many.
_PROVINCES_BEYOND_PARCELS = 3
#: Signs that were counted. What somebody only says (a province) is for the officer and never shown to buyers: else a
#: rival could talk a lot into disrepute.
COUNTED = ("sold_out", "too_many")
KIND_LABELS = {
    "sold_out": "Hàng đã bán hết từ lâu mà tem vẫn được quét",
    "too_many": "Lượt quét nhiều hơn hẳn số hàng đã làm ra",
    "many_places": "Một tem được gặp ở nhiều nơi",
}


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What is known of one numbered pack: devices in all, days with scans, provinces from which it was reported."""

    pack_id: int
    devices: int
    days: int
    provinces: int


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What is known of a lot. ``gone_on`` is the day on which the last of it left; None while something is left."""

    quantity_made: Decimal
    unit: str
    parcels: int
    gone_on: date | None
    best_before_on: date | None
    devices: int
    recent_devices: int
    provinces: int
    packs: Sequence[PackFacts] = ()


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One sign, for the whole lot (``pack_id`` 0) or one pack."""

    kind: str
    pack_id: int = 0


def list_suspicions(facts: ScanFacts, today: date) -> list[Suspicion]:
    """Return what is suspicious about a lot's scans, the gravest first."""
    found = []
    if _is_long_gone(facts, today) and facts.recent_devices >= _LATE_DEVICES:
        found.append(Suspicion("sold_out"))
    if facts.devices > max(_FEW_DEVICES, _DEVICES_PER_PACK * count_packs(facts.quantity_made, facts.unit)):
        found.append(Suspicion("too_many"))
    if facts.provinces > facts.parcels + _PROVINCES_BEYOND_PARCELS:
        found.append(Suspicion("many_places"))
    found += [Suspicion("many_places", pack.pack_id) for pack in facts.packs if _is_everywhere(pack)]
    return found


def count_packs(quantity: Decimal, unit: str) -> int:
    """Return how many packs a quantity makes at most."""
    known = UNITS.get(unit)
    is_measured = known is not None and known.step < 1
    return int((quantity / _SMALLEST_PACK if is_measured else quantity).to_integral_value(ROUND_CEILING))


def _is_long_gone(facts: ScanFacts, today: date) -> bool:
    if facts.gone_on is None:
        return False
    eaten_on = max(facts.gone_on, facts.best_before_on or facts.gone_on)
    return today > eaten_on + LONG_AFTER


def _is_everywhere(pack: PackFacts) -> bool:
    many = pack.devices > _DEVICES_ON_ONE_PACK and pack.days >= _DAYS_ON_ONE_PACK
    return many or pack.provinces >= _PROVINCES_OF_ONE_PACK
