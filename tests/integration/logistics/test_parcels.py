"""Parcels in the database: planning, booking and hearing."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from logistics.errors import StepNotAllowed
from logistics.models import Movement
from logistics.ports import Booking, Done, NotSent, RefusedByCarrier, Unknown
from logistics.queries import (
    find_cod,
    get_parcel,
    get_spec,
    sum_cod,
)
from logistics.services.book import claim_booking, list_unsettled, retry_booking, settle_booking
from logistics.services.hear import clear_attention
from marketplace.core.ledger import list_balances
from tests.factories.logistics import (
    NOW,
    SPEC,
    get_row,
    list_events,
    make_booked_parcel,
    make_parcel,
    say,
)
from tests.factories.sellers import make_household

REF = "DH-ABC1234-1"


@pytest.fixture
def household_id(session: Session) -> int:
    return make_household(session)


def claim(session: Session, parcel_id: int, minutes: int = 0, quiet: int = 2) -> bool:
    now = NOW + timedelta(minutes=minutes)
    return claim_booking(session=session, parcel_id=parcel_id, now=now, quiet=timedelta(minutes=quiet)) is not None


def test_a_planned_parcel_asks_to_be_booked_once(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    assert make_parcel(session, household_id, cod_vnd=1) == parcel_id
    assert list_events(session) == [("parcel_planned", "planned")]
    assert get_spec(session, parcel_id) == SPEC
    cod = find_cod(session, parcel_id)
    assert cod is not None
    assert (cod.amount_vnd, cod.state) == (215_000, "awaiting")


def test_a_prepaid_parcel_has_no_cash(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id, cod_vnd=0)
    say(session, "delivered", cod_vnd=0)
    assert find_cod(session, parcel_id) is None
    assert list_balances(session) == []
    assert [name for name, _ in list_events(session)] == [
        "parcel_planned",
        "parcel_booked",
        "parcel_delivered",
    ]


def test_only_one_worker_asks_the_carrier(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    assert claim(session, parcel_id)
    assert not claim(session, parcel_id, minutes=1)
    assert claim(session, parcel_id, minutes=3)
    assert get_row(session, parcel_id).attempts == 2


def test_a_booking_is_written_down_with_waybill_and_fee(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    view = get_parcel(session, parcel_id)
    assert (view.state, view.waybill, view.fee_vnd) == ("booked", "15000000001", 31_000)
    assert view.booked_at == NOW
    assert list_events(session) == [("parcel_planned", "planned"), ("parcel_booked", "booked")]
    assert not claim(session, parcel_id, minutes=60)


def test_the_carriers_message_may_be_faster_than_its_answer(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    claim(session, parcel_id)
    assert say(session, "booked", code="102") == "applied"
    settle_booking(session=session, parcel_id=parcel_id, outcome=Done(Booking("15000000001", 31_000)), now=NOW)
    row = get_row(session, parcel_id)
    assert (row.state, row.waybill, row.fee_vnd, row.attention) == ("booked", "15000000001", 31_000, None)
    assert [name for name, _ in list_events(session)] == ["parcel_planned", "parcel_booked"]


@pytest.mark.parametrize("outcome", [RefusedByCarrier("203", "x"), Unknown("x"), NotSent("x")])
def test_a_late_bad_answer_does_not_undo_the_carriers_message(
    session: Session, household_id: int, outcome: RefusedByCarrier | Unknown | NotSent
) -> None:
    parcel_id = make_parcel(session, household_id)
    claim(session, parcel_id)
    say(session, "picked_up")
    settle_booking(session=session, parcel_id=parcel_id, outcome=outcome, now=NOW)
    assert get_row(session, parcel_id).state == "picked_up"


def test_a_lost_answer_waits_for_the_carriers_message_and_is_asked_again_later(
    session: Session, household_id: int
) -> None:
    parcel_id = make_parcel(session, household_id)
    claim(session, parcel_id)
    settle_booking(session=session, parcel_id=parcel_id, outcome=Unknown("ReadTimeout"), now=NOW)
    assert get_row(session, parcel_id).state == "unknown"
    assert list_events(session) == [("parcel_planned", "planned")]
    assert list_unsettled(session, NOW + timedelta(minutes=9)) == []
    assert list_unsettled(session, NOW + timedelta(minutes=11)) == [parcel_id]
    assert not claim(session, parcel_id, minutes=9, quiet=10)
    say(session, "booked", minute=9)
    assert get_row(session, parcel_id).waybill == "15000000001"
    assert list_unsettled(session, NOW + timedelta(minutes=11)) == []


def test_after_many_lost_answers_a_person_decides(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    for attempt in range(8):
        assert claim(session, parcel_id, minutes=20 * attempt)
        settle_booking(session=session, parcel_id=parcel_id, outcome=Unknown("x"), now=NOW)
    assert get_row(session, parcel_id).attention == "unsettled"
    assert list_unsettled(session, NOW + timedelta(days=1)) == []
    retry_booking(session=session, parcel_id=parcel_id, now=NOW)
    assert get_row(session, parcel_id).attention is None
    assert [name for name, _ in list_events(session)] == ["parcel_planned", "parcel_planned"]


def test_a_carrier_out_of_reach_leaves_the_parcel_planned(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    claim(session, parcel_id)
    settle_booking(session=session, parcel_id=parcel_id, outcome=NotSent("ConnectError"), now=NOW)
    row = get_row(session, parcel_id)
    assert (row.state, row.attempts, row.attention) == ("planned", 0, None)
    claim(session, parcel_id)
    later = NOW + timedelta(hours=2)
    settle_booking(session=session, parcel_id=parcel_id, outcome=NotSent("ConnectError"), now=later)
    assert get_row(session, parcel_id).attention == "unsettled"


def test_a_refused_parcel_can_be_tried_anew_and_its_cash_comes_back(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    claim(session, parcel_id)
    settle_booking(session=session, parcel_id=parcel_id, outcome=RefusedByCarrier("203", "Sai số"), now=NOW)
    view = get_parcel(session, parcel_id)
    assert (view.state, view.refusal, view.attention, view.can_retry) == (
        "refused",
        "Sai số",
        "refused",
        True,
    )
    assert list_events(session)[-1] == ("parcel_booking_refused", "refused")
    assert sum_cod(session) == {"void": 215_000}
    retry_booking(session=session, parcel_id=parcel_id, now=NOW)
    assert sum_cod(session) == {"awaiting": 215_000}
    assert claim(session, parcel_id)
    settle_booking(session=session, parcel_id=parcel_id, outcome=Done(Booking("15000000001")), now=NOW)
    row = get_row(session, parcel_id)
    assert (row.state, row.refusal, row.ended_at, row.attention) == ("booked", None, None, None)


def test_a_parcel_on_its_way_is_not_booked_anew(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    with pytest.raises(StepNotAllowed):
        retry_booking(session=session, parcel_id=parcel_id, now=NOW)


def test_a_held_parcel_without_waybill_gets_it_from_the_next_message(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    claim(session, parcel_id)
    settle_booking(session=session, parcel_id=parcel_id, outcome=Done(Booking(None)), now=NOW)
    assert get_row(session, parcel_id).attention == "waybill_missing"
    say(session, "booked")
    row = get_row(session, parcel_id)
    assert (row.waybill, row.attention) == ("15000000001", None)


JOURNEY = ("booked", "collecting", "picked_up", "in_transit", "out_for_delivery", "delivered")


def test_the_journey_is_told_step_by_step_and_cash_is_booked_at_the_door(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    for minute, state in enumerate(JOURNEY):
        assert say(session, state, minute=minute) == "applied"
    assert list_events(session)[2:] == [
        ("parcel_moved", "collecting"),
        ("parcel_moved", "picked_up"),
        ("parcel_moved", "in_transit"),
        ("parcel_moved", "out_for_delivery"),
        ("parcel_delivered", "delivered"),
        ("cod_collected", "delivered"),
    ]
    assert dict(list_balances(session)) == {"carrier:viettelpost": 215_000, "orders:buyers": -215_000}
    row = get_row(session, parcel_id)
    assert row.ended_at == NOW + timedelta(minutes=5)
    view = get_parcel(session, parcel_id)
    assert [movement.state for movement in view.movements] == list(JOURNEY)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_messages_in_any_order_end_at_the_same_door(
    session: Session, household_id: int, order: tuple[int, ...]
) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    for minute in order:
        say(session, ("picked_up", "out_for_delivery", "delivered")[minute], minute=minute)
    row = get_row(session, parcel_id)
    assert (row.state, row.state_at, row.attention) == ("delivered", NOW + timedelta(minutes=2), None)
    assert dict(list_balances(session))["carrier:viettelpost"] == 215_000
    assert [name for name, _ in list_events(session)].count("parcel_delivered") == 1


def test_the_same_message_twice_is_one_row_and_one_event(session: Session, household_id: int) -> None:
    make_booked_parcel(session, household_id)
    assert [say(session, "delivered"), say(session, "delivered")] == ["applied", "repeated"]
    assert session.execute(select(func.count()).select_from(Movement)).scalar_one() == 1
    assert [name for name, _ in list_events(session)][2:] == ["parcel_delivered", "cod_collected"]
    assert dict(list_balances(session))["carrier:viettelpost"] == 215_000


def test_another_end_after_an_end_changes_nothing_and_calls_a_person(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    say(session, "delivered", minute=5)
    say(session, "returned", minute=3)
    row = get_row(session, parcel_id)
    assert (row.state, row.attention) == ("delivered", "after_end")
    assert sum_cod(session) == {"collected": 215_000}


@pytest.mark.parametrize(("state", "event"), [("returned", "parcel_returned"), ("lost", "parcel_lost")])
def test_a_parcel_that_does_not_arrive_brings_no_cash(
    session: Session, household_id: int, state: str, event: str
) -> None:
    make_booked_parcel(session, household_id)
    say(session, "in_transit")
    say(session, state, minute=9)
    assert list_events(session)[-1] == (event, state)
    assert sum_cod(session) == {"void": 215_000}
    assert list_balances(session) == []


def test_an_unknown_code_is_kept_and_calls_a_person(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    assert say(session, None, code="570") == "applied"
    view = get_parcel(session, parcel_id)
    assert (view.state, view.attention, view.movements[0].code) == ("booked", "unknown_code", "570")
    clear_attention(session=session, parcel_id=parcel_id)
    assert get_row(session, parcel_id).attention is None


def test_a_word_about_another_waybill_does_not_move_the_parcel(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    say(session, "delivered", waybill="15999999999")
    view = get_parcel(session, parcel_id)
    assert (view.state, view.attention) == ("booked", "second_waybill")
    assert not view.movements[0].counts
    assert list_balances(session) == []


def test_other_cash_than_ours_calls_a_person(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    say(session, "picked_up", cod_vnd=None)
    say(session, "returning", minute=9, cod_vnd=0)
    assert get_row(session, parcel_id).attention is None
    say(session, "in_transit", cod_vnd=1)
    assert get_row(session, parcel_id).attention == "cod_differs"


@pytest.mark.parametrize("changes", [{"reference": "XX", "waybill": "1"}, {"reference": "", "waybill": ""}])
def test_words_about_parcels_that_are_not_ours_touch_nothing(
    session: Session, household_id: int, changes: dict[str, str]
) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    assert say(session, "delivered", **changes) == "unmatched"  # type: ignore[arg-type]
    assert get_row(session, parcel_id).state == "booked"


def test_a_word_without_our_reference_is_known_by_its_waybill(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    assert say(session, "in_transit", reference="") == "applied"
    assert get_row(session, parcel_id).state == "in_transit"


def test_words_of_carriers_cannot_be_changed_afterwards(session: Session, household_id: int) -> None:
    make_booked_parcel(session, household_id)
    say(session, "in_transit")
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE logistics_movements SET state = 'delivered'"))
