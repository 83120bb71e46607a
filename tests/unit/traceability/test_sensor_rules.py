"""Laws of the sensors: figures and alerts are functions of a set of readings."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.clock import VN_TZ, local_date
from marketplace.core.errors import Refused
from traceability.rules.sensors import (
    HIGH,
    HOLDS_FOR,
    INSIDE,
    LOW,
    MEASURES,
    DayFigures,
    DeviceFacts,
    Reading,
    check_device,
    days_touched,
    draw_band,
    find_excursions,
    find_fault,
    fold_days,
    is_too_old,
    side_of,
    sum_up,
    tidy,
    write_value,
)

TEMPERATURE = MEASURES["temperature"]
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LOWEST, HIGHEST = Decimal(18), Decimal(32)


def at(minutes: float, value: str | int | Decimal) -> Reading:
    number = Decimal(value)
    return Reading(START + timedelta(minutes=minutes), number, side_of(number, LOWEST, HIGHEST))


ONE = st.builds(at, st.integers(0, 3 * 24 * 60), st.decimals(-5, 45, places=1))
READINGS = st.lists(ONE, max_size=40)
#: Close to one another and to midnight, so that they cut each other short.
CROWDED = st.lists(st.builds(at, st.integers(0, 9 * 60), st.decimals(10, 40, places=0)), max_size=12)


def brute_force_day(readings: list[Reading], day: date) -> tuple[int, int, int]:
    """Count seconds one minute at a time: which reading stands at each, if any (all moments are whole minutes)."""
    covered = low = high = 0
    minute = datetime.combine(day, datetime.min.time(), tzinfo=VN_TZ)
    for _ in range(24 * 60):
        standing = [one for one in readings if one.measured_at <= minute < one.measured_at + HOLDS_FOR]
        if standing:
            side = max(standing).side
            covered, low, high = covered + 60, low + 60 * (side == LOW), high + 60 * (side == HIGH)
        minute += timedelta(minutes=1)
    return covered, low, high


@settings(deadline=None)
@given(READINGS, st.randoms(use_true_random=False), st.lists(st.integers(0, 39), max_size=10))
def test_any_order_and_any_repetition_gives_the_same_days(readings, dice, again):
    mixed = readings + [readings[place] for place in again if place < len(readings)]
    dice.shuffle(mixed)
    assert fold_days(mixed) == fold_days(readings)


@settings(deadline=None, max_examples=50)
@given(CROWDED)
def test_time_in_range_agrees_with_counting_minutes(readings):
    for day, figures in fold_days(readings).items():
        assert (figures.covered, figures.low, figures.high) == brute_force_day(readings, day)
        own = [one.value for one in set(readings) if local_date(one.measured_at) == day]
        assert (figures.minimum, figures.maximum, figures.count) == (min(own), max(own), len(own))
        assert figures.mean == sum(own) / len(own)


@settings(deadline=None)
@given(READINGS, ONE)
def test_a_new_reading_changes_no_day_that_it_does_not_touch(readings, fresh):
    before, after = fold_days(readings), fold_days([*readings, fresh])
    changed = {day for day in after if before.get(day) != after[day]}
    assert changed <= days_touched(fresh.measured_at)


@settings(deadline=None)
@given(READINGS, st.randoms(use_true_random=False))
def test_excursions_do_not_depend_on_order(readings, dice):
    def find(given_readings):
        return find_excursions(
            given_readings, patience=timedelta(minutes=30), dropout=timedelta(hours=6), now=START + timedelta(days=4)
        )

    mixed = readings * 2
    dice.shuffle(mixed)
    found = find(readings)
    assert find(mixed) == found
    assert all(one.side != INSIDE for one in found)
    assert [one.ended_at for one in found[:-1]].count(None) == 0, "only the last stretch can last"


def test_a_stretch_is_long_after_the_patience_and_ends_with_the_first_value_inside():
    readings = [at(0, 30), at(10, 33), at(20, 35), at(30, 34), at(50, 31)]
    (found,) = find_excursions(readings, patience=timedelta(minutes=30), dropout=timedelta(hours=6), now=START)
    assert (found.began_at, found.ended_at) == (START + timedelta(minutes=10), START + timedelta(minutes=50))
    assert (found.side, found.extreme, found.is_long) == (HIGH, Decimal(35), True)
    (short,) = find_excursions(readings, patience=timedelta(minutes=41), dropout=timedelta(hours=6), now=START)
    assert not short.is_long


def test_one_reading_stands_for_an_hour_and_no_longer():
    def is_long(minutes):
        now = START + timedelta(minutes=minutes)
        (found,) = find_excursions([at(0, 40)], patience=timedelta(minutes=50), dropout=timedelta(hours=6), now=now)
        assert found.ended_at is None
        return found.is_long

    assert [is_long(minutes) for minutes in (0, 49, 50, 500)] == [False, False, True, True]
    (found,) = find_excursions(
        [at(0, 40)], patience=timedelta(minutes=61), dropout=timedelta(hours=6), now=START + timedelta(days=1)
    )
    assert not found.is_long


def test_after_a_long_silence_a_stretch_begins_anew():
    readings = [at(0, 40), at(30, 40), at(30 + 361, 41), at(30 + 400, 20)]
    first, second = find_excursions(
        readings, patience=timedelta(minutes=30), dropout=timedelta(hours=6), now=START + timedelta(days=1)
    )
    assert first.ended_at == START + timedelta(minutes=90)
    assert (second.began_at, second.ended_at) == (START + timedelta(minutes=391), START + timedelta(minutes=430))


def test_a_turn_from_too_hot_to_too_cold_is_two_stretches():
    found = find_excursions([at(0, 40), at(40, 10)], patience=timedelta(minutes=5), dropout=HOLDS_FOR, now=START)
    assert [(one.side, one.extreme) for one in found] == [(HIGH, Decimal(40)), (LOW, Decimal(10))]


def test_time_after_midnight_counts_for_the_next_day():
    late = datetime(2026, 11, 20, 16, 50, tzinfo=UTC)  # 23:50 in Viet Nam
    early = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    days = fold_days([Reading(late, Decimal(40), HIGH), Reading(early, Decimal(20), INSIDE)])
    assert days[date(2026, 11, 20)] == DayFigures(
        date(2026, 11, 20), Decimal(40), Decimal(40), Decimal(40), 1, covered=600, low=0, high=600
    )
    second = days[date(2026, 11, 21)]
    assert (second.covered, second.high, second.count) == (30 * 60 + 3600, 30 * 60, 1)
    assert second.share == Decimal(3600) / Decimal(5400)


def test_readings_of_one_instant_stand_for_no_time():
    days = fold_days([at(0, 20), at(0, 40)])
    (only,) = days.values()
    assert (only.count, only.covered, only.high) == (2, 3600, 3600)


@pytest.mark.parametrize(
    ("minutes", "value", "fault"),
    [
        (10, "31.5", None),
        (10.1, "31.5", "time_in_future"),
        (0, "90", None),
        (0, "90.1", "value_impossible"),
        (0, "-50.1", "value_impossible"),
        (0, "NaN", "value_impossible"),
        (0, "Infinity", "value_impossible"),
    ],
)
def test_what_cannot_be_true_is_named(minutes, value, fault):
    assert find_fault(TEMPERATURE, START + timedelta(minutes=minutes), Decimal(value), START) == fault


def test_readings_are_kept_in_one_spelling():
    moment, value = tidy(START.replace(microsecond=999_999), Decimal("31.50004"))
    assert (moment, str(value)) == (START, "31.500")
    assert str(tidy(START, Decimal("-0.0001"))[1]) == "0.000"


def test_too_old_counts_whole_days():
    oldest = datetime(2026, 9, 20, 17, 0, tzinfo=UTC)  # the first moment of 21 September in Viet Nam
    assert not is_too_old(oldest, START)
    assert is_too_old(oldest - timedelta(seconds=1), START)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"measure": "radiation"}, "measure"),
        ({"name": " "}, "name"),
        ({"name": "Gọi 0912 345 678"}, "name"),
        ({"name": "a" * 61}, "name"),
        ({"low_limit": Decimal(-51)}, "low_limit"),
        ({"high_limit": Decimal(91)}, "high_limit"),
        ({"low_limit": Decimal("18.0001")}, "low_limit"),
        ({"low_limit": Decimal(32)}, "high_limit"),
        ({"patience_minutes": 4}, "patience_minutes"),
        ({"patience_minutes": 721}, "patience_minutes"),
        ({"silence_hours": 0}, "silence_hours"),
        ({"silence_hours": 73}, "silence_hours"),
    ],
)
def test_a_device_that_cannot_be_names_its_field(changes, field):
    facts = {"site_id": 1, "name": "Ô số 1", "measure": "temperature", "low_limit": LOWEST, "high_limit": HIGHEST}
    check_device(DeviceFacts(**facts))
    with pytest.raises(Refused) as caught:
        check_device(DeviceFacts(**{**facts, **changes}))
    assert caught.value.field == field


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda one: one.code)
def test_what_the_form_proposes_may_be_kept(measure):
    check_device(DeviceFacts(1, "Cảm biến", measure.code, measure.low, measure.high))


@pytest.mark.parametrize(
    ("value", "text"), [("31.500", "31,5"), ("-2.000", "-2"), ("0.125", "0,125"), ("100", "100"), ("10.050", "10,05")]
)
def test_values_are_written_the_vietnamese_way(value, text):
    assert write_value(Decimal(value)) == text


def day(number: int, minimum: int = 20, maximum: int = 30, **seconds: int) -> DayFigures:
    figures = {"covered": 1000, "low": 0, "high": 0, **seconds}
    on = date(2026, 1, 1) + timedelta(days=number)
    return DayFigures(on, Decimal(minimum), Decimal(maximum), Decimal(250), 10, **figures)


def test_days_are_summed_up_by_time_and_not_by_day():
    span = sum_up([day(0, covered=3000, high=300), day(1, 15)], [])
    assert (span.minimum, span.maximum, span.mean) == (Decimal(15), Decimal(30), Decimal(25))
    assert span.share == span.share_not_above == Decimal(3700) / Decimal(4000)
    assert (span.low_limit, span.high_limit) == (None, None)
    same = sum_up([day(0), day(1)], [(LOWEST, HIGHEST), (LOWEST, HIGHEST)])
    assert (same.low_limit, same.high_limit) == (LOWEST, HIGHEST)
    assert sum_up([day(0), day(1)], [(LOWEST, HIGHEST), (LOWEST, Decimal(33))]).low_limit is None


@settings(deadline=None)
@given(st.sets(st.integers(0, 400), min_size=1, max_size=300), st.integers(1, 60))
def test_a_band_has_few_points_and_leaves_nothing_out(numbers, most):
    figures = [day(number, number % 17, 20 + number % 13) for number in numbers]
    band = draw_band(figures, most)
    assert len(band) <= most
    assert [point.first_on for point in band] == sorted(point.first_on for point in band)
    assert min(point.minimum for point in band) == min(one.minimum for one in figures)
    assert max(point.maximum for point in band) == max(one.maximum for one in figures)
    for one in figures:
        (point,) = [point for point in band if point.first_on <= one.day <= point.last_on]
        assert point.minimum <= one.minimum <= one.maximum <= point.maximum
