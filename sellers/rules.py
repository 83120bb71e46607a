"""Pure decisions about households, sites and certificates."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.core.errors import Refused


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
_LONGEST_VALIDITY = timedelta(days=366 * 5)


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
