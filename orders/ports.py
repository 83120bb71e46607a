"""What orders need from outside: somebody who takes cards, and the account that buyers transfer to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class CardState(StrEnum):
    """Where a card payment stands at the gateway."""

    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CardPayment:
    """A card payment as the gateway knows it. Amounts in đồng."""

    reference: str
    client_secret: str
    state: CardState
    amount_vnd: int
    received_vnd: int
    attempt_key: str


class RefundOutcome(StrEnum):
    """How a refund stands. ``PENDING`` is with the bank and is asked about again, by its own name."""

    DONE = "done"
    PENDING = "pending"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CardRefund:
    """A refund as the gateway knows it."""

    reference: str
    outcome: RefundOutcome


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A verified message of the gateway: which payment to look at again."""

    event_id: str
    kind: str
    payment_reference: str | None


class PaymentGateway(Protocol):
    """Takes cards. Every call may raise ``Unavailable``; calls with a key may be repeated."""

    publishable_key: str
    script_url: str

    def open_payment(self, *, attempt_key: str, amount_vnd: int, order_number: str) -> CardPayment:
        """Open a payment; the same key returns the same payment."""

    def get_payment(self, reference: str) -> CardPayment:
        """Return a payment as it stands at the gateway now."""

    def cancel_payment(self, reference: str) -> CardPayment:
        """Cancel an open payment and return how it stands: one that was paid meanwhile comes back as paid."""

    def refund(self, *, reference: str, amount_vnd: int, key: str) -> CardRefund:
        """Send money back; the same key never sends it twice."""

    def get_refund(self, reference: str) -> CardRefund:
        """Return a refund as it stands at the gateway now: a bank may take days over it."""

    def read_webhook(self, *, body: bytes, signature: str) -> GatewayEvent:
        """Verify and read a webhook. Raises ``Refused`` when the signature is wrong or too old."""


@dataclass(frozen=True, slots=True)
class BankCredit:
    """Money that reached our account, as the bank feed tells it."""

    external_id: str
    amount_vnd: int
    content: str
    account_number: str
    reference: str


class BankFeed(Protocol):
    """Tells of transfers to our account."""

    bank_bin: str
    account_number: str
    account_name: str

    def check_webhook(self, *, authorization: str) -> None:
        """Raise ``Refused`` unless the webhook carries our key."""

    def read_webhook(self, body: bytes) -> BankCredit | None:
        """Read a webhook; None for money that went out. Raises ``Refused`` for what cannot be read."""
