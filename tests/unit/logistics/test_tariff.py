"""Choosing a service, and the estimate."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.ports import ParcelSpec, PostalAddress, Quote, read_spec, store_spec
from logistics.rules.tariff import choose, estimate

FARM = PostalAddress(
    name="Hộ bà Lê Thị Hoa",
    phone="0912345678",
    line="Thôn 5",
    commune_name="Xã Vân Du",
    province_name="Thanh Hóa",
)
CITY = replace(FARM, name="Nguyễn Văn An", commune_name="Phường Hàm Rồng")
SPEC = ParcelSpec(sender=FARM, recipient=CITY, weight_g=1500, cod_vnd=0, declared_vnd=90_000, contents="Cam 1 kg")


def quote(service: str, fee: int, hours: int | None) -> Quote:
    return Quote(carrier="viettelpost", service=service, service_name=service, fee_vnd=fee, transit_hours=hours)


LIST = [quote("STK", 22_000, 72), quote("VCN", 30_000, 48), quote("PHS", 48_000, 20)]


@pytest.mark.parametrize(
    ("max_hours", "service"),
    [(None, "STK"), (100, "STK"), (72, "STK"), (48, "VCN"), (24, "PHS"), (10, "PHS")],
)
def test_the_cheapest_that_is_fast_enough_else_the_fastest(max_hours: int | None, service: str) -> None:
    best = choose(LIST, max_hours)
    assert best is not None
    assert best.service == service


def test_who_does_not_say_how_long_is_too_slow_for_goods_that_spoil() -> None:
    vague = quote("X", 1_000, None)
    assert choose([vague, *LIST], 48) == LIST[1]
    assert choose([vague], 48) == vague
    assert choose([], 48) is None


@pytest.mark.parametrize(
    ("province", "weight_g", "fee", "hours"),
    [
        ("Thanh Hóa", 1, 22_000, 48),
        ("thanh hoá", 2000, 22_000, 48),
        ("Thanh Hóa", 2001, 25_000, 48),
        ("Hà Nội", 3000, 56_000, 96),
    ],
)
def test_the_estimate_follows_the_table(province: str, weight_g: int, fee: int, hours: int) -> None:
    spec = replace(SPEC, recipient=replace(CITY, province_name=province), weight_g=weight_g)
    assert estimate("viettelpost", spec) == Quote(
        carrier="viettelpost",
        service="",
        service_name="Cước tạm tính",
        fee_vnd=fee,
        transit_hours=hours,
        is_estimate=True,
    )


@given(st.integers(1, 50_000), st.integers(1, 50_000))
def test_a_heavier_parcel_never_costs_less(one: int, other: int) -> None:
    light, heavy = sorted((one, other))
    assert estimate("x", replace(SPEC, weight_g=light)).fee_vnd <= estimate("x", replace(SPEC, weight_g=heavy)).fee_vnd


def test_a_stored_spec_reads_back_the_same() -> None:
    assert read_spec(store_spec(SPEC)) == SPEC
