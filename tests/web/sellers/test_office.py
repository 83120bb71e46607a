"""Bàn xã: an officer looks after the households of one commune, and of no other."""

import pytest
from sqlalchemy import select

from marketplace.accounts.queries import list_acting_log
from marketplace.accounts.rules import Role
from sellers.models import Certificate, Household
from sellers.queries import get_household, list_identity_checks
from tests.factories.accounts import make_actor, make_user
from tests.factories.sellers import make_certificate, make_commune, make_household
from tests.web.sign_in import sign_in


def _code(session, household_id):
    return session.execute(select(Household.code).where(Household.id == household_id)).scalar_one()


@pytest.fixture
def commune_id(session):
    return make_commune(session)


@pytest.fixture
def officer(client, session, commune_id):
    user_id = make_user(session, roles={Role.OFFICER}, commune_id=commune_id, name="Anh Bình")
    sign_in(client, user_id)
    return user_id


@pytest.fixture
def foreign_officer(client, session):
    elsewhere = make_commune(session, code="15000", name="Xã Yên Thọ")
    user_id = make_user(session, roles={Role.OFFICER}, commune_id=elsewhere)
    sign_in(client, user_id)
    return user_id


def test_the_desk_lists_the_own_commune(client, session, officer):
    waiting = make_household(session, state="identity_pending", shown_name="Nhà chờ xác minh")
    make_household(session, shown_name="Nhà đã xác minh")
    make_household(
        session,
        commune_id=make_commune(session, code="15000", name="Xã Yên Thọ"),
        shown_name="Nhà ở xã khác",
    )
    make_certificate(session, waiting, state="claimed")
    page = client.get("/xa/ho")
    assert page.status_code == 200
    assert page.text.index("Nhà chờ xác minh") < page.text.index("Nhà đã xác minh")
    assert "Nhà ở xã khác" not in page.text
    assert "Giấy chứng nhận chờ đối chiếu" in page.text


def test_the_desk_costs_as_many_statements_for_many_as_for_few(client, session, officer, sql_log):
    make_household(session)
    client.get("/xa/ho")
    with sql_log() as few:
        client.get("/xa/ho")
    for _ in range(6):
        make_certificate(session, make_household(session), state="claimed")
    with sql_log() as many:
        client.get("/xa/ho")
    assert len(many) == len(few)


def test_an_officer_verifies_a_household(client, session, officer):
    household_id = make_household(session, state="identity_pending")
    path = f"/xa/ho/{_code(session, household_id)}"
    assert client.get(path).status_code == 200
    typed = {"method": "cccd_checked_in_person", "number": "038090001234", "decision": "dat"}
    answer = client.post(f"{path}/xac-minh", data=typed)
    assert (answer.status_code, answer.location) == (303, path)
    session.expire_all()
    assert get_household(session, household_id).is_verified
    page = client.get(path).text
    assert "số cuối 1234" in page
    assert "038090001234" not in page
    again = client.post(f"{path}/xac-minh", data=typed)
    assert again.status_code == 422
    assert len(list_identity_checks(session, household_id)) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": ""}, "Hãy chọn cách xác minh."),
        ({"decision": "chua"}, "Hãy viết lý do để hộ biết cần bổ sung gì."),
        ({"decision": "maybe"}, "Hãy bấm một trong hai nút bên dưới."),
    ],
)
def test_a_check_that_says_too_little_is_refused(client, session, officer, changes, message):
    household_id = make_household(session, state="identity_pending")
    typed = {"method": "vneid_reference", "number": "0380", "decision": "dat", **changes}
    answer = client.post(f"/xa/ho/{_code(session, household_id)}/xac-minh", data=typed)
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="0380"' in answer.text
    session.expire_all()
    assert get_household(session, household_id).state == "identity_pending"


def test_nobody_verifies_the_own_household(client, session, commune_id):
    household_id = make_household(session, state="identity_pending")
    user_id = make_user(session, roles={Role.OFFICER}, commune_id=commune_id, household_id=household_id)
    sign_in(client, user_id)
    typed = {"method": "vneid_reference", "decision": "dat"}
    answer = client.post(f"/xa/ho/{_code(session, household_id)}/xac-minh", data=typed)
    assert answer.status_code == 422
    assert "Bạn là người của hộ này nên phải để cán bộ khác xác minh." in answer.text
    session.expire_all()
    assert get_household(session, household_id).state == "identity_pending"


def test_an_officer_decides_about_a_certificate(client, session, officer):
    household_id = make_household(session)
    certificate = make_certificate(session, household_id, state="claimed")
    path = f"/xa/ho/{_code(session, household_id)}"
    refused = client.post(f"{path}/chung-nhan", data={"certificate_id": certificate, "decision": "chua"})
    assert refused.status_code == 422
    assert "Hãy viết lý do để hộ biết cần bổ sung gì." in refused.text
    answer = client.post(f"{path}/chung-nhan", data={"certificate_id": certificate, "decision": "dat"})
    assert answer.status_code == 303
    session.expire_all()
    assert session.get(Certificate, certificate).state == "verified"


def test_what_an_officer_entered_another_one_verifies(client, session, commune_id):
    household_id = make_household(session)
    writer = make_actor(session, roles={Role.OFFICER}, commune_id=commune_id, acting_for=household_id)
    certificate = make_certificate(session, household_id, state="claimed", actor=writer)
    sign_in(client, writer.user_id)
    answer = client.post(
        f"/xa/ho/{_code(session, household_id)}/chung-nhan",
        data={"certificate_id": certificate, "decision": "dat"},
    )
    assert answer.status_code == 422
    assert "Bạn đã nhập giấy này nên phải để cán bộ khác xác nhận." in answer.text
    session.expire_all()
    assert session.get(Certificate, certificate).state == "claimed"


def test_a_certificate_of_another_household_does_not_exist_here(client, session, officer):
    certificate = make_certificate(session, make_household(session), state="claimed")
    path = f"/xa/ho/{_code(session, make_household(session))}/chung-nhan"
    for number in (certificate, "x", "", 2**70):
        answer = client.post(path, data={"certificate_id": number, "decision": "dat"})
        assert answer.status_code == 404
    session.expire_all()
    assert session.get(Certificate, certificate).state == "claimed"


def test_barring_and_opening_again(client, session, officer):
    household_id = make_household(session)
    path = f"/xa/ho/{_code(session, household_id)}/tam-khoa"
    for state in ("suspended", "verified"):
        assert client.post(path).status_code == 303
        session.expire_all()
        assert get_household(session, household_id).state == state
    draft = make_household(session, state="draft")
    assert client.post(f"/xa/ho/{_code(session, draft)}/tam-khoa").status_code == 303
    session.expire_all()
    assert get_household(session, draft).state == "draft"


def test_an_officer_of_another_commune_sees_and_changes_nothing(client, session, foreign_officer, commune_id):
    household_id = make_household(session, commune_id=commune_id, state="identity_pending")
    certificate = make_certificate(session, household_id, state="claimed")
    path = f"/xa/ho/{_code(session, household_id)}"
    assert client.get(path).status_code == 404
    typed = {"method": "vneid_reference", "decision": "dat", "certificate_id": certificate}
    for deed in ("xac-minh", "chung-nhan", "tam-khoa"):
        assert client.post(f"{path}/{deed}", data=typed).status_code == 404
    session.expire_all()
    assert get_household(session, household_id).state == "identity_pending"
    assert session.get(Certificate, certificate).state == "claimed"


def test_an_officer_works_for_a_household_of_the_own_commune(client, session, officer):
    household_id = make_household(session, shown_name="Nhà bà Hoa")
    page = client.get(f"/xa/ho/{_code(session, household_id)}").text
    assert f'name="household_id" value="{household_id}"' in page
    assert client.post("/lam-ho", data={"household_id": household_id}).location == "/so-tay"
    assert "Bạn đang làm hộ" in client.get("/ho-cua-toi").text
    (entry,) = list_acting_log(session, household_id)
    assert (entry.name, entry.as_role, entry.what) == ("Anh Bình", "officer", "Bắt đầu làm hộ")


def test_officers_own_work_is_no_work_for_the_household(client, session, officer):
    household_id = make_household(session)
    other = make_household(session, state="identity_pending", phone="+84912000222", representative="Lê Thị Huệ")
    client.post("/lam-ho", data={"household_id": household_id})
    typed = {"method": "vneid_reference", "number": "038190001234", "decision": "dat"}
    assert client.post(f"/xa/ho/{_code(session, other)}/xac-minh", data=typed).status_code == 303
    assert [entry.what for entry in list_acting_log(session, household_id)] == ["Bắt đầu làm hộ"]


@pytest.mark.parametrize("roles", [(), (Role.HOUSEHOLD,), (Role.OPERATOR,)])
def test_others_have_no_office(client, session, roles):
    household_id = make_household(session)
    sign_in(client, make_user(session, roles=roles or {Role.BUYER}, household_id=household_id))
    assert client.get("/xa/ho").status_code == 403
    assert client.post(f"/xa/ho/{_code(session, household_id)}/tam-khoa").status_code == 403
    session.expire_all()
    assert get_household(session, household_id).is_verified
