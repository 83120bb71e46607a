from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from orders.rules.states import BUYER_CANCELLED, ConsignmentState
from orders.rules.tracking import track

T = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@dataclass
class Part:
    state: str
    accepted_at: datetime | None = None
    packed_at: datetime | None = None
    handed_over_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    held_at: datetime | None = None


@dataclass
class Word:
    label: str
    happened_at: datetime
    place: str = ""


@pytest.mark.parametrize(
    ("part", "states"),
    [
        (Part("waiting"), ["current", "todo", "todo", "todo", "todo"]),
        (Part("to_accept"), ["current", "todo", "todo", "todo"]),
        (Part("accepted", T), ["done", "current", "todo", "todo"]),
        (Part("packed", T, T), ["done", "done", "current", "todo"]),
        (Part("handed_over", T, T, T), ["done", "done", "done", "current"]),
        (Part("delivered", T, T, T, T), ["done"] * 4),
        (Part("waiting", held_at=T), ["current", "todo", "todo", "todo", "todo"]),
        (Part("accepted", T, held_at=T), ["done", "current", "todo", "todo", "todo"]),
        (Part("packed", T, T, held_at=T), ["done", "done", "current", "todo", "todo"]),
        (Part("handed_over", T, T, T, held_at=T), ["done", "done", "done", "current"]),
        (Part("declined", ended_at=T, end_reason="Hết hàng"), ["problem"]),
        (Part("cancelled", T, ended_at=T), ["done", "problem"]),
        (Part("cancelled", T, ended_at=T, end_reason=BUYER_CANCELLED), ["done", "done"]),
        (Part("returned", T, T, T, T), ["done", "done", "done", "problem"]),
    ],
)
def test_each_state_shows_what_is_done_and_what_comes(part, states):
    assert [step.state for step in track(part)] == states


def test_an_unpaid_order_waits_for_its_money_and_not_for_the_household():
    assert track(Part("waiting"))[0].label == "Chờ thanh toán"
    assert track(Part("waiting", held_at=T))[0].label == "Tạm chờ kiểm tra hàng"


def test_the_last_word_of_the_carrier_stands_beside_the_step_under_way():
    words = [Word("Đang phát", T.replace(hour=5), "Bưu cục Hà Đông"), Word("Đã nhận", T)]
    steps = track(Part(ConsignmentState.HANDED_OVER, T, T, T), words)
    assert steps[2].detail == "Đang phát (Bưu cục Hà Đông)"
    assert [step.detail for step in steps if step is not steps[2]] == ["", "", ""]
