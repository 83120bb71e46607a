"""What a proof file tells about its lot, in plain lines for the eye: steps, corrections, decisions, recalls.

Only what stands in the log is told, in the sealed words themselves; the market's own titles are left aside.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from transparency.decisions import LotEntry, is_recall_of
from transparency.report import Report

OMISSIONS = (
    "A file shows what stood in the log when it was made, and can leave out later entries, such as a correction or a "
    "recall. To see them, open the lot's page, or audit the whole log (python -m transparency audit)."
)
#: Days are those of Viet Nam, as on the market's pages.
_ZONE = timezone(timedelta(hours=7))


def tell_lot(
    lot: str,
    entries: Sequence[LotEntry],
    signed: Mapping[int, str],
    facts: Mapping[int, Mapping[str, Any]],
    report: Report,
) -> None:
    """Tell the story of a lot from entries that hold.

    ``signed``: whose true signature stands under which entry; ``facts``: what was opened of its household.
    """
    ordered = sorted(entries, key=lambda entry: entry.leaf.index)
    corrected = {
        entry.leaf.corrects: entry.leaf.index
        for entry in ordered
        if entry.leaf.kind == "error-declaration" and entry.leaf.corrects is not None
    }
    orders = [entry for entry in ordered if is_recall_of(entry, lot) and entry.leaf.index in signed]
    records = [entry for entry in ordered if _is_recall_record(entry, lot)]
    if records and not orders:
        report.leaves_open(
            f"Entry {records[0].leaf.index} says that the lot was recalled, but no signed order in the file says so."
        )
    report.note(f"Lot {lot}{': RECALLED' if orders or records else ''}")
    names = {index: _one_line(title) for index, title in signed.items()}
    told = [_tell_fact(entry, facts[entry.leaf.index]) for entry in ordered if entry.leaf.index in facts]
    if not any(line.startswith("made by") for line in told):
        told.insert(0, "the file does not tell who made it: erased, or left out")
    for line in told:
        report.note(f"  {line}")
    for entry in ordered:
        for line in _tell(entry, lot, corrected, names):
            report.note(f"  {line}")


def _tell(entry: LotEntry, lot: str, corrected: Mapping[str, int], signed: Mapping[int, str]) -> Iterator[str]:
    leaf, body = entry.leaf, entry.body
    where = f"(entry {leaf.index})"
    if leaf.kind == "event" and body.get("cq:kind"):
        wrong = corrected.get(leaf.content_hash)
        told = f", declared wrong by entry {wrong}" if wrong is not None else ""
        yield f"{_day(body.get('eventTime'))}  {_one_line(body['cq:kind'])}{told} {where}"
    elif leaf.kind == "verification" and leaf.index in signed:
        decision = _one_line(body.get("decision"))
        yield f"{_day(body.get('decidedAt'))}  {decision}, signed by {signed[leaf.index]} {where}"
    elif leaf.kind == "recall" and leaf.index in signed and is_recall_of(entry, lot):
        day = _day(body.get("startedAt") or body.get("addedAt"))
        words = "; ".join(_one_line(body[name]) for name in ("reason", "instruction") if body.get(name))
        yield f"{day}  RECALLED by {signed[leaf.index]}{f': {words}' if words else ''} {where}"
    elif leaf.kind == "recall" and leaf.index in signed and body.get("type") == "recall-closing":
        yield f"{_day(body.get('closedAt'))}  the recall was ended by {signed[leaf.index]} {where}"


def _tell_fact(entry: LotEntry, told: Mapping[str, Any]) -> str:
    where = f"(logged {_day(entry.leaf.logged_at.isoformat())}, entry {entry.leaf.index})"
    if entry.body.get("subject") == "household":
        names = ("name", "hamlet", "commune", "province")
        return f"made by {', '.join(_one_line(told[name]) for name in names if told.get(name))} {where}"
    until = f", until {_one_line(told['expiresOn'])}" if told.get("expiresOn") else ""
    names = ("kind", "stars", "number", "issuer")
    said = " ".join(_one_line(told[name]) for name in names if told.get(name))
    return f"certificate {said}{until}: {_one_line(entry.body.get('status'))} {where}"


def _is_recall_record(entry: LotEntry, lot: str) -> bool:
    body = entry.body
    lots = body.get("cq:lots")
    return entry.leaf.kind == "event" and body.get("cq:kind") == "recall" and isinstance(lots, list) and lot in lots


def _day(time: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(time)).astimezone(_ZONE):%Y-%m-%d}"
    except (ValueError, OverflowError):
        return "no date   "


def _one_line(value: object) -> str:
    """Return a sealed word so that it can forge no line of its own on a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in str(value))
