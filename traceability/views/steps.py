"""Tells records as steps of a timeline, in the words of people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.core.clock import local_date
from marketplace.core.photos import photo_url
from marketplace.core.quantity import UNITS, format_number, format_quantity
from marketplace.core.text import end_sentence
from traceability.queries.records import RecordView
from traceability.rules.concerns import DIARY_KINDS
from traceability.rules.diary_keeping import Entry
from traceability.rules.entries import OPERATORS
from traceability.rules.events_barn import KIND as SENSORS
from traceability.rules.events_barn import read_summaries
from traceability.rules.leaf import write_time
from traceability.rules.sensor_chart import Chart, draw_chart
from traceability.rules.sensor_words import tell_summary
from traceability.rules.templates import INCOMING_LABELS, TREATMENTS, WORK_LABELS
from traceability.services.corrections import is_correctable

_ICONS = {
    "season_opened": "field",
    "season_closed": "check",
    "incoming": "basket",
    "planting": "seedling",
    "stocking": "fish",
    "fertilising": "sack",
    "feeding": "sack",
    "watering": "drop",
    "spraying": "spray",
    "medicine": "flask",
    "vaccination": "flask",
    "tending": "leaf",
    "cleaning": "refresh",
    "deaths": "warning",
    "preparing": "knife",
    "processing": "pot",
    "checking": "eye",
    "harvest": "scale",
    "slaughter": "knife",
    "making": "jar",
    "packing": "box",
    "split": "tag",
    "merge": "tag",
    "loss": "trash",
    "details": "pencil",
    "listed": "basket",
    "unlisted": "arrow-left",
    "verification": "check-seal",
    "held": "pause",
    "released": "check",
    "recall": "recall",
    SENSORS: "gauge",
    "recall_closed": "check",
}
_TONES = {"held": "warning", "recall": "danger"}
#: Kind -> the sealed fields that its sentence repeats.
_DETAILS = {
    "spraying": "waitingDays waitingUntil",
    "medicine": "waitingDays waitingUntil",
    "loss": "reason",
    "held": "reason",
    "released": "reason",
    "recall": "reason instruction",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the page's own check compares with the sealed bytes: their SHA-256, kind, day, entry, place in the log."""

    sha256: str
    kind: str
    day: str
    entered_at: str
    place: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step as ``components/trace.html`` draws it; ``record_id`` is set where the entry may be put right.

    A fact is a term, its value, and the field of the sealed record from which the value is copied, if it is.
    """

    icon: str
    title: str
    when: str
    detail: str = ""
    facts: tuple[tuple[str, str, str], ...] = ()
    by_role: str = ""
    photos: tuple[tuple[str, str, str], ...] = ()
    verified: bool = False
    corrected_by: str = ""
    tone: str = ""
    record_id: int | None = None
    charts: tuple[Chart, ...] = ()
    evidence: Evidence | None = None
    #: Fields of the sealed record that stand in ``detail``, letter for letter or as a date.
    detail_of: str = ""
    #: Sums up many records, none of which the page shows by itself.
    is_sum: bool = False


def tell_steps(records: Iterable[RecordView], *, is_private: bool) -> list[Step]:
    """Return the steps of records in their order. Suppliers and notes are told only to household and commune."""
    return [_tell(record, is_private=is_private) for record in records]


def _tell(record: RecordView, *, is_private: bool) -> Step:
    title = _title(record)
    detail = _detail(record)
    facts = _facts(record)
    if is_private:
        if record.is_erased:
            detail = f"{detail} {_('Lời ghi riêng: đã xóa theo yêu cầu.')}".strip()
        if note := record.private.get("note") or record.private.get("reason"):
            detail = f"{detail} {note}".strip()
        if supplier := record.private.get("supplier"):
            facts.append((_("Mua của"), supplier, ""))
    facts.extend(_tell_writing(record, is_private=is_private))
    is_negative = record.kind == "verification" and record.details.get("decision") != "verified"
    return Step(
        icon="warning" if is_negative else _ICONS.get(record.kind, "leaf"),
        title=title,
        when=f"{record.happened_on:%d/%m/%Y}",
        detail=detail,
        facts=tuple(facts),
        by_role=tell_author(record),
        photos=tuple(
            (photo_url(photo, "thumb"), photo_url(photo), _("Ảnh: %(what)s", what=title)) for photo in record.photos
        ),
        verified=record.kind == "verification" and not is_negative,
        corrected_by=_correction(record),
        tone="warning" if is_negative else _TONES.get(record.kind, ""),
        record_id=record.id if is_private and is_correctable(record) else None,
        charts=_charts(record),
        evidence=None if is_private else _evidence(record),
        detail_of=_DETAILS.get(record.kind, ""),
    )


def _tell_writing(record: RecordView, *, is_private: bool) -> list[tuple[str, str, str]]:
    """Say when something was written down: to everybody when that was late, to its writers on any other day."""
    entry = Entry(record.happened_on, local_date(record.recorded_at))
    if record.kind in DIARY_KINDS and entry.is_late:
        late = _("%(day)s, sau %(count)s ngày", day=f"{entry.written_on:%d/%m/%Y}", count=entry.days_late)
        return [(_("Ghi sổ muộn"), late, "")]
    if is_private and entry.days_late:
        return [(_("Ghi vào sổ ngày"), f"{entry.written_on:%d/%m/%Y}", "")]
    return []


def _evidence(record: RecordView) -> Evidence:
    return Evidence(
        sha256=record.content_hash,
        kind=record.kind,
        day=record.happened_on.isoformat(),
        entered_at=write_time(record.recorded_at),
        place=record.place,
    )


def tell_author(record: RecordView) -> str:
    """Say who entered a record: a role, never a person's name."""
    if record.kind == "verification":
        return str(record.details.get("officerTitle") or _("Cán bộ xã"))
    if record.kind in {"recall", "recall_closed"}:
        return str(_("Cán bộ xã"))
    if record.kind in {"released", "held"}:
        return str(_("Sổ tự đối chiếu"))
    roles: dict[str, str] = {
        "household": _("Hộ sản xuất"),
        "helper": _("Người ghi hộ, do hộ nhờ"),
        "officer": _("Cán bộ xã ghi hộ"),
        "system": _("Chợ, máy tự ghi"),
    }
    return roles.get(record.entered_role, "")


def _correction(record: RecordView) -> str:
    if record.is_in_force:
        return ""
    reason = record.declared_reason or _("ghi nhầm")
    if record.corrected_by is None:
        return str(_("việc này không có thật, %(reason)s", reason=reason))
    return reason


def _title(record: RecordView) -> str:
    details = record.details
    if record.kind in WORK_LABELS:
        return WORK_LABELS[record.kind]
    titles: dict[str, str] = {
        "season_opened": _("Bắt đầu: %(produce)s", produce=details.get("produce", "")),
        "season_closed": _("Kết thúc"),
        "incoming": _("Nhập %(what)s", what=INCOMING_LABELS.get(str(details.get("what")), _("vật tư")).lower()),
        "harvest": _("Thu hoạch"),
        "slaughter": _("Giết mổ"),
        "making": _("Làm ra thành phẩm"),
        "packing": _("Đóng gói"),
        "split": _("Tách lô"),
        "merge": _("Gộp lô"),
        "loss": _("Hao hụt"),
        "details": _("Bổ sung thông tin lô"),
        "listed": _("Đưa ra bán"),
        "unlisted": _("Rút về, không bán nữa"),
        "verification": _("Xã đã xác nhận") if details.get("decision") == "verified" else _("Xã trả lại"),
        "held": _("Tạm giữ, không được bán"),
        "released": _("Hết tạm giữ"),
        "recall": _("Thu hồi"),
        SENSORS: _("Cảm biến đo tại chỗ"),
        "recall_closed": _("Kết thúc thu hồi"),
    }
    return titles.get(record.kind, record.kind)


def _detail(record: RecordView) -> str:
    details = record.details
    if record.kind in TREATMENTS and record.waiting_until is not None:
        return _waiting(record.waiting_until, details.get("waitingDays"))
    if record.kind == "details":
        told = [_("Nhãn hiệu %(brand)s.", brand=details["brand"])] if "brand" in details else []
        if "bestBeforeOn" in details:
            told.append(_("Hạn sử dụng %(day)s.", day=f"{date.fromisoformat(details['bestBeforeOn']):%d/%m/%Y}"))
        return " ".join(told)
    said = {
        "loss": details.get("reason", ""),
        "held": details.get("reason", ""),
        "released": details.get("reason", ""),
        "recall": " ".join(end_sentence(details.get(one, "")) for one in ("reason", "instruction")).strip(),
        "recall_closed": _("Hàng thu về đã được xử lý. Lô này vẫn không được bán."),
    }
    return str(said.get(record.kind, ""))


def _waiting(until: date, days: int | None) -> str:
    if not days:
        return str(_("Theo nhãn, thuốc này không cần cách ly."))
    return str(_("Cách ly %(days)s ngày, đến hết ngày %(until)s.", days=days, until=f"{until:%d/%m/%Y}"))


def _charts(record: RecordView) -> tuple[Chart, ...]:
    """Draw what sensors saw, from the sealed body alone."""
    charts = (
        draw_chart(
            one.band,
            title=_("%(what)s thấp nhất và cao nhất mỗi ngày", what=one.measure.label),
            lead=tell_summary(one),
            unit=one.measure.symbol,
            limits=(one.low_limit, one.high_limit)
            if one.low_limit is not None and one.high_limit is not None
            else None,
        )
        for one in read_summaries(record.details.get("sensors", ()))
    )
    return tuple(chart for chart in charts if chart is not None)


def _facts(record: RecordView) -> list[tuple[str, str, str]]:
    details = record.details
    found: list[tuple[str, str, str]] = []

    def add(label: str, value: object, of: str = "") -> None:
        if value not in (None, ""):
            found.append((label, str(value), of))

    def copy(label: str, field: str) -> None:
        add(label, details.get(field), field)

    if record.kind == "incoming":
        copy(_("Tên"), "name")
    copy(_("Đã dùng"), "product")
    copy(_("Hoạt chất"), "activeIngredient")
    copy(_("Để trị"), "target")
    copy(_("Liều lượng"), "dose")
    if "amount" in details:
        add(_("Số lượng"), _amount(details), "amount")
    copy(_("Số lô của nơi bán"), "supplierLot")
    copy(_("Giấy tờ số"), "paperNo")
    if details.get("operatorRole") not in {None, "household"}:
        add(_("Người làm"), OPERATORS.get(str(details["operatorRole"])))
    if record.kind in {"harvest", "slaughter", "making", "packing"}:
        copy(_("Lô"), "lot")
        copy(_("Loại"), "grade")
        if record.best_before_on:
            add(_("Hạn sử dụng"), f"{record.best_before_on:%d/%m/%Y}", "bestBeforeOn")
    if record.kind in {"split", "merge"}:
        add(_("Thành lô"), ", ".join(details.get("lots", ())), "lots")
    return found


def _amount(details: Any) -> str:
    amount, unit = Decimal(str(details["amount"])), str(details.get("unit", ""))
    return format_quantity(amount, unit) if unit in UNITS else format_number(amount)
