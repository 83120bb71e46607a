"""The search page and what completes a word while it is typed."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.queries import list_product_cards
from catalog.rules import CATEGORIES
from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db
from marketplace.core.limits import limiter
from marketplace.core.registry import resolve
from marketplace.core.shared_pages import shared
from marketplace.core.text import nfc
from search.forms import SORTS, read_search
from search.ports import ProductIndex, SearchRequest
from search.queries import list_choices
from search.rules import complete_kinds

blueprint = Blueprint("search", __name__)
_SUGGESTIONS, _KINDS = 6, 2


@blueprint.get("/tim")
@needs(Permission.PUBLIC)
@shared
def results() -> ResponseReturnValue:
    """Find goods, or browse all of them."""
    read = read_search(request.args)
    wanted = read.request
    found = resolve(ProductIndex).search(wanted)
    session = db.session()
    page = render_template(
        "search/results.html",
        q=wanted.text,
        wanted=wanted,
        found=found,
        cards=list_product_cards(session, found.ids),
        choices=list_choices(session, found.facets, wanted.filters),
        categories=CATEGORIES,
        sorts=SORTS,
        problems=read.problems,
        address=lambda **changes: _address(wanted, **changes),
        without_filters=url_for("search.results", q=wanted.text or None),
        active=_active(wanted),
    )
    return page, 422 if read.problems else 200


@blueprint.get("/api/search/suggest")
@needs(Permission.PUBLIC)
@limiter.limit("300/minute")
def suggest() -> ResponseReturnValue:
    """Complete what is being typed: products first, then kinds of goods."""
    typed = nfc(request.args.get("q", "")).strip()[:60]
    found = resolve(ProductIndex).suggest(typed, _SUGGESTIONS) if typed else []
    items = [
        {
            "code": one.slug,
            "label": one.name,
            "note": f"{one.household_name}, {one.commune_name}",
            "href": url_for("catalog.product", slug=one.slug),
        }
        for one in found
    ]
    items += [
        {
            "code": code,
            "label": CATEGORIES[code],
            "note": _("Loại hàng"),
            "href": url_for("search.results", loai=code),
        }
        for code in complete_kinds(typed, CATEGORIES)[:_KINDS]
    ]
    return {"items": items}, 200, {"Cache-Control": "public, max-age=60"}


@blueprint.get("/search")
@needs(Permission.PUBLIC)
def old_address() -> ResponseReturnValue:
    """Lead links that were shared under the English address to the search."""
    return redirect(url_for("search.results", q=request.args.get("q", "")), 301)


def _params(wanted: SearchRequest) -> dict[str, Any]:
    filters = wanted.filters
    return {
        "q": wanted.text or None,
        "loai": filters.category or None,
        "xa": filters.commune or None,
        "chung-nhan": filters.certificate or None,
        "gia-tu": filters.price_from,
        "gia-den": filters.price_to,
        "sao": filters.stars,
        "con-hang": "1" if filters.in_stock else None,
        "xep": wanted.sort if wanted.sort != "relevance" else None,
    }


def _address(wanted: SearchRequest, **changes: Any) -> str:
    """Return the address of this search with some things changed; None takes a thing out."""
    values = {**_params(wanted), **{name.replace("_", "-"): value for name, value in changes.items()}}
    return url_for("search.results", **{name: value for name, value in values.items() if value is not None})


def _active(wanted: SearchRequest) -> int:
    """Count what narrows the search."""
    filters = wanted.filters
    named = (filters.category, filters.commune, filters.certificate, filters.stars, filters.in_stock)
    prices = filters.price_from is not None or filters.price_to is not None
    return sum(1 for value in named if value) + int(prices)
