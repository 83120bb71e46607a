"""One's own account, helpers, and working for a household."""

from sqlalchemy import select, text

from marketplace.accounts.models import Membership, User
from marketplace.accounts.passwords import verify_password
from marketplace.accounts.queries import find_person_by_id, list_acting_log, list_members
from marketplace.accounts.rules import Role
from marketplace.core.clock import utcnow
from marketplace.core.errors import Unavailable
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.sellers import make_commune, make_household
from tests.web.sign_in import sign_in

NEW = "trang-ram-thang-tam"


def _change_password(client, **changes: str):
    typed = {"current": PASSWORD, "password": NEW, "again": NEW}
    return client.post("/tai-khoan/mat-khau", data={**typed, **changes})


def test_a_new_password_signs_the_other_browsers_out(app, client, session):
    user_id = make_user(session)
    other = app.test_client()
    sign_in(client, user_id)
    sign_in(other, user_id)
    assert _change_password(client).status_code == 303
    session.expire_all()
    assert verify_password(find_person_by_id(session, user_id).password_hash, NEW)
    assert client.get("/tai-khoan").status_code == 200
    assert other.get("/tai-khoan").status_code == 303


def test_a_new_password_takes_the_old_one(client, session):
    user_id = make_user(session, phone="+84912000100")
    sign_in(client, user_id)
    for changes, message in (
        ({"current": "khong-phai"}, "Mật khẩu đang dùng chưa đúng."),
        ({"again": "khac"}, "Hai lần nhập chưa giống nhau."),
        ({"password": "0912000100", "again": "0912000100"}, "Mật khẩu này rất dễ đoán."),
    ):
        answer = _change_password(client, **changes)
        assert answer.status_code == 422
        assert message in answer.text
    assert verify_password(find_person_by_id(session, user_id).password_hash, PASSWORD)


def test_a_name_is_changed_freely_and_a_login_with_the_password(client, session):
    user_id = make_user(session, phone="+84912000100")
    sign_in(client, user_id)
    typed = {"name": "Hoa Lê", "phone": "0912 000 100", "email": ""}
    assert client.post("/tai-khoan", data=typed).status_code == 303
    session.expire_all()
    assert session.get(User, user_id).name == "Hoa Lê"
    typed["email"] = "hoa@thu.vn"
    answer = client.post("/tai-khoan", data=typed)
    assert answer.status_code == 422
    assert "Đổi số điện thoại hoặc thư điện tử thì cần nhập đúng mật khẩu đang dùng." in answer.text
    assert 'value="hoa@thu.vn"' in answer.text
    session.expire_all()
    assert session.get(User, user_id).email is None
    assert client.post("/tai-khoan", data={**typed, "proof": PASSWORD}).status_code == 303
    session.expire_all()
    assert session.get(User, user_id).email == "hoa@thu.vn"


def test_a_household_lets_somebody_help_and_ends_it(client, session):
    household_id = make_household(session, shown_name="Nhà bà Hoa")
    owner = make_user(session, household_id=household_id)
    helper = make_user(session, phone="+84912000200", name="Cháu Nam")
    sign_in(client, owner)
    answer = client.post("/tai-khoan/nguoi-giup", data={"helper_phone": "0912 000 299"})
    assert answer.status_code == 422
    assert "Chưa có ai đăng ký bằng số này." in answer.text
    assert client.post("/tai-khoan/nguoi-giup", data={"helper_phone": "0912 000 200"}).status_code == 303
    assert [member.user_id for member in list_members(session, household_id)] == [owner, helper]
    assert "Cháu Nam" in client.get("/tai-khoan").text
    assert client.post("/tai-khoan/nguoi-giup/dung", data={"user_id": helper}).status_code == 303
    assert client.post("/tai-khoan/nguoi-giup/dung", data={"user_id": helper}).status_code == 404
    assert client.post("/tai-khoan/nguoi-giup/dung", data={"user_id": "x"}).status_code == 404
    assert [member.user_id for member in list_members(session, household_id)] == [owner]


def test_a_helper_cannot_let_others_in(client, session):
    household_id = make_household(session)
    make_user(session, household_id=household_id)
    make_user(session, phone="+84912000200")
    sign_in(client, make_user(session, roles={Role.HELPER}, household_id=household_id))
    assert client.post("/tai-khoan/nguoi-giup", data={"helper_phone": "0912 000 200"}).status_code == 403
    assert len(list_members(session, household_id)) == 2


def test_a_helper_chooses_the_household_and_stops(client, session):
    household_id = make_household(session, shown_name="Nhà bà Hoa")
    owner = make_user(session, household_id=household_id)
    sign_in(client, make_user(session, roles={Role.HELPER}, household_id=household_id, name="Cháu Nam"))
    with client.session_transaction() as browser:
        browser.pop("acting_for")
    assert client.get("/ho-cua-toi/noi-san-xuat/moi").location == "/lam-ho"
    assert "Nhà bà Hoa" in client.get("/lam-ho").text
    answer = client.post("/lam-ho", data={"household_id": household_id})
    assert (answer.status_code, answer.location) == (303, "/so-tay")
    page = client.get("/ho-cua-toi")
    assert "Bạn đang làm hộ" in page.text
    work = {"name": "Ruộng Đồng Cao", "form_key": "8c8f2a53-6e5a-4a43-9d0c-3f3f51a3c0de", "parent_id": ""}
    assert client.post("/ho-cua-toi/noi-san-xuat/moi?loai=field", data=work).status_code == 303
    assert client.post("/lam-ho", data={"household_id": ""}).location == "/lam-ho"
    assert client.get("/ho-cua-toi/noi-san-xuat/moi").location == "/lam-ho"
    assert [entry.what for entry in list_acting_log(session, household_id)] == [
        "Thôi làm hộ",
        "Sửa hồ sơ của hộ",
        "Bắt đầu làm hộ",
    ]
    sign_in(client, owner)
    account = client.get("/tai-khoan").text
    assert "Cháu Nam" in account
    assert "Sửa hồ sơ của hộ" in account


def test_neighbours_of_one_name_are_told_apart_and_found(client, session):
    user_id = make_user(session, roles={Role.HELPER}, household_id=make_household(session, shown_name="Nhà bà Hoa"))
    sign_in(client, user_id)
    with client.session_transaction() as browser:
        browser.pop("acting_for")
    page = client.get("/lam-ho").text
    code = session.execute(text("SELECT code FROM sellers_households")).scalar_one()
    assert code in page
    assert "Thôn 4, Xã Tân Ninh" in page
    assert 'name="tim"' not in page
    for number in range(9):
        other = make_household(session, shown_name=f"Nhà ông Ba {number}", hamlet=f"Thôn Đồng {number}")
        session.add(Membership(user_id=user_id, household_id=other, kind="helper", granted_at=utcnow()))
    session.flush()
    # A code with the hamlet's number in it is no answer to the hamlet.
    session.execute(text("UPDATE sellers_households SET code = 'H7AAAAA7' WHERE shown_name = 'Nhà ông Ba 6'"))
    assert 'name="tim"' in client.get("/lam-ho").text
    found = client.get("/lam-ho?tim=thon dong 7").text
    assert "Nhà ông Ba 7" in found
    assert "Nhà ông Ba 6" not in found
    assert "Nhà bà Hoa" in client.get(f"/lam-ho?tim={code.lower()}").text
    assert "Không thấy hộ nào như vậy" in client.get("/lam-ho?tim=xyz").text


def test_a_refused_attempt_is_no_work(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, roles={Role.HELPER}, household_id=household_id))
    assert client.post("/ho-cua-toi/noi-san-xuat/moi?loai=field", data={"name": ""}).status_code == 422
    assert client.get("/ho-cua-toi").status_code == 200
    assert list_acting_log(session, household_id) == []


def test_work_that_cannot_be_noted_is_not_done(client, session, monkeypatch):
    household_id = make_household(session)
    sign_in(client, make_user(session, roles={Role.HELPER}, household_id=household_id))

    def fail(**_):
        raise Unavailable

    monkeypatch.setattr("marketplace.accounts.views.acting.note_acting", fail)
    work = {"name": "Ruộng", "form_key": "8c8f2a53-6e5a-4a43-9d0c-3f3f51a3c0de", "parent_id": ""}
    client.post("/ho-cua-toi/noi-san-xuat/moi?loai=field", data=work)
    assert session.execute(text("SELECT count(*) FROM sellers_sites")).scalar_one() == 0


def test_what_owners_do_is_not_in_the_log(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    work = {"name": "Ruộng", "form_key": "8c8f2a53-6e5a-4a43-9d0c-3f3f51a3c0de"}
    assert client.post("/ho-cua-toi/noi-san-xuat/moi?loai=field", data=work).status_code == 303
    assert list_acting_log(session, household_id) == []


def test_nobody_acts_for_strangers(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session))
    for number in (household_id, 2**40, 0, -1, "x", 2**70):
        assert client.post("/lam-ho", data={"household_id": number}).status_code == 404
    assert client.get("/ho-cua-toi").location == "/ho-cua-toi/moi"


def test_a_seller_without_a_household_is_shown_how_to_open_one(client, session):
    sign_in(client, make_user(session))
    for path in ("/so-tay", "/hang-ban"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert 'href="/ho-cua-toi/moi"' in answer.text
        assert "Mở hộ bán hàng" in answer.text
    assert "Mở hộ bán hàng" not in client.get("/dieu-hanh").text


def test_a_forged_choice_is_worth_nothing(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session), acting_for=household_id)
    assert client.get("/ho-cua-toi").location == "/ho-cua-toi/moi"
    assert client.get("/ho-cua-toi/nhan-tien").status_code == 403


def test_help_that_ended_ends_in_the_same_minute(client, session, now):
    from marketplace.accounts.services import revoke_helper

    household_id = make_household(session)
    user_id = make_user(session, roles={Role.HELPER}, household_id=household_id)
    sign_in(client, user_id)
    assert client.get("/ho-cua-toi").status_code == 200
    revoke_helper(session=session, household_id=household_id, user_id=user_id, now=now)
    assert client.get("/ho-cua-toi").location == "/ho-cua-toi/moi"


def test_an_officer_of_another_commune_gets_nothing(client, session):
    household_id = make_household(session, commune_id=make_commune(session))
    elsewhere = make_commune(session, code="15000", name="Xã Yên Thọ")
    sign_in(client, make_user(session, roles={Role.OFFICER}, commune_id=elsewhere))
    assert client.post("/lam-ho", data={"household_id": household_id}).status_code == 404
    assert list_acting_log(session, household_id) == []


def test_pages_of_a_person_stay_out_of_caches(client, session):
    sign_in(client, make_user(session))
    assert client.get("/tai-khoan").headers["Cache-Control"] == "private, no-store"


def test_a_token_in_the_address_signs_nobody_in(client, session):
    user_id = make_user(session)
    key = session.execute(select(User.session_key).where(User.id == user_id)).scalar_one()
    answer = client.get(f"/tai-khoan?auth_token={key}", headers={"Authentication-Token": key})
    assert answer.status_code == 303
