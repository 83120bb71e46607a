"""The GS1 resolver: from an identifier in a QR code or in a sealed record to what is known of the thing.

GS1-Conformant resolver standard 1.2. It answers with a redirection (307), or with the set of links when that is asked
for; never with 200 for an error. Anybody's program may ask from any page (CORS).
"""

from collections.abc import Sequence
from urllib.parse import quote

from flask import Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db
from traceability.queries.lots import find_lot_by_code
from traceability.queries.things import Thing, find_own, find_pack, find_things
from traceability.rules.digital_link import KEYS, MalformedLink, parse_path
from traceability.rules.linkset import (
    CONTEXT_LINK,
    HTML,
    JSON_LD,
    LINKSET_JSON,
    choose_link,
    describe_resolver,
    is_set_wanted,
    write_linkset,
)
from traceability.views.blueprint import blueprint
from traceability.views.scan_hop import count_scan
from traceability.views.thing_links import make_levels, page_of_lot

_METHODS = ("GET", "OPTIONS")
_MINUTE_S, _DAY_S = 60, 86_400
_MAX_QUERY = 2000
_EPCIS = "/epcis/"


@blueprint.route("/<any('00', '01', '414', '417'):key>/<path:rest>", methods=_METHODS)
@needs(Permission.PUBLIC)
def resolve(key: str, rest: str) -> ResponseReturnValue:
    """Lead on from a GS1 Digital Link."""
    if request.method == "OPTIONS":
        return _open_up(Response(status=204))
    try:
        link = parse_path([key, *_read_segments(rest)], request.query_string.decode("ascii", "replace"))
    except MalformedLink as error:
        return _refuse(400, error.message, error.detail)
    things = find_things(db.session(), link)
    asked = link.qualifier("10") or link.qualifier("21") or ""
    is_lost = bool(asked) and bool(things) and things[0].kind == "product"
    return _answer(things, lost=asked if is_lost else "")


@blueprint.route("/id/<any('obj', 'class', 'loc', 'party', 'bt'):kind>/<name>", methods=_METHODS, strict_slashes=False)
@blueprint.route("/id/<any('class'):kind>/<name>/<batch>", methods=_METHODS, strict_slashes=False)
@needs(Permission.PUBLIC)
def resolve_own(kind: str, name: str, batch: str = "") -> ResponseReturnValue:
    """Lead on from an identifier of ours, as it stands in sealed records of those without a GS1 prefix."""
    if request.method == "OPTIONS":
        return _open_up(Response(status=204))
    found = find_own(db.session(), kind, name, batch)
    return _answer([found] if found is not None else [])


@blueprint.route("/l/<code>", methods=["GET"])
@blueprint.route("/l/<code>/<serial>", methods=["GET"])
@needs(Permission.PUBLIC)
def short_passport(code: str, serial: str = "") -> ResponseReturnValue:
    """Lead on from the short address on a sticker, and count that it was opened."""
    session = db.session()
    lot = find_lot_by_code(session, code)
    if lot is None:
        return _lead(url_for("traceability.passport", code=code))
    pack = find_pack(session, serial) if serial else None
    pack_id = pack[0] if pack is not None and pack[1] == lot.id else 0
    count_scan(lot.id, pack_id)
    return _lead(page_of_lot(lot.code, serial))


@blueprint.get("/.well-known/gs1resolver")
@needs(Permission.PUBLIC)
def resolver_description() -> ResponseReturnValue:
    """Say which keys are resolved here."""
    config = current_app.config
    response = jsonify(describe_resolver(root=_root(), name=config["MARKET_NAME"], keys=sorted(KEYS)))
    response.cache_control.public = True
    response.cache_control.max_age = _DAY_S
    return _open_up(response)


def _answer(things: Sequence[Thing], *, lost: str = "") -> ResponseReturnValue:
    if not things:
        return _refuse(404, "Chợ chưa biết mã này.", "nothing is known about this identifier")
    levels = make_levels(db.session(), things)
    link_type = request.args.get("linkType")
    accepted = [media_type for media_type, _ in request.accept_mimetypes]
    if is_set_wanted(link_type, accepted):
        return _open_up(_send_set(write_linkset(levels, root=_root()), levels[0].path, accepted))
    href = choose_link(levels, link_type, accepted)
    if href is None:
        return _refuse(404, "Không có loại thông tin này cho mã vừa hỏi.", "no link of this type exists")
    if href == levels[0].default and things[0].lot is not None:
        count_scan(things[0].lot.id, things[0].pack_id)
    if lost:
        href = _add_query(href, f"lo={quote(lost, safe='')}")
    response = _lead(href)
    _link(response, f'<{_root()}{levels[0].path}?linkType=linkset>; rel="linkset"; type="{LINKSET_JSON}"')
    return _open_up(response)


def _lead(href: str) -> Response:
    """Redirect for this time only, and pass the query on. Nothing may keep it: each opening is counted here.

    The query interface of EPCIS gets none: it refuses parameters that it does not know.
    """
    query = "" if href.startswith(_EPCIS) else request.query_string.decode("ascii", "replace")[:_MAX_QUERY]
    response = Response(status=307)
    response.headers["Location"] = f"{_root()}{_add_query(href, query)}"
    response.cache_control.no_store = True
    response.vary.add("Accept")
    return response


def _send_set(linkset: dict[str, object], path: str, accepted: Sequence[str]) -> Response:
    response = jsonify(linkset)
    wants_plain = LINKSET_JSON not in accepted and any(one in accepted for one in ("application/json", HTML))
    # A browser shows JSON; of the proper type it only knows that it could be saved.
    response.mimetype = "application/json" if wants_plain else LINKSET_JSON
    response.cache_control.public = True
    response.cache_control.max_age = _MINUTE_S
    response.vary.add("Accept")
    _link(response, f'<{CONTEXT_LINK}>; rel="http://www.w3.org/ns/json-ld#context"; type="{JSON_LD}"')
    _link(response, f'<{_root()}{path}?linkType=linkset>; rel="self"')
    return response


def _refuse(status: int, message: str, detail: str) -> Response:
    """Answer with an error: a page for people, a problem document (RFC 9457) for programs."""
    if request.accept_mimetypes.accept_html and HTML in dict(request.accept_mimetypes):
        response = Response(render_template(f"errors/{status}.html", message=message, status=status), status)
    else:
        title = {400: "Bad Request", 404: "Not Found"}[status]
        response = jsonify({"type": "about:blank", "title": title, "status": status, "detail": detail})
        response.status_code = status
        response.mimetype = "application/problem+json"
    response.vary.add("Accept")
    return _open_up(response)


def _open_up(response: Response) -> Response:
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language"
    headers["Access-Control-Expose-Headers"] = "Link, Location"
    headers["Allow"] = "GET, HEAD, OPTIONS"
    return response


def _link(response: Response, value: str) -> None:
    response.headers.add("Link", value)


def _root() -> str:
    return str(current_app.config["PUBLIC_URL"]).rstrip("/")


def _add_query(href: str, query: str) -> str:
    if not query:
        return href
    path, mark, fragment = href.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{query}{mark}{fragment}"


def _read_segments(rest: str) -> list[str]:
    """Return the segments behind the key as they were sent: an escaped slash is part of a value.

    One slash at the end is tolerated.
    """
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    path = raw.partition("?")[0]
    start = path.find("/", path.find("/", path.find("://") + 3 if "://" in path else 0) + 1)
    sent = path[start + 1 :] if raw and start >= 0 else quote(rest, safe="/")
    return sent.removesuffix("/").split("/")
