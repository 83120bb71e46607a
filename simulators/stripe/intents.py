"""PaymentIntents: create, update, confirm, authenticate, capture, cancel, by the table of legal states."""

from datetime import UTC, datetime

from simulators.store import Json
from simulators.stripe import cards, forms
from simulators.stripe.charges import Charges
from simulators.stripe.errors import ApiError, wrong_state
from simulators.stripe.ledger import Ledger, public

#: Smallest and largest amounts of a charge. A VND has no minor unit; Stripe wants about USD 0.50.
_LIMITS = {"vnd": (13_000, 99_999_999), "usd": (50, 99_999_999), "eur": (50, 99_999_999)}
_SHARED = frozenset({
    "amount_details", "excluded_payment_method_types", "expand", "hooks", "payment_details", "payment_method",
    "payment_method_data", "payment_method_options", "receipt_email", "setup_future_usage", "shipping",
    "capture_method",
})  # fmt: skip
_UPDATE = _SHARED | {
    "amount", "application_fee_amount", "currency", "customer", "description", "metadata",
    "payment_method_configuration",
    "payment_method_types", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
}  # fmt: skip
_CONFIRM_ONLY = {
    "confirmation_token", "error_on_requires_action", "mandate", "mandate_data", "off_session", "radar_options",
    "return_url", "use_stripe_sdk",
}  # fmt: skip
_CREATE = _UPDATE | _CONFIRM_ONLY | {"automatic_payment_methods", "confirm", "confirmation_method", "on_behalf_of"}
_CONFIRM = _SHARED | _CONFIRM_ONLY | {"client_secret"}
_CAPTURE = {
    "amount_details", "amount_to_capture", "application_fee_amount", "expand", "final_capture", "metadata",
    "payment_details", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
}  # fmt: skip
_CANCEL_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
#: Which calls each state allows.
LEGAL = {
    "requires_payment_method": {"update", "confirm", "cancel"},
    "requires_confirmation": {"update", "confirm", "cancel"},
    "requires_action": {"update", "confirm", "cancel", "authenticate"},
    "processing": set(),
    "requires_capture": {"capture", "cancel"},
    "succeeded": set(),
    "canceled": set(),
}
#: What may change in any state.
_HARMLESS = {"metadata", "description", "expand", "receipt_email", "shipping", "transfer_group"}


class Intents:
    """The use cases around a PaymentIntent. Hold the store's lock."""

    def __init__(self, ledger: Ledger, charges: Charges, authenticate_url: str) -> None:
        """``authenticate_url`` is the page for 3-D Secure, where {base} stands for the address asked."""
        self._ledger = ledger
        self._charges = charges
        self._authenticate_url = authenticate_url

    def create(self, params: Json, base: str) -> Json:
        """Create a PaymentIntent, and confirm it at once when asked. Raises ApiError."""
        forms.refuse_unknown(params, _CREATE)
        forms.required(params, "amount")
        forms.required(params, "currency")
        automatic = forms.nested(params, "automatic_payment_methods", ("enabled", "allow_redirects"))
        types = forms.as_list(params, "payment_method_types")
        if types and automatic:
            raise ApiError(
                "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."
            )
        is_automatic = not types and forms.boolean(automatic, "enabled", default=True)
        confirm = forms.boolean(params, "confirm")
        if not confirm:
            for name in _CONFIRM_ONLY - {"mandate", "radar_options"}:
                if name in params:
                    raise ApiError(f"The parameter {name} can only be given with confirm=true.", param=name)
        fields: Json = {
            "amount": 0, "amount_capturable": 0, "amount_details": {"tip": {}}, "amount_received": 0,
            "application": None, "application_fee_amount": None,
            "automatic_payment_methods": {
                "allow_redirects": forms.text(automatic, "allow_redirects", ("always", "never")) or "always",
                "enabled": True,
            } if is_automatic else None,
            "canceled_at": None, "cancellation_reason": None, "capture_method": "automatic_async",
            "client_secret": None,
            "confirmation_method": forms.text(params, "confirmation_method", ("automatic", "manual")) or "automatic",
            "currency": "", "customer": None, "description": None, "excluded_payment_method_types": None,
            "last_payment_error": None, "latest_charge": None, "metadata": {}, "next_action": None,
            "on_behalf_of": None,
            "payment_method": None, "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": types or ["card"], "processing": None, "receipt_email": None, "review": None,
            "setup_future_usage": None, "shipping": None, "source": None, "statement_descriptor": None,
            "statement_descriptor_suffix": None, "status": "requires_payment_method", "transfer_data": None,
            "transfer_group": None,
        }  # fmt: skip
        self._read(fields, params)
        method = self._method(params)
        intent = self._ledger.add("payment_intent", fields)
        intent["client_secret"] = f"{intent['id']}_secret_{self._ledger.new_id('')}"
        if method is not None:
            intent.update(payment_method=method["id"], status="requires_confirmation")
        self._ledger.emit("payment_intent.created", intent)
        if confirm:
            rest: Json = {
                name: params[name]
                for name in ("return_url", "use_stripe_sdk", "error_on_requires_action")
                if name in params
            }
            self.confirm(intent["id"], rest, base, may_hold_number=False)
        return intent

    def update(self, key: str, params: Json) -> Json:
        """Change a PaymentIntent as far as its state allows. Raises ApiError."""
        forms.refuse_unknown(params, _UPDATE)
        intent = self._ledger.get("payment_intent", key, "intent")
        held = sorted(set(params) - _HARMLESS)
        if held and "update" not in LEGAL[intent["status"]]:
            raise wrong_state(
                f"This PaymentIntent's {held[0]} could not be updated because it has a status of {intent['status']}.",
                public(intent),
            )
        draft = dict(intent)
        self._read(draft, params)
        method = self._method(params)
        if method is not None:
            draft.update(payment_method=method["id"], status="requires_confirmation", next_action=None)
        intent.update(draft)
        self._ledger.store.touch()
        return intent

    def confirm(self, key: str, params: Json, base: str, *, may_hold_number: bool) -> Json:
        """Charge the card, or ask for 3-D Secure. Raises ApiError (402 when the card is declined)."""
        forms.refuse_unknown(params, _CONFIRM)
        intent = self._ledger.get("payment_intent", key, "intent")
        self._allow(intent, "confirm")
        method = self._method(params, may_hold_number=may_hold_number)
        if method is None and intent["payment_method"] is None:
            raise ApiError(
                "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update "
                "the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with "
                "a payment method or ConfirmationToken.",
                code="payment_intent_unexpected_state", payment_intent=public(intent),
            )  # fmt: skip
        return_url = forms.text(params, "return_url")
        automatic = intent["automatic_payment_methods"]
        if automatic and automatic["allow_redirects"] == "always" and return_url is None:
            raise ApiError(
                "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
                "these payment methods might redirect your customer off of your page, you must provide a `return_url`. "
                "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` "
                "to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
                "Payment Intents."
            )
        if method is not None:
            intent["payment_method"] = method["id"]
        card = self._card(intent)
        if card.needs_authentication:
            if forms.boolean(params, "error_on_requires_action"):
                raise ApiError(
                    "This payment required an authentication action to complete, but "
                    "`error_on_requires_action` was set.",
                    status=402, type_="card_error", code="authentication_required", payment_intent=public(intent),
                )  # fmt: skip
            self._ask_for_authentication(intent, return_url, base, is_sdk=forms.boolean(params, "use_stripe_sdk"))
            return intent
        self._charge(intent, card)
        return intent

    def authenticate(self, key: str, *, is_successful: bool) -> Json:
        """End 3-D Secure: charge the card, or give the PaymentIntent back. Raises ApiError in any other state."""
        intent = self._ledger.get("payment_intent", key, "intent")
        self._allow(intent, "authenticate")
        if is_successful:
            try:
                self._charge(intent, self._card(intent))
            except ApiError as declined:
                if declined.status != 402:  # a declined card is a result here, not an error
                    raise
            return intent
        self._fail(intent, {
            "code": "payment_intent_authentication_failure", "type": "invalid_request_error",
            "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
            "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a "
            "new PaymentMethod to attempt to fulfill this PaymentIntent again.",
        })  # fmt: skip
        return intent

    def capture(self, key: str, params: Json) -> Json:
        """Take the money that was set aside, or a part of it; the rest is let go. Raises ApiError."""
        forms.refuse_unknown(params, _CAPTURE)
        intent = self._ledger.get("payment_intent", key, "intent")
        self._allow(intent, "capture")
        amount = forms.integer(params, "amount_to_capture") or intent["amount_capturable"]
        if not 1 <= amount <= intent["amount_capturable"]:
            raise ApiError(
                f"The requested capture amount is greater than the amount you can capture for this charge "
                f"({intent['amount_capturable']}).", code="amount_too_large", param="amount_to_capture",
            )  # fmt: skip
        intent["metadata"] = forms.metadata(params, intent["metadata"])
        self._charges.capture(intent["latest_charge"], amount)
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        self._ledger.store.touch()
        self._ledger.emit("payment_intent.succeeded", intent)
        return intent

    def cancel(self, key: str, params: Json) -> Json:
        """Give a PaymentIntent up; money set aside is let go. Raises ApiError."""
        forms.refuse_unknown(params, {"cancellation_reason", "expand"})
        intent = self._ledger.get("payment_intent", key, "intent")
        self._allow(intent, "cancel")
        reason = forms.text(params, "cancellation_reason", _CANCEL_REASONS)
        if intent["status"] == "requires_capture":
            self._charges.release(intent["latest_charge"])
        intent.update(
            status="canceled", canceled_at=self._ledger.now(), cancellation_reason=reason, amount_capturable=0,
            next_action=None,
        )  # fmt: skip
        self._ledger.store.touch()
        self._ledger.emit("payment_intent.canceled", intent)
        return intent

    def _allow(self, intent: Json, call: str) -> None:
        if call not in LEGAL[intent["status"]]:
            raise wrong_state(
                f"You cannot {call} this PaymentIntent because it has a status of {intent['status']}.", public(intent)
            )

    def _read(self, fields: Json, params: Json) -> None:
        """Take over what may be set at creation and changed later."""
        if "currency" in params:
            currency = forms.required(params, "currency").lower()
            if currency not in _LIMITS:
                raise ApiError(f"Invalid currency: {currency}.", param="currency")
            fields["currency"] = currency
        if "amount" in params:
            fields["amount"] = forms.integer(params, "amount")
        if "amount" in params or "currency" in params:
            _check_amount(fields["amount"], fields["currency"])
        if "customer" in params:
            customer = forms.text(params, "customer")
            fields["customer"] = self._ledger.get("customer", customer, "customer")["id"] if customer else None
        method = forms.text(params, "capture_method", _CAPTURE_METHODS)
        fields["capture_method"] = method or fields["capture_method"]
        for name in (
            "description",
            "receipt_email",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_group",
        ):
            if name in params:
                fields[name] = forms.text(params, name)
        if "setup_future_usage" in params:
            fields["setup_future_usage"] = forms.text(params, "setup_future_usage", ("off_session", "on_session"))
        if "shipping" in params:
            fields["shipping"] = (
                forms.nested(params, "shipping", ("address", "name", "phone", "carrier", "tracking_number")) or None
            )
        fields["metadata"] = forms.metadata(params, fields["metadata"])

    def _method(self, params: Json, *, may_hold_number: bool = False) -> Json | None:
        """Return the PaymentMethod that the parameters name or describe, if any."""
        data = forms.nested(params, "payment_method_data")
        if data:
            return self.create_method(data, may_hold_number=may_hold_number)
        key = forms.text(params, "payment_method")
        if key is None:
            return None
        card = cards.by_token(key)
        if card is None:
            return self._ledger.get("payment_method", key, "payment_method")
        return self._add_method(
            cards.card_details(card.number, card.brand, 12, self._today().year + 8), cards.billing({}), {}
        )

    def create_method(self, params: Json, *, may_hold_number: bool) -> Json:
        """Create a PaymentMethod of type card. Raises ApiError."""
        forms.refuse_unknown(
            params,
            ("type", "card", "billing_details", "metadata", "expand", "allow_redisplay", "radar_options"),
        )
        if forms.required(params, "type") != "card":
            raise ApiError("This simulator knows payment methods of the type card only.", param="type")
        today = self._today()
        details = cards.read_card(
            forms.nested(params, "card"), year_now=today.year, month_now=today.month, may_hold_number=may_hold_number
        )
        return self._add_method(details, cards.billing(params), forms.metadata(params))

    def _add_method(self, details: Json, billing: Json, metadata: Json) -> Json:
        return self._ledger.add("payment_method", {
            "allow_redisplay": "unspecified", "billing_details": billing, "card": details, "customer": None,
            "metadata": metadata, "type": "card",
        })  # fmt: skip

    def _today(self) -> datetime:
        return datetime.fromtimestamp(self._ledger.clock.epoch(), UTC)

    def _card(self, intent: Json) -> cards.Card:
        method = self._ledger.get("payment_method", intent["payment_method"])
        return cards.by_last4(method["card"]["last4"])

    def _ask_for_authentication(self, intent: Json, return_url: str | None, base: str, *, is_sdk: bool) -> None:
        url = self._authenticate_url.format(base=base, intent=intent["id"], secret=intent["client_secret"])
        if is_sdk:
            intent["next_action"] = {
                "type": "use_stripe_sdk",
                "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
            }
        else:
            intent["next_action"] = {
                "type": "redirect_to_url",
                "redirect_to_url": {"return_url": return_url, "url": url},
            }
        intent["status"] = "requires_action"
        intent["last_payment_error"] = None
        self._ledger.store.touch()
        self._ledger.emit("payment_intent.requires_action", intent)

    def _charge(self, intent: Json, card: cards.Card) -> None:
        is_manual = intent["capture_method"] == "manual"
        charge = self._charges.add(intent, card, is_captured=not is_manual)
        intent["latest_charge"] = charge["id"]
        if card.decline is not None:
            error = cards.decline_error(card, charge["id"]).body["error"]
            error["payment_method"] = public(self._ledger.get("payment_method", intent["payment_method"]))
            self._fail(intent, error)
            raise cards.decline_error(card, charge["id"], public(intent))
        intent.update(next_action=None, last_payment_error=None)
        if is_manual:
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            self._ledger.emit("payment_intent.amount_capturable_updated", intent)
        else:
            intent.update(status="succeeded", amount_received=intent["amount"])
            self._ledger.emit("payment_intent.succeeded", intent)
        self._ledger.store.touch()

    def _fail(self, intent: Json, error: Json) -> None:
        intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error)
        self._ledger.store.touch()
        self._ledger.emit("payment_intent.payment_failed", intent)


def _check_amount(amount: int | None, currency: str) -> None:
    least, most = _LIMITS[currency]
    if amount is None or amount < least:
        raise ApiError(
            f"Amount must convert to at least 50 cents ({least} {currency}).",
            code="amount_too_small", param="amount",
        )  # fmt: skip
    if amount > most:
        raise ApiError(f"Amount must be no more than {most} {currency}.", code="amount_too_large", param="amount")
