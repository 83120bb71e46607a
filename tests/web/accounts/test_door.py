"""Signing in and out, and joining, the way a browser does it."""

import re
import statistics
import time

import pytest
from sqlalchemy import func, select

from marketplace.accounts.models import User
from marketplace.accounts.queries import find_person
from marketplace.accounts.rules import Role
from tests.conftest import make_app, make_settings
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.sellers import make_household
from tests.web.sign_in import sign_in

WRONG = "Số điện thoại, thư điện tử hoặc mật khẩu chưa đúng. Hãy kiểm tra rồi thử lại."


def _knock(client, login, password, **more: str):
    return client.post("/dang-nhap", data={"login": login, "password": password, **more})


@pytest.mark.parametrize("typed", ["0912000100", "0912 000 100", "+84 912 000 100", "0912.000.100", "HOA@thu.vn "])
def test_a_login_may_be_typed_in_any_usual_way(client, session, typed):
    user_id = make_user(session, phone="+84912000100", email="hoa@thu.vn")
    answer = _knock(client, typed, PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/vao-viec")
    assert client.get("/tai-khoan").status_code == 200
    with client.session_transaction() as browser:
        assert browser["_user_id"] == find_person(session, phone="+84912000100").session_key
    assert user_id


def _without_token(page):
    """Leave out the form's token, which is another one every second."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)


def test_nobody_learns_who_has_an_account(client, session):
    make_user(session, phone="+84912000100")
    unknown, wrong = _knock(client, "0912000199", "sai-mat-khau"), _knock(client, "0912000100", "sai-mat-khau")
    assert (unknown.status_code, wrong.status_code) == (422, 422)
    assert _without_token(unknown.text.replace("0912000199", "0912000100")) == _without_token(wrong.text)
    assert WRONG in wrong.text
    assert client.get("/tai-khoan").status_code == 303


def test_an_unknown_account_costs_as_much_work_as_a_wrong_password(client, session):
    make_user(session, phone="+84912000100")

    def median_work_s(login):
        spent = []
        for _ in range(7):
            start = time.process_time()
            _knock(client, login, "sai-mat-khau")
            spent.append(time.process_time() - start)
        return statistics.median(spent)

    known, unknown, unreadable = (
        median_work_s("0912000100"),
        median_work_s("0912000199"),
        median_work_s("khong-phai-so"),
    )
    assert 0.5 < unknown / known < 2
    assert 0.5 < unreadable / known < 2


def test_a_barred_person_stays_outside(client, session):
    user_id = make_user(session, phone="+84912000100")
    session.get(User, user_id).is_active = False
    session.flush()
    answer = _knock(client, "0912000100", PASSWORD)
    assert answer.status_code == 422
    assert WRONG in answer.text


def test_a_barred_person_is_put_outside_at_once(client, session):
    user_id = make_user(session)
    sign_in(client, user_id)
    assert client.get("/tai-khoan").status_code == 200
    session.get(User, user_id).is_active = False
    session.flush()
    assert client.get("/tai-khoan").status_code == 303


def test_what_was_planted_before_does_not_survive_signing_in(client, session):
    household_id = make_household(session)
    make_user(session, phone="+84912000100")
    with client.session_transaction() as browser:
        browser.update(planted="x", acting_for=household_id, basket="gio-123", basket_count=2, csrf_token="known")
    before = client.get_cookie("cho_que").value
    assert _knock(client, "0912000100", PASSWORD).status_code == 303
    assert client.get_cookie("cho_que").value != before
    with client.session_transaction() as browser:
        assert not {"planted", "acting_for", "csrf_token"} & set(browser)
        assert (browser["basket"], browser["basket_count"]) == ("gio-123", 2)


def test_signing_out_ends_it_and_keeps_the_basket(client, session):
    make_user(session, phone="+84912000100")
    _knock(client, "0912000100", PASSWORD, remember="y")
    with client.session_transaction() as browser:
        assert browser.permanent
        browser["basket"] = "gio-123"
    answer = client.post("/dang-xuat")
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/tai-khoan").status_code == 303
    with client.session_transaction() as browser:
        assert browser["basket"] == "gio-123"
        assert "_user_id" not in browser


def test_signing_out_takes_a_button(client, session):
    sign_in(client, make_user(session))
    assert client.get("/dang-xuat").status_code == 405
    assert client.get("/tai-khoan").status_code == 200


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/so-tay?x=1", "/so-tay?x=1"),
        ("https://evil.example/", "/vao-viec"),
        ("//evil.example", "/vao-viec"),
        ("/\\evil.example", "/vao-viec"),
    ],
)
def test_the_way_on_stays_on_this_site(client, session, target, wanted):
    make_user(session, phone="+84912000100")
    assert _knock(client, "0912000100", PASSWORD, tiep=target).location == wanted


def test_a_closed_page_leads_to_the_door_and_back(client, session):
    make_user(session, phone="+84912000100")
    answer = client.get("/tai-khoan?x=1")
    assert (answer.status_code, answer.location) == (303, "/dang-nhap?tiep=/tai-khoan?x%3D1")
    page = client.get(answer.location)
    assert 'value="/tai-khoan?x=1"' in page.text
    assert client.post("/tai-khoan", data={"name": "X"}).status_code == 401


@pytest.mark.parametrize(
    ("roles", "wanted"),
    [
        ({Role.OPERATOR}, "/dieu-hanh"),
        ({Role.BUYER}, "/"),
        ({Role.HELPER}, "/lam-ho"),
    ],
)
def test_everybody_is_led_to_the_own_desk(client, session, roles, wanted):
    sign_in(client, make_user(session, roles=roles))
    assert client.get("/vao-viec").location == wanted


def _join(client, **changes: str):
    typed = {
        "purpose": "mua",
        "name": "Lê Thị Hoa",
        "login": "0912 000 100",
        "password": "lua-nep-cai-hoa-vang",
        "agrees": "y",
    }
    return client.post("/dang-ky", data={**typed, **changes})


def test_joining_and_then_signing_in(client, session):
    answer = _join(client, purpose="ban")
    assert (answer.status_code, answer.location) == (303, "/dang-nhap?tiep=/ho-cua-toi/moi")
    page = client.get(answer.location)
    assert 'value="0912 000 100"' in page.text
    person = find_person(session, phone="+84912000100")
    assert person.name == "Lê Thị Hoa"
    assert person.password_hash.startswith("$argon2id$")
    assert session.get(User, person.id).roles == ["buyer"]
    assert session.get(User, person.id).agreed_at is not None
    answer = _knock(client, "0912000100", "lua-nep-cai-hoa-vang", tiep="/ho-cua-toi/moi")
    assert answer.location == "/ho-cua-toi/moi"


def test_joining_with_a_taken_number_looks_the_same_and_changes_nothing(client, session):
    make_user(session, phone="+84912000100", name="Người cũ")
    before = find_person(session, phone="+84912000100")
    taken, fresh = _join(client), _join(client, login="0912 000 101")
    assert (taken.status_code, taken.location) == (fresh.status_code, fresh.location)
    assert re.sub("10[01]", "", taken.text) == re.sub("10[01]", "", fresh.text)
    session.expire_all()
    assert find_person(session, phone="+84912000100") == before
    assert session.execute(select(func.count()).select_from(User)).scalar_one() == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"login": "0912"}, "Số điện thoại phải có 10 chữ số"),
        ({"login": "hoa@"}, "Địa chỉ thư điện tử chưa đúng"),
        ({"password": "ngan"}, "Mật khẩu cần từ 8 đến 128 ký tự."),
        ({"password": "0912000100"}, "Mật khẩu này rất dễ đoán."),
        ({"name": " "}, "Hãy nhập họ và tên."),
        ({"agrees": ""}, "Hãy đọc và đánh dấu đồng ý để đăng ký."),
        ({"purpose": "operator"}, ""),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(client, session, changes, message):
    answer = _join(client, **changes)
    assert answer.status_code == 422
    assert message in answer.text
    if "name" not in changes:
        assert 'value="Lê Thị Hoa"' in answer.text
    assert "lua-nep-cai-hoa-vang" not in answer.text
    assert session.execute(select(func.count()).select_from(User)).scalar_one() == 0


def test_nobody_joins_as_an_officer(client, session):
    _join(client, roles="officer", commune_id="1", is_active="1", role="operator")
    person = find_person(session, phone="+84912000100")
    assert session.get(User, person.id).roles == ["buyer"]


def test_forms_need_their_token(app, client, session):
    make_user(session, phone="+84912000100")
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert _knock(client, "0912000100", PASSWORD).status_code == 400
        assert client.post("/dang-xuat").status_code == 400
        page = client.get("/dang-nhap")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text) or re.search(
            r'value="([^"]+)"[^>]*name="csrf_token"', page.text
        )
        assert _knock(client, "0912000100", PASSWORD, csrf_token=token[1]).status_code == 303
        assert client.get("/tai-khoan").status_code == 200
        # The token of before signing in is worth nothing afterwards.
        assert client.post("/dang-xuat", data={"csrf_token": token[1]}).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def limited_client(settings, session, tmp_path):
    """A browser of an application that counts, on the same database but without this test's rows."""
    app = make_app(make_settings(settings.database_url, tmp_path, RATE_LIMITS="1"))
    from marketplace.core.db import db
    from marketplace.core.limits import limiter

    with app.app_context():
        limiter.reset()
    yield app.test_client()
    with app.app_context():
        limiter.reset()
        db.engine.dispose()
    # The limiter is one for the process; other tests go on without it.
    limiter.enabled = False


def test_one_account_cannot_be_tried_for_ever_from_many_addresses(limited_client):
    codes = [
        limited_client.post(
            "/dang-nhap",
            data={"login": written, "password": "sai-mat-khau"},
            environ_base={"REMOTE_ADDR": f"10.0.0.{number}"},
        ).status_code
        for number, written in enumerate(["0912000100", "+84912000100", "0912 000 100"] * 3)
    ]
    assert codes == [422] * 8 + [429]
    other = limited_client.post(
        "/dang-nhap",
        data={"login": "0912000101", "password": "sai-mat-khau"},
        environ_base={"REMOTE_ADDR": "10.0.0.1"},
    )
    assert other.status_code == 422


def test_one_address_cannot_try_many_accounts(limited_client):
    codes = [
        limited_client.post("/dang-nhap", data={"login": f"09120{number:05d}", "password": "sai-mat-khau"}).status_code
        for number in range(21)
    ]
    assert codes == [422] * 20 + [429]
