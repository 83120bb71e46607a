"""Parcels that are wanted back: called off, sent back, refused or unknown, and each shown as what it is."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from logistics import tasks
from logistics.models import Parcel
from logistics.queries import list_standings
from logistics.services import request_call_back
from marketplace.core.clock import utcnow
from tests.contracts.logistics.conftest import Control
from tests.factories.logistics import get_row, list_events, make_parcel, run_due
from tests.factories.sellers import make_household
from tests.integration.logistics.test_tasks import hear

REF = "DH-ABC1234-1"
pytestmark = pytest.mark.usefixtures("with_carrier")


@pytest.fixture
def parcel_id(session: Session) -> int:
    parcel_id = make_parcel(session, make_household(session), now=utcnow())
    session.commit()
    return parcel_id


def want_back(session: Session) -> bool:
    wanted = request_call_back(session=session, reference=REF, now=utcnow())
    session.commit()
    return wanted


def stand(session: Session) -> tuple[str, str | None, str | None]:
    session.expire_all()
    standing = list_standings(session, [REF, "DH-KHONG-1"])[REF]
    return standing.state, standing.call_back, standing.call_back_reason


def asked(control: Control) -> list[int]:
    """Return the kinds of changes that the carrier was asked for."""
    calls = control.http.get("/__sim/requests", params={"operation": "UpdateOrder", "limit": 500}).json()["requests"]
    return [json.loads(call["body"])["TYPE"] for call in calls]


def let_time_pass(session: Session, parcel_id: int) -> None:
    past = utcnow() - timedelta(minutes=30)
    session.execute(
        update(Parcel).where(Parcel.id == parcel_id).values(call_back_asked_at=past, call_back_tried_at=past)
    )
    session.commit()


def test_a_planned_parcel_never_leaves(session: Session, parcel_id: int, control: Control) -> None:
    assert want_back(session)
    assert stand(session) == ("cancelled", "done", None)
    run_due(session, utcnow())
    assert control.parcels(REF) == []
    assert not want_back(session), "it has ended"


def test_a_booked_parcel_is_called_off_once(session: Session, parcel_id: int, control: Control) -> None:
    run_due(session, utcnow())
    assert want_back(session)
    assert want_back(session)
    assert stand(session) == ("booked", "asked", None)
    run_due(session, utcnow())
    assert stand(session) == ("cancelled", "done", None)
    assert control.parcels(REF)[0]["status"] == 107
    assert asked(control) == [4]
    assert [name for name, _ in list_events(session)].count("parcel_call_back_asked") == 1


def test_a_parcel_on_its_way_is_refused_and_sent_back_as_soon_as_the_carrier_asks(
    session: Session, parcel_id: int, control: Control
) -> None:
    run_due(session, utcnow())
    waybill = get_row(session, parcel_id).waybill
    control.post(f"parcels/{waybill}/run", script="happy", until=300)
    hear(session, control)
    want_back(session)
    run_due(session, utcnow())
    state, outcome, reason = stand(session)
    assert (state, outcome) == ("in_transit", "refused")
    assert reason, "the carrier's own words"
    assert get_row(session, parcel_id).attention == "call_back_refused"
    want_back(session)
    run_due(session, utcnow())
    assert asked(control) == [2], "asking again changes nothing"

    control.post(f"parcels/{waybill}/status", status=505, reason=30)
    hear(session, control)
    assert stand(session) == ("return_pending", "asked", None)
    run_due(session, utcnow())
    assert asked(control) == [2, 2]
    assert control.parcels(REF)[0]["status"] == 515
    assert stand(session)[1] == "done"
    control.post(f"parcels/{waybill}/step", steps=9)
    hear(session, control)
    assert stand(session) == ("returned", "done", None)


def test_a_lost_answer_is_unknown_until_the_sweep_has_asked(session: Session, parcel_id: int, control: Control) -> None:
    run_due(session, utcnow())
    want_back(session)
    control.post("faults", operation="UpdateOrder", kind="500")
    run_due(session, utcnow())
    assert stand(session)[:2] == ("booked", "unknown")
    tasks.settle_unknown()
    assert stand(session)[:2] == ("booked", "unknown"), "not before a quiet time"
    let_time_pass(session, parcel_id)
    tasks.settle_unknown()
    assert stand(session) == ("cancelled", "done", None)
    assert control.parcels(REF)[0]["status"] == 107


def test_what_was_delivered_first_did_not_come_back(session: Session, parcel_id: int, control: Control) -> None:
    run_due(session, utcnow())
    waybill = get_row(session, parcel_id).waybill
    control.post(f"parcels/{waybill}/run", script="happy", until=400)
    hear(session, control)
    want_back(session)
    run_due(session, utcnow())
    control.post(f"parcels/{waybill}/run", script="happy")
    hear(session, control)
    assert stand(session) == ("delivered", "refused", "Đã giao trước khi gọi về được.")


def test_a_parcel_without_waybill_waits_for_the_sweep(session: Session, parcel_id: int, control: Control) -> None:
    run_due(session, utcnow())
    waybill = get_row(session, parcel_id).waybill
    session.execute(update(Parcel).where(Parcel.id == parcel_id).values(waybill=None))
    session.commit()
    want_back(session)
    run_due(session, utcnow())
    assert (stand(session)[1], asked(control)) == ("asked", [])
    session.execute(update(Parcel).where(Parcel.id == parcel_id).values(waybill=waybill))
    session.commit()
    tasks.settle_unknown()
    assert asked(control) == [], "its own task has two minutes"
    session.execute(
        update(Parcel).where(Parcel.id == parcel_id).values(call_back_asked_at=utcnow() - timedelta(minutes=3))
    )
    session.commit()
    tasks.settle_unknown()
    assert stand(session) == ("cancelled", "done", None)


def test_nobody_wants_back_what_does_not_exist(session: Session) -> None:
    assert not request_call_back(session=session, reference="DH-KHONG-1", now=utcnow())
    assert list_standings(session, []) == {}
