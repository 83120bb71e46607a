"""What was written last time, offered to be written once more. No form begins with it unless somebody asks."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from marketplace.core.db import db
from traceability.queries.attention import list_last_records
from traceability.queries.records import RecordView
from traceability.rules.entries import IncomingEntry, WorkEntry
from traceability.rules.templates import INCOMING_LABELS, WORK_LABELS
from traceability.services.corrections import read_entry

_OFFERED = 3


@dataclass(frozen=True, slots=True)
class LastTime:
    """Earlier entries to choose from, each as (record's id, what it says), and the entry that was chosen."""

    offers: Sequence[tuple[int, str]]
    entry: IncomingEntry | WorkEntry | None = None
    says: str = ""


def read_last_time(household_id: int, season_id: int, kinds: Collection[str]) -> LastTime:
    """Return what may be written once more in a season, and what the address asks for (``?nhu=`` a record)."""
    records = list_last_records(db.session(), household_id, season_id, kinds)
    wished = request.args.get("nhu", "")
    chosen = next((record for record in records if str(record.id) == wished), None)
    if chosen is None:
        return LastTime(_offer(records))
    return LastTime((), read_entry(chosen), _say(read_entry(chosen)))


def _offer(records: Iterable[RecordView]) -> Sequence[tuple[int, str]]:
    """Return the newest entries that name something, each wording once."""
    offers: dict[str, int] = {}
    for record in records:
        entry = read_entry(record)
        if entry.name if isinstance(entry, IncomingEntry) else entry.product:
            offers.setdefault(_say(entry), record.id)
    return [(record_id, says) for says, record_id in offers.items()][:_OFFERED]


def _say(entry: IncomingEntry | WorkEntry) -> str:
    if isinstance(entry, IncomingEntry):
        return f"{INCOMING_LABELS.get(entry.what, '')}, {entry.name}"
    said = f"{WORK_LABELS.get(entry.kind, '')}, {entry.product}"
    if entry.waiting_days is None:
        return said
    return str(_("%(what)s, cách ly %(days)s ngày", what=said, days=entry.waiting_days))
