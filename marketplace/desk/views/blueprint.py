"""The blueprint of the operator's desk."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__)
