"""The blueprint that all pages of the chain of custody hang on."""

from flask import Blueprint

blueprint = Blueprint("traceability", __name__)
