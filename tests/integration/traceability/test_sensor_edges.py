"""Sensors at the edges: as many as are allowed, keys that went, readings that are gone."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete

from marketplace.core.errors import Refused
from tests.factories.sellers import make_household
from tests.factories.sensors import NOW, every, make_device, send
from tests.factories.traceability import make_keeper
from traceability.models.sensors import SensorReading
from traceability.queries.sensors import find_alert, list_alerts, list_open_alerts
from traceability.rules.sensors import MAX_DEVICES, DeviceFacts
from traceability.services.devices import register_device, revoke_key
from traceability.services.sensor_watch import review_device

HOUR = timedelta(hours=1)


@pytest.fixture
def household_id(session):
    return make_household(session)


@pytest.fixture
def device(session, household_id):
    return make_device(session, household_id)[0]


def test_a_household_has_only_so_many_devices(session, household_id, device):
    facts = DeviceFacts(device.site_id, "Thêm nữa", "temperature", Decimal(18), Decimal(32))

    def one_more():
        register_device(
            session=session, household_id=household_id, facts=facts, actor=make_keeper(household_id), key=uuid.uuid4(),
            now=NOW,
        )  # fmt: skip

    for _ in range(MAX_DEVICES - 1):
        one_more()
    with pytest.raises(Refused, match="tối đa 40 cảm biến"):
        one_more()


def test_a_call_that_meets_the_revoking_of_its_key_is_refused_and_a_file_is_not(session, household_id, device):
    revoke_key(session=session, household_id=household_id, device_id=device.id, now=NOW)
    with pytest.raises(Refused) as caught:
        send(session, device, [(NOW, 20)])
    assert caught.value.code == "key_revoked"
    assert send(session, device, [(NOW, 20)], has_called=False).accepted == 1


def test_an_alert_whose_first_readings_are_gone_goes_on_as_one(session, device, household_id):
    send(session, device, every(20, NOW - 5 * HOUR, [33, 34, 39]), now=NOW - 4 * HOUR)
    session.execute(delete(SensorReading))
    send(session, device, every(20, NOW - HOUR, [36, 37, 38]))
    (alert,) = list_alerts(session, device.id)
    assert (alert.began_at, alert.extreme_value, alert.ended_at) == (NOW - 5 * HOUR, 39, None)


def test_an_alert_of_which_no_reading_tells_any_more_ends_when_it_turns_cold(session, device, household_id):
    send(session, device, every(20, NOW - 5 * HOUR, [33, 34, 35]), now=NOW - 4 * HOUR)
    session.execute(delete(SensorReading))
    send(session, device, every(20, NOW - HOUR, [12, 11, 10]))
    cold, hot = list_alerts(session, device.id)
    assert (hot.kind, hot.ended_at) == ("high", NOW)
    assert (cold.kind, cold.extreme_value, cold.ended_at) == ("low", 10, None)
    assert [one.alert.id for one in list_open_alerts(session, household_id)] == [cold.id]


def test_revoking_ends_what_was_wrong(session, household_id, device):
    send(session, device, every(20, NOW - HOUR, [33, 34, 35]))
    (lasting,) = list_open_alerts(session, household_id)
    revoke_key(session=session, household_id=household_id, device_id=device.id, now=NOW)
    assert list_open_alerts(session, household_id) == []
    assert find_alert(session, lasting.alert.id).alert.ended_at == NOW
    review_device(session=session, device_id=device.id, now=NOW + 9 * HOUR)
    assert find_alert(session, 0) is None
