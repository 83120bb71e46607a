"""A device whose modem sends everything several times at once: each reading counts once, and one alert is raised."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import text

from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from tests.factories.sellers import make_household
from tests.factories.sensors import make_device


def test_the_same_readings_from_many_calls_at_once_count_once(committed_app):
    now = utcnow()
    with committed_app.app_context(), transaction() as session:
        device, key = make_device(session, make_household(session), now=now)
    readings = [{"time": (now - timedelta(minutes=minutes)).isoformat(), "value": 34} for minutes in range(5, 65, 5)]

    def call(place):
        body = {"readings": readings[place % 4 :] + readings[: place % 4]}
        response = committed_app.test_client().post("/api/sensors/readings", json=body, headers={"X-Device-Key": key})
        return response.status_code, response.get_json()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(call, range(12)))
    assert {status for status, _ in answers} == {200}
    assert sum(told["accepted"] for _, told in answers) == len(readings)
    assert sum(told["repeated"] for _, told in answers) == 11 * len(readings)
    with committed_app.app_context(), db.engine.connect() as connection:

        def count(sql):
            return connection.execute(text(sql)).scalar_one()

        assert count("SELECT sum(reading_count) FROM trace_sensor_days") == len(readings)
        assert count("SELECT count(*) FROM trace_sensor_alerts") == 1
        assert count("SELECT count(*) FROM core_outbox WHERE name = 'traceability.sensor_alert_raised'") == 1
        assert count(f"SELECT id FROM trace_devices WHERE last_side = 1 AND id = {device.id}") == device.id  # noqa: S608 - a number of ours
