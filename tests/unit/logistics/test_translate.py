"""From and to the words of Viettel Post."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.adapters.viettelpost import translate
from logistics.adapters.viettelpost.places import bare
from logistics.errors import UnreadableWebhook
from logistics.ports import Booking
from logistics.rules.states import ParcelState
from tests.unit.logistics.test_tariff import SPEC

MESSAGE = {
    "DATA": {
        "ORDER_NUMBER": "15123456789",
        "ORDER_REFERENCE": "DH-ABC1234-1",
        "ORDER_STATUS": 506,
        "STATUS_NAME": "Tồn",
        "ORDER_STATUSDATE": "20/11/2026 09:30:15",
        "LOCALION_CURRENTLY": "Bưu cục Hàm Rồng",
        "MONEY_COLLECTION": "120000",
        "MONEY_TOTAL": 31_500.0,
        "REASON_CODE": 36,
        "IS_RETURNING": False,
    },
    "TOKEN": "bí mật",
}


def test_a_message_becomes_a_word() -> None:
    word = translate.read_word(MESSAGE)
    assert word is not None
    assert (word.reference, word.waybill, word.code, word.state) == (
        "DH-ABC1234-1",
        "15123456789",
        "506",
        "delivery_failed",
    )
    assert word.happened_at == datetime(2026, 11, 20, 2, 30, 15, tzinfo=UTC)
    assert word.place == "Bưu cục Hàm Rồng"
    assert (word.reason_code, word.reason) == ("36", "Không liên lạc được với người nhận")
    assert (word.cod_vnd, word.fee_vnd, word.is_returning) == (120_000, 31_500, False)


def test_an_unknown_code_is_kept_without_a_meaning() -> None:
    word = translate.read_word({"DATA": {**MESSAGE["DATA"], "ORDER_STATUS": 570, "STATUS_NAME": "Khác"}})  # type: ignore[dict-item]
    assert word is not None
    assert (word.code, word.state, word.label) == ("570", None, "Khác")


def test_letters_that_no_database_takes_are_left_out() -> None:
    data = {**MESSAGE["DATA"], "LOCALION_CURRENTLY": "Bưu\x00 cục \ud800", "ORDER_REFERENCE": ["x"]}  # type: ignore[dict-item]
    word = translate.read_word({"DATA": data})
    assert word is not None
    assert (word.place, word.reference) == ("Bưu cục ?", "")
    message = {"DATA": {**data, "ORDER_NUMBER": "15\x0001"}}
    assert translate.message_key(message, b"") == "1501|506|20/11/2026 09:30:15"


def test_a_message_about_something_else_says_nothing() -> None:
    assert translate.read_word({"DATA": {"PROMOTION": 1}, "TOKEN": "x"}) is None
    assert translate.read_word({"EVENT": "ping"}) is None


@pytest.mark.parametrize("date", [None, "", "2026-11-20 09:30:15", "31/02/2026 09:30:15", 17])
def test_a_message_without_a_time_cannot_be_read(date: object) -> None:
    with pytest.raises(UnreadableWebhook):
        translate.read_word({"DATA": {**MESSAGE["DATA"], "ORDER_STATUSDATE": date}})  # type: ignore[dict-item]


def test_every_listed_code_means_one_known_state() -> None:
    rows = translate._rows("viettelpost_states.tsv")
    assert len({code for code, _, _ in rows}) == len(rows) == 36
    assert {state for _, state, _ in rows} <= set(ParcelState)


def test_repetitions_share_a_key_and_states_do_not() -> None:
    body = json.dumps(MESSAGE).encode()
    assert translate.message_key(MESSAGE, body) == "15123456789|506|20/11/2026 09:30:15"
    assert translate.message_key({"EVENT": "ping"}, b"{}").startswith("sha256:44136fa355b3678a")


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (35001, 35001),
        ("35000", 35000),
        ("35002.0", 35002),
        (35003.0, 35003),
        (0, 0),
        ("", None),
        (None, None),
        (True, None),
        (-1, None),
        ("35.000,5", None),
        (0.5, None),
        ([], None),
    ],
)
def test_money_comes_as_number_or_text(value: object, amount: int | None) -> None:
    assert translate.read_money(value) == amount


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        ("48 giờ", 48),
        ("48 gio", 48),
        ("2 ngày", 48),
        ("1,5 ngày", 36),
        (24.0, 24),
        (0, None),
        ("sớm", None),
        (None, None),
        (True, None),
    ],
)
def test_hours_come_as_number_or_text(value: object, hours: int | None) -> None:
    assert translate.read_hours(value) == hours


@given(st.text(max_size=200))
def test_clipping_keeps_whole_letters_within_150_bytes(text: str) -> None:
    short = translate.clip(text)
    assert len(short.encode()) <= 150
    assert " ".join(text.split()).startswith(short)


def test_cash_is_collected_as_goods_money_because_delivery_is_in_it() -> None:
    places = ((1, 100_000_001, 2), (1, 100_000_001, 3))
    paid = translate.order_fields("DH-1", SPEC, *places)
    cash = translate.order_fields("DH-1", replace(SPEC, cod_vnd=120_000), *places)
    assert (paid["ORDER_PAYMENT"], paid["MONEY_COLLECTION"]) == (1, 0)
    assert (cash["ORDER_PAYMENT"], cash["MONEY_COLLECTION"]) == (3, 120_000)
    assert paid["CHECK_UNIQUE"] is True
    assert (paid["SENDER_PROVINCE"], paid["SENDER_DISTRICT"], paid["SENDER_WARD"]) == places[0]


@pytest.mark.parametrize(("field", "line"), [("RECEIVER_ADDRESS", "Đ" * 76), ("RECEIVER_ADDRESS", " ")])
def test_an_address_is_never_cut(field: str, line: str) -> None:
    spec = replace(SPEC, recipient=replace(SPEC.recipient, line=line))
    with pytest.raises(ValueError, match=field):
        translate.order_fields("DH-1", spec, (1, 1, 1), (1, 1, 1))


def test_an_answer_names_the_waybill_like_our_code() -> None:
    assert translate.read_booking({"ORDER_NUMBER": "15999", "MONEY_TOTAL": "31500"}) == Booking("15999", 31_500)
    assert translate.read_booking({"MONEY_TOTAL": 1}) is None
    assert translate.read_booking("OK") is None


def test_a_price_list_leaves_nonsense_out() -> None:
    rows = [
        {"MA_DV_CHINH": "VCN", "TEN_DICHVU": "Nhanh", "GIA_CUOC": "32400", "THOI_GIAN": "48 giờ"},
        {"MA_DV_CHINH": "STK", "GIA_CUOC": "miễn phí"},
        "?",
    ]
    quotes = translate.read_price_list(rows)
    assert [(q.service, q.service_name, q.fee_vnd, q.transit_hours) for q in quotes] == [("VCN", "Nhanh", 32_400, 48)]
    assert translate.read_price_list({"error": True}) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("Xã Nga Sơn", "NGA SƠN"), ("Thành phố Hà Nội", "Hà Nội"), ("Tỉnh Thanh Hoá", "Thanh Hóa")],
)
def test_a_place_is_known_with_and_without_its_kind(one: str, other: str) -> None:
    assert bare(one) == bare(other)
