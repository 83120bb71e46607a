"""Who asks, by the key in the request (``Authorization: Bearer`` or ``X-API-Key``). Nothing is allowed by default."""

from dataclasses import dataclass
from typing import cast

from flask import g, request
from flask_limiter.util import get_remote_address

from marketplace.core.db import db
from traceability.errors import EpcisProblem
from traceability.queries.api_keys import KeyView, find_key
from traceability.rules.epcis_access import Viewer
from traceability.services.api_keys import hash_key

#: Requests a minute. One document holds thousands of events, so this does not slow a capture down.
_LIMIT_WITH_KEY = "3000 per minute"
_LIMIT_WITHOUT = "300 per minute"
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: the key, if there is a valid one, and whether one was sent at all."""

    key: KeyView | None
    sent_key: bool

    @property
    def has_key(self) -> bool:
        """Whether a valid key came with the request."""
        return self.key is not None

    @property
    def viewer(self) -> Viewer:
        """As whom events are looked at: a key that may not query sees what everybody sees."""
        return Viewer(self.key.owner_party if self.key is not None and self.key.may_query else None)


def read_caller() -> Caller:
    """Return who makes this request (worked out once for each request; one statement if a key was sent)."""
    if "epcis_caller" not in g:
        secret = _read_secret()
        key = None
        if secret is not None and len(secret) <= _LONGEST_KEY:
            key = find_key(db.session(), hash_key(secret))
        g.epcis_caller = Caller(key, sent_key=secret is not None)
    return cast("Caller", g.epcis_caller)


def _read_secret() -> str | None:
    given = request.headers.get("X-API-Key")
    if given is not None:
        return given.strip()
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else None


def check_key() -> Caller:
    """Return the caller. Raises ``EpcisProblem`` (SecurityException) for a key that is none, or was revoked."""
    caller = read_caller()
    if caller.sent_key and not caller.has_key:
        raise EpcisProblem("SecurityException", "This key is not known here, or was revoked.")
    return caller


def require_key(scope: str) -> KeyView:
    """Return the key of a request that needs one with this scope (``may_capture``, ``may_query``).

    Raises ``EpcisProblem`` (SecurityException): 401 without a key, 403 for a key that may not.
    """
    key = check_key().key
    if key is None:
        detail = "Send a key: Authorization: Bearer <key>, or X-API-Key: <key>. The operator of the market issues keys."
        raise EpcisProblem("SecurityException", detail)
    if not getattr(key, scope):
        raise EpcisProblem("SecurityException", f"This key does not have the scope {scope}.")
    return key


def name_caller() -> str:
    """Return under what requests are counted: the key, or the address of whoever has none that is valid."""
    key = read_caller().key
    return f"epcis-key:{key.id}" if key is not None else f"epcis:{get_remote_address()}"


def write_limit() -> str:
    """Return how many requests this caller may make."""
    return _LIMIT_WITH_KEY if read_caller().has_key else _LIMIT_WITHOUT
