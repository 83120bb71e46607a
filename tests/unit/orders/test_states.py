import pytest

from orders.errors import StepNotAllowed
from orders.rules.states import (
    CONSIGNMENT_LABELS,
    CONSIGNMENT_STEPS,
    DESK_LABELS,
    FINAL_CONSIGNMENT_STATES,
    ORDER_LABELS,
    ConsignmentState,
    OrderState,
    PaymentState,
    next_consignment_state,
    next_order_state,
    next_payment_state,
)


def test_every_state_has_words_for_the_buyer_and_for_the_household():
    assert set(CONSIGNMENT_LABELS) == set(DESK_LABELS) == set(ConsignmentState)
    assert set(ORDER_LABELS) == set(OrderState)


def test_final_states_are_left_only_when_the_carrier_corrects_itself():
    leaving = {(start, step) for start, step in CONSIGNMENT_STEPS if start in FINAL_CONSIGNMENT_STATES}
    assert leaving == {(ConsignmentState.DELIVERED, "return")}


def test_every_state_can_be_reached():
    reached = {ConsignmentState.WAITING, *CONSIGNMENT_STEPS.values()}
    assert reached == set(ConsignmentState)


@pytest.mark.parametrize(
    ("move", "state", "step"),
    [
        (next_order_state, OrderState.EXPIRED, "confirm"),
        (next_order_state, OrderState.COMPLETED, "cancel"),
        (next_consignment_state, ConsignmentState.TO_ACCEPT, "pack"),
        (next_consignment_state, ConsignmentState.HANDED_OVER, "cancel"),
        (next_consignment_state, ConsignmentState.CANCELLED, "accept"),
        (next_payment_state, PaymentState.PAID, "receive"),
    ],
)
def test_a_step_that_the_table_does_not_list_is_refused(move, state, step):
    with pytest.raises(StepNotAllowed) as caught:
        move(state, step)
    assert caught.value.params == {"current": state, "step": step}
