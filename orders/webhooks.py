"""Webhooks of the card gateway and the bank feed: verify, store, answer at once."""

import hashlib

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.errors import Refused
from marketplace.core.inbox import store_webhook
from marketplace.core.registry import resolve
from orders.ports import BankFeed, PaymentGateway

blueprint = Blueprint("orders_webhooks", __name__)
_UNAUTHORISED = 401


@blueprint.post("/webhooks/stripe")
@needs(Permission.PUBLIC)
def stripe() -> ResponseReturnValue:
    """Take an event of Stripe, signed as in its documentation ("Verify webhook signatures")."""
    body = request.get_data()
    try:
        event = resolve(PaymentGateway).read_webhook(body=body, signature=request.headers.get("Stripe-Signature", ""))
    except Refused as error:
        return {"error": error.code}, _UNAUTHORISED
    with transaction() as session:
        store_webhook(
            session,
            source="stripe",
            external_id=event.event_id,
            headers={"kind": event.kind, "payment": event.payment_reference or ""},
            body=body,
            now=utcnow(),
        )
    return {"received": True}


@blueprint.post("/webhooks/sepay")
@needs(Permission.PUBLIC)
def sepay() -> ResponseReturnValue:
    """Take a bank credit told by SePay. Its id removes repetitions."""
    feed = resolve(BankFeed)
    body = request.get_data()
    try:
        feed.check_webhook(authorization=request.headers.get("Authorization", ""))
    except Refused as error:
        return {"success": False, "error": error.code}, _UNAUTHORISED
    try:
        credit = feed.read_webhook(body)
    except Refused:
        # Signed with our key, yet unreadable: kept for a person to look at, and not sent again and again.
        external_id = f"unreadable-{hashlib.sha256(body).hexdigest()}"
    else:
        if credit is None:
            return {"success": True}
        external_id = credit.external_id
    with transaction() as session:
        store_webhook(session, source="sepay", external_id=external_id, headers={}, body=body, now=utcnow())
    return {"success": True}
