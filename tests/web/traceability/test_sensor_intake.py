"""Devices call: JSON, plain forms, keys, limits, and answers that a program can read."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.core.clock import utcnow
from marketplace.core.db import db
from marketplace.core.limits import limiter
from tests.conftest import make_app, make_settings
from tests.factories.sellers import make_household
from tests.factories.sensors import make_device
from traceability.models.sensors import SensorReading
from traceability.services.devices import revoke_key

ADDRESS = "/api/sensors/readings"


@pytest.fixture
def equipped(session):
    household_id = make_household(session)
    return make_device(session, household_id, now=utcnow())


@pytest.fixture
def call(client, equipped):
    def post(content, key=equipped[1], **options):
        options.setdefault("headers", {"X-Device-Key": key} if key else {})
        if isinstance(content, bytes):
            options.setdefault("content_type", "application/json")
            return client.post(ADDRESS, data=content, **options)
        return client.post(ADDRESS, json=content, **options)

    return post


def stored(session):
    return [(value, side) for value, side in session.execute(
        select(SensorReading.value, SensorReading.side).order_by(SensorReading.measured_at, SensorReading.value)
    )]  # fmt: skip


def is_problem(response, status, code):
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    problem = response.get_json(force=True)
    assert problem["status"] == status
    assert problem["type"].endswith(f"/problem/{code}")
    assert problem["title"]
    assert problem["detail"].isascii()
    assert problem["instance"] == ADDRESS
    return problem


def moment(minutes_ago=0):
    return (utcnow() - timedelta(minutes=minutes_ago)).isoformat()


def test_one_and_many_and_the_same_again(call, session):
    one = {"time": moment(30), "value": 31.5}
    assert call(one).get_json() == {"accepted": 1, "repeated": 0, "tooLate": 0}
    many = {"readings": [one, {"time": moment(20), "value": 33}, {"time": moment(60 * 24 * 70), "value": 20}]}
    assert call(many).get_json() == {"accepted": 1, "repeated": 1, "tooLate": 1}
    assert call(many["readings"]).get_json() == {"accepted": 0, "repeated": 2, "tooLate": 1}
    assert [(str(value), side) for value, side in stored(session)] == [("31.500", 0), ("33.000", 1)]


def test_moments_in_every_spelling_are_one_moment(call, session):
    at = (utcnow() - timedelta(hours=2)).replace(microsecond=0)
    local = at + timedelta(hours=7)
    spellings = [
        at.isoformat(), f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{local:%Y-%m-%dT%H:%M:%S}+07:00", f"{local:%Y-%m-%dT%H:%M:%S}",
        int(at.timestamp()), str(int(at.timestamp())), f"{local:%d/%m/%Y %H:%M:%S}",
    ]  # fmt: skip
    for spelling in spellings:
        assert call({"time": spelling, "value": 20}).status_code == 200
    assert session.execute(select(SensorReading.measured_at)).scalars().all() == [at]


def test_a_device_without_a_clock_may_leave_the_time_out(call, session):
    assert call({"value": 20.25}).get_json()["accepted"] == 1
    problem = is_problem(call({"readings": [{"value": 20}]}), 422, "readings_wrong")
    assert problem["errors"] == [{"pointer": "#/readings/0/time", "detail": "A reading in a list needs a time."}]
    assert [str(value) for value, _ in stored(session)] == ["20.250"]


def test_the_simplest_modem_sends_a_form(client, session, equipped):
    response = client.post(ADDRESS, data={"key": equipped[1], "value": "31,5"})
    assert (response.status_code, response.get_json()["accepted"]) == (200, 1)
    two = {"value": ["30", "29.5"], "time": [moment(50), moment(40)]}
    response = client.post(ADDRESS, data=two, headers={"Authorization": f"Bearer {equipped[1]}"})
    assert response.get_json()["accepted"] == 2
    assert [str(value) for value, _ in stored(session)] == ["30.000", "29.500", "31.500"]
    is_problem(client.post(ADDRESS, data={"key": equipped[1], "value": ["1", "2"]}), 400, "shape")
    is_problem(client.post(ADDRESS, data={"key": equipped[1], "value": "x"}), 422, "readings_wrong")
    is_problem(client.post(ADDRESS, data={"key": equipped[1]}), 400, "shape")
    is_problem(client.post(f"{ADDRESS}?key={equipped[1]}", data={"value": "1"}), 401, "key_unknown")


@pytest.mark.parametrize("key", ["", "cb_x", "cb_" + "A" * 32, "Bearer", "\u00e9" * 10, "cb_" + "A" * 500])
def test_a_key_that_is_none_opens_nothing(call, session, key):
    response = call({"value": 20}, headers={"X-Device-Key": key.encode().decode("latin-1")})
    is_problem(response, 401, "key_unknown")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="sensors"'
    assert stored(session) == []


def test_a_revoked_key_opens_nothing(call, session, equipped):
    device = equipped[0]
    revoke_key(session=session, household_id=device.household_id, device_id=device.id, now=utcnow())
    is_problem(call({"value": 20}), 401, "key_unknown")
    assert stored(session) == []


def test_faults_name_every_place_and_nothing_is_taken(call, session):
    readings = [
        {"time": moment(5), "value": 20},
        {"time": moment(-11), "value": 20},
        {"time": moment(5), "value": 91},
        {"time": "yesterday", "value": True},
        {"time": moment(5)},
        {"time": 10**30, "value": "31"},
    ]
    problem = is_problem(call({"readings": readings}), 422, "readings_wrong")
    assert [fault["pointer"] for fault in problem["errors"]] == [
        "#/readings/1/time",
        "#/readings/2/value",
        "#/readings/3/time",
        "#/readings/3/value",
        "#/readings/4/value",
        "#/readings/5/time",
        "#/readings/5/value",
    ]
    assert "ahead of our clock" in problem["errors"][0]["detail"]
    assert problem["errors"][1]["detail"] == "This device can only measure -50 to 90 CEL."
    assert stored(session) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'{"value": NaN, "time": 1}', "not_json"),
        (b'{"value": 1e999999999999999999999}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"null", "shape"),
        (b"3", "shape"),
        (b'{"readings": {}}', "shape"),
        (b'{"readings": [1]}', "shape"),
        (b'{"readings": []}', "batch_size"),
        (b"[]", "batch_size"),
    ],
)
def test_what_cannot_be_read_is_refused(call, session, content, code):
    is_problem(call(content), 400, code)
    assert stored(session) == []


def test_numbers_beyond_measure_are_refused(call, session):
    for number in (b"1e400", b"-1e400", b"1" * 5000):
        is_problem(call(b'{"value": ' + number + b"}"), 422, "readings_wrong")
    assert stored(session) == []


def test_too_many_and_too_long(call, session):
    at = moment(5)
    is_problem(call({"readings": [{"time": at, "value": 20}] * 1001}), 413, "batch_size")
    is_problem(call(b" " * (256 * 1024 + 1)), 413, "request_entity_too_large")
    assert call({"readings": [{"time": at, "value": 20}] * 1000}).get_json() == {
        "accepted": 1,
        "repeated": 999,
        "tooLate": 0,
    }
    assert session.scalar(select(func.count()).select_from(SensorReading)) == 1


def test_a_day_takes_only_so_many(call, session):
    noon = utcnow().replace(hour=5, minute=0, second=0, microsecond=0) - timedelta(days=1)
    batches = [
        {"readings": [{"time": (noon + timedelta(seconds=second)).isoformat(), "value": 20} for second in part]}
        for part in (range(1000), range(1000, 2000), range(2000, 2900))
    ]
    assert [call(batch).status_code for batch in batches[:2]] == [200, 200]
    problem = is_problem(call(batches[2]), 422, "too_many_readings")
    assert problem["detail"] == "One day takes at most 2880 readings of a device."
    assert len(stored(session)) == 2000


def test_other_kinds_of_content_and_methods(call, client, equipped):
    response = call(b"31.5", content_type="text/plain")
    is_problem(response, 415, "media_type")
    response = client.get(ADDRESS, headers={"X-Device-Key": equipped[1]})
    assert response.status_code == 405
    assert json.loads(response.get_data())["error"]["code"] == "method_not_allowed"


def test_a_call_needs_no_form_token_and_gives_no_cookie(app, call):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        response = call({"value": 20})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers


@pytest.fixture
def limited_client(settings, session, tmp_path):
    """A device that calls an application which counts, on the same database but without this test's rows."""
    app = make_app(make_settings(settings.database_url, tmp_path, RATE_LIMITS="1"))
    with app.app_context():
        limiter.reset()
    yield app.test_client()
    with app.app_context():
        limiter.reset()
        db.engine.dispose()
    # The limiter is one for the process; other tests go on without it.
    limiter.enabled = False


def test_a_device_that_calls_too_often_is_told_to_wait_and_others_are_not(limited_client):
    def status(key, address):
        return limited_client.post(
            ADDRESS, json={"value": 20}, headers={"X-Device-Key": key}, environ_base={"REMOTE_ADDR": address}
        )

    assert {status("cb_one", f"10.0.0.{number}").status_code for number in range(60)} == {401}
    refused = status("cb_one", "10.0.1.1")
    is_problem(refused, 429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) <= 60
    is_problem(status("cb_two", "10.0.1.1"), 401, "key_unknown")
