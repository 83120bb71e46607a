"""Gathers what an officer should look at before verifying a lot."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Date, cast, func, or_, select
from sqlalchemy.orm import Session

from marketplace.core.clock import VN_TZ, local_date
from marketplace.core.photos import list_days_taken
from traceability.models.custody import Lot, Record, RecordPhoto
from traceability.queries.lots import LotView
from traceability.queries.records import RecordView
from traceability.queries.sale_gate import list_takings
from traceability.rules.concerns import (
    DIARY_KINDS,
    OUTCOMES,
    Concern,
    OldPhoto,
    Reused,
    list_keeping_concerns,
    list_lot_count_concerns,
    list_photo_concerns,
    list_waiting_concerns,
)
from traceability.rules.diary_keeping import Entry

_SHOWN = 5


def list_concerns(session: Session, lot: LotView, story: Sequence[RecordView]) -> list[Concern]:
    """Return the warnings about a lot, those that need a reason first. ``story`` is ``list_story`` of the lot."""
    standing = [record for record in story if record.is_in_force]
    concerns = [
        *list_waiting_concerns(list_takings(session, lot)),
        *list_keeping_concerns(list_entries(standing), lot.template),
        *list_photo_concerns(_list_reused(session, lot, story), _list_old(session, standing)),
        *list_lot_count_concerns(*_count_lots_of_day(session, lot)),
    ]
    return sorted(concerns, key=lambda one: not one.needs_reason)


def list_entries(standing: Sequence[RecordView]) -> list[Entry]:
    """Return when the work of a story was done and when it was written down."""
    return [
        Entry(record.happened_on, local_date(record.recorded_at)) for record in standing if record.kind in DIARY_KINDS
    ]


def _list_reused(session: Session, lot: LotView, story: Sequence[RecordView]) -> list[Reused]:
    """Return the photos of a story that a record outside the story shows as well. One statement."""
    shown = {
        photo: record
        for record in story
        if record.is_in_force and record.kind in DIARY_KINDS
        for photo in record.photos
    }
    if not shown:
        return []
    rows = session.execute(
        select(RecordPhoto.sha256, func.bool_or(Record.household_id != lot.household_id))
        .join(Record, Record.id == RecordPhoto.record_id)
        .where(
            RecordPhoto.sha256.in_(shown),
            Record.id.not_in({record.id for record in story}),
            Record.kind.in_(DIARY_KINDS),
            or_(Record.lot_id.is_(None), Record.lot_id != lot.id),
        )
        .group_by(RecordPhoto.sha256)
        .order_by(RecordPhoto.sha256)
        .limit(_SHOWN)
    )
    return [Reused(shown[sha256].id, shown[sha256].happened_on, other) for sha256, other in rows]


def _list_old(session: Session, standing: Sequence[RecordView]) -> list[OldPhoto]:
    shown = {photo: record for record in standing if record.kind in DIARY_KINDS for photo in record.photos}
    days = list_days_taken(session, shown)
    return [OldPhoto(shown[photo].id, shown[photo].happened_on, day) for photo, day in sorted(days.items())][:_SHOWN]


def _count_lots_of_day(session: Session, lot: LotView) -> tuple[int, date]:
    """Return how many lots the household harvested or made in its books on the day on which this one was written."""
    written_on = local_date(lot.created_at)
    count = session.scalar(
        select(func.count())
        .select_from(Lot)
        .where(
            Lot.household_id == lot.household_id,
            Lot.origin.in_(OUTCOMES),
            cast(func.timezone(VN_TZ.key, Lot.created_at), Date) == written_on,
        )
    )
    return count or 0, written_on
