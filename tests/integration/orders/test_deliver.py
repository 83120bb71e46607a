from datetime import timedelta

import pytest
from sqlalchemy import text

from logistics.queries import list_parcels
from marketplace.accounts.rules import Role
from marketplace.core.errors import NotFound
from orders.errors import StepNotAllowed
from orders.ports import BankCredit
from orders.queries.orders import get_order
from orders.services.cancel_order import cancel_order, stop_for_recall, warn_buyers
from orders.services.deliver_consignment import (
    accept_consignment,
    decline_consignment,
    follow_delivery,
    follow_handover,
    follow_return,
    pack_consignment,
)
from orders.services.remind import end_unanswered, list_unanswered, remind_unanswered
from orders.services.settle_payment import settle_credit
from sellers.queries import get_household
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, free_of, get_money, list_events, list_parts, pack, sold_of
from tests.factories.sellers import make_household
from tests.factories.traceability import make_recall
from traceability.rules.entries import SYSTEM_ACTOR


@pytest.fixture
def offer(session):
    return make_offer(session, make_household(session), price=30_000, amount=10)


def kinds(session):
    return list(session.execute(text("SELECT kind FROM trace_records ORDER BY id")).scalars())


def test_packing_seals_sells_and_plans_one_parcel_however_often_it_is_pressed(session, offer):
    placed = buy(session, {offer.offer_id: 3})
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    pack_consignment(
        session=session, household_id=part.household_id, consignment_id=part.id, actor=SYSTEM_ACTOR, now=NOW
    )
    assert list_parts(session, placed.order_id)[0].state == "packed"
    assert sold_of(session, offer.offer_id) == 3
    assert free_of(session, offer.offer_id) == 7
    assert kinds(session).count("parcel_packed") == 1
    parcel = list_parcels(session, [part.number])[part.number]
    assert (parcel.cod_vnd, parcel.household_id) == (112_000, part.household_id)
    assert list_events(session, "logistics.") == ["logistics.parcel_planned"]


def test_a_step_out_of_order_is_refused_and_nothing_happens(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    with pytest.raises(StepNotAllowed), session.begin_nested():
        pack_consignment(
            session=session, household_id=part.household_id, consignment_id=part.id, actor=SYSTEM_ACTOR, now=NOW
        )
    assert "parcel_packed" not in kinds(session)
    assert list_events(session, "logistics.") == []


def test_another_household_does_not_find_the_order(session, offer):
    other = make_household(session)
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    with pytest.raises(NotFound):
        accept_consignment(session=session, household_id=other, consignment_id=part.id, actor=SYSTEM_ACTOR, now=NOW)
    assert list_parts(session, placed.order_id)[0].state == "to_accept"


def test_declining_frees_the_goods_and_ends_an_order_of_one_part(session, offer):
    placed = buy(session, {offer.offer_id: 4})
    part = list_parts(session, placed.order_id)[0]
    for _ in range(2):
        decline_consignment(
            session=session,
            household_id=part.household_id,
            consignment_id=part.id,
            reason="Mưa lớn, không hái được",
            actor=SYSTEM_ACTOR,
            now=NOW,
        )
    order = get_order(session, placed.order_id)
    assert (order.state, order.payment.state) == ("cancelled", "void")
    assert free_of(session, offer.offer_id) == 10
    assert list_events(session).count("orders.consignment_declined") == 1


def test_the_carriers_news_moves_the_order_to_its_end(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    taken, given = NOW + timedelta(hours=5), NOW + timedelta(days=2)
    for _ in range(2):
        follow_handover(session=session, consignment_ref=part.number, happened_at=taken, now=given)
        follow_delivery(session=session, consignment_ref=part.number, happened_at=given, now=given)
    order = get_order(session, placed.order_id)
    assert (order.state, order.payment.state) == ("completed", "paid")
    assert (order.consignments[0].handed_over_at, order.consignments[0].ended_at) == (taken, given)
    assert [kind for kind in kinds(session) if kind.startswith("parcel")] == [
        "parcel_packed",
        "parcel_shipped",
        "parcel_delivered",
    ]
    assert list_events(session)[-2:] == ["orders.consignment_handed_over", "orders.consignment_delivered"]


def test_a_parcel_that_comes_back_ends_the_order_unpaid(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    for _ in range(2):
        follow_return(session=session, consignment_ref=part.number, happened_at=NOW, is_lost=False, now=NOW)
    order = get_order(session, placed.order_id)
    assert (order.state, order.consignments[0].state) == ("cancelled", "returned")
    assert get_money(session, placed.order_id).state == "void"
    assert free_of(session, offer.offer_id) == 9


def test_a_packed_order_can_no_longer_be_cancelled_by_its_buyer(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    pack(session, list_parts(session, placed.order_id)[0])
    with pytest.raises(StepNotAllowed):
        cancel_order(session=session, order_token=placed.token, reason="", now=NOW)
    assert get_order(session, placed.order_id).state == "confirmed"


def test_a_recall_stops_what_has_not_left_and_only_that(session, offer):
    waiting = buy(session, {offer.offer_id: 1})
    packed = buy(session, {offer.offer_id: 1})
    gone = buy(session, {offer.offer_id: 1})
    for placed in (packed, gone):
        pack(session, list_parts(session, placed.order_id)[0])
    follow_handover(
        session=session,
        consignment_ref=list_parts(session, gone.order_id)[0].number,
        happened_at=NOW,
        now=NOW,
    )
    stopped = stop_for_recall(session=session, lot_ids=[offer.lot_id], reason="Tồn dư thuốc", now=NOW)
    again = stop_for_recall(session=session, lot_ids=[offer.lot_id], reason="Tồn dư thuốc", now=NOW)
    assert (len(stopped), again) == (2, [])
    assert [list_parts(session, one.order_id)[0].state for one in (waiting, packed, gone)] == [
        "cancelled",
        "cancelled",
        "handed_over",
    ]
    assert (
        "logistics.parcel_cancel_asked" in list_events(session, "logistics.")
        or list_parcels(session, [list_parts(session, packed.order_id)[0].number])[
            list_parts(session, packed.order_id)[0].number
        ].is_ended
    )
    assert warn_buyers(session=session, recall=make_recall(session, offer.lot_id)) == 3
    assert list_events(session)[-1] == "orders.buyers_warned"


def test_silence_is_told_to_household_and_commune_once(session):
    household = make_household(session)
    owner = make_user(session, household_id=household)
    officer = make_user(session, roles={Role.OFFICER}, commune_id=get_household(session, household).commune_id)
    offer = make_offer(session, household)
    placed = buy(session, {offer.offer_id: 1})
    late = NOW + timedelta(hours=25)
    assert remind_unanswered(session=session, now=NOW) == 0
    assert remind_unanswered(session=session, now=late) == 1
    assert remind_unanswered(session=session, now=late) == 0
    told = session.execute(
        text("SELECT user_id, link FROM core_notices WHERE key LIKE 'unanswered:%' ORDER BY user_id")
    ).all()
    part = list_parts(session, placed.order_id)[0]
    code = get_household(session, household).code
    # An officer may not read a buyer's order, so the link leads to the household, and the words hold its telephone.
    assert [tuple(one) for one in told] == [(owner, f"/don-hang/{part.id}"), (officer, f"/xa/ho/{code}")]


def test_what_nobody_answers_ends_by_itself_and_the_money_goes_back(session, offer):
    quiet, quick = (buy(session, {offer.offer_id: 2}, method="transfer") for _ in range(2))
    for placed in (quiet, quick):
        money = get_money(session, placed.order_id)
        credit = BankCredit(f"{placed.order_id}", money.amount_vnd, money.transfer_code, "0123456789", "FT")
        settle_credit(session=session, source="sepay", credit=credit, now=NOW)
    late = NOW + timedelta(hours=25)
    assert remind_unanswered(session=session, now=late) == 2
    assert list_unanswered(session, late) == []
    overdue = list_unanswered(session, NOW + timedelta(hours=73))
    assert len(overdue) == 2
    # One household answers at the last moment.
    part = list_parts(session, quick.order_id)[0]
    accept_consignment(
        session=session, household_id=part.household_id, consignment_id=part.id, actor=SYSTEM_ACTOR, now=late
    )
    for _ in range(2):
        for household_id, consignment_id in overdue:
            end_unanswered(
                session=session, household_id=household_id, consignment_id=consignment_id, now=NOW + timedelta(hours=73)
            )
    assert [list_parts(session, one.order_id)[0].state for one in (quiet, quick)] == ["declined", "accepted"]
    assert [len(get_order(session, one.order_id).refunds) for one in (quiet, quick)] == [1, 0]
    assert free_of(session, offer.offer_id) == 8
