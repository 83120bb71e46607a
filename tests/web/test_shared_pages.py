"""Pages that many see are drawn once; nobody gets a piece of somebody else's."""

import re
import time

import pytest
from sqlalchemy import event, text

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission, Role
from marketplace.core.db import db, transaction
from marketplace.core.shared_pages import shared, slot
from tests.conftest import make_app, make_settings
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune
from tests.web.sign_in import sign_in


@pytest.fixture
def market(committed_app, tmp_path):
    """An application that keeps pages for a minute, on the database of ``committed_app``."""
    settings = make_settings(
        committed_app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, PAGE_CACHE_SECONDS="60", RATE_LIMITS="0"
    )
    app = make_app(settings)
    app.drawn = 0

    @app.get("/thu/<what>")
    @needs(Permission.PUBLIC)
    @shared
    def drawn(what):
        app.drawn += 1
        if what == "asks":
            return current_actor().name
        return f"{what} {slot('account')} {slot('csrf')}", 404 if what == "missing" else 200

    @app.post("/thu/<what>")
    @needs(Permission.PUBLIC)
    def written(what):
        return what

    yield app
    with app.app_context():
        db.engine.dispose()


def come_as_buyer(market):
    """Return the browser of a buyer, and the buyer's id."""
    with market.app_context(), transaction() as session:
        buyer = make_user(session)
    client = market.test_client()
    sign_in(client, buyer)
    return client, buyer


def token_of(page: str) -> str:
    return re.search(r"[\w.-]{40,}", page)[0]


def test_everybody_gets_the_page_that_was_drawn_once_and_a_header_of_his_own(market):
    with market.app_context(), transaction() as session:
        officer = make_user(session, roles=(Role.OFFICER,), commune_id=make_commune(session))
        buyer = make_user(session)
    nobody, first, second = market.test_client(), market.test_client(), market.test_client()
    sign_in(first, officer)
    sign_in(second, buyer)
    pages = [client.get("/thu/gao").text for client in (nobody, first, second, nobody)]
    assert market.drawn == 1
    assert ["/dang-nhap" in page for page in pages] == [True, False, False, True]
    assert ["/xa/cho-xac-nhan" in page for page in pages] == [False, True, False, False]
    assert ["/tai-khoan" in page for page in pages] == [False, False, True, False]
    assert len({token_of(page) for page in pages[:3]}) == 3


def test_a_signed_in_persons_copy_stays_out_of_shared_caches(market):
    with market.app_context(), transaction() as session:
        buyer = make_user(session)
    client = market.test_client()
    sign_in(client, buyer)
    market.test_client().get("/thu/gao")
    assert client.get("/thu/gao").headers["Cache-Control"] == "private, no-store"


def test_addresses_differ_by_their_questions_and_failures_are_not_kept(market):
    client = market.test_client()
    for address in ("/thu/gao", "/thu/gao?q=1", "/thu/gao?q=1"):
        client.get(address)
    assert market.drawn == 2
    assert [client.get("/thu/missing").status_code for _ in range(2)] == [404, 404]
    assert market.drawn == 4


def test_who_has_just_written_sees_a_fresh_page(market):
    with market.app_context(), transaction() as session:
        buyer = make_user(session)
    client = market.test_client()
    sign_in(client, buyer)
    client.get("/thu/gao")
    client.post("/thu/gao")
    client.get("/thu/gao")
    assert market.drawn == 2


def test_a_shared_page_that_asks_who_is_looking_is_an_error(market):
    assert [market.test_client().get("/thu/asks").status_code for _ in range(2)] == [500, 500]
    assert market.drawn == 2


def test_real_pages_of_two_people_hold_nothing_of_each_other(market):
    with market.app_context(), transaction() as session:
        one, other = make_user(session), make_user(session)
    clients = [market.test_client() for _ in range(2)]
    sign_in(clients[0], one)
    sign_in(clients[1], other)
    for client, count in zip(clients, (3, 0), strict=True):
        with client.session_transaction() as kept:
            kept["basket_count"] = count
    pages = [client.get("/").text for client in clients]
    assert [page.count('class="count"') for page in pages] == [2, 0]
    assert "\x00" not in pages[0] + pages[1]


def test_how_a_page_greets_somebody_is_remembered_and_what_he_may_do_is_not(market):
    with market.app_context(), transaction() as session:
        officer = make_user(session, roles=(Role.OFFICER,), commune_id=make_commune(session))
    client = market.test_client()
    sign_in(client, officer)
    assert client.get("/xa/cho-xac-nhan").status_code == 200
    assert "/xa/cho-xac-nhan" in client.get("/thu/gao").text
    with market.app_context(), transaction() as session:
        session.execute(text("UPDATE accounts_users SET is_active = false WHERE id = :id"), {"id": officer})
    refused = client.get("/xa/cho-xac-nhan")
    assert (refused.status_code, refused.location) == (303, "/dang-nhap?tiep=/xa/cho-xac-nhan")
    greeted = client.get("/thu/gao", headers={"Accept-Encoding": "gzip"})
    assert "/xa/cho-xac-nhan" in greeted.text
    assert greeted.headers["Cache-Control"] == "private, no-store"
    assert "Content-Encoding" not in greeted.headers


def test_a_remembered_greeting_is_for_one_browser_and_asks_the_database_nothing(market):
    with market.app_context(), transaction() as session:
        one, other = (make_user(session, roles=(role,)) for role in (Role.OPERATOR, Role.BUYER))
        engine = db.engine
    clients = [market.test_client() for _ in range(2)]
    sign_in(clients[0], one)
    sign_in(clients[1], other)
    first = [client.get("/thu/gao").text for client in clients]
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    again = [client.get("/thu/gao").text for client in clients]
    assert sent == []
    for pages in (first, again):
        assert ["/dieu-hanh" in page for page in pages] == [True, False]
        assert ["/tai-khoan" in page for page in pages] == [False, True]


def test_a_greeting_is_forgotten_after_a_breath(committed_app, tmp_path):
    settings = make_settings(
        committed_app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, PAGE_CACHE_SECONDS="0.2", RATE_LIMITS="0"
    )
    app = make_app(settings)
    with app.app_context(), transaction() as session:
        officer = make_user(session, roles=(Role.OFFICER,), commune_id=make_commune(session))
    client = app.test_client()
    sign_in(client, officer)
    assert "/xa/cho-xac-nhan" in client.get("/").text
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE accounts_users SET is_active = false WHERE id = :id"), {"id": officer})
    time.sleep(0.3)
    assert "/xa/cho-xac-nhan" not in client.get("/").text
    with app.app_context():
        db.engine.dispose()


def test_who_has_just_become_somebody_else_is_greeted_so_at_once(market):
    client, buyer = come_as_buyer(market)
    assert "/tai-khoan" in client.get("/thu/gao").text
    with market.app_context(), transaction() as session:
        session.execute(text("UPDATE accounts_users SET roles = '{operator}' WHERE id = :id"), {"id": buyer})
    assert "/tai-khoan" in client.get("/thu/gao").text
    client.post("/thu/gao")
    assert "/dieu-hanh" in client.get("/thu/gao").text


def test_a_greeting_ends_with_the_session(market):
    client, _ = come_as_buyer(market)
    assert "/tai-khoan" in client.get("/thu/gao").text
    client.post("/dang-xuat")
    client.get("/thu/gao")
    left = client.get("/thu/gao")
    assert "/dang-nhap" in left.text
    assert "/tai-khoan" not in left.text
