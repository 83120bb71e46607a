"""Which goods a certificate covers: by name, kind, place and day, with everything that a lot came from."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from marketplace.core.errors import Refused
from sellers.rules import (
    PRODUCTIONS,
    Goods,
    Scope,
    check_scope,
    covers,
    list_covering,
    narrow_scope,
)
from traceability.rules.templates import TEMPLATES

FIELD, OTHER_FIELD = 11, 12
TODAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Paper:
    id: int = 7
    kind: str = "vietgap"
    stars: int | None = None
    produces: tuple[str, ...] = ("Cải ngọt",)
    productions: tuple[str, ...] = ()
    site_ids: tuple[int, ...] = (FIELD,)
    issued_on: date = date(2026, 1, 1)
    expires_on: date | None = date(2026, 12, 31)


def lot(produce="Cải ngọt", *, template="vegetable", site=FIELD, made_on=TODAY, is_taken=True, is_ingredient=False):
    return Goods(produce, template, site, made_on, is_taken, is_ingredient)


def covered(paper, produce="Cải ngọt", *, template="vegetable", site=FIELD, on=TODAY):
    return covers(paper, produce=produce, template=template, site_id=site, on=on)


@pytest.mark.parametrize(
    ("named", "produce", "is_covered"),
    [
        ("Cải ngọt", "Cải ngọt", True),
        ("cải  NGỌT ", "Cải ngọt", True),
        ("Hoà Lộc", "Hòa Lộc", True),
        ("Cải ngọt", "Cải ngọt sấy", False),
        ("Cải ngọt sấy", "Cải ngọt", False),
        ("Cải", "Cải ngọt", False),
        ("Rau cải ngọt", "Cải ngọt", False),
        ("Cải ngọt, cải bẹ", "Cải ngọt", False),
        ("Bưởi", "Buổi", False),
        ("Cai ngot", "Cải ngọt", False),
        ("", "", True),
    ],
)
def test_a_name_covers_itself_and_nothing_wider_or_narrower(named, produce, is_covered):
    assert covered(Paper(produces=(named,)), produce) is is_covered


@pytest.mark.parametrize("kind", ["vietgap", "organic", "food_safety", "ocop"])
def test_a_paper_without_a_scope_covers_nothing(kind):
    empty = Paper(kind=kind, produces=(), site_ids=(), stars=5)
    assert not covered(empty)
    assert list_covering([empty], [lot()], TODAY) == []


@pytest.mark.parametrize("kind", ["vietgap", "organic", "food_safety"])
def test_papers_of_a_place_cover_that_place_only(kind):
    paper = Paper(kind=kind)
    assert covered(paper)
    assert not covered(paper, site=OTHER_FIELD)
    assert not covered(Paper(kind=kind, site_ids=()))
    assert not covered(Paper(kind=kind, produces=())), "a place alone names no produce"
    whole = Paper(kind=kind, produces=(), productions=("vegetable",))
    assert covered(whole, "Mồng tơi")
    assert not covered(whole, "Mồng tơi", template="fruit")
    assert not covered(whole, "Mồng tơi", site=OTHER_FIELD)


def test_stars_belong_to_the_named_product_wherever_it_is_made():
    paper = Paper(kind="ocop", stars=4, produces=("Mắm tôm",), productions=("processed",), site_ids=(FIELD,))
    assert covered(paper, "Mắm tôm", template="processed", site=OTHER_FIELD)
    assert not covered(paper, "Mắm tép", template="processed")


@pytest.mark.parametrize(
    ("on", "expires_on", "is_covered"),
    [
        (date(2025, 12, 31), date(2026, 12, 31), False),
        (date(2026, 1, 1), date(2026, 12, 31), True),
        (date(2026, 12, 31), date(2026, 12, 31), True),
        (date(2027, 1, 1), date(2026, 12, 31), False),
        (date(2036, 1, 1), None, True),
    ],
)
def test_first_and_last_day_count(on, expires_on, is_covered):
    assert covered(Paper(expires_on=expires_on), on=on) is is_covered


def test_mixing_packing_and_renaming_lend_no_paper():
    paper = Paper()
    from_both = [lot(is_taken=False), lot(), lot(site=OTHER_FIELD)]
    renamed = [lot(is_taken=False), lot("Cải bẹ")]
    assert list_covering([paper], [lot(is_taken=False), lot()], TODAY) == [paper]
    assert list_covering([paper], from_both, TODAY) == []
    assert list_covering([paper], renamed, TODAY) == []
    assert list_covering([paper], [], TODAY) == []


def test_what_goods_are_made_of_counts_for_how_it_was_grown_and_not_for_stars():
    dried = [lot("Cải ngọt sấy", template="processed"), lot("Cải ngọt", site=OTHER_FIELD, is_ingredient=True)]
    grown = Paper(produces=("Cải ngọt", "Cải ngọt sấy"))
    stars = Paper(kind="ocop", stars=3, produces=("Cải ngọt sấy",))
    assert list_covering([grown], dried, TODAY) == []
    assert list_covering([stars], dried, TODAY) == [stars]


def test_a_harvest_before_the_paper_is_not_covered_by_it_but_by_an_earlier_one():
    new = Paper(issued_on=TODAY - timedelta(days=3), expires_on=None)
    old = Paper(id=3, issued_on=date(2024, 1, 1), expires_on=TODAY - timedelta(days=4))
    other_place = Paper(id=4, issued_on=date(2024, 1, 1), expires_on=None, site_ids=(OTHER_FIELD,))
    goods = [lot(made_on=TODAY - timedelta(days=5))]
    assert list_covering([new], goods, TODAY) == []
    assert list_covering([new, other_place], goods, TODAY) == []
    assert list_covering([old, new], goods, TODAY) == [new]
    assert list_covering([old], goods, TODAY) == [], "the earlier one has run out today"


@pytest.mark.parametrize(
    ("kind", "scope", "code", "field"),
    [
        ("ocop", Scope(), "scope_missing", "produces"),
        ("ocop", Scope((), ("processed",), (FIELD,)), "scope_missing", "produces"),
        ("vietgap", Scope((), (), (FIELD,)), "scope_missing", "produces"),
        ("vietgap", Scope(("Cải ngọt",)), "scope_site_missing", "sites"),
        ("organic", Scope((), ("rocks",), (FIELD,)), "scope_production", "productions"),
        ("food_safety", Scope(tuple(f"Món {n}" for n in range(31)), (), (FIELD,)), "scope_too_long", "produces"),
        ("food_safety", Scope(("x" * 121,), (), (FIELD,)), "scope_name_too_long", "produces"),
    ],
)
def test_a_scope_that_decides_nothing_is_refused(kind, scope, code, field):
    with pytest.raises(Refused) as refusal:
        check_scope(kind, narrow_scope(kind, scope))
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_scopes_hold_each_name_once_and_only_what_decides():
    given = Scope(("Cải ngọt", " cải  ngọt", "Mồng  tơi", " "), ("vegetable", "vegetable"), (12, 11, 12))
    assert narrow_scope("vietgap", given) == Scope(("Cải ngọt", "Mồng tơi"), ("vegetable",), (11, 12))
    assert narrow_scope("ocop", given) == Scope(("Cải ngọt", "Mồng tơi"))


def test_kinds_of_production_have_the_words_of_the_diary():
    assert {code: template.label for code, template in TEMPLATES.items()} == PRODUCTIONS
