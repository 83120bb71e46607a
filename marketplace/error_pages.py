"""Turns what went wrong into a page (or JSON) with the right status, in the reader's language."""

from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, default_exceptions

from marketplace.accounts.gate import current_actor, permission_of
from marketplace.accounts.rules import Permission
from marketplace.core.errors import Conflict, DomainError, NotFound, Refused, TooMuch, Unavailable
from traceability.api.blueprint import PREFIX, answer_unrouted

_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (NotFound, 404),
    (Refused, 422),
    (Conflict, 409),
    (TooMuch, 413),
    (Unavailable, 503),
)
#: Pages that exist as templates/errors/<status>.html; every other status borrows the closest one.
_PAGES = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503})
_FOR_HOUSEHOLDS = frozenset({Permission.KEEP_DIARY, Permission.SELL, Permission.MANAGE_HOUSEHOLD})
log = structlog.get_logger(__name__)


def register_error_pages(app: Flask) -> None:
    """Register the handlers on an application."""
    app.register_error_handler(DomainError, _on_domain_error)
    app.register_error_handler(CSRFError, _on_csrf_error)
    app.register_error_handler(DataError, _on_data_error)
    app.register_error_handler(IntegrityError, _on_integrity_error)
    app.register_error_handler(OperationalError, _on_operational_error)
    for code in default_exceptions:
        app.register_error_handler(code, _on_http_error)


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a domain error's family."""
    return next((status for family, status in _STATUS if isinstance(error, family)), 422)


def _on_domain_error(error: DomainError) -> ResponseReturnValue:
    return _answer(status_of(error), error.message, error.code)


def _on_csrf_error(_: CSRFError) -> ResponseReturnValue:
    message = "Trang đã mở quá lâu nên không còn hiệu lực. Hãy tải lại trang rồi gửi lại."
    return _answer(400, message, "form_expired")


def _on_data_error(error: DataError) -> ResponseReturnValue:
    # A value that no form let through reached the database, e.g. an id of thirty digits in an address.
    log.warning("data_error", error=str(error.orig)[:200])
    return _answer(404, None, "not_found")


def _on_integrity_error(error: IntegrityError) -> ResponseReturnValue:
    """Two people wrote the same thing at once: the second is told so. Any other broken rule is a mistake of ours."""
    if not isinstance(error.orig, UniqueViolation):
        return _on_http_error(InternalServerError(original_exception=error))
    log.warning("written_twice", error=str(error.orig)[:200])
    message = "Vừa có người ghi đúng nội dung này. Hãy tải lại trang xem đã có chưa, rồi thử lại."
    return _answer(409, message, "written_twice")


def _on_operational_error(error: OperationalError) -> ResponseReturnValue:
    log.error("database_unavailable", error=str(error.orig)[:200])
    return _answer(503, None, "unavailable")


def _on_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        log.error("unhandled", path=request.path, exc_info=error.original_exception)
    if status < 400:
        return error
    if request.path.startswith(f"{PREFIX}/"):
        return answer_unrouted(error)
    above = _find_page_above() if status == 405 and request.method == "GET" else None
    if above is not None:
        return redirect(above, 303)
    response = _answer(status, None, str(error.name).lower().replace(" ", "_"))
    if status == 405:
        allowed: Any = error.get_headers()
        return response[0], status, {key: value for key, value in allowed if key == "Allow"}
    return response


def _find_page_above() -> str | None:
    """Return the page that holds the form whose address somebody has opened, as when a tab with an error comes back."""
    if "text/html" not in request.accept_mimetypes.values():
        return None
    routes = current_app.url_map.bind_to_environ(request.environ)
    path = request.path
    while path := path.rpartition("/")[0]:
        try:
            routes.match(path, method="GET")
        except HTTPException:
            continue
        return quote(path)
    return None


def _answer(status: int, message: str | None, code: str) -> tuple[Any, int]:
    if request.path.startswith(("/api/", "/webhooks/")) or request.accept_mimetypes.best == "application/json":
        return jsonify({"error": {"code": code, "message": message or code}}), status
    page = status if status in _PAGES else (400 if status < 500 else 500)
    may_join = page == 403 and _lacks_household()
    return render_template(f"errors/{page}.html", message=message, status=status, may_join=may_join), status


def _lacks_household() -> bool:
    """Say whether somebody came to a page for households without having opened one."""
    if permission_of(request.endpoint or "") not in _FOR_HOUSEHOLDS:
        return False
    actor = current_actor()
    return actor.is_signed_in and actor.household_id is None
