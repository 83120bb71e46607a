"""The tables of states: complete, and ends are ends."""

import pytest

from logistics.errors import StepNotAllowed
from logistics.rules.states import (
    ATTENTION_LABELS,
    COD_LABELS,
    COD_STEPS,
    FINAL,
    STATE_LABELS,
    STEPS,
    UNDER_WAY,
    UNSETTLED,
    Attention,
    CodState,
    ParcelState,
    next_cod_state,
    next_state,
)


def test_every_state_has_steps_and_words() -> None:
    assert set(STEPS) == set(STATE_LABELS) == set(ParcelState)
    assert set(COD_STEPS) == set(COD_LABELS) == set(CodState)
    assert set(ATTENTION_LABELS) == set(Attention)


def test_every_state_is_unsettled_under_way_or_an_end() -> None:
    assert set(ParcelState) == UNSETTLED | UNDER_WAY | FINAL
    assert not UNSETTLED & FINAL


def test_nothing_leads_out_of_an_end_but_a_new_try_after_a_refusal() -> None:
    assert {state: STEPS[state] for state in FINAL if STEPS[state]} == {ParcelState.REFUSED: {ParcelState.PLANNED}}


def test_every_state_can_be_reached() -> None:
    reached, open_ends = {ParcelState.PLANNED}, [ParcelState.PLANNED]
    while open_ends:
        fresh = STEPS[open_ends.pop()] - reached
        reached |= fresh
        open_ends += fresh
    assert reached == set(ParcelState)


def test_a_forbidden_step_says_where_it_stood() -> None:
    with pytest.raises(StepNotAllowed) as caught:
        next_state(ParcelState.DELIVERED, ParcelState.CANCELLED)
    assert caught.value.params == {"current": "delivered", "wanted": "cancelled"}


def test_cash_is_collected_once_and_paid_out_once() -> None:
    assert next_cod_state(CodState.AWAITING, CodState.COLLECTED) == CodState.COLLECTED
    for current, wanted in [("collected", "void"), ("void", "collected"), ("remitted", "collected")]:
        with pytest.raises(StepNotAllowed):
            next_cod_state(CodState(current), CodState(wanted))
