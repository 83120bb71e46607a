"""What a lot's public page may say: only as far as sealed records and signed decisions on this very lot go.

The tables repeat what was sealed, for finding it. Where they say something else, the page shows no seal and says so.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from traceability.rules.lots import LotState
from transparency.entries import EntryError, Keyring, LeafView, check_content, read_leaf, read_statement
from transparency.lot_status import (
    LotStatus,
    LotStory,
    SealedRecord,
    SignedDecision,
    list_contradictions,
    read_decision,
)

_ORDERS = frozenset({"recall-order", "recall-addition"})


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """A statement of the log: its number in our tables, its leaf and its content, byte for byte."""

    id: int
    leaf: bytes
    content: bytes
    #: Where it stands in the log; None until the keeper has given it a place.
    place: int | None = None


@dataclass(frozen=True, slots=True)
class LotRow:
    """What the tables say of a lot. Nothing of it is believed."""

    code: str
    state: str
    hold_reason: str | None = None
    best_before_on: str | None = None
    #: Some record's row says something else than the record that was sealed.
    is_record_altered: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page may say of a lot, and where the tables contradict the records (a word for each)."""

    status: LotStatus
    contradictions: tuple[str, ...] = ()

    @property
    def is_verified(self) -> bool:
        """Whether the page shows the commune's seal."""
        return self.status.state == LotState.VERIFIED and not self.contradictions


def show_lot(
    row: LotRow, records: Sequence[SealedRecord], signed: Sequence[SignedEntry], office: Mapping[str, bytes]
) -> Shown:
    """Return what may be shown of a lot. ``office`` are the keys of the market's office, by name."""
    decisions, recalled = _read_signed(signed, office, {one.hash: one for one in records})
    status = LotStory(records, decisions, recalled).judge(row.code)
    told = {"state": row.state, "holdReason": row.hold_reason, "bestBeforeOn": row.best_before_on}
    found = [word for word, _ in list_contradictions(status, told)]
    if row.is_record_altered:
        found.append("record")
    # The seal needs both: what was signed, and that the market still treats the lot as verified.
    if status.state == LotState.VERIFIED and row.state != LotState.VERIFIED:
        status = replace(status, state=LotState.RECORDED.value, decision="", treatments=None, explained=frozenset())
    return Shown(status, tuple(found))


def count_kept_treatments(shown: Shown, *, doubts: Collection[str] = ()) -> int | None:
    """Return how many treatments the page may say were all followed by their full waiting period; None: say nothing.

    A signed decision has to say so, no later treatment, hold or declaration may contradict it, and the records as they
    stand now must leave no doubt (``doubts``: any word will do).
    """
    return shown.status.treatments if shown.is_verified and not doubts else None


def is_explained(shown: Shown, doubts: Collection[str]) -> bool:
    """Say whether a signed decision gives a reason for each of these doubts, and nothing came to light after it."""
    return bool(doubts) and shown.is_verified and shown.status.explained.issuperset(doubts)


def is_hold(body: bytes) -> bool:
    """Say whether a sealed record holds lots or lets them go."""
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("cq:kind") in {"held", "released"}


def _read_signed(
    signed: Iterable[SignedEntry], office: Mapping[str, bytes], records: Mapping[str, SealedRecord]
) -> tuple[list[SignedDecision], set[str]]:
    """Return the decisions, and the lots of recall orders, that bear an officer's true signature."""
    keyring = Keyring(office)
    decisions: list[SignedDecision] = []
    recalled: set[str] = set()
    for entry in sorted(signed, key=lambda one: one.id):
        try:
            leaf = read_leaf(entry.id, entry.leaf)
            check_content(leaf, entry.content)
            if leaf.kind == "key":
                keyring.learn(leaf, entry.content)
                continue
            keyring.check_signature(leaf, entry.content)
            told = read_statement(leaf, entry.content)
        except EntryError:
            continue
        if leaf.kind == "verification":
            decision = read_decision(told)
            if _is_of_record(leaf, told, records.get(decision.record)):
                decisions.append(decision)
        elif leaf.kind == "recall" and told.get("type") in _ORDERS and told.get("officer") == leaf.actor:
            lots = told.get("lots")
            recalled |= {str(one) for one in lots} if isinstance(lots, list) else set()
    return decisions, recalled


def _is_of_record(leaf: LeafView, told: Mapping[str, object], record: SealedRecord | None) -> bool:
    """Say whether a signed decision is what its record says, entered by the officer who signed."""
    if record is None:
        return False
    body, officer = record.body, str(told.get("officer"))
    return (
        officer == leaf.actor
        and told.get("keyId") == leaf.key_id
        and record.kind == "verification"
        and body.get("cq:lot") == told.get("lot")
        and body.get("cq:decision") == told.get("decision")
        and body.get("cq:officerTitle") == told.get("officerTitle")
        and (body.get("cq:explained") or []) == (told.get("explained") or [])
        and str(body.get("cq:enteredBy", "")).endswith(f"/{officer.lower()}")
    )
