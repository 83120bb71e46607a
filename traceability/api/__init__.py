"""The EPCIS 2.0 REST interface under ``/epcis/v2``, for the programs of others."""

from traceability.api import capture, events, openapi, queries, resources
from traceability.api.blueprint import blueprint

__all__ = ["blueprint", "capture", "events", "openapi", "queries", "resources"]
