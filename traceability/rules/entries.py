"""What people write in the diary, as typed values, and what each entry must hold before it is sealed."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from marketplace.accounts.rules import Actor, Role
from marketplace.core.errors import Refused
from marketplace.core.quantity import format_number, get_unit
from traceability.rules.templates import INCOMING_LABELS, TREATMENTS, WORK_LABELS
from traceability.rules.waiting import MAX_DAYS

#: Stands for programs (webhooks, tasks) where a record asks who entered it.
SYSTEM_ACTOR = Actor(user_id=None, party="0" * 26, name="", roles=frozenset())
OPERATORS = {"household": "Người trong hộ", "hired": "Người làm thuê", "vet": "Thú y, kỹ thuật viên"}
MAX_YEARS_BACK = 5
MAX_SHELF = timedelta(days=3660)
MAX_SHORT = 120
MAX_NOTE = 1000
MAX_PHOTOS = 6
_HASH = re.compile(r"[0-9a-f]{64}")
PHONE = re.compile(r"(?:\+?84|0)(?:[ .\-]?\d){8,10}(?!\d)")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class IncomingEntry:
    """What came in (nhập giống, vật tư). ``supplier`` and ``note`` stay outside the seal: they may name a person."""

    what: str
    name: str
    happened_on: date
    amount: Decimal | None = None
    unit: str | None = None
    supplier: str = ""
    paper_no: str = ""
    supplier_lot: str = ""
    note: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """Work in the field or barn (việc đồng áng). ``waiting_days`` is asked of sprays and medicine only."""

    kind: str
    happened_on: date
    product: str = ""
    ingredient: str = ""
    dose: str = ""
    target: str = ""
    waiting_days: int | None = None
    operator: str = "household"
    amount: Decimal | None = None
    unit: str | None = None
    note: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HarvestEntry:
    """A harvest, slaughter or making. ``inputs`` are lots of one's own that it was made from, each with an amount.

    ``stated_reason`` is the household's word on something unusual (a late entry, an unusual amount), for the officer.
    It stays outside the seal, like ``note``: it may name a person.
    """

    happened_on: date
    amount: Decimal
    unit: str
    best_before_on: date | None = None
    grade: str = ""
    produce: str = ""
    inputs: tuple[tuple[int, Decimal], ...] = ()
    stated_reason: str = ""
    note: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackEntry:
    """Packing (đóng gói): ``taken`` of a lot, in its unit, became ``amount`` packs of ``unit``.

    ``content`` is what one pack holds, in the unit of the lot; asked for where packs are counted in another unit.
    """

    happened_on: date
    taken: Decimal
    amount: Decimal
    unit: str
    content: Decimal | None = None
    best_before_on: date | None = None
    produce: str = ""
    note: str = ""
    photos: tuple[str, ...] = ()


def check_incoming(entry: IncomingEntry, today: date) -> None:
    """Raise ``Refused``, naming the field, when something is missing or cannot be."""
    if entry.what not in INCOMING_LABELS:
        message = "Hãy chọn thứ đã nhập về."
        raise Refused("incoming_unknown", message, field="what")
    check_day(entry.happened_on, today)
    check_text(entry.name, "name", "Hãy ghi tên giống hoặc vật tư.")
    for field in ("paper_no", "supplier_lot"):
        check_text(getattr(entry, field), field)
    check_length(entry.supplier, "supplier", MAX_SHORT)
    check_length(entry.note, "note", MAX_NOTE)
    check_amount(entry.amount, entry.unit)
    check_photos(entry.photos)


def check_work(entry: WorkEntry, today: date, started_on: date) -> None:
    """Raise ``Refused``, naming the field, when something is missing or cannot be.

    Work belongs to a season that has begun; only what it needs may be bought before.
    """
    if entry.kind not in WORK_LABELS:
        message = "Hãy chọn việc đã làm."
        raise Refused("work_unknown", message, field="kind")
    check_day(entry.happened_on, today)
    if entry.happened_on < started_on:
        message = f"Ngày làm việc này không thể trước ngày bắt đầu {started_on:%d/%m/%Y}."
        raise Refused("work_before_start", message, field="happened_on")
    if entry.operator not in OPERATORS:
        message = "Hãy chọn người đã làm việc này."
        raise Refused("operator_unknown", message, field="operator")
    for field in ("product", "ingredient", "dose", "target"):
        check_text(getattr(entry, field), field)
    check_length(entry.note, "note", MAX_NOTE)
    check_amount(entry.amount, entry.unit)
    check_photos(entry.photos)
    _check_treatment(entry)


def _check_treatment(entry: WorkEntry) -> None:
    if entry.kind not in TREATMENTS:
        if entry.waiting_days is not None:
            message = "Việc này không có thời gian cách ly."
            raise Refused("waiting_days_misplaced", message, field="waiting_days")
        return
    check_text(entry.product, "product", "Hãy ghi tên thuốc như trên nhãn.")
    check_text(entry.target, "target", "Hãy ghi vì sao phải dùng thuốc, ví dụ sâu tơ hoặc ho.")
    if entry.waiting_days is None or not 0 <= entry.waiting_days <= MAX_DAYS:
        message = "Hãy ghi số ngày cách ly trên nhãn thuốc, từ 0 đến 365."
        raise Refused("waiting_days_missing", message, field="waiting_days")


def check_harvest_entry(entry: HarvestEntry, today: date, started_on: date) -> None:
    """Raise ``Refused``, naming the field, when something is missing or cannot be."""
    check_day(entry.happened_on, today)
    if entry.happened_on < started_on:
        message = f"Ngày thu hoạch không thể trước ngày bắt đầu {started_on:%d/%m/%Y}."
        raise Refused("harvest_before_start", message, field="happened_on")
    check_amount(entry.amount, entry.unit)
    check_best_before(entry.best_before_on, entry.happened_on)
    check_text(entry.grade, "grade")
    check_text(entry.produce, "produce")
    check_length(entry.stated_reason, "stated_reason", MAX_NOTE)
    check_length(entry.note, "note", MAX_NOTE)
    check_photos(entry.photos)
    if len({lot_id for lot_id, _ in entry.inputs}) != len(entry.inputs) or len(entry.inputs) > 20:
        message = "Mỗi lô nguyên liệu chỉ chọn một lần, tối đa 20 lô."
        raise Refused("inputs_repeat", message, field="inputs")


def check_pack(entry: PackEntry, today: date, made_on: date, parent_unit: str) -> None:
    """Raise ``Refused``, naming the field, when something is missing or cannot be, or when packing would make more."""
    check_day(entry.happened_on, today)
    check_not_before(entry.happened_on, made_on)
    check_amount(entry.taken, None, field="taken")
    check_amount(entry.amount, entry.unit)
    _check_gain(entry, parent_unit)
    check_best_before(entry.best_before_on, entry.happened_on)
    check_text(entry.produce, "produce")
    check_length(entry.note, "note", MAX_NOTE)
    check_photos(entry.photos)


def _check_gain(entry: PackEntry, parent_unit: str) -> None:
    """No more goods leave the packing than went in, also where bags are counted and kilograms were taken."""
    if entry.unit == parent_unit:
        if entry.amount > entry.taken:
            message = "Đóng gói không thể ra nhiều hơn lượng đã lấy từ lô."
            raise Refused("packing_gains", message, field="amount")
        return
    pack, whole = get_unit(entry.unit).label, get_unit(parent_unit).label
    if entry.content is None:
        message = f"Hãy ghi mỗi {pack} chứa bao nhiêu {whole}."
        raise Refused("content_missing", message, field="content")
    check_amount(entry.content, None, field="content")
    inside = entry.amount * entry.content
    if inside > entry.taken:
        message = (
            f"{format_number(entry.amount)} {pack}, mỗi {pack} {format_number(entry.content)} {whole}, là"
            f" {format_number(inside)} {whole}: nhiều hơn {format_number(entry.taken)} {whole} đã lấy từ lô."
        )
        raise Refused("packing_gains", message, field="amount")


def check_not_before(happened_on: date, made_on: date) -> None:
    """Raise ``Refused`` when a lot would be handled before it existed."""
    if happened_on < made_on:
        message = f"Ngày này không thể trước ngày có lô hàng, {made_on:%d/%m/%Y}."
        raise Refused("before_lot_was_made", message, field="happened_on")


def check_day(day: date, today: date, field: str = "happened_on") -> None:
    """Raise ``Refused`` for a day that has not come yet or lies absurdly far back."""
    if day > today:
        message = "Ngày này chưa tới. Hãy ghi ngày đã làm."
        raise Refused("day_in_future", message, field=field)
    if day < today - timedelta(days=366 * MAX_YEARS_BACK):
        message = f"Ngày này đã quá {MAX_YEARS_BACK} năm. Hãy kiểm tra lại."
        raise Refused("day_too_old", message, field=field)


def check_best_before(best_before_on: date | None, made_on: date) -> None:
    """Raise ``Refused`` for a best-before day before the making or more than ten years after."""
    if best_before_on is not None and not made_on <= best_before_on <= made_on + MAX_SHELF:
        message = "Hạn sử dụng phải sau ngày làm ra và không quá 10 năm."
        raise Refused("best_before_wrong", message, field="best_before_on")


def check_amount(amount: Decimal | None, unit: str | None, field: str = "amount") -> None:
    """Raise ``Refused`` for an amount that is not positive, too large, too fine, or without its unit."""
    if unit:
        get_unit(unit)
    if amount is None:
        return
    if unit == "":
        message = "Hãy chọn đơn vị tính."
        raise Refused("unit_missing", message, field="unit")
    if not Decimal(0) < amount <= Decimal(1_000_000) or amount != amount.quantize(Decimal("0.001")):
        message = "Số lượng phải lớn hơn 0, không quá 1.000.000 và tối đa ba chữ số lẻ."
        raise Refused("amount_wrong", message, field=field)


def check_text(text: str, field: str, missing: str = "", *, maximum: int = MAX_SHORT) -> None:
    """Raise ``Refused`` for a sealed text that is missing, too long, or holds a telephone number or e-mail.

    What is sealed can never be taken out again, so it must not name or reach a person (Law 91/2025/QH15).
    """
    if missing and not text.strip():
        code = f"{field}_missing"
        raise Refused(code, missing, field=field)
    check_length(text, field, maximum)
    if has_contact(text):
        message = "Đừng ghi số điện thoại hay e-mail ở đây: sổ này công khai và không xóa được."
        raise Refused("contact_in_sealed_text", message, field=field)


def check_length(text: str, field: str, maximum: int) -> None:
    """Raise ``Refused`` for text that is too long or holds control characters."""
    if len(text) > maximum:
        message = f"Đoạn này quá dài. Tối đa {maximum} ký tự."
        raise Refused("text_too_long", message, field=field, maximum=maximum)
    if any(ord(ch) < 32 and ch not in "\n\r\t" for ch in text):
        message = "Đoạn này có ký tự lạ. Hãy gõ lại."
        raise Refused("text_unreadable", message, field=field)


def has_contact(text: str) -> bool:
    """Say whether a text seems to hold a telephone number or an e-mail address."""
    return bool(PHONE.search(text) or _EMAIL.search(text))


def check_photos(photos: tuple[str, ...]) -> None:
    """Raise ``Refused`` for too many photos or for hashes that are none."""
    if len(photos) > MAX_PHOTOS or not all(_HASH.fullmatch(photo) for photo in photos):
        message = f"Mỗi lần chỉ gửi được tối đa {MAX_PHOTOS} ảnh."
        raise Refused("photos_wrong", message, field="photos")


def role_of(actor: Actor) -> str:
    """Return the role that a record notes for who entered it: household, helper, officer or system."""
    if actor.party == SYSTEM_ACTOR.party:
        return "system"
    if actor.is_helper:
        return "officer" if Role.OFFICER in actor.roles else "helper"
    return "household"
