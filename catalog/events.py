"""What has happened to goods on sale."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OfferChanged:
    """Something that a buyer can see has changed: price, text, stock, state. Search reads it again."""

    name: ClassVar[str] = "catalog.offer_changed"
    product_id: int


@dataclass(frozen=True, slots=True)
class StockFrozen:
    """Goods of recalled or held lots have left the shop."""

    name: ClassVar[str] = "catalog.stock_frozen"
    lot_ids: list[int]
    product_ids: list[int]
