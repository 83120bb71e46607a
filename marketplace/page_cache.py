"""Keeps pages for a breath: what the signed-out public asks for again within a second is answered from memory.

Only requests without any cookie are answered so, and only pages that set none: such a page holds no basket, no form
token and nothing about the person who asked. Each web process keeps its own pages.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MAX_PAGES = 400
_MAX_BYTES = 200_000
#: Beginnings of addresses whose pages are the same for everybody.
_PREFIXES = ("/tim", "/lo/", "/ho/", "/xa/", "/san-pham/")
_Page = tuple[float, str, list[tuple[str, str]], bytes]


class PageCache:
    """WSGI layer in front of the application. ``seconds`` is how old a page may be."""

    def __init__(self, app: "WSGIApplication", seconds: float) -> None:
        self._app = app
        self._seconds = seconds
        self._pages: OrderedDict[tuple[str, ...], _Page] = OrderedDict()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer from memory, or ask the application and remember what may be shown to anybody."""
        key = _key_of(environ)
        if key is None:
            return self._app(environ, start_response)
        now = time.monotonic()
        known = self._pages.get(key)
        if known is not None and now - known[0] < self._seconds:
            _, status, headers, body = known
            start_response(status, headers)
            return [body]
        return self._ask(key, now, environ, start_response)

    def _ask(
        self, key: tuple[str, ...], now: float, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def listen(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told.append((status, list(headers)))
            return start_response(status, headers, exc_info)

        answer = self._app(environ, listen)
        try:
            body = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        status, headers = told[-1]
        if _may_be_kept(status, headers, body):
            self._pages[key] = (now, status, headers, body)
            self._pages.move_to_end(key)
            while len(self._pages) > _MAX_PAGES:
                self._pages.popitem(last=False)
        return [body]


def _key_of(environ: "WSGIEnvironment") -> tuple[str, ...] | None:
    """Return under what a request's page is kept; None when it must be made anew."""
    path = environ.get("PATH_INFO", "")
    if environ.get("HTTP_SEC_PURPOSE"):
        # Fetched in advance: it sets no cookie even where it holds a form's token.
        return None
    if environ.get("REQUEST_METHOD") != "GET" or environ.get("HTTP_COOKIE") or environ.get("HTTP_AUTHORIZATION"):
        return None
    if path != "/" and not path.startswith(_PREFIXES):
        return None
    wanted = (environ.get(name, "") for name in ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_RANGE"))
    protocol = f"{environ.get('wsgi.url_scheme')} {environ.get('HTTP_X_FORWARDED_PROTO', '')}"
    return (path, environ.get("QUERY_STRING", ""), environ.get("HTTP_HOST", ""), protocol, *wanted)


def _may_be_kept(status: str, headers: list[tuple[str, str]], body: bytes) -> bool:
    names = {name.lower(): value for name, value in headers}
    return (
        status.startswith("200")
        and "set-cookie" not in names
        and names.get("content-type", "").startswith("text/html")
        and not any(word in names.get("cache-control", "") for word in ("no-store", "private"))
        and len(body) <= _MAX_BYTES
    )
