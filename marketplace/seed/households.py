"""Invented households: who makes which goods, in the commune that the goods really come from."""
# ruff: noqa: E501 - tables of sentences

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.seed.dice import dice
from marketplace.seed.goods import Goods, load_goods

#: Communes in which the goods are shared by several households, as they would be.
_SHARED = frozenset({"15715", "16174", "15961", "15349", "16228"})
_SURNAMES = (
    "Lê",
    "Nguyễn",
    "Trịnh",
    "Phạm",
    "Hoàng",
    "Đỗ",
    "Vũ",
    "Mai",
    "Cao",
    "Tống",
    "Lưu",
    "Hà",
    "Trương",
    "Bùi",
    "Ngô",
)
_HIGHLAND = ("Bùi", "Quách", "Hà", "Lò", "Vi", "Lương", "Phạm Bá", "Ngân", "Cao")
_MIDDLE = {
    "m": ("Văn", "Đình", "Xuân", "Hữu", "Khắc", "Công", "Bá"),
    "f": ("Thị", "Thị Thu", "Thị Minh", "Thị Ngọc", "Thúy", "Thị Hồng"),
}
_GIVEN = {
    "m": (
        "Thắng",
        "Hưng",
        "Lâm",
        "Quyết",
        "Tuấn",
        "Sơn",
        "Dũng",
        "Kiên",
        "Thành",
        "Bình",
        "Tiến",
        "Toàn",
        "Vinh",
        "Hòa",
        "Cường",
    ),
    "f": (
        "Lan",
        "Hạnh",
        "Thảo",
        "Nga",
        "Yến",
        "Liên",
        "Huệ",
        "Tâm",
        "Hương",
        "Nhung",
        "Mận",
        "Vân",
        "Dung",
        "Xuyến",
        "Thơm",
    ),
}
_HIGHLAND_COMMUNES = frozenset(
    {"14956", "15016", "14902", "14959", "14923", "14845", "15610", "15061", "15127", "15148", "02839", "06838"}
)
_COOPERATIVES = {
    "rau-muong": "Hợp tác xã rau an toàn Thiệu Trung",
    "cai-bap": "Hợp tác xã rau Hoằng Lộc",
    "cam-xd": "Hợp tác xã cây ăn quả Như Xuân",
    "nuoc-mam": "Cơ sở nước mắm Ba Làng",
    "gao-te": "Hợp tác xã lúa gạo Thiệu Hóa",
    "dua-vang": "Hợp tác xã nông nghiệp Hoằng Châu",
    "che-tn": "Hợp tác xã chè Tân Cương",
}
_TRADES = {
    "rice": "trồng lúa", "vegetable": "trồng rau màu", "fruit": "làm vườn", "pig": "nuôi lợn", "poultry": "nuôi gà vịt",
    "cattle": "nuôi bò", "fish": "làm nghề cá", "processed": "làm nghề chế biến", "honey": "nuôi ong", "craft": "dệt chiếu",
}  # fmt: skip
_STORIES = (
    "Nhà tôi {trade} đã {years} năm, từ đời ông bà truyền lại. Việc gì làm được bằng tay thì vẫn làm bằng tay, và ngày nào làm gì đều ghi vào sổ để người mua xem được.",
    "Vợ chồng tôi {trade} từ ngày mới cưới, tính ra đã {years} năm. Hàng bán ra là thứ chính con cháu trong nhà đang ăn, nên chúng tôi không dám làm ẩu.",
    "Trước tôi đi làm ăn xa, về quê {trade} được {years} năm. Mỗi năm làm thêm một chút, cốt cho đều và sạch, có gì chưa tốt mong người mua cứ nói thẳng.",
    "Ở đây nhà nào cũng {trade}, riêng nhà tôi giữ cách làm cũ suốt {years} năm nay. Từ khi có sổ trên điện thoại, cán bộ xã xem và xác nhận từng lô nên bán hàng yên tâm hơn.",
)
_HAMLETS = ("Thôn 1", "Thôn 2", "Thôn 3", "Thôn Đông", "Thôn Trung", "Thôn Nội", "Thôn Thượng", "Làng Mới")
_PICKUPS = (
    "Cổng sắt xanh, có cây bưởi trước ngõ",
    "Gọi trước mười phút, nhà trong ngõ nhỏ",
    "Nhà cạnh sân bóng của thôn",
    "Cạnh nhà văn hóa thôn, xe tải nhỏ vào được",
)


@dataclass(frozen=True, slots=True)
class HouseholdPlan:
    """A household to be made."""

    code: str
    index: int
    commune_code: str
    kind: str
    shown_name: str
    representative: str
    phone: str
    hamlet: str
    address_line: str
    pickup_note: str
    story: str
    goods: tuple[Goods, ...]

    @property
    def keeps(self) -> bool:
        """Whether everything that it sells keeps for long, so that its diary ended weeks ago."""
        return all(goods.keeps for goods in self.goods)


def plan_households() -> list[HouseholdPlan]:
    """Return every household, those of a commune together, in the order of their first goods."""
    groups: dict[tuple[str, str], list[Goods]] = defaultdict(list)
    for goods in load_goods():
        part = _part(goods) if goods.commune_code in _SHARED else ""
        groups[goods.commune_code, part].append(goods)
    return [_plan(index, commune, goods) for index, ((commune, _), goods) in enumerate(groups.items())]


def invent_name(*parts: object, sex: str | None = None, is_highland: bool = False) -> str:
    """Return a person's name that nobody chose: a family name, a middle name, a given name."""
    d = dice("name", *parts)
    sex = sex or d.choice("mf")
    return f"{d.choice(_HIGHLAND if is_highland else _SURNAMES)} {d.choice(_MIDDLE[sex])} {d.choice(_GIVEN[sex])}"


def _part(goods: Goods) -> str:
    if goods.template in {"pig", "poultry"}:
        return goods.template
    return "made" if goods.template in {"processed", "fish"} else "grown"


def _plan(index: int, commune: str, goods: Sequence[Goods]) -> HouseholdPlan:
    first = goods[0]
    d = dice("household", first.slug)
    sex = d.choice("mf")
    name = invent_name("household", first.slug, sex=sex, is_highland=commune in _HIGHLAND_COMMUNES)
    cooperative = _COOPERATIVES.get(first.slug)
    title = "ông" if sex == "m" else "bà"
    return HouseholdPlan(
        code=first.slug,
        index=index,
        commune_code=commune,
        kind="cooperative" if cooperative else "household",
        shown_name=cooperative or f"Nhà {title} {name.rsplit(' ', maxsplit=1)[-1]}",
        representative=name,
        phone=f"+849000{10_000 + index:05d}",
        hamlet=d.choice(_HAMLETS),
        address_line=f"Số {d.randrange(2, 90)}, ngõ {d.randrange(1, 20)}",
        pickup_note=d.choice(_PICKUPS),
        story=d.choice(_STORIES).format(trade=_TRADES[first.template], years=d.choice((7, 9, 12, 15, 18, 20, 26, 30))),
        goods=tuple(goods),
    )
