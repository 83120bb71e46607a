"""How pages write dates, money and amounts, and what every template may use."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import flask_babel
from flask import Flask, get_flashed_messages, has_request_context, request, session
from flask_wtf.csrf import generate_csrf
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from marketplace.accounts.gate import current_actor, glimpse_actor
from marketplace.accounts.rules import ANONYMOUS, Actor, Role
from marketplace.core.clock import VN_TZ, local_date, utcnow
from marketplace.core.forms import format_phone
from marketplace.core.money import format_vnd, format_vnd_short, spell_vnd
from marketplace.core.photos import photo_url
from marketplace.core.quantity import UNITS, format_number, format_quantity
from marketplace.core.shared_pages import init_shared_pages, is_drawing_shared
from marketplace.core.text import end_sentence

_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_VERSION_LENGTH = 10


def register(app: Flask) -> None:
    """Register filters and globals on an application."""
    app.jinja_env.filters.update(
        vnd=format_vnd,
        vnd_short=format_vnd_short,
        vnd_words=spell_vnd,
        day=format_day,
        weekday=format_weekday,
        moment=format_moment,
        ago=format_ago,
        number=format_number,
        phone=format_phone,
        unit_step=lambda code: str(UNITS[code].step) if code in UNITS else "1",
        sentence=end_sentence,
        seconds=format_seconds,
        unit_label=lambda code: UNITS[code].label if code in UNITS else code,
    )
    versions = _static_versions(Path(app.static_folder or ""))

    def static_url(filename: str) -> str:
        return f"{app.static_url_path}/{filename}?v={versions.get(filename, '0')}"

    sprite = static_url("icons.svg")

    # A page holds dozens of these, and a function that remembers is ten times as fast as a macro.
    @lru_cache(maxsize=1024)
    def icon(name: str, label: str = "", size: str = "") -> Markup:
        kind = f"icon icon-{escape(size)}" if size else "icon"
        said = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
        return Markup(f'<svg class="{kind}" {said}><use href="{sprite}#{escape(name)}"/></svg>')  # noqa: S704 - every part is escaped

    app.jinja_env.globals.update(
        _=_make_gettext(app),
        draw_icon=icon,
        market_name=app.config["MARKET_NAME"],
        public_url=app.config["PUBLIC_URL"],
        photo_url=photo_url,
        quantity=format_quantity,
        static_url=static_url,
        contact=app.extensions["settings"].contact,
        simulators_url=app.extensions["settings"].simulators_url,
    )
    app.context_processor(_request_globals)
    init_shared_pages(app, seconds=app.extensions["settings"].page_cache_seconds, slots=_make_slots(app))


def _make_slots(app: Flask) -> Mapping[str, Callable[[], str]]:
    """Return how each personal place of a page is drawn."""

    @cache
    def pieces() -> Any:
        return app.jinja_env.get_template("components/personal.html").module

    @lru_cache(maxsize=256)
    def draw(name: str, value: object) -> str:
        return str(getattr(pieces(), name)(value))

    def flashes() -> str:
        messages = get_flashed_messages(with_categories=True)
        return str(pieces().flashes(messages)) if messages else ""

    return {
        "account": lambda: draw("account", _kind_of(glimpse_actor())),
        "basket": lambda: draw("basket", session.get("basket_count", 0)),
        "csrf": generate_csrf,
        "flashes": flashes,
        "prefetch": lambda: "" if glimpse_actor().is_signed_in else " data-prefetch",
    }


def _kind_of(actor: Actor) -> str:
    if not actor.is_signed_in:
        return "nobody"
    kinds = ((Role.OPERATOR, "operator"), (Role.OFFICER, "officer"), (Role.HOUSEHOLD, "household"))
    own = next((kind for role, kind in kinds if role in actor.roles), None)
    return own or ("household" if Role.HELPER in actor.roles else "buyer")


def _make_gettext(app: Flask) -> Callable[..., str]:
    """Return the ``_`` of templates. The market speaks one language, so its words are looked up once for all pages.

    Flask-Babel's own looks up the language of the request for every word, dozens of times on each page.
    """
    with app.app_context():
        words = flask_babel.get_translations()

    @lru_cache(maxsize=4096)
    def as_markup(text: str) -> Markup:
        return Markup(words.ugettext(text))  # noqa: S704 - the words of our own templates, as Jinja takes them

    @pass_eval_context
    def gettext(context: EvalContext, text: str, /, **variables: object) -> str:
        if not context.autoescape:
            return str(words.ugettext(text)) % variables
        found: str = as_markup(text) % variables
        return found

    return gettext


def _request_globals() -> dict[str, Any]:
    if not has_request_context():
        # A worker writes letters with the same templates; nobody is looking at a page then.
        return {}
    return {"actor": ANONYMOUS if is_drawing_shared() else current_actor(), "path": request.path}


def _static_versions(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()[:_VERSION_LENGTH]
        for path in folder.rglob("*")
        if path.is_file()
    }


def format_seconds(milliseconds: float) -> str:
    """Write how long something took: "dưới 1 giây", "2,4 giây"."""
    return "dưới 1 giây" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} giây".replace(".", ",")


def format_day(value: date | datetime | None) -> str:
    """Write a date as ``25/11/2026``; an empty string for None."""
    if value is None:
        return ""
    day = local_date(value) if isinstance(value, datetime) else value
    return f"{day:%d/%m/%Y}"


def format_weekday(value: date | datetime) -> str:
    """Write a date with its weekday: ``Thứ Tư, 25/11/2026``."""
    day = local_date(value) if isinstance(value, datetime) else value
    return f"{_WEEKDAYS[day.weekday()]}, {format_day(day)}"


def format_moment(value: datetime | None) -> str:
    """Write a moment in Vietnamese local time: ``14:05, 25/11/2026``; an empty string for None."""
    if value is None:
        return ""
    return f"{value.astimezone(VN_TZ):%H:%M, %d/%m/%Y}"


def format_ago(value: datetime) -> str:
    """Write how long ago something was: ``vừa xong``, ``5 phút trước``, ``hôm qua``, else the date."""
    passed = utcnow() - value
    if passed < timedelta(minutes=1):
        return "vừa xong"
    if passed < timedelta(hours=1):
        return f"{passed.seconds // 60} phút trước"
    days = (local_date(utcnow()) - local_date(value)).days
    if days == 0:
        return f"{passed.seconds // 3600} giờ trước"
    if days == 1:
        return "hôm qua"
    return f"{days} ngày trước" if days < 7 else format_day(value)
