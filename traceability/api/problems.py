"""Errors of the interface: ``application/problem+json`` (RFC 9457), with types as EPCIS 2.0 names them."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException

from traceability.errors import EpcisProblem

PROBLEM_JSON = "application/problem+json"
#: Exception of the standard -> (status, title). SecurityException is 401 without a key and 403 with one.
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "ValidationException": (400, "The content does not follow EPCIS 2.0"),
    "QueryValidationException": (400, "The query cannot be read"),
    "QueryParameterException": (400, "A parameter of the query is wrong"),
    "SubscriptionControlsException": (400, "The subscription cannot be made like this"),
    "SecurityException": (403, "Access denied"),
    "NoSuchNameException": (404, "There is no query of this name"),
    "NoSuchResourceException": (404, "Resource not found"),
    "NotAcceptableException": (406, "The answer cannot be given as asked for"),
    "ResourceAlreadyExistsException": (409, "The resource exists already"),
    "CaptureLimitExceededException": (413, "The capture is too large"),
    "QueryTooLargeException": (413, "The query finds too many events"),
    "QueryTooComplexException": (413, "The query is too complex"),
    "URITooLongException": (414, "The address is too long"),
    "UnsupportedMediaTypeException": (415, "Media type not supported"),
    "ImplementationException": (501, "Not supported by this server"),
}
#: Status of HTTP -> exception of the standard, where it has one for it.
_OF_STATUS = {
    404: "NoSuchResourceException",
    413: "CaptureLimitExceededException",
    414: "URITooLongException",
    415: "UnsupportedMediaTypeException",
}
_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not answer to this method; see the Allow header.",
    413: "The body is longer than this server takes; see the GS1-EPCIS-Capture-File-Size-Limit header.",
    429: "Too many requests. Try again later; see the Retry-After header.",
    500: "An error on our side. It has been written down.",
    503: "The database does not answer at the moment. Try again later.",
}


def answer_problem(problem: EpcisProblem, *, has_key: bool = True) -> Response:
    """Return the answer to a request that failed in a way that the standard names."""
    status, title = PROBLEMS[problem.name]
    if problem.name == "SecurityException" and not has_key:
        status, title = 401, "A key is needed"
    response = _answer(f"epcisException:{problem.name}", status, title, problem.detail, problem.faults)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="EPCIS"'
    return response


def answer_status(status: int, name: str) -> Response:
    """Return the answer to a request that failed before the standard had a say. ``name`` is HTTP's for the status."""
    detail = _DETAILS.get(status, name)
    exception = _OF_STATUS.get(status) or ("ImplementationException" if status >= 500 else None)
    if exception is None:
        return _answer("about:blank", status, name, detail, ())
    title = name if status >= 500 else PROBLEMS[exception][1]
    return _answer(f"epcisException:{exception}", status, title, detail, ())


def answer_http(error: HTTPException) -> Response:
    """Return the answer to an error of HTTP (an unknown address, a method, too many requests)."""
    response = answer_status(error.code or 500, error.name)
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def describe_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fault of a capture job as a problem document."""
    status, title = PROBLEMS[error["exception"]]
    return _describe(
        f"epcisException:{error['exception']}",
        status,
        title,
        error["detail"],
        [(fault["pointer"], fault["message"]) for fault in error["faults"]],
    )


def _answer(type_: str, status: int, title: str, detail: str, faults: Any) -> Response:
    body = {**_describe(type_, status, title, detail, faults), "instance": request.path}
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=PROBLEM_JSON)


def _describe(type_: str, status: int, title: str, detail: str, faults: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"type": type_, "title": title, "status": status, "detail": detail}
    if faults:
        # RFC 9457, section 3: each fault with the JSON pointer of its place.
        body["errors"] = [{"pointer": f"#{pointer}", "detail": message} for pointer, message in faults]
    return body
