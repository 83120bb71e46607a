"""What a proof file tells about its lot, in plain lines for the eye: steps, corrections, decisions, recalls.

Only what stands in the log is told, in the sealed words themselves; the market's own titles are left aside.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from transparency.decisions import LotEntry, is_recall_of, list_recalled
from transparency.lot_status import LotStatus, LotStory, SealedRecord, read_decision
from transparency.report import Report

OMISSIONS = (
    "A file shows what stood in the log when it was made, and can leave out later entries, such as a correction or a "
    "recall. To see them, open the lot's page, or audit the whole log (python -m transparency audit)."
)
#: Days are those of Viet Nam, as on the market's pages.
_ZONE = timezone(timedelta(hours=7))


def read_story(entries: Sequence[LotEntry], signed: Mapping[int, str]) -> LotStory:
    """Return the records of entries that hold, with the decisions and recall orders among them that are signed."""
    wrong: dict[str, int] = {}
    for entry in sorted(entries, key=lambda one: one.leaf.index):
        if entry.leaf.kind == "error-declaration" and entry.leaf.corrects is not None:
            wrong.setdefault(entry.leaf.corrects, entry.leaf.index)
    # Of two entries with the same content the first one counts.
    records: dict[str, SealedRecord] = {}
    for entry in sorted(entries, key=lambda one: one.leaf.index):
        # Records stand in a household's chain; events of other systems do not, and say nothing of a lot's state.
        if entry.leaf.kind == "event" and entry.leaf.chain is not None:
            sha256 = entry.leaf.content_hash
            records.setdefault(sha256, SealedRecord(entry.leaf.index, sha256, entry.body, wrong.get(sha256)))
    told = [entry for entry in entries if entry.leaf.index in signed]
    return LotStory(
        records.values(),
        [read_decision(entry.body) for entry in told if entry.leaf.kind == "verification"],
        [lot for entry in told if entry.leaf.kind == "recall" for lot in list_recalled(entry)],
    )


def tell_lot(  # noqa: PLR0917 - what was read of the file
    lot: str,
    entries: Sequence[LotEntry],
    signed: Mapping[int, str],
    facts: Mapping[int, Mapping[str, Any]],
    status: LotStatus,
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
    report.note(f"Lot {lot}{': RECALLED' if orders or records else ': HELD' if status.state == 'held' else ''}")
    names = {index: _one_line(title) for index, title in signed.items()}
    told = [_tell_fact(entry, facts[entry.leaf.index]) for entry in ordered if entry.leaf.index in facts]
    if not any(line.startswith("made by") for line in told):
        told.insert(0, "the file does not tell who made it: erased, or left out")
    for line in [*told, *_tell_status(status)]:
        report.note(f"  {line}")
    for entry in ordered:
        for line in _tell(entry, lot, corrected, names):
            report.note(f"  {line}")


def tell_recalled(signed: Sequence[LotEntry]) -> Iterator[str]:
    """Name each lot that signed orders recall, in the order of the log."""
    found: dict[str, LotEntry] = {}
    for entry in signed:
        if entry.leaf.kind == "recall":
            for lot in list_recalled(entry):
                found.setdefault(lot, entry)
    for lot, entry in found.items():
        day = _day(entry.body.get("startedAt") or entry.body.get("addedAt"))
        yield f"RECALLED  {_one_line(lot)}, ordered {day} (entry {entry.leaf.index})"


def tell_held(records: Sequence[LotEntry]) -> Iterator[str]:
    """Name each lot that is held after the last record about it, with the reason."""
    held: dict[str, LotEntry] = {}
    for entry in records:
        lots = entry.body.get("cq:lots")
        for lot in [str(one) for one in lots] if isinstance(lots, list) else []:
            held.pop(lot, None)
            if entry.body.get("cq:kind") == "held" and entry.leaf.chain is not None:
                held[lot] = entry
    for lot, entry in held.items():
        reason = _one_line(entry.body.get("cq:reason"))
        since = _day(entry.body.get("eventTime"))
        yield f"HELD      {_one_line(lot)}, since {since} (entry {entry.leaf.index}): {reason}"


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


def _tell_status(status: LotStatus) -> Iterator[str]:
    """Say what the lot's page may show, so that it can be compared by eye."""
    how = {
        "verified": "verified by an officer's signature" if status.decision else "made of verified lots only",
        "recorded": "not verified: no officer's signature says so",
        "held": f"held, not for sale: {'; '.join(_one_line(reason) for reason in status.hold_reasons)}",
        "recalled": "recalled",
    }
    yield f"by its entries it is {how[status.state]}"
    yield f"best before: {_one_line(status.best_before_on) if status.best_before_on else 'no day was sealed'}"
    if status.treatments is not None:
        yield f"waiting periods: the officer counted {status.treatments} treatment(s), all of them kept"


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
