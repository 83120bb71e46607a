"""Readings over HTTP, for devices: ``POST /api/sensors/readings`` with the device's key.

JSON (one reading, or up to a thousand) or a plain form, which the simplest GSM modem can send. All or nothing; what
came before changes nothing when it comes again. Errors are ``application/problem+json`` (RFC 9457).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NoReturn

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, default_exceptions

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, Refused
from marketplace.core.limits import limiter
from traceability.rules import identifiers
from traceability.rules.sensor_files import read_moment, read_value
from traceability.rules.sensors import MAX_A_DAY, MAX_AHEAD, MAX_BATCH, Measure, find_fault
from traceability.services.devices import find_device_with_key
from traceability.services.readings import take_readings

blueprint = Blueprint("sensors", __name__)
log = structlog.get_logger(__name__)
_MAX_BYTES = 256 * 1024
_FAULTS_TOLD = 20
_FORM = "application/x-www-form-urlencoded"
Fault = tuple[str, str]


class _ProblemError(Exception):
    """The call cannot be taken. ``faults`` are (JSON pointer, what is wrong there)."""

    def __init__(self, status: int, code: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.faults = status, code, detail, faults


@blueprint.errorhandler(_ProblemError)
def _on_problem(problem: _ProblemError) -> Response:
    return _answer(problem.status, problem.code, problem.detail, problem.faults)


@blueprint.errorhandler(DomainError)
def _on_refusal(error: DomainError) -> Response:
    details = {
        "too_many_readings": f"One day takes at most {MAX_A_DAY} readings of a device.",
        "key_revoked": "This key was revoked.",
    }
    return _answer(
        401 if error.code == "key_revoked" else 422,
        error.code,
        details.get(error.code, "The readings were refused."),
        (),
    )


def _on_http_error(error: HTTPException) -> Response:
    details = {
        413: f"The body is longer than {_MAX_BYTES} bytes. Send fewer readings at once.",
        429: "Too many calls. Collect readings and send them together.",
    }
    status = error.code or 500
    return _answer(status, HTTPStatus(status).name.lower(), details.get(status, error.name), ())


for _code in default_exceptions:
    # One by one: for a code that the application itself handles, Flask asks no general handler of a blueprint.
    blueprint.register_error_handler(_code, _on_http_error)


@blueprint.errorhandler(OperationalError)
def _on_operational_error(error: OperationalError) -> Response:
    log.error("database_unavailable", error=str(error.orig)[:200])
    return _answer(503, "unavailable", "The database does not answer at the moment. Send the readings again later.", ())


def _answer(status: int, code: str, detail: str, faults: Sequence[Fault]) -> Response:
    body: dict[str, Any] = {
        "type": f"{identifiers.BASE}/problem/{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    if faults:
        body["errors"] = [{"pointer": pointer, "detail": what} for pointer, what in faults[:_FAULTS_TOLD]]
    response = Response(json.dumps(body), status, content_type="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="sensors"'
    return response


def _sent_key() -> str:
    """Return the key in the headers: ``X-Device-Key``, or ``Authorization: Bearer``; empty when there is none."""
    given = request.headers.get("X-Device-Key")
    if given is not None:
        return given.strip()
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else ""


def _name_caller() -> str:
    return _sent_key()[:80] or get_remote_address()


@blueprint.post("/api/sensors/readings")
@needs(Permission.PUBLIC)
@limiter.limit("600/minute", key_func=get_remote_address)
@limiter.limit("60/minute", key_func=_name_caller)
def receive_readings() -> ResponseReturnValue:
    """Take readings of a device; say how many were new, there before, or too late for their day."""
    request.max_content_length = _MAX_BYTES
    is_form = request.mimetype == _FORM
    if not is_form and request.mimetype != "application/json":
        raise _ProblemError(415, "media_type", f"Send application/json or {_FORM}.")
    # A simple modem cannot set headers, so in a form the key may stand among the fields; never in the address (logs).
    secret = _sent_key() or (request.form.get("key", "").strip() if is_form else "")
    device = find_device_with_key(db.session(), secret) if secret else None
    if device is None:
        detail = "Send the key of the device: X-Device-Key: <key>, or Authorization: Bearer <key>."
        raise _ProblemError(401, "key_unknown", detail)
    now = utcnow()
    readings = _check(_read_form(now) if is_form else _read_json(now), device.measure, now)
    with transaction() as session:
        intake = take_readings(session=session, device_id=device.id, readings=readings, has_called=True, now=now)
    return {"accepted": intake.accepted, "repeated": intake.repeated, "tooLate": intake.too_late}


_Item = tuple[str, datetime | str, Decimal | str]


def _read_json(now: datetime) -> list[_Item]:
    """Return (pointer, moment or what is wrong with it, value or what is wrong with it) of each reading."""
    try:
        content = json.loads(
            request.get_data(), parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant
        )
    except (ValueError, ArithmeticError, RecursionError):
        raise _ProblemError(400, "not_json", "The body is not JSON (RFC 8259).") from None
    if isinstance(content, dict) and "readings" not in content:
        return [_read_item("#", content, now)]
    items = content.get("readings") if isinstance(content, dict) else content
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        detail = 'Send {"time": ..., "value": ...}, or {"readings": [...]} with a list of those.'
        raise _ProblemError(400, "shape", detail)
    _check_count(len(items))
    return [_read_item(f"#/readings/{place}", item, None) for place, item in enumerate(items)]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _read_item(pointer: str, item: Mapping[str, Any], without_time: datetime | None) -> _Item:
    value = item.get("value")
    moment: datetime | str
    if "time" in item:
        moment = _read_time(item["time"])
    else:
        # The minute, so that a call that is repeated at once still brings the same reading.
        moment = without_time.replace(second=0) if without_time else "A reading in a list needs a time."
    return pointer, moment, value if isinstance(value, Decimal) else "This must be a number."


def _read_time(typed: object) -> datetime | str:
    """Return the moment: ISO 8601 (without an offset: time of Viet Nam), or seconds since 1970."""
    try:
        if isinstance(typed, Decimal):
            return datetime.fromtimestamp(int(typed), tz=UTC)
        if isinstance(typed, str):
            return datetime.fromtimestamp(int(typed), tz=UTC) if typed.strip().isdigit() else read_moment(typed)
    except (Refused, ValueError, ArithmeticError, OSError):
        pass
    return "This must be a moment as in 2026-11-25T14:30:00+07:00, or seconds since 1970."


def _read_form(now: datetime) -> list[_Item]:
    """Return what a form holds: a ``value`` for each ``time``; a single value may come without a time."""
    values, times = request.form.getlist("value"), request.form.getlist("time")
    if not values or len(times) != len(values):
        if len(values) == 1 and not times:
            return [("#/value", now.replace(second=0), _read_number(values[0]))]
        raise _ProblemError(400, "shape", "Send a value for each time.")
    _check_count(len(values))
    return [
        (f"#/{place}", _read_time(typed), _read_number(value))
        for place, (typed, value) in enumerate(zip(times, values, strict=True))
    ]


def _read_number(typed: str) -> Decimal | str:
    try:
        return read_value(typed)
    except Refused:
        return "This must be a number, as in 31.5 or 31,5."


def _check_count(count: int) -> None:
    if not 0 < count <= MAX_BATCH:
        raise _ProblemError(413 if count else 400, "batch_size", f"Send 1 to {MAX_BATCH} readings at once.")


def _check(items: Sequence[_Item], measure: Measure, now: datetime) -> list[tuple[datetime, Decimal]]:
    """Return the readings. Raises ``_ProblemError`` that names every place at fault."""
    readings: list[tuple[datetime, Decimal]] = []
    faults: list[Fault] = []
    for pointer, moment, value in items:
        if isinstance(moment, str):
            faults.append((f"{pointer}/time", moment))
        if isinstance(value, str):
            faults.append((f"{pointer}/value", value))
        if isinstance(moment, str) or isinstance(value, str):
            continue
        fault = find_fault(measure, moment, value, now)
        if fault == "time_in_future":
            ahead = int(MAX_AHEAD.total_seconds() // 60)
            faults.append(
                (f"{pointer}/time", f"This is more than {ahead} minutes ahead of our clock. Set the device's.")
            )
        elif fault is not None:
            limits = f"{measure.lowest} to {measure.highest} {measure.uom}"
            faults.append((f"{pointer}/value", f"This device can only measure {limits}."))
        else:
            readings.append((moment, value))
    if faults:
        detail = "Nothing was taken: some readings cannot be true or cannot be read."
        raise _ProblemError(422, "readings_wrong", detail, faults)
    return readings
