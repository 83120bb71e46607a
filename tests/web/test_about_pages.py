"""The market's own pages: whoever needs help finds a telephone and a mailbox, or a plain word that there are none."""

import pytest

from marketplace.config import ContactSettings, from_environment, list_problems

REACHED = ContactSettings("1900 0000", "lien-he@choque.example", "Nhà văn hóa thôn 4")


@pytest.fixture
def reached(app, monkeypatch):
    monkeypatch.setitem(app.jinja_env.globals, "contact", REACHED)


def test_the_contact_page_says_where(client, session, reached):
    page = client.get("/lien-he").get_data(as_text=True)
    for words in ('href="tel:19000000"', 'href="mailto:lien-he@choque.example"', "Nhà văn hóa thôn 4"):
        assert words in page


@pytest.mark.parametrize("path", ["/doi-tra", "/dang-nhap"])
def test_other_pages_give_the_number(client, session, reached, path):
    assert 'href="tel:19000000"' in client.get(path).get_data(as_text=True)


def test_requests_about_personal_data_have_an_address(client, session, reached):
    assert 'href="mailto:lien-he@choque.example"' in client.get("/du-lieu-ca-nhan").get_data(as_text=True)


def test_a_market_without_contact_says_so(client, session, app, monkeypatch):
    monkeypatch.setitem(app.jinja_env.globals, "contact", ContactSettings())
    page = client.get("/lien-he").get_data(as_text=True)
    assert "Chợ chưa công bố số điện thoại" in page
    for wrong in ("trả lời thư xác nhận", "trước khi chợ mở cửa thật", "tel:", "mailto:"):
        assert wrong not in page


def test_a_server_without_contact_is_told():
    problems = list_problems(from_environment({}))
    for name in ("CONTACT_PHONE", "CONTACT_EMAIL", "CONTACT_ADDRESS"):
        assert f"{name} is not set." in problems
    env = {"CONTACT_PHONE": "1900 0000", "CONTACT_EMAIL": "a@b.example", "CONTACT_ADDRESS": "Xã Tân Ninh"}
    assert not [one for one in list_problems(from_environment(env)) if "CONTACT" in one]
