"""A real browser in front of the running market: web server, workers, relay, beat, simulators, all of it."""

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from marketplace.embedded.stack import Stack
from tests.journeys.chromium import find_chromium

PASSWORD = "lua-chin-vang"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
_LIMIT_S = 20
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
_RULES = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
#: Kinds of pages that axe has seen in this run: address without what differs, and heading.
_seen: set[tuple[str, str]] = set()


def find_barriers(page: Page) -> list[str]:
    """Return what axe finds on a page. It is run from outside the page, which refuses foreign scripts."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Runtime.evaluate", {"expression": AXE})
    answer = devtools.send("Runtime.evaluate", {"expression": _RULES, "awaitPromise": True, "returnByValue": True})
    devtools.detach()
    violations = answer["result"]["value"]["violations"]
    return [f"{one['id']} at {one['nodes'][0]['html'][:200]} on {page.url}" for one in violations]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as needing a browser, and walk each journey in the order in which it is written."""
    places = [place for place, item in enumerate(items) if "journeys" in item.path.parts]
    walks = sorted((items[place] for place in places), key=lambda item: (str(item.path), item.location[1] or 0))
    for place, item in zip(places, walks, strict=True):
        item.add_marker(pytest.mark.browser)
        items[place] = item


@dataclass
class Market:
    """The running market, and the outside world's controls."""

    stack: Stack

    @property
    def url(self) -> str:
        return self.stack.web_url

    def control(self, path: str, data: dict[str, Any] | None = None) -> Any:
        """Call a simulator: GET, or POST with JSON."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(  # noqa: S310 - an address of ours
            f"{self.stack.simulators_url}{path}", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())

    def letters_to(self, address: str) -> list[dict[str, Any]]:
        """Return the letters that somebody got, newest first."""
        return list(self.control(f"/mail/api/messages?to={address}")["messages"])

    def parcels_of(self, reference: str) -> list[dict[str, Any]]:
        """Return what the carrier holds under a reference of ours."""
        return list(self.control(f"/viettelpost/__sim/parcels?reference={reference}")["parcels"])


def eventually(look: Callable[[], Any], why: str, *, limit_s: float = _LIMIT_S) -> Any:
    """Wait until something is true that happens in another process; return it."""
    deadline = time.monotonic() + limit_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"{why}: not within {limit_s:.0f} s")
        time.sleep(0.2)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """The whole stack, filled with its demo market."""
    environ = {"RATE_LIMITS": "0", "SIMULATORS_RETRY_SCALE": "0.001"}
    data_dir = tmp_path_factory.mktemp("market") / "data"
    if os.environ.get("JOURNEY_DATA"):
        # While writing journeys: the data of a stopped market, to save the filling.
        subprocess.run(["cp", "-a", os.environ["JOURNEY_DATA"], str(data_dir)], check=True)
    with Stack(data_dir=data_dir, seed=True, fsync=False, environ=environ) as stack:
        yield Market(stack)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium: run `make test`, which says how to install one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Person:
    """Somebody with a browser of their own, on a phone or at a desk."""

    def __init__(self, browser: Browser, market: Market, viewport: dict[str, int]) -> None:
        self.market = market
        self.context = browser.new_context(viewport=viewport, locale="vi-VN", base_url=market.url)  # type: ignore[arg-type]
        self.context.set_default_timeout(_LIMIT_S * 1000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: Any) -> None:
        if message.type == "error" and "422" not in message.text and "409" not in message.text:
            self.complaints.append(f"{message.text} {message.location.get('url', '')} on {self.page.url}")

    def open(self, path: str, status: int = 200) -> Page:
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, (path, answer.status, self.page.title())
        self._look_for_barriers()
        return self.page

    def _look_for_barriers(self) -> None:
        """Let axe see each kind of page once, in whatever state a journey meets it."""
        if not self.page.url.startswith(self.market.url):
            return
        kind = re.sub(r"[0-9A-Z]{2}[\w-]*|[\w-]{25,}", "*", self.page.url.removeprefix(self.market.url).split("?")[0])
        heading = self.page.locator("h1, h2").all_inner_texts()
        if (kind, str(heading[:6])) in _seen:
            return
        _seen.add((kind, str(heading[:6])))
        self.complaints += find_barriers(self.page)

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        self.open("/dang-nhap")
        self.page.fill("main [name=login]", login)
        self.page.fill("main [name=password]", password)
        self.press("Đăng nhập")
        self.page.wait_for_url(lambda url: "/dang-nhap" not in url)

    def _button(self, text: str) -> Any:
        return self.page.locator("main button[type=submit]", has_text=re.compile(rf"^\s*{re.escape(text)}")).first

    def press(self, text: str) -> None:
        """Press a button that sends a form, and wait for the answer."""
        with self.page.expect_navigation():
            self._button(text).click()
        self._look_for_barriers()

    def agree(self, text: str) -> None:
        """Press a button, and yes in the question that it asks."""
        self._button(text).click()
        with self.page.expect_navigation():
            self.page.locator("dialog[open] .btn-primary").click()
        self._look_for_barriers()

    def choose(self, name: str, value: str = "") -> None:
        """Pick a radio button, card or chip (the first one unless a value is named) by the keyboard."""
        wanted = f"[value='{value}']" if value else ""
        field = self.page.locator(f"main input[name='{name}']{wanted}").first
        field.focus()
        self.page.keyboard.press("Space")
        assert field.is_checked(), (name, value)

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.page.fill(f"main [name='{name}']", value)

    def attach(self, path: Path) -> None:
        """Choose a photo and wait until the phone has made it small."""
        self.page.set_input_files("main [name=photos]", str(path))
        self.page.locator("[data-previews] img").first.wait_for()
        self.page.locator("form[data-shrinking]").wait_for(state="detached")

    def text(self) -> str:
        return self.page.locator("main").inner_text()


@pytest.fixture
def someone(browser: Browser, market: Market) -> Iterator[Callable[..., Person]]:
    """``someone()`` gives a person with a phone, ``someone(DESK)`` one at a desk."""
    people: list[Person] = []

    def make(viewport: dict[str, int] = PHONE) -> Person:
        people.append(Person(browser, market, viewport))
        return people[-1]

    yield make
    complaints = [complaint for person in people for complaint in person.complaints]
    for person in people:
        person.context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def lots(browser: Browser, market: Market) -> dict[str, str]:
    """Codes of verified lots with photos: ``plain``, and ``sold``, with parcels under way."""
    visitor = Person(browser, market, PHONE)
    found: dict[str, str] = {}
    for code in _open_lots(visitor.page):
        page = visitor.page.content()
        if 'data-decision="' in page and 'data-decision=""' not in page and page.count('class="tl-photos"') > 1:
            found.setdefault("plain" if "data-sum" not in page else "sold", code)
        if len(found) == 2:
            break
    visitor.context.close()
    return found


@pytest.fixture(scope="session")
def papers(browser: Browser, market: Market) -> str:
    """Code of a lot whose household has a certificate."""
    visitor = Person(browser, market, PHONE)
    for code in _open_lots(visitor.page):
        if visitor.page.locator("[data-certificate]").count() and "đến ngày" in visitor.page.content():
            visitor.context.close()
            return code
    pytest.fail("no lot of the demo market has a certificate on its page")


def _open_lots(page: Page) -> Iterator[str]:
    """Open the page of the next lot behind each product of the shelf; yield its code."""
    for address in _list_goods(page):
        page.goto(address)
        code = re.search(r'href="/lo/([^"]+)"', page.content())
        if code is not None:
            page.goto(f"/lo/{code[1]}")
            yield code[1]


def _list_goods(page: Page) -> Iterator[str]:
    """Follow the whole shelf, newest goods first; what has been sold for a while stands further back."""
    turn = 1
    while True:
        page.goto(f"/tim?trang={turn}")
        addresses = re.findall(r'class="product-name"><a href="([^"]+)"', page.content())
        if not addresses:
            return
        yield from dict.fromkeys(addresses)
        turn += 1


@pytest.fixture
def lot(lots: dict[str, str]) -> str:
    return lots.get("plain") or lots["sold"]


@pytest.fixture
def buyer(someone: Callable[..., Person]) -> Person:
    return someone()


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture as a phone takes it, with the place in it."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photos") / "ruong.jpg"
    image = Image.effect_noise((1600, 1200), 60).convert("RGB")
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (19.0, 45.0, 0.0), "E", (105.0, 33.0, 0.0)
    image.save(path, exif=exif)
    return path


def today(days: int = 0) -> str:
    """Return a day as a date field wants it, counted from today in Viet Nam."""
    from datetime import timedelta

    from marketplace.core.clock import local_date, utcnow

    return (local_date(utcnow()) + timedelta(days=days)).isoformat()
