"""Planning parcels and booking them with the carrier: claimed, asked outside a transaction, settled."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from logistics.errors import StepNotAllowed
from logistics.events import ParcelPlanned
from logistics.models import CodReceivable, Parcel
from logistics.ports import (
    Booking,
    Done,
    NotSent,
    ParcelSpec,
    RefusedByCarrier,
    Unknown,
    read_spec,
    store_spec,
)
from logistics.rules.states import UNSETTLED, Attention, CodState, ParcelState, next_state
from logistics.services.steps import call_for, clear_call, enter, facts_of, lock_parcel, move_cod, set_state
from marketplace.core.clock import local_date
from marketplace.core.outbox import record_event
from traceability.queries.parcels import find_unsellable_parcels

#: A question to the carrier that is older than this is dead: the client gives up much earlier.
CALL_IS_DEAD_AFTER = timedelta(minutes=2)
#: After an answer got lost, the carrier's own message is given this long before anybody asks again.
QUIET_TIME = timedelta(minutes=10)
#: When the carrier could not be reached for so long, a person should know.
UNREACHED_FOR = timedelta(hours=1)
#: So many parcels on hold do not keep the others from being asked about.
_MOST_ON_HOLD = 500
#: So many questions, then a person decides.
MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class BookingClaim:
    """A parcel that this worker alone may book now."""

    parcel_id: int
    reference: str
    carrier: str
    spec: ParcelSpec


def plan_parcel(
    *,
    session: Session,
    reference: str,
    consignment_ref: str,
    household_id: int,
    spec: ParcelSpec,
    carrier: str,
    service: str,
    now: datetime,
) -> int:
    """Plan a parcel and have it booked after this transaction; return its id.

    Planning it again changes nothing.
    """
    parcel_id = session.execute(
        pg_insert(Parcel)
        .values(
            reference=reference,
            consignment_ref=consignment_ref,
            household_id=household_id,
            carrier=carrier,
            service=service,
            state=ParcelState.PLANNED,
            state_at=now,
            spec=store_spec(replace(spec, service=service)),
            weight_g=spec.weight_g,
            cod_vnd=spec.cod_vnd,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Parcel.reference])
        .returning(Parcel.id)
    ).scalar_one_or_none()
    if parcel_id is None:
        return session.execute(select(Parcel.id).where(Parcel.reference == reference)).scalar_one()
    if spec.cod_vnd:
        session.execute(
            insert(CodReceivable).values(
                parcel_id=parcel_id, carrier=carrier, amount_vnd=spec.cod_vnd, state=CodState.AWAITING
            )
        )
    record_event(session, ParcelPlanned(**facts_of(lock_parcel(session, parcel_id), now)))
    return parcel_id


def claim_booking(
    *, session: Session, parcel_id: int, now: datetime, quiet: timedelta = CALL_IS_DEAD_AFTER
) -> BookingClaim | None:
    """Mark a parcel as being booked, so that nobody else asks the carrier meanwhile.

    Returns None when it is settled already, when somebody asked less than ``quiet`` ago, and as long as goods in it
    may not be handed to a buyer.
    """
    parcel = lock_parcel(session, parcel_id)
    state = ParcelState(parcel.state)
    if state not in UNSETTLED:
        return None
    if state == ParcelState.PLANNED and find_on_hold(session, [parcel.reference], now):
        return None
    if state == ParcelState.PLANNED and parcel.cancel_asked_at is not None:
        enter(session, parcel, ParcelState.CANCELLED, now, now)
        return None
    is_open_question = state != ParcelState.PLANNED and parcel.asked_at is not None
    if is_open_question and parcel.asked_at is not None and now - parcel.asked_at < quiet:
        return None
    if state != ParcelState.BOOKING:
        set_state(parcel, next_state(state, ParcelState.BOOKING), now)
    parcel.asked_at = now
    parcel.attempts += 1
    session.flush()
    return BookingClaim(parcel.id, parcel.reference, parcel.carrier, read_spec(parcel.spec))


def find_on_hold(session: Session, references: Collection[str], now: datetime) -> set[str]:
    """Return which of these parcels hold goods that may not be handed to a buyer now."""
    return find_unsellable_parcels(session, references, local_date(now))


def is_unsettled(*, session: Session, parcel_id: int, now: datetime) -> bool:
    """Say whether the carrier still has to be asked to take a parcel; not yet, when its goods are on hold."""
    parcel = lock_parcel(session, parcel_id)
    if parcel.state == ParcelState.PLANNED and find_on_hold(session, [parcel.reference], now):
        return False
    return parcel.state in UNSETTLED


def fix_service(*, session: Session, parcel_id: int, service: str) -> ParcelSpec:
    """Freeze the service of a parcel before the carrier is asked, so that a repetition says the same."""
    parcel = lock_parcel(session, parcel_id)
    parcel.service = service
    parcel.spec = {**parcel.spec, "service": service}
    return read_spec(parcel.spec)


def settle_booking(
    *,
    session: Session,
    parcel_id: int,
    outcome: Done[Booking] | RefusedByCarrier | Unknown | NotSent,
    now: datetime,
) -> None:
    """Write down what came of asking the carrier.

    The carrier's message may have been faster: then it stands.
    """
    parcel = lock_parcel(session, parcel_id)
    is_open = ParcelState(parcel.state) in UNSETTLED
    match outcome:
        case Done(booking):
            if booking.waybill and parcel.waybill and booking.waybill != parcel.waybill:
                call_for(parcel, Attention.SECOND_WAYBILL, now)
            parcel.waybill = parcel.waybill or booking.waybill
            parcel.fee_vnd = booking.fee_vnd if booking.fee_vnd is not None else parcel.fee_vnd
            if parcel.waybill is None:
                call_for(parcel, Attention.WAYBILL_MISSING, now)
            if is_open:
                enter(session, parcel, ParcelState.BOOKED, now, now)
        case RefusedByCarrier(_, reason) if is_open:
            parcel.refusal = reason[:300]
            call_for(parcel, Attention.REFUSED, now)
            enter(session, parcel, ParcelState.REFUSED, now, now)
        case Unknown() if parcel.state == ParcelState.BOOKING:
            set_state(parcel, next_state(ParcelState.BOOKING, ParcelState.UNKNOWN), now)
            if parcel.attempts >= MAX_ATTEMPTS:
                call_for(parcel, Attention.UNSETTLED, now)
        case NotSent() if parcel.state == ParcelState.BOOKING:
            # An earlier answer may still be lost: only a parcel asked for once is back at the start.
            back = ParcelState.PLANNED if parcel.attempts == 1 else ParcelState.UNKNOWN
            set_state(parcel, next_state(ParcelState.BOOKING, back), now)
            parcel.attempts -= 1
            if now - parcel.created_at > UNREACHED_FOR:
                call_for(parcel, Attention.UNSETTLED, now)
        case _:
            pass
    session.flush()


def retry_booking(*, session: Session, parcel_id: int, now: datetime) -> None:
    """Try a refused or unsettled parcel anew, on an operator's word. Raises ``StepNotAllowed``."""
    parcel = lock_parcel(session, parcel_id)
    state = ParcelState(parcel.state)
    if state not in UNSETTLED | {ParcelState.REFUSED} or (state == ParcelState.REFUSED and parcel.carrier_code):
        raise StepNotAllowed(current=state, wanted=ParcelState.BOOKING)
    if state == ParcelState.REFUSED:
        set_state(parcel, next_state(state, ParcelState.PLANNED), now)
        parcel.ended_at = None
        parcel.refusal = None
        move_cod(session, parcel, CodState.AWAITING, now)
    parcel.attempts = 0
    clear_call(parcel)
    session.flush()
    record_event(session, ParcelPlanned(**facts_of(parcel, now)))


def list_unsettled(session: Session, now: datetime, limit: int = 50) -> list[int]:
    """Return parcels whose booking was left open so long that it is time to ask the carrier again.

    A parcel whose goods are on hold is left out; it is taken up when they come free.
    """
    is_due = or_(
        (Parcel.state == ParcelState.PLANNED) & (Parcel.created_at < now - QUIET_TIME),
        (Parcel.state != ParcelState.PLANNED) & (Parcel.asked_at < now - QUIET_TIME),
    )
    rows = session.execute(
        select(Parcel.id, Parcel.reference, Parcel.state)
        .where(Parcel.state.in_(UNSETTLED), Parcel.attempts < MAX_ATTEMPTS, is_due)
        .order_by(Parcel.id)
        .limit(limit + _MOST_ON_HOLD)
    ).all()
    on_hold = find_on_hold(session, [ref for _, ref, state in rows if state == ParcelState.PLANNED], now)
    return [parcel_id for parcel_id, ref, _ in rows if ref not in on_hold][:limit]
