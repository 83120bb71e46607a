"""Charges and refunds: what happened to the money of a PaymentIntent."""

from simulators.store import Json
from simulators.stripe import cards, forms
from simulators.stripe.errors import ApiError
from simulators.stripe.ledger import Ledger

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_REFUND = {
    "amount", "charge", "currency", "customer", "expand", "instructions_email", "metadata", "origin", "payment_intent",
    "reason", "refund_application_fee", "reverse_transfer",
}  # fmt: skip


class Charges:
    """The charges of the account. Hold the store's lock."""

    def __init__(self, ledger: Ledger) -> None:
        """Use the account's ledger."""
        self._ledger = ledger

    def add(self, intent: Json, card: cards.Card, *, is_captured: bool) -> Json:
        """Charge a card; a declined one leaves a failed charge behind."""
        is_good = card.decline is None
        code, decline_code, message = card.decline or (None, None, None)
        method = self._ledger.get("payment_method", intent["payment_method"])
        charge = self._ledger.add("charge", {
            "amount": intent["amount"], "amount_captured": intent["amount"] if is_good and is_captured else 0,
            "amount_refunded": 0, "billing_details": method["billing_details"], "captured": is_good and is_captured,
            "currency": intent["currency"], "customer": intent["customer"], "description": intent["description"],
            "failure_code": code, "failure_message": message, "metadata": dict(intent["metadata"]),
            "outcome": {
                "network_status": "approved_by_network" if is_good else "declined_by_network",
                "reason": decline_code, "risk_level": "normal",
                "seller_message": "Payment complete." if is_good else "The bank did not return any further details.",
                "type": "authorized" if is_good else "issuer_declined",
            },
            "paid": is_good, "payment_intent": intent["id"], "payment_method": method["id"],
            "payment_method_details": {"card": method["card"], "type": "card"},
            "receipt_email": intent["receipt_email"],
            "refunded": False, "status": "succeeded" if is_good else "failed", "_refund": card.refund,
        })  # fmt: skip
        self._ledger.emit("charge.succeeded" if is_good else "charge.failed", charge)
        return charge

    def capture(self, key: str, amount: int) -> None:
        """Take money that was set aside."""
        charge = self._ledger.get("charge", key)
        charge.update(captured=True, amount_captured=amount)
        self._ledger.emit("charge.captured", charge)

    def release(self, key: str) -> None:
        """Let go of money that was set aside."""
        charge = self._ledger.get("charge", key)
        charge.update(refunded=True, amount_refunded=charge["amount"])
        self._ledger.emit("charge.refunded", charge)

    def refund(self, params: Json) -> Json:
        """Send money back, never more than is left of a charge. Raises ApiError."""
        forms.refuse_unknown(params, _REFUND)
        charge = self._find(params)
        left = charge["amount_captured"] - charge["amount_refunded"]
        amount = forms.integer(params, "amount")
        amount = left if amount is None else amount
        if left <= 0:
            raise ApiError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if amount < 1:
            raise ApiError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
        if amount > left:
            raise ApiError(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                code="amount_too_large", param="amount",
            )  # fmt: skip
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        behaviour = charge["_refund"]
        refund = self._ledger.add("refund", {
            "amount": amount, "balance_transaction": None, "charge": charge["id"], "currency": charge["currency"],
            "destination_details": {"card": {"type": "refund"}, "type": "card"}, "metadata": forms.metadata(params),
            "payment_intent": charge["payment_intent"], "reason": forms.text(params, "reason", _REASONS),
            "receipt_number": None, "status": "succeeded" if behaviour == "succeeded" else "pending", "_end": behaviour,
        })  # fmt: skip
        self._ledger.store.touch()
        self._ledger.emit("refund.created", refund)
        self._ledger.emit("charge.refunded", charge)
        return refund

    def settle_refunds(self) -> None:
        """End refunds that a bank was still working on."""
        for refund in self._ledger.store.list_rows("refunds"):
            if refund["status"] != "pending":
                continue
            if refund["_end"] == "failed":
                refund.update(status="failed", failure_reason="lost_or_stolen_card")
                charge = self._ledger.get("charge", refund["charge"])
                charge["amount_refunded"] -= refund["amount"]
                charge["refunded"] = False
            else:
                refund["status"] = "succeeded"
            self._ledger.store.touch()
            self._ledger.emit("refund.failed" if refund["status"] == "failed" else "refund.updated", refund)

    def _find(self, params: Json) -> Json:
        key = forms.text(params, "charge")
        if key is not None:
            return self._ledger.get("charge", key, "charge")
        intent = self._ledger.get("payment_intent", forms.required(params, "payment_intent"), "payment_intent")
        charge = intent["latest_charge"]
        if charge is None or intent["status"] != "succeeded":
            raise ApiError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
            )  # fmt: skip
        return self._ledger.get("charge", charge)
