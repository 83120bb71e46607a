"""Pure decisions about goods on sale: categories, states, which lot goes first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from marketplace.core.errors import Refused
from marketplace.core.text import slugify

#: Category code -> what it is called on the shelf, in the order of the shelf.
CATEGORIES: dict[str, str] = {
    "trai-cay": "Trái cây",
    "rau": "Rau củ",
    "gao": "Gạo",
    "thit": "Thịt tươi",
    "gia-cam": "Gia cầm",
    "trung": "Trứng",
    "hai-san": "Hải sản",
    "thuy-san": "Cá nước ngọt",
    "mam": "Mắm và nước chấm",
    "thit-che-bien": "Nem, giò, thịt khô",
    "banh": "Bánh kẹo",
    "kho": "Đồ khô",
    "mat-ong": "Mật ong",
    "tra": "Trà",
    "duoc-lieu": "Dược liệu",
    "thu-cong": "Đồ thủ công",
    "do-uong": "Đồ uống",
}

#: Fresh category -> templates of seasons that give such goods; ``processed`` was cleaned and packed.
_FRESH_TEMPLATES: dict[str, frozenset[str]] = {
    "gao": frozenset({"rice", "processed"}),
    "rau": frozenset({"vegetable", "fruit", "rice", "processed"}),
    "trai-cay": frozenset({"fruit", "vegetable", "processed"}),
    "thit": frozenset({"pig", "cattle", "poultry", "processed"}),
    "gia-cam": frozenset({"poultry", "processed"}),
    "trung": frozenset({"poultry", "processed"}),
    "thuy-san": frozenset({"fish", "processed"}),
    "hai-san": frozenset({"fish", "processed"}),
    "mat-ong": frozenset({"honey", "processed"}),
}

#: How a product is taxed when the platform collects payment (Decree 117/2025/ND-CP); rates are dated data.
TAX_CLASSES: dict[str, str] = {
    "agri_raw": "Nông sản chưa chế biến do hộ tự sản xuất",
    "goods": "Hàng hóa đã chế biến",
    "restricted": "Hàng kinh doanh có điều kiện",
}
#: Goods that need a licence which nobody checks yet, so they are not sold here.
CLOSED_TAX_CLASSES = frozenset({"restricted"})


class OfferState(StrEnum):
    """Where an offer stands."""

    DRAFT = "draft"
    ON_SALE = "on_sale"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


_STEPS: dict[tuple[OfferState, str], OfferState] = {
    (OfferState.DRAFT, "publish"): OfferState.ON_SALE,
    (OfferState.PAUSED, "publish"): OfferState.ON_SALE,
    (OfferState.ON_SALE, "publish"): OfferState.ON_SALE,
    (OfferState.ON_SALE, "pause"): OfferState.PAUSED,
    (OfferState.PAUSED, "pause"): OfferState.PAUSED,
    (OfferState.DRAFT, "withdraw"): OfferState.WITHDRAWN,
    (OfferState.ON_SALE, "withdraw"): OfferState.WITHDRAWN,
    (OfferState.PAUSED, "withdraw"): OfferState.WITHDRAWN,
    (OfferState.WITHDRAWN, "withdraw"): OfferState.WITHDRAWN,
}


def next_offer_state(current: OfferState, step: str) -> OfferState:
    """Return the state after a step. Raises ``Refused`` for a step that the table does not list."""
    try:
        return _STEPS[current, step]
    except KeyError:
        message = "Mặt hàng này đã ngừng bán hẳn nên không đổi được nữa."
        raise Refused("offer_step", message) from None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is free of one lot, in units of sale."""

    stock_id: int
    lot_id: int
    free: Decimal
    best_before_on: date | None
    harvested_on: date


@dataclass(frozen=True, slots=True)
class Pick:
    """How much to take from one lot."""

    stock_id: int
    lot_id: int
    quantity: Decimal


def expiry_order(shelf: Shelf) -> tuple[date, date, int]:
    """Return the key by which lots leave the shelf: first to expire, then oldest, then first listed."""
    return (shelf.best_before_on or date.max, shelf.harvested_on, shelf.stock_id)


def pick_first_to_expire(shelves: Iterable[Shelf], wanted: Decimal) -> list[Pick]:
    """Take ``wanted`` from the lots that expire first (then the oldest); return less when there is less."""
    picks: list[Pick] = []
    for shelf in sorted(shelves, key=expiry_order):
        if wanted <= 0:
            break
        taken = min(shelf.free, wanted)
        if taken > 0:
            picks.append(Pick(shelf.stock_id, shelf.lot_id, taken))
            wanted -= taken
    return picks


def total_picked(picks: Sequence[Pick]) -> Decimal:
    """Return the sum of what was picked."""
    return sum((pick.quantity for pick in picks), Decimal(0))


def units_from_lot(lot_amount: Decimal, content_amount: Decimal, step: Decimal) -> Decimal:
    """Return how many steps of a unit of sale a lot amount fills, e.g. 12.7 kg in 0.5 kg bunches: 25."""
    units = lot_amount / content_amount
    return (units / step).to_integral_value(ROUND_DOWN) * step


def is_deliverable(max_days_in_transit: int, transit_hours: int | None) -> bool:
    """Say whether goods stand the journey; an unknown duration is taken as three days."""
    hours = 72 if transit_hours is None else transit_hours
    return hours <= max_days_in_transit * 24


def check_lot_fits(category: str, template: str) -> None:
    """Refuse goods of a lot under a name that they cannot bear, e.g. meat of a pig sold as rice.

    Only fresh kinds are tied to how they were raised; what is made from them may come from anywhere.
    """
    allowed = _FRESH_TEMPLATES.get(category)
    if allowed is not None and template not in allowed:
        kind = CATEGORIES[category].lower()
        message = f"Lô này không phải {kind}. Hãy chọn lô khác hoặc sửa nhóm hàng của sản phẩm."
        raise Refused("lot_of_other_kind", message, field="lot_id")


def is_same_goods(product_name: str, sold: Collection[str], produce: str) -> bool:
    """Say whether a lot of ``produce`` may go on sale where lots of ``sold`` went before.

    People write names freely, so one name within the other is enough; the first lot may be called anything.
    """
    made = slugify(produce)
    return not sold or any(made in name or name in made for name in map(slugify, [*sold, product_name]))
