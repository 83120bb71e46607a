"""What every change of a parcel shares: lock it, step, tell others, and keep its cash in step."""

from datetime import datetime
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from logistics.errors import ParcelUnknown
from logistics.events import (
    CodCollected,
    ParcelBooked,
    ParcelBookingRefused,
    ParcelCallBackAsked,
    ParcelCancelled,
    ParcelDelivered,
    ParcelEvent,
    ParcelLost,
    ParcelMoved,
    ParcelReturned,
)
from logistics.models import CodReceivable, Parcel
from logistics.rules.states import FINAL, STATE_LABELS, Attention, CallBack, CodState, ParcelState, next_cod_state
from marketplace.core import ledger
from marketplace.core.outbox import record_event

#: What the buyers owe us, in the ledger (the same account that card payments and transfers settle).
_BUYERS = "orders:buyers"
_EVENTS: dict[ParcelState, type[ParcelEvent]] = {
    ParcelState.BOOKED: ParcelBooked,
    ParcelState.DELIVERED: ParcelDelivered,
    ParcelState.RETURNED: ParcelReturned,
    ParcelState.LOST: ParcelLost,
    ParcelState.DAMAGED: ParcelLost,
    ParcelState.CANCELLED: ParcelCancelled,
}


class Facts(TypedDict):
    """The fields that every event of a parcel carries."""

    parcel_id: int
    reference: str
    consignment_ref: str
    happened_at: str
    state: str


def lock_parcel(session: Session, parcel_id: int) -> Parcel:
    """Lock a parcel for this transaction, with its newest values. Raises ``ParcelUnknown``."""
    parcel = session.execute(
        select(Parcel).where(Parcel.id == parcel_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if parcel is None:
        raise ParcelUnknown
    return parcel


def facts_of(parcel: Parcel, happened_at: datetime) -> Facts:
    """Return the fields that every event of this parcel carries."""
    return Facts(
        parcel_id=parcel.id,
        reference=parcel.reference,
        consignment_ref=parcel.consignment_ref,
        happened_at=happened_at.isoformat(),
        state=parcel.state,
    )


def set_state(parcel: Parcel, state: ParcelState, at: datetime) -> None:
    """Put a parcel into a state that concerns only us: nobody is told."""
    parcel.state = state
    parcel.state_at = at


def enter(session: Session, parcel: Parcel, state: ParcelState, happened_at: datetime, now: datetime) -> None:
    """Put a parcel into a state, keep its cash in step and tell others."""
    was_booked = parcel.booked_at is not None
    set_state(parcel, state, happened_at)
    if state not in {ParcelState.REFUSED, ParcelState.CANCELLED}:
        parcel.booked_at = parcel.booked_at or now
        if parcel.attention in {Attention.UNSETTLED, Attention.REFUSED}:
            clear_call(parcel)
    if state in FINAL:
        parcel.ended_at = happened_at
    if state in {ParcelState.LOST, ParcelState.DAMAGED}:
        call_for(parcel, Attention.LOST, now)
    is_wanted_back = _follow_call_back(parcel, state)
    session.flush()
    if is_wanted_back:
        record_event(session, ParcelCallBackAsked(**facts_of(parcel, happened_at)))
    if not was_booked and parcel.booked_at is not None and state != ParcelState.BOOKED:
        record_event(session, ParcelBooked(**facts_of(parcel, happened_at)))
    if state == ParcelState.REFUSED:
        reason = parcel.refusal or ""
        record_event(session, ParcelBookingRefused(**facts_of(parcel, happened_at), reason=reason))
    else:
        record_event(session, _EVENTS.get(state, ParcelMoved)(**facts_of(parcel, happened_at)))
    if state == ParcelState.DELIVERED:
        move_cod(session, parcel, CodState.COLLECTED, happened_at)
    elif state in FINAL:
        move_cod(session, parcel, CodState.VOID, happened_at)


#: The parcel is on its way to its sender, or never left.
_COMES_BACK = frozenset({ParcelState.RETURNING, ParcelState.RETURNED, ParcelState.CANCELLED})
_TOO_LATE = "Đã giao trước khi gọi về được."


def _follow_call_back(parcel: Parcel, state: ParcelState) -> bool:
    """Keep what came of calling a parcel back in step; return whether the carrier should be asked (again) now."""
    if parcel.call_back is None:
        return False
    if state in _COMES_BACK:
        parcel.call_back, parcel.call_back_reason = CallBack.DONE, None
    elif state == ParcelState.RETURN_PENDING and parcel.call_back != CallBack.DONE:
        parcel.call_back, parcel.call_back_reason = CallBack.ASKED, None
        return True
    elif state in FINAL:
        parcel.call_back = CallBack.REFUSED
        parcel.call_back_reason = _TOO_LATE if state == ParcelState.DELIVERED else STATE_LABELS[state]
    return False


def move_cod(session: Session, parcel: Parcel, state: CodState, at: datetime) -> None:
    """Move the cash of a parcel, if it has any: collected cash is booked as what the carrier owes us."""
    if not parcel.cod_vnd:
        return
    row = session.execute(
        select(CodReceivable).where(CodReceivable.parcel_id == parcel.id).with_for_update()
    ).scalar_one()
    if row.state == state:
        return
    row.state = next_cod_state(CodState(row.state), state)
    row.collected_at = at if state == CodState.COLLECTED else row.collected_at
    session.flush()
    if state != CodState.COLLECTED:
        return
    ledger.post(
        session,
        reference=f"cod:{parcel.reference}",
        kind="cod_collected",
        postings=[(f"carrier:{row.carrier}", row.amount_vnd), (_BUYERS, -row.amount_vnd)],
        now=at,
    )
    record_event(session, CodCollected(**facts_of(parcel, at), amount_vnd=row.amount_vnd))


def call_for(parcel: Parcel, why: Attention, now: datetime) -> None:
    """Ask for a person's eyes."""
    if parcel.attention != why:
        parcel.attention = why
        parcel.attention_at = now


def clear_call(parcel: Parcel) -> None:
    """Nobody needs to look any more."""
    parcel.attention = None
    parcel.attention_at = None
