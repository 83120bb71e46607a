"""The journal of calls: what was asked of a simulator and what it answered, with secrets blacked out."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterable

from simulators.store import Json

_KEPT_CALLS = 500
_KEPT_CHARACTERS = 4000
_SECRET_HEADERS = frozenset({"authorization", "token", "cookie", "x-sepay-signature", "stripe-signature"})
_SECRET_FIELDS = re.compile(
    r'("(?:PASSWORD|password|token|TOKEN|client_secret|secret|number|cvc)"\s*:\s*")[^"]*(")'
    r"|((?:^|&|%5B|\[)(?:number|cvc|client_secret|secret|key)(?:%5D|\])?=)[^&]*"
)


class Journal:
    """The last five hundred calls, newest last."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._calls: deque[Json] = deque(maxlen=_KEPT_CALLS)
        self._next_id = 1

    def write(self, call: Json) -> None:
        """Add a call and number it."""
        with self._lock:
            self._calls.append({"id": self._next_id, **call})
            self._next_id += 1

    def read(self, *, operation: str | None = None, limit: int = _KEPT_CALLS) -> list[Json]:
        """Return the newest calls, oldest first, of one operation or of all."""
        with self._lock:
            found = [call for call in self._calls if operation in (None, call["operation"])]
        return found[-limit:]

    def clear(self) -> None:
        """Forget all calls; numbers go on."""
        with self._lock:
            self._calls.clear()


def redact_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers with secrets cut down to their last four characters."""
    return {name: f"…{value[-4:]}" if name.lower() in _SECRET_HEADERS else value for name, value in headers}


def redact_body(body: str) -> str:
    """Black out passwords, card numbers and tokens in a JSON or form body, and cut what is too long."""
    clean = _SECRET_FIELDS.sub(lambda found: f"{found[1]}…{found[2]}" if found[1] else f"{found[3]}…", body)
    return clean if len(clean) <= _KEPT_CHARACTERS else clean[:_KEPT_CHARACTERS] + "…"


def body_for_reading(body: str) -> str:
    """Indent JSON for the control page; anything else stays as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=1)
    except ValueError:
        return body
