"""The measure of a drill: whom it would have reached, and how long that took."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from orders.models import RecallDrill


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a drill found. ``found_ms`` and ``written_ms`` are milliseconds: finding everybody, writing every letter."""

    lots: int
    orders: int
    parcels_out: int
    letters: int
    calls: int
    found_ms: int
    written_ms: int
    ended_at: datetime


def note_rehearsal(*, session: Session, recall_id: int, done: Rehearsal) -> None:
    """Keep the measure of a drill; the first one stands."""
    session.execute(
        insert(RecallDrill)
        .values(recall_id=recall_id, **asdict(done))
        .on_conflict_do_nothing(index_elements=[RecallDrill.recall_id])
    )
