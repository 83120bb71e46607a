"""Orders that wait because their goods may not be handed to a buyer for now: how long, and in which words."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from marketplace.core.clock import VN_TZ, start_of_local_day
from orders.rules.states import ConsignmentState

#: An order waits so long for a lot that is checked, and never beyond the day up to which its goods are at their best.
#: A commune answers within two days; five leave time for a correction, a second look and a weekend.
LONGEST_WAIT = timedelta(days=5)
#: When goods come free, an order that is not paid yet has at least this long to be paid: the news goes by e-mail.
TIME_TO_PAY_AFTER = timedelta(hours=12)

#: The goods are still with the household, so they can wait.
AT_HOUSEHOLD = frozenset(
    {ConsignmentState.WAITING, ConsignmentState.TO_ACCEPT, ConsignmentState.ACCEPTED, ConsignmentState.PACKED}
)
#: The goods have left; all that can be done is to tell people.
WITH_BUYER = frozenset({ConsignmentState.HANDED_OVER, ConsignmentState.DELIVERED})

_MAX_REASON = 600
_STEPS = {"accept": "Chưa nhận được đơn này", "pack": "Chưa đóng gói được đơn này"}


class _Stopped(Protocol):
    """A lot that may not be handed to a buyer, as traceability tells it."""

    @property
    def public_words(self) -> str: ...


def wait_until(since: datetime, best_before: Collection[date | None]) -> datetime:
    """Return until when a consignment waits for its lots: the first of the longest wait and their last days."""
    ends = [start_of_local_day(day + timedelta(days=1)) for day in best_before if day is not None]
    return min([since + LONGEST_WAIT, *ends])


def tell_reason(stopped: Sequence[_Stopped]) -> str:
    """Say in public words what keeps the goods, as one sentence."""
    return f"{'; '.join(one.public_words for one in stopped)}."[:_MAX_REASON]


def tell_what_follows(until: datetime) -> str:
    """Say what becomes of the order."""
    return (
        f"Đơn tạm chờ, muộn nhất đến {tell_moment(until)}: lô được bán trở lại thì đơn tự đi tiếp, "
        "không thì phần này tự hủy và người mua được hoàn lại tiền đã trả."
    )


def tell_refusal(step: str, stopped: Sequence[_Stopped], until: datetime, now: datetime) -> str:
    """Say why a household may not take a step now, and what follows."""
    if until <= now:
        follows = "Phần này của đơn sẽ tự hủy và người mua được hoàn lại tiền đã trả."
    else:
        follows = tell_what_follows(until)
    return f"{_STEPS[step]}. {tell_reason(stopped)} {follows}"


def tell_end(stopped: Sequence[_Stopped]) -> str:
    """Say why a consignment has ended that waited for its goods."""
    return f"{tell_reason(stopped)} Hàng không giao được trong thời hạn chờ."[:300]


def tell_moment(moment: datetime) -> str:
    """Write a moment as people in Viet Nam read it: ``14:05 ngày 25/11/2026``."""
    return f"{moment.astimezone(VN_TZ):%H:%M ngày %d/%m/%Y}"
