"""Is this an EPCIS 2.0 document, or event, in JSON? What is wrong with it, by JSON pointer and in short English.

The rules are our own JSON Schema (``schema/*.json``), written after EPCIS 2.0.1 and CBV 2.0. Formats are asserted:
without that, a date such as "yesterday" and a URI with a space would pass. What a schema cannot say is said here:
extension names need a prefix that the context binds, and content must have canonical bytes (RFC 8785).

Where the text of the standard and GS1's own JSON Schema 2.0.1 differ, this is what holds here:

- Refused after the text, though the schema allows it: an AggregationEvent with ADD or DELETE and no ``parentID``; a
  ``uom`` without a ``quantity``; fields of the five types that do not have their form in a vendor's own type; another
  major version than 2; an empty ``@context``, or one that is no JSON-LD.
- Taken though the schema forbids it: ``epcisBody`` with a single ``event``, as GS1's own examples have it.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs

from epcis.context import PREFIXES, WORDS, bound_prefixes, unknown_contexts

#: A type of a vendor's own (EPCIS 2.0, 7.4.7): a URI, or a name with a prefix; the standard's own names are no such.
_VENDOR_TYPE = re.compile(
    r"(?!epcis:|https://ref\.gs1\.org/)[A-Za-z][A-Za-z0-9+.-]{0,60}:([A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2}){1,500}"
)
EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent")
DOCUMENT_TYPES = ("EPCISDocument", "EPCISQueryDocument")
#: More problems of one event, or of one document, are not listed.
MAX_PROBLEMS = 20
#: Nesting beyond this is refused; nothing in the standard needs more than ten.
MAX_DEPTH = 60
#: RFC 8785 writes numbers as IEEE doubles; beyond this they are not exact, and up to the second they look exact.
_LARGEST_INTEGER = 2**53 - 1
_FIRST_EXPONENT = 1e21
#: Where an event may carry extension fields: the steps from the event to such an object; None stands for every item.
_EXTENSION_POINTS: tuple[tuple[str | None, ...], ...] = (
    (),
    ("ilmd",),
    ("readPoint",),
    ("bizLocation",),
    ("errorDeclaration",),
    ("sensorElementList", None),
    ("sensorElementList", None, "sensorMetadata"),
    ("sensorElementList", None, "sensorReport", None),
)
_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``path`` is a JSON pointer (RFC 6901) into what was checked; "" is all of it."""

    path: str
    message: str


def list_problems(document: Any) -> list[Problem]:
    """Return what is wrong with an EPCISDocument or EPCISQueryDocument; an empty list says that it is valid.

    ``document`` is parsed JSON. Paths lead from the document (``/epcisBody/eventList/3/bizStep``).
    """
    if not isinstance(document, dict):
        return [Problem("", "must be a JSON object")]
    problems = [*_content_problems(document)]
    if problems:
        return problems[:MAX_PROBLEMS]
    kind = document.get("type")
    if kind not in DOCUMENT_TYPES:
        return [Problem("/type", f"must be one of {', '.join(DOCUMENT_TYPES)}")]
    problems = _schema_problems(_DOCUMENTS[kind], document)
    if problems:
        return problems
    for path, event in locate_events(document):
        found = _event_problems(event, document["@context"])
        problems.extend(replace(problem, path=path + problem.path) for problem in found)
        if len(problems) >= MAX_PROBLEMS:
            break
    return problems[:MAX_PROBLEMS]


def list_event_problems(event: Any, context: Any) -> list[Problem]:
    """Return what is wrong with one event. ``context``: the ``@context`` of its document; None when it stands alone.

    An event that stands alone must carry its own ``@context``. Paths lead from the event (``/bizStep``).
    """
    problems = [*_content_problems(event)]
    return problems[:MAX_PROBLEMS] if problems else _event_problems(event, context)


def is_context(value: Any) -> bool:
    """Say whether a value can stand as an ``@context``: an address, an object of prefixes, or a list of both."""
    return not [*_content_problems(value)] and _CONTEXT.is_valid(value)


def locate_events(document: _Json) -> list[tuple[str, Any]]:
    """Return the events of a document whose envelope is sound, each with the JSON pointer to it."""
    body = document["epcisBody"]
    if document["type"] == "EPCISQueryDocument":
        path, listed = "/epcisBody/queryResults/resultsBody/eventList", body["queryResults"]["resultsBody"]["eventList"]
    elif "event" in body:
        return [("/epcisBody/event", body["event"])]
    else:
        path, listed = "/epcisBody/eventList", body["eventList"]
    return [(f"{path}/{number}", event) for number, event in enumerate(listed)]


def _event_problems(event: Any, context: Any) -> list[Problem]:
    if not isinstance(event, dict):
        return [Problem("", "must be a JSON object")]
    kind = event.get("type")
    if kind not in EVENT_TYPES and not (isinstance(kind, str) and _VENDOR_TYPE.fullmatch(kind)):
        named = ", ".join(EVENT_TYPES)
        return [Problem("/type", f"must be one of {named}, or the URI of a type of your own")]
    problems = _schema_problems(_EVENTS.get(kind, _VENDOR_EVENT), event)
    if "@context" in event:
        problems += [replace(p, path="/@context" + p.path) for p in _schema_problems(_CONTEXT, event["@context"])]
    elif context is None:
        problems.append(Problem("", "@context is missing: an event that stands alone binds its own prefixes"))
    if not problems:
        problems = [*_type_problems(event, context), *_time_problems(event), *_name_problems(event, context)]
    return problems[:MAX_PROBLEMS]


def _type_problems(event: _Json, context: Any) -> Iterator[Problem]:
    """Find a vendor's type whose prefix nothing binds. A context that is not held here may bind any."""
    prefix, colon, local = event["type"].partition(":")
    contexts = [context, event.get("@context")]
    if not colon or prefix in PREFIXES or prefix == "urn" or local.startswith("//") or unknown_contexts(*contexts):
        return
    if prefix not in bound_prefixes(*contexts):
        yield Problem("/type", f"the prefix {prefix!r} is bound by no @context")


def _time_problems(event: _Json) -> Iterator[Problem]:
    try:
        datetime.fromisoformat(event["eventTime"]).astimezone(UTC)
    except (ValueError, OverflowError):
        yield Problem("/eventTime", "is no moment of the calendar")


def _name_problems(event: _Json, context: Any) -> Iterator[Problem]:
    """Find extension names whose prefix nothing binds. A context that is not held here may bind any."""
    contexts = [context, event.get("@context")]
    if unknown_contexts(*contexts):
        return
    bound: dict[str, str] | None = None
    for steps in _EXTENSION_POINTS:
        for path, fields in _walk(event, "", steps):
            for name in fields:
                prefix, colon, local = name.partition(":")
                if not colon or prefix in PREFIXES or prefix == "urn" or local.startswith("//"):
                    continue
                bound = bound_prefixes(*contexts) if bound is None else bound
                if prefix not in bound:
                    yield Problem(f"{path}/{_escape(name)}", f"the prefix {prefix!r} is bound by no @context")


def _walk(value: Any, path: str, steps: tuple[str | None, ...]) -> Iterator[tuple[str, _Json]]:
    if not steps:
        if isinstance(value, dict):
            yield path, value
    elif steps[0] is None:
        for number, item in enumerate(value):
            yield from _walk(item, f"{path}/{number}", steps[1:])
    elif steps[0] in value:
        yield from _walk(value[steps[0]], f"{path}/{steps[0]}", steps[1:])


def _content_problems(value: Any, path: str = "", depth: int = 0) -> Iterator[Problem]:
    """Find what has no canonical bytes: lone surrogates, numbers that are not exact, nesting without end."""
    if not isinstance(value, (dict, list)):
        message = _scalar_problem(value)
        if message is not None:
            yield Problem(path, message)
    elif depth >= MAX_DEPTH:
        yield Problem(path, f"is nested more than {MAX_DEPTH} levels deep")
    else:
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(step, str) and _is_broken(step):
                yield Problem(path, "has a field whose name is not Unicode text")
            elif not isinstance(item, str) or not item.isascii():
                yield from _content_problems(item, f"{path}/{_escape(step)}", depth + 1)


def _scalar_problem(value: Any) -> str | None:
    if isinstance(value, str):
        return "holds half of a surrogate pair: not Unicode text" if _is_broken(value) else None
    if not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    is_whole = isinstance(value, int) or abs(value) < _FIRST_EXPONENT
    return "is a whole number beyond 2^53: write it as text" if is_whole and abs(value) > _LARGEST_INTEGER else None


def _is_broken(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _escape(step: str | int) -> str:
    """Write one step of a JSON pointer (RFC 6901, section 3)."""
    return str(step).replace("~", "~0").replace("/", "~1")


def _schema_problems(validator: "_Checker", value: Any) -> list[Problem]:
    return [] if validator.is_valid(value) else validator.list_problems(value)


class _Checker:
    """One compiled part of a schema, and how its failures are put into words."""

    def __init__(self, schema: dict[str, Any], part: str) -> None:
        self._schema = {"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]}
        validator = jsonschema_rs.Draft202012Validator(self._schema, validate_formats=True, offline=True)
        self._validator = validator
        self.is_valid: Callable[[Any], bool] = validator.is_valid

    def list_problems(self, value: Any) -> list[Problem]:
        found: dict[Problem, None] = {}
        for error in self._validator.iter_errors(value):
            path = "".join(f"/{_escape(step)}" for step in error.instance_path)
            for message in self._describe(error):
                found[Problem(path, message)] = None
            if len(found) >= MAX_PROBLEMS:
                break
        return list(found)

    def _describe(self, error: jsonschema_rs.ValidationError) -> list[str]:
        kind = error.kind
        if isinstance(kind, (kind.UnevaluatedProperties, kind.AdditionalProperties)):
            return [
                f"{name} is no field of this object; an extension needs a prefix (example:{name})"
                if ":" not in name
                else f"{name} is not allowed here"
                for name in kind.unexpected
            ]
        if isinstance(kind, kind.Required):
            return [f"{kind.property} is missing"]
        if isinstance(kind, kind.Type):
            return [f"must be of type {self._keyword(error)}"]
        described = self._description(error)
        return [described or _short(error.message)]

    def _keyword(self, error: jsonschema_rs.ValidationError) -> str:
        value = self._at(error.schema_path)
        return " or ".join(value) if isinstance(value, list) else str(value)

    def _description(self, error: jsonschema_rs.ValidationError) -> str | None:
        """Return what the schema says about the innermost part that failed."""
        part = self._at(error.schema_path[:-1])
        described = part.get("description") if isinstance(part, dict) else None
        return described if isinstance(described, str) else None

    def _at(self, steps: list[str | int]) -> Any:
        part: Any = self._schema
        for step in steps:
            while isinstance(part, dict) and step not in part and "$ref" in part:
                part = self._schema["$defs"][part["$ref"].rpartition("/")[2]]
            try:
                part = part[step]
            except (KeyError, IndexError, TypeError):
                return None
        return part


def _short(message: str) -> str:
    return message if len(message) <= 120 else message[:119] + "…"


def _read(name: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads((Path(__file__).parent / "schema" / name).read_text(encoding="utf-8"))
    for kind, words in WORDS.items():
        part = written["$defs"].get(f"{kind}Word")
        if part is not None:
            part["anyOf"][0]["enum"] = sorted(words)
    return written


_EVENT_SCHEMA, _DOCUMENT_SCHEMA = _read("event.json"), _read("document.json")
_EVENTS = {kind: _Checker(_EVENT_SCHEMA, kind) for kind in EVENT_TYPES}
_DOCUMENTS = {kind: _Checker(_DOCUMENT_SCHEMA, kind) for kind in DOCUMENT_TYPES}
_VENDOR_EVENT = _Checker(_EVENT_SCHEMA, "VendorEvent")
_CONTEXT = _Checker(_DOCUMENT_SCHEMA, "context")
