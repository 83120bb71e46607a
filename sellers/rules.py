"""Pure decisions about households, sites and certificates."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from marketplace.core.errors import Refused
from marketplace.core.text import fold, normalise


class HouseholdState(StrEnum):
    """Where a household stands. Law 122/2025/QH15: a seller's identity is checked before the first sale."""

    DRAFT = "draft"
    IDENTITY_PENDING = "identity_pending"
    VERIFIED = "verified"
    SUSPENDED = "suspended"


_STEPS: dict[tuple[HouseholdState, str], HouseholdState] = {
    (HouseholdState.DRAFT, "submit"): HouseholdState.IDENTITY_PENDING,
    (HouseholdState.IDENTITY_PENDING, "verify"): HouseholdState.VERIFIED,
    (HouseholdState.IDENTITY_PENDING, "reject"): HouseholdState.DRAFT,
    (HouseholdState.VERIFIED, "suspend"): HouseholdState.SUSPENDED,
    (HouseholdState.SUSPENDED, "restore"): HouseholdState.VERIFIED,
}

HOUSEHOLD_LABELS: dict[HouseholdState, str] = {
    HouseholdState.DRAFT: "Chưa gửi xác minh",
    HouseholdState.IDENTITY_PENDING: "Chờ xã xác minh",
    HouseholdState.VERIFIED: "Đã xác minh",
    HouseholdState.SUSPENDED: "Tạm khóa",
}

#: What a commune verifies of a household. Changing one of these goes back to the commune.
VERIFIED_FIELDS = {
    "shown_name": "Tên hiện trên chợ",
    "representative": "Người đại diện",
    "phone": "Điện thoại",
    "hamlet": "Thôn, bản, tổ dân phố",
    "address_line": "Số nhà, ngõ, đường",
    "tax_code": "Mã số thuế",
}
HOUSEHOLD_KINDS = {"household": "Hộ gia đình", "cooperative": "Hợp tác xã"}
SITE_KINDS = {
    "field": "Ruộng",
    "orchard": "Vườn cây",
    "pond": "Ao",
    "barn": "Chuồng trại",
    "pen": "Ô chuồng",
    "workshop": "Xưởng, nhà chế biến",
    "cold_store": "Kho lạnh",
}
#: A pen stands in a barn; everything else stands on its own.
PARENT_KINDS = {"pen": "barn"}
CERTIFICATE_KINDS = {
    "vietgap": "VietGAP",
    "ocop": "OCOP",
    "organic": "Hữu cơ",
    "food_safety": "An toàn thực phẩm",
}
#: Kinds of production that a paper may be for as a whole: the templates of seasons, in the words of the field diary.
PRODUCTIONS = {
    "rice": "Lúa gạo",
    "vegetable": "Rau, củ",
    "fruit": "Cây ăn quả",
    "pig": "Lợn",
    "poultry": "Gà, vịt, trứng",
    "cattle": "Trâu, bò, dê",
    "fish": "Thủy sản, hải sản",
    "processed": "Hàng chế biến",
    "honey": "Mật ong",
    "craft": "Hàng thủ công",
}
#: Decision 148/QD-TTg grants OCOP stars to one named product, wherever its holder makes it.
_FOR_NAMED_PRODUCTS = frozenset({"ocop"})
#: Papers of how something was grown. They hold back to the harvest: for its place, and for its day.
_OF_GROWING = frozenset({"vietgap", "organic"})
MAX_SCOPE_ITEMS = 30
MAX_PRODUCE_NAME = 120
IDENTITY_METHODS = {
    "cccd_checked_in_person": "Xem căn cước tại chỗ",
    "vneid_reference": "Đối chiếu VNeID",
    "business_licence": "Giấy đăng ký kinh doanh",
}
#: Banks that take transfers through NAPAS 24/7, by the issuer number (BIN) that VietQR uses.
BANKS = {
    "970405": "Agribank",
    "970436": "Vietcombank",
    "970415": "VietinBank",
    "970418": "BIDV",
    "970422": "MB",
    "970407": "Techcombank",
    "970416": "ACB",
    "970432": "VPBank",
    "970423": "TPBank",
    "970403": "Sacombank",
    "970437": "HDBank",
    "970441": "VIB",
    "970443": "SHB",
    "970449": "LPBank",
    "970426": "MSB",
    "970440": "SeABank",
    "970448": "OCB",
    "970431": "Eximbank",
    "970446": "Co-opBank",
    "970409": "Bac A Bank",
    "970428": "Nam A Bank",
    "970425": "ABBANK",
    "970412": "PVcomBank",
    "970419": "NCB",
}
#: OCOP: Decision 148/QD-TTg grants 3 to 5 stars for 36 months.
_OCOP_STARS = range(3, 6)
#: Codes that search filters by.
CERTIFICATE_CODES = (
    *(kind for kind in CERTIFICATE_KINDS if kind != "ocop"),
    *(f"ocop-{stars}" for stars in _OCOP_STARS),
)
_LONGEST_VALIDITY = timedelta(days=366 * 5)


def was_verified(state: str) -> bool:
    """Say whether a commune has verified a household in this state."""
    return state in {HouseholdState.VERIFIED, HouseholdState.SUSPENDED}


def digest_facts(facts: Mapping[str, str | None]) -> str:
    """Return a short digest of what a commune verifies, so that an officer decides on what he or she has read."""
    told = {name: facts.get(name) or "" for name in VERIFIED_FIELDS}
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]


def is_same_holder(holder: str, *, representative: str, shown_name: str, kind: str) -> bool:
    """Say whether an account is in the verified name: the representative's, or a co-operative's own."""
    names = {fold(representative)} | ({fold(shown_name)} if kind == "cooperative" else set())
    return fold(holder) in names


def next_household_state(current: HouseholdState, step: str) -> HouseholdState:
    """Return the state after a step. Raises ``Refused`` for a step that the table does not list."""
    try:
        return _STEPS[current, step]
    except KeyError:
        message = "Hồ sơ của hộ đã ở bước khác. Hãy tải lại trang."
        raise Refused("household_step", message) from None


def check_certificate(*, kind: str, stars: int | None, issued_on: date, expires_on: date | None) -> None:
    """Refuse a certificate that cannot exist: unknown kind, stars out of range, dates the wrong way round."""
    if kind not in CERTIFICATE_KINDS:
        message = "Hãy chọn một loại giấy chứng nhận."
        raise Refused("certificate_kind", message, field="kind")
    if kind == "ocop" and stars not in _OCOP_STARS:
        message = "OCOP có 3, 4 hoặc 5 sao."
        raise Refused("ocop_stars", message, field="stars")
    if expires_on is not None and not timedelta(0) < expires_on - issued_on <= _LONGEST_VALIDITY:
        message = "Ngày hết hạn phải sau ngày cấp và không quá 5 năm."
        raise Refused("certificate_dates", message, field="expires_on")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a certificate is for: named produce, whole kinds of production, and the places where they come from."""

    produces: tuple[str, ...] = ()
    productions: tuple[str, ...] = ()
    sites: tuple[int, ...] = ()


def check_scope(kind: str, scope: Scope) -> None:
    """Refuse a scope that says too little to decide by, naming the field."""
    if len(scope.produces) > MAX_SCOPE_ITEMS:
        message = f"Mỗi giấy ghi tối đa {MAX_SCOPE_ITEMS} tên hàng."
        raise Refused("scope_too_long", message, field="produces")
    if any(len(name) > MAX_PRODUCE_NAME for name in scope.produces):
        message = f"Mỗi tên hàng dài tối đa {MAX_PRODUCE_NAME} ký tự."
        raise Refused("scope_name_too_long", message, field="produces")
    if kind in _FOR_NAMED_PRODUCTS:
        if not scope.produces:
            message = "OCOP cấp sao cho từng sản phẩm có tên. Hãy chọn hoặc chép đúng tên sản phẩm ghi trên giấy."
            raise Refused("scope_missing", message, field="produces")
        return
    if not scope.produces and not scope.productions:
        message = "Giấy cấp cho hàng nào? Hãy chọn hoặc chép tên hàng, đúng như trên giấy."
        raise Refused("scope_missing", message, field="produces")
    if any(code not in PRODUCTIONS for code in scope.productions):
        message = "Hãy chọn loại sản xuất trong danh sách."
        raise Refused("scope_production", message, field="productions")
    if not scope.sites:
        message = "Giấy cấp cho nơi sản xuất nào? Hãy chọn nơi ghi trên giấy."
        raise Refused("scope_site_missing", message, field="sites")


def narrow_scope(kind: str, scope: Scope) -> Scope:
    """Return a scope with each name once and without what papers of this kind do not decide by."""
    names = {fold_name(name): " ".join(name.split()) for name in reversed(scope.produces) if name.strip()}
    produces = tuple(reversed(names.values()))
    if kind in _FOR_NAMED_PRODUCTS:
        return Scope(produces)
    return Scope(produces, tuple(sorted(set(scope.productions))), tuple(sorted(set(scope.sites))))


class Paper(Protocol):
    """What has to be known of a certificate that an officer has seen. ``expires_on`` is its last day."""

    @property
    def kind(self) -> str:
        """Which kind of certificate."""

    @property
    def stars(self) -> int | None:
        """Its stars, for OCOP."""

    @property
    def produces(self) -> Collection[str]:
        """The names of produce that it is for."""

    @property
    def productions(self) -> Collection[str]:
        """The kinds of production that it is for as a whole."""

    @property
    def site_ids(self) -> Collection[int]:
        """The places that it is for, with the pens in its barns."""

    @property
    def issued_on(self) -> date:
        """Its first day."""

    @property
    def expires_on(self) -> date | None:
        """Its last day, or None."""


@dataclass(frozen=True, slots=True)
class Goods:
    """A lot, or one that it came from: what it is, how and where it was made, and when.

    ``is_taken`` says that it was harvested, slaughtered or made, not packed, split or merged from another lot;
    ``is_ingredient`` that the goods in question were made out of it.
    """

    produce: str
    template: str
    site_id: int
    made_on: date
    is_taken: bool = True
    is_ingredient: bool = False


AnyPaper = TypeVar("AnyPaper", bound=Paper)


def fold_name(name: str) -> str:
    """Return a name of produce as names are compared: case, spaces and the spelling of tones do not count."""
    return normalise(name)


def is_in_date(paper: Paper, on: date) -> bool:
    """Say whether a certificate holds on a day of Viet Nam's calendar, its first and its last day included."""
    return paper.issued_on <= on and (paper.expires_on is None or on <= paper.expires_on)


def covers(paper: Paper, *, produce: str, template: str, site_id: int, on: date) -> bool:
    """Say whether a certificate covers produce, made in a way and at a place, on a day. The only rule that decides.

    Names have to be the same but for case, spaces and the spelling of tones: a paper for "Cải ngọt" covers neither
    "Cải ngọt sấy" nor "Rau cải ngọt". OCOP goes by the name of the product alone. Every other paper is for named
    produce or a whole kind of production **and** for places. A paper that says neither covers nothing.
    """
    if not is_in_date(paper, on):
        return False
    is_named = fold_name(produce) in {fold_name(name) for name in paper.produces}
    if paper.kind in _FOR_NAMED_PRODUCTS:
        return is_named
    return (is_named or template in paper.productions) and site_id in paper.site_ids


def list_covering(papers: Sequence[AnyPaper], goods: Sequence[Goods], on: date) -> list[AnyPaper]:
    """Return the certificates that cover goods, with every lot that they came from, on a day.

    Packing, splitting and merging lend no paper to a lot that had none. A paper of how something was grown has to
    cover what went into the goods too, and the day of each harvest has to fall under it or under an earlier one.
    """
    return [paper for paper in papers if _covers_all(paper, goods, on) and _was_grown_under(paper.kind, papers, goods)]


def _covers_all(paper: Paper, goods: Sequence[Goods], on: date) -> bool:
    asked = [one for one in goods if paper.kind in _OF_GROWING or not one.is_ingredient]
    return bool(asked) and all(
        covers(paper, produce=one.produce, template=one.template, site_id=one.site_id, on=on) for one in asked
    )


def _was_grown_under(kind: str, papers: Sequence[Paper], goods: Sequence[Goods]) -> bool:
    if kind not in _OF_GROWING:
        return True
    same = [paper for paper in papers if paper.kind == kind]
    return all(
        any(
            covers(paper, produce=one.produce, template=one.template, site_id=one.site_id, on=one.made_on)
            for paper in same
        )
        for one in goods
        if one.is_taken
    )


def certificate_code(kind: str, stars: int | None) -> str:
    """Return the short code that search filters by: ``vietgap``, ``ocop-4``."""
    return f"ocop-{stars}" if kind == "ocop" and stars else kind


def certificate_label(kind: str, stars: int | None) -> str:
    """Return what the badge says: ``VietGAP``, ``OCOP 4 sao``."""
    return f"OCOP {stars} sao" if kind == "ocop" and stars else CERTIFICATE_KINDS.get(kind, kind)


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A unit's name, split: ``Xã Tân Ninh`` -> ("Xã", "Tân Ninh")."""

    kind: str
    short: str


_KINDS = ("Thành phố", "Thị trấn", "Thị xã", "Đặc khu", "Phường", "Huyện", "Quận", "Tỉnh", "Xã")


def split_place(full_name: str) -> PlaceName:
    """Split the kind from a unit's name; numbered units (``Phường 1``) keep the number as their name."""
    for kind in _KINDS:
        if full_name.startswith(f"{kind} "):
            return PlaceName(kind, full_name.removeprefix(f"{kind} "))
    return PlaceName("", full_name)


#: The first three digits of a citizen's number: the province of the registration of birth (Circular 59/2021/TT-BCA,
#: appendix; the merger of provinces in 2025 left numbers as they are).
_BIRTH_PROVINCES = frozenset(
    (1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45,
     46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92,
     93, 94, 95, 96)
)  # fmt: skip
_CITIZEN_DIGITS = 12
_YOUNGEST = 15
_OLDEST = 120
_TAX_CODE = re.compile(r"\d{10}(-?\d{3})?")
_SEPARATORS = re.compile(r"[\s.]+")
_ACCOUNT = re.compile(r"\d{6,19}")
#: How numbers of cards begin (ISO/IEC 7812), by how many digits they have: NAPAS, Visa, Mastercard, JCB, UnionPay.
_CARDS = {
    16: re.compile(r"9704|4|5[1-5]|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)|35(2[89]|[3-8]\d)|62"),
    19: re.compile(r"9704|62"),
}


def check_identity_number(method: str, typed: str, today: date) -> str:
    """Return the number of an identity paper, digits alone. Raises ``Refused`` for one that cannot exist.

    A citizen's number has 12 digits: province of birth, century and sex, year, serial (Decree 137/2015/ND-CP, art. 13).
    VNeID shows the same number. A business is known by its tax code: 10 digits, a branch by 10 and 3; a household
    business since July 2025 by its owner's own number (Circular 86/2024/TT-BTC).
    """
    number = _SEPARATORS.sub("", typed)
    if method == "business_licence":
        if _is_tax_code(number) or _is_citizen(number, today):
            return number.replace("-", "")
        message = "Số đăng ký kinh doanh có 10 chữ số, chi nhánh có 13 chữ số, hộ kinh doanh dùng 12 số của chủ hộ."
        raise Refused("identity_number", message, field="number")
    if not _is_citizen(number, today):
        message = (
            "Số căn cước (số định danh trong VNeID) có 12 chữ số, bắt đầu bằng mã tỉnh, rồi thế kỷ và năm sinh. "
            "Hãy so lại từng chữ số với giấy tờ."
        )
        raise Refused("identity_number", message, field="number")
    return number


def _is_tax_code(number: str) -> bool:
    return number.isascii() and _TAX_CODE.fullmatch(number) is not None


def _is_citizen(number: str, today: date) -> bool:
    if not (number.isascii() and number.isdigit() and len(number) == _CITIZEN_DIGITS):
        return False
    born = 1900 + int(number[3]) // 2 * 100 + int(number[4:6])
    return int(number[:3]) in _BIRTH_PROVINCES and _YOUNGEST <= today.year - born <= _OLDEST


def check_account_number(typed: str) -> str:
    """Return the number of a bank account. Raises ``Refused`` for what is none, and for the number of a card."""
    number = _SEPARATORS.sub("", typed).replace("-", "")
    if not (number.isascii() and _ACCOUNT.fullmatch(number)):
        message = "Số tài khoản cần từ 6 đến 19 chữ số, không có chữ hay dấu."
        raise Refused("account_number", message, field="account_number")
    card = _CARDS.get(len(number))
    if card is not None and card.match(number) and _passes_luhn(number):
        message = (
            "Đây là số in trên thẻ ngân hàng, không phải số tài khoản. Hãy xem số tài khoản trong ứng dụng ngân hàng."
        )
        raise Refused("card_number", message, field="account_number")
    return number


def _passes_luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
