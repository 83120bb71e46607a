import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.rules.states import PaymentState
from orders.rules.transfers import CreditVerdict, judge_credit


@pytest.mark.parametrize(
    ("state", "received", "credit", "verdict", "pays", "refund"),
    [
        (PaymentState.PENDING, 0, 100, CreditVerdict.EXACT, True, 0),
        (PaymentState.PENDING, 0, 60, CreditVerdict.UNDER, False, 0),
        (PaymentState.PENDING, 60, 40, CreditVerdict.EXACT, True, 0),
        (PaymentState.PENDING, 60, 50, CreditVerdict.OVER, True, 10),
        (PaymentState.PAID, 100, 100, CreditVerdict.DUPLICATE, False, 100),
        (PaymentState.EXPIRED, 0, 100, CreditVerdict.LATE, False, 100),
        (PaymentState.VOID, 0, 100, CreditVerdict.LATE, False, 100),
    ],
)
def test_a_credit_is_judged_by_what_is_owed(state, received, credit, verdict, pays, refund):
    decision = judge_credit(state=state, amount_vnd=100, received_vnd=received, credit_vnd=credit)
    assert (decision.verdict, decision.pays, decision.refund_vnd) == (verdict, pays, refund)


@given(
    state=st.sampled_from(list(PaymentState)),
    amount=st.integers(1, 10**9),
    received=st.integers(0, 10**9),
    credit=st.integers(1, 10**9),
)
def test_no_refund_exceeds_the_credit_and_nothing_is_kept_beyond_the_price(state, amount, received, credit):
    if state is not PaymentState.PAID and received >= amount:
        return
    decision = judge_credit(state=state, amount_vnd=amount, received_vnd=received, credit_vnd=credit)
    assert 0 <= decision.refund_vnd <= credit
    if decision.pays:
        assert received + credit - decision.refund_vnd == amount
