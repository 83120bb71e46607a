"""Every kind of page, signed out and in each role: no finding of axe, one heading, nothing that sticks out."""

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import DESK, PASSWORD, PHONE, Market, find_barriers

HOUSEHOLD, OFFICER, OPERATOR = "0900010057", "can-bo@choque.example", "dieu-hanh@choque.example"
BUYER = "nguoi-mua@choque.example"
#: The officer in whose commune the invented market recalls a lot.
RECALLING = "can-bo-16378@choque.example"
#: Short name -> (page on which the link stands, the link).
LINKS = {
    "@product": ("/tim", r'href="(/san-pham/[^"]+)"'),
    "@lot": ("@product", r'href="(/lo/[^"]+)"'),
    "@household": ("@product", r'href="(/ho/[^"]+)"'),
    "@commune": ("/", r'href="(/xa/\d+)"'),
    "@season": ("/so-tay", r'href="(/so-tay/vu/\d+)"'),
    "@sensor": ("/so-tay/cam-bien", r'href="(/so-tay/cam-bien/\d+)"'),
    "@own-lot": ("/so-tay", r'href="(/so-tay/lo/[^"]+)"'),
    # The newest lot is held; one of the oldest open season may still be handled.
    "@oldest-season": ("/so-tay", r'(?s).*href="(/so-tay/vu/\d+)"'),
    "@free-lot": ("@oldest-season", r'href="(/so-tay/lo/[^"]+)"'),
    "@goods": ("/hang-ban", r'href="(/hang-ban/\d+)"'),
    "@consignment": ("/don-hang", r'href="(/don-hang/\d+)"'),
    "@review": ("/xa/cho-xac-nhan", r'href="(/xa/lo/[^"]+)"'),
    "@recall": ("/xa/thu-hoi", r'href="(/xa/thu-hoi/\d+)"'),
    "@checked": ("/xa/ho", r'href="(/xa/ho/[^"]+)"'),
    "@any-order": ("/dieu-hanh/don-hang", r'href="(/dieu-hanh/don-hang/\d+)"'),
    "@any-parcel": ("/dieu-hanh/buu-gui", r'href="(/dieu-hanh/buu-gui/\d+)"'),
    "@order": ("@any-order", r'href="(/don/[^"]+)"'),
    "@my-order": ("/don-hang-cua-toi", r'href="(/don/[^"]+)"'),
    "@site": ("/ho-cua-toi", r'href="(/ho-cua-toi/noi-san-xuat/\d+)"'),
    "@entry": ("@season", r'href="(/so-tay/ghi-chep/\d+/sua)"'),
}
_NOT_THERE = {"/khong-co-trang-nay", "/lo/sai"}
#: What a short name looks like, to find its route without a market.
SAMPLES = {
    "@product": "/san-pham/gao", "@lot": "/lo/TH-1", "@household": "/ho/H1", "@commune": "/xa/15715",
    "@season": "/so-tay/vu/1", "@sensor": "/so-tay/cam-bien/1", "@own-lot": "/so-tay/lo/TH-1", "@goods": "/hang-ban/1",
    "@free-lot": "/so-tay/lo/TH-1",
    "@consignment": "/don-hang/1", "@review": "/xa/lo/TH-1", "@recall": "/xa/thu-hoi/1", "@checked": "/xa/ho/H1",
    "@any-order": "/dieu-hanh/don-hang/1", "@any-parcel": "/dieu-hanh/buu-gui/1", "@order": "/don/x",
    "@my-order": "/don/x", "@site": "/ho-cua-toi/noi-san-xuat/1", "@entry": "/so-tay/ghi-chep/1/sua",
}  # fmt: skip
PAGES = {
    "": """/ /tim /tim?q=thit+heo /tim?q=khongcogi /gio-hang
        /dang-nhap /dang-ky
        /gioi-thieu /quy-che /doi-tra /du-lieu-ca-nhan /lien-he
        /khong-co-trang-nay
        /epcis /voc/ /voc/bizstep/spraying /minh-bach /lo /lo/sai
        @product @lot @lot/bao-tem @household @commune""",
    BUYER: "/don-hang-cua-toi @my-order /ho-cua-toi/moi",
    HOUSEHOLD: """/so-tay /so-tay/vu/moi @season @season/nhap @season/viec @season/thuoc @season/thu @own-lot
        @own-lot/bo-sung @free-lot/dong-goi @free-lot/tach @free-lot/gop @free-lot/hao-hut /so-tay/tieu-chuan
        @season/ket-thuc @entry /so-tay/ghi/viec
        /so-tay/cam-bien /so-tay/cam-bien/moi /so-tay/cam-bien/moi?do=temperature @sensor @sensor/sua @sensor/tep
        /hang-ban /hang-ban/moi @goods @goods/len-ke
        /don-hang /don-hang?muc=xong @consignment
        /ho-cua-toi /ho-cua-toi/ho-so /ho-cua-toi/noi-san-xuat/moi?loai=field /ho-cua-toi/chung-nhan/moi
        /ho-cua-toi/nhan-tien
        /so-tay/tem @own-lot/tem /ho-cua-toi/ma-so /ho-cua-toi/ma-so/doanh-nghiep /ho-cua-toi/ma-so/gtin
        /ho-cua-toi/ma-so/gln /ho-cua-toi/ma-so/dung-chung @site
        /tai-khoan /tai-khoan/xoa-du-lieu /lam-ho /thong-bao""",
    RECALLING: """@recall @recall/lien-quan @recall/loi-bao @recall/hang-ve @recall/thong-bao @recall/bao-cao
        /xa/bang-ke""",
    OFFICER: """/xa/cho-xac-nhan /xa/lo @review
        /xa/thu-hoi /xa/thu-hoi/moi /xa/tem-ma
        /xa/ho @checked""",
    OPERATOR: """/dieu-hanh /dieu-hanh/don-hang @any-order /dieu-hanh/buu-gui @any-parcel /dieu-hanh/thanh-toan
        /dieu-hanh/viec-ket /dieu-hanh/mo-phong
        /dieu-hanh/khoa-ket-noi /dieu-hanh/khoa-ket-noi/moi
        /dieu-hanh/xoa-du-lieu /dieu-hanh/khoa-can-bo /dieu-hanh/mat-khau
        @order""",
}


def find_path(page: Page, wanted: str) -> str:
    """Return an address; a short name is followed to the first link that it stands for."""
    if not wanted.startswith("@"):
        return wanted
    name, rest = re.match(r"(@[a-z-]+)(.*)", wanted).groups()
    where, link = LINKS[name]
    page.goto(find_path(page, where))
    found = re.search(link, page.content())
    assert found, f"no link for {wanted} on {page.url}"
    return found[1] + rest


def sign_in(page: Page, login: str) -> None:
    page.goto("/dang-nhap")
    page.fill("main [name=login]", login)
    page.fill("main [name=password]", PASSWORD)
    with page.expect_navigation():
        page.locator("main form button[type=submit]").first.click()


@pytest.mark.parametrize("login", PAGES, ids=["signed-out", "buyer", "household", "recalling", "officer", "operator"])
@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk-dark"])
def test_pages_are_for_everybody(browser: Browser, market: Market, login: str, viewport: dict[str, int], scheme: str):
    context = browser.new_context(viewport=viewport, color_scheme=scheme, base_url=market.url, locale="vi-VN")
    page = context.new_page()
    if login:
        sign_in(page, login)
    findings = []
    for wanted in PAGES[login].split():
        path = find_path(page, wanted)
        answer = page.goto(path)
        findings += [(path, one, "") for one in find_barriers(page)]
        if page.evaluate("document.documentElement.scrollWidth") > viewport["width"]:
            findings.append((path, "sticks out to the side", ""))
        if page.locator("h1").count() != 1:
            findings.append((path, "not one h1", ""))
        if page.evaluate("document.documentElement.lang") != "vi":
            findings.append((path, "not in Vietnamese", ""))
        assert answer.status == (404 if path in _NOT_THERE else 200), path
    context.close()
    assert findings == []


def test_axe_is_awake(browser: Browser):
    page = browser.new_page()
    page.set_content("<!doctype html><html lang='vi'><title>x</title><main><img src='x.png'></main>")
    findings = find_barriers(page)
    page.close()
    assert [finding.split(" ", 1)[0] for finding in findings] == ["image-alt"]
