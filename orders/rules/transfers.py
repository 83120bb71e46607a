"""What a bank credit means for a payment: exact, under, over, twice, late, or nobody's."""

from dataclasses import dataclass
from enum import StrEnum

from orders.rules.states import PaymentState


class CreditVerdict(StrEnum):
    """How a credit fits."""

    EXACT = "exact"
    UNDER = "under"
    OVER = "over"
    DUPLICATE = "duplicate"
    LATE = "late"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class CreditDecision:
    """What to do with a credit: does it pay the order, and how much of it goes back. Money in đồng."""

    verdict: CreditVerdict
    pays: bool
    refund_vnd: int


def judge_credit(*, state: PaymentState, amount_vnd: int, received_vnd: int, credit_vnd: int) -> CreditDecision:
    """Judge a credit against a payment that has ``received_vnd`` so far. Partial sums add up until they suffice."""
    if state is PaymentState.PAID:
        return CreditDecision(CreditVerdict.DUPLICATE, pays=False, refund_vnd=credit_vnd)
    if state in {PaymentState.EXPIRED, PaymentState.VOID}:
        return CreditDecision(CreditVerdict.LATE, pays=False, refund_vnd=credit_vnd)
    total = received_vnd + credit_vnd
    if total < amount_vnd:
        return CreditDecision(CreditVerdict.UNDER, pays=False, refund_vnd=0)
    over = total - amount_vnd
    verdict = CreditVerdict.OVER if over else CreditVerdict.EXACT
    return CreditDecision(verdict, pays=True, refund_vnd=over)
