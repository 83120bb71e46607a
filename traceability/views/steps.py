"""Turns records into the steps of a timeline."""

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.core.clock import local_date
from marketplace.core.photos import photo_url
from traceability.queries.records import RecordView
from traceability.queries.story import ParcelCount
from traceability.rules.wording import ROLE_LABELS, describe

#: What concerns the household's own book-keeping and tells a buyer nothing.
_QUIET = frozenset({"listed", "unlisted", "season_closed"})
_PARCELS = (
    ("parcel_packed", "Đóng kiện gửi đi", "box"),
    ("parcel_shipped", "Giao cho bưu cục", "truck"),
    ("parcel_delivered", "Giao tận tay người mua", "house"),
    ("parcel_returned", "Kiện quay về", "refresh"),
)


def make_steps(records: Iterable[RecordView], *, is_public: bool) -> list[dict[str, Any]]:
    """Return timeline steps, oldest first. The public sees no private notes and no book-keeping."""
    records = list(records)
    reasons = {record.id: record.declared_reason for record in records}
    steps = []
    for record in records:
        if is_public and record.kind in _QUIET:
            continue
        words = describe(record)
        facts = list(words.facts)
        if not is_public:
            labels = {"supplier": "Mua của", "note": "Ghi thêm", "reason": "Lý do"}
            facts += [(labels[name], text) for name, text in record.private.items() if name in labels and text]
        steps.append(
            {
                "id": record.id,
                "icon": words.icon,
                "title": words.title,
                "when": f"{local_date(record.occurred_at):%d/%m/%Y}",
                "detail": "",
                "facts": facts,
                "by_role": ROLE_LABELS.get(record.entered_role, record.entered_role),
                "photos": [
                    (photo_url(photo, "thumb"), photo_url(photo, "large"), f"{words.title}, ảnh {number}")
                    for number, photo in enumerate(record.photos, start=1)
                ],
                "verified": record.kind == "verification" and record.details.get("decision") == "verified",
                "corrected_by": None
                if record.is_in_force
                else (reasons[record.id] or "Hộ đã bỏ dòng này vì ghi nhầm."),
                "tone": words.tone if record.is_in_force else "",
                "record": record,
            }
        )
    return steps


def parcel_steps(counts: Mapping[str, ParcelCount]) -> list[dict[str, Any]]:
    """Return what became of a lot after sale: how many parcels took each step, and when. No buyer is named."""
    steps = []
    for kind, title, icon in _PARCELS:
        count = counts.get(kind)
        if count is None:
            continue
        first, last = f"{local_date(count.first_at):%d/%m/%Y}", f"{local_date(count.last_at):%d/%m/%Y}"
        when = first if first == last else f"{first} đến {last}"
        steps.append(
            {
                "icon": icon,
                "title": title,
                "when": when,
                "detail": f"{count.count} kiện",
                "facts": [],
                "by_role": "",
                "photos": [],
                "verified": False,
                "corrected_by": None,
                "tone": "warning" if kind == "parcel_returned" else "",
            }
        )
    return steps
