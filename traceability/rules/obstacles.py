"""What keeps a lot from being handed to a buyer, and how it is said in public."""

from datetime import date
from enum import StrEnum

from traceability.rules.lots import LotState


class Obstacle(StrEnum):
    """Why a lot may not be handed to a buyer."""

    HELD = "held"
    RECALLED = "recalled"
    UNVERIFIED = "unverified"
    PAST_DATE = "past_date"
    GATE_CLOSED = "gate_closed"


#: These can go away; a recall and a day that has passed cannot.
PASSING = frozenset({Obstacle.HELD, Obstacle.UNVERIFIED, Obstacle.GATE_CLOSED})
#: As far as the public may know. Parts of a sentence behind "Lô TH…".
PUBLIC_WORDS: dict[Obstacle, str] = {
    Obstacle.HELD: "đang được tạm giữ để kiểm tra",
    Obstacle.RECALLED: "đã bị thu hồi",
    Obstacle.UNVERIFIED: "đang chờ xã xác nhận lại",
    Obstacle.PAST_DATE: "đã quá hạn sử dụng tốt nhất",
    Obstacle.GATE_CLOSED: "đang tạm ngừng bán để kiểm tra giấy tờ",
}


def name_obstacle(state: str, best_before_on: date | None, on: date) -> Obstacle:
    """Return what keeps a lot in this state from being sold on a day, when something does.

    The gate before sale has its own reasons, so it answers for a lot with which all else is well.
    """
    if state == LotState.RECALLED:
        return Obstacle.RECALLED
    if state == LotState.HELD:
        return Obstacle.HELD
    if best_before_on is not None and best_before_on < on:
        return Obstacle.PAST_DATE
    if state != LotState.VERIFIED:
        return Obstacle.UNVERIFIED
    return Obstacle.GATE_CLOSED
