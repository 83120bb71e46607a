"""The blueprint that all pages of sellers hang on."""

from flask import Blueprint

blueprint = Blueprint("sellers", __name__)
