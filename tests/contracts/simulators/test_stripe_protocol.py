"""Stripe's API as the SDK speaks it: keys, forms, errors, replays, lists, and pages of other origins."""

import json

import httpx
import pytest
import stripe

from tests.factories.simulators import Receiver, World


@pytest.fixture
def client(world: World) -> stripe.StripeClient:
    return stripe.StripeClient(
        world.env["STRIPE_SECRET_KEY"], base_addresses={"api": world.env["STRIPE_API_BASE"]}, max_network_retries=0
    )


def test_the_sdk_is_told_what_is_missing_or_unknown(client: stripe.StripeClient):
    with pytest.raises(stripe.InvalidRequestError, match="amount") as missing:
        client.v1.payment_intents.create({"currency": "vnd"})  # type: ignore[typeddict-item]
    assert (missing.value.code, missing.value.param, missing.value.http_status) == ("parameter_missing", "amount", 400)
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.payment_intents.create({"amount": 50_000, "currency": "vnd", "colour": "xanh"})  # type: ignore[typeddict-unknown-key]
    assert unknown.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError) as nobody:
        client.v1.payment_intents.retrieve("pi_khong_co")
    assert (nobody.value.code, nobody.value.http_status) == ("resource_missing", 404)


@pytest.mark.parametrize(
    ("amount", "code"), [(12_999, "amount_too_small"), (100_000_000, "amount_too_large"), (0, "amount_too_small")]
)
def test_amounts_have_limits(client: stripe.StripeClient, amount: int, code: str):
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.payment_intents.create({"amount": amount, "currency": "vnd"})
    assert error.value.code == code


def test_a_wrong_key_opens_nothing(world: World):
    stranger = stripe.StripeClient("sk_test_doan_mo", base_addresses={"api": world.env["STRIPE_API_BASE"]})
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.payment_intents.create({"amount": 50_000, "currency": "vnd"})
    assert "payment_intents" not in world.get("stripe", "objects")


def test_the_public_key_alone_reads_and_creates_nothing(world: World, client: stripe.StripeClient):
    intent = client.v1.payment_intents.create({"amount": 50_000, "currency": "vnd"})
    headers = {"Authorization": f"Bearer {world.env['STRIPE_PUBLISHABLE_KEY']}"}
    path = f"/stripe/v1/payment_intents/{intent.id}"
    assert world.http.get(path, headers=headers).status_code == 404
    assert world.http.get(f"{path}?client_secret=sai", headers=headers).status_code == 404
    right = world.http.get(path, params={"client_secret": intent.client_secret}, headers=headers)
    assert (right.status_code, right.json()["id"]) == (200, intent.id)
    created = world.http.post("/stripe/v1/payment_intents", data={"amount": "50000"}, headers=headers)
    assert (created.status_code, created.json()["error"]["code"]) == (403, "secret_key_required")


def test_a_replay_gives_the_same_answer_and_says_so(world: World, client: stripe.StripeClient):
    headers = {"Authorization": f"Bearer {world.env['STRIPE_SECRET_KEY']}", "Idempotency-Key": "mot"}
    first, second = (
        world.http.post("/stripe/v1/payment_intents", data={"amount": "50000", "currency": "vnd"}, headers=headers)
        for _ in range(2)
    )
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_refusal_of_a_card_is_replayed_but_a_malformed_call_is_not(world: World, client: stripe.StripeClient):
    def create(**params: object) -> stripe.PaymentIntent:
        return client.v1.payment_intents.create(
            {"currency": "vnd", **params},  # type: ignore[typeddict-item]
            {"idempotency_key": "mot"},
        )

    with pytest.raises(stripe.InvalidRequestError):
        create()
    declined = {"amount": 50_000, "confirm": True, "payment_method": "pm_card_chargeDeclined",
                "return_url": "http://cho.example/"}  # fmt: skip
    for _ in range(2):
        with pytest.raises(stripe.CardError) as error:
            create(**declined)
        assert error.value.code == "card_declined"
    assert len(world.get("stripe", "objects/charges")["charges"]) == 1


def test_a_key_is_forgotten_after_a_day(world: World, client: stripe.StripeClient):
    def create() -> str:
        return client.v1.payment_intents.create({"amount": 50_000, "currency": "vnd"}, {"idempotency_key": "mot"}).id

    first = create()
    world.order("stripe", "clock", advance_hours=23.9)
    assert create() == first
    world.order("stripe", "clock", advance_hours=0.2)
    assert create() != first


def test_card_numbers_may_only_come_from_the_card_page(client: stripe.StripeClient, world: World):
    with pytest.raises(stripe.InvalidRequestError, match="unsafe"):
        client.v1.payment_methods.create(
            {"type": "card", "card": {"number": "4242424242424242", "exp_month": 1, "exp_year": 2040, "cvc": "123"}}
        )
    kept = json.dumps([world.get("stripe", "requests"), world.get("stripe", "objects")])
    assert "4242424242424242" not in kept


def test_the_card_number_is_kept_nowhere(world: World, client: stripe.StripeClient, taker: Receiver):
    intent = client.v1.payment_intents.create({"amount": 50_000, "currency": "vnd"})
    answer = world.http.post(
        f"/stripe/v1/payment_intents/{intent.id}/confirm",
        data={
            "client_secret": intent.client_secret or "", "return_url": "http://cho.example/",
            "payment_method_data[type]": "card", "payment_method_data[card][number]": "4242424242424242",
            "payment_method_data[card][exp_month]": "1", "payment_method_data[card][exp_year]": "40",
            "payment_method_data[card][cvc]": "987",
        },
        headers={"Authorization": f"Bearer {world.env['STRIPE_PUBLISHABLE_KEY']}"},
    )  # fmt: skip
    assert answer.json()["status"] == "succeeded"
    assert world.settle("stripe")
    kept = json.dumps([world.get("stripe", "requests"), world.get("stripe", "objects")])
    assert "4242424242424242" not in kept
    assert intent.client_secret not in json.dumps(world.get("stripe", "requests", operation="confirm_payment_intent"))


def test_money_set_aside_is_captured_in_part_or_let_go(client: stripe.StripeClient):
    def hold() -> stripe.PaymentIntent:
        return client.v1.payment_intents.create({
            "amount": 50_000, "currency": "vnd", "capture_method": "manual", "confirm": True,
            "payment_method": "pm_card_visa", "return_url": "http://cho.example/",
        })  # fmt: skip

    held = hold()
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 50_000, 0)
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 30_000})
    assert (taken.status, taken.amount_received) == ("succeeded", 30_000)
    assert client.v1.payment_intents.cancel(hold().id).status == "canceled"


def test_lists_page_newest_first_and_expand(client: stripe.StripeClient):
    ids = [client.v1.payment_intents.create({"amount": 50_000 + n, "currency": "vnd"}).id for n in range(3)]
    first = client.v1.payment_intents.list({"limit": 2})
    assert ([row.id for row in first.data], first.has_more) == (ids[:0:-1], True)
    rest = client.v1.payment_intents.list({"limit": 2, "starting_after": ids[1]})
    assert ([row.id for row in rest.data], rest.has_more) == (ids[:1], False)
    paid = client.v1.payment_intents.confirm(
        ids[0], {"payment_method": "pm_card_visa", "return_url": "http://cho.example/", "expand": ["latest_charge"]}
    )
    assert paid.latest_charge.status == "succeeded"  # type: ignore[union-attr]


def test_events_are_sent_again_until_somebody_takes_them(world: World, taker: Receiver, client: stripe.StripeClient):
    taker.answers += [(500, b""), (503, b"")]
    client.v1.payment_intents.create({"amount": 50_000, "currency": "vnd"})
    assert world.settle("stripe", everything=True)
    world.settle("stripe", everything=True)
    world.settle("stripe", everything=True)
    (delivery,) = world.deliveries("stripe")
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 503, 200]
    assert delivery["state"] == "delivered"
    assert len({json.loads(call.body)["id"] for call in taker.calls}) == 1
    (event,) = client.v1.events.list({"type": "payment_intent.created"}).data
    assert event.id == json.loads(taker.calls[0].body)["id"]


def test_a_shop_on_another_origin_may_call_with_its_public_key(world: World, client: stripe.StripeClient):
    intent = client.v1.payment_intents.create({"amount": 50_000, "currency": "vnd"})
    world.order("stripe", "faults", kind="500")
    origin = {"Origin": "http://cho.example", "Access-Control-Request-Method": "GET",
              "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    asked = world.http.options(f"/stripe/v1/payment_intents/{intent.id}", headers=origin)
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    # The question before the call neither uses up the fault nor enters the journal.
    assert world.get("stripe", "faults")["faults"] != []
    assert [call["method"] for call in world.get("stripe", "requests")["requests"]] == ["POST"]


def test_the_script_is_a_script_and_the_frame_locks_itself_in(world: World):
    script = world.http.get("/stripe/v3/")
    assert script.headers["Content-Type"].startswith("text/javascript")
    frame = world.http.get("/stripe/v3/element")
    assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
    assert "frame-ancestors" not in frame.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame.headers


def test_a_call_without_a_key_is_refused_in_the_shape_of_stripe(world: World):
    answer = httpx.post(f"{world.url}/stripe/v1/refunds", data={"charge": "ch_1"}, trust_env=False)
    assert (answer.status_code, list(answer.json())) == (401, ["error"])
