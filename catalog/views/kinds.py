"""The kinds of goods as the home page shows them: a picture, a word, and the categories behind it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShopKind:
    """A tile on the home page: a name in the sprite, a word, and codes of ``catalog.rules.CATEGORIES``."""

    icon: str
    name: str
    categories: tuple[str, ...]


SHOP_KINDS: tuple[ShopKind, ...] = (
    ShopKind("orchard", "Trái cây", ("trai-cay",)),
    ShopKind("sprout", "Rau củ", ("rau",)),
    ShopKind("rice", "Gạo", ("gao",)),
    ShopKind("pig", "Thịt lợn, bò", ("thit",)),
    ShopKind("chicken", "Gà, vịt, trứng", ("gia-cam", "trung")),
    ShopKind("shrimp", "Tôm cá", ("hai-san", "thuy-san")),
    ShopKind("jar", "Mắm, nước chấm", ("mam",)),
    ShopKind("pot", "Nem, giò, bánh", ("thit-che-bien", "banh")),
    ShopKind("honey", "Mật ong", ("mat-ong",)),
    ShopKind("tea", "Trà, dược liệu", ("tra", "duoc-lieu", "do-uong")),
    ShopKind("sack", "Đồ khô", ("kho",)),
    ShopKind("hands", "Đồ thủ công", ("thu-cong",)),
)
