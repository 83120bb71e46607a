"""How a record reads in Vietnamese: a title, a picture, and the facts that a buyer or an officer looks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from marketplace.core.quantity import UNITS, format_quantity
from traceability.rules.entries import OPERATORS
from traceability.rules.templates import INCOMING_LABELS, TREATMENTS, WORK_LABELS

ROLE_LABELS = {
    "household": "Hộ sản xuất",
    "helper": "Người làm hộ",
    "officer": "Cán bộ xã",
    "system": "Hệ thống (theo tin của bưu cục)",
}
_TITLES = {
    "season_opened": ("Bắt đầu", "sprout"),
    "season_closed": ("Kết thúc", "check"),
    "harvest": ("Thu hoạch", "basket"),
    "slaughter": ("Giết mổ", "knife"),
    "making": ("Làm ra thành phẩm", "pot"),
    "packing": ("Đóng gói", "box"),
    "split": ("Tách lô", "tag"),
    "merge": ("Gộp lô", "tag"),
    "loss": ("Hao hụt", "warning"),
    "listed": ("Đưa lên bán", "basket"),
    "unlisted": ("Rút khỏi quầy", "basket"),
    "held": ("Tạm giữ, không được bán", "warning"),
    "released": ("Hết tạm giữ", "check"),
    "recall": ("Thu hồi", "recall"),
}
_WORK_ICONS = {
    "planting": "seedling", "stocking": "fish", "fertilising": "leaf", "feeding": "rice", "watering": "drop",
    "spraying": "spray", "medicine": "spray", "vaccination": "spray", "tending": "hands", "cleaning": "refresh",
    "deaths": "warning", "preparing": "knife", "processing": "pot", "checking": "eye",
}  # fmt: skip
_INCOMING_ICONS = {
    "seed": "seedling",
    "breed": "pig",
    "feed": "rice",
    "ingredient": "pot",
    "packaging": "box",
}
Facts = list[tuple[str, str]]


class Sealed(Protocol):
    """A record as the ledger reads it back."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def details(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def waiting_until(self) -> date | None: ...  # noqa: D102
    @property
    def best_before_on(self) -> date | None: ...  # noqa: D102
    @property
    def entered_role(self) -> str: ...  # noqa: D102
    @property
    def occurred_at(self) -> datetime: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Wording:
    """One step in words."""

    title: str
    icon: str
    facts: Facts = field(default_factory=list)
    tone: str = ""


def describe(record: Sealed) -> Wording:
    """Return a record in words. Names of people are in none of them."""
    if record.kind == "incoming":
        return _incoming(record)
    if record.kind in WORK_LABELS:
        return _work(record)
    if record.kind == "verification":
        is_positive = record.details.get("decision") == "verified"
        title = "Xã xác nhận lô hàng" if is_positive else "Xã trả lại để bổ sung"
        who = [("Người xác nhận", str(record.details.get("officerTitle", "")))]
        return Wording(
            title, "check-seal" if is_positive else "pencil", who, "" if is_positive else "warning"
        )
    title, icon = _TITLES.get(record.kind, (record.kind, "leaf"))
    tone = "danger" if record.kind in {"held", "recall"} else ""
    return Wording(title, icon, _OTHERS.get(record.kind, _lot_facts)(record), tone)


def amount_of(details: Mapping[str, Any]) -> str:
    """Return the amount in a record, or an empty text."""
    amount, unit = details.get("amount"), str(details.get("unit", ""))
    if amount is None or unit not in UNITS:
        return ""
    return format_quantity(Decimal(str(amount)), unit)


def _incoming(record: Sealed) -> Wording:
    what = str(record.details.get("what", ""))
    facts = [("Tên", str(record.details.get("name", "")))]
    facts += _present(("Lượng", amount_of(record.details)), ("Giấy tờ", record.details.get("paperNo")))
    facts += _present(("Lô của nơi bán", record.details.get("supplierLot")))
    title = f"Nhập {INCOMING_LABELS.get(what, 'vật tư').lower()}"
    return Wording(title, _INCOMING_ICONS.get(what, "sack"), facts)


def _work(record: Sealed) -> Wording:
    details = record.details
    facts = _present(
        ("Dùng", details.get("product")),
        ("Hoạt chất", details.get("activeIngredient")),
        ("Liều lượng", details.get("dose")),
        ("Để trị", details.get("target")),
        ("Lượng", amount_of(details)),
    )
    operator = str(details.get("operatorRole", "household"))
    if operator != "household":
        facts.append(("Người làm", OPERATORS.get(operator, operator)))
    if record.waiting_until is not None:
        facts.append(
            ("Cách ly", f"{details.get('waitingDays')} ngày, đến hết {record.waiting_until:%d/%m/%Y}")
        )
    tone = "warning" if record.kind in TREATMENTS else ""
    return Wording(WORK_LABELS[record.kind], _WORK_ICONS.get(record.kind, "leaf"), facts, tone)


def _lot_facts(record: Sealed) -> Facts:
    facts = _present(("Lô", record.details.get("lot")), ("Lượng", amount_of(record.details)))
    if record.best_before_on is not None:
        facts.append(("Hạn dùng", f"{record.best_before_on:%d/%m/%Y}"))
    return facts + _present(
        ("Phẩm cấp", record.details.get("grade")), ("Lý do", record.details.get("reason"))
    )


def _many_lots(record: Sealed) -> Facts:
    codes = ", ".join(str(code) for code in record.details.get("lots", ()))
    return _present(
        ("Lô", codes),
        ("Lý do", record.details.get("reason")),
        ("Việc phải làm", record.details.get("instruction")),
    )


def _season_facts(record: Sealed) -> Facts:
    return _present(("Sản phẩm", record.details.get("produce")))


def _present(*pairs: tuple[str, Any]) -> Facts:
    return [(label, str(value)) for label, value in pairs if value]


_OTHERS: dict[str, Callable[[Sealed], Facts]] = {
    "season_opened": _season_facts,
    "season_closed": _season_facts,
    "held": _many_lots,
    "released": _many_lots,
    "recall": _many_lots,
    "split": _many_lots,
    "merge": _many_lots,
}
