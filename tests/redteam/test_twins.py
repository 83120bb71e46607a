"""The same household, paper, pen or GS1 prefix twice."""

import uuid

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.rules import Role
from sellers.models import Household
from sellers.queries import list_sites
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune, make_household, make_site
from tests.redteam.identity import PROFILE, body, code_of, open_change, view
from tests.web.sign_in import sign_in


@pytest.fixture
def commune_id(session):
    return make_commune(session)


@pytest.fixture
def home(session, commune_id):
    return make_household(session)


@pytest.fixture
def owner(session, home):
    return make_user(session, household_id=home, name="Lê Thị Hoa", email="hoa@choque.example")


@pytest.fixture
def officer(session, commune_id):
    return make_user(session, roles={Role.OFFICER}, commune_id=commune_id, name="Anh Bình")


def new_household(**changes):
    typed = {
        "form_key": str(uuid.uuid4()),
        "kind": "household",
        "commune_text": "Xã Tân Ninh, Thanh Hóa",
        "commune_code": "15715",
        **PROFILE,
    }
    return {**typed, **changes}


@pytest.mark.attack("one-household-twice")
def test_a_second_household_with_one_telephone_is_refused_and_nothing_leaks(client, session):
    home = make_household(session, hamlet="Thôn Bí Mật")
    sign_in(client, make_user(session, name="Người Mới"))
    form = new_household(shown_name="Nhà khác", representative="Người Khác", hamlet="Thôn 9")
    html = body(client.post("/ho-cua-toi/moi", data=form), 422)
    assert "Dường như hộ này đã có trên chợ" in html
    for secret in ("Lê Thị Hoa", code_of(session, home), "Bí Mật"):
        assert secret not in html
    assert session.scalar(text("SELECT count(*) FROM sellers_households")) == 1


@pytest.mark.attack("one-household-twice")
def test_a_verified_household_cannot_take_anothers_telephone(client, session, home, owner):
    make_household(session, phone="+84999888777", representative="Trần Thị Lan")
    sign_in(client, owner)
    html = body(client.post("/ho-cua-toi/ho-so", data={**PROFILE, "phone": "0999 888 777"}), 422)
    assert "Dường như hộ này đã có trên chợ" in html
    assert "Trần Thị Lan" not in html
    assert open_change(session, home) is None


@pytest.mark.attack("one-household-twice")
def test_a_namesake_in_the_hamlet_stops_the_officer_until_a_reason_is_given(client, session, home, officer):
    sign_in(client, make_user(session))
    form = new_household(phone="0999 888 777", representative="LE THI  HOA", hamlet="thon 4")
    assert client.post("/ho-cua-toi/moi", data=form).status_code == 303
    second = session.scalar(select(Household.id).where(Household.id != home))
    session.execute(update(Household).where(Household.id == second).values(state="identity_pending"))
    sign_in(client, officer)
    first_code, code = code_of(session, home), code_of(session, second)
    assert f"Mở hộ {first_code}" in body(client.get(f"/xa/ho/{code}"))
    typed = {"method": "cccd_checked_in_person", "number": "038190001234", "decision": "dat"}
    html = body(client.post(f"/xa/ho/{code}/xac-minh", data=typed), 422)
    assert f"đã có hộ {first_code} cùng tên người đại diện" in html
    assert view(session, second).state == "identity_pending"
    typed["reason"] = "Hai chị em họ trùng tên, đã gặp cả hai."
    assert client.post(f"/xa/ho/{code}/xac-minh", data=typed).status_code == 303
    assert view(session, second).is_verified


@pytest.mark.attack("one-paper-for-two-households")
def test_one_paper_verifies_one_household(client, session, officer):
    first = make_household(session, state="identity_pending")
    second = make_household(
        session, state="identity_pending", phone="+84999888777", representative="Trần Văn Gian", hamlet="Thôn 9"
    )
    sign_in(client, officer)
    typed = {"method": "cccd_checked_in_person", "number": "038090001234", "decision": "dat"}
    assert client.post(f"/xa/ho/{code_of(session, first)}/xac-minh", data=typed).status_code == 303
    again = {**typed, "method": "vneid_reference", "number": "038 090 001 234"}
    html = body(client.post(f"/xa/ho/{code_of(session, second)}/xac-minh", data=again), 422)
    assert f"Hộ {code_of(session, first)} (Xã Tân Ninh) đã được xác minh bằng đúng số giấy tờ này." in html
    assert view(session, second).state == "identity_pending"


@pytest.mark.attack("two-pens-of-one-name")
def test_places_of_one_name_under_one_parent_are_refused(client, session, home, owner):
    barn = make_site(session, home, kind="barn", name="Chuồng Lớn")
    other = make_site(session, home, kind="barn", name="Chuồng Nhỏ")
    sign_in(client, owner)

    def add(name, parent):
        typed = {"form_key": str(uuid.uuid4()), "name": name, "capacity_heads": "20", "parent_id": str(parent)}
        return client.post("/ho-cua-toi/noi-san-xuat/moi?loai=pen", data=typed)

    assert add("Ô số 1", barn).status_code == 303
    html = body(add("o so  1", barn), 422)
    assert "Đã có một nơi tên “o so  1” ở đây." in html
    assert add("Ô số 1", other).status_code == 303
    assert add("Ô số 2", barn).status_code == 303
    second = next(site for site in list_sites(session, home) if site.name == "Ô số 2")
    typed = {"form_key": str(uuid.uuid4()), "name": "ô SỐ 1", "capacity_heads": "20"}
    assert "Đã có một nơi tên" in body(client.post(f"/ho-cua-toi/noi-san-xuat/{second.id}", data=typed), 422)
    session.expire_all()
    assert sorted(site.name for site in list_sites(session, home) if site.kind == "pen") == [
        "Ô số 1",
        "Ô số 1",
        "Ô số 2",
    ]
    with pytest.raises(IntegrityError, match="uq_sellers_sites_name"), session.begin_nested():
        session.execute(text("UPDATE sellers_sites SET name_key = 'o so 1' WHERE id = :id"), {"id": second.id})
