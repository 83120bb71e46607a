"""What the worker does, with a carrier behind it: one parcel there, and the truth here."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from logistics import tasks
from logistics.errors import CarrierUnreachable
from logistics.models import Parcel
from logistics.queries import get_parcel
from logistics.services import request_cancel
from marketplace.core.clock import utcnow
from marketplace.core.inbox import store_webhook
from marketplace.core.models import Delivery, InboxMessage
from tests.contracts.logistics.conftest import SECRET, Control
from tests.factories.logistics import count_open, get_row, list_events, make_parcel, run_due
from tests.factories.sellers import make_household

REF = "DH-ABC1234-1"


@pytest.fixture
def parcel_id(session: Session) -> int:
    parcel_id = make_parcel(session, make_household(session), now=utcnow())
    session.commit()
    return parcel_id


def age(session: Session, parcel_id: int, **how: float) -> None:
    """Let a parcel's last question lie in the past."""
    past = utcnow() - timedelta(**how)
    session.execute(update(Parcel).where(Parcel.id == parcel_id).values(asked_at=past, created_at=past))
    session.commit()


def hear(session: Session, control: Control) -> None:
    """Take every message that the carrier has queued so far, as the webhook would."""
    for message in control.messages():
        body = json.dumps({"DATA": message["body"], "TOKEN": SECRET}).encode()
        store_webhook(
            session, source="viettelpost", external_id=str(message["id"]), headers={}, body=body, now=utcnow()
        )
    session.commit()
    assert run_due(session, utcnow()) == []


@pytest.mark.usefixtures("with_carrier")
def test_a_planned_parcel_is_booked_and_gets_its_label(session: Session, parcel_id: int, control: Control) -> None:
    assert run_due(session, utcnow()) == []
    assert run_due(session, utcnow()) == []
    row = get_row(session, parcel_id)
    assert row.state == "booked"
    assert [row.waybill] == [parcel["waybill"] for parcel in control.parcels(REF)]
    assert row.fee_vnd is not None
    assert row.label_url is not None
    assert count_open(session, "logistics.book_parcel") == count_open(session, "logistics.fetch_label") == 0


@pytest.mark.usefixtures("with_carrier")
def test_a_repeated_delivery_books_nothing_more(session: Session, parcel_id: int, control: Control) -> None:
    run_due(session, utcnow())
    delivery_id = session.execute(select(Delivery.id).where(Delivery.task == "logistics.book_parcel")).scalar_one()
    tasks.book_parcel(delivery_id=delivery_id, parcel_id=parcel_id)
    assert len(control.parcels(REF)) == 1


@pytest.mark.usefixtures("with_carrier")
@pytest.mark.parametrize("kind", ["timeout_after", "drop_after", "500_after"])
def test_a_lost_answer_heals_through_the_carriers_message(
    session: Session, parcel_id: int, control: Control, kind: str
) -> None:
    control.post("faults", operation="createOrder", kind=kind, seconds=1.5)
    assert run_due(session, utcnow()) == []
    assert get_row(session, parcel_id).state == "unknown"
    hear(session, control)
    row = get_row(session, parcel_id)
    assert (row.state, row.attention) == ("booked", None)
    assert [row.waybill] == [parcel["waybill"] for parcel in control.parcels(REF)]


@pytest.mark.usefixtures("with_carrier")
def test_a_crash_between_answer_and_note_heals_by_asking_under_our_reference(
    session: Session, parcel_id: int, control: Control
) -> None:
    """The worker died after the carrier had made the parcel: the row still says that it is being booked."""
    run_due(session, utcnow())
    session.execute(update(Parcel).where(Parcel.id == parcel_id).values(state="booking", waybill=None, booked_at=None))
    age(session, parcel_id, minutes=5)
    tasks.settle_unknown()
    assert get_row(session, parcel_id).state == "booking"  # still quiet: the carrier's message may come
    age(session, parcel_id, minutes=30)
    tasks.settle_unknown()
    assert len(control.parcels(REF)) == 1
    row = get_row(session, parcel_id)
    assert (row.state, row.waybill, row.attention) == ("booked", None, "waybill_missing")
    hear(session, control)
    row = get_row(session, parcel_id)
    assert row.waybill == control.parcels(REF)[0]["waybill"]
    assert row.attention is None


@pytest.mark.usefixtures("with_carrier")
def test_an_answer_lost_before_the_carrier_did_anything_is_asked_for_again(
    session: Session, parcel_id: int, control: Control
) -> None:
    control.post("faults", operation="createOrder", kind="500")
    run_due(session, utcnow())
    assert get_row(session, parcel_id).state == "unknown"
    assert control.parcels(REF) == []
    age(session, parcel_id, minutes=30)
    tasks.settle_unknown()
    assert get_row(session, parcel_id).state == "booked"
    assert len(control.parcels(REF)) == 1


@pytest.mark.usefixtures("in_app")
def test_a_carrier_out_of_reach_leaves_the_delivery_open(session: Session, parcel_id: int) -> None:
    """The address in the test settings answers nobody."""
    assert run_due(session, utcnow()) == ["logistics.book_parcel"]
    assert get_row(session, parcel_id).state == "planned"
    assert count_open(session, "logistics.book_parcel") == 1
    with pytest.raises(CarrierUnreachable):
        tasks.book_parcel(delivery_id=0, parcel_id=parcel_id)


@pytest.mark.usefixtures("with_carrier")
def test_a_refusal_ends_the_booking_with_the_carriers_words(session: Session, control: Control) -> None:
    parcel_id = make_parcel(session, make_household(session), now=utcnow(), service="VHT")
    session.commit()
    run_due(session, utcnow())
    view = get_parcel(session, parcel_id)
    assert (view.state, view.refusal) == ("refused", "Price does not apply to this itinerary!")
    assert list_events(session)[-1] == ("parcel_booking_refused", "refused")
    assert control.parcels(REF) == []


@pytest.mark.usefixtures("with_carrier")
def test_a_parcel_with_an_estimate_takes_its_service_from_the_price_list(session: Session, control: Control) -> None:
    household_id = make_household(session)
    parcel_id = make_parcel(session, household_id, now=utcnow(), service="", max_transit_hours=62)
    session.commit()
    run_due(session, utcnow())
    row = get_row(session, parcel_id)
    assert (row.state, row.service, row.spec["service"]) == ("booked", "VCN", "VCN")
    assert control.parcels(REF)[0]["order"]["ORDER_SERVICE"] == "VCN"  # type: ignore[index]


@pytest.mark.usefixtures("with_carrier")
def test_another_carrier_than_ours_is_refused_and_nothing_is_sent(
    session: Session, parcel_id: int, control: Control
) -> None:
    session.execute(update(Parcel).where(Parcel.id == parcel_id).values(carrier="ems"))
    session.commit()
    run_due(session, utcnow())
    assert get_row(session, parcel_id).state == "refused"
    assert control.parcels(REF) == []


@pytest.mark.usefixtures("with_carrier")
def test_a_cancelled_parcel_is_cancelled_there_too(session: Session, parcel_id: int, control: Control) -> None:
    run_due(session, utcnow())
    request_cancel(session=session, reference=REF, now=utcnow())
    session.commit()
    assert run_due(session, utcnow()) == []
    assert get_row(session, parcel_id).state == "cancelled"
    assert control.parcels(REF)[0]["status"] == 107
    hear(session, control)
    assert [name for name, _ in list_events(session)].count("parcel_cancelled") == 1


@pytest.mark.usefixtures("with_carrier")
def test_a_cancellation_that_comes_too_late_calls_a_person(session: Session, parcel_id: int, control: Control) -> None:
    run_due(session, utcnow())
    waybill = get_row(session, parcel_id).waybill
    control.post(f"parcels/{waybill}/run", script="cancel_race")
    request_cancel(session=session, reference=REF, now=utcnow())
    session.commit()
    run_due(session, utcnow())
    row = get_row(session, parcel_id)
    assert (row.state, row.attention) == ("booked", "cancel_refused")
    hear(session, control)
    assert get_row(session, parcel_id).state == "picked_up"


@pytest.mark.usefixtures("with_carrier")
def test_a_lost_answer_to_a_cancellation_is_settled_by_the_sweep(
    session: Session, parcel_id: int, control: Control
) -> None:
    run_due(session, utcnow())
    request_cancel(session=session, reference=REF, now=utcnow())
    session.commit()
    control.post("faults", operation="UpdateOrder", kind="500")
    run_due(session, utcnow())
    assert get_row(session, parcel_id).state == "booked"
    session.execute(
        update(Parcel).where(Parcel.id == parcel_id).values(cancel_tried_at=utcnow() - timedelta(minutes=30))
    )
    session.commit()
    tasks.settle_unknown()
    assert get_row(session, parcel_id).state == "cancelled"
    assert control.parcels(REF)[0]["status"] == 107


@pytest.mark.usefixtures("with_carrier")
@pytest.mark.parametrize(
    ("script", "state", "event"),
    [
        ("happy", "delivered", "parcel_delivered"),
        ("redelivered", "delivered", "parcel_delivered"),
        ("two_failed_then_return", "returned", "parcel_returned"),
        ("pickup_at_office", "delivered", "parcel_delivered"),
        ("lost", "lost", "parcel_lost"),
        ("refused", "refused", "parcel_booking_refused"),
    ],
)
def test_every_journey_ends_where_the_carrier_says(
    session: Session, parcel_id: int, control: Control, script: str, state: str, event: str
) -> None:
    run_due(session, utcnow())
    waybill = get_row(session, parcel_id).waybill
    control.post(f"parcels/{waybill}/run", script=script)
    hear(session, control)
    assert get_row(session, parcel_id).state == state
    assert [name for name, _ in list_events(session)].count(event) == 1


@pytest.mark.usefixtures("with_carrier")
def test_a_message_that_cannot_be_read_is_kept_for_a_person(session: Session, parcel_id: int) -> None:
    for body in (
        b"no json",
        b'{"DATA": {"ORDER_STATUS": 501, "ORDER_STATUSDATE": "nay"}}',
        b'{"EVENT": "ping"}',
    ):
        store_webhook(session, source="viettelpost", external_id=repr(body), headers={}, body=body, now=utcnow())
    session.commit()
    assert run_due(session, utcnow()) == []
    outcomes = session.execute(select(InboxMessage.outcome).order_by(InboxMessage.id)).scalars().all()
    assert outcomes == ["unreadable", "unreadable", "ignored"]
    assert get_row(session, parcel_id).state == "booked"


@pytest.mark.usefixtures("with_carrier")
def test_a_silent_parcel_of_a_carrier_that_cannot_be_asked_calls_a_person(session: Session, parcel_id: int) -> None:
    run_due(session, utcnow())
    tasks.poll_silent()
    assert get_row(session, parcel_id).attention is None
    session.execute(
        update(Parcel).where(Parcel.id == parcel_id).values(booked_at=utcnow() - timedelta(hours=50), heard_at=None)
    )
    session.commit()
    tasks.poll_silent()
    assert get_row(session, parcel_id).attention == "silent"


def test_every_beat_entry_names_a_task(app: Flask) -> None:
    from marketplace.beat import SCHEDULE
    from marketplace.core.tasks import TASK_QUEUES

    assert app is not None
    mine = {entry["task"] for name, entry in SCHEDULE.items() if name.startswith("logistics.")}
    assert mine == {"logistics.settle_unknown", "logistics.poll_silent"}
    assert mine <= set(TASK_QUEUES)
