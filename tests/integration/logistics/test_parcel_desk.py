"""Parcels in the database: cancelling, paying out, silence, labels, search and what the tables refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from logistics.errors import ParcelUnknown, StepNotAllowed
from logistics.models import CodReceivable
from logistics.ports import Done, Label, NotSent, RefusedByCarrier, Unknown
from logistics.queries import (
    count_parcels,
    get_label,
    get_spec,
    list_parcels,
    search_parcels,
    sum_cod,
)
from logistics.services import plan_parcel, request_cancel
from logistics.services.book import claim_booking, settle_booking
from logistics.services.cancel import claim_cancel, list_open_cancels, settle_cancel
from logistics.services.hear import flag_silent, keep_label, list_silent
from logistics.services.money import record_remittance
from marketplace.core.ledger import list_balances
from tests.factories.logistics import (
    NOW,
    SPEC,
    get_row,
    list_events,
    make_booked_parcel,
    make_parcel,
    make_word,
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


def test_a_parcel_that_nobody_knows_of_is_cancelled_at_once(session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    assert request_cancel(session=session, reference=REF, now=NOW)
    assert get_row(session, parcel_id).state == "cancelled"
    assert list_events(session)[-1] == ("parcel_cancelled", "cancelled")
    assert not claim(session, parcel_id)
    assert not request_cancel(session=session, reference=REF, now=NOW)


def test_a_booked_parcel_is_cancelled_when_the_carrier_agrees(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    assert request_cancel(session=session, reference=REF, now=NOW)
    assert request_cancel(session=session, reference=REF, now=NOW)
    assert [name for name, _ in list_events(session)].count("parcel_cancel_asked") == 1
    assert get_row(session, parcel_id).state == "booked"
    claimed = claim_cancel(session=session, parcel_id=parcel_id, now=NOW)
    assert claimed is not None
    assert claimed.waybill == "15000000001"
    settle_cancel(session=session, parcel_id=parcel_id, outcome=Done(None), now=NOW)
    assert get_row(session, parcel_id).state == "cancelled"
    assert sum_cod(session) == {"void": 215_000}
    assert list_events(session)[-1] == ("parcel_cancelled", "cancelled")
    say(session, "cancelled", code="107")
    assert [name for name, _ in list_events(session)].count("parcel_cancelled") == 1


def test_a_refused_cancellation_leaves_the_parcel_on_its_way(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    request_cancel(session=session, reference=REF, now=NOW)
    settle_cancel(session=session, parcel_id=parcel_id, outcome=RefusedByCarrier("203", "Đã nhận hàng"), now=NOW)
    row = get_row(session, parcel_id)
    assert (row.state, row.attention, row.refusal) == ("booked", "cancel_refused", "Đã nhận hàng")
    assert list_open_cancels(session, NOW + timedelta(hours=1)) == []
    say(session, "delivered", minute=5)
    assert get_row(session, parcel_id).state == "delivered"


def test_a_lost_answer_to_a_cancellation_is_asked_for_again(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    request_cancel(session=session, reference=REF, now=NOW)
    claim_cancel(session=session, parcel_id=parcel_id, now=NOW)
    settle_cancel(session=session, parcel_id=parcel_id, outcome=Unknown("ReadTimeout"), now=NOW)
    assert list_open_cancels(session, NOW + timedelta(minutes=9)) == []
    assert list_open_cancels(session, NOW + timedelta(minutes=11)) == [parcel_id]


def test_a_parcel_whose_first_call_never_went_out_is_cancelled_instead_of_booked(
    session: Session, household_id: int
) -> None:
    parcel_id = make_parcel(session, household_id)
    claim(session, parcel_id)
    request_cancel(session=session, reference=REF, now=NOW)
    settle_booking(session=session, parcel_id=parcel_id, outcome=NotSent("x"), now=NOW)
    assert not claim(session, parcel_id, minutes=5)
    assert get_row(session, parcel_id).state == "cancelled"


def test_there_is_nothing_to_cancel_without_a_parcel(session: Session) -> None:
    assert not request_cancel(session=session, reference="DH-KHONG-1", now=NOW)


def test_paid_out_cash_leaves_the_carriers_account_once(session: Session, household_id: int) -> None:
    make_booked_parcel(session, household_id)
    with pytest.raises(StepNotAllowed):
        record_remittance(session=session, reference=REF, statement="BK-1", now=NOW)
    say(session, "delivered")
    assert record_remittance(session=session, reference=REF, statement="BK-1", now=NOW)
    assert not record_remittance(session=session, reference=REF, statement="BK-2", now=NOW)
    assert dict(list_balances(session)) == {
        "bank:main": 215_000,
        "carrier:viettelpost": 0,
        "orders:buyers": -215_000,
    }
    with pytest.raises(ParcelUnknown):
        record_remittance(session=session, reference="DH-KHONG-1", statement="BK-1", now=NOW)


def test_silence_calls_a_person_and_news_ends_the_call(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    later = NOW + timedelta(hours=50)
    assert list_silent(session, NOW) == []
    assert list_silent(session, later - timedelta(hours=48)) == [(parcel_id, "viettelpost", "15000000001")]
    flag_silent(session=session, parcel_id=parcel_id, before=later - timedelta(hours=48), now=later)
    assert get_row(session, parcel_id).attention == "silent"
    assert list_silent(session, later - timedelta(hours=48)) == []
    say(session, "in_transit", minute=3100)
    assert get_row(session, parcel_id).attention is None


def test_a_label_works_until_it_expires_and_only_for_its_household(session: Session, household_id: int) -> None:
    parcel_id = make_booked_parcel(session, household_id)
    expires = NOW + timedelta(days=7)
    keep_label(
        session=session,
        parcel_id=parcel_id,
        label=Label("text/html", url="https://example.test/nhan", expires_at=expires),
    )
    session.flush()
    assert get_label(session, REF, household_id, NOW).url == "https://example.test/nhan"
    assert get_label(session, REF, household_id, expires).url is None
    other = make_household(session, shown_name="Hộ ông Tư")
    with pytest.raises(ParcelUnknown):
        get_label(session, REF, other, NOW)


def test_parcels_are_found_by_state_call_and_code(session: Session, household_id: int) -> None:
    first = make_booked_parcel(session, household_id)
    second = make_parcel(session, household_id, reference="DH-XYZ9999-1")
    say(session, None, code="570")

    def find(state: str | None = None, typed: str = "") -> list[int]:
        found, total = search_parcels(session, state=state, typed=typed, page=1, per_page=10)
        assert total == len(found)
        return [view.id for view in found]

    assert find() == [second, first]
    assert find(state="attention") == [first]
    assert find(state="planned") == [second]
    assert find(typed="5000000001") == [first]
    assert find(typed="dhxyz") == [second]
    assert find(typed="%") == []
    assert count_parcels(session) == {"booked": 1, "planned": 1, "attention": 1}
    page, total = search_parcels(session, state=None, typed="", page=2, per_page=1)
    assert ([view.id for view in page], total) == ([first], 2)


def test_many_parcels_cost_two_statements(session: Session, household_id: int, sql_log) -> None:  # type: ignore[no-untyped-def]
    make_booked_parcel(session, household_id)
    make_parcel(session, household_id, reference="DH-XYZ9999-1")
    say(session, "in_transit")
    session.expire_all()
    with sql_log() as statements:
        views = list_parcels(session, [REF, "DH-XYZ9999-1", "DH-KHONG-1"])
    assert set(views) == {REF, "DH-XYZ9999-1"}
    assert len(statements) == 2
    assert list_parcels(session, []) == {}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE logistics_parcels SET state = 'flying'",
        "UPDATE logistics_parcels SET weight_g = 0",
        "UPDATE logistics_parcels SET fee_vnd = -1",
        "UPDATE logistics_cod_receivables SET amount_vnd = 0",
        "UPDATE logistics_cod_receivables SET state = 'collected'",
    ],
)
def test_the_database_refuses_nonsense(session: Session, household_id: int, change: str) -> None:
    make_booked_parcel(session, household_id)
    session.flush()
    with pytest.raises(DBAPIError, match="check constraint"), session.begin_nested():
        session.execute(text(change))


def test_two_parcels_never_share_a_waybill(session: Session, household_id: int) -> None:
    make_booked_parcel(session, household_id)
    with pytest.raises(DBAPIError, match="waybill"), session.begin_nested():
        make_booked_parcel(session, household_id, reference="DH-XYZ9999-1")


def test_planning_keeps_the_first_service(session: Session, household_id: int) -> None:
    parcel_id = plan_parcel(
        session=session,
        reference=REF,
        consignment_ref=REF,
        household_id=household_id,
        spec=replace(SPEC, service="STK"),
        carrier="viettelpost",
        service="VCN",
        now=NOW,
    )
    assert get_spec(session, parcel_id).service == "VCN"
    receivable = session.execute(select(CodReceivable.parcel_id)).scalar_one()
    assert receivable == parcel_id
    assert make_word("booked").happened_at == NOW
