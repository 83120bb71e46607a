from datetime import timedelta

import pytest

from marketplace.core.ledger import balance, list_balances
from orders.ports import BankCredit, CardPayment, CardState
from orders.queries.orders import get_order
from orders.rules.transfers import CreditVerdict
from orders.services.cancel_order import cancel_order
from orders.services.settle_payment import (
    BANK_LAG,
    expire_unpaid,
    finish_refund,
    remember_gateway_payment,
    settle_card,
    settle_credit,
)
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, free_of, get_money, list_events, list_parts
from tests.factories.sellers import make_household

LATE = NOW + timedelta(minutes=45) + BANK_LAG


def credit(code, amount, number="1"):
    return BankCredit(number, amount, f"MBVCB.778 {code} chuyen tien", "0123456789", "FT1")


def card(money, *, state=CardState.PAID, received=None):
    amount = money.amount_vnd
    got = amount if received is None else received
    return CardPayment("pi_1", "secret", state, amount, got, money.attempt_key)


@pytest.fixture
def offer(session):
    return make_offer(session, make_household(session), price=30_000, amount=10)


def pay(session, money, amount, number="1", *, now=NOW):
    return settle_credit(session=session, source="sepay", credit=credit(money.transfer_code, amount, number), now=now)


def test_the_right_transfer_confirms_the_order_once(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    money = get_money(session, placed.order_id)
    assert pay(session, money, 52_000) is CreditVerdict.EXACT
    assert pay(session, money, 52_000) is CreditVerdict.EXACT
    order = get_order(session, placed.order_id)
    assert (order.state, order.payment.state, order.payment.received_vnd) == ("confirmed", "paid", 52_000)
    assert [part.state for part in order.consignments] == ["to_accept"]
    assert list_events(session).count("orders.order_confirmed") == 1
    assert balance(session, "bank:main") == 52_000
    assert order.refunds == ()


def test_two_parts_of_a_transfer_add_up_and_what_is_too_much_goes_back(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    money = get_money(session, placed.order_id)
    assert pay(session, money, 50_000) is CreditVerdict.UNDER
    assert get_order(session, placed.order_id).state == "awaiting_payment"
    assert pay(session, money, 5_000, "2") is CreditVerdict.OVER
    order = get_order(session, placed.order_id)
    assert order.state == "confirmed"
    assert [(refund.amount_vnd, refund.state) for refund in order.refunds] == [(3_000, "by_hand")]


def test_money_after_the_end_is_taken_note_of_and_goes_back(session, offer):
    placed = buy(session, {offer.offer_id: 4}, method="transfer")
    assert free_of(session, offer.offer_id) == 6
    assert expire_unpaid(session=session, order_id=placed.order_id, now=LATE)
    assert free_of(session, offer.offer_id) == 10
    money = get_money(session, placed.order_id)
    assert pay(session, money, 142_000, now=LATE) is CreditVerdict.LATE
    order = get_order(session, placed.order_id)
    assert order.state == "expired"
    assert [refund.amount_vnd for refund in order.refunds] == [142_000]
    assert free_of(session, offer.offer_id) == 10
    assert "orders.order_confirmed" not in list_events(session)


def test_nobody_is_let_go_before_the_bank_may_have_told_us(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    early = LATE - timedelta(seconds=1)
    assert not expire_unpaid(session=session, order_id=placed.order_id, now=early)
    assert get_order(session, placed.order_id).state == "awaiting_payment"
    assert expire_unpaid(session=session, order_id=placed.order_id, now=LATE)
    assert not expire_unpaid(session=session, order_id=placed.order_id, now=LATE)
    assert list_events(session).count("orders.order_expired") == 1


def test_a_transfer_that_names_no_order_is_kept_apart(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    line = BankCredit("9", 52_000, "LAN mua gao", "0123456789", "FT9")
    assert settle_credit(session=session, source="sepay", credit=line, now=NOW) is CreditVerdict.UNMATCHED
    assert get_order(session, placed.order_id).state == "awaiting_payment"
    assert balance(session, "bank:unmatched") == -52_000


def test_a_card_payment_is_applied_once_by_browser_and_webhook(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="card")
    money = get_money(session, placed.order_id)
    remember_gateway_payment(session=session, payment_id=money.id, reference="pi_1")
    settle_card(session=session, card=card(money), now=NOW)
    settle_card(session=session, card=card(money), now=NOW)
    order = get_order(session, placed.order_id)
    assert (order.state, order.payment.received_vnd) == ("confirmed", 52_000)
    assert balance(session, "gateway:stripe") == 52_000
    assert list_events(session).count("orders.order_confirmed") == 1


def test_a_card_payment_of_another_sum_confirms_nothing(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="card")
    money = get_money(session, placed.order_id)
    settle_card(session=session, card=card(money, received=1_000), now=NOW)
    order = get_order(session, placed.order_id)
    assert order.state == "awaiting_payment"
    assert [(refund.amount_vnd, refund.state) for refund in order.refunds] == [(1_000, "requested")]


def test_an_open_card_payment_changes_nothing(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="card")
    money = get_money(session, placed.order_id)
    settle_card(session=session, card=card(money, state=CardState.OPEN, received=0), now=NOW)
    assert get_order(session, placed.order_id).payment.state == "pending"


def test_cancelling_a_paid_order_frees_the_goods_and_gives_the_money_back_once(session, offer):
    placed = buy(session, {offer.offer_id: 2}, method="transfer")
    pay(session, get_money(session, placed.order_id), 82_000)
    for _ in range(2):
        cancel_order(session=session, order_token=placed.token, reason="Đổi ý", now=NOW)
    order = get_order(session, placed.order_id)
    assert order.state == "cancelled"
    assert [part.state for part in list_parts(session, placed.order_id)] == ["cancelled"]
    assert [refund.amount_vnd for refund in order.refunds] == [82_000]
    assert free_of(session, offer.offer_id) == 10


def test_a_refund_that_the_gateway_refused_is_transferred_by_hand(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="card")
    settle_card(session=session, card=card(get_money(session, placed.order_id)), now=NOW)
    cancel_order(session=session, order_token=placed.token, reason="", now=NOW)
    refund = get_order(session, placed.order_id).refunds[0]
    finish_refund(session=session, refund_id=refund.id, reference="", is_done=False, now=NOW)
    assert get_order(session, placed.order_id).refunds[0].state == "by_hand"
    assert get_money(session, placed.order_id).refunded_vnd == 52_000, "it is owed all the same"
    assert balance(session, "gateway:stripe") == 52_000
    for _ in range(2):
        finish_refund(session=session, refund_id=refund.id, reference="", is_done=True, now=NOW)
    assert get_order(session, placed.order_id).refunds[0].state == "done"
    # The card's money stays at the gateway; the bank account paid.
    assert dict(list_balances(session)) == {"gateway:stripe": 52_000, "bank:main": -52_000, "orders:buyers": 0}


def test_a_refund_that_is_done_moves_the_money_once(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="card")
    settle_card(session=session, card=card(get_money(session, placed.order_id)), now=NOW)
    cancel_order(session=session, order_token=placed.token, reason="", now=NOW)
    refund = get_order(session, placed.order_id).refunds[0]
    for _ in range(2):
        finish_refund(session=session, refund_id=refund.id, reference="re_1", is_done=True, now=NOW)
    assert balance(session, "gateway:stripe") == 0
    assert get_order(session, placed.order_id).refunds[0].state == "done"
