"""Steps run in the order of their moments, which rise and never lie in the future."""

from datetime import UTC, date, datetime, timedelta

from marketplace.seed.timeline import Timeline

_UNTIL = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def test_steps_run_in_the_order_of_time_whatever_the_order_in_which_they_were_added():
    ran = []
    timeline = Timeline(until=_UNTIL)
    timeline.add(date(2026, 11, 3), 9, lambda now: ran.append(("harvest", now)))
    timeline.add(date(2026, 11, 1), 7.5, lambda now: ran.append(("sow", now)))
    timeline.run()
    assert ran == [
        ("sow", datetime(2026, 11, 1, 0, 30, tzinfo=UTC)),
        ("harvest", datetime(2026, 11, 3, 2, 0, tzinfo=UTC)),
    ]


def test_moments_rise_strictly_and_stay_before_the_end():
    moments: list[datetime] = []
    timeline = Timeline(until=_UNTIL)
    for _ in range(5):
        timeline.add(date(2026, 11, 20), 9, moments.append)
    timeline.add(date(2026, 12, 24), 9, moments.append)
    timeline.run()
    assert moments == sorted(set(moments))
    assert moments[-1] == _UNTIL - timedelta(seconds=1)
