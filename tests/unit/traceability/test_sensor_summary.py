"""What is sealed of the sensors, and the sentences about them."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from epcis.validation import list_event_problems
from traceability.rules.bodies import Stamp
from traceability.rules.events_barn import DeviceSummary, read_summaries, sensor_summary
from traceability.rules.seal import canonical_bytes
from traceability.rules.sensor_words import tell_alert, tell_calm, tell_span, tell_summary, with_unit
from traceability.rules.sensors import MEASURES, BandPoint, Span

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 3)
DEVICE, SEASON, PLACE = "01JDEV0000000000000000000A", "01JSEA0000000000000000000A", "01JPLA0000000000000000000A"
TEMPERATURE = MEASURES["temperature"]
MEASURED = "Nhiệt độ từ -1,5 °C đến 33,5 °C, trung bình 28,3 °C"
BAND = [
    BandPoint(FIRST, FIRST, Decimal("24.100"), Decimal("33.500")),
    BandPoint(date(2026, 11, 2), LAST, Decimal("-1.500"), Decimal("30.000")),
]


def make_span(**changes: object) -> Span:
    values: dict[str, object] = {
        "first_on": FIRST, "last_on": LAST, "days": 3, "minimum": Decimal("-1.500"), "maximum": Decimal("33.500"),
        "mean": Decimal(85) / Decimal(3), "share": Decimal("0.97999"), "share_not_above": Decimal("0.9899"),
        "low_limit": Decimal(18), "high_limit": Decimal(32),
    }  # fmt: skip
    return Span(**{**values, **changes})  # type: ignore[arg-type]


def make_summary_body(**changes: object) -> dict[str, object]:
    stamp = Stamp(uuid.UUID(int=1), NOW, NOW, "01JHOM0000000000000000000A", "0" * 26, "system", place=PLACE)
    return sensor_summary(
        stamp,
        [(DEVICE, TEMPERATURE, make_span(**changes), BAND)],
        season=SEASON,
        lot=("https://choque.example/id/class/thit-lon/th-1", "TH-1"),
    )


def test_the_body_is_an_epcis_sensor_event_about_the_lot():
    body = make_summary_body()
    assert (body["type"], body["action"], body["bizStep"]) == ("ObjectEvent", "OBSERVE", "sensor_reporting")
    assert body["quantityList"] == [{"epcClass": "https://choque.example/id/class/thit-lon/th-1"}]
    assert "epcList" not in body
    assert body["sensorElementList"] == [
        {
            "sensorMetadata": {
                "startTime": "2026-11-01T00:00:00.000+07:00",
                "endTime": "2026-11-04T00:00:00.000+07:00",
                "deviceID": "https://choque.example/id/obj/01jdev0000000000000000000a",
                "dataProcessingMethod": "https://choque.example/voc/method/hold-until-next-1h",
            },
            "sensorReport": [
                {
                    "type": "Temperature",
                    "uom": "CEL",
                    "minValue": -1.5,
                    "maxValue": 33.5,
                    "meanValue": 28.33,
                    "percRank": 98.9,
                    "percValue": 32,
                    "cq:measure": "temperature",
                    "cq:dailyRange": "2026-11-01 24.1 33.5; 2026-11-02/2026-11-03 -1.5 30",
                },
                {
                    "type": "https://choque.example/voc/measurement/timeInRange",
                    "value": 97.9,
                    "uom": "P1",
                    "cq:lowLimit": 18,
                    "cq:highLimit": 32,
                },
            ],
        }
    ]
    assert len(canonical_bytes(body)) < 2000


def test_a_season_as_a_whole_stands_under_its_own_name():
    stamp = Stamp(uuid.UUID(int=1), NOW, NOW, "01JHOM0000000000000000000A", "0" * 26, "system")
    body = sensor_summary(stamp, [(DEVICE, TEMPERATURE, make_span(), BAND)], season=SEASON, lot=("", ""))
    assert body["epcList"] == ["https://choque.example/id/obj/01jsea0000000000000000000a"]
    assert not {"quantityList", "cq:season", "cq:lot"} & set(body)


def test_what_was_sealed_is_read_back():
    (read,) = read_summaries(make_summary_body()["sensorElementList"])  # type: ignore[arg-type]
    assert read == DeviceSummary(
        device=DEVICE, measure=TEMPERATURE, first_on=FIRST, last_on=LAST, minimum=Decimal("-1.5"),
        maximum=Decimal("33.5"), mean=Decimal("28.33"), share=Decimal("97.9"), low_limit=Decimal(18),
        high_limit=Decimal(32), band=BAND,
    )  # fmt: skip


def test_without_time_or_with_a_changed_range_less_is_claimed():
    body = make_summary_body(share=None, share_not_above=None, low_limit=None, high_limit=None)
    (element,) = body["sensorElementList"]  # type: ignore[misc]
    (report,) = element["sensorReport"]
    assert not {"percRank", "percValue"} & set(report)
    (read,) = read_summaries([element])
    assert (read.share, read.low_limit) == (None, None)
    assert tell_summary(read) == f"{MEASURED}."


@pytest.mark.parametrize("lot", [("", ""), ("https://choque.example/id/class/thit-lon/th-1", "TH-1")])
@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda one: one.code)
def test_every_measure_is_valid_epcis_and_is_read_back(measure, lot):
    stamp = Stamp(uuid.UUID(int=1), NOW, NOW, "01JHOM0000000000000000000A", "0" * 26, "system")
    body = sensor_summary(stamp, [(DEVICE, measure, make_span(), BAND)], season=SEASON, lot=lot)
    event = {name: value for name, value in body.items() if name != "@context"}
    assert list_event_problems(event, body["@context"]) == []
    assert read_summaries(body["sensorElementList"])[0].measure is measure


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {},
            f"{MEASURED}; 97% thời gian trong khoảng cho phép, từ 18 °C đến 32 °C.",
        ),
        (
            {"share": Decimal("0.99999"), "low_limit": None, "high_limit": None},
            f"{MEASURED}; 99% thời gian trong khoảng cho phép.",
        ),
    ],
)
def test_a_summary_is_one_plain_sentence(changes, sentence):
    (read,) = read_summaries(make_summary_body(**changes)["sensorElementList"])  # type: ignore[arg-type]
    assert tell_summary(read) == sentence


def test_alerts_say_what_is_wrong_and_since_when():
    limits = (Decimal(18), Decimal(32))
    hot = tell_alert("Ô số 1", TEMPERATURE, "high", NOW, Decimal("34.5"), limits)
    assert hot.title == "Ô số 1: nhiệt độ quá cao"
    assert hot.text == "Từ 15:00 ngày 25/11/2026, nhiệt độ cao hơn 32 °C, cao nhất 34,5 °C. Hãy ra xem ngay."
    cold = tell_alert("Ô số 1", TEMPERATURE, "low", NOW, Decimal(9), limits)
    assert cold.text == "Từ 15:00 ngày 25/11/2026, nhiệt độ thấp hơn 18 °C, có lúc còn 9 °C. Hãy ra xem ngay."
    silent = tell_alert("Ô số 1", TEMPERATURE, "silent", NOW, None, limits)
    assert silent.title == "Ô số 1: cảm biến im lặng"
    calm = tell_calm("Ô số 1", "high", NOW - timedelta(minutes=95), NOW)
    assert calm.text == "Đã trở lại trong khoảng cho phép lúc 15:00 ngày 25/11/2026, sau 1 giờ 35 phút."
    assert "gửi số đo lại" in tell_calm("Ô số 1", "silent", NOW - timedelta(hours=9), NOW).title


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(35, "35 phút"), (60, "1 giờ"), (130, "2 giờ 10 phút"), (2000, "33 giờ 20 phút"), (2880, "2 ngày")],
)
def test_spans(minutes, text):
    assert tell_span(timedelta(minutes=minutes)) == text


def test_values_carry_their_unit():
    units = {"temperature": "6,8 °C", "humidity": "6,8%", "ph": "pH 6,8", "oxygen": "6,8 mg/l"}
    assert {code: with_unit(Decimal("6.84"), MEASURES[code]) for code in units} == units
