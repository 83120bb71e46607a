"""Stripe: PaymentIntents and refunds through the official SDK. VND has no minor unit: 50000 is 50.000 đồng."""

import stripe

from marketplace.core.errors import Refused, Unavailable
from orders.ports import CardPayment, CardRefund, CardState, GatewayEvent, RefundOutcome

_CURRENCY = "vnd"
#: Refund states at Stripe -> ours. A pending one is asked about again when a webhook comes, and by the sweeper.
_REFUNDS = {
    "succeeded": RefundOutcome.DONE,
    "pending": RefundOutcome.PENDING,
    "requires_action": RefundOutcome.PENDING,
    "failed": RefundOutcome.REFUSED,
    "canceled": RefundOutcome.REFUSED,
}
#: Seconds. Pages call it too, and a page that waits holds its process; tasks try again by themselves.
_PATIENCE = 5
_BUSY = (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError)


class StripeGateway:
    """One Stripe account. The client is built here, so that nothing global is configured."""

    def __init__(
        self,
        *,
        api_base: str,
        secret_key: str,
        publishable_key: str,
        webhook_secret: str,
        script_url: str,
        market_name: str,
    ) -> None:
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base},
            max_network_retries=1,
            http_client=stripe.new_default_http_client(timeout=_PATIENCE),
        )
        self._market_name = market_name
        self._webhook_secret = webhook_secret
        self.publishable_key = publishable_key
        self.script_url = script_url

    def open_payment(self, *, attempt_key: str, amount_vnd: int, order_number: str) -> CardPayment:
        """Create a PaymentIntent under the attempt's own idempotency key. Raises ``Unavailable``."""
        try:
            intent = self._client.v1.payment_intents.create(
                {
                    "amount": amount_vnd,
                    "currency": _CURRENCY,
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "description": f"{self._market_name} {order_number}",
                    "metadata": {"order_number": order_number, "attempt_key": attempt_key},
                },
                {"idempotency_key": f"open-{attempt_key}"},
            )
        except stripe.StripeError as error:
            raise _unavailable() from error
        return _read_intent(intent)

    def get_payment(self, reference: str) -> CardPayment:
        """Retrieve a PaymentIntent. Raises ``Unavailable``."""
        try:
            return _read_intent(self._client.v1.payment_intents.retrieve(reference))
        except stripe.StripeError as error:
            raise _unavailable() from error

    def cancel_payment(self, reference: str) -> CardPayment:
        """Cancel a PaymentIntent; Stripe refuses when it was paid meanwhile, so the truth is read again."""
        try:
            return _read_intent(
                self._client.v1.payment_intents.cancel(reference, None, {"idempotency_key": f"cancel-{reference}"})
            )
        except stripe.InvalidRequestError:
            return self.get_payment(reference)
        except stripe.StripeError as error:
            raise _unavailable() from error

    def refund(self, *, reference: str, amount_vnd: int, key: str) -> CardRefund:
        """Refund a part of a PaymentIntent. A refusal by Stripe is final; anything unclear raises ``Unavailable``."""
        try:
            refund = self._client.v1.refunds.create(
                {"payment_intent": reference, "amount": amount_vnd, "metadata": {"refund_key": key}},
                {"idempotency_key": f"refund-{key}"},
            )
        except _BUSY as error:
            raise _unavailable() from error
        except stripe.StripeError:
            return CardRefund("", RefundOutcome.REFUSED)
        return _read_refund(refund)

    def get_refund(self, reference: str) -> CardRefund:
        """Retrieve a refund. Raises ``Unavailable``."""
        try:
            return _read_refund(self._client.v1.refunds.retrieve(reference))
        except stripe.StripeError as error:
            raise _unavailable() from error

    def read_webhook(self, *, body: bytes, signature: str) -> GatewayEvent:
        """Verify a webhook (HMAC with a time stamp, five minutes' tolerance). Raises ``Refused``."""
        try:
            event = self._client.construct_event(body, signature, self._webhook_secret)
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise Refused("webhook_forged", "Chữ ký không đúng.") from error
        subject = event.data.object
        reference = None
        if event.type.startswith("payment_intent."):
            reference = str(subject["id"])
        elif "payment_intent" in subject:
            reference = str(subject["payment_intent"])
        return GatewayEvent(event.id, event.type, reference)


def _read_intent(intent: stripe.PaymentIntent) -> CardPayment:
    state = CardState.OPEN
    if intent.status == "succeeded":
        state = CardState.PAID
    elif intent.status == "canceled":
        state = CardState.CANCELLED
    return CardPayment(
        reference=intent.id,
        client_secret=intent.client_secret or "",
        state=state,
        amount_vnd=intent.amount,
        received_vnd=intent.amount_received or 0,
        attempt_key=str(intent.metadata["attempt_key"]) if "attempt_key" in intent.metadata else "",
    )


def _read_refund(refund: stripe.Refund) -> CardRefund:
    return CardRefund(refund.id, _REFUNDS.get(refund.status or "", RefundOutcome.PENDING))


def _unavailable() -> Unavailable:
    message = "Cổng thanh toán thẻ chưa trả lời. Bạn chưa bị trừ tiền; hãy thử lại sau ít phút."
    return Unavailable("gateway_unavailable", message)
