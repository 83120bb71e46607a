"""The tasks about cards in front of a Stripe that answers: lost news, slow banks, broken answers."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from marketplace.config import from_environment
from marketplace.core.errors import Unavailable
from marketplace.core.ledger import list_balances
from marketplace.core.registry import resolve
from marketplace.wiring import wire
from orders.ports import PaymentGateway
from orders.queries.orders import get_order
from orders.services.cancel_order import cancel_order
from orders.services.settle_payment import remember_gateway_payment
from orders.tasks import payments
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, get_money, list_events
from tests.factories.sellers import make_household
from tests.factories.simulators import World, running_simulators
from tests.integration.orders.test_tasks import new_delivery

PLAIN, SLOW_REFUND, FAILING_REFUND = "pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail"


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Iterator[World]:
    with running_simulators(tmp_path_factory.mktemp("cards")) as world:
        yield world


@pytest.fixture
def world(started, in_app) -> Iterator[World]:
    """A Stripe that remembers nothing, behind the application's own adapter. Its webhooks wait."""
    started.reset()
    adapters = in_app.extensions["adapters"]
    before = adapters[PaymentGateway]
    adapters[PaymentGateway] = wire(from_environment(started.env))[PaymentGateway]
    yield started
    adapters[PaymentGateway] = before


@pytest.fixture
def order_id(session, world):
    return buy(
        session, {make_offer(session, make_household(session), price=30_000).offer_id: 1}, method="card"
    ).order_id


def pay(session, world, order_id, card=PLAIN):
    """Open the payment as the card page does, let the buyer's card be charged, and tell nobody."""
    money = get_money(session, order_id)
    opened = resolve(PaymentGateway).open_payment(
        attempt_key=money.attempt_key, amount_vnd=money.amount_vnd, order_number="DH-1"
    )
    remember_gateway_payment(session=session, payment_id=money.id, reference=opened.reference)
    answer = world.http.post(
        f"/stripe/v1/payment_intents/{opened.reference}/confirm",
        data={"payment_method": card},
        headers={"Authorization": f"Bearer {world.env['STRIPE_SECRET_KEY']}"},
    )
    assert answer.json()["status"] == "succeeded"
    session.commit()
    return opened.reference


def cancel(session, order_id):
    """Cancel the order; return the refund that this asks for."""
    session.expire_all()
    cancel_order(session=session, order_token=get_order(session, order_id).token, reason="", now=NOW)
    session.commit()
    return session.execute(text("SELECT id FROM orders_refunds ORDER BY id DESC LIMIT 1")).scalar_one()


def send(session, refund_id):
    delivery_id = new_delivery(session, {"refund_id": refund_id})
    session.commit()
    payments.send_refund(delivery_id=delivery_id, refund_id=refund_id)
    return delivery_id


def states(session, order_id):
    session.expire_all()
    order = get_order(session, order_id)
    return order.state, order.payment.received_vnd, order.payment.refunded_vnd, [one.state for one in order.refunds]


def gateway_refunds(world):
    return [row["amount"] for row in world.get("stripe", "objects/refunds")["refunds"]]


def test_a_lost_webhook_is_made_good_by_asking(session, world, order_id):
    pay(session, world, order_id)
    assert states(session, order_id) == ("awaiting_payment", 0, 0, [])
    for _ in range(2):
        payments.ask_gateway()
        assert states(session, order_id) == ("confirmed", 52_000, 0, [])
    assert list_events(session).count("orders.order_confirmed") == 1
    assert dict(list_balances(session)) == {"gateway:stripe": 52_000, "orders:buyers": -52_000}


def test_a_payment_that_nobody_finished_stays_open(session, world, order_id):
    money = get_money(session, order_id)
    opened = resolve(PaymentGateway).open_payment(attempt_key=money.attempt_key, amount_vnd=52_000, order_number="DH-1")
    remember_gateway_payment(session=session, payment_id=money.id, reference=opened.reference)
    session.commit()
    payments.ask_gateway()
    assert states(session, order_id) == ("awaiting_payment", 0, 0, [])


def end_unpaid(session, order_id):
    cancel_order(session=session, order_token=get_order(session, order_id).token, reason="", now=NOW)
    delivery_id = new_delivery(session, {"order_id": order_id})
    session.commit()
    return delivery_id


def test_an_order_that_ends_unpaid_closes_its_card_payment(session, world, order_id):
    money = get_money(session, order_id)
    opened = resolve(PaymentGateway).open_payment(attempt_key=money.attempt_key, amount_vnd=52_000, order_number="DH-1")
    remember_gateway_payment(session=session, payment_id=money.id, reference=opened.reference)
    delivery_id = end_unpaid(session, order_id)
    for _ in range(2):
        payments.close_card(delivery_id=delivery_id, order_id=order_id)
    (intent,) = world.get("stripe", "objects/payment_intents")["payment_intents"]
    assert intent["status"] == "canceled"
    assert states(session, order_id) == ("cancelled", 0, 0, [])


def test_a_card_that_was_charged_before_the_order_ended_is_paid_back(session, world, order_id):
    pay(session, world, order_id)
    delivery_id = end_unpaid(session, order_id)
    for _ in range(2):
        payments.close_card(delivery_id=delivery_id, order_id=order_id)
    assert states(session, order_id) == ("cancelled", 52_000, 52_000, ["requested"])


def test_cash_has_nothing_to_close(session, world):
    cash = buy(session, {make_offer(session, make_household(session)).offer_id: 1}).order_id
    delivery_id = end_unpaid(session, cash)
    payments.close_card(delivery_id=delivery_id, order_id=cash)
    assert "payment_intents" not in world.get("stripe", "objects")


def test_a_refund_is_sent_and_booked_once(session, world, order_id):
    pay(session, world, order_id)
    payments.ask_gateway()
    refund_id = cancel(session, order_id)
    for _ in range(2):
        send(session, refund_id)
        assert states(session, order_id) == ("cancelled", 52_000, 52_000, ["done"])
    assert gateway_refunds(world) == [52_000]
    assert dict(list_balances(session)) == {"gateway:stripe": 0, "orders:buyers": 0}


def test_a_refund_whose_answer_got_lost_is_asked_for_again_and_paid_once(session, world, order_id):
    pay(session, world, order_id)
    payments.ask_gateway()
    refund_id = cancel(session, order_id)
    # The SDK itself asks twice; both answers get lost.
    world.order("stripe", "faults", operation="create_refund", kind="drop_after", count=2)
    with pytest.raises(Unavailable):
        send(session, refund_id)
    assert states(session, order_id) == ("cancelled", 52_000, 52_000, ["requested"])
    send(session, refund_id)
    assert states(session, order_id) == ("cancelled", 52_000, 52_000, ["done"])
    assert gateway_refunds(world) == [52_000]


@pytest.mark.parametrize("hears", ["webhook", "sweeper"])
@pytest.mark.parametrize(
    ("card", "end", "refunded", "booked"),
    [(SLOW_REFUND, "done", 52_000, 0), (FAILING_REFUND, "by_hand", 52_000, 52_000)],
)
def test_a_bank_that_takes_days_over_a_refund(session, world, order_id, card, end, refunded, booked, hears):
    reference = pay(session, world, order_id, card)
    payments.ask_gateway()
    refund_id = cancel(session, order_id)
    delivery_id = send(session, refund_id)
    is_done = session.execute(
        text("SELECT done_at IS NOT NULL FROM core_deliveries WHERE id = :id"), {"id": delivery_id}
    )
    assert is_done.scalar_one()
    payments.ask_gateway()
    assert states(session, order_id) == ("cancelled", 52_000, 52_000, ["requested"])
    assert dict(list_balances(session))["gateway:stripe"] == 52_000

    world.order("stripe", "refunds/settle")
    for _ in range(2):
        if hears == "sweeper":
            payments.ask_gateway()
        else:
            hear_webhook(session, reference)
        assert states(session, order_id) == ("cancelled", 52_000, refunded, [end])
    assert dict(list_balances(session))["gateway:stripe"] == booked


def hear_webhook(session, reference):
    """Apply an event about a payment as it lies in the inbox."""
    inbox_id = session.execute(
        text(
            "INSERT INTO core_inbox (source, external_id, headers, body, received_at) VALUES"
            " ('stripe', gen_random_uuid()::text, jsonb_build_object('payment', cast(:payment AS text)), '', now())"
            " RETURNING id"
        ),
        {"payment": reference},
    ).scalar_one()
    delivery_id = new_delivery(session, {"inbox_id": inbox_id})
    session.commit()
    for _ in range(2):
        payments.apply_stripe_webhook(delivery_id=delivery_id, inbox_id=inbox_id)
    outcome = session.execute(text("SELECT outcome FROM core_inbox WHERE id = :id"), {"id": inbox_id}).scalar_one()
    assert outcome == "applied"


def test_an_event_about_something_else_is_ignored(session, world, order_id):
    inbox_id = session.execute(
        text(
            "INSERT INTO core_inbox (source, external_id, headers, body, received_at)"
            " VALUES ('stripe', 'evt_1', '{}', '', now()) RETURNING id"
        )
    ).scalar_one()
    delivery_id = new_delivery(session, {"inbox_id": inbox_id})
    session.commit()
    payments.apply_stripe_webhook(delivery_id=delivery_id, inbox_id=inbox_id)
    assert session.execute(text("SELECT outcome FROM core_inbox")).scalar_one() == "ignored"


def test_a_gateway_that_does_not_answer_leaves_the_news_for_later(session, world, order_id):
    pay(session, world, order_id)
    world.order("stripe", "faults", operation="retrieve_payment_intent", kind="500", count=2)
    with pytest.raises(Unavailable):
        payments.ask_gateway()
    assert states(session, order_id) == ("awaiting_payment", 0, 0, [])
    payments.ask_gateway()
    assert states(session, order_id) == ("confirmed", 52_000, 0, [])


def test_one_payment_that_the_gateway_does_not_know_holds_up_no_other(session, world, order_id):
    stray = buy(
        session, {make_offer(session, make_household(session), price=40_000).offer_id: 1}, method="card"
    ).order_id
    remember_gateway_payment(session=session, payment_id=get_money(session, stray).id, reference="pi_nobody_knows")
    pay(session, world, order_id)
    with pytest.raises(Unavailable):
        payments.ask_gateway()
    session.expire_all()
    assert get_order(session, order_id).state == "confirmed"
    assert get_order(session, stray).state == "awaiting_payment"
