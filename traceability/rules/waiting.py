"""Waiting periods (thời gian cách ly): days after a spray or a drug before harvest, milking or slaughter.

Counted in Vietnamese calendar days, as on the label: the day of the spray is day 0, and the produce may be taken on
the first day after day ``waiting_days``. The hour of the spray plays no part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.core.errors import Refused

#: Stands in sealed records, so that a later change of the rule does not rewrite what was decided under this one.
RULE_VERSION = "waiting-period/1"
#: Longest waiting period that a label may reasonably name.
MAX_DAYS = 365


@dataclass(frozen=True, slots=True)
class Treatment:
    """A spray or a drug that started a waiting period."""

    record_id: int
    product: str
    given_on: date
    waiting_until: date


def last_waiting_day(given_on: date, waiting_days: int) -> date:
    """Return the last day of the waiting period."""
    return given_on + timedelta(days=waiting_days)


def find_blocking(treatments: Iterable[Treatment], harvest_on: date) -> Treatment | None:
    """Return the treatment that forbids a harvest on that day, the longest-lasting first; None when it is allowed.

    A treatment given after the harvest cannot have touched it.
    """
    blocking = [one for one in treatments if one.given_on <= harvest_on <= one.waiting_until]
    return max(blocking, key=lambda one: (one.waiting_until, one.record_id), default=None)


def earliest_harvest(treatments: Iterable[Treatment], wished_on: date) -> date:
    """Return the first day, from the wished day on, on which no known treatment forbids the harvest."""
    known = list(treatments)
    day = wished_on
    while (blocking := find_blocking(known, day)) is not None:
        day = blocking.waiting_until + timedelta(days=1)
    return day


def check_harvest(treatments: Iterable[Treatment], harvest_on: date, word: str = "thu hoạch") -> None:
    """Raise ``Refused`` when a waiting period is still running, with the day on which the harvest may happen.

    ``word`` is what the harvest is called: animals are slaughtered.
    """
    known = list(treatments)
    blocking = find_blocking(known, harvest_on)
    if blocking is None:
        return
    may_on = earliest_harvest(known, harvest_on)
    message = (
        f"Chưa được {word}. Thời gian cách ly của thuốc {blocking.product} "
        f"đến hết ngày {blocking.waiting_until:%d/%m/%Y}; được {word} từ ngày {may_on:%d/%m/%Y}."
    )
    raise Refused(
        "waiting_period_not_over",
        message,
        field="happened_on",
        product=blocking.product,
        waiting_until=blocking.waiting_until.isoformat(),
        may_harvest_on=may_on.isoformat(),
    )


def explain_hold(treatment: Treatment, harvest_on: date, word: str = "thu hoạch") -> str:
    """Say why a lot is held after the diary showed a waiting period that was not kept."""
    return (
        f"{word.capitalize()} ngày {harvest_on:%d/%m/%Y} nằm trong thời gian cách ly của thuốc {treatment.product} "
        f"(dùng ngày {treatment.given_on:%d/%m/%Y}, cách ly đến hết ngày {treatment.waiting_until:%d/%m/%Y}). "
        "Lô này tạm giữ, không được bán."
    )
