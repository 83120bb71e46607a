"""Laws of the waiting period, counted in Vietnamese calendar days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Refused
from traceability.rules.waiting import (
    MAX_DAYS,
    Treatment,
    check_harvest,
    earliest_harvest,
    explain_hold,
    find_blocking,
    last_waiting_day,
)

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
TREATMENTS = st.lists(
    st.builds(
        lambda number, given_on, days: Treatment(number, "Bt", given_on, last_waiting_day(given_on, days)),
        st.integers(1, 99),
        DAYS,
        st.integers(0, MAX_DAYS),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("harvest_on", "is_allowed"),
    [
        (date(2026, 11, 9), True),
        (date(2026, 11, 10), False),
        (date(2026, 11, 17), False),
        (date(2026, 11, 18), True),
    ],
)
def test_seven_days_end_with_the_seventh(harvest_on: date, *, is_allowed: bool) -> None:
    spray = Treatment(1, "Bt", date(2026, 11, 10), last_waiting_day(date(2026, 11, 10), 7))
    assert (find_blocking([spray], harvest_on) is None) is is_allowed


def test_zero_days_forbid_the_day_of_the_spray_only() -> None:
    spray = Treatment(1, "Bt", date(2026, 11, 10), last_waiting_day(date(2026, 11, 10), 0))
    assert find_blocking([spray], date(2026, 11, 10)) == spray
    assert find_blocking([spray], date(2026, 11, 11)) is None


def test_an_animal_is_given_a_drug_and_slaughtered() -> None:
    drug = Treatment(1, "Thuốc ho", date(2026, 11, 10), date(2026, 11, 17))
    with pytest.raises(Refused, match=r"Chưa được giết mổ\. .*được giết mổ từ ngày 18/11/2026"):
        check_harvest([drug], date(2026, 11, 12), "giết mổ")
    said = explain_hold(drug, date(2026, 11, 12), "giết mổ")
    assert said.startswith("Giết mổ ngày 12/11/2026 nằm trong")
    assert "dùng ngày 10/11/2026" in said
    assert "phun" not in said


@given(TREATMENTS, DAYS)
def test_the_named_day_is_allowed_and_none_before_it_is(treatments: list[Treatment], wished: date) -> None:
    day = earliest_harvest(treatments, wished)
    assert day >= wished
    assert find_blocking(treatments, day) is None
    for back in range((day - wished).days):
        assert find_blocking(treatments, wished + timedelta(days=back)) is not None


@given(TREATMENTS, DAYS)
def test_a_refusal_names_the_day_on_which_it_may_happen(treatments: list[Treatment], wished: date) -> None:
    day = earliest_harvest(treatments, wished)
    if day == wished:
        check_harvest(treatments, wished)
        return
    with pytest.raises(Refused) as refusal:
        check_harvest(treatments, wished)
    assert refusal.value.code == "waiting_period_not_over"
    assert refusal.value.params["may_harvest_on"] == day.isoformat()
    assert f"{day:%d/%m/%Y}" in refusal.value.message
