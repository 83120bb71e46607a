"""Pages against a bare Flask page of like size on the same server: answers a second, and SQL statements."""

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from marketplace.app import create_app
from marketplace.config import from_environment
from marketplace.core.db import db
from marketplace.embedded.addresses import any_free
from marketplace.embedded.stack import Stack
from tests.bench.load import Page, in_turns, one_round
from tests.web.sign_in import sign_in

_VISITORS = 4
_ROUNDS = 3
_SECONDS = 1.2
_DRAWS = 21
#: Rows that the bare page reads for each of our pages.
_ROWS = {"listing": 24, "search": 8, "product": 1, "passport": 1}
AIM, MOST_STATEMENTS = 0.4, 6


def run(stack: Stack) -> None:
    """Print the table of pages."""
    addresses = _find_addresses(stack.web_url)
    draws, cookie = _draw_anew(stack, addresses)
    print(
        f"\nPages: {_VISITORS} visitors who ask again at once, medians of {_ROUNDS} rounds of {_SECONDS} s,"
        f" in turns with a bare Flask page\n(one SELECT, one template, as many bytes; granian with the same options)."
        f" Aim: {AIM:.2f} of the bare page, at most {MOST_STATEMENTS} statements.\n"
        "The public part of a page is drawn once a second in each process, and who looks at it is known as long."
        "\nStatements, and the milliseconds of 'anew', are those of a page that is drawn for this request alone.\n"
    )
    print(
        f"{'page':<10}{'who':<12}{'statements':>10}{'anew':>7}{'KB':>7}{'ms':>8}{'pages/s':>9}{'bare/s':>9}{'ratio':>8}"
    )
    with _bare_server(stack) as bare_url:
        for who, session in (("signed out", ""), ("signed in", cookie)):
            for name, path in addresses.items():
                ours = Page(name, stack.web_url + path, session)
                size = one_round(ours, visitors=1, seconds=0.2).size
                bare = Page("bare", f"{bare_url}/{_ROWS[name]}/{size}")
                mine, theirs = in_turns(ours, bare, rounds=_ROUNDS, visitors=_VISITORS, seconds=_SECONDS)
                ratio = mine.per_second / theirs.per_second
                statements, anew = draws[name, bool(session)]
                print(
                    f"{name:<10}{who:<12}{statements:>10}{anew:>7.1f}{mine.size / 1000:>7.1f}"
                    f"{mine.milliseconds:>8.1f}{mine.per_second:>9.0f}{theirs.per_second:>9.0f}{ratio:>8.2f}"
                    f"{'' if ratio >= AIM else '  below the aim'}",
                    flush=True,
                )


def _find_addresses(web_url: str) -> dict[str, str]:
    listing = _read(f"{web_url}/tim")
    product = next(iter(re.findall(r"/san-pham/[a-z0-9-]+", listing)))
    passport = next(iter(re.findall(r"/lo/[A-Za-z0-9-]+", _read(web_url + product))))
    return {"listing": "/tim", "search": "/tim?q=mam+tom+ba+lang", "product": product, "passport": passport}


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - an address of ours
        return str(answer.read().decode())


def _draw_anew(stack: Stack, addresses: dict[str, str]) -> tuple[dict[tuple[str, bool], tuple[int, float]], str]:
    """Count the statements and milliseconds that draw each page, none from memory, on the same data; sign one in."""
    app = create_app(from_environment({**stack.env, "PAGE_CACHE_SECONDS": "0"}))
    draws: dict[tuple[str, bool], tuple[int, float]] = {}
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with app.app_context():
        user_id = db.session.scalar(text("SELECT min(user_id) FROM accounts_memberships WHERE ended_at IS NULL"))
    visitor, member = app.test_client(), app.test_client()
    sign_in(member, int(user_id or 0))
    event.listen(Engine, "before_cursor_execute", note)
    for is_member, client in ((False, visitor), (True, member)):
        for name, path in addresses.items():
            times = []
            for _ in range(_DRAWS):
                sent.clear()
                began = time.perf_counter()
                client.get(path)
                times.append(time.perf_counter() - began)
            draws[name, is_member] = (len(sent), median(times) * 1000)
    event.remove(Engine, "before_cursor_execute", note)
    with app.app_context():
        db.engine.dispose()
    return draws, _cookie_of(member)


def _cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("cho_que")
    return f"cho_que={cookie.value}" if cookie else ""


@contextmanager
def _bare_server(stack: Stack) -> Iterator[str]:
    port = any_free()
    options = ["--interface", "wsgi", "--http", "1", "--no-ws", "--blocking-threads", "1", "--workers", "2"]
    command = [sys.executable, "-m", "granian", *options, "--host", "127.0.0.1", "--port", str(port)]
    child = subprocess.Popen([*command, "--log-level", "warning", "tests.bench.bare:app"], env=stack.env)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                _read(f"{url}/1/1")
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        child.terminate()
        child.wait(10)
