"""Test cards and what becomes of a payment with each."""

import re
from dataclasses import dataclass

from simulators.store import Json
from simulators.stripe import forms
from simulators.stripe.errors import ApiError


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: its number, Stripe's token for it, and how it behaves."""

    number: str
    tokens: tuple[str, ...]
    brand: str = "visa"
    #: (code, decline_code, message) when a charge is declined.
    decline: tuple[str, str | None, str] | None = None
    needs_authentication: bool = False
    #: "succeeded", "pending" (later succeeded) or "failed" (pending, later failed).
    refund: str = "succeeded"


_GENERIC = ("card_declined", "generic_decline", "Your card was declined.")
CARDS = (
    Card("4242424242424242", ("pm_card_visa", "tok_visa")),
    Card("5555555555554444", ("pm_card_mastercard", "tok_mastercard"), "mastercard"),
    Card(
        "4000000000000002", ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined", "tok_chargeDeclined"),
        decline=_GENERIC,
    ),
    Card("4000000000000341", ("pm_card_chargeCustomerFail", "tok_chargeCustomerFail"), decline=_GENERIC),
    Card(
        "4000000000009995", ("pm_card_chargeDeclinedInsufficientFunds", "pm_card_visa_chargeDeclinedInsufficientFunds"),
        decline=("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ),
    Card(
        "4000000000000069", ("pm_card_chargeDeclinedExpiredCard",),
        decline=("expired_card", None, "Your card has expired."),
    ),
    Card(
        "4000000000000127", ("pm_card_chargeDeclinedIncorrectCvc",),
        decline=("incorrect_cvc", None, "Your card's security code is incorrect."),
    ),
    Card(
        "4000000000000119", ("pm_card_chargeDeclinedProcessingError",),
        decline=("processing_error", None, "An error occurred while processing your card. Try again in a little bit."),
    ),
    Card(
        "4000002500003155", ("pm_card_authenticationRequiredOnSetup", "pm_card_threeDSecureOptional"),
        needs_authentication=True,
    ),
    Card("4000000000003220", ("pm_card_threeDSecure2Required",), needs_authentication=True),
    Card("4000002760003184", ("pm_card_authenticationRequired",), needs_authentication=True),
    Card(
        "4000008400001629", ("pm_card_threeDSecureRequiredChargeDeclined",),
        needs_authentication=True, decline=_GENERIC,
    ),
    Card("4000000000007726", ("pm_card_pendingRefund",), refund="pending"),
    Card("4000000000005126", ("pm_card_refundFail",), refund="failed"),
)  # fmt: skip
_BY_NUMBER = {card.number: card for card in CARDS}
_BY_TOKEN = {token: card for card in CARDS for token in card.tokens}
_PLAIN = CARDS[0]
_BILLING = ("address", "email", "name", "phone", "tax_id")


def by_token(token: str) -> Card | None:
    """Return the card behind one of Stripe's test tokens."""
    return _BY_TOKEN.get(token)


def by_last4(last4: str) -> Card:
    """Return how a stored card behaves; one that is no test card behaves like 4242."""
    return next((card for card in CARDS if card.number.endswith(last4)), _PLAIN)


def card_details(number: str, brand: str, month: int, year: int) -> Json:
    """Return the ``card`` object of a PaymentMethod: never the number itself."""
    return {
        "brand": brand, "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "VN", "display_brand": brand, "exp_month": month, "exp_year": year,
        "fingerprint": f"fp{number[-6:]}",
        "funding": "credit", "generated_from": None, "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None}, "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True}, "wallet": None,
    }  # fmt: skip


def read_card(data: Json, *, year_now: int, month_now: int, may_hold_number: bool) -> Json:
    """Check a card as typed, or a token, and return its details. Raises ApiError."""
    forms.refuse_unknown(data, ("number", "exp_month", "exp_year", "cvc", "token", "networks"), "card")
    token = forms.text(data, "token")
    if token is not None:
        card = by_token(token)
        if card is None:
            raise ApiError(f"No such token: '{token}'", code="resource_missing", param="card[token]")
        return card_details(card.number, card.brand, 12, year_now + 8)
    if not may_hold_number:
        raise ApiError(
            "Sending credit card numbers directly to the Stripe API is generally unsafe. "
            "Use test payment methods such as pm_card_visa, or collect cards with Stripe.js."
        )
    number = re.sub(r"[\s-]", "", forms.required(data, "number"))
    if not re.fullmatch(r"\d{13,19}", number) or not _luhn(number):
        raise _card_error("Your card number is incorrect.", "incorrect_number", "number")
    month, year = forms.integer(data, "exp_month") or 0, forms.integer(data, "exp_year") or 0
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise _card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    if (year, month) < (year_now, month_now) or year > year_now + 50:
        raise _card_error("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    if not re.fullmatch(r"\d{3,4}", forms.text(data, "cvc") or "000"):
        raise _card_error("Your card's security code is invalid.", "invalid_cvc", "cvc")
    return card_details(number, _brand(number), month, year)


def billing(params: Json) -> Json:
    """Return billing details, every field there."""
    given = forms.nested(params, "billing_details", _BILLING)
    address = forms.nested(given, "address")
    fields = ("city", "country", "line1", "line2", "postal_code", "state")
    return {
        "address": {field: address.get(field) or None for field in fields}, "email": given.get("email") or None,
        "name": given.get("name") or None, "phone": given.get("phone") or None, "tax_id": None,
    }  # fmt: skip


def decline_error(card: Card, charge: str, intent: Json | None = None) -> ApiError:
    """Build the answer for a declined charge: HTTP 402 with the PaymentIntent inside."""
    code, decline_code, message = card.decline or _GENERIC
    return ApiError(
        message, status=402, type_="card_error", code=code, decline_code=decline_code, charge=charge,
        doc_url=f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}", payment_intent=intent,
    )  # fmt: skip


def _brand(number: str) -> str:
    known = _BY_NUMBER.get(number)
    if known is not None:
        return known.brand
    return {"4": "visa", "5": "mastercard", "2": "mastercard", "3": "amex"}.get(number[0], "unknown")


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _card_error(message: str, code: str, param: str) -> ApiError:
    return ApiError(message, status=402, type_="card_error", code=code, param=param)
