"""The blueprint that all pages of traceability hang on."""

from flask import Blueprint

blueprint = Blueprint("traceability", __name__)
