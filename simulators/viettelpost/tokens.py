"""Access tokens: the short one of a login and the long one of an owner, shaped like JWTs."""

import base64
import hashlib
import hmac
import json

from simulators.store import Store

SHORT_S = 24 * 3600
LONG_S = 365 * 24 * 3600
_KEY = b"simulator"


class Tokens:
    """Issues and checks tokens; ``expire_all`` makes every token issued so far invalid."""

    def __init__(self, store: Store) -> None:
        """Keep the generation of valid tokens in the store."""
        self._store = store

    def issue(self, username: str, kind: str, now: float) -> tuple[str, int]:
        """Return (token, expiry in epoch milliseconds); kind is "short" or "long"."""
        expires = now + (SHORT_S if kind == "short" else LONG_S)
        claims = {
            "sub": username, "kind": kind, "exp": round(expires), "gen": self._generation(),
            "n": self._store.next_number("token"),
        }  # fmt: skip
        text = f"{_encode({'alg': 'HS256'})}.{_encode(claims)}"
        return f"{text}.{_sign(text)}", round(expires * 1000)

    def check(self, token: str, now: float) -> str | None:
        """Return the kind of a valid token, else None."""
        text, _, signature = token.rpartition(".")
        if not text or not hmac.compare_digest(signature, _sign(text)):
            return None
        payload = text.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        is_good = claims["exp"] > now and claims["gen"] == self._generation()
        return str(claims["kind"]) if is_good else None

    def expire_all(self) -> None:
        """Make all tokens invalid; a new login gives valid ones."""
        self._store.next_number("token_generation")

    def _generation(self) -> int:
        row = self._store.find("counters", "token_generation")
        return int(row["n"]) if row else 0


def _encode(data: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def _sign(text: str) -> str:
    digest = hmac.new(_KEY, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
