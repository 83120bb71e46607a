"""The card page, the way back from it, and signed webhooks, in front of a Stripe that answers."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from marketplace.config import from_environment
from marketplace.wiring import wire
from orders.ports import PaymentGateway
from orders.queries.orders import get_order
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, get_money
from tests.factories.sellers import make_household
from tests.factories.simulators import STRIPE_WEBHOOK_SECRET, World, running_simulators
from tests.web.orders.shopper import everything, words_of


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Iterator[World]:
    with running_simulators(tmp_path_factory.mktemp("cards")) as world:
        yield world


@pytest.fixture
def world(started, app) -> Iterator[World]:
    started.reset()
    adapters = app.extensions["adapters"]
    before = adapters[PaymentGateway]
    adapters[PaymentGateway] = wire(from_environment(started.env))[PaymentGateway]
    yield started
    adapters[PaymentGateway] = before


@pytest.fixture
def placed(session, world):
    offer = make_offer(session, make_household(session), price=30_000, now=NOW)
    placed = buy(session, {offer.offer_id: 1}, method="card")
    session.commit()
    return placed


def intents(world):
    return world.get("stripe", "objects/payment_intents")["payment_intents"]


def confirm(world, reference, card="pm_card_visa"):
    return world.http.post(
        f"/stripe/v1/payment_intents/{reference}/confirm",
        data={"payment_method": card},
        headers={"Authorization": f"Bearer {world.env['STRIPE_SECRET_KEY']}"},
    ).json()


def test_the_card_page_opens_one_payment_however_often_it_is_loaded(client, session, world, placed):
    for _ in range(3):
        response = client.get(f"/don/{placed.token}/the")
        assert response.status_code == 200
    page = words_of(response)
    (intent,) = intents(world)
    assert (intent["amount"], intent["currency"]) == (52_000, "vnd")
    session.expire_all()
    assert get_money(session, placed.order_id).gateway_reference == intent["id"]
    assert f'data-secret="{intent["client_secret"]}"' in page
    assert f'data-key="{world.env["STRIPE_PUBLISHABLE_KEY"]}"' in page
    assert f'data-return="http://localhost/don/{placed.token}/the/xong"' in page
    assert world.env["STRIPE_SECRET_KEY"] not in page
    # Only this page may load the gateway's script.
    assert world.url in response.headers["Content-Security-Policy"]
    assert world.url not in client.get(f"/don/{placed.token}").headers["Content-Security-Policy"]


def test_the_way_back_believes_the_gateway_and_not_the_address(client, session, world, placed):
    client.get(f"/don/{placed.token}/the")
    back = f"/don/{placed.token}/the/xong?redirect_status=succeeded&payment_intent=pi_cua_ai"
    assert client.get(back).status_code == 303
    session.expire_all()
    assert get_order(session, placed.order_id).state == "awaiting_payment"
    confirm(world, intents(world)[0]["id"])
    for _ in range(2):
        response = client.get(back)
        assert (response.status_code, response.location) == (303, f"/don/{placed.token}")
        session.expire_all()
        order = get_order(session, placed.order_id)
        assert (order.state, order.payment.received_vnd) == ("confirmed", 52_000)
    # Paid is paid: the card page leads back to the order.
    assert client.get(f"/don/{placed.token}/the").status_code == 303
    assert len(intents(world)) == 1


def test_a_declined_card_leaves_the_order_open_for_another(client, session, world, placed):
    client.get(f"/don/{placed.token}/the")
    reference = intents(world)[0]["id"]
    assert confirm(world, reference, "pm_card_chargeDeclined")["error"]["code"] == "card_declined"
    client.get(f"/don/{placed.token}/the/xong")
    session.expire_all()
    assert get_order(session, placed.order_id).state == "awaiting_payment"
    assert client.get(f"/don/{placed.token}/the").status_code == 200
    confirm(world, reference)
    client.get(f"/don/{placed.token}/the/xong")
    session.expire_all()
    assert get_order(session, placed.order_id).state == "confirmed"


def test_a_gateway_that_fails_is_said_so(client, session, world, placed):
    before = everything(session)
    world.order("stripe", "faults", operation="create_payment_intent", kind="500", count=2)
    response = client.get(f"/don/{placed.token}/the")
    assert response.status_code in {303, 503}
    page = words_of(response if response.status_code == 503 else client.get(response.location))
    assert "Cổng thanh toán thẻ chưa trả lời" in page or "chưa trả lời" in page
    assert everything(session) == before
    assert client.get(f"/don/{placed.token}/the").status_code == 200


def signed(body, *, secret=STRIPE_WEBHOOK_SECRET, age_s=0):
    stamp = int(time.time()) - age_s
    mark = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={mark}"}


EVENT = json.dumps(
    {
        "id": "evt_7", "object": "event", "api_version": "2026-01-01", "type": "payment_intent.succeeded",
        "data": {"object": {"id": "pi_7", "object": "payment_intent"}},
    }
).encode()  # fmt: skip


def test_a_signed_webhook_is_stored_once(client, session, world):
    for _ in range(3):
        response = client.post("/webhooks/stripe", data=EVENT, headers=signed(EVENT))
        assert (response.status_code, response.json) == (200, {"received": True})
    rows = session.execute(text("SELECT source, external_id, headers FROM core_inbox")).all()
    assert [(row.source, row.external_id, row.headers["payment"]) for row in rows] == [("stripe", "evt_7", "pi_7")]


@pytest.mark.parametrize("wrong", [{"secret": "whsec_sai"}, {"age_s": 3600}])
def test_a_webhook_of_somebody_else_or_of_yesterday_is_refused(client, session, world, wrong):
    before = everything(session)
    assert client.post("/webhooks/stripe", data=EVENT, headers=signed(EVENT, **wrong)).status_code == 401
    changed = EVENT.replace(b"pi_7", b"pi_8")
    assert client.post("/webhooks/stripe", data=changed, headers=signed(EVENT)).status_code == 401
    assert everything(session) == before
