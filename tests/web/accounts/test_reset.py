"""Forgotten passwords."""

import re

import pytest

from marketplace.accounts.passwords import verify_password
from marketplace.accounts.queries import find_person
from marketplace.accounts.rules import Role
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.sellers import make_commune
from tests.web.sign_in import sign_in


def _hash(session, phone):
    session.expire_all()
    return find_person(session, phone=phone).password_hash


def test_the_operator_gives_out_a_new_password(app, client, session):
    user_id = make_user(session, phone="+84912000100", name="Bà Hoa")
    browser = app.test_client()
    sign_in(browser, user_id)
    sign_in(client, make_user(session, roles={Role.OPERATOR}))
    page = client.post("/dieu-hanh/mat-khau", data={"login": "0912 000 100"})
    assert page.status_code == 200
    assert "Mật khẩu mới của Bà Hoa" in page.text
    password = re.search(r'<p class="code lead">([0-9a-z]{5}-[0-9a-z]{5})</p>', page.text)[1]
    assert verify_password(_hash(session, "+84912000100"), password)
    assert not verify_password(_hash(session, "+84912000100"), PASSWORD)
    assert browser.get("/tai-khoan").status_code == 303
    assert password not in client.get("/dieu-hanh/mat-khau").text
    answer = browser.post("/dang-nhap", data={"login": "0912000100", "password": password})
    assert answer.status_code == 303


@pytest.mark.parametrize("login", ["0912 000 199", "khong-phai-so", "a@b.vn"])
def test_nobody_to_reset(client, session, login):
    sign_in(client, make_user(session, roles={Role.OPERATOR}))
    answer = client.post("/dieu-hanh/mat-khau", data={"login": login})
    assert answer.status_code == 422
    assert "Không có tài khoản nào dùng số hoặc thư này." in answer.text


def test_operators_are_not_reset_here(client, session):
    make_user(session, roles={Role.OPERATOR}, phone="+84912000100")
    sign_in(client, make_user(session, roles={Role.OPERATOR}))
    answer = client.post("/dieu-hanh/mat-khau", data={"login": "0912000100"})
    assert answer.status_code == 422
    assert verify_password(_hash(session, "+84912000100"), PASSWORD)


def test_nobody_else_gives_out_passwords(client, session):
    make_user(session, phone="+84912000100")
    officer = make_user(session, roles={Role.OFFICER}, commune_id=make_commune(session))
    for user_id in (officer, make_user(session)):
        sign_in(client, user_id)
        assert client.get("/dieu-hanh/mat-khau").status_code == 403
        assert client.post("/dieu-hanh/mat-khau", data={"login": "0912000100"}).status_code == 403
    assert verify_password(_hash(session, "+84912000100"), PASSWORD)
