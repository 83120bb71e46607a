from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules import (
    CATEGORIES,
    OfferState,
    Shelf,
    check_lot_fits,
    is_deliverable,
    next_offer_state,
    pick_first_to_expire,
    total_picked,
    units_from_lot,
)
from catalog.views.kinds import SHOP_KINDS
from marketplace.core.errors import Refused

AMOUNTS = st.decimals(min_value=0, max_value=100, places=3)
SHELVES = st.lists(
    st.builds(
        Shelf,
        stock_id=st.integers(1, 10**6),
        lot_id=st.integers(1, 10**6),
        free=AMOUNTS,
        best_before_on=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
        harvested_on=st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    ),
    unique_by=lambda shelf: shelf.stock_id,
    max_size=8,
)


def shelf(stock_id, free, best_before=None, harvested=date(2026, 11, 1)):
    return Shelf(stock_id, stock_id * 10, Decimal(free), best_before, harvested)


def test_the_lot_that_expires_first_goes_first_whatever_its_place():
    shelves = [
        shelf(1, 5, date(2026, 12, 1)),
        shelf(2, 5, date(2026, 11, 25)),
        shelf(3, 5),
    ]
    picks = pick_first_to_expire(shelves, Decimal(12))
    assert [(pick.stock_id, pick.quantity) for pick in picks] == [(2, 5), (1, 5), (3, 2)]


def test_of_two_with_one_date_the_older_harvest_goes_first():
    shelves = [
        shelf(1, 5, date(2026, 12, 1), date(2026, 11, 9)),
        shelf(2, 5, date(2026, 12, 1), date(2026, 11, 8)),
    ]
    assert [pick.stock_id for pick in pick_first_to_expire(shelves, Decimal(6))] == [2, 1]


@given(SHELVES, st.decimals(min_value=0, max_value=400, places=3))
def test_what_is_picked_is_what_is_wanted_or_all_there_is(shelves, wanted):
    picks = pick_first_to_expire(shelves, wanted)
    free = {one.stock_id: one.free for one in shelves}
    assert total_picked(picks) == min(wanted, sum(free.values(), Decimal(0)))
    assert all(0 < pick.quantity <= free[pick.stock_id] for pick in picks)


@given(SHELVES, st.decimals(min_value=0, max_value=400, places=3))
def test_no_lot_is_broken_into_while_an_earlier_one_has_goods(shelves, wanted):
    picks = {pick.stock_id: pick.quantity for pick in pick_first_to_expire(shelves, wanted)}
    ordered = sorted(shelves, key=lambda s: (s.best_before_on or date.max, s.harvested_on, s.stock_id))
    touched = [picks.get(one.stock_id, Decimal(0)) for one in ordered]
    for place, one in enumerate(ordered):
        if any(touched[place + 1 :]):
            assert touched[place] == one.free


@pytest.mark.parametrize(
    ("state", "step", "expected"),
    [
        (OfferState.DRAFT, "publish", OfferState.ON_SALE),
        (OfferState.PAUSED, "publish", OfferState.ON_SALE),
        (OfferState.ON_SALE, "publish", OfferState.ON_SALE),
        (OfferState.ON_SALE, "pause", OfferState.PAUSED),
        (OfferState.PAUSED, "pause", OfferState.PAUSED),
        (OfferState.DRAFT, "withdraw", OfferState.WITHDRAWN),
        (OfferState.ON_SALE, "withdraw", OfferState.WITHDRAWN),
        (OfferState.PAUSED, "withdraw", OfferState.WITHDRAWN),
        (OfferState.WITHDRAWN, "withdraw", OfferState.WITHDRAWN),
    ],
)
def test_steps_of_an_offer(state, step, expected):
    assert next_offer_state(state, step) is expected


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (OfferState.WITHDRAWN, "publish"),
        (OfferState.WITHDRAWN, "pause"),
        (OfferState.DRAFT, "pause"),
        (OfferState.DRAFT, "fly"),
    ],
)
def test_steps_that_no_offer_takes(state, step):
    with pytest.raises(Refused) as refusal:
        next_offer_state(state, step)
    assert refusal.value.code == "offer_step"


@pytest.mark.parametrize(
    ("lot_amount", "content", "step", "units"),
    [
        ("12.7", "0.5", "1", "25"),
        ("12.7", "1", "0.1", "12.7"),
        ("0.4", "0.5", "1", "0"),
        ("10", "0.3", "1", "33"),
        ("100", "10", "1", "10"),
    ],
)
def test_a_lot_fills_whole_steps_only(lot_amount, content, step, units):
    assert units_from_lot(Decimal(lot_amount), Decimal(content), Decimal(step)) == Decimal(units)


@given(
    st.decimals(min_value="0.001", max_value=10_000, places=3),
    st.decimals(min_value="0.001", max_value=100, places=3),
    st.sampled_from([Decimal("0.1"), Decimal(1)]),
)
def test_units_never_take_more_than_the_lot_gives(lot_amount, content, step):
    units = units_from_lot(lot_amount, content, step)
    assert units % step == 0
    assert units * content <= lot_amount < (units + step) * content


@pytest.mark.parametrize(
    ("days", "hours", "stands"),
    [(3, 72, True), (3, 73, False), (2, None, False), (3, None, True), (0, 1, False)],
)
def test_goods_stand_the_journey(days, hours, stands):
    assert is_deliverable(days, hours) is stands


def test_meat_is_not_sold_as_rice():
    with pytest.raises(Refused) as refusal:
        check_lot_fits("gao", "pig")
    assert refusal.value.code == "lot_of_other_kind"
    assert refusal.value.field == "lot_id"
    assert refusal.value.message == ("Lô này không phải gạo. Hãy chọn lô khác hoặc sửa nhóm hàng của sản phẩm.")


def test_what_is_made_may_come_from_anywhere():
    for template in ("pig", "rice", "fish", "processed"):
        check_lot_fits("thit-che-bien", template)
        check_lot_fits("banh", template)


def test_every_kind_on_the_home_page_is_a_shelf_and_the_last_is_the_whole_market():
    *kinds, everything = [kind.category for kind in SHOP_KINDS]
    assert everything == ""
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) <= set(CATEGORIES)
    assert (SHOP_KINDS[0].href, SHOP_KINDS[-1].href) == ("/tim?loai=trai-cay", "/tim")
