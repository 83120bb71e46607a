"""Our own words, published: a page for people, JSON-LD for machines, at the address under which records know them."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.errors import NotFound
from traceability.rules.linkset import JSON_LD
from traceability.rules.vocabulary import GROUPS, TERMS, TITLE_VI, write_term, write_vocabulary
from traceability.views.blueprint import blueprint

_HOUR_S = 3600


@blueprint.get("/voc/")
@needs(Permission.PUBLIC)
def vocabulary() -> ResponseReturnValue:
    """Show every word, or send them all as JSON-LD."""
    if _wants_data():
        return _data(write_vocabulary())
    groups = [(title, [term for term in TERMS.values() if term.kind == kind]) for kind, title in GROUPS.items()]
    return _page(title=TITLE_VI, groups=groups, term=None)


@blueprint.get("/voc/<path:path>")
@needs(Permission.PUBLIC)
def vocabulary_term(path: str) -> ResponseReturnValue:
    """Show one word, or send it as JSON-LD. Raises ``NotFound``."""
    term = TERMS.get(path.rstrip("/"))
    if term is None:
        raise NotFound
    return _data(write_term(term)) if _wants_data() else _page(title=term.vi, groups=[], term=term)


def _wants_data() -> bool:
    offered = ["text/html", JSON_LD, "application/json"]
    return request.accept_mimetypes.best_match(offered, "text/html") != "text/html"


def _data(content: Mapping[str, Any]) -> Response:
    return _shared(Response(json.dumps(content, ensure_ascii=False), mimetype=JSON_LD))


def _page(**about: Any) -> Response:
    return _shared(make_response(render_template("traceability/vocabulary.html", **about)))


def _shared(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept")
    response.cache_control.public = True
    response.cache_control.max_age = _HOUR_S
    return response
