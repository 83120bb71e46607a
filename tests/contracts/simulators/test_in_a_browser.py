"""A shop's page in a real browser, under the policy of ours: the card frame, the bank's app, links in letters."""

import os
import re
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from tests.factories.simulators import World
from tests.journeys.chromium import find_chromium

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Trả bằng thẻ</title>
<link rel="icon" href="data:,"><div id="the"></div><button id="tra">Trả</button><output id="ra"></output>
<script src="{script}"></script><script src="/card.js"></script></html>"""
#: With a sign of its own, like the page before: else the browser asks for one when the shop may be gone already.
DONE = '<!doctype html><html lang="vi"><title>Xong</title><link rel="icon" href="data:,"><p>Đã xong</p></html>'
CARD_JS = """
const stripe = Stripe("{key}");
const elements = stripe.elements({{ clientSecret: "{secret}", locale: "vi", appearance: {{ theme: "flat" }} }});
const element = elements.create("payment");
element.on("ready", () => document.body.classList.add("ready"));
element.mount("#the");
document.getElementById("tra").addEventListener("click", async () => {{
  const result = await stripe.confirmPayment({{
    elements, confirmParams: {{ return_url: location.origin + "/xong" }}, redirect: "{redirect}",
  }});
  const { paymentIntent, error } = result;
  document.getElementById("ra").textContent = error ? "lỗi: " + error.message : paymentIntent.status;
}});
window.look = () => stripe.retrievePaymentIntent("{secret}").then((found) => found.paymentIntent.status);
""".replace("{ paymentIntent, error }", "{{ paymentIntent, error }}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("no Chromium, and REQUIRE_BROWSER is set")
        pytest.skip("no Chromium was found")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing may be complained of, except answers that a declined card gives."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda told: complaints.append(told.text) if told.type == "error" and "402" not in told.text else None,
    )
    yield page
    context.close()
    assert complaints == []


@contextmanager
def shop(world: World, redirect: str = "if_required", amount: int = 215_000) -> Iterator[str]:
    """Serve a card page on an origin of its own, with the headers of our shop; yields its address."""
    intent = world.http.post(
        "/stripe/v1/payment_intents",
        data={"amount": str(amount), "currency": "vnd", "automatic_payment_methods[enabled]": "true",
              "automatic_payment_methods[allow_redirects]": "never"},
        headers={"Authorization": f"Bearer {world.env['STRIPE_SECRET_KEY']}"},
    ).json()  # fmt: skip
    script = CARD_JS.format(key=world.env["STRIPE_PUBLISHABLE_KEY"], secret=intent["client_secret"], redirect=redirect)
    policy = (
        f"default-src 'none'; script-src 'self' {world.url}; connect-src 'self' {world.url}; frame-src 'self' "
        f"{world.url}; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages = {"/": ("text/html", PAGE.format(script=world.env["STRIPE_JS_URL"])),
                     "/card.js": ("text/javascript", script)}  # fmt: skip
            kind, text = pages.get(self.path, ("text/html", DONE))
            self.send_response(200)
            headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": policy,
                       "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}  # fmt: skip
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def fill(page: Page, number: str) -> FrameLocator:
    page.wait_for_selector("body.ready")
    frame = page.frame_locator("iframe[title='Ô nhập thẻ an toàn']")
    frame.get_by_label("Số thẻ").fill(number)
    frame.get_by_label("Hết hạn").fill("1234")
    frame.get_by_label("Mã bảo mật").fill("123")
    return frame


def status(world: World) -> str:
    (intent,) = world.get("stripe", "objects/payment_intents")["payment_intents"]
    return str(intent["status"])


def test_a_good_card(world: World, page: Page):
    with shop(world) as url:
        page.goto(url)
        frame = fill(page, "4242 4242 4242 4242")
        expect(frame.get_by_label("Hết hạn")).to_have_value("12 / 34")
        assert page.evaluate("window.look()") == "requires_payment_method"
        page.click("#tra")
        expect(page.locator("#ra")).to_have_text("succeeded")
        assert page.evaluate("window.look()") == "succeeded"
    assert status(world) == "succeeded"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4000000000000002", "lỗi: Ngân hàng từ chối thẻ này."),
        ("4000000000009995", "lỗi: Thẻ không đủ tiền."),
        ("4242424242424241", "lỗi: Số thẻ chưa đúng."),
    ],
)
def test_a_bad_card_then_a_good_one(world: World, page: Page, number: str, words: str):
    with shop(world) as url:
        page.goto(url)
        frame = fill(page, number)
        page.click("#tra")
        expect(page.locator("#ra")).to_have_text(words)
        assert status(world) == "requires_payment_method"
        frame.get_by_label("Số thẻ").fill("4242424242424242")
        page.click("#tra")
        expect(page.locator("#ra")).to_have_text("succeeded")


@pytest.mark.parametrize(
    ("button", "words", "after"),
    [
        ("Đồng ý", "succeeded", "succeeded"),
        ("Từ chối", "lỗi: Bạn đã từ chối, hoặc ngân hàng không xác thực được.", "requires_payment_method"),
    ],
)
def test_a_bank_that_asks_back(world: World, page: Page, button: str, words: str, after: str):
    with shop(world) as url:
        page.goto(url)
        frame = fill(page, "4000002760003184")
        page.click("#tra")
        frame.get_by_role("button", name=button).click()
        expect(page.locator("#ra")).to_have_text(words)
    assert status(world) == after


def test_a_shop_that_wants_to_be_led_back(world: World, page: Page):
    with shop(world, redirect="always") as url:
        page.goto(url)
        fill(page, "4242424242424242")
        page.click("#tra")
        page.wait_for_url(re.compile(r"/xong\?payment_intent=pi_\w+&.*redirect_status=succeeded"))


def test_words_of_a_stranger_reach_neither_the_page_nor_the_frame(world: World, page: Page):
    with shop(world) as url:
        page.goto(url)
        fill(page, "4242424242424242")
        # The page's own window is neither the frame nor of its origin, so what it says is not believed.
        page.evaluate("window.postMessage({ kind: 'result', id: 1, result: { paymentIntent: { status: 'x' } } }, '*')")
        # A frame that is told another parent ignores this one.
        page.evaluate(
            """(src) => new Promise((done) => {
                const frame = document.createElement("iframe");
                frame.onload = () => {
                    frame.contentWindow.postMessage({ kind: "confirm", id: 9 }, "*");
                    setTimeout(done, 300);
                };
                frame.src = src; document.body.append(frame);
            })""",
            f"{world.url}/stripe/v3/element#%7B%22parent%22%3A%22http%3A%2F%2Fla.example%22%7D",
        )
        assert page.locator("#ra").text_content() == ""
    assert status(world) == "requires_payment_method"
    assert world.get("stripe", "requests", operation="confirm_payment_intent")["requests"] == []


def test_a_buyer_at_the_bank(world: World, page: Page):
    page.goto(f"{world.url}/sepay/?amount=215000&content=CQ7F3K9M2XQ")
    page.get_by_label("Người mua chuyển thế nào").select_option(label="Chuyển thiếu một phần mười")
    page.get_by_role("button", name="Chuyển tiền").click()
    expect(page.get_by_role("status")).to_have_text("Đã chuyển 193.500đ.")
    (row,) = world.get("sepay", "transfers")["transfers"]
    assert (row["transferAmount"], "CQ7F3K9M2XQ" in row["content"]) == (193_500, True)
    page.wait_for_load_state()  # its words are there before its stylesheet is
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_links_of_a_letter_open_a_page_on_which_everything_works(world: World, page: Page):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "cho@choque.example", "lan@thu.example", "Đơn hàng"
    letter.set_content(f"Xem tại {world.url}/sepay/ nhé.")
    letter.add_alternative(f'<html><head></head><body><a href="{world.url}/mail/">Xem đơn</a></body></html>', "html")
    with smtplib.SMTP(world.env["SMTP_HOST"], int(world.env["SMTP_PORT"]), timeout=5) as server:
        server.send_message(letter)
    page.goto(f"{world.url}/mail/")
    page.get_by_role("link", name="Đơn hàng").click()
    for title, link, heading in (
        ("Nội dung thư", "Xem đơn", "Hộp thư"),
        ("Bản chữ của thư", f"{world.url}/sepay/", "Ứng dụng ngân hàng của người mua"),
    ):
        with page.expect_popup() as opened:
            page.frame_locator(f"iframe[title='{title}']").get_by_role("link", name=link).click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text(heading)
        # Not sandboxed: scripts and forms of the new page work.
        assert opened.value.evaluate("1 + 1") == 2
        assert opened.value.evaluate("window.origin") == world.url
        opened.value.close()


@pytest.mark.parametrize("path", ["/", "/viettelpost/__sim/", "/stripe/__sim/", "/sepay/__sim/", "/mail/__sim/"])
def test_pages_fit_a_phone(world: World, page: Page, path: str):
    page.goto(f"{world.url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
