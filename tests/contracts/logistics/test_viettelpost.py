"""Our adapter against Viettel Post's protocol, over HTTP: what it promises, and its traps."""

import itertools
import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from logistics.adapters.viettelpost.carrier import ViettelPost
from logistics.adapters.viettelpost.client import Account
from logistics.errors import ForgedWebhook
from logistics.ports import (
    Booking,
    Done,
    NotSent,
    ParcelSpec,
    PostalAddress,
    RefusedByCarrier,
    Unknown,
    Unsupported,
    Word,
)
from logistics.services import quote_parcels
from simulators.server import Simulators
from tests.contracts.logistics.conftest import SECRET, Control

FARM = PostalAddress(
    name="Hộ bà Lê Thị Hoa",
    phone="0912345678",
    line="Thôn 5",
    commune_name="Xã Vân Du",
    province_name="Thanh Hóa",
)
CITY = PostalAddress(
    name="Nguyễn Văn An",
    phone="0987654321",
    line="Số 12 ngõ 3 phố Hàng Bột",
    commune_name="Phường Ba Đình",
    province_name="Thành phố Hà Nội",
)
SPEC = ParcelSpec(
    sender=FARM,
    recipient=CITY,
    weight_g=3000,
    cod_vnd=215_000,
    declared_vnd=180_000,
    contents="Cam Vân Du 3 kg",
    note="Gọi trước khi giao",
    service="VCN",
)


def booked(carrier: ViettelPost, reference: str = "DH-1") -> Booking:
    outcome = carrier.create(reference, SPEC)
    assert isinstance(outcome, Done)
    return outcome.value


def test_the_price_list_names_services_prices_and_hours(carrier: ViettelPost) -> None:
    listed = carrier.quote(replace(SPEC, service=""))
    assert isinstance(listed, Done)
    assert [quote.service for quote in listed.value] == ["VCN", "STK"]
    assert all(quote.carrier == "viettelpost" and not quote.is_estimate for quote in listed.value)
    assert all(quote.fee_vnd > 0 and quote.transit_hours for quote in listed.value)


def test_the_price_of_one_service_has_its_surcharges_in(carrier: ViettelPost) -> None:
    listed = carrier.quote(replace(SPEC, service=""))
    exact = carrier.quote(SPEC)
    assert isinstance(listed, Done)
    assert isinstance(exact, Done)
    assert exact.value[0].fee_vnd > next(q.fee_vnd for q in listed.value if q.service == "VCN")


def test_the_fee_of_a_booking_is_the_one_quoted(carrier: ViettelPost) -> None:
    exact = carrier.quote(SPEC)
    assert isinstance(exact, Done)
    assert booked(carrier).fee_vnd == exact.value[0].fee_vnd


def test_a_booking_says_everything_to_the_carrier(carrier: ViettelPost, control: Control) -> None:
    waybill = booked(carrier).waybill
    (parcel,) = control.parcels("DH-1")
    order = parcel["order"]
    assert isinstance(order, dict)
    assert parcel["waybill"] == waybill
    assert (order["MONEY_COLLECTION"], order["ORDER_PAYMENT"]) == (215_000, 3)
    assert (order["SENDER_FULLNAME"], order["RECEIVER_FULLNAME"]) == ("Hộ bà Lê Thị Hoa", "Nguyễn Văn An")
    assert (order["PRODUCT_NAME"], order["PRODUCT_WEIGHT"], order["PRODUCT_PRICE"]) == (
        "Cam Vân Du 3 kg",
        3000,
        180_000,
    )
    assert parcel["sender"]["label"] == "Xã Vân Du, Thanh Hóa"  # type: ignore[index]
    assert parcel["receiver"]["label"] == "Phường Ba Đình, Hà Nội"  # type: ignore[index]


def test_asking_twice_under_one_reference_makes_one_parcel(carrier: ViettelPost, control: Control) -> None:
    booked(carrier)
    assert carrier.create("DH-1", SPEC) == Done(Booking(waybill=None))
    assert len(control.parcels("DH-1")) == 1


@pytest.mark.parametrize("kind", ["timeout_after", "drop_after", "500_after"])
def test_a_lost_answer_is_unknown_and_asking_again_makes_no_second(
    simulators: Simulators, control: Control, kind: str
) -> None:
    account = Account(f"{simulators.url}/viettelpost", "simulator", "simulator", read_timeout_s=1)
    carrier = ViettelPost(account, SECRET)
    assert isinstance(carrier.quote(SPEC), Done)
    control.post("faults", operation="createOrder", kind=kind, seconds=1.5)
    assert isinstance(carrier.create("DH-1", SPEC), Unknown)
    assert carrier.create("DH-1", SPEC) == Done(Booking(waybill=None))
    assert len(control.parcels("DH-1")) == 1


def test_too_many_calls_means_that_nothing_was_sent(carrier: ViettelPost, control: Control) -> None:
    assert isinstance(carrier.quote(SPEC), Done)
    control.post("faults", operation="createOrder", kind="429")
    assert isinstance(carrier.create("DH-1", SPEC), NotSent)
    assert control.parcels("DH-1") == []


def test_nobody_there_means_that_nothing_was_sent() -> None:
    nobody = ViettelPost(Account("http://127.0.0.1:9", "simulator", "simulator"), SECRET)
    assert isinstance(nobody.create("DH-1", SPEC), NotSent)
    assert isinstance(nobody.cancel("15000000000", "thôi"), NotSent)


def test_an_expired_token_is_replaced_without_a_second_parcel(carrier: ViettelPost, control: Control) -> None:
    assert isinstance(carrier.quote(SPEC), Done)
    control.post("tokens/expire")
    assert booked(carrier).waybill
    assert len(control.parcels("DH-1")) == 1


def test_a_token_that_is_refused_twice_is_our_mistake_and_is_not_asked_for_ever(
    carrier: ViettelPost, control: Control
) -> None:
    assert isinstance(carrier.quote(SPEC), Done)
    control.post("faults", operation="createOrder", kind="expired_token", count=5)
    assert carrier.create("DH-1", SPEC) == NotSent("token refused twice")
    assert control.parcels("DH-1") == []


def test_a_wrong_password_sends_nothing(simulators: Simulators, control: Control) -> None:
    stranger = ViettelPost(Account(f"{simulators.url}/viettelpost", "simulator", "sai"), SECRET)
    outcome = stranger.create("DH-1", SPEC)
    assert outcome == NotSent("login: Invalid owner account or password!")
    assert control.parcels("DH-1") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recipient": replace(CITY, phone="113")}, "Incorrect data: RECEIVER_PHONE"),
        ({"recipient": replace(CITY, line="Đ" * 100)}, "Incorrect data: RECEIVER_ADDRESS"),
        ({"recipient": replace(CITY, commune_name="Xã Không Có")}, "Invalid [RECEIVER_WARD]"),
        ({"sender": replace(FARM, province_name="Atlantis")}, "Invalid [SENDER_PROVINCE]"),
        ({"service": "VHT"}, "Price does not apply to this itinerary!"),
        ({"cod_vnd": 100_000_001}, "Invalid [MONEY_COLLECTION]"),
    ],
    ids=["phone", "address", "commune", "province", "service", "cash"],
)
def test_what_the_carrier_does_not_take_is_refused_in_its_own_words(
    carrier: ViettelPost, control: Control, change: dict[str, object], words: str
) -> None:
    outcome = carrier.create("DH-1", replace(SPEC, **change))  # type: ignore[arg-type]
    assert isinstance(outcome, RefusedByCarrier)
    assert outcome.reason == words
    assert control.parcels("DH-1") == []


def test_a_parcel_is_called_off_before_the_postman_has_it(carrier: ViettelPost, control: Control) -> None:
    waybill = booked(carrier).waybill or ""
    assert carrier.cancel(waybill, "Người mua đổi ý") == Done(None)
    (parcel,) = control.parcels("DH-1")
    assert parcel["status"] == 107


def test_a_parcel_in_the_postmans_hands_is_not_called_off(carrier: ViettelPost, control: Control) -> None:
    waybill = booked(carrier).waybill or ""
    control.post(f"parcels/{waybill}/run", script="cancel_race")
    assert isinstance(carrier.cancel(waybill, "Người mua đổi ý"), RefusedByCarrier)
    assert control.parcels("DH-1")[0]["status"] == 105


def test_a_parcel_that_could_not_be_delivered_goes_back_on_our_word(carrier: ViettelPost, control: Control) -> None:
    waybill = booked(carrier).waybill or ""
    control.post(f"parcels/{waybill}/run", script="happy", until=300)
    on_its_way = carrier.send_back(waybill, "Thu hồi hàng không an toàn")
    assert isinstance(on_its_way, RefusedByCarrier)
    assert control.parcels("DH-1")[0]["status"] == 300
    control.post(f"parcels/{waybill}/status", status=505, reason=30)
    assert carrier.send_back(waybill, "Thu hồi hàng không an toàn") == Done(None)
    assert control.parcels("DH-1")[0]["status"] == 515
    assert isinstance(carrier.send_back(waybill, "Thu hồi hàng không an toàn"), RefusedByCarrier), "once is enough"


def test_a_label_can_be_opened(carrier: ViettelPost, control: Control) -> None:
    outcome = carrier.label(booked(carrier).waybill or "")
    assert isinstance(outcome, Done)
    assert outcome.value.url is not None
    page = control.http.get(outcome.value.url)
    assert page.status_code == 200
    assert "Nguyễn Văn An" in page.text
    assert outcome.value.expires_at is not None
    assert outcome.value.expires_at > datetime.now(UTC)
    assert isinstance(carrier.label("15000000000"), RefusedByCarrier)


def test_the_state_of_a_parcel_cannot_be_asked(carrier: ViettelPost) -> None:
    assert carrier.track("15000000000") == Unsupported()


def test_the_carriers_messages_tell_the_whole_journey(carrier: ViettelPost, control: Control) -> None:
    waybill = booked(carrier).waybill or ""
    control.post(f"parcels/{waybill}/run", script="two_failed_then_return")
    words: list[Word] = []
    keys = set()
    for message in control.messages():
        body = json.dumps({"DATA": message["body"], "TOKEN": SECRET}).encode()
        keys.add(carrier.check_webhook(headers={}, body=body))
        words += carrier.read_webhook(body)
    assert len(keys) == len(words) == len(control.messages())
    assert {(word.reference, word.waybill, word.cod_vnd) for word in words} == {("DH-1", waybill, 215_000)}
    assert [word.state for word in words][:8] == ["booked"] * 2 + ["collecting"] + ["picked_up"] * 2 + [
        "in_transit",
        "in_transit",
        "out_for_delivery",
    ]
    assert words[-1].state == "returned"
    assert [word.reason for word in words if word.reason] == [
        "Không liên lạc được với người nhận",
        "Người nhận hẹn giao lại",
        "Người nhận không còn nhu cầu",
    ]
    assert all(earlier.happened_at < later.happened_at for earlier, later in itertools.pairwise(words))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"DATA": {}, "TOKEN": "sai"}', b'{"TOKEN": 17}', b"\xff"])
def test_a_message_without_the_secret_is_forged(carrier: ViettelPost, body: bytes) -> None:
    with pytest.raises(ForgedWebhook):
        carrier.check_webhook(headers={"Authorization": "sai"}, body=body)


def test_an_adapter_without_a_secret_believes_nobody() -> None:
    silent = ViettelPost(Account("http://127.0.0.1:9", "a", "b"), "")
    with pytest.raises(ForgedWebhook):
        silent.check_webhook(headers={"Authorization": ""}, body=b'{"TOKEN": ""}')


def test_the_secret_may_come_in_the_header(carrier: ViettelPost) -> None:
    assert carrier.check_webhook(headers={"Authorization": SECRET}, body=b"{}").startswith("sha256:")


def test_quotes_for_several_households_come_in_their_order(carrier: ViettelPost) -> None:
    near = replace(SPEC, service="", recipient=replace(CITY, commune_name="Phường Hàm Rồng", province_name="Thanh Hóa"))
    far = replace(SPEC, service="")
    hasty = replace(far, max_transit_hours=50)
    quotes = quote_parcels(carrier=carrier, specs=[near, far, hasty])
    assert [(quote.service, quote.transit_hours, quote.is_estimate) for quote in quotes] == [
        ("STK", 36, False),
        ("STK", 96, False),
        ("VCN", 60, False),
    ]
    exact = carrier.quote(replace(near, service="STK"))
    assert isinstance(exact, Done)
    assert quotes[0].fee_vnd == exact.value[0].fee_vnd


def test_a_slow_carrier_is_replaced_by_our_estimate_in_time(carrier: ViettelPost, control: Control) -> None:
    control.post("faults", operation="getPriceAll", kind="slow", seconds=2)
    begun = time.monotonic()
    (quote,) = quote_parcels(carrier=carrier, specs=[replace(SPEC, service="")], timeout_s=0.5)
    assert time.monotonic() - begun < 1.5
    assert (quote.is_estimate, quote.service, quote.fee_vnd) == (True, "", 56_000)


def test_a_carrier_that_errs_is_replaced_by_our_estimate(carrier: ViettelPost, control: Control) -> None:
    control.post("faults", operation="getPriceAll", kind="500", count=2)
    (quote,) = quote_parcels(carrier=carrier, specs=[replace(SPEC, service="")])
    assert quote.is_estimate
    assert quote_parcels(carrier=carrier, specs=[]) == []
