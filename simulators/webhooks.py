"""The sender of webhooks: in order, with retries, and with the accidents that a tester orders."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.clock import Clock
from simulators.store import Json, Store

_TABLE = "deliveries"
_KEPT_ANSWER = 500
_KEPT_ROWS = 400
_STALE_S = 3600.0
#: What can be ordered for the next deliveries.
KINDS = {
    "duplicate": "sends each delivery twice",
    "shuffle": "holds `count` deliveries and then sends them last one first",
    "drop": "never sends it",
    "forge": "signs it with a wrong secret and does not retry",
    "stale": "signs it with a time stamp that is an hour old and does not retry",
    "delay": "sends it `seconds` later (of the simulated clock)",
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


#: No proxy: simulators talk to addresses on this machine or in its own network.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


@dataclass(slots=True)
class Protocol:
    """How a sender signs, retries and recognises a good answer."""

    #: (body as the sender built it, whether to forge, now in epoch seconds) -> (headers, bytes on the wire)
    sign: Callable[[Any, bool, float], tuple[dict[str, str], bytes]]
    #: Seconds before the second, third ... attempt, in the outside world's time.
    retry_delays_s: tuple[float, ...]
    is_accepted: Callable[[int, bytes], bool] = lambda status, _body: 200 <= status < 300


class WebhookSender:
    """One thread that sends the webhooks of one simulator, one after the other."""

    def __init__(
        self, *, store: Store, clock: Clock, url: str, protocol: Protocol, timeout_s: float, retry_scale: float
    ) -> None:
        """Prepare; nothing is sent before ``start``."""
        self.url = url
        self.protocol = protocol
        self.timeout_s = timeout_s
        self.retry_scale = retry_scale
        self.is_paused = False
        self._store = store
        self._clock = clock
        self._wake = threading.Condition(store.lock)
        self._faults: list[Json] = []
        self._is_busy = False
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to send."""
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop sending; what waits stays in the store."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=self.timeout_s + 1)

    def send(
        self, body: Any, *, label: str, is_forged: bool = False, accident: str | None = None, seconds: float = 60.0
    ) -> Json:
        """Queue a webhook and return its delivery row.

        Orders for accidents are used up here, unless ``accident`` ("delay" or "duplicate") is for this one alone.
        """
        with self._wake:
            row = self._new_row(body, label, is_forged=is_forged)
            own: Json | None = {"kind": accident, "seconds": seconds} if accident else None
            fault = own if own or is_forged else self._take_fault()
            if fault is not None:
                row["fault"] = fault["kind"]
                self._harm(row, fault)
            self._wake.notify_all()
            return row

    def order_fault(self, kind: str, count: int = 1, seconds: float = 30.0) -> None:
        """Order an accident for the next deliveries. Raises ValueError for an unknown kind or count."""
        if kind not in KINDS or not 1 <= count <= 1000:
            message = f"kind must be one of {', '.join(KINDS)} and count at least 1"
            raise ValueError(message)
        with self._wake:
            self._faults.append({"kind": kind, "count": count, "seconds": seconds, "held": []})

    def clear_faults(self) -> None:
        """Withdraw the orders and let go of what a shuffle holds."""
        with self._wake:
            for fault in self._faults:
                self._release(fault)
            self._faults.clear()
            self._wake.notify_all()

    def list_faults(self) -> list[Json]:
        """Return what is still ordered."""
        with self._wake:
            return [{key: fault[key] for key in ("kind", "count", "seconds")} for fault in self._faults]

    def list_deliveries(self) -> list[Json]:
        """Return all deliveries, oldest first."""
        return self._store.list_rows(_TABLE)

    def resend(self, delivery_id: str) -> Json | None:
        """Send the same message once more, whatever became of it; None when it is not known."""
        with self._wake:
            row = self._store.find(_TABLE, delivery_id)
            if row is None:
                return None
            copy = self._new_row(row["body"], row["label"])
            self._wake.notify_all()
            return copy

    def poke(self) -> None:
        """Look again at what is due: the clock or the target has changed."""
        with self._wake:
            self._wake.notify_all()

    def drain(self, timeout_s: float, *, is_everything_due: bool = False) -> bool:
        """Wait until nothing due is unsent; with ``is_everything_due`` retries and delayed ones go now."""
        deadline = time.monotonic() + timeout_s
        with self._wake:
            if is_everything_due:
                for row in self._pending():
                    row["due_at"] = self._clock.epoch()
            self._wake.notify_all()
            while self._is_busy or self._next_due() is not None:
                left = deadline - time.monotonic()
                if left <= 0 or self.is_paused:
                    return False
                self._wake.wait(min(left, 0.2))
        return True

    def _new_row(self, body: Any, label: str, *, is_forged: bool = False) -> Json:
        now = self._clock.epoch()
        row: Json = {
            "id": str(self._store.next_number("delivery")), "label": label, "created_at": now, "due_at": now,
            "state": "pending",
            "is_forged": is_forged, "fault": None, "attempts": [], "body": body,
        }  # fmt: skip
        self._forget_old()
        return self._store.put(_TABLE, row["id"], row)

    def _forget_old(self) -> None:
        """Let go of the oldest deliveries that have ended; what still waits is kept."""
        rows = self._store.list_rows(_TABLE)
        ended = [row for row in rows if row["state"] not in ("pending", "held")]
        for row in ended[: max(0, len(rows) - _KEPT_ROWS)]:
            self._store.remove(_TABLE, row["id"])

    def _take_fault(self) -> Json | None:
        if not self._faults:
            return None
        fault = self._faults[0]
        fault["count"] -= 1
        if fault["count"] == 0:
            self._faults.pop(0)
        return fault

    def _harm(self, row: Json, fault: Json) -> None:
        match fault["kind"]:
            case "drop":
                row["state"] = "dropped"
            case "forge":
                row["is_forged"] = True
            case "delay":
                row["due_at"] += fault["seconds"]
            case "duplicate":
                self._new_row(row["body"], row["label"])["fault"] = "duplicate"
            case "shuffle":
                row["state"] = "held"
                fault["held"].append(row)
                if fault["count"] == 0:
                    self._release(fault)

    def _release(self, fault: Json) -> None:
        """Queue what a shuffle holds, last one first."""
        now = self._clock.epoch()
        for place, row in enumerate(reversed(fault["held"])):
            row["state"] = "pending"
            row["due_at"] = now + place / 1_000_000
        fault["held"] = []

    def _pending(self) -> list[Json]:
        return [row for row in self._store.list_rows(_TABLE) if row["state"] == "pending"]

    def _next_due(self) -> Json | None:
        now = self._clock.epoch()
        due = [row for row in self._pending() if row["due_at"] <= now]
        return min(due, key=lambda row: (row["due_at"], int(row["id"])), default=None)

    def _run(self) -> None:
        while True:
            with self._wake:
                row = None if self.is_paused else self._next_due()
                if self._is_stopping:
                    return
                if row is None:
                    self._wake.wait(0.5)
                    continue
                self._is_busy = True
            try:
                self._attempt(row)
            finally:
                with self._wake:
                    self._is_busy = False
                    self._wake.notify_all()

    def _attempt(self, row: Json) -> None:
        is_stale = row["fault"] == "stale"
        headers, wire = self.protocol.sign(row["body"], row["is_forged"], time.time() - _STALE_S * is_stale)
        started = time.monotonic()
        status, answer = _post(self.url, headers, wire, self.timeout_s)
        is_good = status is not None and self.protocol.is_accepted(status, answer)
        with self._wake:
            attempt = {
                "at": self._clock.epoch(), "url": self.url, "status": status,
                "answer": answer[:_KEPT_ANSWER].decode("utf-8", "replace"),
                "ms": round((time.monotonic() - started) * 1000),
            }  # fmt: skip
            row["attempts"].append(attempt)
            tries = len(row["attempts"])
            if is_good:
                row["state"] = "delivered"
            elif row["is_forged"] or is_stale or tries > len(self.protocol.retry_delays_s):
                row["state"] = "gave_up"
            else:
                row["due_at"] = self._clock.epoch() + self.protocol.retry_delays_s[tries - 1] * self.retry_scale
            self._store.touch()


def _post(url: str, headers: dict[str, str], body: bytes, timeout_s: float) -> tuple[int | None, bytes]:
    """Post and return (status, answer); status None means that nobody answered."""
    try:
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - set by the tester
        with _OPENER.open(request, timeout=timeout_s) as response:
            return int(response.status), response.read(64_000)
    except urllib.error.HTTPError as error:
        return error.code, error.read(64_000)
    except (OSError, ValueError) as error:
        return None, str(error).encode()


def to_wire(body: Any) -> bytes:
    """Serialise as most senders do: compact, letters unescaped."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
