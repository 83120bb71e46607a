"""Whose goods one may touch at the goods desk."""

import uuid

import pytest
from sqlalchemy import select

from catalog.models import Offer, Stock
from marketplace.accounts.rules import Role
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.sellers import make_household
from tests.web.sign_in import sign_in


@pytest.fixture
def household_id(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    return household_id


ROUTES = [
    ("GET", ""),
    ("POST", ""),
    ("GET", "/len-ke"),
    ("POST", "/len-ke"),
    ("POST", "/gia"),
    ("POST", "/tam-ngung"),
    ("POST", "/ban-lai"),
    ("POST", "/ngung-han"),
    ("POST", "/rut-ve"),
    ("POST", "/anh/dau"),
    ("POST", "/anh/bo"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.usefixtures("household_id")
def test_goods_of_another_household_are_not_there(client, session, now, method, path):
    theirs = make_offer(session, make_household(session), now=now)
    form = {
        "form_key": str(uuid.uuid4()),
        "name": "Gạo của người khác",
        "lot_id": str(theirs.lot_id),
        "amount": "1",
        "stock_id": str(theirs.stock_id),
        "sha256": "9" * 64,
        "price": "1.000",
    }
    response = client.open(f"/hang-ban/{theirs.product_id}{path}", method=method, data=form)
    assert response.status_code == 404
    session.expire_all()
    assert session.execute(select(Offer.state, Offer.price_vnd)).one() == ("on_sale", 25_000)
    assert session.execute(select(Stock.listed)).scalar_one() == 40


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "/../"), ("GET", "/../moi"), ("POST", "/../moi")])
def test_nobody_without_a_household_comes_in(client, session, now, method, path):
    offer = make_offer(session, make_household(session), now=now)
    address = f"/hang-ban/{offer.product_id}{path}".replace(f"{offer.product_id}/../", "").rstrip("/")
    assert client.open(address, method=method).status_code == (303 if method == "GET" else 401)
    sign_in(client, make_user(session, roles={Role.BUYER}))
    assert client.open(address, method=method).status_code == 403
    session.expire_all()
    assert session.execute(select(Offer.state)).scalar_one() == "on_sale"


def test_a_helper_sells_for_the_household_that_asked(client, session, now):
    household_id = make_household(session)
    make_user(session, household_id=household_id)
    helper = make_user(session, roles={Role.HELPER}, household_id=household_id, name="Em Tuấn")
    sign_in(client, helper)
    assert client.get("/hang-ban").status_code == 200


@pytest.mark.parametrize("product_id", ["0", "-1", "9" * 30, "abc"])
def test_numbers_that_no_product_has(client, household_id, product_id):
    assert client.get(f"/hang-ban/{product_id}").status_code == 404
