"""Recalls, as officers, households and buyers see them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from marketplace.core.errors import NotFound
from traceability.models.custody import Lot, Recall, RecallLot
from traceability.models.recall import RecallAddition, RecallNotice, RecallStep
from traceability.rules.recalls import REMEDIES

_PAGE = 50


@dataclass(frozen=True, slots=True)
class RecallView:
    """A recall (thu hồi): the lot it began with and every lot it reached.

    ``root_ids`` are the first lot and those that an officer added. ``places``, ``contact`` and ``until_on`` say where
    goods are taken back, whom to ring and how long, once a notice was written; ``notice_after`` is then the last notice
    that said something else of that (0: none did).
    """

    id: int
    lot_id: int
    lot_code: str
    produce: str
    household_id: int
    commune_id: int
    reason: str
    instruction: str
    remedy: str
    is_drill: bool
    officer_title: str
    started_at: datetime
    finished_at: datetime | None
    closed_at: datetime | None
    packing: str
    places: str
    contact: str
    until_on: date | None
    notice_after: int | None
    root_ids: tuple[int, ...]
    lot_ids: tuple[int, ...]

    @property
    def remedy_label(self) -> str:
        """How a buyer's money comes back, in words."""
        return REMEDIES[self.remedy]


def get_recall(session: Session, recall_id: int, *, commune_id: int | None = None) -> RecallView:
    """Return a recall, of that commune only when one is given. Raises ``NotFound``."""
    conditions = [Recall.id == recall_id]
    if commune_id is not None:
        conditions.append(Recall.commune_id == commune_id)
    found = _load(session, *conditions)
    if not found:
        raise NotFound("recall_not_found", "Không tìm thấy đợt thu hồi này.")
    return found[0]


def list_recalls(session: Session, commune_id: int) -> Sequence[RecallView]:
    """Return a commune's recalls and drills, newest first. One statement."""
    return _load(session, Recall.commune_id == commune_id)


def list_recalls_of_lots(session: Session, lot_ids: Collection[int]) -> Sequence[RecallView]:
    """Return the real recalls that reached any of these lots, newest first. One statement."""
    if not lot_ids:
        return []
    reached = select(RecallLot.recall_id).where(RecallLot.lot_id.in_(lot_ids))
    return _load(session, Recall.id.in_(reached), Recall.is_drill.is_(False))


def list_open_recalls(session: Session, household_ids: Collection[int]) -> Sequence[RecallView]:
    """Return the real recalls under way that reached a lot of any of these households, newest first. One statement."""
    if not household_ids:
        return []
    reached = (
        select(RecallLot.recall_id).join(Lot, Lot.id == RecallLot.lot_id).where(Lot.household_id.in_(household_ids))
    )
    closed = select(RecallStep.recall_id).where(RecallStep.step == "closed")
    return _load(session, Recall.id.in_(reached), Recall.is_drill.is_(False), Recall.id.not_in(closed))


def find_recall_of_lot(session: Session, lot_id: int) -> RecallView | None:
    """Return the newest real recall that reached a lot."""
    found = list_recalls_of_lots(session, [lot_id])
    return found[0] if found else None


def list_notice_ids(session: Session, recall_id: int) -> Sequence[int]:
    """Return everything that was written for a recall's notice, the first first. One statement."""
    return session.scalars(
        select(RecallNotice.id).where(RecallNotice.recall_id == recall_id).order_by(RecallNotice.id)
    ).all()


def _load(session: Session, *conditions: ColumnElement[bool]) -> list[RecallView]:
    reached = _gather(RecallLot.lot_id, RecallLot.recall_id)
    added = _gather(RecallAddition.lot_id, RecallAddition.recall_id)
    other = aliased(RecallNotice)
    notice_after = (
        select(func.coalesce(func.max(other.id), 0))
        .where(
            other.recall_id == Recall.id,
            tuple_(other.places, other.contact, other.until_on)
            != tuple_(RecallNotice.places, RecallNotice.contact, RecallNotice.until_on),
        )
        .correlate(Recall, RecallNotice)
    )
    newest = select(func.max(RecallNotice.id)).where(RecallNotice.recall_id == Recall.id).correlate(Recall)
    rows = session.execute(
        select(
            Recall.id, Recall.lot_id, Lot.code, Lot.produce, Lot.household_id, Recall.commune_id, Recall.reason,
            Recall.instruction, Recall.remedy, Recall.is_drill, Recall.officer_title, Recall.started_at,
            _done("finished"), _done("closed"), func.coalesce(RecallNotice.packing, ""),
            func.coalesce(RecallNotice.places, ""), func.coalesce(RecallNotice.contact, ""), RecallNotice.until_on,
            case((RecallNotice.id.is_not(None), notice_after.scalar_subquery())), added, reached,
        )
        .join(Lot, Lot.id == Recall.lot_id)
        .outerjoin(RecallNotice, RecallNotice.id == newest.scalar_subquery())
        .where(*conditions)
        .order_by(Recall.id.desc())
        .limit(_PAGE)
    )  # fmt: skip
    return [_view(tuple(row)) for row in rows]


def _view(row: tuple[Any, ...]) -> RecallView:
    added, reached = row[-2:]
    return RecallView(*(*row[:-2], tuple(sorted({row[1], *(added or ())})), tuple(sorted(reached or ()))))


def _gather(lot_id: InstrumentedAttribute[int], recall_id: InstrumentedAttribute[int]) -> ScalarSelect[Any]:
    return select(func.array_agg(lot_id)).where(recall_id == Recall.id).correlate(Recall).scalar_subquery()


def _done(step: str) -> ScalarSelect[datetime]:
    return (
        select(RecallStep.done_at)
        .where(RecallStep.recall_id == Recall.id, RecallStep.step == step)
        .correlate(Recall)
        .scalar_subquery()
    )
