"""The kinds of goods as the home page shows them: a picture, a word, and the shelf behind it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShopKind:
    """A tile on the home page: a name in the sprite, a word, and a code of ``catalog.rules.CATEGORIES``."""

    icon: str
    name: str
    category: str

    @property
    def href(self) -> str:
        """Where the tile leads; without a category it is the whole market."""
        return f"/tim?loai={self.category}" if self.category else "/tim"


SHOP_KINDS: tuple[ShopKind, ...] = (
    ShopKind("orchard", "Trái cây", "trai-cay"),
    ShopKind("sprout", "Rau củ", "rau"),
    ShopKind("rice", "Gạo", "gao"),
    ShopKind("pig", "Thịt tươi", "thit"),
    ShopKind("chicken", "Gà, vịt", "gia-cam"),
    ShopKind("shrimp", "Hải sản", "hai-san"),
    ShopKind("fish", "Cá sông, ao", "thuy-san"),
    ShopKind("jar", "Mắm", "mam"),
    ShopKind("pot", "Nem, giò", "thit-che-bien"),
    ShopKind("honey", "Mật ong", "mat-ong"),
    ShopKind("tea", "Trà", "tra"),
    ShopKind("basket", "Cả chợ", ""),
)
