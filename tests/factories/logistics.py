"""Parcels, and what carriers say about them, for tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from logistics import tasks
from logistics.models import Parcel
from logistics.ports import Booking, Done, ParcelSpec, PostalAddress, Word
from logistics.services import plan_parcel
from logistics.services.book import claim_booking, settle_booking
from logistics.services.hear import apply_words
from marketplace.core.models import Delivery, OutboxEvent
from marketplace.core.outbox import claim_due, expand_events
from marketplace.reactions import REACTIONS

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
FARM = PostalAddress(
    name="Hộ bà Lê Thị Hoa",
    phone="+84912000111",
    line="Số 12 ngõ 3, Thôn 4",
    commune_name="Xã Vân Du",
    province_name="Thanh Hóa",
)
CITY = PostalAddress(
    name="Nguyễn Văn An",
    phone="0987654321",
    line="Số 12 phố Hàng Bột",
    commune_name="Phường Ba Đình",
    province_name="Thành phố Hà Nội",
)
SPEC = ParcelSpec(
    sender=FARM,
    recipient=CITY,
    weight_g=3000,
    cod_vnd=215_000,
    declared_vnd=180_000,
    contents="Cam Vân Du 3 kg",
    note="Gọi trước khi giao",
    service="VCN",
)
_TASKS: dict[str, Callable[..., None]] = {
    "logistics.book_parcel": tasks.book_parcel,
    "logistics.call_back_parcel": tasks.call_back_parcel,
    "logistics.cancel_parcel": tasks.cancel_parcel,
    "logistics.fetch_label": tasks.fetch_label,
    "logistics.apply_webhook": tasks.apply_webhook,
}


def make_parcel(
    session: Session,
    household_id: int,
    *,
    reference: str = "DH-ABC1234-1",
    spec: ParcelSpec = SPEC,
    now: datetime = NOW,
    **changes: object,
) -> int:
    """Return the id of a planned parcel."""
    return plan_parcel(
        session=session,
        reference=reference,
        consignment_ref=reference,
        household_id=household_id,
        spec=replace(spec, **changes),  # type: ignore[arg-type]
        carrier="viettelpost",
        service=str(changes.get("service", spec.service)),
        now=now,
    )


def make_booked_parcel(
    session: Session,
    household_id: int,
    *,
    reference: str = "DH-ABC1234-1",
    waybill: str = "15000000001",
    now: datetime = NOW,
    **changes: object,
) -> int:
    """Return the id of a parcel that the carrier has taken on."""
    parcel_id = make_parcel(session, household_id, reference=reference, now=now, **changes)  # type: ignore[arg-type]
    claim_booking(session=session, parcel_id=parcel_id, now=now)
    settle_booking(session=session, parcel_id=parcel_id, outcome=Done(Booking(waybill, 31_000)), now=now)
    return parcel_id


def make_word(state: str | None, *, minute: int = 0, code: str = "", **changes: object) -> Word:
    """Return a word of the carrier about the usual parcel, ``minute`` minutes after the usual now."""
    word = Word(
        reference="DH-ABC1234-1",
        waybill="15000000001",
        code=code or f"{state}",
        state=state,
        label=f"{state}",
        happened_at=NOW + timedelta(minutes=minute),
        place="Bưu cục Hàm Rồng",
        cod_vnd=215_000,
    )
    return replace(word, **changes)  # type: ignore[arg-type]


def say(session: Session, state: str | None, *, minute: int = 0, **changes: object) -> str:
    """Let the carrier say something about the usual parcel; return what became of it."""
    word = make_word(state, minute=minute, **changes)  # type: ignore[arg-type]
    return apply_words(session=session, carrier="viettelpost", words=[word], now=NOW + timedelta(minutes=minute))


def get_row(session: Session, parcel_id: int) -> Parcel:
    """Return a parcel as the database holds it now."""
    return session.execute(
        select(Parcel).where(Parcel.id == parcel_id).execution_options(populate_existing=True)
    ).scalar_one()


def list_events(session: Session) -> list[tuple[str, str]]:
    """Return (name, state) of every event of parcels, oldest first."""
    rows = session.execute(
        select(OutboxEvent.name, OutboxEvent.payload)
        .where(OutboxEvent.name.startswith("logistics."))
        .order_by(OutboxEvent.id)
    )
    return [(name.removeprefix("logistics."), payload["state"]) for name, payload in rows]


def run_due(session: Session, now: datetime) -> list[str]:
    """Do once what a relay and a worker do: run the due tasks of this package.

    Return the names of those that failed.
    """
    expand_events(session, REACTIONS, now)
    failed = []
    for dispatch in claim_due(session, now, timedelta(seconds=20)):
        if dispatch.task not in _TASKS:
            continue
        session.commit()
        try:
            _TASKS[dispatch.task](delivery_id=dispatch.delivery_id, **dispatch.payload)
        except Exception:  # noqa: BLE001 - a worker writes any failure down and goes on
            failed.append(dispatch.task)
    session.expire_all()
    return failed


def count_open(session: Session, task: str) -> int:
    """Return how many deliveries of a task are not done yet."""
    rows = session.execute(select(Delivery.id).where(Delivery.task == task, Delivery.done_at.is_(None)))
    return len(rows.all())
