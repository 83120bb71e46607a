"""Faults that a tester orders for the next calls of an operation."""

import threading
from dataclasses import asdict, dataclass

from simulators.store import Json

#: What can be ordered, with what it does.
KINDS = {
    "timeout_after": "commits, then stays silent for `seconds` and hangs up",
    "timeout_before": "does nothing, stays silent for `seconds` and hangs up",
    "drop_after": "commits, then hangs up at once",
    "500": "answers 500 and does nothing",
    "500_after": "commits, then answers 500",
    "429": "answers 429 and does nothing",
    "expired_token": "answers that the access token has expired and does nothing",
    "slow": "commits and answers after `seconds`",
}
EVERY_OPERATION = "*"


@dataclass(slots=True)
class Fault:
    """One order: what happens to the next ``count`` calls of ``operation``."""

    operation: str
    kind: str
    count: int = 1
    seconds: float = 30.0


class Faults:
    """The open orders of one simulator, served first come, first served."""

    def __init__(self) -> None:
        """Start with no fault."""
        self._lock = threading.Lock()
        self._open: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Add an order. Raises ValueError for an unknown kind or a count below one."""
        if fault.kind not in KINDS:
            message = f"kind must be one of {', '.join(KINDS)}"
            raise ValueError(message)
        if fault.count < 1 or not 0 <= fault.seconds <= 600:
            message = "count must be at least 1 and seconds between 0 and 600"
            raise ValueError(message)
        with self._lock:
            self._open.append(fault)

    def take(self, operation: str) -> Fault | None:
        """Use up one call of the first order that fits, if any."""
        with self._lock:
            for fault in self._open:
                if fault.operation in (operation, EVERY_OPERATION):
                    fault.count -= 1
                    if fault.count == 0:
                        self._open.remove(fault)
                    return fault
        return None

    def list_open(self) -> list[Json]:
        """Return what is still ordered."""
        with self._lock:
            return [asdict(fault) for fault in self._open]

    def clear(self) -> None:
        """Withdraw all orders."""
        with self._lock:
            self._open.clear()
