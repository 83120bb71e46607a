"""Reads for erasure: requests, and where somebody is mentioned."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.core.clock import local_date
from marketplace.core.errors import NotFound
from traceability.models.custody import PrivateDetail, Record
from traceability.models.gates import Erasure
from traceability.rules.erasure import REASONS, SUBJECTS, Wanted, answer_until

_LIMIT = 200
_PHOTOS = 60


@dataclass(frozen=True, slots=True)
class ErasureView:
    """A request to erase, and what became of it."""

    id: int
    subject: str
    subject_id: int | None
    wanted: str
    reason: str
    note: str
    photos: tuple[str, ...]
    asked_by: int
    asked_at: datetime
    state: str
    done_at: datetime | None
    destroyed: int
    kept_reason: str
    kept_until: date | None
    approved_by: int | None = None
    approved_at: datetime | None = None
    paid_out_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has neither been carried out nor refused."""
        return self.state in {"asked", "waiting"}

    @property
    def subject_label(self) -> str:
        """Whose data, in words."""
        return SUBJECTS[self.subject]

    @property
    def answer_until(self) -> date:
        """Until when the market has to answer."""
        return answer_until(local_date(self.asked_at))

    @property
    def reason_label(self) -> str:
        """Why, in words."""
        return REASONS.get(self.reason, self.reason)


def list_erasures(session: Session) -> Sequence[ErasureView]:
    """Return requests, those that wait first."""
    rows = session.execute(
        select(Erasure)
        .order_by(Erasure.state != "asked", Erasure.state != "waiting", Erasure.id.desc())
        .limit(_LIMIT)
        .execution_options(populate_existing=True)
    ).scalars()
    return [_view(row) for row in rows]


def get_erasure(session: Session, erasure_id: int) -> ErasureView:
    """Return a request. Raises ``NotFound``."""
    row = session.execute(
        select(Erasure).where(Erasure.id == erasure_id).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


def _view(row: Erasure) -> ErasureView:
    return ErasureView(
        row.id, row.subject, row.subject_id, row.wanted, row.reason, row.note, tuple(row.photos), row.asked_by,
        row.asked_at, row.state, row.done_at, row.destroyed, row.kept_reason, row.kept_until, row.approved_by,
        row.approved_at, row.paid_out_at,
    )  # fmt: skip


def list_waiting_erasures(session: Session) -> Sequence[int]:
    """Return erasures that an operator approved and that wait for duties to end, oldest first."""
    return session.scalars(select(Erasure.id).where(Erasure.state == "waiting").order_by(Erasure.id)).all()


def list_erasures_of(session: Session, subject: str, subject_id: int) -> Sequence[ErasureView]:
    """Return the requests about an account or a household, newest first."""
    rows = session.execute(
        select(Erasure)
        .where(Erasure.subject == subject, Erasure.subject_id == subject_id)
        .order_by(Erasure.id.desc())
        .execution_options(populate_existing=True)
    ).scalars()
    return [_view(row) for row in rows]


def list_mentioning_households(session: Session, wanted: Wanted) -> Sequence[int]:
    """Return the households in whose private details somebody is mentioned."""
    details = list_mentions(session, wanted)
    if not details:
        return []
    return session.scalars(
        select(Record.household_id)
        .join(PrivateDetail, PrivateDetail.record_id == Record.id)
        .where(PrivateDetail.id.in_(details))
        .distinct()
        .order_by(Record.household_id)
    ).all()


def list_mentions(session: Session, wanted: Wanted) -> list[int]:
    """Return the private details, of whichever household, that mention somebody."""
    if wanted.is_nobody:
        return []
    return [detail_id for detail_id, text in _private_texts(session) if wanted.is_in(text)]


def _private_texts(session: Session) -> Iterator[tuple[int, str]]:
    rows = session.execute(
        select(PrivateDetail.id, PrivateDetail.content)
        .where(PrivateDetail.content.is_not(None))
        .execution_options(yield_per=500)
    )
    for detail_id, content in rows:
        yield detail_id, "\n".join(str(text) for text in json.loads(content or b"{}").values())


def count_sealed_mentions(session: Session, household_id: int, wanted: Wanted) -> int:
    """Return how many sealed records of a household mention somebody: those words cannot be taken out any more."""
    rows = session.scalars(
        select(Record.body).where(Record.household_id == household_id).execution_options(yield_per=500)
    )
    return sum(1 for body in rows if any(wanted.is_in(text) for text in _words_of(json.loads(body))))


def _words_of(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for value in told.values():
            yield from _words_of(value)
    elif isinstance(told, list):
        for value in told:
            yield from _words_of(value)


def list_household_photos(session: Session, household_id: int) -> list[str]:
    """Return the newest photos of a household's records, for somebody to say on which there are people."""
    rows = session.scalars(
        select(Record.body)
        .where(Record.household_id == household_id, Record.photo_count > 0)
        .order_by(Record.seq.desc())
        .limit(_PHOTOS)
    )
    photos = (photo for body in rows for photo in json.loads(body).get("cq:photos", ()))
    return list(dict.fromkeys(photos))[:_PHOTOS]


def count_private_details(session: Session, household_id: int) -> int:
    """Return how many records of a household have private details that still stand."""
    rows = session.scalars(
        select(PrivateDetail.id)
        .join(Record, Record.id == PrivateDetail.record_id)
        .where(Record.household_id == household_id, PrivateDetail.content.is_not(None))
    )
    return len(rows.all())
