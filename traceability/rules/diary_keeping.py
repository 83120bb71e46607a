"""How a diary was kept: what was written long after the work, and what was written in one evening.

``eventTime`` is what was claimed, ``recordTime`` is when it was entered (EPCIS 2.0, 7.4.1); readers are shown both
where they differ by more than some days.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

#: Days after the work until which an entry counts as written in time.
LATE_AFTER_DAYS = 2
#: So many entries, and this share of all, written on one day about work of more than a week: nobody kept that diary.
_AT_ONCE = 4
_SHARE_AT_ONCE = 0.6
_SPAN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """When work was done and when it was written down, as Vietnamese calendar days."""

    done_on: date
    written_on: date

    @property
    def days_late(self) -> int:
        """Days between the work and the writing."""
        return (self.written_on - self.done_on).days

    @property
    def is_late(self) -> bool:
        """Whether readers are shown that it was written late."""
        return self.days_late > LATE_AFTER_DAYS


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Most of a diary was written on one day: ``count`` of ``total`` entries, about ``span_days`` days of work."""

    written_on: date
    count: int
    total: int
    span_days: int


def find_written_at_once(entries: Iterable[Entry]) -> AtOnce | None:
    """Return the day on which most of a diary was written, when it was not kept day by day; None otherwise."""
    known = list(entries)
    if not known:
        return None
    written_on, count = max(Counter(one.written_on for one in known).items(), key=lambda pair: (pair[1], pair[0]))
    done = [one.done_on for one in known if one.written_on == written_on]
    span = (max(done) - min(done)).days
    if count < _AT_ONCE or count < _SHARE_AT_ONCE * len(known) or span <= _SPAN_DAYS:
        return None
    return AtOnce(written_on, count, len(known), span)


def find_gap(days: Sequence[date], longest: int) -> tuple[date, date] | None:
    """Return the longest stretch of more than ``longest`` days without an entry; None when there is none."""
    ordered = sorted(set(days))
    gaps = [(later - earlier, earlier, later) for earlier, later in pairwise(ordered)]
    widest = max(gaps, default=None)
    if widest is None or widest[0].days <= longest:
        return None
    return widest[1], widest[2]
