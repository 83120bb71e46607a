"""The gate before sale: everything that has to be true of a lot before a buyer may have it, in one versioned rule set.

Sources: waiting periods as printed on labels; Circular 02/2024/TT-BKHCN (the ten items of a traceability record);
Decree 37/2026/ND-CP, article 32 (minimum content of a product's digital passport); Law 19/2023/QH15, article 37.
Each check is named by a code for programs, and says to people what is met or what to do, and where. Nothing here asks
a clock or a database: who calls gives the facts and the day.

Item 8 (mark) and item 9 (best before) are asked "if there is one". Every lot has a sign of its own, its code, so a
brand is welcome and not asked for. A best-before day is asked for what was made or packed, not for fresh produce.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sellers.rules import Goods, list_covering
from traceability.rules.claims import Certificate, by_kind, label_claim, proves, tell_lack
from traceability.rules.completeness import Fact, list_missing
from traceability.rules.ingredients import WORKING_LIST, IngredientList
from traceability.rules.lots import LotState
from traceability.rules.templates import WORK_LABELS
from traceability.rules.waiting import Treatment, find_blocking

#: Sealed with every lot that goes on sale, so that a later change does not rewrite what was decided under this one.
RULE_VERSION = "sale-gate/2026-12-2"
CHANGES = {
    "sale-gate/2026-12-2": (
        "Giấy chứng nhận chỉ tính cho đúng tên hàng, nơi và ngày ghi trên giấy, kể cả các lô đã đóng gói, tách, gộp "
        "thành lô này; chữ VietGAP, OCOP (và số sao), hữu cơ trong lời giới thiệu cũng phải có giấy."
    ),
    "sale-gate/2026-12-1": (
        "Thời gian cách ly xét theo nơi sản xuất qua mọi vụ; nguyên liệu mua của hộ khác không được đang tạm giữ hay "
        "bị thu hồi."
    ),
    "sale-gate/2026-11-1": (
        "Bản đầu: thời gian cách ly theo ngày Việt Nam, hoạt chất trong danh mục, mười mục của Thông tư "
        "02/2024/TT-BKHCN, hộ chiếu số theo điều 32 Nghị định 37/2026/NĐ-CP, chứng nhận còn hạn, cân đối số lượng, "
        "xã đã xác nhận."
    ),
}
_OUTCOMES = frozenset({"harvest", "slaughter", "making"})
_PACKED = frozenset({"packing"})


class Group(StrEnum):
    """What a check belongs to, in the order in which it is told."""

    SAFETY = "safety"
    ITEMS = "items"
    PASSPORT = "passport"
    PAPERS = "papers"
    LOT = "lot"


GROUP_LABELS = {
    Group.SAFETY: "An toàn",
    Group.ITEMS: "Mười mục của Thông tư 02/2024/TT-BKHCN",
    Group.PASSPORT: "Hộ chiếu số (Nghị định 37/2026/NĐ-CP, điều 32)",
    Group.PAPERS: "Chứng nhận",
    Group.LOT: "Lô hàng",
}
#: Codes that say where a lot stands; a lot that lacks only these is not told of twice (hold, recall, verification).
STATE_CODES = frozenset({"not_held", "not_recalled", "verified", "in_date"})


class Place(StrEnum):
    """Where something that is missing can be put right; pages know the address."""

    SEASON = "season"
    CORRECT = "correct"
    DETAILS = "details"
    STANDARDS = "standards"
    HOUSEHOLD = "household"
    CERTIFICATES = "certificates"
    LOT = "lot"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: ``text`` says what is met, or what to do. ``place_id`` is a season or a record, as place asks."""

    code: str
    group: Group
    label: str
    is_met: bool
    text: str
    place: Place = Place.NOWHERE
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the rules say of a lot on a day."""

    version: str
    checks: tuple[Check, ...]
    #: The last day on which the certificates that this rests on are in date; None when it rests on none that end.
    papers_until: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether the lot may be sold."""
        return all(check.is_met for check in self.checks)

    @property
    def missing(self) -> tuple[Check, ...]:
        """What is not met, in the order of the rules."""
        return tuple(check for check in self.checks if not check.is_met)

    @property
    def items(self) -> tuple[Check, ...]:
        """The ten items of Circular 02/2024/TT-BKHCN, in its order."""
        return tuple(check for check in self.checks if check.group is Group.ITEMS)


@dataclass(frozen=True, slots=True)
class Stage:
    """A standing step of a lot's story: what was done with which product, where, on which day, with how many photos."""

    kind: str
    product_code: str
    place_code: str
    happened_on: date
    photo_count: int = 0


@dataclass(frozen=True, slots=True)
class Dose:
    """A spray or drug, as the diary tells it; ``is_struck_out`` when it was declared wrong since."""

    record_id: int
    kind: str
    product: str
    ingredient: str
    given_on: date
    waiting_until: date
    recorded_at: datetime | None = None
    is_struck_out: bool = False

    def as_treatment(self) -> Treatment:
        """Return what the rule of waiting periods looks at."""
        return Treatment(
            self.record_id, self.product, self.given_on, self.waiting_until, self.recorded_at, self.is_struck_out
        )


@dataclass(frozen=True, slots=True)
class Taking:
    """A harvest that this lot came from, when it was written down, and every treatment that reached it.

    ``word`` is what the harvest is called: thu hoạch, giết mổ.
    """

    lot_code: str
    season_id: int | None
    taken_on: date
    doses: tuple[Dose, ...] = ()
    written_at: datetime | None = None
    word: str = "thu hoạch"

    @property
    def treatments(self) -> list[Treatment]:
        """What the rule of waiting periods looks at."""
        return [dose.as_treatment() for dose in self.doses]


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Everything that the rules look at. ``photo_count`` counts pictures of the lot and of its standing steps."""

    on: date
    code: str
    trace_uri: str
    product_uri: str
    produce: str
    template: str
    origin: str
    state: str
    made_on: date | None
    best_before_on: date | None
    season_id: int | None
    photo_count: int
    producer: str
    producer_code: str
    address: str
    origin_place: str
    is_producer_verified: bool
    brand: str = ""
    #: Number that GS1 knows the goods by; without one our own URI stands in (tier C), to which a GTIN is added later.
    gtin: str = ""
    standards: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    takings: tuple[Taking, ...] = ()
    #: Every certificate of the household that an officer has seen, and what it would have to cover.
    papers: tuple[Certificate, ...] = ()
    goods: tuple[Goods, ...] = ()
    #: Codes of the certificates that names and descriptions claim (``claims.find_claims``).
    claims: frozenset[str] = frozenset()
    is_balanced: bool = True
    #: Codes of lots of other households that went in and are held or recalled now.
    stopped_supplies: tuple[str, ...] = ()
    ingredients: IngredientList = field(default=WORKING_LIST)


def needs_best_before(template: str, origin: str) -> bool:
    """Say whether goods have to name their last day: food that was made, and food that was packed."""
    return template != "craft" and (template == "processed" or origin in _PACKED)


def judge(facts: GateFacts) -> Result:
    """Return every check of a lot on a day, met or not."""
    return Result(
        RULE_VERSION,
        (*_safety(facts), *_items(facts), *_passport(facts), *_certificates(facts), *_standing(facts)),
        _find_papers_until(facts),
    )


def _safety(facts: GateFacts) -> Iterable[Check]:
    blocked = [
        (blocking, taking)
        for taking in facts.takings
        if (blocking := find_blocking(taking.treatments, taking.taken_on)) is not None
    ]
    kept = "Mọi lần dùng thuốc đều đã hết thời gian cách ly trước ngày thu hoạch."
    text = kept
    record_id = None
    if blocked:
        first, taking = max(blocked, key=lambda one: one[0].waiting_until)
        record_id = first.record_id
        text = (
            f"Lô {taking.lot_code} thu ngày {taking.taken_on:%d/%m/%Y}, còn trong thời gian cách ly của thuốc "
            f"{first.product} (dùng ngày {first.given_on:%d/%m/%Y}, cách ly đến hết ngày "
            f"{first.waiting_until:%d/%m/%Y}). Lô này không được bán. Nếu ghi nhầm ngày, hãy đính chính."
        )
    label = "Thời gian cách ly"
    yield Check("waiting_period", Group.SAFETY, label, not blocked, text, Place.CORRECT, record_id)
    yield from _ingredients(facts)
    stopped = ", ".join(facts.stopped_supplies)
    text = f"Nguyên liệu lô {stopped} đang bị tạm giữ hoặc thu hồi. Hãy gọi cán bộ xã." if stopped else "Không có."
    yield Check("supplies_free", Group.SAFETY, "Nguyên liệu mua vào bị giữ", not stopped, text, Place.LOT)


def _ingredients(facts: GateFacts) -> Iterable[Check]:
    doses = {
        dose.record_id: dose
        for taking in facts.takings
        for dose in taking.doses
        if dose.given_on <= taking.taken_on and not dose.is_struck_out
    }
    unnamed = next((one for one in doses.values() if one.kind == "spraying" and not one.ingredient.strip()), None)
    text = "Mỗi lần phun đều ghi hoạt chất."
    if unnamed is not None:
        text = (
            f"Lần phun {unnamed.product} ngày {unnamed.given_on:%d/%m/%Y} chưa ghi hoạt chất. Hãy xem nhãn và bổ sung."
        )
    yield Check(
        "ingredient_named", Group.SAFETY, "Tên hoạt chất", unnamed is None, text, Place.CORRECT,
        unnamed.record_id if unnamed else None,
    )  # fmt: skip
    bad = next(
        (
            (one, name)
            for one in doses.values()
            if (name := facts.ingredients.find_forbidden(one.kind, one.ingredient)) is not None
        ),
        None,
    )
    text = f"Hoạt chất đều được phép dùng (danh mục {facts.ingredients.version})."
    if bad is not None:
        dose, name = bad
        why = "không có trong danh mục được phép" if dose.kind == "spraying" else "bị cấm dùng cho vật nuôi"
        text = (
            f"Hoạt chất “{name}” của thuốc {dose.product} (ngày {dose.given_on:%d/%m/%Y}) {why}. "
            "Nếu ghi sai tên, hãy đính chính; nếu đúng là thuốc này, lô không được bán."
        )
    yield Check(
        "ingredient_allowed", Group.SAFETY, "Thuốc được phép", bad is None, text, Place.CORRECT,
        bad[0].record_id if bad else None,
    )  # fmt: skip


def _items(facts: GateFacts) -> Iterable[Check]:
    yield _item("item_name", "Tên sản phẩm", facts.produce, "Lô chưa có tên sản phẩm. Hãy báo cho chợ.")
    photos = f"{facts.photo_count} ảnh" if facts.photo_count else ""
    yield _item("item_image", "Hình ảnh sản phẩm", photos, "Chưa có ảnh sản phẩm. Hãy thêm một ảnh.", Place.DETAILS)
    yield _item(
        "item_producer", "Tên đơn vị sản xuất, kinh doanh", facts.producer,
        "Hộ chưa có tên để hiện cho người mua. Hãy điền ở “Hộ của tôi”.", Place.HOUSEHOLD,
    )  # fmt: skip
    yield _item(
        "item_address", "Địa chỉ", facts.address, "Hộ chưa ghi thôn, xóm hoặc số nhà. Hãy điền ở “Hộ của tôi”.",
        Place.HOUSEHOLD,
    )  # fmt: skip
    yield _stages(facts)
    yield _item(
        "item_time", "Thời gian sản xuất", _tell_time(facts), "Chưa có ngày làm ra lô hàng.", Place.SEASON, facts
    )
    yield _item(
        "item_trace_code",
        "Mã truy xuất nguồn gốc",
        f"{facts.code} ({facts.trace_uri})" if facts.code and facts.trace_uri else "",
        "Lô chưa có mã. Hãy báo cho chợ.",
    )
    sign = facts.brand or (f"Ký hiệu lô {facts.code}" if facts.code else "")
    yield _item("item_mark", "Nhãn hiệu, ký hiệu, số sê-ri", sign, "Chưa có nhãn hiệu hay ký hiệu.", Place.DETAILS)
    yield _best_before(facts)
    covering = list_covering(facts.papers, facts.goods, facts.on)
    said = "; ".join((*(paper.label for paper in covering), *facts.standards))
    yield _item(
        "item_standard", "Tiêu chuẩn, quy chuẩn áp dụng", said,
        "Chưa khai hộ đang theo tiêu chuẩn nào. Chọn một lần cho mỗi loại sản xuất.", Place.STANDARDS,
    )  # fmt: skip


def _item(  # noqa: PLR0917 - a row of the table
    code: str, label: str, value: str, to_do: str, place: Place = Place.NOWHERE, facts: GateFacts | None = None
) -> Check:
    is_met = bool(value.strip())
    place_id = facts.season_id if facts else None
    return Check(code, Group.ITEMS, label, is_met, value if is_met else to_do, place, place_id)


def _stages(facts: GateFacts) -> Check:
    lacking = [item.text for item in list_missing(Fact(one.kind, 1) for one in facts.stages)]
    asked = [one for one in facts.stages if one.kind in {"incoming", *WORK_LABELS, *_OUTCOMES, *_PACKED}]
    if any(not (one.product_code and one.place_code) for one in asked):
        lacking.append("Có bước chưa có mã sản phẩm hoặc mã địa điểm.")
    count = len(asked)
    text = " ".join(lacking) or f"{count} bước, mỗi bước có mã sản phẩm, mã địa điểm và thời gian."
    return Check("item_stages", Group.ITEMS, "Các công đoạn", not lacking, text, Place.SEASON, facts.season_id)


def _tell_time(facts: GateFacts) -> str:
    if facts.made_on is None:
        return ""
    first = min((one.happened_on for one in facts.stages), default=facts.made_on)
    begun = min(first, facts.made_on)
    made = f"{facts.made_on:%d/%m/%Y}"
    return made if begun == facts.made_on else f"từ {begun:%d/%m/%Y}, làm ra {made}"


def _best_before(facts: GateFacts) -> Check:
    label = "Hạn sử dụng"
    if facts.best_before_on is not None:
        return Check("item_best_before", Group.ITEMS, label, is_met=True, text=f"{facts.best_before_on:%d/%m/%Y}")
    if needs_best_before(facts.template, facts.origin):
        text = "Hàng chế biến, đóng gói phải có hạn sử dụng. Hãy bổ sung."
        return Check("item_best_before", Group.ITEMS, label, is_met=False, text=text, place=Place.DETAILS)
    text = "Không phải thực phẩm" if facts.template == "craft" else "Hàng tươi, không ghi hạn"
    return Check("item_best_before", Group.ITEMS, label, is_met=True, text=text)


def _passport(facts: GateFacts) -> Iterable[Check]:
    own_code = (
        "Chưa có mã doanh nghiệp GS1 nên dùng mã định danh riêng của chợ; khi có GTIN sẽ gắn thêm, không phải viết lại."
    )
    no_code = "Sản phẩm chưa có mã định danh. Hãy báo cho chợ."
    has_code = bool(facts.gtin or facts.product_uri)
    gtin = f"GTIN {facts.gtin}" if facts.gtin else own_code
    yield Check("passport_gtin", Group.PASSPORT, "Mã sản phẩm (GTIN)", has_code, gtin if has_code else no_code)
    has_id = bool(facts.producer_code)
    text = facts.producer_code if has_id else "Hộ chưa có mã định danh. Hãy báo cho chợ."
    yield Check("passport_producer_code", Group.PASSPORT, "Mã định danh người sản xuất", has_id, text)
    has_place = bool(facts.origin_place)
    text = facts.origin_place if has_place else "Chưa có nơi sản xuất. Hãy bổ sung ở “Hộ của tôi”."
    yield Check("passport_origin", Group.PASSPORT, "Xuất xứ", has_place, text, Place.HOUSEHOLD)


def _certificates(facts: GateFacts) -> Iterable[Check]:
    for kind, stars in sorted(by_kind(facts.claims).items()):
        name = label_claim(kind, stars)
        good = [one for one in list_covering(facts.papers, facts.goods, facts.on) if proves(one, kind, stars)]
        text = (
            f"Giấy {name} còn hạn và cấp cho hàng này."
            if good
            else tell_lack(kind, stars, facts.papers, facts.goods, facts.on)
        )
        yield Check(f"certificate_{kind}", Group.PAPERS, f"Giấy {name}", bool(good), text, Place.CERTIFICATES)


def _find_papers_until(facts: GateFacts) -> date | None:
    """Return the last day on which what rests on certificates still holds; None when nothing runs out."""
    covering = list_covering(facts.papers, facts.goods, facts.on)
    needed = [[one for one in covering if proves(one, kind, stars)] for kind, stars in by_kind(facts.claims).items()]
    if not facts.standards:
        needed.append(covering)
    ends = [max(one.expires_on or date.max for one in papers) for papers in needed if papers]
    until = min(ends, default=date.max)
    return until if until < date.max else None


def _standing(facts: GateFacts) -> Iterable[Check]:
    balance = "Lượng đã xuất khỏi lô khớp với sổ." if facts.is_balanced else (
        "Lượng đã xuất khỏi lô không khớp với các ghi chép trong sổ. Hãy báo cho chợ để kiểm tra."
    )  # fmt: skip
    yield Check("quantities", Group.LOT, "Cân đối số lượng", facts.is_balanced, balance)
    text = (
        "Xã đã xác minh hộ." if facts.is_producer_verified else "Xã chưa xác minh hộ. Hãy gửi xác minh ở “Hộ của tôi”."
    )
    yield Check("producer_verified", Group.LOT, "Hộ đã xác minh", facts.is_producer_verified, text, Place.HOUSEHOLD)
    is_verified = facts.state in {LotState.VERIFIED, LotState.HELD, LotState.RECALLED}
    text = "Xã đã xác nhận lô." if is_verified else "Xã chưa xác nhận lô này. Hãy gửi xã xác nhận."
    yield Check("verified", Group.LOT, "Xã xác nhận", is_verified, text, Place.LOT)
    is_free = facts.state != LotState.HELD
    text = "Không bị tạm giữ." if is_free else "Lý do ghi ở đầu trang của lô."
    title = "Không bị tạm giữ" if is_free else "Lô đang bị tạm giữ"
    yield Check("not_held", Group.LOT, title, is_free, text, Place.LOT)
    is_kept = facts.state != LotState.RECALLED
    text = "Không bị thu hồi." if is_kept else "Lô đã bị thu hồi nên không bán được nữa."
    yield Check("not_recalled", Group.LOT, "Không bị thu hồi", is_kept, text, Place.LOT)
    in_date = facts.best_before_on is None or facts.best_before_on >= facts.on
    text = "Còn hạn." if in_date else "Lô đã quá hạn sử dụng."
    yield Check("in_date", Group.LOT, "Còn hạn sử dụng", in_date, text, Place.LOT)


def name_missing(checks: Sequence[Check]) -> str:
    """Say in one sentence what a lot lacks before it may be sold."""
    return " ".join(check.text for check in checks)
