from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Refused
from sellers.rules import (
    BANKS,
    CERTIFICATE_KINDS,
    HouseholdState,
    certificate_code,
    certificate_label,
    check_certificate,
    next_household_state,
    split_place,
)

ISSUED = date(2026, 1, 5)
LEGAL = {
    ("draft", "submit"): "identity_pending",
    ("identity_pending", "verify"): "verified",
    ("identity_pending", "reject"): "draft",
    ("verified", "suspend"): "suspended",
    ("suspended", "restore"): "verified",
}


@pytest.mark.parametrize("state", HouseholdState)
@pytest.mark.parametrize("step", ["submit", "verify", "reject", "suspend", "restore", "sell"])
def test_a_household_takes_only_the_listed_steps(state, step):
    wanted = LEGAL.get((state.value, step))
    if wanted is None:
        with pytest.raises(Refused) as refused:
            next_household_state(state, step)
        assert refused.value.code == "household_step"
    else:
        assert next_household_state(state, step) == wanted


@given(st.lists(st.sampled_from(["submit", "verify", "reject", "suspend", "restore"]), max_size=12))
def test_nobody_is_verified_without_a_check(steps):
    state, has_been_checked = HouseholdState.DRAFT, False
    for step in steps:
        try:
            state = next_household_state(state, step)
        except Refused:
            continue
        has_been_checked = has_been_checked or step == "verify"
    assert state != HouseholdState.VERIFIED or has_been_checked


@given(st.integers(-3000, 3000))
def test_a_certificate_ends_after_it_begins_and_within_five_years(days):
    about = {"kind": "vietgap", "stars": None, "issued_on": ISSUED, "expires_on": ISSUED + timedelta(days=days)}
    if 0 < days <= 366 * 5:
        check_certificate(**about)
    else:
        with pytest.raises(Refused) as refused:
            check_certificate(**about)
        assert refused.value.field == "expires_on"


@pytest.mark.parametrize("stars", [None, 0, 1, 2, 6])
def test_ocop_has_three_to_five_stars(stars):
    with pytest.raises(Refused) as refused:
        check_certificate(kind="ocop", stars=stars, issued_on=ISSUED, expires_on=None)
    assert refused.value.field == "stars"
    check_certificate(kind="ocop", stars=4, issued_on=ISSUED, expires_on=None)


def test_an_unknown_certificate_is_refused():
    with pytest.raises(Refused) as refused:
        check_certificate(kind="iso", stars=None, issued_on=ISSUED, expires_on=None)
    assert refused.value.field == "kind"


def test_what_badges_say():
    assert (certificate_code("ocop", 4), certificate_label("ocop", 4)) == ("ocop-4", "OCOP 4 sao")
    assert (certificate_code("vietgap", None), certificate_label("vietgap", None)) == ("vietgap", "VietGAP")
    assert {certificate_label(kind, None) for kind in CERTIFICATE_KINDS} == {
        "VietGAP",
        "OCOP",
        "Hữu cơ",
        "An toàn thực phẩm",
    }


@pytest.mark.parametrize(
    ("name", "kind", "short"),
    [
        ("Xã Tân Ninh", "Xã", "Tân Ninh"),
        ("Phường 1", "Phường", "1"),
        ("Thành phố Hồ Chí Minh", "Thành phố", "Hồ Chí Minh"),
        ("Đặc khu Cát Hải", "Đặc khu", "Cát Hải"),
        ("Xãm Lơm", "", "Xãm Lơm"),
    ],
)
def test_a_name_is_split_from_its_kind(name, kind, short):
    place = split_place(name)
    assert (place.kind, place.short) == (kind, short)


def test_banks_have_issuer_numbers():
    assert all(len(number) == 6 and number.isdigit() and number.startswith("9704") for number in BANKS)
    assert len(set(BANKS.values())) == len(BANKS)
