"""Calling parcels back because of what is in them: off the carrier's list, or back from its way, where it lets us.

A carrier that has the parcel in its car says no. The wish stays: as soon as a delivery has failed and the carrier asks
what to do, it is sent back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from logistics.events import ParcelCallBackAsked
from logistics.models import Parcel
from logistics.ports import Done, NotSent, RefusedByCarrier, Unknown
from logistics.rules.states import FINAL, NOT_COLLECTED, STEPS, Attention, CallBack, ParcelState
from logistics.services.book import QUIET_TIME
from logistics.services.steps import call_for, enter, facts_of, lock_parcel
from marketplace.core.outbox import record_event

#: A wish whose own task has not asked by then (the waybill was not known yet) is taken up by the sweep.
_FIRST_TASK_HAS = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class CallBackClaim:
    """A parcel to call back now: called off (``is_cancel``), or sent back from where it is."""

    parcel_id: int
    carrier: str
    waybill: str
    is_cancel: bool


def request_call_back(*, session: Session, reference: str, now: datetime) -> bool:
    """Ask for a parcel to come back; False when there is none, or it has ended. Asking again changes nothing."""
    parcel = session.execute(select(Parcel).where(Parcel.reference == reference).with_for_update()).scalar_one_or_none()
    if parcel is None or ParcelState(parcel.state) in FINAL:
        return False
    if parcel.call_back is not None:
        return True
    parcel.call_back_asked_at = now
    parcel.call_back = CallBack.ASKED
    if parcel.state == ParcelState.PLANNED:
        enter(session, parcel, ParcelState.CANCELLED, now, now)
    else:
        session.flush()
        record_event(session, ParcelCallBackAsked(**facts_of(parcel, now)))
    return True


def claim_call_back(*, session: Session, parcel_id: int, now: datetime) -> CallBackClaim | None:
    """Return the parcel to call back; None when that is settled, it has ended, or its waybill is not known yet."""
    parcel = lock_parcel(session, parcel_id)
    state = ParcelState(parcel.state)
    if state in FINAL or parcel.call_back not in {CallBack.ASKED, CallBack.UNKNOWN} or parcel.waybill is None:
        return None
    parcel.call_back_tried_at = now
    session.flush()
    return CallBackClaim(parcel.id, parcel.carrier, parcel.waybill, is_cancel=state in NOT_COLLECTED)


def settle_call_back(
    *,
    session: Session,
    parcel_id: int,
    outcome: Done[None] | RefusedByCarrier | Unknown | NotSent,
    is_cancel: bool,
    now: datetime,
) -> None:
    """Write down what the carrier answered. What its messages have said meanwhile stands."""
    parcel = lock_parcel(session, parcel_id)
    state = ParcelState(parcel.state)
    if state in FINAL or parcel.call_back in {None, CallBack.DONE}:
        return
    match outcome:
        case Done():
            parcel.call_back, parcel.call_back_reason = CallBack.DONE, None
            if is_cancel and ParcelState.CANCELLED in STEPS[state]:
                enter(session, parcel, ParcelState.CANCELLED, now, now)
        case RefusedByCarrier(_, reason):
            parcel.call_back, parcel.call_back_reason = CallBack.REFUSED, reason[:300]
            call_for(parcel, Attention.CALL_BACK_REFUSED, now)
        case Unknown(reason):
            parcel.call_back, parcel.call_back_reason = CallBack.UNKNOWN, reason[:300]
        case _:
            pass
    session.flush()


def list_open_call_backs(session: Session, now: datetime, limit: int = 50) -> list[int]:
    """Return parcels that are wanted back and whose answer got lost, or about which nobody could be asked yet."""
    rows = session.execute(
        select(Parcel.id)
        .where(
            Parcel.call_back.in_([CallBack.ASKED, CallBack.UNKNOWN]),
            Parcel.state.not_in(FINAL),
            Parcel.waybill.is_not(None),
            Parcel.call_back_asked_at < now - _FIRST_TASK_HAS,
            or_(Parcel.call_back_tried_at.is_(None), Parcel.call_back_tried_at < now - QUIET_TIME),
        )
        .order_by(Parcel.id)
        .limit(limit)
    )
    return list(rows.scalars())
