"""Calling parcels off. An order that is cancelled is not a parcel that is: the carrier has to agree."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from logistics.events import ParcelCancelAsked
from logistics.models import Parcel
from logistics.ports import Done, NotSent, RefusedByCarrier, Unknown
from logistics.rules.states import FINAL, STEPS, Attention, ParcelState
from logistics.services.book import QUIET_TIME
from logistics.services.steps import call_for, clear_call, enter, facts_of, lock_parcel
from marketplace.core.outbox import record_event


@dataclass(frozen=True, slots=True)
class CancelClaim:
    """A parcel that this worker may call off now."""

    parcel_id: int
    carrier: str
    waybill: str


def request_cancel(*, session: Session, reference: str, now: datetime) -> bool:
    """Ask for a parcel to be stopped; False when there is none, or it has ended.

    The carrier may still say no.
    """
    parcel = session.execute(select(Parcel).where(Parcel.reference == reference).with_for_update()).scalar_one_or_none()
    if parcel is None or ParcelState(parcel.state) in FINAL:
        return False
    if parcel.cancel_asked_at is not None and parcel.attention != Attention.CANCEL_REFUSED:
        return True
    parcel.cancel_asked_at = now
    parcel.cancel_tried_at = None
    if parcel.attention == Attention.CANCEL_REFUSED:
        clear_call(parcel)
    if parcel.state == ParcelState.PLANNED:
        enter(session, parcel, ParcelState.CANCELLED, now, now)
        session.flush()
        return True
    session.flush()
    record_event(session, ParcelCancelAsked(**facts_of(parcel, now)))
    return True


def claim_cancel(*, session: Session, parcel_id: int, now: datetime) -> CancelClaim | None:
    """Return the parcel to call off; None when it has ended, or when its waybill is not known yet."""
    parcel = lock_parcel(session, parcel_id)
    if ParcelState(parcel.state) in FINAL or parcel.cancel_asked_at is None or parcel.waybill is None:
        return None
    parcel.cancel_tried_at = now
    session.flush()
    return CancelClaim(parcel.id, parcel.carrier, parcel.waybill)


def settle_cancel(
    *,
    session: Session,
    parcel_id: int,
    outcome: Done[None] | RefusedByCarrier | Unknown | NotSent,
    now: datetime,
) -> None:
    """Write down whether the carrier called the parcel off."""
    parcel = lock_parcel(session, parcel_id)
    state = ParcelState(parcel.state)
    if state in FINAL:
        return
    match outcome:
        case Done() if ParcelState.CANCELLED in STEPS[state]:
            enter(session, parcel, ParcelState.CANCELLED, now, now)
        case RefusedByCarrier(_, reason):
            parcel.refusal = reason[:300]
            call_for(parcel, Attention.CANCEL_REFUSED, now)
        case _:
            pass
    session.flush()


def list_open_cancels(session: Session, now: datetime, limit: int = 50) -> list[int]:
    """Return parcels that somebody asked to call off and whose answer got lost."""
    rows = session.execute(
        select(Parcel.id)
        .where(
            Parcel.cancel_asked_at.is_not(None),
            Parcel.state.not_in(FINAL),
            Parcel.waybill.is_not(None),
            Parcel.attention.is_distinct_from(Attention.CANCEL_REFUSED),
            or_(Parcel.cancel_tried_at.is_(None), Parcel.cancel_tried_at < now - QUIET_TIME),
        )
        .order_by(Parcel.id)
        .limit(limit)
    )
    return list(rows.scalars())
