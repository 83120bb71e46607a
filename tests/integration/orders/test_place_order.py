from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from catalog.errors import OutOfStock
from orders.errors import BasketEmpty, QuoteMissing, TotalChanged
from orders.queries.basket import find_basket
from orders.queries.orders import get_order
from orders.services.fill_basket import set_recipient
from orders.services.forget import forget_baskets
from orders.services.place_order import QUOTE_LIFETIME, place_order
from tests.factories.catalog import make_offer
from tests.factories.orders import (
    NOW,
    WINDOWS,
    buy,
    fill_basket,
    free_of,
    get_money,
    list_events,
    list_parts,
    make_recipient,
    total_of,
)
from tests.factories.sellers import make_household


def count(session, table):
    return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - a name of our own tables


def place(session, token, total, *, method="cod", now=NOW):
    return place_order(
        session=session,
        basket_token=token,
        payment_method=method,
        total_shown=total,
        user_id=None,
        windows=WINDOWS,
        now=now,
    )


def test_goods_of_two_households_become_one_order_with_two_consignments(session):
    first, second = make_household(session), make_household(session)
    rice = make_offer(session, first, price=35_000, amount=40)
    fish = make_offer(session, second, price=90_000, amount=10)
    placed = buy(session, {rice.offer_id: 5, fish.offer_id: 2})
    order = get_order(session, placed.order_id)
    assert (order.goods_vnd, order.shipping_vnd, order.total_vnd) == (355_000, 44_000, 399_000)
    assert order.state == "confirmed"
    assert [(part.household_id, part.goods_vnd, part.state) for part in order.consignments] == [
        (first, 175_000, "to_accept"),
        (second, 180_000, "to_accept"),
    ]
    assert [part.number for part in order.consignments] == [f"{order.number}-1", f"{order.number}-2"]
    assert order.consignments[0].lines[0].lots == ((rice.lot_code, Decimal("5.000")),)
    assert free_of(session, rice.offer_id) == 35
    assert free_of(session, fish.offer_id) == 8
    assert list_events(session) == ["orders.order_placed", "orders.order_confirmed"]
    assert {seller["household_id"] for seller in order.disclosure["sellers"]} == {first, second}


def test_a_transfer_waits_for_its_money_and_has_a_code(session):
    offer = make_offer(session, make_household(session))
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    order = get_order(session, placed.order_id)
    assert order.state == "awaiting_payment"
    assert order.pay_before_at == NOW + timedelta(minutes=45)
    assert [part.state for part in order.consignments] == ["waiting"]
    assert order.payment.transfer_code is not None
    assert order.payment.transfer_code.startswith("CQ")
    assert list_events(session) == ["orders.order_placed"]


def test_the_same_basket_twice_is_one_order(session):
    offer = make_offer(session, make_household(session), amount=10)
    token = fill_basket(session, {offer.offer_id: 3})
    total = total_of(session, token)
    first = place(session, token, total)
    again = place(session, token, total)
    assert (again.order_id, again.token, again.is_new) == (first.order_id, first.token, False)
    assert count(session, "orders_orders") == 1
    assert free_of(session, offer.offer_id) == 7
    assert list_events(session).count("orders.order_placed") == 1


def test_a_price_that_changed_meanwhile_changes_nothing_and_says_both_sums(session):
    offer = make_offer(session, make_household(session), price=20_000, amount=10)
    token = fill_basket(session, {offer.offer_id: 2})
    with pytest.raises(TotalChanged) as caught, session.begin_nested():
        place(session, token, 40_000)
    assert caught.value.params == {"shown": 40_000, "total": 62_000}
    assert count(session, "orders_orders") == 0
    assert free_of(session, offer.offer_id) == 10
    assert list_events(session) == []


def test_more_than_there_is_is_refused_with_what_is_left(session):
    offer = make_offer(session, make_household(session), amount=5)
    token = fill_basket(session, {offer.offer_id: 4})
    buy(session, {offer.offer_id: 3})
    with pytest.raises(OutOfStock) as caught, session.begin_nested():
        place(session, token, total_of(session, token))
    assert "2 kg" in caught.value.message
    assert free_of(session, offer.offer_id) == 2
    assert count(session, "orders_orders") == 1


def test_an_empty_or_unknown_basket_is_no_order(session):
    with pytest.raises(BasketEmpty):
        place(session, "khong-co", 1)


def test_an_old_quote_has_to_be_asked_for_again(session):
    offer = make_offer(session, make_household(session))
    token = fill_basket(session, {offer.offer_id: 1})
    late = NOW + QUOTE_LIFETIME + timedelta(seconds=1)
    with pytest.raises(QuoteMissing), session.begin_nested():
        place(session, token, total_of(session, token), now=late)
    assert count(session, "orders_orders") == 0


def test_a_quote_for_another_weight_is_no_price(session):
    """The household weighs its goods anew after the carrier named a price for the buyer."""
    offer = make_offer(session, make_household(session))
    token = fill_basket(session, {offer.offer_id: 2})
    total = total_of(session, token)
    session.execute(text("UPDATE catalog_products SET parcel_g = parcel_g * 20"))
    with pytest.raises(QuoteMissing), session.begin_nested():
        place(session, token, total)
    assert count(session, "orders_orders") == 0
    assert not find_basket(session, token).is_quoted, "the page asks for the address again, not for the same order"


def test_a_basket_that_became_an_order_takes_no_address_any_more(session):
    offer = make_offer(session, make_household(session))
    token = fill_basket(session, {offer.offer_id: 1})
    basket_id = find_basket(session, token).id
    place(session, token, total_of(session, token))
    set_recipient(session=session, basket_id=basket_id, recipient=make_recipient(session), quotes=[], now=NOW)
    assert session.execute(text("SELECT recipient FROM orders_baskets")).scalars().all() == [None]


def test_cash_is_due_and_names_no_gateway(session):
    offer = make_offer(session, make_household(session))
    placed = buy(session, {offer.offer_id: 1})
    money = get_money(session, placed.order_id)
    assert (money.method, money.state, money.received_vnd, money.transfer_code) == ("cod", "due", 0, None)
    assert [part.state for part in list_parts(session, placed.order_id)] == ["to_accept"]


def test_a_basket_that_was_left_goes_with_its_address_and_one_in_use_stays(session):
    offer = make_offer(session, make_household(session))
    left, used = (fill_basket(session, {offer.offer_id: 1}, now=NOW - timedelta(days=days)) for days in (61, 59))
    ordered = fill_basket(session, {offer.offer_id: 1}, now=NOW - timedelta(days=61))
    place(session, ordered, total_of(session, ordered), now=NOW - timedelta(days=61))
    assert forget_baskets(session=session, before=NOW - timedelta(days=60)) == 1
    tokens = set(session.execute(text("SELECT token FROM orders_baskets")).scalars())
    assert tokens == {used, ordered}
    assert left not in tokens
    assert count(session, "orders_basket_lines") == 2
    assert count(session, "orders_orders") == 1
