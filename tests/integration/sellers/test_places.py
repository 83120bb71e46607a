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
