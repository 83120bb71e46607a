"""What forms do in a browser beyond what the browser does: dates in words, photos with one tap."""

import re
from datetime import date

import pytest

from marketplace.filters import format_weekday
from tests.journeys.conftest import Market, Person, today
from tests.journeys.lot_page import HOUSEHOLD
from tests.journeys.test_axe import PASSWORD


@pytest.fixture
def keeper(someone):
    """The keeper of a diary, at the form for work of the newest season."""
    person = someone()
    person.sign_in(HOUSEHOLD)
    address = work_form(person)
    person.open(address)
    return person


def work_form(person: Person) -> str:
    person.page.goto("/so-tay")
    return re.search(r'href="(/so-tay/vu/\d+)"', person.page.content())[1] + "/viec"


def test_a_date_is_said_back_as_people_write_it(keeper):
    page = keeper.page
    said = page.locator("#happened_on-said")
    assert said.inner_text() == format_weekday(today_as_date())
    page.fill("#happened_on", "2026-11-08")
    assert said.inner_text() == "Chủ nhật, 08/11/2026"
    page.locator("[data-days='-1']").click()
    assert said.inner_text() == format_weekday(today_as_date(-1))
    page.fill("#happened_on", "")
    assert said.inner_text() == ""


def today_as_date(days: int = 0) -> date:
    return date.fromisoformat(today(days))


def test_one_tap_anywhere_in_the_box_chooses_a_photo_and_shows_it(keeper, photo):
    page, box = keeper.page, keeper.page.locator("[data-photo]")
    assert box.get_by_text("Chụp hoặc chọn ảnh").is_visible()
    box.scroll_into_view_if_needed()
    with page.expect_file_chooser() as coming:
        box.click(position={"x": 4, "y": 4})
    coming.value.set_files(str(photo))
    page.locator("[data-previews] img").wait_for()
    assert page.locator("[data-previews] img").count() == 1
    page.locator("#photos").focus()
    assert page.evaluate("getComputedStyle(document.querySelector('[data-photo]')).outlineStyle") == "solid"


def test_without_scripts_the_browsers_own_fields_are_there(browser, market: Market):
    context = browser.new_context(
        base_url=market.url, java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto("/dang-nhap")
    page.fill("main [name=login]", HOUSEHOLD)
    page.fill("main [name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.goto("/so-tay")
    page.goto(re.search(r'href="(/so-tay/vu/\d+)"', page.content())[1] + "/viec")
    assert page.locator("#happened_on-said").inner_text() == format_weekday(today_as_date())
    assert page.locator("#photos").bounding_box()["height"] >= 48
    assert not page.get_by_text("Chụp hoặc chọn ảnh").is_visible()
    context.close()


@pytest.mark.parametrize("goes_on_at_once", [True, False])
def test_an_amount_changed_in_the_basket_is_kept(someone, goes_on_at_once):
    buyer = someone()
    buyer.open("/tim?con-hang=1&q=mam+tom").locator(".product-name a").first.click()
    buyer.page.wait_for_url("**/san-pham/**")
    buyer.press("Thêm vào giỏ")
    buyer.page.wait_for_url("**/gio-hang")
    amount = buyer.page.locator("main input[name=quantity]")
    assert amount.input_value() == "1"
    buyer.page.locator("main [data-step-by='1']").click()
    assert amount.input_value() == "2"
    if goes_on_at_once:
        buyer.page.get_by_role("link", name="Tiếp: nơi nhận hàng").click()
        buyer.page.wait_for_url("**/thanh-toan")
    else:
        buyer.page.wait_for_event("load")
        assert buyer.page.evaluate("document.activeElement.dataset.stepBy") == "1"
    buyer.open("/gio-hang")
    assert buyer.page.locator("main input[name=quantity]").input_value() == "2"
