"""Codes, states and completeness of lots."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Conflict, Refused
from traceability.rules.completeness import Fact, list_missing
from traceability.rules.entries import has_contact
from traceability.rules.identifiers import class_uri, make_slug
from traceability.rules.lots import (
    PROVINCE_LETTERS,
    STATE_LABELS,
    STEPS,
    LotState,
    LotStep,
    check_enough,
    child_state,
    make_code,
    next_state,
    read_code,
)


@given(
    st.sampled_from(sorted(PROVINCE_LETTERS)),
    st.integers(1, 99999),
    st.sampled_from(["2601", "2612"]),
    st.integers(1, 9_999_999),
    st.sampled_from(["-", " ", "", ".", "–"]),
)
def test_a_code_is_read_however_it_is_spelt(province: str, commune: int, month: str, number: int, dash: str) -> None:
    code = make_code(province, str(commune), month, number)
    for typed in (code, code.lower(), f"  {code.replace('-', dash)} "):
        assert read_code(typed) == code


@given(st.text(max_size=80))
def test_reading_never_fails(typed: str) -> None:
    code = read_code(typed)
    assert code is None or read_code(code) == code


def test_there_are_34_provinces_with_34_different_letters() -> None:
    assert len(PROVINCE_LETTERS) == 34
    assert len(set(PROVINCE_LETTERS.values())) == 34


@pytest.mark.parametrize(("state", "step"), list(product(LotState, LotStep)))
def test_only_listed_steps_are_taken(state: LotState, step: LotStep) -> None:
    if (state, step) in STEPS:
        assert next_state(state.value, step) is STEPS[state, step]
    else:
        with pytest.raises(Conflict, match=STATE_LABELS[state]):
            next_state(state.value, step)


def test_a_recall_is_final() -> None:
    assert not [step for step in STEPS if step[0] is LotState.RECALLED]


def test_only_verified_parents_have_verified_children() -> None:
    assert child_state(["verified", "verified"]) is LotState.VERIFIED
    assert child_state(["verified", "awaiting_verification"]) is LotState.RECORDED


def test_too_much_names_what_is_left() -> None:
    check_enough("TH-1", Decimal(5), Decimal(5), "5 kg")
    with pytest.raises(Refused, match="chỉ còn 5 kg"):
        check_enough("TH-1", Decimal("5.001"), Decimal(5), "5 kg")


def test_completeness_asks_for_four_things() -> None:
    assert [item.code for item in list_missing([])] == ["incoming", "work", "outcome", "photo"]
    facts = [Fact("incoming", 0), Fact("watering", 0), Fact("harvest", 1)]
    assert list_missing(facts) == []
    for gone in range(3):
        assert len(list_missing(facts[:gone] + facts[gone + 1 :])) == (2 if gone == 2 else 1)


@pytest.mark.parametrize(
    ("written", "is_contact"),
    [
        ("0912345678", True),
        ("gọi 0912 345 678 nhé", True),
        ("+84 912345678", True),
        ("ba@example.com", True),
        ("20 ml cho bình 16 lít", False),
        ("lô 2611-0042", False),
        ("HĐ 0012345", False),
    ],
)
def test_contacts_are_noticed(written: str, *, is_contact: bool) -> None:
    assert has_contact(written) is is_contact


@given(st.text(max_size=100))
def test_identifiers_are_plain_and_never_digits_only(name: str) -> None:
    slug = make_slug(name)
    assert slug
    assert not slug.isdigit()
    assert slug.isascii()
    assert slug == slug.lower()
    assert " " not in class_uri(name)
