"""Where the description of the interface is fetched."""

from flask import Response

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from traceability.api.blueprint import blueprint
from traceability.api.description import describe_interface
from traceability.api.negotiation import answer_json


@blueprint.get("/openapi.json")
@needs(Permission.PUBLIC)
def openapi() -> Response:
    """Return the description."""
    return answer_json(describe_interface())
