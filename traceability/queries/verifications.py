"""Decisions of commune officers on lots."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from traceability.queries.lots import LotView
from traceability.queries.records import RecordView, list_waiting
from traceability.queries.story import list_story
from traceability.rules.completeness import Fact, Missing, list_missing
from traceability.rules.concerns import OUTCOMES
from traceability.rules.templates import TREATMENTS
from traceability.rules.treatment_summary import TreatmentSummary, summarise

#: Kinds of records that officers make in their office.
_OFFICE = frozenset({"verification", "recall", "recall_closed"})


def list_missing_of(session: Session, lot: LotView) -> list[Missing]:
    """Return what a lot's story still lacks before its commune is asked."""
    return list_missing(facts_of(list_story(session, lot)))


def facts_of(story: Sequence[RecordView]) -> list[Fact]:
    """Reduce a story to what completeness asks; what was declared wrong does not count."""
    return [Fact(record.kind, len(record.photos)) for record in story if record.is_in_force]


def summarise_treatments(story: Sequence[RecordView], lot: LotView) -> TreatmentSummary:
    """Count the treatments of a lot's story, judged on the last day on which something was taken."""
    taken = [one.happened_on for one in story if one.is_in_force and one.kind in OUTCOMES]
    return summarise(list_waiting(story), max(taken, default=lot.made_on))


def count_treatments(story: Sequence[RecordView], lot: LotView) -> int | None:
    """Return how many treatments in force a story has: an officer who verifies it signs that number.

    None where the story leaves a doubt whether every waiting period was kept: then nothing is promised.
    """
    summary = summarise_treatments(story, lot)
    if summary.doubtful or not summary.is_kept:
        return None
    return sum(1 for one in story if one.is_in_force and one.kind in TREATMENTS)


def find_own_hand(story: Sequence[RecordView], party: str) -> bool:
    """Say whether a person entered any record of a story: nobody verifies what he or she wrote.

    What an officer did as an officer is no such entry: who sent a lot back may verify it later.
    """
    return any(record.entered_by == party and record.kind not in _OFFICE for record in story)
