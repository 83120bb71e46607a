"""Decisions of commune officers on lots."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.models.custody import Record, Verification
from traceability.queries.lots import LotView
from traceability.queries.records import RecordView, read_records, select_records
from traceability.queries.story import list_story
from traceability.rules.completeness import Fact, Missing, list_missing

#: Kinds of records that officers make in their office.
_OFFICE = frozenset({"verification", "recall", "recall_closed"})


@dataclass(frozen=True, slots=True)
class VerificationView:
    """A decision (xác nhận) with the title of its author; ``reason`` is set when the lot was sent back."""

    lot_id: int
    decision: str
    officer_title: str
    decided_at: datetime
    record_id: int
    reason: str

    @property
    def is_positive(self) -> bool:
        """Whether the lot was verified."""
        return self.decision == "verified"


def list_verifications(session: Session, lot_ids: Collection[int]) -> Sequence[VerificationView]:
    """Return the decisions on lots, oldest first. Two statements."""
    rows = session.execute(
        select(Verification).where(Verification.lot_id.in_(lot_ids)).order_by(Verification.id)
    ).scalars()
    found = list(rows)
    if not found:
        return []
    statement = select_records(Record.id.in_([row.record_id for row in found]))
    reasons = {record.id: record.private.get("reason", "") for record in read_records(session, statement)}
    return [
        VerificationView(
            row.lot_id,
            row.decision,
            row.officer_title,
            row.decided_at,
            row.record_id,
            reasons.get(row.record_id, ""),
        )
        for row in found
    ]


def list_missing_of(session: Session, lot: LotView) -> list[Missing]:
    """Return what a lot's story still lacks before its commune is asked."""
    return list_missing(facts_of(list_story(session, lot)))


def facts_of(story: Sequence[RecordView]) -> list[Fact]:
    """Reduce a story to what completeness asks; what was declared wrong does not count."""
    return [Fact(record.kind, len(record.photos)) for record in story if record.is_in_force]


def find_own_hand(story: Sequence[RecordView], party: str) -> bool:
    """Say whether a person entered any record of a story: nobody verifies what he or she wrote.

    What an officer did as an officer is no such entry: who sent a lot back may verify it later.
    """
    return any(record.entered_by == party and record.kind not in _OFFICE for record in story)
