"""Capture jobs, as those who sent the documents may see them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.models.epcis import Capture


@dataclass(frozen=True, slots=True)
class CaptureView:
    """A capture job. ``errors`` tell which events failed, and where in them the fault is."""

    row: int
    capture_id: uuid.UUID
    proceeds: bool
    event_count: int
    captured_count: int
    created_at: datetime
    finished_at: datetime | None
    errors: Sequence[Mapping[str, Any]]

    @property
    def is_running(self) -> bool:
        """Whether the job has not come to its end."""
        return self.finished_at is None

    @property
    def has_succeeded(self) -> bool:
        """Whether nothing has gone wrong so far."""
        return not self.errors


def find_capture(session: Session, capture_id: uuid.UUID, *, owner_party: str) -> CaptureView | None:
    """Return a job of an owner."""
    found = _select().where(Capture.capture_id == capture_id, Capture.owner_party == owner_party)
    row = session.execute(found).one_or_none()
    return None if row is None else CaptureView(*row)


def list_captures(session: Session, *, owner_party: str, before: int | None, limit: int) -> Sequence[CaptureView]:
    """Return an owner's jobs, newest first, from before a row on."""
    found = _select().where(Capture.owner_party == owner_party)
    if before is not None:
        found = found.where(Capture.id < before)
    return [CaptureView(*row) for row in session.execute(found.order_by(Capture.id.desc()).limit(limit))]


def _select() -> Any:
    """Return the statement that reads jobs without their documents."""
    return select(
        Capture.id,
        Capture.capture_id,
        Capture.proceeds,
        Capture.event_count,
        Capture.captured_count,
        Capture.created_at,
        Capture.finished_at,
        Capture.errors,
    )
