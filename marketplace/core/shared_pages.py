"""Public pages that are the same for everybody but for a few personal places: made once a second, filled for each.

A view marked ``shared`` is drawn as nobody in particular sees it; where a template asks for something personal
(``slot("account")``) a mark is left. The marked page is kept for a breath, and each visitor gets it with the marks
filled. Nothing personal can be kept: while a shared page is drawn, asking who is looking is an error.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, has_request_context, request, session
from markupsafe import Markup

View = TypeVar("View", bound=Callable[..., Any])
#: The page in pieces: text, name of a slot, text, name of a slot ... text.
Pieces = list[str]
_MARK = "\x00"
_MAX_PAGES = 400
_SEEN_AT_ONCE = "wrote_at"
_EXTENSION = "shared_pages"


class _Shelf:
    def __init__(self, seconds: float, slots: Mapping[str, Callable[[], str]]) -> None:
        self.seconds = seconds
        self.slots = slots
        self.pages: OrderedDict[str, tuple[float, Pieces]] = OrderedDict()


def init_shared_pages(app: Flask, *, seconds: float, slots: Mapping[str, Callable[[], str]]) -> None:
    """Let an application keep shared pages for so many seconds (0: draw each anew), with these personal places."""
    app.extensions[_EXTENSION] = _Shelf(seconds, slots)
    app.jinja_env.globals["slot"] = slot
    app.after_request(_note_change)


def slot(name: str) -> Markup:
    """Return something personal for a template, or the mark that stands for it while a shared page is drawn."""
    if is_drawing_shared():
        return Markup(f"{_MARK}{name}{_MARK}")  # noqa: S704 - a mark of ours
    return Markup(_shelf().slots[name]()) if has_request_context() else Markup()  # noqa: S704 - drawn by a template


def is_drawing_shared() -> bool:
    """Say whether a page is being drawn that many will see."""
    return has_request_context() and bool(g.get("is_drawing_shared"))


def shared(view: View) -> View:
    """Keep what a public view draws. It stands under ``needs(Permission.PUBLIC)``.

    Only whole pages with status 200 are kept. Who has just changed something gets a fresh page, so that everybody sees
    his or her own changes at once.
    """

    @wraps(view)
    def draw(*args: Any, **kwargs: Any) -> Any:
        shelf = _shelf()
        if not shelf.seconds or request.method != "GET" or has_just_written(shelf.seconds):
            return view(*args, **kwargs)
        known = shelf.pages.get(request.full_path)
        now = time.monotonic()
        if known is not None and now - known[0] < shelf.seconds:
            return _fill(shelf, known[1])
        g.is_drawing_shared = True
        try:
            answer = view(*args, **kwargs)
        finally:
            g.is_drawing_shared = False
        page, status = answer if isinstance(answer, tuple) else (answer, 200)
        if not isinstance(page, str):
            return answer
        pieces = re.split(f"{_MARK}([a-z]+){_MARK}", page)
        if status == 200:
            shelf.pages[request.full_path] = (now, pieces)
            shelf.pages.move_to_end(request.full_path)
            while len(shelf.pages) > _MAX_PAGES:
                shelf.pages.popitem(last=False)
        return _fill(shelf, pieces), status

    return cast("View", draw)


def has_just_written(seconds: float) -> bool:
    """Say whether this browser changed something so lately that a page of so many seconds ago would not show it."""
    wrote_at = session.get(_SEEN_AT_ONCE)
    return isinstance(wrote_at, int | float) and time.time() - wrote_at <= seconds + 1


def _fill(shelf: _Shelf, pieces: Pieces) -> str:
    filled = list(pieces)
    for place in range(1, len(filled), 2):
        filled[place] = shelf.slots[filled[place]]()
    return "".join(filled)


def _shelf() -> _Shelf:
    return cast("_Shelf", current_app.extensions[_EXTENSION])


def _note_change(response: Any) -> Any:
    if request.method not in {"GET", "HEAD", "OPTIONS"} and session and _shelf().seconds:
        session[_SEEN_AT_ONCE] = int(time.time())
    return response
