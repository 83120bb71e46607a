"""Viettel Post's partner API itself: from log-in to label and webhook, with each of its traps."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.factories.simulators import VIETTELPOST_WEBHOOK_SECRET, Receiver, World

FARM = "Thôn 5, Xã Vân Du, Tỉnh Thanh Hóa"
CITY = "Số 12 ngõ 3 phố Hàng Bột, Phường Ba Đình, Thành phố Hà Nội"
ORDER: dict[str, Any] = {
    "ORDER_NUMBER": "DH-1", "SENDER_FULLNAME": "Hộ bà Hoa", "SENDER_PHONE": "0912345678", "SENDER_ADDRESS": FARM,
    "RECEIVER_FULLNAME": "Nguyễn Văn An", "RECEIVER_PHONE": "0987654321", "RECEIVER_ADDRESS": CITY,
    "PRODUCT_NAME": "Cam Vân Du", "PRODUCT_QUANTITY": 1, "PRODUCT_PRICE": 180_000, "PRODUCT_WEIGHT": 3000,
    "PRODUCT_TYPE": "HH", "ORDER_PAYMENT": 3, "ORDER_SERVICE": "VCN", "MONEY_COLLECTION": 215_000,
}  # fmt: skip


class Partner:
    """A shop that speaks to the carrier by hand."""

    def __init__(self, world: World) -> None:
        self.http = httpx.Client(base_url=f"{world.url}/viettelpost", trust_env=False, timeout=10)
        self.account = {
            "USERNAME": world.env["VIETTELPOST_USERNAME"],
            "PASSWORD": world.env["VIETTELPOST_PASSWORD"],
        }
        self.short = self.call("user/Login", self.account)["data"]["token"]
        self.long = self.call("user/ownerconnect", self.account, self.short)["data"]["token"]

    def call(self, path: str, data: Any, token: str | None = None) -> Any:
        headers = {"Token": token} if token else {}
        answer = self.http.post(f"/v2/{path}", json=data, headers=headers)
        assert answer.status_code == 200
        return answer.json()

    def create(self, **changes: Any) -> Any:
        return self.call("order/createOrderNlp", ORDER | changes, self.long)

    def created(self, **changes: Any) -> str:
        answer = self.create(**changes)
        assert (answer["status"], answer["error"]) == (200, False), answer
        return str(answer["data"]["ORDER_NUMBER"])

    def update(self, kind: int, waybill: str) -> Any:
        return self.call("order/UpdateOrder", {"TYPE": kind, "ORDER_NUMBER": waybill, "NOTE": ""}, self.long)


@pytest.fixture
def partner(world: World) -> Iterator[Partner]:
    partner = Partner(world)
    yield partner
    partner.http.close()


def refused(answer: Any, message: str) -> None:
    """A refusal comes with HTTP 200 and without data."""
    assert (answer["error"], answer["message"], answer["data"]) == (True, message, None)


def test_from_log_in_to_the_doorstep(world: World, taker: Receiver, partner: Partner):
    prices = partner.call(
        "order/getPriceAllNlp",
        {key: ORDER[key] for key in ("SENDER_ADDRESS", "RECEIVER_ADDRESS", "PRODUCT_WEIGHT", "PRODUCT_PRICE",
                                     "MONEY_COLLECTION")} | {"TYPE": 1, "PRODUCT_TYPE": "HH"},
        partner.short,
    )  # fmt: skip
    assert {row["MA_DV_CHINH"] for row in prices["RESULT"]} >= {"VCN"}
    answer = partner.create()
    waybill, money = answer["data"]["ORDER_NUMBER"], answer["data"]
    assert money["MONEY_COLLECTION"] == 215_000
    assert money["MONEY_TOTAL"] > 0
    printed = partner.call(
        "order/printing-code", {"EXPIRY_TIME": 4_000_000_000_000, "ORDER_ARRAY": [waybill]}, partner.long
    )
    assert printed["data"] is None
    label = partner.http.get(
        "/DigitalizePrint/report.do", params={"type": "2", "bill": printed["message"], "showPostage": "1"}
    )
    assert label.status_code == 200
    for words in (waybill, "Nguyễn Văn An", "215.000 đồng", "DH-1", "Phường Ba Đình"):
        assert words in label.text
    world.order("viettelpost", f"parcels/{waybill}/run", script="happy")
    assert world.settle("viettelpost")
    told = [json.loads(call.body) for call in taker.calls]
    assert [row["DATA"]["ORDER_STATUS"] for row in told] == [102, 103, 104, 105, 200, 300, 400, 500, 501]
    assert {row["TOKEN"] for row in told} == {VIETTELPOST_WEBHOOK_SECRET}
    assert {(row["DATA"]["ORDER_NUMBER"], row["DATA"]["ORDER_REFERENCE"]) for row in told} == {(waybill, "DH-1")}


def test_a_webhook_is_spelt_as_the_carrier_spells_it(world: World, taker: Receiver, partner: Partner):
    waybill = partner.created()
    world.order("viettelpost", f"parcels/{waybill}/run", until=200)
    assert world.settle("viettelpost")
    told = [json.loads(call.body)["DATA"] for call in taker.calls]
    assert all("LOCALION_CURRENTLY" in row and "LOCATION_CURRENTLY" not in row for row in told)
    # What is collected is not known before the origin office has the parcel.
    assert [row["MONEY_COLLECTION_ORIGIN"] for row in told] == [None, None, None, None, 215_000]
    stamps = [datetime.strptime(row["ORDER_STATUSDATE"], "%d/%m/%Y %H:%M:%S") for row in told]  # noqa: DTZ007 - theirs
    assert stamps == sorted(set(stamps))
    assert all(call.headers["Content-Type"] == "application/json" for call in taker.calls)
    assert all("Authorization" not in call.headers for call in taker.calls)


def test_the_secret_may_come_in_a_header_too(world: World, taker: Receiver, partner: Partner):
    world.order("viettelpost", "secret", header=True)
    partner.created()
    assert world.settle("viettelpost")
    assert taker.calls[0].headers["Authorization"] == VIETTELPOST_WEBHOOK_SECRET


def test_tokens(world: World, partner: Partner):
    refused(partner.call("user/Login", {"USERNAME": "x", "PASSWORD": "y"}), "Invalid owner account or password!")
    refused(partner.call("order/createOrderNlp", ORDER), "Header Token is required")
    refused(partner.call("order/createOrderNlp", ORDER, "abc"), "Token invalid or expired")
    # The token of a plain log-in lists prices but books nothing.
    refused(partner.call("order/createOrderNlp", ORDER, partner.short), "Token invalid")
    world.order("viettelpost", "tokens/expire")
    refused(partner.create(), "Token invalid or expired")
    assert world.get("viettelpost", "parcels")["count"] == 0


def test_the_short_token_ends_after_a_day(world: World, partner: Partner):
    world.order("viettelpost", "clock", advance_hours=25)
    refused(partner.call("categories/listService", {"TYPE": 2}, partner.short), "Token invalid or expired")
    assert partner.call("categories/listService", {"TYPE": 2}, partner.long)["error"] is False


def test_price_lists_come_bare_and_their_refusals_wrapped(partner: Partner):
    provinces = partner.http.get("/v2/categories/listProvinceById", params={"provinceId": -1}).json()["data"]
    assert len(provinces) == 34
    data = {"TYPE": 1, "PRODUCT_TYPE": "HH", "PRODUCT_WEIGHT": 1000, "PRODUCT_PRICE": 0, "MONEY_COLLECTION": 0}
    for side, code in (("SENDER", "THA"), ("RECEIVER", "HNI")):
        province = next(row for row in provinces if row["PROVINCE_CODE"] == code)["PROVINCE_ID"]
        districts = partner.http.get("/v2/categories/listDistrict", params={"provinceId": province}).json()["data"]
        (new,) = (row for row in districts if row["DISTRICT_VALUE"] == "NEW")
        wards = partner.http.get("/v2/categories/listWards", params={"districtId": new["DISTRICT_ID"]}).json()["data"]
        data |= {f"{side}_PROVINCE": province, f"{side}_DISTRICT": new["DISTRICT_ID"],
                 f"{side}_WARD": wards[0]["WARDS_ID"]}  # fmt: skip
    listed = partner.call("order/getPriceAll", data, partner.short)
    assert isinstance(listed, list)
    assert {"MA_DV_CHINH", "TEN_DICHVU", "GIA_CUOC", "THOI_GIAN", "EXCHANGE_WEIGHT", "EXTRA_SERVICE"} <= set(listed[0])
    refused(
        partner.call("order/getPriceAll", data | {"TYPE": 0}, partner.short), "Price does not apply to this itinerary!"
    )
    one = partner.call("order/getPrice", data | {"ORDER_SERVICE": "VCN", "NATIONAL_TYPE": 1}, partner.short)["data"]
    assert one["MONEY_TOTAL"] >= next(row["GIA_CUOC"] for row in listed if row["MA_DV_CHINH"] == "VCN")


def test_the_new_communes_of_a_province_are_all_there(partner: Partner):
    provinces = partner.http.get("/v3/categories/listProvinceNew").json()["data"]
    counts = [
        len(partner.http.get("/v3/categories/listWardsNew", params={"provinceId": row["PROVINCE_ID"]}).json()["data"])
        for row in provinces
    ]
    assert (len(counts), sum(counts)) == (34, 3321)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"PRODUCT_NAME": "ư" * 76}, "Incorrect data: PRODUCT_NAME"),
        ({"RECEIVER_FULLNAME": ""}, "Incorrect data: RECEIVER_FULLNAME"),
        ({"RECEIVER_PHONE": "12"}, "Incorrect data: RECEIVER_PHONE"),
        ({"PRODUCT_WEIGHT": "3000"}, "Incorrect data: PRODUCT_WEIGHT"),
        ({"PRODUCT_WEIGHT": 1.5}, "Incorrect data: PRODUCT_WEIGHT"),
        ({"ORDER_PAYMENT": 9}, "Incorrect data: ORDER_PAYMENT"),
        ({"ORDER_PAYMENT": 1}, "Invalid [MONEY_COLLECTION]"),
        ({"MONEY_COLLECTION": -1}, "Invalid [MONEY_COLLECTION]"),
        ({"MONEY_COLLECTION": 215_000.0}, "Invalid [MONEY_COLLECTION]"),
        ({"ORDER_SERVICE": "KHONGCO"}, "Price does not apply to this itinerary!"),
        ({"GROUPADDRESS_ID": 5}, "Groupaddress is invalid"),
        (
            {"RECEIVER_ADDRESS": "Phố nào đó, Hà Nội"},
            "Invalid [RECEIVER_WARD] - RECEIVER_ADDRESS is not understood",
        ),
        (
            {"RECEIVER_ADDRESS": "Xã Nào Đó, Tỉnh Không Có"},
            "Invalid [RECEIVER_PROVINCE] - RECEIVER_ADDRESS is not understood",
        ),
    ],
)
def test_what_is_wrong_is_refused_and_makes_no_parcel(
    world: World, partner: Partner, changes: dict[str, Any], message: str
):
    refused(partner.create(**changes), message)
    assert world.get("viettelpost", "parcels")["count"] == 0
    assert world.deliveries("viettelpost") == []


def test_texts_are_measured_in_bytes(partner: Partner):
    assert partner.created(PRODUCT_NAME="ư" * 75)
    assert partner.created(ORDER_NUMBER="DH-2", PRODUCT_NAME="u" * 150)


def test_a_second_order_under_one_number(world: World, partner: Partner):
    waybill = partner.created(CHECK_UNIQUE=True)
    blocked = partner.create(CHECK_UNIQUE=True)
    assert blocked["message"].startswith("Blocking create order")
    assert waybill not in json.dumps(blocked)
    assert world.get("viettelpost", "parcels", reference="DH-1")["count"] == 1
    # Without the check nobody stops a second parcel; after a cancellation the number is free again.
    second = partner.created()
    assert world.get("viettelpost", "parcels", reference="DH-1")["count"] == 2
    for one in (waybill, second):
        assert partner.update(4, one)["error"] is False
    assert partner.created(CHECK_UNIQUE=True)


@pytest.mark.parametrize(("until", "may"), [(102, True), (103, True), (104, True), (105, False), (200, False)])
def test_cancelling_ends_when_the_postman_has_it(world: World, partner: Partner, until: int, may: bool):  # noqa: FBT001
    waybill = partner.created()
    world.order("viettelpost", f"parcels/{waybill}/run", until=until)
    answer = partner.update(4, waybill)
    assert answer["data"] is None
    assert answer["error"] is not may
    assert world.get("viettelpost", f"parcels/{waybill}")["status"] == (107 if may else until)
    if not may:
        assert answer["message"] == "Order status already exists on the system"


def test_a_cancelled_parcel_may_be_deleted_and_then_nobody_knows_it(world: World, partner: Partner):
    waybill = partner.created()
    refused(partner.update(11, waybill), "Order status already exists on the system")
    partner.update(4, waybill)
    assert partner.update(11, waybill)["error"] is False
    refused(partner.update(4, waybill), "Order does not exist")
    refused(partner.update(9, partner.created()), "Incorrect data: TYPE")


def test_a_parcel_that_nobody_takes_goes_back_only_when_we_agree(world: World, partner: Partner):
    waybill = partner.created()
    world.order("viettelpost", f"parcels/{waybill}/run", script="two_failed_then_return", until=505)
    assert partner.update(3, waybill)["error"] is False
    assert world.get("viettelpost", f"parcels/{waybill}")["status"] == 550
    world.order("viettelpost", f"parcels/{waybill}/status", status=505, reason=30)
    assert partner.update(2, waybill)["error"] is False
    done = world.order("viettelpost", f"parcels/{waybill}/step", steps=10)
    assert (done["status"], done["is_returning"], done["is_final"]) == (504, True, True)


def test_labels_want_a_code_that_is_known_and_young(world: World, partner: Partner):
    waybill = partner.created()
    now_ms = int(datetime.fromisoformat(world.get("viettelpost", "clock")["now"]).timestamp() * 1000)

    def code(expires_ms: int, *waybills: str) -> Any:
        data = {"EXPIRY_TIME": expires_ms, "ORDER_ARRAY": list(waybills)}
        return partner.call("order/printing-code", data, partner.long)

    refused(code(now_ms + 60_000, waybill, "1500000000x"), "Order does not exist")
    refused(code(now_ms - 1000, waybill), "Incorrect data: EXPIRY_TIME")
    refused(code(now_ms + 60_000), "Incorrect data: ORDER_ARRAY")
    bill = code(now_ms + 60_000, waybill)["message"]
    label = "/DigitalizePrint/report.do"
    assert partner.http.get(label, params={"type": "1", "bill": bill}).status_code == 200
    assert partner.http.get(label, params={"type": "1", "bill": "ABC"}).status_code == 404
    world.order("viettelpost", "clock", advance_seconds=61)
    assert partner.http.get(label, params={"type": "1", "bill": bill}).status_code == 410


@pytest.mark.parametrize(
    ("script", "last"),
    [("happy", 501), ("redelivered", 501), ("two_failed_then_return", 504), ("pickup_at_office", 501), ("lost", 503),
     ("refused", 101), ("cancel_race", 105)],
)  # fmt: skip
def test_journeys_end_where_they_say(world: World, taker: Receiver, partner: Partner, script: str, last: int):
    waybill = partner.created()
    parcel = world.order("viettelpost", f"parcels/{waybill}/run", script=script)
    assert parcel["status"] == last
    assert parcel["is_final"] is (last != 105)
    # After a final state nothing is told any more.
    if parcel["is_final"]:
        world.order("viettelpost", f"parcels/{waybill}/status", status=500)
    assert world.settle("viettelpost")
    assert json.loads(taker.calls[-1].body)["DATA"]["ORDER_STATUS"] == last


def test_surplus_and_forged_messages_change_nothing(world: World, taker: Receiver, partner: Partner):
    waybill = partner.created()
    world.order("viettelpost", f"parcels/{waybill}/status", status=501, surplus=True)
    world.order("viettelpost", f"parcels/{waybill}/status", status=501, forge=True)
    assert world.settle("viettelpost")
    assert world.get("viettelpost", f"parcels/{waybill}")["status"] == 102
    told = [json.loads(call.body) for call in taker.calls]
    assert [row["DATA"]["ORDER_STATUS"] for row in told] == [102, 501, 501]
    assert [row["TOKEN"] == VIETTELPOST_WEBHOOK_SECRET for row in told] == [True, True, False]


def test_parcels_move_by_themselves_when_asked(world: World, partner: Partner):
    waybill = partner.created()
    assert world.order("viettelpost", "automatic", enabled=True, seconds=3600)["seconds"] == 3600
    for status in (103, 104):
        world.order("viettelpost", "clock", advance_seconds=3600)
        assert world.get("viettelpost", f"parcels/{waybill}")["status"] == status
    world.order("viettelpost", "automatic", enabled=False)
    world.order("viettelpost", "clock", advance_seconds=3600)
    assert world.get("viettelpost", f"parcels/{waybill}")["status"] == 104
    assert world.get("viettelpost", "automatic") == {"enabled": False, "seconds": 0.0}


@pytest.mark.parametrize(
    ("kind", "committed", "status"),
    [("500", 0, 500), ("429", 0, 429), ("expired_token", 0, 200), ("500_after", 1, 500), ("slow", 1, 200)],
)
def test_faults_that_answer(world: World, partner: Partner, kind: str, committed: int, status: int):
    world.order("viettelpost", "faults", operation="createOrderNlp", kind=kind, seconds=0.1)
    answer = partner.http.post("/v2/order/createOrderNlp", json=ORDER, headers={"Token": partner.long})
    assert (answer.status_code, answer.json()["error"]) == (status, kind != "slow")
    assert world.get("viettelpost", "parcels")["count"] == committed
    assert partner.created(ORDER_NUMBER="DH-2")


@pytest.mark.parametrize(("kind", "committed"), [("timeout_after", 1), ("timeout_before", 0), ("drop_after", 1)])
def test_faults_that_never_answer(world: World, taker: Receiver, partner: Partner, kind: str, committed: int):
    world.order("viettelpost", "faults", operation="createOrderNlp", kind=kind, seconds=0.2)
    with pytest.raises(httpx.RemoteProtocolError):
        partner.http.post("/v2/order/createOrderNlp", json=ORDER, headers={"Token": partner.long})
    assert world.get("viettelpost", "parcels")["count"] == committed
    assert world.settle("viettelpost")
    # The one way to hear of a parcel whose answer was lost.
    assert [json.loads(call.body)["DATA"]["ORDER_REFERENCE"] for call in taker.calls] == ["DH-1"] * committed
