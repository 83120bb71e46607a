"""What people, robots and the ill-minded type into the forms of orders: told what is wrong, and nothing changes."""

import pytest
from sqlalchemy import text

from orders.services.deliver_consignment import follow_delivery
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, list_parts, pack
from tests.factories.sellers import make_commune, make_household
from tests.web.orders.shopper import ADDRESS, address, everything, order, put, ready, words_of
from tests.web.sign_in import sign_in

SCRIPT = "<script>alert(1)</script>"
UNREADABLE = "Hãy nhập số lượng bằng chữ số, ví dụ 12 hoặc 12,5."


@pytest.fixture
def offer(session):
    made = make_offer(session, make_household(session), price=30_000, amount=10)
    make_commune(session)
    session.commit()
    return made


AMOUNTS = [
    ("", 422, "Hãy nhập số lượng."),
    ("   ", 422, "Hãy nhập số lượng."),
    ("nhiều", 422, UNREADABLE),
    ("-3", 422, "Số lượng phải lớn hơn 0."),
    ("NaN", 422, UNREADABLE),
    ("Infinity", 422, UNREADABLE),
    ("1e5", 422, UNREADABLE),
    ("٣", 422, UNREADABLE),
    ("1\x00", 422, UNREADABLE),
    (SCRIPT, 422, UNREADABLE),
    ("x" * 5000, 422, UNREADABLE),
    ("0,0001", 422, "Món này bán lẻ đến 0,1 kg, ví dụ 0,5 hoặc 1,1."),
    ("0,05", 422, "Món này bán lẻ đến 0,1 kg, ví dụ 0,5 hoặc 1,1."),
    ("9" * 30, 422, "Số lượng này lớn quá mức cho phép."),
    ("11", 409, "Rau muống ruộng chỉ còn 10 kg."),
]


@pytest.mark.parametrize(("typed", "status", "message"), AMOUNTS, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("path", ["/gio-hang/them", "/gio-hang/sua"])
def test_an_amount_that_cannot_be(client, session, offer, path, typed, status, message):
    put(client, offer.offer_id, "2")
    before = everything(session)
    response = client.post(path, data={"offer_id": str(offer.offer_id), "quantity": typed})
    page = words_of(response)
    # Two are in the basket already, so adding eleven more asks for thirteen; either way ten are left.
    assert response.status_code == status
    assert message in page
    assert everything(session) == before
    assert SCRIPT not in response.get_data(as_text=True)
    # What was typed stays beside the message.
    assert f'<input name="quantity" value="{typed}"' in page


@pytest.mark.parametrize("typed", ["0", "0,0", " 00 "])
def test_nothing_of_something_takes_it_out_and_is_not_added(client, session, offer, typed):
    put(client, offer.offer_id, "2")
    added = put(client, offer.offer_id, typed)
    assert (added.status_code, "Số lượng phải lớn hơn 0." in words_of(added)) == (422, True)
    assert f'href="/san-pham/{offer.slug}"' in added.text.split("<main")[1]
    changed = client.post("/gio-hang/sua", data={"offer_id": str(offer.offer_id), "quantity": typed})
    assert changed.status_code == 303
    assert "Giỏ hàng đang trống" in words_of(client.get("/gio-hang"))


def test_no_way_back_is_shown_to_goods_that_are_not_on_sale(client, session, offer):
    session.execute(text("UPDATE catalog_offers SET state = 'draft' WHERE id = :id"), {"id": offer.offer_id})
    session.commit()
    added = put(client, offer.offer_id, "0")
    assert (added.status_code, f"/san-pham/{offer.slug}" in added.text) == (409, False)


def test_goods_in_pieces_are_sold_whole(client, session):
    jar = make_offer(session, make_household(session), price=90_000, amount=10, unit="hu")
    session.commit()
    response = put(client, jar.offer_id, "1,5")
    assert response.status_code == 422
    assert "Món này bán theo hũ nguyên, ví dụ 1 hoặc 2." in words_of(response)


@pytest.mark.parametrize("typed", ["", "abc", "-1", "0", "9" * 30, "987654321", "1\x00", SCRIPT, "1 OR 1=1"])
@pytest.mark.parametrize("path", ["/gio-hang/them", "/gio-hang/sua", "/gio-hang/bo"])
def test_goods_that_do_not_exist(client, session, offer, path, typed):
    put(client, offer.offer_id)
    before = everything(session)
    response = client.post(path, data={"offer_id": typed, "quantity": "1"})
    if path == "/gio-hang/bo" and typed == "987654321":
        # What is not in the basket is out of it already.
        assert response.status_code == 303
        before.pop("orders_baskets")
        assert {name: mark for name, mark in everything(session).items() if name != "orders_baskets"} == before
        return
    assert response.status_code == 404
    assert everything(session) == before


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("name", "", "Hãy nhập họ tên người nhận."),
        ("name", "   ", "Hãy nhập họ tên người nhận."),
        ("name", "L", "Họ tên dài từ 2 đến 80 ký tự."),
        ("name", "L" * 81, "Họ tên dài từ 2 đến 80 ký tự."),
        ("phone", "", "Hãy nhập số điện thoại để bưu tá gọi."),
        ("phone", "hai ba", "Hãy nhập số điện thoại, ví dụ 0912 345 678."),
        ("phone", "0912", "Số điện thoại phải có 10 chữ số, ví dụ 0912 345 678."),
        ("phone", "0237 3 852 246", "Hãy dùng số di động."),
        ("phone", "9" * 400, "số điện thoại"),
        ("email", "lan", "Địa chỉ thư chưa đúng, ví dụ lan@thu.vn."),
        ("email", "lan@thu.vn\nBcc: x@y.vn", "Địa chỉ thư chưa đúng"),
        ("email", "a" * 260 + "@thu.vn", "Địa chỉ thư"),
        ("address_line", "", "Hãy nhập số nhà, tên đường hoặc thôn."),
        ("address_line", "A", "Hãy ghi từ 3 đến 200 ký tự."),
        ("address_line", "A" * 201, "Hãy ghi từ 3 đến 200 ký tự."),
        ("address_note", "A" * 201, "Lời dặn dài tối đa 200 ký tự."),
        ("place", "", "Hãy nhập xã hoặc phường."),
        ("place", "A" * 121, "Tên nơi nhận quá dài."),
        ("place", "Xã Không Có Thật", "Không thấy xã hay phường nào tên như vậy."),
        ("place", SCRIPT, "Không thấy xã hay phường nào tên như vậy."),
        ("place", "%_%", "Không thấy xã hay phường nào tên như vậy."),
    ],
    ids=lambda value: str(value)[:16],
)
def test_an_address_that_cannot_be(client, session, offer, field, typed, message):
    put(client, offer.offer_id)
    before = everything(session)
    response = address(client, **{"commune_code": "", field: typed})
    page = words_of(response)
    assert response.status_code == 422
    assert message in page
    assert everything(session) == before
    # Whatever was typed stays, also in the fields that were right.
    for other, value in ADDRESS.items():
        if other not in {field, "commune_code"}:
            assert value in page, other
    if len(typed.strip()) > 1 and "\n" not in typed:
        assert typed in page
        assert SCRIPT not in response.get_data(as_text=True)


@pytest.mark.parametrize("field", [name for name in ADDRESS if name != "commune_code"])
def test_a_nul_in_an_address(client, session, offer, field):
    """PostgreSQL keeps no NUL in its texts: such a form is refused like any other bad one, or the NUL is dropped."""
    put(client, offer.offer_id)
    response = address(client, **{field: ADDRESS[field] + "\x00"})
    assert response.status_code in {303, 422}, response.status_code


def test_markup_in_an_address_is_only_text(client, session, offer):
    put(client, offer.offer_id)
    assert address(client, name=f"Lan {SCRIPT}", address_line=SCRIPT, address_note=SCRIPT).status_code == 303
    page = client.get("/thanh-toan/xac-nhan").get_data(as_text=True)
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"payment": "vàng"}, 422),
        ({"payment": ""}, 422),
        ({"total_shown": ""}, 422),
        ({"total_shown": "abc"}, 422),
        ({"total_shown": "-5"}, 422),
        ({"total_shown": "0"}, 422),
        ({"total_shown": "9" * 30}, 422),
        ({"total_shown": "1"}, 409),
        ({"basket": ""}, 422),
        ({"basket": "x" * 500}, 422),
    ],
    ids=str,
)
def test_an_order_form_that_cannot_be(client, session, offer, changes, status):
    form = ready(client, session, offer.offer_id)
    before = everything(session)
    response = client.post("/thanh-toan/xac-nhan", data={**form, **changes})
    assert response.status_code == status
    assert everything(session) == before
    if status == 409:
        assert "Tổng tiền đã đổi từ 1đ thành" in words_of(response)
    else:
        assert "Đặt hàng" in words_of(response)


@pytest.mark.parametrize("basket", ["khong-co-that", "\x00", SCRIPT, "' OR 1=1 --"])
def test_somebody_elses_basket_is_not_ordered(client, app, session, offer, basket):
    form = ready(client, session, offer.offer_id)
    stranger = app.test_client()
    before = everything(session)
    for browser, token in ((client, basket), (stranger, form["basket"])):
        response = browser.post("/thanh-toan/xac-nhan", data={**form, "basket": token})
        assert (response.status_code, response.location) == (303, "/gio-hang")
    assert everything(session) == before


def test_the_order_form_sent_again_leads_to_the_same_order(client, session, offer):
    form = ready(client, session, offer.offer_id)
    first = client.post("/thanh-toan/xac-nhan", data=form)
    after = everything(session)
    second = client.post("/thanh-toan/xac-nhan", data=form)
    client.get("/gio-hang")
    third = client.post("/thanh-toan/xac-nhan", data=form)
    assert [answer.status_code for answer in (first, second, third)] == [303] * 3
    assert first.location == second.location == third.location
    assert first.location.startswith("/don/")
    assert everything(session) == after


def test_goods_that_went_while_the_form_was_open(client, session, offer):
    form = ready(client, session, offer.offer_id)
    buy(session, {offer.offer_id: 10})
    session.commit()
    before = everything(session)
    response = client.post("/thanh-toan/xac-nhan", data=form)
    assert response.status_code == 409
    assert "Rau muống ruộng vừa hết hàng." in words_of(response)
    assert everything(session) == before


TOKENS = ["khong-co-that", "x" * 3000, "%00", "%3Cscript%3E", "..", "%F0%9F%8D%8B"]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:14])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("GET", "/trang-thai"), ("GET", "/vietqr.svg"), ("GET", "/the"), ("GET", "/the/xong"),
        ("POST", "/huy"), ("POST", "/danh-gia"),
    ],
)  # fmt: skip
def test_an_order_that_nobody_placed(client, session, offer, token, method, path):
    before = everything(session)
    response = client.open(f"/don/{token}{path}", method=method, data={"line_id": "1", "stars": "5"})
    assert response.status_code == 404
    assert everything(session) == before


def test_a_reason_that_is_too_long_cancels_nothing(client, session, offer):
    token = order(client, session, offer.offer_id)
    before = everything(session)
    response = client.post(f"/don/{token}/huy", data={"reason": "x" * 301})
    assert response.status_code == 422
    assert "Lý do dài tối đa 300 ký tự." in words_of(response)
    assert "x" * 301 in words_of(response)
    assert everything(session) == before


@pytest.mark.parametrize("reason", ["", SCRIPT, "Đổi ý"])
def test_a_cancellation_sent_twice_is_one(client, session, offer, reason):
    token = order(client, session, offer.offer_id)
    for _ in range(2):
        assert client.post(f"/don/{token}/huy", data={"reason": reason}).status_code == 303
        after = everything(session)
    assert everything(session) == after
    page = client.get(f"/don/{token}")
    assert "Đã hủy" in words_of(page)
    assert SCRIPT not in page.get_data(as_text=True)


@pytest.fixture
def delivered(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    follow_delivery(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    session.commit()
    return placed


def line_of(session, order_id):
    from orders.queries.orders import get_order

    return get_order(session, order_id).consignments[0].lines[0].id


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"stars": ""}, 422, "Hãy chọn từ 1 đến 5 sao."),
        ({"stars": "0"}, 422, ""),
        ({"stars": "6"}, 422, ""),
        ({"stars": SCRIPT}, 422, ""),
        ({"words": "x" * 1001}, 422, "Nhận xét dài tối đa 1.000 ký tự."),
        ({"line_id": ""}, 404, ""),
        ({"line_id": "-1"}, 404, ""),
        ({"line_id": "9" * 30}, 404, ""),
        ({"line_id": "999999"}, 404, ""),
    ],
    ids=str,
)
def test_a_review_that_cannot_be(client, session, delivered, changes, status, message):
    form = {"line_id": str(line_of(session, delivered.order_id)), "stars": "5", "words": "Rau tươi."}
    before = everything(session)
    response = client.post(f"/don/{delivered.token}/danh-gia", data={**form, **changes})
    assert response.status_code == status
    assert message in words_of(response)
    assert everything(session) == before
    if status == 422:
        assert changes.get("words", "Rau tươi.") in words_of(response)


def test_words_with_a_nul_are_no_accident(client, session, delivered):
    form = {"line_id": str(line_of(session, delivered.order_id)), "stars": "5", "words": "Rau\x00tươi"}
    assert client.post(f"/don/{delivered.token}/danh-gia", data=form).status_code in {303, 422}


@pytest.fixture
def at_the_desk(client, session, offer):
    sign_in(client, make_user(session, household_id=offer.household_id))
    placed = buy(session, {offer.offer_id: 1})
    session.commit()
    return list_parts(session, placed.order_id)[0]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("", "Hãy ghi lý do."),
        ("  ", "Hãy ghi lý do."),
        ("hết", "Lý do dài từ 5 đến 300 ký tự."),
        ("x" * 301, "Lý do dài từ 5 đến 300 ký tự."),
    ],
    ids=lambda value: value[:8],
)
def test_declining_wants_a_reason(client, session, at_the_desk, reason, message):
    before = everything(session)
    response = client.post(f"/don-hang/{at_the_desk.id}/tu-choi", data={"reason": reason})
    assert response.status_code == 422
    assert message in words_of(response)
    assert reason in words_of(response)
    assert everything(session) == before


@pytest.mark.parametrize("step", ["nhan", "dong-goi", "tu-choi"])
def test_another_households_order_is_not_found(client, session, offer, at_the_desk, step):
    other = make_household(session)
    sign_in(client, make_user(session, household_id=other))
    before = everything(session)
    for number in (at_the_desk.id, 987654321, "9" * 30):
        response = client.post(f"/don-hang/{number}/{step}", data={"reason": "Hết hàng rồi"})
        assert response.status_code == 404
        for page in ("", "/phieu"):
            assert client.get(f"/don-hang/{number}{page}").status_code == 404
    assert everything(session) == before


def test_steps_out_of_order_and_pressed_twice(client, session, at_the_desk):
    path = f"/don-hang/{at_the_desk.id}"
    before = everything(session)
    early = client.post(f"{path}/dong-goi")
    assert early.status_code == 409
    assert everything(session) == before
    for step in ("nhan", "dong-goi"):
        assert client.post(f"{path}/{step}").status_code == 303
        after = everything(session)
        assert client.post(f"{path}/{step}").status_code == 303
        assert everything(session) == after
    late = client.post(f"{path}/tu-choi", data={"reason": "Hết hàng rồi"})
    assert late.status_code == 409
    assert everything(session) == after


@pytest.mark.parametrize("page", ["-1", "0", "abc", "9" * 30, "1\x00", "1.5", "99999"])
@pytest.mark.parametrize("path", ["/don-hang", "/don-hang-cua-toi"])
def test_a_page_number_that_cannot_be(client, session, at_the_desk, path, page):
    assert client.get(path, query_string={"trang": page, "muc": SCRIPT}).status_code == 200


def test_forms_without_their_token_are_refused(app, client, session, offer):
    """In production every form carries a token of its session; one without it changes nothing."""
    before = everything(session)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        response = client.post("/gio-hang/them", data={"offer_id": str(offer.offer_id), "quantity": "1"})
        assert response.status_code == 400
        assert "tải lại trang" in words_of(response)
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert everything(session) == before
