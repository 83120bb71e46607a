"""Where one household's part of an order stands, as a row of steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.rules.holds import AT_HOUSEHOLD
from orders.rules.states import BUYER_CANCELLED, ON_HOLD_LABEL, ConsignmentState


@dataclass(frozen=True, slots=True)
class TrackStep:
    """One step on the way. ``state`` is done, current, todo or problem."""

    label: str
    state: str
    happened_at: datetime | None = None
    detail: str = ""
    icon: str | None = None


class Movement(Protocol):
    """Something that the carrier said about a parcel."""

    @property
    def label(self) -> str: ...

    @property
    def happened_at(self) -> datetime: ...

    @property
    def place(self) -> str: ...


class Tracked(Protocol):
    """A consignment with the moments of its steps."""

    @property
    def state(self) -> str: ...

    @property
    def accepted_at(self) -> datetime | None: ...

    @property
    def packed_at(self) -> datetime | None: ...

    @property
    def handed_over_at(self) -> datetime | None: ...

    @property
    def ended_at(self) -> datetime | None: ...

    @property
    def end_reason(self) -> str | None: ...

    @property
    def held_at(self) -> datetime | None: ...


_ORDER = ("accepted", "packed", "handed_over", "delivered")
_LABELS: Mapping[str, tuple[str, str]] = {
    "accepted": ("Hộ nhận đơn", "hands"),
    "packed": ("Đóng gói", "box"),
    "handed_over": ("Bưu tá lấy hàng", "truck"),
    "delivered": ("Giao tận tay", "house"),
}
_REACHED: Mapping[str, int] = {
    "waiting": 0,
    "to_accept": 0,
    "accepted": 1,
    "packed": 2,
    "handed_over": 3,
    "delivered": 4,
}
_ENDS: Mapping[str, str] = {
    ConsignmentState.DECLINED: "Hộ không giao được",
    ConsignmentState.CANCELLED: "Đã dừng",
    ConsignmentState.RETURNED: "Hàng trả về hộ",
    ConsignmentState.LOST: "Bưu cục báo thất lạc",
}


def track(part: Tracked, movements: Sequence[Movement] = ()) -> list[TrackStep]:
    """Return the steps of a consignment; the carrier's last word stands beside the step under way."""
    moments = {
        "accepted": part.accepted_at,
        "packed": part.packed_at,
        "handed_over": part.handed_over_at,
        "delivered": part.ended_at if part.state == ConsignmentState.DELIVERED else None,
    }
    end = _ENDS.get(part.state)
    reached = sum(1 for name in _ORDER if moments[name] is not None) if end else _REACHED[part.state]
    last_word = ""
    if movements and part.state == ConsignmentState.HANDED_OVER:
        newest = max(movements, key=lambda movement: movement.happened_at)
        last_word = f"{newest.label} ({newest.place})" if newest.place else newest.label
    steps = []
    is_on_hold = part.held_at is not None and part.state in AT_HOUSEHOLD
    if part.state == ConsignmentState.WAITING and not is_on_hold:
        steps.append(TrackStep("Chờ thanh toán", "current", icon="cash"))
        reached = -1
    for place, name in enumerate(_ORDER):
        if is_on_hold and place == reached:
            steps.append(TrackStep(ON_HOLD_LABEL, "current", part.held_at, icon="clock"))
        label, icon = _LABELS[name]
        if place < reached:
            is_last_under_way = place == reached - 1 and part.state == ConsignmentState.HANDED_OVER
            steps.append(TrackStep(label, "done", moments[name], last_word if is_last_under_way else "", icon))
        elif end:
            break
        else:
            is_current = place == reached and not is_on_hold
            steps.append(TrackStep(label, "current" if is_current else "todo", icon=icon))
    if part.state == ConsignmentState.CANCELLED and part.end_reason == BUYER_CANCELLED:
        # What the buyer wanted is no problem.
        steps.append(TrackStep("Bạn đã hủy đơn", "done", part.ended_at))
    elif end:
        steps.append(TrackStep(end, "problem", part.ended_at, part.end_reason or ""))
    return steps
