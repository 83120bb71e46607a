"""What a household does, in the order in which it happened: each step is told the moment of its entry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from marketplace.core.clock import VN_TZ


@dataclass(slots=True)
class Timeline:
    """Steps to run one after the other. Moments rise strictly, and none lies after ``until``."""

    until: datetime
    steps: list[tuple[datetime, Callable[[datetime], None]]] = field(default_factory=list)

    def add(self, on: date, hour: float, step: Callable[[datetime], None]) -> None:
        """Add a step on a day, at an hour in Viet Nam."""
        noon = datetime.combine(on, time(0), tzinfo=VN_TZ) + timedelta(hours=hour)
        self.steps.append((noon.astimezone(UTC), step))

    def run(self) -> None:
        """Run every step in the order of its moment."""
        ordered = sorted(self.steps, key=lambda step: step[0])
        last = None
        for place, (moment, step) in enumerate(ordered):
            latest = self.until - timedelta(seconds=len(ordered) - place)
            now = min(moment, latest)
            if last is not None and now <= last:
                now = last + timedelta(milliseconds=50)
            step(now)
            last = now
