"""The 98 goods of the invented market, read from the tables that come with it."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from marketplace.core.quantity import UNITS_BY_LABEL

_DATA = Path(__file__).resolve().parent / "data"
_TAX = {"agri": "agri_raw", "goods": "goods", "restricted": "restricted"}
#: Goods whose table names only a province -> the commune that is known for them.
_COMMUNES = {
    "man-bh": "02839",
    "vai-lngan": "07582",
    "mien-dong": "06838",
    "che-tn": "05503",
    "cam-cao-phong": "05089",
    "gao-st25": "32065",
}
#: How much of a lot one unit of sale takes, where lots are counted otherwise than the goods.
_CONTENTS = {
    "rau-muong": ("0.5", "kg"),
    "suplo-xanh": ("0.5", "kg"),
    "doc-mung": ("0.5", "kg"),
    "rau-mui": ("0.1", "kg"),
    "mui-tau": ("0.1", "kg"),
    "cai-cuc": ("0.3", "kg"),
    "gao-nep-chv": ("5", "kg"),
    "gao-nep-hc": ("5", "kg"),
    "gao-st25": ("5", "kg"),
    "gao-te": ("10", "kg"),
    "lac-nhan": ("1", "kg"),
    "vung-den": ("0.5", "kg"),
    "do-den": ("1", "kg"),
    "mat-ong-pl": ("1", "l"),
    "mat-ong-bs": ("0.5", "l"),
}
#: Days from making to best before: by category, then what differs.
_SHELF = {
    "rau": 5, "trai-cay": 14, "thit": 3, "gia-cam": 3, "hai-san": 180, "thuy-san": 3, "trung": 21, "mam": 540,
    "thit-che-bien": 7, "banh": 90, "kho": 270, "gao": 180, "mat-ong": 720, "tra": 540, "thu-cong": 0, "do-uong": 720,
    "duoc-lieu": 365,
}  # fmt: skip
_SHELF_OF = {
    "lap-suon": 60, "thit-trau": 120, "ruoc-thit": 90, "nem-thinh": 5, "nem-nuong": 4, "ngao": 3, "tom-the": 3,
    "ca-thu": 12, "banh-gai": 6, "hanh-tim": 150, "toi-tia": 180, "khoai-tay": 45, "khoai-lang": 30, "cu-dau": 21,
    "khoai-mon": 40, "bi-do": 60, "bi-xanh": 40, "ot-tuoi": 12, "cai-bap": 10, "la-dong": 10, "nam-bao": 5,
    "buoi-lv": 60, "mia-tim": 20, "chuoi-tay": 8, "chuoi-tieu": 8, "na-dai": 6, "dua-hau": 25, "dua-vang": 18,
    "roi-do": 6, "thanh-long": 12, "dua-ht": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goods:
    """One product: what it is, where it comes from, and what its household says of it. Money in đồng."""

    slug: str
    name: str
    other_names: str
    category: str
    unit: str
    price_vnd: int
    parcel_g: int
    commune_code: str
    template: str
    tax_class: str
    content_amount: Decimal
    content_unit: str
    #: 0 for what does not spoil.
    shelf_days: int
    description: str

    @property
    def days_in_transit(self) -> int:
        """How many days it may travel."""
        if not self.shelf_days:
            return 15
        return max(1, min(10, self.shelf_days // 2 - (self.shelf_days > 3)))

    @property
    def keeps(self) -> bool:
        """Whether it keeps for two months or more."""
        return not self.shelf_days or self.shelf_days >= 60

    @property
    def lot_amount(self) -> Decimal:
        """How much a usual lot holds, in the lot's unit."""
        units = {"kg": 120, "qua": 90, "chuc": 60, "con": 40, "bo": 50, "tui": 40, "goi": 90, "hop": 70, "chai": 80}
        return Decimal(units.get(self.unit, 60)) * self.content_amount


@lru_cache(maxsize=1)
def load_goods() -> tuple[Goods, ...]:
    """Return all goods in the order of their table."""
    told = {row["slug"]: row for row in _read("descriptions.tsv")}
    return tuple(_goods(row, told[row["slug"]]) for row in _read("products.tsv"))


def _goods(row: dict[str, str], told: dict[str, str]) -> Goods:
    slug, unit = row["slug"], UNITS_BY_LABEL[row["unit"]].code
    amount, content_unit = _CONTENTS.get(slug, ("1", unit))
    return Goods(
        slug=slug,
        name=row["name"],
        other_names=told["other_names"],
        category=row["category"],
        unit=unit,
        price_vnd=int(row["price_vnd"]),
        parcel_g=int(row["parcel_g"]),
        commune_code=_COMMUNES.get(slug) or row["origin_code"].split("/")[1],
        template=row["steps"],
        tax_class=_TAX[row["tax"]],
        content_amount=Decimal(amount),
        content_unit=content_unit,
        shelf_days=_SHELF_OF.get(slug, _SHELF[row["category"]]),
        description=told["description"],
    )


def _read(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
