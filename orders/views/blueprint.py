"""The blueprint that all pages of orders hang on."""

from flask import Blueprint, Response

blueprint = Blueprint("orders", __name__)


@blueprint.after_request
def keep_to_the_buyer(response: Response) -> Response:
    """Keep addresses and orders out of every cache: whoever holds a phone next must not read them."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
