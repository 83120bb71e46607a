"""The blueprint of the interface: who asks, what was agreed on in headers, and how errors are told.

Only keys open anything here. A session of the market's pages is never looked at, so there is nothing to forge a
request with.
"""

import structlog
from flask import Blueprint, Response, g, request
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from marketplace.core.errors import DomainError
from marketplace.core.limits import limiter
from traceability.api.access import name_caller, read_caller, write_limit
from traceability.api.negotiation import add_headers, answer_options, check_request
from traceability.api.problems import answer_http, answer_problem, answer_status
from traceability.errors import EpcisProblem

PREFIX = "/epcis/v2"
blueprint = Blueprint("epcis", __name__, url_prefix=PREFIX)
limiter.limit(write_limit, key_func=name_caller)(blueprint)
log = structlog.get_logger(__name__)


@blueprint.before_request
def _agree() -> Response | None:
    """Answer OPTIONS, and refuse what was asked for in a way that we do not speak."""
    if request.method == "OPTIONS":
        return answer_options()
    check_request()
    return None


@blueprint.after_request
def _tell(response: Response) -> Response:
    return add_headers(response)


@blueprint.errorhandler(EpcisProblem)
def _on_problem(problem: EpcisProblem) -> Response:
    return add_headers(answer_problem(problem, has_key=read_caller().has_key))


@blueprint.errorhandler(DomainError)
def _on_domain_error(error: DomainError) -> Response:
    # Only a leaf that is too long for the log ends here.
    problem = EpcisProblem("ValidationException", f"The event cannot be kept ({error.code}).")
    return add_headers(answer_problem(problem))


@blueprint.errorhandler(IntegrityError)
def _on_race(error: IntegrityError) -> Response:
    # Two requests brought the same event at the same moment; the other one was first.
    log.info("epcis_race", error=str(error.orig)[:200])
    detail = "This was captured by another request at the same moment."
    return add_headers(answer_problem(EpcisProblem("ResourceAlreadyExistsException", detail)))


@blueprint.errorhandler(DataError)
def _on_data_error(error: DataError) -> Response:
    log.warning("epcis_data_error", error=str(error.orig)[:200])
    return add_headers(answer_status(404, "Not Found"))


@blueprint.errorhandler(OperationalError)
def _on_operational_error(error: OperationalError) -> Response:
    if g.get("is_querying") and "statement timeout" in str(error.orig):
        detail = "The query takes too long. Narrow it down, for example by GE_eventTime and LT_eventTime."
        return add_headers(answer_problem(EpcisProblem("QueryTooComplexException", detail)))
    log.error("database_unavailable", error=str(error.orig)[:200])
    return add_headers(answer_status(503, "Service Unavailable"))


@blueprint.errorhandler(HTTPException)
def _on_http_error(error: HTTPException) -> Response:
    return add_headers(answer_http(error))


@blueprint.errorhandler(Exception)
def _on_error(error: Exception) -> Response:
    log.error("unhandled", path=request.path, exc_info=error)
    return add_headers(answer_status(500, "Internal Server Error"))


def answer_unrouted(error: HTTPException) -> Response:
    """Return the answer to a request below our prefix that no view of ours took: an unknown address or method."""
    return add_headers(answer_http(error))
