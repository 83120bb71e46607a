"""Templates of seasons: which steps are asked of rice, pigs or fish sauce, and how they are called there."""

from dataclasses import dataclass

from marketplace.core.errors import Refused

INCOMING_LABELS = {
    "seed": "Hạt giống, cây giống",
    "breed": "Con giống",
    "fertiliser": "Phân bón",
    "pesticide": "Thuốc bảo vệ thực vật",
    "feed": "Thức ăn",
    "drug": "Thuốc thú y, vắc-xin",
    "ingredient": "Nguyên liệu",
    "packaging": "Bao bì",
    "material": "Vật tư khác",
}
WORK_LABELS = {
    "planting": "Gieo trồng",
    "stocking": "Thả giống",
    "fertilising": "Bón phân",
    "feeding": "Cho ăn",
    "watering": "Tưới nước",
    "spraying": "Phun thuốc",
    "medicine": "Cho thuốc",
    "vaccination": "Tiêm phòng",
    "tending": "Chăm sóc",
    "cleaning": "Vệ sinh",
    "deaths": "Hao hụt, chết",
    "preparing": "Sơ chế",
    "processing": "Chế biến, ủ",
    "checking": "Kiểm tra",
}
#: Work after which a waiting period runs.
TREATMENTS = frozenset({"spraying", "medicine"})
#: Work that names the product that was used.
USES_PRODUCT = frozenset({"fertilising", "feeding", "spraying", "medicine", "vaccination"})


@dataclass(frozen=True, slots=True)
class Template:
    """How one kind of farming is written down."""

    code: str
    label: str
    #: What a season is called here: vụ, lứa, mẻ.
    season_word: str
    incoming: tuple[str, ...]
    work: tuple[str, ...]
    #: Origin of the lot that ends it, and the word for that.
    outcome: str
    outcome_label: str
    unit: str
    #: Days from making to best before that the form proposes.
    shelf_days: int

    @property
    def outcome_word(self) -> str:
        """What a waiting period forbids here: thu hoạch, giết mổ."""
        return name_outcome(self.outcome)


_ALL = (
    Template(
        "rice",
        "Lúa gạo",
        "vụ",
        ("seed", "fertiliser", "pesticide"),
        ("planting", "fertilising", "watering", "spraying", "tending", "preparing"),
        "harvest",
        "Gặt",
        "kg",
        180,
    ),
    Template(
        "vegetable",
        "Rau, củ",
        "vụ",
        ("seed", "fertiliser", "pesticide"),
        ("planting", "watering", "fertilising", "spraying", "tending", "cleaning"),
        "harvest",
        "Thu hoạch",
        "kg",
        5,
    ),
    Template(
        "fruit",
        "Cây ăn quả",
        "vụ",
        ("seed", "fertiliser", "pesticide"),
        ("tending", "fertilising", "watering", "spraying", "planting"),
        "harvest",
        "Hái quả",
        "kg",
        20,
    ),
    Template(
        "pig",
        "Lợn",
        "lứa",
        ("breed", "feed", "drug"),
        ("feeding", "vaccination", "medicine", "cleaning", "tending", "deaths"),
        "slaughter",
        "Giết mổ",
        "kg",
        3,
    ),
    Template(
        "poultry",
        "Gà, vịt, trứng",
        "lứa",
        ("breed", "feed", "drug"),
        ("feeding", "vaccination", "medicine", "cleaning", "tending", "deaths"),
        "harvest",
        "Xuất chuồng, nhặt trứng",
        "con",
        3,
    ),
    Template(
        "cattle",
        "Trâu, bò, dê",
        "lứa",
        ("breed", "feed", "drug"),
        ("feeding", "vaccination", "medicine", "cleaning", "tending", "deaths"),
        "slaughter",
        "Giết mổ",
        "kg",
        3,
    ),
    Template(
        "fish",
        "Thủy sản, hải sản",
        "lứa",
        ("breed", "feed", "drug", "material"),
        ("stocking", "feeding", "medicine", "watering", "checking", "cleaning", "preparing", "deaths"),
        "harvest",
        "Đánh bắt, thu hoạch",
        "kg",
        3,
    ),
    Template(
        "processed",
        "Hàng chế biến",
        "mẻ",
        ("ingredient", "packaging", "material"),
        ("preparing", "processing", "checking", "cleaning"),
        "making",
        "Ra lò, thành phẩm",
        "hop",
        30,
    ),
    Template(
        "honey",
        "Mật ong",
        "vụ",
        ("breed", "feed", "drug", "material"),
        ("tending", "feeding", "medicine", "checking", "cleaning"),
        "harvest",
        "Quay mật",
        "l",
        540,
    ),
    Template(
        "craft",
        "Hàng thủ công",
        "mẻ",
        ("ingredient", "material"),
        ("preparing", "processing", "checking"),
        "making",
        "Làm xong",
        "cai",
        0,
    ),
)
TEMPLATES: dict[str, Template] = {template.code: template for template in _ALL}


def name_outcome(outcome: str) -> str:
    """Return the word for taking the produce, in the middle of a sentence."""
    return "giết mổ" if outcome == "slaughter" else "thu hoạch"


def get_template(code: str) -> Template:
    """Return a template. Raises ``Refused`` when there is none of that code."""
    try:
        return TEMPLATES[code]
    except KeyError:
        message = "Hãy chọn một loại sản xuất trong danh sách."
        raise Refused("template_unknown", message, field="template") from None
