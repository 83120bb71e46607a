"""What officers signed about a lot, against the records in its proof file. lot-proof.js checks the same elsewhere."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transparency.entries import CLOCK_SLACK, EntryError, LeafView, read_statement


@dataclass(frozen=True, slots=True)
class LotEntry:
    """An entry of a proof file: its leaf, the exact content, and the hashes that lead to the tree's root."""

    leaf: LeafView
    content: bytes
    proof: list[bytes]
    #: What the file gives as content and salt behind the salted hash in ``content``; nobody has looked at it yet.
    opened: object = None

    @property
    def body(self) -> Mapping[str, Any]:
        """What the content says; empty when it is no object in JSON."""
        try:
            told = json.loads(self.content)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


def index_by_hash(entries: Sequence[LotEntry]) -> dict[str, LotEntry]:
    """Return entries by the hash of their content; of two with the same content the first one in the log counts."""
    found: dict[str, LotEntry] = {}
    for entry in sorted(entries, key=lambda one: one.leaf.index):
        found.setdefault(entry.leaf.content_hash, entry)
    return found


def check_decision(entry: LotEntry, lots: Collection[str], by_hash: Mapping[str, LotEntry]) -> None:
    """Check that a verification is of one of these lots and of its record, and that nothing it rests on is left out.

    ``lots`` are the lot of the file and those that it came from. Raises ``EntryError``.
    """
    leaf, told = entry.leaf, read_statement(entry.leaf, entry.content)
    if told.get("lot") not in lots:
        _fail(leaf, "this verification is of another lot")
    if told.get("officer") != leaf.actor or told.get("keyId") != leaf.key_id:
        _fail(leaf, "this verification names another officer than signed it")
    reviewed = [str(one) for one in _list(told.get("reviewed"))]
    missing = [one for one in [str(told.get("record")), *reviewed] if one not in by_hash]
    if missing:
        _fail(
            leaf, f"the officer had {len(missing)} record(s) before him or her that are not in the file ({missing[0]})"
        )
    _check_record(leaf, told, by_hash[str(told["record"])])
    _check_reviewed(leaf, told, [by_hash[one] for one in reviewed])


def _check_record(leaf: LeafView, told: Mapping[str, Any], record: LotEntry) -> None:
    body = record.body
    is_same = (
        record.leaf.kind == "event"
        and body.get("cq:kind") == "verification"
        and body.get("cq:lot") == told.get("lot")
        and body.get("cq:decision") == told.get("decision")
        and body.get("cq:officerTitle") == told.get("officerTitle")
    )
    if not is_same:
        _fail(leaf, f"what was signed is not what the record in entry {record.leaf.index} says")
    if record.leaf.actor != leaf.actor:
        _fail(leaf, "this verification names another officer than entered it")
    if abs(leaf.logged_at - record.leaf.logged_at) > CLOCK_SLACK:
        _fail(leaf, f"it claims another time than the record in entry {record.leaf.index}: it was backdated")


def _check_reviewed(leaf: LeafView, told: Mapping[str, Any], seen: Sequence[LotEntry]) -> None:
    if any(one.leaf.actor == leaf.actor and one.body.get("cq:kind") != "verification" for one in seen):
        _fail(leaf, "the officer verified what he or she had entered")
    photos = {str(photo) for one in seen for photo in _list(one.body.get("cq:photos"))}
    if any(str(photo) not in photos for photo in _list(told.get("photos"))):
        _fail(leaf, "the officer saw a photo that no record holds")


def check_recall(entry: LotEntry) -> None:
    """Check that a statement about a recall names the officer who signed it. Raises ``EntryError``."""
    if read_statement(entry.leaf, entry.content).get("officer") != entry.leaf.actor:
        _fail(entry.leaf, "this recall names another officer than signed it")


def is_recall_of(entry: LotEntry, lot: str) -> bool:
    """Say whether a statement orders the recall of a lot, whoever signed it."""
    return lot in list_recalled(entry)


def list_recalled(entry: LotEntry) -> list[str]:
    """Return the lots whose recall a statement orders, whoever signed it."""
    body = entry.body
    if body.get("type") not in {"recall-order", "recall-addition"}:
        return []
    return [str(one) for one in [body.get("lot"), *_list(body.get("lots"))] if one is not None]


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _fail(leaf: LeafView, said: str) -> None:
    message = f"entry {leaf.index}: {said}"
    raise EntryError(message)
