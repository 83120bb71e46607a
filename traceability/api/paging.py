"""Pages of an answer: how many things, and a signed token that says where the next page begins.

A token belongs to one question of one owner, runs out after an hour and can be given back before.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer

from marketplace.core.clock import utcnow
from marketplace.core.db import db
from traceability.api.access import Caller
from traceability.api.negotiation import public_address
from traceability.errors import EpcisProblem
from traceability.queries.named_queries import is_token_spent
from traceability.rules.epcis_query import PAGING

DEFAULT_PER_PAGE, MAX_PER_PAGE = 30, 1_000
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a request asks of paging: how many, and from where on. ``left`` is what an overall limit still allows."""

    per_page: int
    place: Any = None
    left: int | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the first page."""
        return self.place is None


def read_turn(caller: Caller) -> Turn:
    """Read ``perPage`` and ``nextPageToken``. Raises ``EpcisProblem`` (QueryParameterException)."""
    written = request.args.get("perPage", str(DEFAULT_PER_PAGE))
    if not (written.isascii() and written.isdigit()) or len(written) > 9 or int(written) < 1:
        raise EpcisProblem("QueryParameterException", "Parameter perPage: it takes a whole number from 1 on.")
    per_page = min(int(written), MAX_PER_PAGE)
    token = request.args.get("nextPageToken")
    if token is None:
        return Turn(per_page)
    payload = _open(token)
    if payload is None or payload["q"] != _digest(caller) or is_token_spent(db.session(), hash_token(token)):
        detail = "Parameter nextPageToken: it belongs to another question, ran out or was given back."
        raise EpcisProblem("QueryParameterException", detail)
    return Turn(per_page, payload["p"], payload["n"])


def next_headers(caller: Caller, place: Any, *, left: int | None = None) -> dict[str, str]:
    """Return the headers that lead to the next page; none when ``place`` is None."""
    if place is None:
        return {}
    expires_at = (utcnow() + LIFETIME).replace(microsecond=0)
    token = _serializer().dumps({"p": place, "q": _digest(caller), "n": left, "e": int(expires_at.timestamp())})
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "nextPageToken"]
    address = f"{public_address(request.path)}?{urlencode([*kept, ('nextPageToken', token)])}"
    return {
        "Link": f'<{address}>; rel="next"',
        "GS1-Next-Page-Token-Expires": expires_at.isoformat().replace("+00:00", "Z"),
    }


def read_expiry(token: str) -> datetime | None:
    """Return when a token of ours runs out; None when it has, or is none of ours."""
    payload = _open(token)
    return None if payload is None else datetime.fromtimestamp(payload["e"], UTC)


def hash_token(token: str) -> bytes:
    """Return under what a token that was given back is remembered."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _open(token: str) -> Mapping[str, Any] | None:
    try:
        payload = _serializer().loads(token)
    except (BadData, ValueError):
        return None
    return payload if payload["e"] > utcnow().timestamp() else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="epcis-page")


def _digest(caller: Caller) -> str:
    """Return what tells one question from another: its address, its parameters, and who asks."""
    asked = sorted((name, value) for name, value in request.args.items(multi=True) if name not in PAGING)
    owner = caller.key.owner_party if caller.key is not None else ""
    written = json.dumps([request.path, asked, request.headers.get("GS1-Extensions", ""), owner])
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:32]
