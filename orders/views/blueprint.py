"""The blueprint that all pages of orders hang on."""

from flask import Blueprint

blueprint = Blueprint("orders", __name__)
