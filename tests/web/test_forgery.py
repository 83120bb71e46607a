"""Who may send a form: a page of ours, by the browser's word or by the session's token, and nobody else.

And what pages fetched in advance do to the session: nothing.
"""

import re

import pytest

from tests.factories.catalog import make_offer
from tests.factories.sellers import make_household
from tests.web.orders.shopper import everything

ADD = "/gio-hang/them"


@pytest.fixture
def offer(session):
    made = make_offer(session, make_household(session), price=30_000, amount=10)
    session.commit()
    return made


@pytest.fixture
def guarded(app):
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def _read_form(client, offer):
    page = client.get(f"/san-pham/{offer.slug}")
    assert page.status_code == 200
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    return {"csrf_token": token[1], "offer_id": str(offer.offer_id), "quantity": "1"}


def test_two_pages_opened_at_once_by_somebody_new_can_both_be_used(guarded, offer, session):
    one, other = guarded.test_client(), guarded.test_client()
    form = _read_form(one, offer)
    # The answer of the second page came last: the browser holds its session and shows the first page's form.
    _read_form(other, offer)
    before = everything(session)
    assert other.post(ADD, data=form).status_code == 400
    assert everything(session) == before
    answer = other.post(ADD, data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    assert everything(session) != before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_the_page_of_another_site_sends_nothing_even_with_a_token(guarded, offer, session, site):
    client = guarded.test_client()
    form = _read_form(client, offer)
    before = everything(session)
    answer = client.post(ADD, data=form, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 400
    assert "tải lại trang" in answer.text
    assert everything(session) == before


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "SAME-ORIGIN"}])
def test_without_the_browsers_word_the_token_decides(guarded, offer, session, headers):
    client = guarded.test_client()
    form = _read_form(client, offer)
    before = everything(session)
    assert client.post(ADD, data=form | {"csrf_token": "x"}, headers=headers).status_code == 400
    assert client.post(ADD, data={**form, "csrf_token": ""}, headers=headers).status_code == 400
    assert everything(session) == before
    assert client.post(ADD, data=form, headers=headers).status_code == 303


def test_programs_outside_need_neither(guarded):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert guarded.test_client().post("/webhooks/sepay", json={}, headers=headers).status_code == 401
    assert guarded.test_client().post("/khong-co-trang-nay", headers=headers).status_code == 404


EARLY = {"Sec-Purpose": "prefetch", "Sec-Fetch-Site": "same-origin"}


def test_a_page_fetched_in_advance_leaves_the_session_alone(guarded, offer, session):
    client = guarded.test_client()
    early = client.get(f"/san-pham/{offer.slug}", headers=EARLY)
    assert early.status_code == 200
    assert "Set-Cookie" not in early.headers
    # The person goes on with that page, and its form works.
    token = re.search(r'name="csrf_token" value="([^"]+)"', early.text)[1]
    form = {"csrf_token": token, "offer_id": str(offer.offer_id), "quantity": "1"}
    assert client.post(ADD, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    # The basket is kept for long, so each answer renews the session, but for one that may come late.
    assert "Set-Cookie" in client.get("/gio-hang").headers
    assert "Set-Cookie" not in client.get(f"/san-pham/{offer.slug}", headers=EARLY).headers


def test_a_browser_that_does_not_name_sites_keeps_the_token_of_a_page_fetched_in_advance(guarded, offer):
    answer = guarded.test_client().get(f"/san-pham/{offer.slug}", headers={"Sec-Purpose": "prefetch"})
    assert "Set-Cookie" in answer.headers
