"""What a buyer reads on the way to an order and on its page: whose parcel, what it costs, what became of it."""

import pytest
from flask import render_template
from sqlalchemy import text

from marketplace.accounts.rules import Role
from orders.queries.orders import get_order
from orders.services.cancel_order import stop_for_recall
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy
from tests.factories.sellers import make_commune, make_household
from tests.factories.traceability import make_recall
from tests.web.orders.shopper import address, everything, page_of, put, ready, words_of
from tests.web.orders.states import bring
from tests.web.sign_in import sign_in


@pytest.fixture
def offer(session):
    made = make_offer(session, make_household(session), price=30_000, amount=200)
    make_commune(session)
    session.commit()
    return made


def test_the_sum_is_said_in_words_once(client, session, offer):
    ready(client, session, offer.offer_id)
    page = page_of(client, "/thanh-toan/xac-nhan")
    assert "đồng. Không còn khoản nào khác." in page
    assert "đồng đồng" not in page


def test_a_name_with_several_places_offers_the_likely_one(client, session, offer):
    old = (("Thị trấn Nông Cống", "Huyện Nông Cống"),)
    make_commune(session, code="16300", name="Xã Cũ", old=old)
    make_commune(session, code="16399", name="Xã Nông Cống")
    session.commit()
    put(client, offer.offer_id)
    response = address(client, place="nông cống", commune_code="")
    page = words_of(response)
    assert response.status_code == 422
    assert "trước đây: trước đây" not in page
    assert "(trước đây: Nông Cống, huyện Nông Cống)" in page
    assert 'value="16399" checked' in page
    assert page.count(" checked>") == 1


def test_a_signed_in_buyer_finds_the_own_number_there(client, session, offer):
    sign_in(client, make_user(session, roles={Role.BUYER}, phone="+84912345678", email="lan@thu.example"))
    put(client, offer.offer_id)
    page = page_of(client, "/thanh-toan")
    assert 'value="0912 345 678"' in page
    assert 'value="lan@thu.example"' in page
    assert 'value="0912 345 678"' in page_of(client, "/tai-khoan")


def test_a_picked_place_is_left_with_its_name(client, session, offer):
    """Another name was typed after picking: the one picked before is not where the goods should go."""
    make_commune(session, code="16399", name="Xã Nông Cống")
    session.commit()
    put(client, offer.offer_id)
    assert address(client, place="Tân Ninh", commune_code="16399").status_code == 303
    assert "Xã Tân Ninh, Tỉnh Thanh Hóa" in page_of(client, "/thanh-toan/xac-nhan")


def test_an_own_cancellation_is_no_alarm(client, session, offer):
    page = page_of(client, f"/don/{bring(session, offer, 'cancelled').token}")
    assert "Đổi ý" in page
    assert "Đơn đã dừng" not in page
    assert 'class="tk-problem"' not in page
    assert "Kiện này không được gửi đi" not in page


@pytest.mark.parametrize("state", ["awaiting", "card"])
def test_an_unpaid_order_does_not_wait_for_its_household(client, session, offer, state):
    page = page_of(client, f"/don/{bring(session, offer, state).token}")
    assert page.count('aria-current="step"') == 1
    current = page[page.index('aria-current="step"') :]
    assert "Chờ thanh toán" in current[: current.index("</li>")]


def test_two_households_of_one_name_are_told_apart(app, client, session):
    make_commune(session)
    here = make_offer(session, make_household(session), price=30_000, amount=20)
    there = make_offer(
        session,
        make_household(session, commune_id=make_commune(session, code="16012", name="Phường Hải Bình")),
        price=20_000,
        amount=20,
    )
    session.commit()
    form = ready(client, session, here.offer_id, there.offer_id)
    for page in (page_of(client, "/gio-hang"), page_of(client, "/thanh-toan/xac-nhan")):
        assert page.count("Xã Tân Ninh") >= 1
        assert "Phường Hải Bình" in page
    confirm = page_of(client, "/thanh-toan/xac-nhan")
    assert "hàng 30.000đ và phí giao 22.000đ là 52.000đ" in confirm
    assert "hàng 20.000đ và phí giao 22.000đ là 42.000đ" in confirm
    page = page_of(client, client.post("/thanh-toan/xac-nhan", data=form).location)
    for words in (
        "Xã Tân Ninh. ",
        "Phường Hải Bình. ",
        "bạn đưa bưu tá 52.000đ: hàng 30.000đ và phí giao 22.000đ",
        "bạn đưa bưu tá 42.000đ: hàng 20.000đ và phí giao 22.000đ",
    ):
        assert words in page
    order_id = session.execute(text("SELECT id FROM orders_orders")).scalar_one()
    for kind in ("txt", "html"):
        facts = {"order": get_order(session, order_id), "link": "http://x", "subject": "Đơn hàng"}
        with app.app_context():
            letter = render_template(f"orders/letters/placed.{kind}", **facts)
        for words in ("Kiện của Hộ bà Lê Thị Hoa", "Phường Hải Bình", "Xã Tân Ninh", "Trả cho bưu tá", "42.000đ"):
            assert words in letter


def test_a_stopped_parcel_is_not_sent_and_costs_nothing(client, session, offer):
    other = make_offer(session, make_household(session), price=20_000, amount=20)
    placed = buy(session, {offer.offer_id: 1, other.offer_id: 1})
    make_recall(session, offer.lot_id)
    stop_for_recall(session=session, lot_ids=[offer.lot_id], reason="Tồn dư thuốc", now=NOW)
    session.commit()
    page = page_of(client, f"/don/{placed.token}")
    for words in ("Kiện này không được gửi đi", "Bạn không phải trả gì cho kiện này.", "−52.000đ", "42.000đ"):
        assert words in page
    assert page.count("bạn đưa bưu tá") == 1
    assert "Đừng ăn" not in page, "what never came cannot be brought back"


def test_goods_that_left_are_recalled_on_their_page(client, session, offer):
    placed = bring(session, offer, "delivered")
    make_recall(session, offer.lot_id)
    session.commit()
    assert "Đừng ăn" in page_of(client, f"/don/{placed.token}")


def test_what_was_reviewed_is_shown_and_not_asked_again(client, session, offer):
    placed = bring(session, offer, "delivered")
    line = get_order(session, placed.order_id).consignments[0].lines[0].id
    form = {"line_id": str(line), "stars": "5", "words": "Rau tươi."}
    path = f"/don/{placed.token}/danh-gia"
    assert [client.post(path, data=form).status_code for _ in range(2)] == [303, 303]
    page = page_of(client, f"/don/{placed.token}")
    assert "Bạn đã đánh giá Rau muống ruộng:" in page
    assert "Rau tươi." in page
    assert 'name="stars"' not in page
    before = everything(session)
    again = client.post(path, data={**form, "stars": "1", "words": "Nghĩ lại thì rau héo."})
    assert again.status_code == 409
    assert "Mỗi món chỉ được đánh giá một lần" in words_of(again)
    assert "Lời chưa được lưu: Nghĩ lại thì rau héo." in words_of(again)
    assert everything(session) == before


def test_a_review_without_stars_is_told_at_the_top(client, session, offer):
    placed = bring(session, offer, "delivered")
    line = get_order(session, placed.order_id).consignments[0].lines[0].id
    page = words_of(client.post(f"/don/{placed.token}/danh-gia", data={"line_id": str(line), "words": "Tươi"}))
    assert page.index(f'<a href="#danh-gia-{line}">Hãy chọn từ 1 đến 5 sao.') < page.index("Kiện của")
