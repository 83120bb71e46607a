"""Paying by transfer and by card, with the bank and the gateway on the other side of the wire."""

import io
import re

import zxingcpp
from PIL import Image

from tests.journeys.conftest import Person, eventually


def put_something_into_the_basket(buyer: Person) -> None:
    buyer.open("/tim?con-hang=1&q=gao")
    buyer.page.locator(".product-name a").first.click()
    buyer.page.wait_for_url("**/san-pham/**")
    with buyer.page.expect_navigation():
        buyer.page.locator("main form[action*='/gio-hang/them'] button[type=submit]").first.click()


def order(buyer: Person, method: str, email: str) -> None:
    put_something_into_the_basket(buyer)
    buyer.open("/thanh-toan")
    buyer.fill(name="Trần Văn Nam", phone="0912345678", email=email)
    buyer.fill(address_line="12 phố Hàng Bông", place="hoan kiem ha noi")
    buyer.page.get_by_role("option", name=re.compile("Hoàn Kiếm")).first.click()
    buyer.press("Xem phí giao và tổng tiền")
    buyer.page.wait_for_url("**/xac-nhan")
    buyer.choose("payment", method)
    buyer.press("Đặt hàng")
    buyer.page.wait_for_url(re.compile("/don/"))


def test_a_transfer_by_the_qr_code_confirms_the_order_by_itself(someone):
    buyer = someone()
    order(buyer, "transfer", "nam@thu.example")
    assert "Chuyển khoản để xác nhận đơn" in buyer.text()
    path = re.sub(r"https?://[^/]+", "", buyer.page.url)
    picture = buyer.page.locator(".qr img").screenshot()
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert len(codes) == 1

    bank = someone()
    bank.page.goto(f"{bank.market.stack.simulators_url}/sepay/")
    bank.page.fill("[name=qr]", codes[0].text)
    bank.page.get_by_role("button", name="Đọc mã").click()
    amount = bank.page.input_value("[name=amount]")
    assert int(amount) > 0
    bank.page.get_by_role("button", name="Chuyển tiền").click()
    assert "Đã chuyển" in bank.page.content()
    bank.complaints.clear()

    # The page keeps itself fresh: nobody reloads it.
    buyer.page.get_by_text("Đã nhận tiền").first.wait_for()
    letters = eventually(
        lambda: [one for one in buyer.market.letters_to("nam@thu.example") if "Đã nhận tiền" in one["subject"]],
        "the buyer is told that the money came",
    )
    assert len(letters) == 1
    buyer.open(path)
    buyer.page.locator("summary", has_text="Bạn muốn hủy đơn?").click()
    buyer.fill(reason="Đổi ý")
    buyer.agree("Hủy đơn hàng")
    assert "Đơn hàng đã hủy" in buyer.text()
    assert "Hoàn tiền" in buyer.text()


def test_a_transfer_that_is_too_small_waits_for_the_rest(someone):
    buyer = someone()
    order(buyer, "transfer", "nam2@thu.example")
    code = re.search(r"CQ[0-9A-Z]{9}", buyer.text())[0]
    buyer.market.control("/sepay/__sim/transfers", {"amount": 1000, "content": code})
    buyer.page.get_by_text("Đã nhận 1.000đ").first.wait_for()
    assert "còn thiếu" in buyer.text()


def test_a_card_is_refused_then_asked_for_authentication_and_pays(someone):
    buyer = someone()
    order(buyer, "card", "nam3@thu.example")
    buyer.page.wait_for_url("**/the")
    frame = buyer.page.frame_locator("#o-nhap-the iframe")
    pay = buyer.page.locator("#the button[type=submit]")

    def type_card(number: str) -> None:
        frame.locator("#number").fill(number)
        frame.locator("#expiry").fill("1230")
        frame.locator("#cvc").fill("123")
        pay.click()

    type_card("4000000000000002")
    buyer.page.get_by_text("Ngân hàng từ chối thẻ này.").wait_for()
    buyer.complaints.clear()  # the browser notes the 402 of the gateway
    type_card("4000000000003220")
    frame.locator("#agree").click()
    buyer.page.wait_for_url(re.compile(r"/don/[^/]+$"))
    assert "Đã nhận tiền" in buyer.text()
    number = re.search(r"DH-\w+", buyer.page.title())[0]

    operator = someone()
    operator.sign_in("dieu-hanh@choque.example")
    operator.open("/dieu-hanh/don-hang")
    operator.page.get_by_role("link", name=number).click()
    operator.page.wait_for_load_state()
    assert "pi_" in operator.text()


def test_a_form_that_was_sent_twice_is_one_order(someone):
    buyer = someone()
    put_something_into_the_basket(buyer)
    buyer.open("/thanh-toan")
    buyer.fill(name="Trần Văn Nam", phone="0912345678", address_line="12 phố Hàng Bông", place="hoan kiem ha noi")
    buyer.page.get_by_role("option", name=re.compile("Hoàn Kiếm")).first.click()
    buyer.press("Xem phí giao và tổng tiền")
    form = {name: buyer.page.input_value(f"main [name={name}]") for name in ("csrf_token", "total_shown", "basket")} | {
        "payment": "cod"
    }
    first = buyer.context.request.post("/thanh-toan/xac-nhan", form=form, headers={"Referer": buyer.page.url})
    second = buyer.context.request.post("/thanh-toan/xac-nhan", form=form, headers={"Referer": buyer.page.url})
    assert first.ok
    assert second.ok
    assert first.url == second.url
    assert "/don/" in first.url
