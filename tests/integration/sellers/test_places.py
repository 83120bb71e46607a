"""The administrative units of Viet Nam since 1 July 2025, found by the names that people still use."""

import pytest
from sqlalchemy import func, select

from marketplace.core.errors import NotFound
from sellers.models import Commune, PlaceTerm, Province
from sellers.queries import find_communes, get_commune_by_code, list_active_communes, list_provinces
from sellers.services.load_places import load_administrative_units
from tests.factories.sellers import make_commune, make_household


def test_all_units_are_loaded_once(session):
    assert load_administrative_units(session) == 3321
    terms = session.execute(select(func.count()).select_from(PlaceTerm)).scalar_one()
    assert load_administrative_units(session) == 0
    assert session.execute(select(func.count()).select_from(Province)).scalar_one() == 34
    assert session.execute(select(func.count()).select_from(Commune)).scalar_one() == 3321
    assert session.execute(select(func.count()).select_from(PlaceTerm)).scalar_one() == terms
    # An old commune with its old district leads to the new one, and so does the old district by itself.
    found = find_communes(session, "trieu son", province_code="38")
    assert len(found) >= 2
    assert all(match.label.endswith(", Thanh Hóa") for match in found)
    names = [name for _, name in list_provinces(session)]
    assert len(names) == 34
    assert names.index("Tỉnh An Giang") < names.index("Thành phố Đà Nẵng") < names.index("Tỉnh Gia Lai")


def test_old_names_lead_to_the_new_commune(session):
    commune_id = make_commune(session, old=(("Xã Vân Sơn", "Huyện Triệu Sơn"), ("Xã Thái Hòa", "Huyện Triệu Sơn")))
    make_commune(session, code="15000", name="Xã Yên Thọ")
    for typed in ("Vân Sơn", "van son", "van son trieu son", "VÂN  SƠN, Thanh Hóa", "trieu son"):
        (match,) = find_communes(session, typed.replace(",", " "))
        assert match.commune_id == commune_id
        assert match.label == "Xã Tân Ninh, Thanh Hóa"
        assert match.formerly.endswith("huyện Triệu Sơn")
    (match,) = find_communes(session, "tan ninh")
    assert match.formerly is None
    assert get_commune_by_code(session, "15715").former_names == ("Vân Sơn", "Thái Hòa")


@pytest.mark.parametrize(
    "typed",
    [
        "huyện Triệu Sơn",
        "Huyện Triệu Sơn, tỉnh Thanh Hóa",
        "thị xã triệu sơn",
        "Vân Sơn, quận Triệu Sơn",
        "van son huyen trieu son tinh thanh hoa",
        "Xã Tân Ninh, Tỉnh Thanh Hóa",
        "thành phố Thanh Hóa",
    ],
)
def test_what_kind_of_place_it_is_does_not_hide_it(session, typed):
    commune_id = make_commune(session, old=(("Xã Vân Sơn", "Huyện Triệu Sơn"),))
    assert [match.commune_id for match in find_communes(session, typed)] == [commune_id]


def test_a_name_that_begins_like_a_kind_is_kept(session):
    there = make_commune(session, code="14900", name="Xã Trung Hạ", old=(("Xã Trung Hạ", "Huyện Quan Sơn"),))
    make_commune(session, code="15000", name="Xã Sơn Thủy")
    assert [match.commune_id for match in find_communes(session, "huyện Quan Sơn")] == [there]


@pytest.mark.parametrize("typed", ["nông cống", "Xã Nông Cống", "nong cong thanh hoa", "Nông Cống, tỉnh Thanh Hóa"])
def test_the_name_of_today_comes_before_the_old_district(session, typed):
    for code in ("16300", "16301", "16302"):
        make_commune(session, code=code, name="Xã Cũ", old=(("Thị trấn Nông Cống", "Huyện Nông Cống"),))
    today = make_commune(session, code="16399", name="Xã Nông Cống")
    found = find_communes(session, typed)
    assert found[0].commune_id == today
    assert [match.is_exact for match in found].count(True) == 1


@pytest.mark.parametrize("typed", ["", "   ", "%", "_", "khong co noi nay", "'; DROP TABLE x; --", "a" * 500])
def test_nothing_is_found_for_nonsense(session, typed):
    make_commune(session)
    assert list(find_communes(session, typed)) == []


def test_unknown_codes(session):
    with pytest.raises(NotFound):
        get_commune_by_code(session, "00000")


def test_communes_with_verified_households_are_active(session):
    here, there = make_commune(session), make_commune(session, code="15000", name="Xã Yên Thọ")
    make_household(session, commune_id=here)
    make_household(session, commune_id=here)
    make_household(session, commune_id=there, state="draft")
    assert [(commune.id, count) for commune, count in list_active_communes(session)] == [(here, 2)]
