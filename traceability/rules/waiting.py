"""Waiting periods (thời gian cách ly): days after a spray or a drug before harvest, milking or slaughter.

Counted in Vietnamese calendar days, as on the label: the day of the spray is day 0, and the produce may be taken on
the first day after day ``waiting_days``. The hour of the spray plays no part.

A treatment reaches whatever is taken at its site, or at a site above or below it, in whichever season it was written
down. Two times count: when it was done, and when it was written down. docs/waiting-periods.md has the cases as a
table that a test reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from marketplace.core.errors import Refused

#: Stands in sealed records, so that a later change of the rule does not rewrite what was decided under this one.
RULE_VERSION = "waiting-period/2"
CHANGES = {
    "waiting-period/1": "Theo vụ: ngày dùng thuốc và số ngày cách ly trên nhãn.",
    "waiting-period/2": (
        "Theo nơi sản xuất, qua mọi vụ, cả chuồng và ô chuồng bên trong; xét cả lúc ghi sổ và những lần dùng thuốc "
        "đã gạch đi hoặc đã sửa."
    ),
}
#: Longest waiting period that a label may reasonably name.
MAX_DAYS = 365


@dataclass(frozen=True, slots=True)
class Treatment:
    """A spray or a drug that started a waiting period.

    ``is_struck_out``: a later record declared this one wrong; what replaced it, if anything, is a treatment of its own.
    """

    record_id: int
    product: str
    given_on: date
    waiting_until: date
    recorded_at: datetime | None = None
    is_struck_out: bool = False

    def covers(self, day: date) -> bool:
        """Whether produce taken on that day was inside the waiting period."""
        return self.given_on <= day <= self.waiting_until


class DoubtKind(StrEnum):
    """Why a person has to look at a harvest that no waiting period forbids."""

    #: Dated before a treatment that was already in the books when the harvest was written down.
    WRITTEN_AFTER_TREATMENT = "written_after_treatment"
    #: A treatment that was struck out or changed would have forbidden it.
    STRUCK_OUT = "struck_out"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A treatment because of which a person has to look at a harvest."""

    kind: DoubtKind
    treatment: Treatment


def last_waiting_day(given_on: date, waiting_days: int) -> date:
    """Return the last day of the waiting period."""
    return given_on + timedelta(days=waiting_days)


def find_blocking(treatments: Iterable[Treatment], harvest_on: date) -> Treatment | None:
    """Return the treatment that forbids a harvest on that day, the longest-lasting first; None when it is allowed.

    A treatment given after the harvest cannot have touched it; one that was struck out does not count.
    """
    blocking = [one for one in treatments if not one.is_struck_out and one.covers(harvest_on)]
    return max(blocking, key=lambda one: (one.waiting_until, one.record_id), default=None)


def list_doubts(treatments: Iterable[Treatment], harvest_on: date, written_at: datetime) -> list[Doubt]:
    """Return why a harvest on that day, written down at that time, has to be looked at by a person.

    A harvest dated before a treatment that was in the books already may have been dated back to get round it; a
    treatment that was struck out may have been struck out for that.
    """
    doubts = []
    for one in sorted(treatments, key=lambda each: each.record_id):
        is_dated_back = one.given_on > harvest_on and one.recorded_at is not None and one.recorded_at < written_at
        if one.is_struck_out and (is_dated_back or one.covers(harvest_on)):
            doubts.append(Doubt(DoubtKind.STRUCK_OUT, one))
        elif is_dated_back and not one.is_struck_out:
            doubts.append(Doubt(DoubtKind.WRITTEN_AFTER_TREATMENT, one))
    return doubts


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


def check_stated_reason(doubts: Iterable[Doubt], harvest_on: date, reason: str, word: str = "thu hoạch") -> None:
    """Raise ``Refused`` (``reason_needed``) when a harvest has to be explained and no reason is stated."""
    first = next(iter(doubts), None)
    if first is None or reason.strip():
        return
    message = (
        f"{explain_doubt(first, harvest_on, word)} Nếu đúng là đã {word} ngày {harvest_on:%d/%m/%Y}, hãy ghi vì sao "
        "bây giờ mới ghi sổ; cán bộ xã sẽ xem trước khi xác nhận."
    )
    raise Refused("reason_needed", message, field="stated_reason", treatment=first.treatment.record_id)


def explain_doubt(doubt: Doubt, harvest_on: date, word: str = "thu hoạch") -> str:
    """Say in one sentence why a person has to look at a harvest."""
    one = doubt.treatment
    if doubt.kind is DoubtKind.STRUCK_OUT:
        return (
            f"Lần dùng thuốc {one.product} ngày {one.given_on:%d/%m/%Y} (cách ly đến hết ngày "
            f"{one.waiting_until:%d/%m/%Y}) đã bị gạch hoặc sửa trong sổ."
        )
    return (
        f"{word.capitalize()} ghi ngày {harvest_on:%d/%m/%Y}, nhưng được viết vào sổ sau lần dùng thuốc {one.product} "
        f"ngày {one.given_on:%d/%m/%Y} (cách ly đến hết ngày {one.waiting_until:%d/%m/%Y})."
    )


def explain_hold(treatment: Treatment, harvest_on: date, word: str = "thu hoạch") -> str:
    """Say why a lot is held after the diary showed a waiting period that was not kept."""
    return (
        f"{word.capitalize()} ngày {harvest_on:%d/%m/%Y} nằm trong thời gian cách ly của thuốc {treatment.product} "
        f"(dùng ngày {treatment.given_on:%d/%m/%Y}, cách ly đến hết ngày {treatment.waiting_until:%d/%m/%Y}). "
        "Lô này tạm giữ, không được bán."
    )
