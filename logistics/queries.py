"""Reads of parcels and of what carriers said about them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, undefer

from logistics.errors import ParcelUnknown
from logistics.models import CodReceivable, Movement, Parcel
from logistics.ports import ParcelSpec, read_spec
from logistics.rules.states import (
    ATTENTION_LABELS,
    CALL_BACK_LABELS,
    COD_LABELS,
    FINAL,
    STATE_LABELS,
    UNSETTLED,
    Attention,
    CallBack,
    CodState,
    ParcelState,
)
from marketplace.core.ids import normalise_code

CARRIER_TITLES = {"viettelpost": "Viettel Post"}


@dataclass(frozen=True, slots=True)
class MovementView:
    """One thing that the carrier said. ``state`` is None when we do not know its code."""

    label: str
    happened_at: datetime
    received_at: datetime
    place: str
    state: str | None
    code: str
    reason: str
    waybill: str
    is_returning: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel with everything said about it, oldest first. Weight in grams, money in đồng."""

    id: int
    reference: str
    consignment_ref: str
    household_id: int
    carrier: str
    carrier_title: str
    service: str
    state: str
    state_label: str
    state_at: datetime
    waybill: str | None
    fee_vnd: int | None
    cod_vnd: int
    weight_g: int
    has_label: bool
    is_ended: bool
    attempts: int
    refusal: str | None
    attention: str | None
    attention_label: str | None
    created_at: datetime
    booked_at: datetime | None
    cancel_asked_at: datetime | None
    call_back: str | None
    call_back_label: str | None
    call_back_reason: str | None
    movements: tuple[MovementView, ...]

    @property
    def can_retry(self) -> bool:
        """Whether an operator may have the carrier asked again."""
        state = ParcelState(self.state)
        return state in UNSETTLED or (state == ParcelState.REFUSED and not self.movements)

    @property
    def can_cancel(self) -> bool:
        """Whether it still makes sense to ask the carrier to stop."""
        return not self.is_ended


@dataclass(frozen=True, slots=True)
class CodView:
    """The cash of a parcel: how much (đồng) and what became of it."""

    amount_vnd: int
    state: str
    state_label: str
    collected_at: datetime | None
    remitted_at: datetime | None
    statement: str | None


@dataclass(frozen=True, slots=True)
class LabelView:
    """What is needed to print a label. ``url`` is the carrier's own one while it works.

    ``content`` its file.
    """

    parcel: ParcelView
    spec: ParcelSpec
    media_type: str | None
    content: bytes | None
    url: str | None


def list_parcels(session: Session, references: Collection[str]) -> dict[str, ParcelView]:
    """Return parcels by reference; those that do not exist are left out."""
    if not references:
        return {}
    rows = session.execute(select(Parcel).where(Parcel.reference.in_(references))).scalars().all()
    return {view.reference: view for view in _views(session, rows)}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a parcel is and whether it comes back, without everything said about it."""

    state: str
    state_label: str
    waybill: str | None
    call_back: str | None
    call_back_label: str | None
    call_back_reason: str | None


def list_standings(session: Session, references: Collection[str]) -> dict[str, Standing]:
    """Return where parcels stand, by reference; those that do not exist are left out. One statement."""
    if not references:
        return {}
    rows = session.execute(
        select(Parcel.reference, Parcel.state, Parcel.waybill, Parcel.call_back, Parcel.call_back_reason).where(
            Parcel.reference == any_(literal(list(references), ARRAY(String)))
        )
    )
    return {
        row.reference: Standing(
            row.state,
            STATE_LABELS[ParcelState(row.state)],
            row.waybill,
            row.call_back,
            CALL_BACK_LABELS[CallBack(row.call_back)] if row.call_back else None,
            row.call_back_reason,
        )
        for row in rows
    }


def get_parcel(session: Session, parcel_id: int) -> ParcelView:
    """Return a parcel. Raises ``ParcelUnknown``."""
    row = session.execute(select(Parcel).where(Parcel.id == parcel_id)).scalar_one_or_none()
    if row is None:
        raise ParcelUnknown
    return _views(session, [row])[0]


def get_spec(session: Session, parcel_id: int) -> ParcelSpec:
    """Return what was booked with the carrier. Raises ``ParcelUnknown``."""
    stored = session.execute(select(Parcel.spec).where(Parcel.id == parcel_id)).scalar_one_or_none()
    if stored is None:
        raise ParcelUnknown
    return read_spec(stored)


def get_label(session: Session, reference: str, household_id: int, now: datetime) -> LabelView:
    """Return the label of a household's own parcel.

    Raises ``ParcelUnknown``, also for another household's.
    """
    row = session.execute(
        select(Parcel)
        .where(Parcel.reference == reference, Parcel.household_id == household_id)
        .options(undefer(Parcel.label_content))
    ).scalar_one_or_none()
    if row is None:
        raise ParcelUnknown
    is_fresh = row.label_expires_at is None or row.label_expires_at > now
    return LabelView(
        parcel=_views(session, [row])[0],
        spec=read_spec(row.spec),
        media_type=row.label_media_type,
        content=row.label_content,
        url=row.label_url if is_fresh else None,
    )


def find_cod(session: Session, parcel_id: int) -> CodView | None:
    """Return the cash of a parcel; None when it carries none."""
    row = session.execute(select(CodReceivable).where(CodReceivable.parcel_id == parcel_id)).scalar_one_or_none()
    if row is None:
        return None
    return CodView(
        amount_vnd=row.amount_vnd,
        state=row.state,
        state_label=COD_LABELS[CodState(row.state)],
        collected_at=row.collected_at,
        remitted_at=row.remitted_at,
        statement=row.statement,
    )


def sum_cash_on_its_way(session: Session, references: Collection[str]) -> int:
    """Return how much cash (đồng) of delivered parcels the carriers have not paid out. One statement."""
    return int(
        session.execute(
            select(func.coalesce(func.sum(CodReceivable.amount_vnd), 0))
            .join(Parcel, Parcel.id == CodReceivable.parcel_id)
            .where(
                Parcel.reference.in_(references),
                Parcel.state == ParcelState.DELIVERED,
                CodReceivable.state.in_((CodState.AWAITING, CodState.COLLECTED)),
            )
        ).scalar_one()
    )


def find_waybill(session: Session, parcel_id: int) -> tuple[str, str] | None:
    """Return (carrier, waybill) of a parcel; None as long as it has no waybill."""
    row = session.execute(
        select(Parcel.carrier, Parcel.waybill).where(Parcel.id == parcel_id, Parcel.waybill.is_not(None))
    ).one_or_none()
    return (row.carrier, row.waybill) if row else None


def search_parcels(
    session: Session, *, state: str | None, typed: str, page: int, per_page: int
) -> tuple[Sequence[ParcelView], int]:
    """Return a page of parcels, newest first, and how many there are.

    ``state`` is one of ours, or ``attention`` for those that need a person; ``typed`` is a piece of a
    reference or a waybill.
    """
    wanted = select(Parcel)
    if state == "attention":
        wanted = wanted.where(Parcel.attention.is_not(None))
    elif state:
        wanted = wanted.where(Parcel.state == state)
    typed = typed.strip()
    if typed:
        matches = [
            Parcel.reference.icontains(typed, autoescape=True),
            Parcel.waybill.icontains(typed, autoescape=True),
        ]
        code = normalise_code(typed)
        if code:
            matches.append(func.replace(Parcel.reference, "-", "").icontains(code, autoescape=True))
        wanted = wanted.where(or_(*matches))
    total = session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    rows = session.execute(wanted.order_by(Parcel.id.desc()).limit(per_page).offset((page - 1) * per_page)).scalars()
    return _views(session, rows.all()), total


def count_parcels(session: Session) -> dict[str, int]:
    """Return how many parcels stand in each state, and under ``attention`` how many need a person."""
    counts = {state: int(n) for state, n in session.execute(select(Parcel.state, func.count()).group_by(Parcel.state))}
    needed = select(func.count()).select_from(Parcel).where(Parcel.attention.is_not(None))
    counts["attention"] = session.execute(needed).scalar_one()
    return counts


def sum_cod(session: Session) -> dict[str, int]:
    """Return how much cash (đồng) there is in each of the states of ``rules.states.CodState``."""
    rows = session.execute(
        select(CodReceivable.state, func.sum(CodReceivable.amount_vnd)).group_by(CodReceivable.state)
    )
    return {state: int(total) for state, total in rows}


def _views(session: Session, parcels: Sequence[Parcel]) -> list[ParcelView]:
    said: dict[int, list[MovementView]] = defaultdict(list)
    rows = session.execute(
        select(Movement)
        .where(Movement.parcel_id.in_([parcel.id for parcel in parcels]))
        .order_by(Movement.happened_at, Movement.id)
    ).scalars()
    for row in rows:
        said[row.parcel_id].append(
            MovementView(
                label=row.label,
                happened_at=row.happened_at,
                received_at=row.received_at,
                place=row.place,
                state=row.state,
                code=row.carrier_code,
                reason=row.reason,
                waybill=row.waybill,
                is_returning=row.is_returning,
                counts=row.counts,
            )
        )
    return [_view(parcel, tuple(said[parcel.id])) for parcel in parcels]


def _view(parcel: Parcel, movements: tuple[MovementView, ...]) -> ParcelView:
    state = ParcelState(parcel.state)
    return ParcelView(
        id=parcel.id,
        reference=parcel.reference,
        consignment_ref=parcel.consignment_ref,
        household_id=parcel.household_id,
        carrier=parcel.carrier,
        carrier_title=CARRIER_TITLES.get(parcel.carrier, parcel.carrier),
        service=parcel.service,
        state=parcel.state,
        state_label=STATE_LABELS[state],
        state_at=parcel.state_at,
        waybill=parcel.waybill,
        fee_vnd=parcel.fee_vnd,
        cod_vnd=parcel.cod_vnd,
        weight_g=parcel.weight_g,
        has_label=parcel.waybill is not None,
        is_ended=state in FINAL,
        attempts=parcel.attempts,
        refusal=parcel.refusal,
        attention=parcel.attention,
        attention_label=ATTENTION_LABELS[Attention(parcel.attention)] if parcel.attention else None,
        created_at=parcel.created_at,
        booked_at=parcel.booked_at,
        cancel_asked_at=parcel.cancel_asked_at,
        call_back=parcel.call_back,
        call_back_label=CALL_BACK_LABELS[CallBack(parcel.call_back)] if parcel.call_back else None,
        call_back_reason=parcel.call_back_reason,
        movements=movements,
    )
