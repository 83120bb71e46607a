"""Readings become figures and alerts on the real database, however they come."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, text

from marketplace.core.clock import local_date
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.models import OutboxEvent
from tests.factories.sellers import make_household, make_site
from tests.factories.sensors import NOW, every, make_device, send
from tests.factories.traceability import make_keeper, make_lot, make_season
from traceability.models.custody import Record
from traceability.models.sensors import Device, SensorAlert, SensorDay, SensorReading
from traceability.queries.chain import verify_chain
from traceability.queries.sensors import (
    get_device,
    list_alerts,
    list_days,
    list_devices_at,
    list_devices_to_review,
    list_open_alerts,
)
from traceability.queries.story import list_story
from traceability.rules.events_barn import read_summaries
from traceability.rules.sensors import MAX_A_DAY, DeviceFacts
from traceability.services.devices import edit_device, find_device_with_key, register_device, renew_key, revoke_key
from traceability.services.readings import Intake, close_old_days, take_readings, thin_readings
from traceability.services.seasons import close_season
from traceability.services.sensor_summary import seal_lot_sensors, seal_season_sensors
from traceability.services.sensor_watch import review_device

HOUR = timedelta(hours=1)


@pytest.fixture
def household_id(session):
    return make_household(session)


@pytest.fixture
def device(session, household_id):
    return make_device(session, household_id)[0]


def dump(session, device):
    """Return everything that readings left behind, but for numbers that a sequence gave."""
    session.expire_all()
    days = session.execute(
        select(*SensorDay.__table__.c).where(SensorDay.device_id == device.id).order_by("measured_on")
    )
    alerts = session.execute(
        select(SensorAlert.kind, SensorAlert.began_at, SensorAlert.ended_at, SensorAlert.extreme_value)
        .where(SensorAlert.device_id == device.id)
        .order_by(SensorAlert.began_at)
    )
    readings = session.scalar(
        select(func.count()).select_from(SensorReading).where(SensorReading.device_id == device.id)
    )
    now = session.execute(
        select(Device.last_reading_at, Device.last_value, Device.last_side).where(Device.id == device.id)
    ).one()
    return days.all(), alerts.all(), readings, tuple(now)


def told(session):
    rows = session.execute(
        select(OutboxEvent.name, OutboxEvent.payload["kind"].astext)
        .where(OutboxEvent.name.like("traceability.sensor%"))
        .order_by(OutboxEvent.id)
    )
    return [(name.removeprefix("traceability.sensor_alert_"), kind) for name, kind in rows]


def test_a_key_is_shown_once_and_only_its_hash_is_kept(session, household_id):
    site_id, form_key = make_site(session, household_id, kind="barn"), uuid.uuid4()
    facts = DeviceFacts(site_id, "  Nhiệt   độ ô số 1 ", "temperature", Decimal(18), Decimal(32))

    def register(owner):
        return register_device(
            session=session, household_id=owner, facts=facts, actor=make_keeper(owner), key=form_key, now=NOW
        )

    first, again = register(household_id), register(household_id)
    assert first.key is not None
    assert (again.device, again.key) == (first.device, None)
    assert first.device.name == "Nhiệt độ ô số 1"
    kept = session.execute(text("SELECT row_to_json(d)::text FROM trace_devices d")).scalar_one()
    assert first.key not in kept
    assert find_device_with_key(session, first.key) == first.device
    assert find_device_with_key(session, first.key[:-1] + "~") is None
    assert find_device_with_key(session, "") is None
    with pytest.raises(Conflict):
        register(make_household(session))


def test_nobody_registers_or_changes_a_device_of_somebody_else(session, household_id, device):
    other = make_household(session)
    foreign = DeviceFacts(device.site_id, "Lạ", "temperature", Decimal(1), Decimal(2))
    with pytest.raises(NotFound):
        register_device(
            session=session, household_id=other, facts=foreign, actor=make_keeper(other), key=uuid.uuid4(), now=NOW
        )
    for change in (
        lambda: edit_device(session=session, household_id=other, device_id=device.id, facts=foreign),
        lambda: renew_key(session=session, household_id=other, device_id=device.id, key=uuid.uuid4(), now=NOW),
        lambda: revoke_key(session=session, household_id=other, device_id=device.id, now=NOW),
        lambda: get_device(session, device.id, household_id=other),
    ):
        with pytest.raises(NotFound):
            change()
    assert get_device(session, device.id, household_id=household_id) == device


def test_a_renewed_key_replaces_the_old_one_once(session, household_id):
    device, old = make_device(session, household_id)
    form_key = uuid.uuid4()
    fresh = renew_key(session=session, household_id=household_id, device_id=device.id, key=form_key, now=NOW).key
    again = renew_key(session=session, household_id=household_id, device_id=device.id, key=form_key, now=NOW).key
    assert again is None
    assert fresh not in {None, old}
    assert find_device_with_key(session, old) is None
    assert find_device_with_key(session, fresh) is not None
    revoke_key(session=session, household_id=household_id, device_id=device.id, now=NOW)
    assert find_device_with_key(session, fresh) is None
    assert not get_device(session, device.id, household_id=household_id).has_key


def test_figures_of_a_day(session, device):
    start = datetime(2026, 11, 19, 1, 0, tzinfo=UTC)  # 8:00 in Viet Nam
    assert send(session, device, every(30, start, [20, 30, 34, 31])) == Intake(4, 0, 0)
    (row,) = list_days(session, [device.id], date(2026, 11, 1), date(2026, 11, 30))[device.id]
    figures = row.figures
    assert (figures.day, figures.minimum, figures.maximum, figures.count) == (date(2026, 11, 19), 20, 34, 4)
    assert figures.mean == Decimal("28.75")
    assert (figures.covered, figures.high, figures.low) == (150 * 60, 30 * 60, 0)
    assert figures.share == Decimal("0.8")


def make_noise(seed):
    dice = random.Random(seed)
    start = NOW - timedelta(days=3)
    return [
        (start + timedelta(minutes=dice.randrange(3 * 24 * 60)), str(dice.choice((15, 25, 25, 30, 33, 36)) + seed % 2))
        for _ in range(120)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_any_order_any_repetition_and_any_cutting_into_calls_leaves_the_same(session, household_id, seed):
    readings, dice = make_noise(seed), random.Random(seed)
    at_once = make_device(session, household_id)[0]
    piecemeal = make_device(session, household_id)[0]
    send(session, at_once, sorted(readings))
    mixed = readings + dice.sample(readings, 60)
    dice.shuffle(mixed)
    while mixed:
        size = dice.randrange(1, 25)
        send(session, piecemeal, mixed[:size])
        mixed = mixed[size:]
    days, alerts, count, latest = dump(session, at_once)
    other_days, other_alerts, other_count, other_latest = dump(session, piecemeal)
    assert [row[1:] for row in other_days] == [row[1:] for row in days]
    assert (other_count, other_latest) == (count, latest)
    # What was told stays told, so calls that came early may leave alerts that later readings show to have been short.
    assert set(alerts) <= set(other_alerts)


def test_the_same_readings_twice_change_nothing(session, device):
    readings = every(10, NOW - 2 * HOUR, [33, 34, 35, 36, 30, 30])
    assert send(session, device, readings) == Intake(6, 0, 0)
    before, events = dump(session, device), told(session)
    assert events
    assert send(session, device, [*readings, readings[0]]) == Intake(0, 7, 0)
    assert (dump(session, device), told(session)) == (before, events)


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        ((NOW + timedelta(minutes=11), 20), "time_in_future"),
        ((NOW, "90.5"), "value_impossible"),
        ((NOW, "NaN"), "value_impossible"),
    ],
)
def test_one_impossible_reading_refuses_the_whole_call(session, device, reading, code):
    before = dump(session, device)
    with pytest.raises(Refused) as caught:
        send(session, device, [(NOW, 20), reading])
    assert (caught.value.code, caught.value.params["index"]) == (code, 1)
    assert dump(session, device) == before


def test_a_day_takes_only_so_many_readings(session, device):
    start = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
    readings = [(start + timedelta(seconds=second), 20) for second in range(MAX_A_DAY + 1)]
    with session.begin_nested() as point:
        with pytest.raises(Refused) as caught:
            send(session, device, readings)
        point.rollback()
    assert caught.value.code == "too_many_readings"
    assert send(session, device, readings[:-1]).accepted == MAX_A_DAY


def test_an_alert_is_one_however_many_readings(session, device, household_id):
    start = NOW - 3 * HOUR
    for place, value in enumerate([30, 33, 34, 35, 34, 33]):
        moment = start + timedelta(minutes=10 * place)
        send(session, device, [(moment, value)], now=moment)
        assert len(list_open_alerts(session, household_id)) == (place >= 4), (
            "33 since minute 10, patience of 30 minutes"
        )
    (alert,) = list_alerts(session, device.id)
    assert (alert.kind, alert.began_at, alert.extreme_value) == ("high", start + timedelta(minutes=10), 35)
    assert told(session) == [("raised", "high")]
    back = start + timedelta(minutes=60)
    send(session, device, [(back, 31)], now=back)
    (alert,) = list_alerts(session, device.id)
    assert alert.ended_at == back
    assert list_open_alerts(session, household_id) == []
    assert told(session) == [("raised", "high"), ("ended", "high")]


def test_a_late_reading_that_breaks_a_stretch_ends_the_alert(session, device):
    start = NOW - HOUR
    send(session, device, every(40, start, [33, 34]))
    assert told(session) == [("raised", "high")]
    send(session, device, [(start + timedelta(minutes=5), 30)])
    (alert,) = list_alerts(session, device.id)
    assert (alert.began_at, alert.ended_at) == (start, start + timedelta(minutes=5))
    assert told(session) == [("raised", "high"), ("ended", "high")]


def test_a_late_old_stretch_does_not_end_what_lasts(session, device, household_id):
    send(session, device, every(20, NOW - HOUR, [33, 34, 35]))
    send(session, device, every(20, NOW - timedelta(days=4), [36, 37, 38, 20]))
    old, new = sorted(list_alerts(session, device.id), key=lambda one: one.began_at)
    assert old.ended_at == NOW - timedelta(days=4) + HOUR
    assert new.ended_at is None
    assert told(session) == [("raised", "high")], "nobody is woken for what was over days ago"
    assert [one.alert.id for one in list_open_alerts(session, household_id)] == [new.id]


def test_beat_finds_a_value_that_stays_outside_without_further_readings(session, device):
    send(session, device, [(NOW, 40)])
    soon, later = NOW + timedelta(minutes=29), NOW + timedelta(minutes=30)
    assert list_devices_to_review(session, soon) == [device.id]
    review_device(session=session, device_id=device.id, now=soon)
    assert told(session) == []
    for _ in range(2):
        review_device(session=session, device_id=device.id, now=later)
    assert told(session) == [("raised", "high")]
    assert list_devices_to_review(session, later) == []


def test_beat_finds_a_silent_device_once_and_its_next_call_ends_it(session, device):
    send(session, device, [(NOW, 25)])
    assert list_devices_to_review(session, NOW + 6 * HOUR) == []
    later = NOW + 6 * HOUR + timedelta(seconds=1)
    assert list_devices_to_review(session, later) == [device.id]
    for _ in range(2):
        review_device(session=session, device_id=device.id, now=later)
    assert list_devices_to_review(session, later) == []
    assert told(session) == [("raised", "silent")]
    send(session, device, [(NOW + HOUR, 25)], has_called=False, now=later)
    assert told(session) == [("raised", "silent")], "a file is no call"
    send(session, device, [(later, 25)], now=later)
    assert told(session) == [("raised", "silent"), ("ended", "silent")]
    (alert,) = list_alerts(session, device.id)
    assert (alert.began_at, alert.ended_at) == (NOW, later)


def test_a_device_that_was_never_set_up_or_has_no_key_is_not_missed(session, household_id, device):
    much_later = NOW + timedelta(days=9)
    assert list_devices_to_review(session, much_later) == []
    send(session, device, [(NOW, 25)])
    assert list_devices_to_review(session, much_later) == [device.id]
    revoke_key(session=session, household_id=household_id, device_id=device.id, now=NOW)
    assert list_devices_to_review(session, much_later) == []


def test_a_new_range_leaves_the_past_as_it_was(session, household_id, device):
    send(session, device, every(60, NOW - 4 * HOUR, [30, 30]))
    facts = DeviceFacts(device.site_id, "Ô số 1", "temperature", Decimal(10), Decimal(25), 60, 12)
    edit_device(session=session, household_id=household_id, device_id=device.id, facts=facts)
    send(session, device, every(60, NOW - 2 * HOUR, [30]))
    (row,) = list_days(session, [device.id], date(2026, 11, 20), date(2026, 11, 20))[device.id]
    assert (row.figures.covered, row.figures.high) == (3 * 3600, 3600)
    assert (row.low_limit, row.high_limit) == (10, 25)


def test_old_readings_go_and_their_figures_stay(session, device):
    start = NOW - timedelta(days=20)
    send(session, device, every(30, start, [25] * (48 * 20)))
    before = dump(session, device)[0]
    assert len(before) == 21
    assert close_old_days(session=session, now=NOW, keep_days=14) == 6
    gone = thin_readings(session=session, now=NOW, keep_days=14, limit=100)
    assert gone == 100
    while gone:
        gone = thin_readings(session=session, now=NOW, keep_days=14)
    horizon = datetime(2026, 11, 5, 16, 0, tzinfo=UTC)  # an hour before 6 November begins in Viet Nam
    assert session.scalar(select(func.min(SensorReading.measured_at))) == horizon
    after = dump(session, device)[0]
    assert [row[:-1] for row in after] == [row[:-1] for row in before]
    assert [row[-1] for row in after] == [True] * 6 + [False] * 15
    assert send(session, device, every(30, start, [90] * 4)) == Intake(0, 0, 4), "a closed day takes nothing"
    assert dump(session, device)[0] == after
    send(session, device, [(horizon + timedelta(hours=2), 26)])
    first_open = next(row for row in dump(session, device)[0] if not row.is_closed)
    assert first_open.covered_seconds == 86_400, "the hour before midnight still reaches into the day"


def test_a_file_with_an_old_day_that_nobody_measured_fills_it_until_the_night(session, device):
    start = NOW - timedelta(days=40)
    assert send(session, device, every(30, start, [25] * 4), has_called=False) == Intake(4, 0, 0)
    assert send(session, device, [(NOW - timedelta(days=61), 25)]) == Intake(0, 0, 1)
    close_old_days(session=session, now=NOW, keep_days=14)
    assert send(session, device, every(30, start, [25] * 4)) == Intake(0, 0, 4)


def test_a_device_that_is_gone_is_not_found(session):
    with pytest.raises(NotFound):
        take_readings(session=session, device_id=1, readings=[], has_called=True, now=NOW)


@pytest.fixture
def barn(session, household_id):
    """A barn with two pens, each with a device; the season is kept in the first pen."""
    barn_id = make_site(session, household_id, kind="barn", name="Chuồng")
    pens = [make_site(session, household_id, kind="pen", name=f"Ô {one}", parent_id=barn_id) for one in (1, 2)]
    devices = [make_device(session, household_id, site_id=site_id)[0] for site_id in (barn_id, *pens)]
    return barn_id, pens, devices


def test_devices_of_the_barn_speak_for_its_pens_and_the_other_way_round(session, household_id, barn):
    barn_id, pens, devices = barn
    make_device(session, household_id)
    ids = [device.id for device in devices]
    assert [one.id for one in list_devices_at(session, barn_id)] == ids
    assert [one.id for one in list_devices_at(session, pens[0])] == [ids[0], ids[1]]


def test_a_lot_gets_one_sealed_summary(session, household_id, barn):
    _, pens, devices = barn
    made_on = local_date(NOW)
    season = make_season(
        session,
        household_id,
        site_id=pens[0],
        produce="Thịt lợn",
        template="pig",
        started_on=made_on - timedelta(days=30),
    )
    noon = datetime(2026, 11, 10, 5, 0, tzinfo=UTC)
    for place, device in enumerate(devices):
        send(session, device, every(60, noon, [20 + place, 30 + place, 33]), now=NOW)
    send(session, devices[0], [(NOW - timedelta(days=50), 5)], now=NOW)
    lot = make_lot(session, household_id, season=season, produce="Thịt lợn", harvested_on=made_on)
    record = seal_lot_sensors(session=session, lot_id=lot.id, now=NOW)
    again = seal_lot_sensors(session=session, lot_id=lot.id, now=NOW + HOUR)
    assert again == record
    assert (record.kind, record.lot_id, record.season_id, record.entered_role) == (
        "sensor_summary", lot.id, season.id, "system",
    )  # fmt: skip
    told_of = read_summaries(record.details["sensors"])
    assert [one.device for one in told_of] == [devices[0].ulid, devices[1].ulid]
    assert (told_of[0].minimum, told_of[0].maximum, told_of[0].share) == (20, 33, Decimal("66.6"))
    assert (told_of[0].first_on, told_of[0].last_on) == (date(2026, 11, 10), date(2026, 11, 10))
    assert [one.kind for one in list_story(session, lot)].count("sensor_summary") == 1
    send(session, devices[0], every(60, noon + timedelta(days=1), [40]), now=NOW)
    assert seal_lot_sensors(session=session, lot_id=lot.id, now=NOW) == record, "what is sealed stays"
    assert verify_chain(session, household_id).is_intact


def test_nothing_is_sealed_where_nothing_was_measured(session, household_id):
    lot = make_lot(session, household_id)
    count = session.scalar(select(func.count()).select_from(Record))
    assert seal_lot_sensors(session=session, lot_id=lot.id, now=NOW) is None
    assert seal_lot_sensors(session=session, lot_id=lot.id + 999, now=NOW) is None
    assert seal_season_sensors(session=session, season_id=lot.season_id, now=NOW) is None
    assert session.scalar(select(func.count()).select_from(Record)) == count


def test_a_closed_season_is_sealed_once_and_stays_out_of_the_stories_of_its_lots(session, household_id, device):
    today = local_date(NOW)
    season = make_season(session, household_id, site_id=device.site_id, started_on=today - timedelta(days=5))
    send(session, device, every(60, NOW - timedelta(days=2), [20, 30, 33]))
    lot = make_lot(session, household_id, season=season, harvested_on=today)
    seal_lot_sensors(session=session, lot_id=lot.id, now=NOW)
    assert seal_season_sensors(session=session, season_id=season.id, now=NOW) is None, "it is still open"
    close_season(
        session=session, household_id=household_id, season_id=season.id, closed_on=today,
        actor=make_keeper(household_id), key=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    record = seal_season_sensors(session=session, season_id=season.id, now=NOW)
    assert seal_season_sensors(session=session, season_id=season.id, now=NOW) == record
    assert record.lot_id is None
    summaries = [one for one in list_story(session, lot) if one.kind == "sensor_summary"]
    assert [one.lot_id for one in summaries] == [lot.id]


def test_what_is_sealed_outlives_the_readings(session, household_id, device):
    season = make_season(session, household_id, site_id=device.site_id)
    send(session, device, every(60, NOW - timedelta(days=2), [20, 30, 33]))
    lot = make_lot(session, household_id, season=season)
    record = seal_lot_sensors(session=session, lot_id=lot.id, now=NOW)
    session.execute(delete(SensorReading))
    session.execute(delete(SensorDay))
    story = list_story(session, lot)
    assert [one.hash for one in story if one.kind == "sensor_summary"] == [record.hash]
