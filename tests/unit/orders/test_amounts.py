from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.rules.amounts import PricedLine, add_up, parcel_weight

LINES = st.lists(
    st.builds(
        PricedLine,
        offer_id=st.integers(1, 50),
        household_id=st.integers(1, 5),
        quantity=st.decimals("0.1", "99", places=1),
        unit_price_vnd=st.integers(1000, 2_000_000),
        unit_parcel_g=st.integers(50, 5000),
    ),
    min_size=1,
    max_size=12,
)


def test_a_line_is_rounded_half_up_to_whole_dong():
    assert PricedLine(1, 1, Decimal("0.5"), 25_001, 100).total_vnd == 12_501
    assert PricedLine(1, 1, Decimal("2.5"), 35_000, 1000).total_vnd == 87_500


@given(lines=LINES, fee=st.integers(0, 100_000))
def test_the_total_is_the_sum_of_its_shares_and_each_line_belongs_to_one(lines, fee):
    fees = {line.household_id: fee for line in lines}
    amounts = add_up(lines, fees)
    assert amounts.total_vnd == sum(line.total_vnd for line in lines) + fee * len(fees)
    assert amounts.total_vnd == sum(share.total_vnd for share in amounts.shares)
    assert [share.household_id for share in amounts.shares] == sorted(fees)


@given(lines=LINES)
def test_a_parcel_is_never_lighter_than_what_is_in_it(lines):
    assert parcel_weight(lines) >= sum(line.parcel_g for line in lines)
