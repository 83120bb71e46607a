"""The search in a browser: what is shown, what is forgiven, and what it costs."""

import re
from html import unescape

import pytest

from catalog.services.review import review_product
from marketplace.core.registry import resolve
from search.ports import ProductIndex
from search.services import rebuild_index
from tests.factories.catalog import make_offer
from tests.factories.sellers import make_certificate, make_commune, make_household


def index_all(app, session):
    with app.app_context():
        rebuild_index(session=session, index=resolve(ProductIndex), tick=lambda _count: None)


def page_of(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, path
    return unescape(response.get_data(as_text=True))


def slugs_of(html):
    return re.findall(r'class="product-name"><a href="/san-pham/([^"]+)"', html)


@pytest.fixture
def market(app, client, session, now):
    """Three goods of two households in two communes; the third is the dearest and has 5 stars."""
    here = make_household(session, shown_name="Hộ bà Hoa")
    there = make_household(
        session,
        commune_id=make_commune(session, code="16012", name="Phường Hải Bình"),
        shown_name="Hộ ông Bình",
    )
    make_certificate(session, there, kind="ocop", stars=4)
    goods = {
        "pork": make_offer(session, here, name="Thịt lợn ba chỉ", category="thit", price=140_000, now=now),
        "greens": make_offer(session, here, name="Rau muống", category="rau", price=20_000, now=now),
        "paste": make_offer(session, there, name="Mắm tôm Ba Làng", category="mam", price=350_000, now=now),
    }
    review_product(
        session=session,
        product_id=goods["paste"].product_id,
        consignment_ref="D1",
        stars=5,
        words="Thơm ngon.",
        signed_as="Chị Hà",
        now=now,
    )
    index_all(app, session)
    return {name: offer.slug for name, offer in goods.items()}


def test_everything_is_listed_where_nothing_is_asked_for(client, market):
    html = page_of(client, "/tim")
    assert sorted(slugs_of(html)) == sorted(market.values())
    assert "Tất cả hàng trong chợ" in html
    assert "3 món" in html


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("q=thit+heo", ["pork"]),
        ("q=th%E1%BB%8Bt+heo", ["pork"]),
        ("q=mam+tom+ba+lang", ["paste"]),
        ("q=hai+binh", ["paste"]),
        ("loai=rau", ["greens"]),
        ("xa=16012", ["paste"]),
        ("chung-nhan=ocop-4", ["paste"]),
        ("gia-tu=100k&gia-den=200k", ["pork"]),
        ("sao=5", ["paste"]),
        ("con-hang=1&xep=cheapest", ["greens", "pork", "paste"]),
        ("xep=dearest", ["paste", "pork", "greens"]),
    ],
)
def test_what_is_asked_for_is_shown(client, market, query, wanted):
    assert slugs_of(page_of(client, f"/tim?{query}")) == [market[name] for name in wanted]


def test_each_filter_can_be_taken_back_by_its_chip(client, market):
    html = page_of(client, "/tim?q=mam&loai=mam&xa=16012&gia-den=400k&sao=4&con-hang=1")
    chips = re.search(r'<nav class="chips" aria-label="Đang lọc">(.*?)</nav>', html, re.DOTALL)[1]
    assert re.findall(r'href="(/tim[^"]*)"', chips) == [
        "/tim?q=mam&xa=16012&gia-den=400000&sao=4&con-hang=1",
        "/tim?q=mam&loai=mam&gia-den=400000&sao=4&con-hang=1",
        "/tim?q=mam&loai=mam&xa=16012&sao=4&con-hang=1",
        "/tim?q=mam&loai=mam&xa=16012&gia-den=400000&con-hang=1",
        "/tim?q=mam&loai=mam&xa=16012&gia-den=400000&sao=4",
    ]
    assert "Phường Hải Bình" in chips


def test_a_filter_that_leaves_nothing_can_still_be_taken_back(client, market):
    html = page_of(client, "/tim?q=mam+tom&xa=15715")
    assert slugs_of(html) == []
    assert "Bỏ điều kiện lọc thì có 1 món." in html
    assert 'href="/tim?q=mam+tom"' in html
    assert re.search(r'id="xa-15715" value="15715" checked', html)
    assert "Xã Tân Ninh" in html


def test_words_that_nobody_sells_lead_to_kinds_of_goods(client, market):
    html = page_of(client, "/tim?q=xe+m%C3%A1y")
    assert slugs_of(html) == []
    assert "Chưa có nhà nào bán món này" in html
    assert 'href="/tim?loai=trai-cay"' in html


def test_a_keyboard_that_was_off_is_named(client, market):
    html = page_of(client, "/tim?q=thijt+lowjn")
    assert slugs_of(html) == [market["pork"]]
    assert "Chợ hiểu là “thịt lợn”." in html


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("gia-tu=200k&gia-den=100k", 422, "Giá từ cao hơn giá đến, nên chợ đổi chỗ hai số."),
        ("gia-tu=%C4%91%E1%BA%AFt", 422, "Chợ chưa đọc được giá “đắt”."),
        ("q=" + "mam+" * 60, 422, "Câu tìm quá dài; chợ chỉ đọc 120 ký tự đầu."),
        ("trang=abc&sao=x&xep=y&loai=z&xa=%00&chung-nhan=" + "a" * 99, 200, "3 món"),
        ("trang=-5", 200, "3 món"),
        ("trang=999999999999", 200, "Hết hàng để xem ở trang này"),
        ("q=%00%EF%BF%BE", 200, ""),
        ("q=%22%28%28%5C*", 200, ""),
        ("q=%3Cscript%3Ealert(1)%3C/script%3E", 200, ""),
    ],
)
def test_bad_input_is_forgiven_and_said(client, market, query, status, message):
    assert message in page_of(client, f"/tim?{query}", status)


def test_what_was_typed_never_becomes_markup(client, market):
    html = client.get("/tim?q=%3Cscript%3Ealert(1)%3C/script%3E").get_data(as_text=True)
    assert "<script>alert" not in html


def test_suggestions_are_products_then_kinds(client, market):
    answer = client.get("/api/search/suggest?q=mam+t")
    assert answer.status_code == 200
    assert answer.json == {
        "items": [
            {
                "code": market["paste"],
                "label": "Mắm tôm Ba Làng",
                "note": "Hộ ông Bình, Phường Hải Bình",
                "href": f"/san-pham/{market['paste']}",
            }
        ]
    }
    kinds = [item for item in client.get("/api/search/suggest?q=m%E1%BA%AFm").json["items"] if "/tim?" in item["href"]]
    assert kinds == [{"code": "mam", "label": "Mắm và nước chấm", "note": "Loại hàng", "href": "/tim?loai=mam"}]


@pytest.mark.parametrize("typed", ["", "%00", "%5B(*", "x" * 5000, "zzzz"])
def test_suggestions_of_nothing_are_empty(client, market, typed):
    assert client.get(f"/api/search/suggest?q={typed}").json == {"items": []}


def test_the_english_address_leads_to_the_search(client):
    answer = client.get("/search?q=m%E1%BA%AFm")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/tim?q=m%E1%BA%AFm")


@pytest.mark.parametrize("count", [1, 30])
def test_a_page_costs_the_same_however_many_cards_and_stays_light(app, client, session, now, sql_log, count):
    for number in range(count):
        commune_id = make_commune(session, code=f"{16100 + number}", name=f"Xã Số {number}")
        household_id = make_household(session, commune_id=commune_id)
        make_certificate(session, household_id)
        make_offer(session, household_id, now=now)
    index_all(app, session)
    page_of(client, "/tim")
    with sql_log() as statements:
        html = page_of(client, "/tim")
    assert len(slugs_of(html)) == min(count, 24)
    assert len(statements) == 5, statements
    assert len(client.get("/tim").data) <= 100_000


def test_pages_lead_to_one_another_and_keep_the_search(app, client, session, now):
    household_id = make_household(session)
    for _ in range(30):
        make_offer(session, household_id, now=now)
    index_all(app, session)
    first, second = (page_of(client, f"/tim?loai=rau&xep=cheapest&trang={page}") for page in (1, 2))
    assert (len(slugs_of(first)), len(slugs_of(second))) == (24, 6)
    assert not set(slugs_of(first)) & set(slugs_of(second))
    assert 'href="/tim?loai=rau&xep=cheapest&trang=2"' in first


def test_a_market_whose_index_was_never_built_still_has_a_page(committed_app):
    html = page_of(committed_app.test_client(), "/tim?q=mam")
    assert "Chưa có nhà nào bán món này" in html
