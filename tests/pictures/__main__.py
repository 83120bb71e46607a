"""``python -m tests.pictures``: fill a market and take the README's pictures; with a folder, pictures of every page."""

import argparse
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from marketplace.embedded.stack import Stack
from tests.journeys.chromium import find_chromium
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.test_axe import BUYER, HOUSEHOLD, OFFICER, OPERATOR, PAGES, find_path, sign_in

_IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
_QUALITY = 78
#: File -> who looks, at which address, on what.
_README = {
    "home-1280": ("", "/", DESK),
    "search-1280": ("", "/tim", DESK),
    "product-360": ("", "@product", PHONE),
    "passport-360": ("", "@lot", PHONE),
    "order-360": (BUYER, "@my-order", PHONE),
    "diary-360": (HOUSEHOLD, "/so-tay", PHONE),
    "goods-360": (HOUSEHOLD, "/hang-ban", PHONE),
    "review-1280": (OFFICER, "@review", DESK),
    "operator-1280": (OPERATOR, "/dieu-hanh", DESK),
}


def main() -> int:
    """Take the pictures. Exit code 1 without a Chromium."""
    words = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    words.add_argument("folder", nargs="?", type=Path, help="where pictures of every page go; without it: docs/images")
    words.add_argument("--url", help="a market that runs already")
    chosen = words.parse_args()
    path = find_chromium()
    if path is None:
        print("No Chromium was found: sudo apt-get install chromium fonts-noto-core", file=sys.stderr)
        return 1
    with _market(chosen.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        if chosen.folder:
            _take_all(browser, url, chosen.folder)
        else:
            _take_readme(browser, url)
        browser.close()
    return 0


@contextmanager
def _market(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="marketplace-pictures-") as folder:
        print("Filling a market ...", flush=True)
        with Stack(data_dir=Path(folder), seed=True, fsync=False, environ={"RATE_LIMITS": "0"}) as stack:
            yield stack.web_url


def _take_readme(browser: Browser, url: str) -> None:
    for name, (login, wanted, viewport) in _README.items():
        page = _open(browser, url, login, viewport)
        page.goto(find_path(page, wanted))
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.save(_IMAGES / f"{name}.webp", quality=_QUALITY, method=6)
        print(f"docs/images/{name}.webp", flush=True)
        page.context.close()


def _take_all(browser: Browser, url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for login, wanted in PAGES.items():
        for viewport in (PHONE, DESK):
            page = _open(browser, url, login, viewport)
            for number, short in enumerate(wanted.split()):
                path = find_path(page, short)
                page.goto(path)
                name = re.sub(r"[^\w-]+", "_", short).strip("_") or "home"
                file = folder / f"{login.split('@')[0] or 'public'}-{number:02}-{name}-{viewport['width']}.png"
                page.screenshot(path=file, full_page=True)
                print(file.name, path, flush=True)
            page.context.close()


def _open(browser: Browser, url: str, login: str, viewport: dict[str, int]) -> Page:
    context = browser.new_context(viewport=viewport, base_url=url, locale="vi-VN")  # type: ignore[arg-type]
    page = context.new_page()
    if login:
        sign_in(page, login)
    return page


if __name__ == "__main__":
    sys.exit(main())
