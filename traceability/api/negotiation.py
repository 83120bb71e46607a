"""What both sides agree on in headers: versions, formats, extensions. Source: EPCIS 2.0 section 12 (REST binding).

Events are given back byte for byte as they came (``GS1-EPC-Format: Never_Translates``), unless somebody asks for their
identifiers as Digital Links or as EPC URNs. The answer's own header says which it is. Capturing never translates.
"""

import json
import re
from collections.abc import Mapping
from functools import partial

from flask import Response, current_app, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from epcis.translation import Translate, to_digital_link, to_epc_urn
from marketplace.core.db import db
from traceability.api.problems import PROBLEM_JSON
from traceability.errors import EpcisProblem
from traceability.queries.gs1_numbers import list_confirmed_digits
from traceability.rules.epcis_documents import MAX_BYTES, MAX_EVENTS
from traceability.rules.gs1 import company_prefix_length
from traceability.rules.identifiers import VOCABULARY

EPCIS_VERSION = CBV_VERSION = "2.0.0"
VENDOR_VERSION = "1.0"
JSON, JSON_LD = "application/json", "application/ld+json"
#: Every answer tells of these to browsers' programs as well.
EXPOSED = (
    "Allow, Link, Location, Retry-After, GS1-EPCIS-Version, GS1-EPCIS-Min, GS1-EPCIS-Max, GS1-CBV-Version, "
    "GS1-CBV-Min, GS1-CBV-Max, GS1-EPC-Format, GS1-Extensions, GS1-Vendor-Version, GS1-EPCIS-Capture-Limit, "
    "GS1-EPCIS-Capture-File-Size-Limit, GS1-Capture-Error-Behaviour, GS1-Next-Page-Token-Expires"
)
_SPOKEN = {
    "GS1-EPCIS-Version": EPCIS_VERSION,
    "GS1-EPCIS-Min": EPCIS_VERSION,
    "GS1-EPCIS-Max": EPCIS_VERSION,
    "GS1-CBV-Version": CBV_VERSION,
    "GS1-CBV-Min": CBV_VERSION,
    "GS1-CBV-Max": CBV_VERSION,
    "GS1-EPC-Format": "Never_Translates",
    "GS1-Extensions": f"cq={VOCABULARY}",
    "GS1-Vendor-Version": VENDOR_VERSION,
}
CAPTURE_LIMITS = {
    "GS1-EPCIS-Capture-Limit": str(MAX_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(MAX_BYTES),
}
_DIGITAL_LINK, _EPC_URN = "Always_GS1_Digital_Link", "Always_EPC_URN"
EPC_FORMATS = ("No_Preference", "Never_Translates", _DIGITAL_LINK, _EPC_URN)
_XML_FORMATS = {"No_Preference", "Never_Translates", "Always_Web_URI", "Always_URN"}
_VERSION = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?")
_EXTENSION = re.compile(r"\s*([A-Za-z_][\w.-]{0,60})\s*=\s*([^\s,;]{1,500})\s*")
_LONGEST_ADDRESS = 8_000
_OLDEST, _NEWEST = (2, 0, 0), (2, 0, 9999)


def check_request() -> None:
    """Refuse what was asked for in a way that we do not speak. Raises ``EpcisProblem``."""
    if len(request.full_path) > _LONGEST_ADDRESS:
        detail = (
            f"An address holds at most {_LONGEST_ADDRESS} characters. Keep a long query under a name: POST /queries."
        )
        raise EpcisProblem("URITooLongException", detail)
    for standard in ("EPCIS", "CBV"):
        _check_versions(standard)
    _check_formats()
    response_type()


def _check_versions(standard: str) -> None:
    version, low, high = (_read_version(f"GS1-{standard}-{what}") for what in ("Version", "Min", "Max"))
    is_spoken = version is None or version[:2] == _OLDEST[:2]
    is_low_enough = low is None or (*low, 0, 0)[:3] <= _NEWEST
    is_high_enough = high is None or (*high, 9999, 9999)[:3] >= _OLDEST
    is_range = low is None or high is None or (*low, 0, 0)[:3] <= (*high, 9999, 9999)[:3]
    if not (is_spoken and is_low_enough and is_high_enough and is_range):
        raise EpcisProblem("NotAcceptableException", f"This server speaks {standard} 2.0 and no other version.")


def _read_version(name: str) -> tuple[int, ...] | None:
    written = request.headers.get(name)
    if written is None:
        return None
    found = _VERSION.fullmatch(written.strip())
    if found is None:
        raise EpcisProblem("ValidationException", f"The header {name} holds a version such as 2.0.0.")
    return tuple(int(part) for part in found.groups() if part is not None)


def _check_formats() -> None:
    _read_epc_format()
    wanted = request.headers.get("GS1-CBV-XML-Format", "No_Preference").strip()
    if wanted not in _XML_FORMATS:
        raise EpcisProblem("ValidationException", f"GS1-CBV-XML-Format has no value {wanted[:60]!r}.")


def _read_epc_format() -> str:
    wanted = request.headers.get("GS1-EPC-Format", "No_Preference").strip()
    if wanted not in EPC_FORMATS:
        raise EpcisProblem("ValidationException", f"GS1-EPC-Format has no value {wanted[:60]!r}.")
    return wanted


def read_translation() -> Translate | None:
    """Return how identifiers in the answer are to be spelled; None when they stay as they came."""
    wanted = _read_epc_format()
    if wanted == _DIGITAL_LINK:
        return to_digital_link
    if wanted == _EPC_URN:
        confirmed = list_confirmed_digits(db.session())
        return lambda uri: to_epc_urn(uri, partial(company_prefix_length, confirmed=confirmed))
    return None


def answer_events_json(content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON with events, and say how their identifiers are spelled."""
    wanted = _read_epc_format()
    spelled = wanted if wanted in {_DIGITAL_LINK, _EPC_URN} else _SPOKEN["GS1-EPC-Format"]
    return answer_json(content, status=status, headers={**(headers or {}), "GS1-EPC-Format": spelled})


def response_type() -> str:
    """Return the media type of the answer. Raises ``EpcisProblem`` (NotAcceptableException) when none is wanted."""
    accept = request.headers.get("Accept", "").strip()
    if not accept:
        return JSON
    best = parse_accept_header(accept, MIMEAccept).best_match([JSON, JSON_LD, PROBLEM_JSON])
    if best is None:
        detail = f"Answers come as {JSON} or {JSON_LD}. XML is not supported."
        raise EpcisProblem("NotAcceptableException", detail)
    return JSON_LD if best == JSON_LD else JSON


def read_body() -> bytes:
    """Return the body of a request that brings JSON.

    Raises ``EpcisProblem``: UnsupportedMediaTypeException for another type, CaptureLimitExceededException for too much.
    """
    if request.mimetype not in {JSON, JSON_LD}:
        is_xml = request.mimetype.endswith("xml")
        detail = f"Send {JSON} or {JSON_LD}." + (" XML is not supported." if is_xml else "")
        raise EpcisProblem("UnsupportedMediaTypeException", detail)
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise EpcisProblem("UnsupportedMediaTypeException", "Send the body as it is, without a Content-Encoding.")
    request.max_content_length = MAX_BYTES
    return request.get_data(cache=False)


def read_extensions() -> dict[str, str]:
    """Return the prefixes that ``GS1-Extensions`` binds (``name=namespace``, commas between several), and our own.

    Raises ``EpcisProblem`` (ValidationException) when the header cannot be read.
    """
    found = {"cq": VOCABULARY}
    for written in request.headers.get("GS1-Extensions", "").split(","):
        if not written.strip():
            continue
        pair = _EXTENSION.fullmatch(written)
        if pair is None:
            detail = "GS1-Extensions binds prefixes: example=https://ns.example.com/epcis/, other=..."
            raise EpcisProblem("ValidationException", detail)
        found[pair[1]] = pair[2]
    return found


def answer_options() -> Response:
    """Return the answer to OPTIONS: what can be done at this address, and how we speak."""
    adapter = current_app.create_url_adapter(request)
    allowed = sorted(adapter.allowed_methods()) if adapter is not None else []
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers["Allow"] = ", ".join(allowed)
    if request.path.endswith(("/capture", "/events", "/v2/")) or "/capture/" in request.path:
        response.headers.update(CAPTURE_LIMITS)
        response.headers["GS1-Capture-Error-Behaviour"] = "rollback"
    return response


def add_headers(response: Response) -> Response:
    """Add to every answer how we speak, and let browsers' programs of others read it: there are no cookies here."""
    for name, value in _SPOKEN.items():
        response.headers.setdefault(name, value)
    if response.status_code == 413:
        for name, value in CAPTURE_LIMITS.items():
            response.headers.setdefault(name, value)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "*, Authorization"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    is_personal = "Authorization" in request.headers or "X-API-Key" in request.headers
    response.headers.setdefault("Cache-Control", "no-store" if is_personal else "no-cache")
    response.headers.add("Vary", "Accept, Authorization, X-API-Key, GS1-Extensions, GS1-EPC-Format")
    return response


def answer_json(content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON in the type that was asked for."""
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return Response(body, status, headers=headers, content_type=response_type())


def public_address(path: str) -> str:
    """Return a path of ours as others reach it: at the published address, whatever host the request named."""
    return f"{str(current_app.config['PUBLIC_URL']).rstrip('/')}{path}"
