"""The picture of lowest and highest values: everything lies inside it, and in the right order."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.rules.sensor_chart import HEIGHT, WIDTH, draw_chart
from traceability.rules.sensors import BandPoint

DAY = date(2026, 11, 1)


def point(number: int, minimum: str, maximum: str, days: int = 1) -> BandPoint:
    first = DAY + timedelta(days=number)
    return BandPoint(first, first + timedelta(days=days - 1), Decimal(minimum), Decimal(maximum))


def draw(points, limits=("18", "32")):
    given_limits = tuple(Decimal(limit) for limit in limits) if limits else None
    return draw_chart(points, title="Nhiệt độ", unit="°C", limits=given_limits)


def test_nothing_is_drawn_of_nothing():
    assert draw([]) is None


def test_days_outside_the_range_stand_out():
    chart = draw([point(0, "20", "30"), point(1, "15", "35"), point(3, "33", "34", days=2)])
    assert [tick.text for tick in chart.values] == ["15", "20", "25", "30", "35"]
    assert chart.rows == [
        ("01/11/2026", Decimal(20), Decimal(30)),
        ("02/11/2026", Decimal(15), Decimal(35)),
        ("04/11 – 05/11/2026", Decimal(33), Decimal(34)),
    ]
    assert len(chart.band) == 3
    too_hot, all_of_it, too_cold = chart.outside
    assert too_hot.y < chart.allowed.y
    assert (all_of_it.x, all_of_it.width) == (chart.band[2].x, chart.band[2].width)
    assert (all_of_it.y, all_of_it.height) == (chart.band[2].y, chart.band[2].height)
    assert round(too_cold.y, 1) == round(chart.allowed.y + chart.allowed.height, 1)
    assert chart.band[1].x + chart.band[1].width < chart.band[2].x, "a day without readings stays empty"


def test_without_a_range_none_is_drawn():
    chart = draw([point(0, "20", "20")], limits=None)
    assert (chart.allowed, chart.outside) == (None, [])
    assert len(chart.values) >= 2


def test_a_far_wider_range_does_not_press_the_band_flat():
    chart = draw([point(0, "3", "5")], limits=("0", "25"))
    assert chart.band[0].height > HEIGHT / 6


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.integers(0, 70), st.tuples(st.integers(-500, 900), st.integers(0, 400)), min_size=1, max_size=60
    ),
    st.tuples(st.integers(-500, 900), st.integers(1, 900)),
)
def test_everything_lies_inside_the_picture(days, limits):
    points = [
        BandPoint(
            DAY + timedelta(days=number), DAY + timedelta(days=number), Decimal(low) / 10, Decimal(low + more) / 10
        )
        for number, (low, more) in sorted(days.items())
    ]
    low, more = limits
    chart = draw_chart(points, title="", unit="", limits=(Decimal(low) / 10, Decimal(low + more) / 10))
    boxes = [*chart.band, *chart.outside, chart.allowed]
    assert all(box.x >= 0 and box.x + box.width <= WIDTH + 2 for box in boxes)
    assert all(box.y >= 0 and box.y + box.height <= HEIGHT for box in boxes)
    assert 2 <= len(chart.values) <= 8
    heights = [tick.at for tick in chart.values]
    assert heights == sorted(heights, reverse=True)
    assert 1 <= len(chart.days) <= 4
    assert len({tick.text for tick in chart.values}) == len(chart.values)
    assert [box.x for box in chart.band] == sorted(box.x for box in chart.band)
