"""Our card gateway, the real adapter with Stripe's own SDK, against the simulator over HTTP."""

import json
import socket

import httpx
import pytest

from marketplace.config import from_environment
from marketplace.core.errors import Refused, Unavailable
from orders.adapters import stripe_payments
from orders.adapters.stripe_payments import StripeGateway
from orders.ports import CardPayment, CardState, RefundOutcome
from tests.factories.simulators import Receiver, World

OK, DECLINED, NO_MONEY = "4242424242424242", "4000000000000002", "4000000000009995"
ASKS_BACK, ASKS_BACK_THEN_DECLINED = "4000002760003184", "4000008400001629"
SLOW_REFUND, FAILED_REFUND = "4000000000007726", "4000000000005126"


@pytest.fixture
def gateway(world: World) -> StripeGateway:
    settings = from_environment(world.env).stripe
    return StripeGateway(
        api_base=settings.api_base,
        secret_key=settings.secret_key,
        publishable_key=settings.publishable_key,
        webhook_secret=settings.webhook_secret,
        script_url=settings.js_url,
        market_name="Chợ Quê",
    )


def opened(gateway: StripeGateway, amount_vnd: int = 215_000, key: str = "lan-1") -> CardPayment:
    return gateway.open_payment(attempt_key=key, amount_vnd=amount_vnd, order_number="DH-7")


def pay(world: World, payment: CardPayment, number: str, **changes: str) -> httpx.Response:
    """Do what the script on the card page does: confirm with the public key and the client secret."""
    card = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "123"} | changes
    return world.http.post(
        f"/stripe/v1/payment_intents/{payment.reference}/confirm",
        data={
            "client_secret": payment.client_secret,
            "use_stripe_sdk": "true",
            "payment_method_data[type]": "card",
            **{f"payment_method_data[card][{name}]": value for name, value in card.items()},
        },
        headers={"Authorization": f"Bearer {world.env['STRIPE_PUBLISHABLE_KEY']}"},
    )


def answer_bank(world: World, payment: CardPayment, *, agree: bool) -> httpx.Response:
    body = {"intent": payment.reference, "secret": payment.client_secret, "agree": agree}
    return world.http.post("/stripe/v3/authenticate", json=body)


def told(gateway: StripeGateway, taker: Receiver) -> list[str]:
    """Return the kinds of the events that arrived, each with a signature that the SDK accepts."""
    events = [
        gateway.read_webhook(body=call.body, signature=call.headers["Stripe-Signature"])
        for call in taker.calls
        if call.path == "/webhooks/stripe"
    ]
    return [event.kind for event in events]


def test_a_good_card_pays_the_whole_amount(world: World, taker: Receiver, gateway: StripeGateway):
    payment = opened(gateway)
    assert (payment.state, payment.amount_vnd, payment.received_vnd) == (CardState.OPEN, 215_000, 0)
    assert payment.attempt_key == "lan-1"
    answer = pay(world, payment, OK)
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    paid = gateway.get_payment(payment.reference)
    assert (paid.state, paid.received_vnd) == (CardState.PAID, 215_000)
    assert world.settle("stripe")
    assert told(gateway, taker) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        (DECLINED, "card_declined", "generic_decline"),
        (NO_MONEY, "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
    ],
)
def test_a_declined_card_pays_nothing_and_another_may_follow(
    world: World, taker: Receiver, gateway: StripeGateway, number: str, code: str, decline_code: str | None
):
    payment = opened(gateway)
    answer = pay(world, payment, number)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (402, "card_error", code)
    assert error.get("decline_code") == decline_code
    assert error["payment_intent"]["status"] == "requires_payment_method"
    after = gateway.get_payment(payment.reference)
    assert (after.state, after.received_vnd) == (CardState.OPEN, 0)
    assert world.settle("stripe")
    assert told(gateway, taker) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
    assert pay(world, payment, OK).status_code == 200
    assert gateway.get_payment(payment.reference).state is CardState.PAID


@pytest.mark.parametrize(
    ("number", "changes", "code"),
    [
        ("4242424242424241", {}, "incorrect_number"),
        ("4242", {}, "incorrect_number"),
        (OK, {"exp_month": "13"}, "invalid_expiry_month"),
        (OK, {"exp_year": "20"}, "invalid_expiry_year"),
        (OK, {"cvc": "1"}, "invalid_cvc"),
    ],
)
def test_a_slip_in_the_card_form_is_named_and_charges_nothing(
    world: World, gateway: StripeGateway, number: str, changes: dict[str, str], code: str
):
    answer = pay(world, opened(gateway), number, **changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, code)
    assert "charges" not in world.get("stripe", "objects")


@pytest.mark.parametrize(
    ("number", "agree", "state", "status"),
    [
        (ASKS_BACK, True, CardState.PAID, "succeeded"),
        (ASKS_BACK, False, CardState.OPEN, "requires_payment_method"),
        (ASKS_BACK_THEN_DECLINED, True, CardState.OPEN, "requires_payment_method"),
    ],
)
def test_a_bank_that_asks_back(
    world: World, gateway: StripeGateway, number: str, *, agree: bool, state: CardState, status: str
):
    payment = opened(gateway)
    waiting = pay(world, payment, number).json()
    assert (waiting["status"], waiting["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    assert gateway.get_payment(payment.reference).state is CardState.OPEN
    answer = answer_bank(world, payment, agree=agree)
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert gateway.get_payment(payment.reference).state is state


def test_nobody_else_can_answer_the_bank(world: World, gateway: StripeGateway):
    payment = opened(gateway)
    pay(world, payment, ASKS_BACK)
    body = {"intent": payment.reference, "secret": "pi_doan_secret_mo", "agree": True}
    assert world.http.post("/stripe/v3/authenticate", json=body).status_code == 404
    assert gateway.get_payment(payment.reference).state is CardState.OPEN


def test_a_bank_that_asks_on_a_page_of_its_own_leads_back_to_the_shop(world: World, gateway: StripeGateway):
    payment = opened(gateway)
    waiting = world.http.post(
        f"/stripe/v1/payment_intents/{payment.reference}/confirm",
        data={"payment_method": "pm_card_authenticationRequired", "return_url": "http://cho.example/don/x?a=1"},
        headers={"Authorization": f"Bearer {world.env['STRIPE_SECRET_KEY']}"},
    ).json()
    page = world.http.get(waiting["next_action"]["redirect_to_url"]["url"])
    assert page.status_code == 200
    assert "215.000 vnd" in page.text
    form = {"intent": payment.reference, "secret": payment.client_secret, "agree": "1"}
    back = world.http.post("/stripe/v3/authenticate", data=form)
    assert back.status_code == 303
    assert back.headers["Location"] == (
        f"http://cho.example/don/x?a=1&payment_intent={payment.reference}"
        f"&payment_intent_client_secret={payment.client_secret}&redirect_status=succeeded"
    )


def test_opening_twice_under_one_key_opens_once(world: World, gateway: StripeGateway):
    assert opened(gateway) == opened(gateway)
    assert len(world.get("stripe", "objects/payment_intents")["payment_intents"]) == 1


def test_another_amount_under_a_used_key_is_refused(world: World, gateway: StripeGateway):
    opened(gateway)
    with pytest.raises(Unavailable):
        opened(gateway, amount_vnd=99_000)
    assert [row["amount"] for row in world.get("stripe", "objects/payment_intents")["payment_intents"]] == [215_000]
    refusal = json.loads(world.get("stripe", "requests", operation="create_payment_intent")["requests"][-1]["answer"])
    assert refusal["error"]["type"] == "idempotency_error"


def test_a_cancelled_payment_cannot_be_paid(world: World, taker: Receiver, gateway: StripeGateway):
    payment = opened(gateway)
    assert gateway.cancel_payment(payment.reference).state is CardState.CANCELLED
    answer = pay(world, payment, OK)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "payment_intent_unexpected_state")
    assert gateway.get_payment(payment.reference).received_vnd == 0
    assert world.settle("stripe")
    assert told(gateway, taker) == ["payment_intent.created", "payment_intent.canceled"]


def test_cancelling_too_late_tells_that_it_was_paid(world: World, gateway: StripeGateway):
    payment = opened(gateway)
    pay(world, payment, OK)
    assert gateway.cancel_payment(payment.reference).state is CardState.PAID


def test_refunds_are_done_once_for_each_key(world: World, taker: Receiver, gateway: StripeGateway):
    payment = opened(gateway)
    pay(world, payment, OK)
    first = gateway.refund(reference=payment.reference, amount_vnd=65_000, key="hoan-1")
    assert first.outcome is RefundOutcome.DONE
    assert gateway.refund(reference=payment.reference, amount_vnd=65_000, key="hoan-1") == first
    assert gateway.refund(reference=payment.reference, amount_vnd=150_000, key="hoan-2").outcome is RefundOutcome.DONE
    rows = world.get("stripe", "objects/refunds")["refunds"]
    assert [row["amount"] for row in rows] == [65_000, 150_000]
    assert [row["metadata"]["refund_key"] for row in rows] == ["hoan-1", "hoan-2"]
    assert world.settle("stripe")
    assert told(gateway, taker)[-4:] == ["refund.created", "charge.refunded", "refund.created", "charge.refunded"]


def test_more_than_was_paid_is_never_refunded(world: World, gateway: StripeGateway):
    payment = opened(gateway)
    pay(world, payment, OK)
    assert gateway.refund(reference=payment.reference, amount_vnd=215_001, key="a").outcome is RefundOutcome.REFUSED
    assert gateway.refund(reference=payment.reference, amount_vnd=215_000, key="b").outcome is RefundOutcome.DONE
    assert gateway.refund(reference=payment.reference, amount_vnd=1, key="c").outcome is RefundOutcome.REFUSED
    assert len(world.get("stripe", "objects/refunds")["refunds"]) == 1


def test_what_was_never_paid_is_never_refunded(world: World, gateway: StripeGateway):
    payment = opened(gateway)
    assert gateway.refund(reference=payment.reference, amount_vnd=1_000, key="a").outcome is RefundOutcome.REFUSED
    assert "refunds" not in world.get("stripe", "objects")


@pytest.mark.parametrize(
    ("number", "kind", "status", "left"),
    [(SLOW_REFUND, "refund.updated", "succeeded", 15_000), (FAILED_REFUND, "refund.failed", "failed", 0)],
)
def test_a_refund_that_ends_later(
    world: World, taker: Receiver, gateway: StripeGateway, number: str, kind: str, status: str, left: int
):
    payment = opened(gateway)
    pay(world, payment, number)
    refund = gateway.refund(reference=payment.reference, amount_vnd=15_000, key="hoan-1")
    assert refund.outcome is RefundOutcome.PENDING
    world.order("stripe", "refunds/settle")
    assert world.settle("stripe")
    assert told(gateway, taker)[-1] == kind
    assert json.loads(taker.calls[-1].body)["data"]["object"]["status"] == status
    assert world.get("stripe", "objects/charges")["charges"][0]["amount_refunded"] == left


@pytest.mark.parametrize("kind", ["500", "500_after", "drop_after", "429"])
def test_a_hiccup_while_opening_is_repeated_and_opens_once(world: World, gateway: StripeGateway, kind: str):
    world.order("stripe", "faults", operation="create_payment_intent", kind=kind, count=1)
    if kind == "429":
        with pytest.raises(Unavailable):
            opened(gateway)
        assert "payment_intents" not in world.get("stripe", "objects")
    payment = opened(gateway)
    assert [row["id"] for row in world.get("stripe", "objects/payment_intents")["payment_intents"]] == [
        payment.reference
    ]


def test_a_refund_whose_answer_is_lost_is_made_once(world: World, gateway: StripeGateway):
    payment = opened(gateway)
    pay(world, payment, OK)
    world.order("stripe", "faults", operation="create_refund", kind="drop_after", count=2)
    with pytest.raises(Unavailable):
        gateway.refund(reference=payment.reference, amount_vnd=15_000, key="hoan-1")
    assert gateway.refund(reference=payment.reference, amount_vnd=15_000, key="hoan-1").outcome is RefundOutcome.DONE
    assert len(world.get("stripe", "objects/refunds")["refunds"]) == 1


def test_a_gateway_that_is_down_is_unavailable(world: World, gateway: StripeGateway):
    world.order("stripe", "faults", kind="500", count=2)
    with pytest.raises(Unavailable):
        opened(gateway)
    assert "payment_intents" not in world.get("stripe", "objects")


def test_nobody_waits_long_for_a_gateway_that_hangs(world: World, gateway: StripeGateway, monkeypatch):
    """A page asks it, and a page that waits holds its process."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(stripe_payments, "_PATIENCE", 0.2)
        hanging = StripeGateway(
            api_base=f"http://127.0.0.1:{silent.getsockname()[1]}", secret_key="sk_test_x", publishable_key="pk_test_x",
            webhook_secret="whsec_x", script_url="", market_name="Chợ Quê",
        )  # fmt: skip
        with pytest.raises(Unavailable):
            hanging.get_payment("pi_1")


@pytest.mark.parametrize("kind", ["forge", "stale"])
def test_a_forged_or_old_event_is_refused(world: World, taker: Receiver, gateway: StripeGateway, kind: str):
    world.order("stripe", "webhooks/faults", kind=kind)
    opened(gateway)
    assert world.settle("stripe")
    (call,) = taker.calls
    with pytest.raises(Refused):
        gateway.read_webhook(body=call.body, signature=call.headers["Stripe-Signature"])


def test_a_changed_body_is_refused(world: World, taker: Receiver, gateway: StripeGateway):
    opened(gateway)
    assert world.settle("stripe")
    (call,) = taker.calls
    with pytest.raises(Refused):
        gateway.read_webhook(body=call.body.replace(b"215000", b"115000"), signature=call.headers["Stripe-Signature"])
