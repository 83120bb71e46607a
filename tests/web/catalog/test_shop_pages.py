import json
import re

import pytest
from sqlalchemy import text

from catalog.services import sell
from catalog.services.review import review_product
from tests.factories.accounts import make_user
from tests.factories.catalog import add_stock, make_offer, make_unlisted_product, put_lot
from tests.factories.sellers import make_certificate, make_commune, make_household
from tests.web.sign_in import sign_in


def page_of(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.get_data(as_text=True)


def facts_of(html):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1])


def test_an_empty_market_still_has_a_home_page(client):
    html = page_of(client, "/")
    assert "Chợ đang dọn hàng" in html
    assert "Mới thu hoạch" not in html
    assert 'action="/tim"' in html
    assert "Bán cùng chợ" in html


def test_the_home_page_shows_goods_kinds_and_communes(client, session, now):
    offer = make_offer(session, make_household(session, commune_id=make_commune(session)), price=35_000, now=now)
    html = page_of(client, "/")
    assert f'href="/san-pham/{offer.slug}"' in html
    assert "35.000đ" in html
    assert 'href="/xa/15715"' in html
    assert "1 hộ" in html
    assert len(re.findall(r'class="kind-mark"', html)) == 12


@pytest.mark.parametrize("count", [1, 15])
def test_pages_ask_the_database_few_questions_however_many_cards(client, session, now, sql_log, count):
    for _ in range(count):
        household_id = make_household(session)
        make_certificate(session, household_id)
        offer = make_offer(session, household_id, now=now)
    add_stock(session, household_id, offer.product_id, put_lot(session, household_id), 5, now=now)
    rate(session, offer, now)
    with sql_log() as home:
        page_of(client, "/")
    with sql_log() as product:
        page_of(client, f"/san-pham/{offer.slug}")
    assert (len(home), len(product)) == (6, 7)
    sign_in(client, make_user(session, household_id=household_id))
    page_of(client, "/")
    with sql_log() as home:
        page_of(client, "/")
    assert len(home) <= 7


def rate(session, offer, now, stars=5, words="Rau còn tươi."):
    review_product(
        session=session,
        product_id=offer.product_id,
        consignment_ref=f"D{stars}",
        stars=stars,
        words=words,
        signed_as="Chị Hà, Hà Nội",
        now=now,
    )


def test_a_product_page_says_everything_before_the_purchase(client, session, now):
    household_id = make_household(session, shown_name="Hộ bà Hoa", representative="Lê Thị Hoa")
    make_certificate(session, household_id, kind="ocop", stars=4)
    offer = make_offer(session, household_id, price=35_000, amount=40, now=now)
    rate(session, offer, now, stars=4)
    html = page_of(client, f"/san-pham/{offer.slug}")
    for sentence in (
        "Rau muống ruộng",
        "35.000đ",
        "Còn 40 kg",
        "dùng tốt nhất trước 01/03/2027",
        "Hàng chịu được 3 ngày đường",
        "Được mở kiện xem hàng trước khi nhận.",
        "OCOP 4 sao",
        "Hộ bà Hoa",
        "Lê Thị Hoa",
        "Số 12 ngõ 3, Thôn 4, Xã Tân Ninh, Tỉnh Thanh Hóa",
        "0912 000 111",
        "4,0 trên 5 sao",
        "Rau còn tươi.",
        "Chị Hà, Hà Nội",
        "1,1 kg cho mỗi kg, cả bao gói",
        f'href="/lo/{offer.lot_code}"',
    ):
        assert sentence in html
    assert f'name="offer_id" value="{offer.offer_id}"' in html
    assert 'name="quantity" value="1"' in html
    assert 'action="/gio-hang/them"' in html


def test_search_engines_and_zalo_read_the_product(client, session, now):
    offer = make_offer(session, make_household(session), price=35_000, now=now)
    rate(session, offer, now)
    html = page_of(client, f"/san-pham/{offer.slug}")
    facts = facts_of(html)
    assert (facts["@type"], facts["name"]) == ("Product", "Rau muống ruộng")
    assert facts["offers"]["price"] == 35_000
    assert facts["offers"]["priceCurrency"] == "VND"
    assert facts["offers"]["availability"] == "https://schema.org/InStock"
    assert facts["aggregateRating"] == {"@type": "AggregateRating", "ratingValue": 5.0, "reviewCount": 1}
    assert f'<link rel="canonical" href="http://localhost/san-pham/{offer.slug}">' in html
    assert '<meta property="og:type" content="product">' in html
    assert '<meta property="product:price:amount" content="35000">' in html


def test_what_a_household_writes_is_text_and_nothing_else(client, session, now):
    evil = "<script>alert(1)</script>\"'</script>"
    household_id = make_household(session, shown_name=evil)
    offer = make_offer(session, household_id, name=f"Rau {evil}", description=evil, now=now)
    rate(session, offer, now, words=evil)
    for path in ("/", f"/san-pham/{offer.slug}"):
        html = page_of(client, path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html
    assert facts_of(html)["name"] == f"Rau {evil}"


def test_a_sold_out_product_says_so_and_sells_nothing(client, session, now):
    offer = make_offer(session, make_household(session), amount=5, now=now)
    session.execute(text("UPDATE catalog_stock SET sold = listed"))
    html = page_of(client, f"/san-pham/{offer.slug}")
    assert "Tạm hết hàng" in html
    assert 'action="/gio-hang/them"' not in html
    assert facts_of(html)["offers"]["availability"] == "https://schema.org/OutOfStock"


def test_a_paused_and_a_withdrawn_product_say_so(client, session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    sell.pause(session=session, household_id=household_id, product_id=offer.product_id, now=now)
    html = page_of(client, f"/san-pham/{offer.slug}")
    assert "Hộ đang tạm ngừng bán" in html
    assert 'action="/gio-hang/them"' not in html
    session.execute(text("UPDATE catalog_offers SET state = 'withdrawn'"))
    session.commit()
    html = page_of(client, f"/san-pham/{offer.slug}")
    assert "Hộ đã ngừng bán món này" in html
    assert 'action="/gio-hang/them"' not in html


def test_a_recall_is_the_loudest_thing_on_the_page_and_other_lots_are_still_sold(client, session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    add_stock(session, household_id, offer.product_id, put_lot(session, household_id), 5, now=now)
    session.execute(text("UPDATE trace_lots SET state = 'recalled' WHERE id = :id"), {"id": offer.lot_id})
    session.execute(text("UPDATE catalog_stock SET is_frozen = true WHERE id = :id"), {"id": offer.stock_id})
    html = page_of(client, f"/san-pham/{offer.slug}")
    assert f"Đang thu hồi lô {offer.lot_code}" in html
    assert "Còn 5 kg" in html
    assert 'action="/gio-hang/them"' in html


def test_a_lot_under_suspicion_is_named_without_alarm(client, session, now):
    offer = make_offer(session, make_household(session), now=now)
    session.execute(text("UPDATE trace_lots SET state = 'held' WHERE id = :id"), {"id": offer.lot_id})
    session.execute(text("UPDATE catalog_stock SET is_frozen = true"))
    html = page_of(client, f"/san-pham/{offer.slug}")
    assert f"Lô {offer.lot_code} đang được tạm giữ để kiểm tra." in html
    assert "hết hàng" not in html.lower()
    assert "Đang thu hồi" not in html


@pytest.mark.parametrize("slug", ["khong-co", "a" * 500, "%00", "<script>", "' OR 1=1 --"])
def test_unknown_addresses_are_answered_with_a_page(client, slug):
    response = client.get("/san-pham/" + slug)
    assert response.status_code == 404
    assert "<script>alert" not in response.get_data(as_text=True)


def test_a_draft_has_no_page(client, session, now):
    product_id = make_unlisted_product(session, make_household(session), now=now)
    slug = session.execute(text("SELECT slug FROM catalog_products WHERE id = :id"), {"id": product_id}).scalar_one()
    page_of(client, f"/san-pham/{slug}", 404)


def test_other_pages_may_show_the_shelf_of_a_household_and_of_a_commune(app, session, now):
    from types import SimpleNamespace

    from flask import render_template

    commune_id = make_commune(session)
    household_id = make_household(session, commune_id=commune_id)
    offer = make_offer(session, household_id, now=now)
    with app.test_request_context("/"):
        household = SimpleNamespace(id=household_id)
        commune = SimpleNamespace(id=commune_id)
        shelf = render_template("catalog/_household_shelf.html", household=household)
        assert f'href="/san-pham/{offer.slug}"' in shelf
        assert "Đang bán" in shelf
        shelf = render_template("catalog/_commune_shelf.html", commune=commune)
        assert f'href="/san-pham/{offer.slug}"' in shelf
        nobody = SimpleNamespace(id=10**9)
        assert "Hiện chưa có hàng" in render_template("catalog/_household_shelf.html", household=nobody)
