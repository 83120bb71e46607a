"""A lot's story in a few steps, for the product page; the whole of it stands on the lot's own page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from marketplace.core.photos import photo_url
from marketplace.core.quantity import format_quantity
from traceability.queries.lots import LotView
from traceability.queries.records import RecordView

_BEGINNINGS = frozenset({"planting", "stocking"})
_TREATMENTS = frozenset({"spraying", "medicine"})
_OUTCOMES = frozenset({"harvest", "slaughter", "making", "packing"})
_CARE = frozenset({"fertilising", "feeding", "watering", "tending", "cleaning", "vaccination", "checking", "preparing"})
#: Template of the season -> icon of what it gives.
_PRODUCE_ICONS = {
    "rice": "rice",
    "vegetable": "sprout",
    "fruit": "orchard",
    "pig": "pig",
    "poultry": "chicken",
    "cattle": "hands",
    "fish": "fish",
    "processed": "jar",
    "honey": "honey",
    "craft": "hands",
}
_PHOTOS_SHOWN = 3
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One step as ``components/trace.html`` draws it."""

    icon: str
    title: str
    when: str
    detail: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    by_role: str = ""
    photos: tuple[tuple[str, str, str], ...] = ()
    verified: bool = False
    corrected_by: str = ""
    tone: str = ""


@dataclass(slots=True)
class _Notes:
    """The records of a story, sorted into what the short version tells."""

    inputs: list[RecordView] = field(default_factory=list)
    beginnings: list[RecordView] = field(default_factory=list)
    care: list[RecordView] = field(default_factory=list)
    treatments: list[RecordView] = field(default_factory=list)
    making: list[RecordView] = field(default_factory=list)
    outcomes: list[RecordView] = field(default_factory=list)
    decisions: list[RecordView] = field(default_factory=list)


def tell_journey(lot: LotView, records: Sequence[RecordView]) -> list[Step]:
    """Return the story of a lot from seed to shelf in at most seven steps, oldest first.

    Records declared wrong are left out here; the lot's page shows them struck through.
    """
    notes = _sort(record for record in records if record.is_in_force)
    steps: list[Step | None] = [
        _tell_inputs(notes.inputs),
        _tell_beginning(notes.beginnings),
        _tell_care(notes.care),
        _tell_treatments(notes.treatments),
        _tell_making(notes.making),
        _tell_outcome(lot, notes.outcomes),
        _tell_decision(notes.decisions),
    ]
    return [step for step in steps if step is not None]


def _sort(records: Iterable[RecordView]) -> _Notes:
    notes = _Notes()
    shelves = (
        (frozenset({"incoming"}), notes.inputs),
        (_BEGINNINGS, notes.beginnings),
        (_CARE, notes.care),
        (_TREATMENTS, notes.treatments),
        (frozenset({"processing"}), notes.making),
        (_OUTCOMES, notes.outcomes),
    )
    for record in records:
        for kinds, shelf in shelves:
            if record.kind in kinds:
                shelf.append(record)
        if record.kind == "verification" and record.details.get("decision") == "verified":
            notes.decisions.append(record)
    return notes


def _tell_inputs(records: Sequence[RecordView]) -> Step | None:
    names = list(dict.fromkeys(str(record.details.get("name", "")) for record in records))
    names = [name for name in names if name]
    if not names:
        return None
    shown = ", ".join(names[:_NAMES_SHOWN])
    if len(names) > _NAMES_SHOWN:
        shown = _("%(names)s và %(count)s thứ khác", names=shown, count=len(names) - _NAMES_SHOWN)
    return Step(
        icon="seedling",
        title=_("Giống và vật tư"),
        when=_period(records),
        detail=_("%(names)s.", names=shown),
        photos=_photos(records),
    )


def _tell_beginning(records: Sequence[RecordView]) -> Step | None:
    if not records:
        return None
    titles = {"planting": _("Gieo trồng"), "stocking": _("Thả giống")}
    return Step(
        icon="sprout" if records[0].kind == "planting" else "fish",
        title=titles[records[0].kind],
        when=_period(records),
        photos=_photos(records),
    )


def _tell_care(records: Sequence[RecordView]) -> Step | None:
    if not records:
        return None
    return Step(
        icon="drop",
        title=_("Chăm sóc"),
        when=_period(records),
        detail=_("Hộ đã ghi %(count)s lần chăm sóc vào sổ tay.", count=len(records)),
        photos=_photos(records),
    )


def _tell_treatments(records: Sequence[RecordView]) -> Step | None:
    if not records:
        return None
    names = list(dict.fromkeys(str(record.details.get("product", "")) for record in records))
    until = max((record.waiting_until for record in records if record.waiting_until), default=None)
    facts = [(_("Thuốc"), ", ".join(name for name in names if name))]
    if until is not None:
        facts.append((_("Hết cách ly"), f"{until:%d/%m/%Y}"))
    return Step(
        icon="spray",
        title=_("Dùng thuốc %(count)s lần, đủ thời gian cách ly", count=len(records)),
        when=_period(records),
        facts=tuple((term, value) for term, value in facts if value),
        photos=_photos(records),
    )


def _tell_making(records: Sequence[RecordView]) -> Step | None:
    if not records:
        return None
    return Step(
        icon="pot",
        title=_("Chế biến, ủ"),
        when=_period(records),
        detail=str(records[-1].details.get("product", "")),
        photos=_photos(records),
    )


def _tell_outcome(lot: LotView, records: Sequence[RecordView]) -> Step | None:
    titles = {
        "harvest": _("Thu hoạch"),
        "slaughter": _("Giết mổ"),
        "making": _("Làm xong mẻ"),
        "packing": _("Đóng gói"),
    }
    last = records[-1] if records else None
    facts = [(_("Được"), format_quantity(lot.quantity_made, lot.unit))]
    if lot.best_before_on:
        facts.append((_("Dùng tốt nhất trước"), f"{lot.best_before_on:%d/%m/%Y}"))
    return Step(
        icon=_PRODUCE_ICONS.get(lot.template, "leaf"),
        title=titles.get(last.kind if last else lot.origin, _("Thành lô hàng")),
        when=f"{lot.made_on:%d/%m/%Y}",
        facts=tuple(facts),
        photos=_photos(records),
    )


def _tell_decision(records: Sequence[RecordView]) -> Step | None:
    if not records:
        return None
    last = records[-1]
    return Step(
        icon="check-seal",
        title=_("Xã xác nhận"),
        when=f"{last.happened_on:%d/%m/%Y}",
        detail=_("Cán bộ đã xem sổ tay của hộ và xác nhận lô hàng này."),
        by_role=str(last.details.get("officerTitle") or _("Cán bộ xã")),
        photos=_photos(records),
        verified=True,
    )


def _period(records: Sequence[RecordView]) -> str:
    first, last = records[0].happened_on, records[-1].happened_on
    if first == last:
        return f"{first:%d/%m/%Y}"
    return f"{first:%d/%m/%Y} – {last:%d/%m/%Y}"


def _photos(records: Sequence[RecordView]) -> tuple[tuple[str, str, str], ...]:
    found = [sha256 for record in records for sha256 in record.photos]
    return tuple(
        (photo_url(sha256, "thumb"), photo_url(sha256), _("Ảnh hộ chụp khi ghi sổ"))
        for sha256 in found[-_PHOTOS_SHOWN:]
    )
