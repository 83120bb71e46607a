"""What an order costs: goods, delivery, and how money splits over households."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

#: Packing adds weight that nobody weighs: a tenth, at least 50 g.
_PACKING_SHARE = Decimal("1.1")
_PACKING_MINIMUM_G = 50
#: Carriers take no household parcel above this.
MAX_PARCEL_G = 30_000


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line of a basket with its price. Money in đồng, weight in grams."""

    offer_id: int
    household_id: int
    quantity: Decimal
    unit_price_vnd: int
    unit_parcel_g: int

    @property
    def total_vnd(self) -> int:
        """The line's price, rounded half up to whole đồng."""
        return int((self.unit_price_vnd * self.quantity).to_integral_value(ROUND_HALF_UP))

    @property
    def parcel_g(self) -> int:
        """What the line adds to the parcel."""
        return int((self.unit_parcel_g * self.quantity).to_integral_value(ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Share:
    """One household's part of an order."""

    household_id: int
    goods_vnd: int
    shipping_vnd: int
    parcel_g: int

    @property
    def total_vnd(self) -> int:
        """Goods and delivery together."""
        return self.goods_vnd + self.shipping_vnd


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an order costs, by household and in all."""

    shares: tuple[Share, ...]

    @property
    def goods_vnd(self) -> int:
        """All goods."""
        return sum(share.goods_vnd for share in self.shares)

    @property
    def shipping_vnd(self) -> int:
        """All deliveries."""
        return sum(share.shipping_vnd for share in self.shares)

    @property
    def total_vnd(self) -> int:
        """What the buyer pays."""
        return self.goods_vnd + self.shipping_vnd


def parcel_weight(lines: Sequence[PricedLine]) -> int:
    """Return the weight of one household's parcel in grams. Parcel weights of products include their own wrapping."""
    net = sum(line.parcel_g for line in lines)
    return max(net + _PACKING_MINIMUM_G, int(net * _PACKING_SHARE)) if len(lines) > 1 else net


def add_up(lines: Sequence[PricedLine], fees: Mapping[int, int]) -> Amounts:
    """Add up an order; ``fees`` maps each household to its delivery fee. Households come in order of their id."""
    by_household: dict[int, list[PricedLine]] = {}
    for line in lines:
        by_household.setdefault(line.household_id, []).append(line)
    return Amounts(
        tuple(
            Share(
                household_id=household_id,
                goods_vnd=sum(line.total_vnd for line in own),
                shipping_vnd=fees.get(household_id, 0),
                parcel_g=parcel_weight(own),
            )
            for household_id, own in sorted(by_household.items())
        )
    )
