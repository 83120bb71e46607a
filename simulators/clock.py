"""A clock that runs with the real one and can be put forward."""

import threading
from datetime import UTC, datetime, timedelta, timezone

#: Vietnam keeps one zone and no summer time.
VN_TZ = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


class Clock:
    """Real time plus an offset that only ever grows; all simulators share one."""

    def __init__(self) -> None:
        """Start at real time."""
        self._lock = threading.Lock()
        self.offset_s = 0.0

    def now(self) -> datetime:
        """Return the simulated time, aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)

    def epoch(self) -> float:
        """Return the simulated time as seconds since 1970."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Put the clock forward. Raises ValueError for a step back: parcels do not travel in time."""
        if not 0 <= seconds <= 366 * 86_400:
            message = "seconds must lie between 0 and 366 days"
            raise ValueError(message)
        with self._lock:
            self.offset_s += seconds

    def local_text(self, epoch: float) -> str:
        """Write a moment as Vietnamese carriers do: ``dd/MM/yyyy HH:mm:ss``, local, without a zone."""
        return datetime.fromtimestamp(epoch, VN_TZ).strftime("%d/%m/%Y %H:%M:%S")
