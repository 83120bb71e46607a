"""The bank and SePay: buyers who transfer well or badly, and our adapter that hears of it."""

import json
import re

import pytest

from marketplace.config import from_environment
from marketplace.core.errors import Refused
from orders.adapters.sepay import SepayFeed
from orders.ports import BankCredit
from orders.rules.vietqr import encode_vietqr, find_transfer_codes, new_transfer_code
from tests.factories.simulators import SEPAY_API_KEY, Call, Receiver, World, receiver, running_simulators

AMOUNT = 215_000


@pytest.fixture
def feed(world: World) -> SepayFeed:
    bank = from_environment(world.env).bank
    return SepayFeed(
        api_key=bank.sepay_api_key,
        bank_bin=bank.bank_bin,
        account_number=bank.account_number,
        account_name=bank.account_name,
    )


def read(feed: SepayFeed, call: Call) -> BankCredit:
    feed.check_webhook(authorization=call.headers["Authorization"])
    credit = feed.read_webhook(call.body)
    assert credit is not None
    return credit


def transfer(world: World, content: str, **more: object) -> list[dict[str, object]]:
    return list(world.order("sepay", "transfers", amount=AMOUNT, content=content, **more)["transfers"])


def test_our_adapter_hears_of_a_transfer(world: World, taker: Receiver, feed: SepayFeed):
    code = new_transfer_code()
    (row,) = transfer(world, code)
    assert world.settle("sepay")
    (call,) = taker.calls
    assert call.path == "/webhooks/sepay"
    credit = read(feed, call)
    assert (credit.external_id, credit.amount_vnd, credit.account_number) == (str(row["id"]), AMOUNT, "0123456789")
    assert find_transfer_codes(credit.content) == [code]
    assert credit.reference == row["referenceCode"]


@pytest.mark.parametrize(
    ("accident", "amounts", "codes_found"),
    [
        ("none", [AMOUNT], 1),
        ("short", [193_500], 1),
        ("over", [225_000], 1),
        ("wrong_content", [AMOUNT], 0),
        ("no_content", [AMOUNT], 0),
        ("split", [107_500, 107_500], 2),
        ("twice", [AMOUNT, AMOUNT], 2),
        ("repeated", [AMOUNT, AMOUNT], 2),
    ],
)
def test_accidents_of_buyers(
    world: World, taker: Receiver, feed: SepayFeed, accident: str, amounts: list[int], codes_found: int
):
    code = new_transfer_code()
    transfer(world, code, accident=accident)
    assert world.settle("sepay")
    credits_ = [read(feed, call) for call in taker.calls]
    assert [credit.amount_vnd for credit in credits_] == amounts
    assert sum(find_transfer_codes(credit.content) == [code] for credit in credits_) == codes_found
    # A transfer that is told of twice keeps its number; two transfers have two.
    assert len({credit.external_id for credit in credits_}) == (1 if accident == "repeated" else len(amounts))


def test_a_late_message_waits_for_the_clock(world: World, taker: Receiver):
    transfer(world, "CQ1", accident="late", seconds=3600)
    assert world.settle("sepay")
    assert taker.calls == []
    world.order("sepay", "clock", advance_seconds=3601)
    assert world.settle("sepay")
    assert len(taker.calls) == 1


def test_an_accident_of_one_transfer_leaves_the_orders_of_the_tester_alone(world: World, taker: Receiver):
    world.order("sepay", "webhooks/faults", kind="drop")
    transfer(world, "CQ1", accident="repeated")
    transfer(world, "CQ2")
    transfer(world, "CQ3")
    assert world.settle("sepay")
    told = [json.loads(call.body)["description"] for call in taker.calls]
    assert told == ["BankAPINotify CQ1", "BankAPINotify CQ1", "BankAPINotify CQ3"]


def test_money_that_goes_out_is_no_credit(world: World, taker: Receiver, feed: SepayFeed):
    transfer(world, "HOAN TIEN", direction="out")
    assert world.settle("sepay")
    assert feed.read_webhook(taker.calls[0].body) is None


@pytest.mark.parametrize(
    "data",
    [
        {"amount": 0, "content": "CQ1"},
        {"amount": 1000, "content": ""},
        {"amount": 1000, "content": "x" * 201},
        {"amount": 1000, "content": "CQ1", "accident": "stolen"},
        {"amount": 1000, "content": "CQ1", "direction": "up"},
        {"amount": 1, "content": "CQ1", "accident": "split"},
    ],
)
def test_what_no_bank_takes_moves_no_money(world: World, data: dict[str, object]):
    answer = world.http.post("/sepay/__sim/transfers", json=data)
    assert answer.status_code == 400
    assert world.get("sepay", "transfers")["transfers"] == []
    assert world.deliveries("sepay") == []


def test_a_forged_message_is_refused(world: World, taker: Receiver, feed: SepayFeed):
    world.order("sepay", "webhooks/faults", kind="forge")
    transfer(world, "CQ1")
    assert world.settle("sepay")
    with pytest.raises(Refused):
        feed.check_webhook(authorization=taker.calls[0].headers["Authorization"])


def test_a_message_is_repeated_until_success_is_answered(world: World, taker: Receiver):
    taker.answers += [(200, b"OK"), (200, b'{"success": false}'), (500, b"")]
    transfer(world, "CQ1")
    for _ in range(4):
        assert world.settle("sepay", everything=True)
    (delivery,) = world.deliveries("sepay")
    assert [attempt["status"] for attempt in delivery["attempts"]] == [200, 200, 500, 200]
    assert delivery["state"] == "delivered"
    assert len({call.body for call in taker.calls}) == 1


def test_after_seven_repetitions_sepay_gives_up(world: World, taker: Receiver):
    taker.answer = (500, b"")
    transfer(world, "CQ1")
    for _ in range(10):
        world.settle("sepay", everything=True)
    (delivery,) = world.deliveries("sepay")
    assert (len(delivery["attempts"]), delivery["state"]) == (8, "gave_up")


def test_those_who_poll_see_the_same(world: World):
    transfer(world, "CQ1")
    (second,) = transfer(world, "CQ2")
    path = "/sepay/userapi/transactions/list"
    assert world.http.get(path).status_code == 401
    headers = {"Authorization": f"Bearer {SEPAY_API_KEY}"}
    rows = world.http.get(path, headers=headers).json()["transactions"]
    assert [row["amount_in"] for row in rows] == ["215000.00", "215000.00"]
    assert rows[0]["id"] == str(second["id"])
    newer = world.http.get(path, params={"since_id": int(rows[1]["id"])}, headers=headers).json()["transactions"]
    assert [row["id"] for row in newer] == [str(second["id"])]
    other = world.http.get(path, params={"account_number": "999"}, headers=headers).json()["transactions"]
    assert other == []


def test_a_buyer_reads_our_code_and_transfers(world: World, taker: Receiver, feed: SepayFeed):
    code = new_transfer_code()
    payload = encode_vietqr(bank_bin="970436", account_number="0123456789", amount_vnd=AMOUNT, purpose=code)
    page = world.http.get("/sepay/", params={"qr": payload}).text
    filled = dict(re.findall(r'name="(account|amount|content)"[^>]*value="([^"]*)"', page))
    assert filled == {"account": "0123456789", "amount": str(AMOUNT), "content": code}
    answer = world.http.post("/sepay/transfer", data=filled)
    assert answer.status_code == 303
    assert "Đã chuyển 215.000đ." in world.http.get(answer.headers["Location"]).text
    assert world.settle("sepay")
    assert find_transfer_codes(read(feed, taker.calls[0]).content) == [code]


def test_an_address_fills_the_form(world: World):
    page = world.http.get("/sepay/", params={"amount": "50000", "content": "CQ9", "account": "777"}).text
    filled = dict(re.findall(r'name="(account|amount|content)"[^>]*value="([^"]*)"', page))
    assert filled == {"account": "777", "amount": "50000", "content": "CQ9"}


@pytest.mark.parametrize(
    "form",
    [
        {"account": "777", "amount": "50000", "content": "CQ9"},
        {"account": "0123456789", "amount": "", "content": "CQ9"},
        {"account": "0123456789", "amount": "50000", "content": ""},
    ],
)
def test_a_form_that_no_bank_takes_is_shown_again(world: World, form: dict[str, str]):
    answer = world.http.post("/sepay/transfer", data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert world.get("sepay", "transfers")["transfers"] == []


def test_what_is_no_payment_code_is_said_to_be_none(world: World):
    assert "Không đọc được mã VietQR này." in world.http.get("/sepay/", params={"qr": "xin chào"}).text


def test_sepay_can_sign_with_a_time_stamp(tmp_path):
    import hashlib
    import hmac

    with running_simulators(tmp_path, sepay_mode="hmac", sepay_hmac_secret="kin") as world, receiver() as taken:
        world.webhooks_to(taken.url)
        transfer(world, "CQ1")
        assert world.settle("sepay")
        (call,) = taken.calls
    signed = call.headers["X-Sepay-Timestamp"].encode() + b"." + call.body
    assert call.headers["X-Sepay-Signature"] == "sha256=" + hmac.new(b"kin", signed, hashlib.sha256).hexdigest()
    assert "Authorization" not in call.headers
