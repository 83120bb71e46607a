"""What the law asks of a recall, and until when; what ties lots together; what becomes of what came back.

Sources: Circular 23/2018/TT-BYT (the whole chain, the media and the authority told within 24 hours; a report within
three days of the end) and Circular 17/2021/TT-BNNPTNT (four ways to deal with what came back).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from marketplace.core.errors import Refused
from traceability.rules.leaf import write_time

#: Within which the whole chain, the media and the authority are told (Circular 23/2018/TT-BYT).
TELL_WITHIN = timedelta(hours=24)
#: Within which the report follows the end of collecting (Circular 23/2018/TT-BYT).
REPORT_WITHIN = timedelta(days=3)

#: What an officer notes as done, in the order in which it happens.
STEP_LABELS: Mapping[str, str] = {
    "buyers_told": "Báo cho mọi người mua",
    "chain_told": "Gọi điện cho các hộ và nơi bán để dừng bán",
    "notice_sent": "Gửi thông báo thu hồi bằng văn bản",
    "media_told": "Đưa tin trên loa xã và đài của tỉnh",
    "authority_told": "Báo cơ quan an toàn thực phẩm",
    "finished": "Gom hàng xong, không nhận lại nữa",
    "reported": "Gửi báo cáo thu hồi",
    "closed": "Kết thúc đợt thu hồi",
}
FIRST_DAY = ("buyers_told", "chain_told", "notice_sent", "media_told", "authority_told")
#: What must be done before a step can be noted.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "finished": FIRST_DAY,
    "reported": ("finished",),
    "closed": ("finished", "reported"),
}

#: What ties a lot to a recall, the strongest tie first.
REASONS: Mapping[str, str] = {
    "source": "Là nguyên liệu của lô bị thu hồi",
    "ancestor": "Cùng làm từ một lô với lô bị thu hồi",
    "season": "Cùng một vụ, một lứa hoặc một mẻ",
    "batch": "Cùng dùng một lô vật tư của nhà cung cấp",
    "batch_number": "Cùng số lô trên bao bì, tên vật tư ghi khác",
    "site": "Cùng nơi sản xuất trong cùng thời gian",
    "officer": "Cán bộ xã thêm vào",
}

#: How a buyer's money comes back, as the recall says.
REMEDIES: Mapping[str, str] = {
    "refund": "Hoàn tiền ngay, không phải gửi hàng về",
    "return": "Mang hàng đến nơi nhận lại rồi được hoàn tiền",
}
SOURCES: Mapping[str, str] = {
    "buyer": "Người mua trả lại",
    "parcel": "Kiện hàng gọi về",
    "household": "Còn ở hộ sản xuất",
    "shop": "Nơi bán khác trả lại",
}
#: What came back from these had left in parcels of the market.
PARCEL_SOURCES = ("buyer", "parcel")
#: How long the reason may be, and what buyers are told to do.
MAX_WORDS = 500
#: How long the explanation may be that ends a recall with goods left somewhere.
MAX_WHY_LEFT = 300
#: Circular 17/2021/TT-BNNPTNT.
OUTCOMES: Mapping[str, str] = {
    "fixed": "Khắc phục lỗi của hàng hoặc của nhãn",
    "other_use": "Chuyển sang mục đích khác",
    "re_exported": "Tái xuất",
    "destroyed": "Tiêu hủy",
}


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that has to be done, until when, and when it was. ``due_at`` is None as long as nothing sets it."""

    step: str
    label: str
    due_at: datetime | None
    done_at: datetime | None
    note: str
    can_note: bool
    is_late: bool


def tell_duties(
    started_at: datetime, done: Mapping[str, tuple[datetime, str]], now: datetime, *, is_closed: bool = False
) -> list[Duty]:
    """Return everything that a recall demands, in order. ``done`` gives the time and the note of what was done."""
    finished = done.get("finished")
    due: dict[str, datetime | None] = dict.fromkeys(FIRST_DAY, started_at + TELL_WITHIN)
    due["reported"] = finished[0] + REPORT_WITHIN if finished else None
    duties = []
    for step, label in STEP_LABELS.items():
        at, note = done.get(step, (None, ""))
        until = due.get(step)
        duties.append(
            Duty(
                step=step,
                label=label,
                due_at=until,
                done_at=at,
                note=note,
                can_note=at is None and not is_closed and all(need in done for need in _NEEDS.get(step, ())),
                is_late=until is not None and (at or now) > until,
            )
        )
    return duties


@dataclass(frozen=True, slots=True)
class Clock:
    """The 24 hours: until when, and how long that is, or was (``text``)."""

    due_at: datetime
    is_told: bool
    is_late: bool
    text: str


def read_clock(started_at: datetime, done: Mapping[str, tuple[datetime, str]], now: datetime) -> Clock:
    """Return how the 24 hours stand: told (how long that took), still running (how long is left) or late (how long)."""
    due_at = started_at + TELL_WITHIN
    if all(step in done for step in FIRST_DAY):
        took = max(done[step][0] for step in FIRST_DAY) - started_at
        return Clock(due_at, is_told=True, is_late=took > TELL_WITHIN, text=write_duration(took))
    return Clock(due_at, is_told=False, is_late=now > due_at, text=write_duration(abs(due_at - now)))


def write_duration(span: timedelta) -> str:
    """Write a duration: ``2 ngày 3 giờ``, ``23 giờ 5 phút``, ``12 phút``, ``40 giây``."""
    seconds = max(int(span.total_seconds()), 0)
    days, hours, minutes = seconds // 86_400, seconds % 86_400 // 3600, seconds % 3600 // 60
    if days:
        return f"{days} ngày {hours} giờ" if hours else f"{days} ngày"
    if hours:
        return f"{hours} giờ {minutes} phút" if minutes else f"{hours} giờ"
    return f"{minutes} phút" if minutes else f"{seconds} giây"


def check_step(step: str, done: Mapping[str, tuple[datetime, str]]) -> None:
    """Raise ``Refused`` for an unknown step, or for one that others have to come before."""
    if step not in STEP_LABELS:
        message = "Hãy chọn một việc trong danh sách."
        raise Refused("step_unknown", message, field="step")
    missing = [need for need in _NEEDS.get(step, ()) if need not in done]
    if missing:
        message = f"Trước hết hãy làm xong: {', '.join(STEP_LABELS[one] for one in missing)}."
        raise Refused("step_too_early", message, field="step", missing=missing)


@dataclass(frozen=True, slots=True)
class LotBalance:
    """What became of a recalled lot, in its unit. ``kept`` left in no parcel: made - moved - lost - sold.

    ``moved`` went into other lots of the recall, ``lost`` spoiled before; ``sold`` left with parcels, and
    ``from_parcels`` of what came back had. ``kept`` below nought would mean that more left than was made.
    """

    made: Decimal
    moved: Decimal
    lost: Decimal
    sold: Decimal
    came_back: Decimal
    from_parcels: Decimal
    treated: Decimal

    @property
    def kept(self) -> Decimal:
        """What is still with the household, on the shelf or in other shops."""
        return self.made - self.moved - self.lost - self.sold

    @property
    def missing(self) -> Decimal:
        """What was sold and has not come back."""
        return max(self.sold - self.from_parcels, Decimal(0))

    @property
    def uncollected(self) -> Decimal:
        """What left in no parcel and has not been collected."""
        return max(self.kept - (self.came_back - self.from_parcels), Decimal(0))

    @property
    def untreated(self) -> Decimal:
        """What came back and has not been dealt with."""
        return self.came_back - self.treated

    @property
    def is_balanced(self) -> bool:
        """Whether nothing is left anywhere: all came back and was dealt with, and nothing came from nowhere."""
        return self.untreated == 0 and self.kept >= 0 and not self.is_left

    @property
    def is_left(self) -> bool:
        """Whether some of it has not been collected."""
        return self.missing > 0 or self.uncollected > 0


def tell_order(
    *,
    recall_id: int,
    lot_code: str,
    lot_codes: Sequence[str],
    reason: str,
    instruction: str,
    remedy: str,
    officer: str,
    officer_title: str,
    at: datetime,
) -> dict[str, Any]:
    """Return the statement that a recall began. Nobody but the officer's random name stands in it."""
    return {
        "v": 1,
        "type": "recall-order",
        "recall": recall_id,
        "lot": lot_code,
        "lots": list(lot_codes),
        "reason": reason,
        "instruction": instruction,
        "remedy": remedy,
        "officer": officer,
        "officerTitle": officer_title,
        "startedAt": write_time(at),
    }


def tell_addition(
    *,
    recall_id: int,
    lot_code: str,
    lot_codes: Sequence[str],
    why: str,
    officer: str,
    officer_title: str,
    at: datetime,
) -> dict[str, Any]:
    """Return the statement that a lot, with everything made of it, joined a recall."""
    return {
        "v": 1,
        "type": "recall-addition",
        "recall": recall_id,
        "lot": lot_code,
        "lots": list(lot_codes),
        "why": why,
        "officer": officer,
        "officerTitle": officer_title,
        "addedAt": write_time(at),
    }


def tell_closing(
    *,
    recall_id: int,
    lot_code: str,
    officer: str,
    officer_title: str,
    sums: Sequence[Mapping[str, object]],
    left: Sequence[Mapping[str, object]],
    why_left: str,
    closed_at: datetime,
) -> dict[str, Any]:
    """Return the statement that a recall ended: what came back of each lot, what was done with it, what was left."""
    return {
        "v": 1,
        "type": "recall-closing",
        "recall": recall_id,
        "lot": lot_code,
        "returns": [dict(one) for one in sums],
        **({"left": [dict(one) for one in left], "whyLeft": why_left} if left else {}),
        "officer": officer,
        "officerTitle": officer_title,
        "closedAt": write_time(closed_at),
    }
