"""The carrier's messages: check the secret, store, answer at once (Viettel Post waits one second)."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from logistics.errors import ForgedWebhook
from logistics.ports import Carrier
from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.inbox import store_webhook
from marketplace.core.registry import resolve

blueprint = Blueprint("logistics_webhooks", __name__)
#: A real message has about 2 KB.
_MAX_BYTES = 64 * 1024
_UNAUTHORISED, _TOO_LARGE, _LENGTH_REQUIRED = 401, 413, 411


@blueprint.post("/webhooks/viettelpost")
@needs(Permission.PUBLIC)
def viettelpost() -> ResponseReturnValue:
    """Take a message of Viettel Post. Every kind is acknowledged, else it would be sent again and again."""
    if request.content_length is None:
        return {"error": "length_required"}, _LENGTH_REQUIRED
    if request.content_length > _MAX_BYTES:
        return {"error": "too_large"}, _TOO_LARGE
    body = request.get_data(cache=False)
    try:
        key = resolve(Carrier).check_webhook(headers=dict(request.headers), body=body)
    except ForgedWebhook as error:
        return {"error": error.code}, _UNAUTHORISED
    with transaction() as session:
        # Headers are not kept: the secret may be among them.
        store_webhook(session, source="viettelpost", external_id=key, headers={}, body=body, now=utcnow())
    return {"received": True}
