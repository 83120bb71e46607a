import pytest

from marketplace.core.db import db
from marketplace.page_cache import PageCache
from tests.conftest import make_app, make_settings


class Counter:
    """An application that counts how often it is asked."""

    def __init__(self, *, status="200 OK", headers=()) -> None:
        self.asked = 0
        self.status = status
        self.headers = [("Content-Type", "text/html; charset=utf-8"), *headers]

    def __call__(self, environ, start_response) -> list[bytes]:
        self.asked += 1
        start_response(self.status, self.headers)
        return [f"page {self.asked}".encode()]


def ask(cache, path="/", **environ):
    told = []
    body = b"".join(
        cache(
            {"REQUEST_METHOD": "GET", "PATH_INFO": path, **environ},
            lambda status, headers, _=None: told.append((status, headers)),
        )
    )
    return told[0][0], body


def test_a_page_is_kept_for_everybody_without_a_cookie():
    app = Counter()
    cache = PageCache(app, seconds=60)
    assert [ask(cache)[1] for _ in range(3)] == [b"page 1"] * 3
    assert ask(cache, "/lo/TH-15715-2611-0001")[1] == b"page 2"
    assert ask(cache, QUERY_STRING="q=gao")[1] == b"page 3"
    assert ask(cache, HTTP_ACCEPT_ENCODING="gzip")[1] == b"page 4"


@pytest.mark.parametrize(
    ("path", "environ"),
    [
        ("/", {"HTTP_COOKIE": "cho_que=x"}),
        ("/", {"REQUEST_METHOD": "POST"}),
        ("/", {"HTTP_AUTHORIZATION": "Bearer x"}),
        ("/", {"HTTP_SEC_PURPOSE": "prefetch"}),
        ("/gio-hang", {}),
        ("/don/abc", {}),
        ("/dang-nhap", {}),
    ],
)
def test_what_may_be_somebodys_own_is_made_anew(path, environ):
    app = Counter()
    cache = PageCache(app, seconds=60)
    assert [ask(cache, path, **environ)[1] for _ in range(2)] == [b"page 1", b"page 2"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "404 NOT FOUND"},
        {"headers": [("Set-Cookie", "cho_que=x")]},
        {"headers": [("Cache-Control", "private, no-store")]},
    ],
)
def test_an_answer_for_one_person_is_not_kept(answer):
    app = Counter(**answer)
    cache = PageCache(app, seconds=60)
    assert [ask(cache)[1] for _ in range(2)] == [b"page 1", b"page 2"]


def test_an_old_page_is_made_anew():
    app = Counter()
    cache = PageCache(app, seconds=1e-9)
    assert [ask(cache)[1] for _ in range(2)] == [b"page 1", b"page 2"]


def test_the_shop_keeps_its_public_pages_and_no_form_token(settings, tmp_path, sql_log):
    app = make_app(make_settings(settings.database_url, tmp_path, PAGE_CACHE_SECONDS="60"))
    with sql_log() as statements:
        pages = [app.test_client(use_cookies=False).get("/").data for _ in range(3)]
    assert len(set(pages)) == 1
    assert b"csrf_token" not in pages[0]
    first = len(statements)
    with sql_log() as again:
        app.test_client(use_cookies=False).get("/")
    assert again == []
    assert first > 0
    with app.app_context():
        db.engine.dispose()
