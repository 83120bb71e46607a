"""Every page of orders in every state, for those who may see it, at a cost that does not grow with its lines."""

import io
import re

import pytest
import resvg_py
import zxingcpp
from PIL import Image
from sqlalchemy import text

from marketplace.accounts.rules import Role
from marketplace.core.clock import utcnow
from orders.queries.orders import get_order
from orders.rules.vietqr import encode_vietqr
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import buy, get_money, list_parts
from tests.factories.sellers import make_commune, make_household
from tests.web.orders.shopper import everything, order, page_of, put, ready
from tests.web.orders.states import bring
from tests.web.sign_in import sign_in


@pytest.fixture
def offer(session):
    made = make_offer(session, make_household(session), price=30_000, amount=200)
    make_commune(session)
    session.commit()
    return made


# The way to an order


def test_an_empty_basket_leads_to_the_market(client, session):
    assert "Giỏ hàng đang trống" in page_of(client, "/gio-hang")
    for path in ("/thanh-toan", "/thanh-toan/xac-nhan"):
        response = client.get(path)
        assert (response.status_code, response.location) == (303, "/gio-hang")


def test_nobody_confirms_before_saying_where_to(client, session, offer):
    put(client, offer.offer_id)
    response = client.get("/thanh-toan/xac-nhan")
    assert (response.status_code, response.location) == (303, "/thanh-toan")


def test_the_way_through_the_pages(client, session, offer):
    put(client, offer.offer_id, "1,5")
    put(client, offer.offer_id, "0,5")
    page = page_of(client, "/gio-hang")
    assert "Rau muống ruộng" in page
    assert "60.000đ" in page
    assert 'name="place"' in page_of(client, "/thanh-toan")
    form = ready(client, session)
    page = page_of(client, "/thanh-toan/xac-nhan")
    for words in (
        "Thôn 3, gần nhà văn hóa",
        "Xã Tân Ninh, Tỉnh Thanh Hóa",
        "60.000đ",
        "Hộ bà Lê Thị Hoa",
        "Lê Thị Hoa",
    ):
        assert words in page
    response = client.post("/thanh-toan/xac-nhan", data=form)
    page = page_of(client, response.location)
    for words in ("Bạn trả tiền cho bưu tá khi nhận từng kiện.", "Rau muống ruộng", offer.lot_code, "2 kg"):
        assert words in page
    assert "Giỏ hàng đang trống" in page_of(client, "/gio-hang")
    made = session.execute(text("SELECT goods_vnd, shipping_vnd, total_vnd FROM orders_orders")).one()
    assert (made.goods_vnd, made.total_vnd) == (60_000, int(form["total_shown"]))


def test_taking_the_last_thing_out(client, session, offer):
    put(client, offer.offer_id)
    assert client.post("/gio-hang/bo", data={"offer_id": offer.offer_id}).status_code == 303
    assert "Giỏ hàng đang trống" in page_of(client, "/gio-hang")


# An order in every state


SEEN = {
    "placed": "Đã đặt hàng",
    "awaiting": "Chuyển khoản để xác nhận đơn",
    "card": "Trả bằng thẻ để xác nhận đơn",
    "paid": "Đã nhận tiền",
    "expired": "Đơn đã hết hạn thanh toán",
    "refunded": "Hoàn tiền 52.000đ",
    "accepted": "Bạn muốn hủy đơn?",
    "packed": "Kiện của Hộ bà Lê Thị Hoa",
    "handed_over": "Kiện của Hộ bà Lê Thị Hoa",
    "delivered": "Đánh giá Rau muống ruộng",
    "returned": "Đơn đã dừng",
    "lost": "Đơn đã dừng",
    "declined": "Đơn đã dừng",
    "cancelled": "Bạn đã hủy đơn này",
    "recalled": "Đơn đã dừng",
}


@pytest.mark.parametrize(("state", "words"), SEEN.items())
def test_an_order_page_in_every_state(client, session, offer, state, words):
    placed = bring(session, offer, state)
    before = everything(session)
    page = page_of(client, f"/don/{placed.token}")
    assert words in page
    assert ("Bạn muốn hủy đơn?" in page) == (state in {"placed", "awaiting", "card", "paid", "accepted"})
    assert ("Đánh giá Rau muống ruộng" in page) == (state == "delivered")
    stamp = client.get(f"/don/{placed.token}/trang-thai")
    assert stamp.json["stamp"] in page
    assert stamp.headers["Cache-Control"] == "no-store"
    assert everything(session) == before


@pytest.mark.parametrize("state", list(SEEN))
def test_the_desk_and_the_slip_in_every_state(client, session, offer, state):
    placed = bring(session, offer, state)
    part = list_parts(session, placed.order_id)[0]
    sign_in(client, make_user(session, household_id=offer.household_id))
    page = page_of(client, f"/don-hang/{part.id}")
    assert part.number in page
    knows_address = state in {"accepted", "packed", "handed_over"}
    assert ("Nguyễn Thị Lan" in page) == knows_address
    assert ("+84912345678" in page or "0912 345 678" in page) == knows_address
    tab = {"placed": "moi", "paid": "moi", "accepted": "chuan-bi", "packed": "chuan-bi", "handed_over": "dang-giao"}
    for name in ("moi", "chuan-bi", "dang-giao", "xong"):
        listed = part.number in page_of(client, f"/don-hang?muc={name}")
        waits_for_money = state in {"awaiting", "card"}
        assert listed == (name == tab.get(state, "xong") and not waits_for_money), (state, name)
    # The slip bears the buyer's address: it is there for as long as the household may know that.
    slip = page_of(client, f"/don-hang/{part.id}/phieu", 200 if knows_address else 404)
    assert (offer.lot_code in slip) == knows_address
    assert (f"/lo/{offer.lot_code}/qr.svg" in slip) == knows_address
    assert ("Thôn 3" in slip) == knows_address


def test_who_may_see_what(client, session, offer):
    placed = bring(session, offer, "accepted")
    part = list_parts(session, placed.order_id)[0]
    household = ("/don-hang", f"/don-hang/{part.id}", f"/don-hang/{part.id}/phieu")
    for path in (*household, "/don-hang-cua-toi"):
        response = client.get(path)
        assert response.status_code == 303
        assert response.location.startswith("/dang-nhap")
    assert client.get(f"/don/{placed.token}").status_code == 200
    sign_in(client, make_user(session, roles={Role.BUYER}))
    assert [client.get(path).status_code for path in household] == [403] * 3
    sign_in(client, make_user(session, household_id=make_household(session)))
    assert [client.get(path).status_code for path in household] == [200, 404, 404]


def test_a_buyer_sees_only_orders_of_the_own_account(client, session, offer):
    mine = make_user(session, roles={Role.BUYER})
    own = buy(session, {offer.offer_id: 1}, user_id=mine)
    other = buy(session, {offer.offer_id: 1}, user_id=make_user(session, roles={Role.BUYER}))
    session.commit()
    sign_in(client, mine)
    page = page_of(client, "/don-hang-cua-toi")
    assert get_order(session, own.order_id).number in page
    assert get_order(session, other.order_id).number not in page


# Money


def test_the_vietqr_picture_says_account_sum_and_code(client, session, offer):
    placed = bring(session, offer, "awaiting")
    response = client.get(f"/don/{placed.token}/vietqr.svg")
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml")
    assert response.headers["Cache-Control"] == "private, no-store"
    picture = bytes(resvg_py.svg_to_bytes(svg_string=response.get_data(as_text=True)))
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    code = get_money(session, placed.order_id).transfer_code
    payload = encode_vietqr(bank_bin="970436", account_number="0123456789", amount_vnd=52_000, purpose=code)
    assert [one.text for one in codes] == [payload]


def test_who_transfers_by_hand_reads_to_which_bank(client, session, offer):
    placed = bring(session, offer, "awaiting")
    page = client.get(f"/don/{placed.token}").text
    code = get_money(session, placed.order_id).transfer_code
    for term, value in (("Ngân hàng", "Vietcombank"), ("Số tài khoản", "0123456789"), ("Nội dung", code)):
        assert re.search(rf"<dt>{term}</dt>\s*<dd>{value}</dd>", page), term


@pytest.mark.parametrize("state", ["placed", "card", "paid", "expired", "refunded"])
def test_no_vietqr_where_nothing_is_to_be_transferred(client, session, offer, state):
    placed = bring(session, offer, state)
    assert client.get(f"/don/{placed.token}/vietqr.svg").status_code == 404


def test_a_card_page_without_its_gateway_says_so_and_changes_nothing(client, session, offer):
    placed = bring(session, offer, "card")
    before = everything(session)
    response = client.get(f"/don/{placed.token}/the")
    assert response.status_code in {303, 503}
    assert everything(session) == before
    assert client.get(f"/don/{placed.token}/the/xong").status_code == 303


@pytest.mark.parametrize("state", ["placed", "awaiting", "paid", "cancelled"])
def test_other_orders_have_no_card_page(client, session, offer, state):
    placed = bring(session, offer, state)
    for page in ("the", "the/xong"):
        response = client.get(f"/don/{placed.token}/{page}")
        assert (response.status_code, response.location) == (303, f"/don/{placed.token}")


KEY = {"Authorization": "Apikey khoa-sepay"}
BODY = {"id": 1, "accountNumber": "0123456789", "transferType": "in", "transferAmount": 5, "content": "CQ1"}


@pytest.mark.parametrize("authorization", ["", "Apikey sai", "Apikey khoa-sepay2", "Bearer khoa-sepay", "Apikey khóa"])
def test_a_forged_bank_webhook_is_refused(client, session, authorization):
    before = everything(session)
    response = client.post("/webhooks/sepay", json=BODY, headers={"Authorization": authorization})
    assert (response.status_code, response.json["success"]) == (401, False)
    assert everything(session) == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"id": 1}', b"\xff\xfe", b'{"transferAmount": "x"}'])
def test_an_unreadable_bank_webhook_is_kept_once_for_a_person(client, session, body):
    for _ in range(2):
        response = client.post("/webhooks/sepay", data=body, headers=KEY)
        assert (response.status_code, response.json) == (200, {"success": True})
    rows = session.execute(text("SELECT source, external_id, body FROM core_inbox")).all()
    assert [(row.source, row.external_id[:11], bytes(row.body)) for row in rows] == [("sepay", "unreadable-", body)]


def test_a_bank_webhook_repeated_is_stored_once(client, session):
    for _ in range(3):
        assert client.post("/webhooks/sepay", json=BODY, headers=KEY).json == {"success": True}
    assert session.execute(text("SELECT external_id FROM core_inbox")).scalars().all() == ["1"]
    assert client.post("/webhooks/sepay", json={**BODY, "id": 2, "transferType": "out"}, headers=KEY).status_code == 200
    assert session.execute(text("SELECT count(*) FROM core_inbox")).scalar_one() == 1


@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "nonsense", "t=1"])
def test_a_forged_card_webhook_is_refused(client, session, signature):
    before = everything(session)
    body = b'{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}'
    response = client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": signature})
    assert response.status_code == 401
    assert everything(session) == before


# What pages cost


def test_pages_cost_the_same_for_many_lines(client, session, offer, sql_log):
    few = order(client, session, offer.offer_id)
    many_offers = [make_offer(session, offer.household_id, name=f"Rau số {number}") for number in range(8)]
    session.commit()

    def cost(path):
        with sql_log() as statements:
            page_of(client, path)
        return len(statements)

    put(client, offer.offer_id)
    basket_of_one = cost("/gio-hang")
    for made in many_offers:
        put(client, made.offer_id)
    assert cost("/gio-hang") == basket_of_one <= 8
    many = order(client, session)
    assert cost(f"/don/{many}") == cost(f"/don/{few}") <= 12
    sign_in(client, make_user(session, household_id=offer.household_id))
    with_two = cost("/don-hang")
    for _ in range(6):
        buy(session, {one.offer_id: 1 for one in many_offers}, now=utcnow())
    session.commit()
    assert cost("/don-hang") == with_two
