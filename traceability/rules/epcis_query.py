"""The parameters of an EPCIS query become conditions on the index of events. Pure: nothing here knows a database.

Source: EPCIS 2.0 section 8.2.7.1 (SimpleEventQuery) and the REST binding. Values of one parameter are alternatives
(``|`` between them in an address, an array in JSON); different parameters must all hold. ``EXISTS_`` with ``false``
asks for the events that do not have the thing. Not offered, and refused as unknown: ``HASATTR_``, ``EQATTR_`` and
``EQ_ATTR_`` (they ask master data, which is not kept), and extension fields of places, sources and sensors.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from epcis.context import expand_name, measurement_type, standard_word
from traceability.errors import EpcisProblem
from traceability.rules.epcis_names import EPC_PATTERN, EPC_URN, make_term
from traceability.rules.epcis_terms import parse_time, write_value

#: Parameters about the answer's pages, which the web side reads.
PAGING = frozenset({"perPage", "nextPageToken"})
EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
MAX_VALUES = 200
MAX_PARAMETERS = 60
_NUMBER_NAMES = "quantity|value|minValue|maxValue|meanValue|sDev|percRank|percValue"
_NUMBER = re.compile(rf"(EQ|GT|GE|LT|LE)_({_NUMBER_NAMES})(?:_([A-Z0-9]{{2,4}}))?")
_MOMENT = re.compile(r"(GE|LT|GT|LE|EQ)_(time|startTime|endTime)")
_DECLARED = re.compile(r"(GE|LT)_errorDeclaration_?Time")
_EXTENSION = re.compile(r"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?(?:(ILMD|ERROR_DECLARATION)_)?(.+)")
_SECTIONS = {None: "x", "ILMD": "xl", "ERROR_DECLARATION": "xe"}
_TYPED = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)")
_TYPED_TAGS = {"bizTransaction": ("bt", "transaction"), "source": ("src", "sdt"), "destination": ("dst", "sdt")}


@dataclass(frozen=True, slots=True)
class AnyTerm:
    """The event has at least one of these terms."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoTerm:
    """The event does not have this term."""

    term: str


@dataclass(frozen=True, slots=True)
class Moment:
    """``happened_at`` or ``recorded_at`` compares so with a moment."""

    column: str
    comparison: str
    moment: datetime


@dataclass(frozen=True, slots=True)
class AnyNumber:
    """One of the event's numbers under a key compares so with one of these."""

    key: str
    comparison: str
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AnyId:
    """The event has one of these event IDs."""

    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsDeclaration:
    """The event is an error declaration, or is none."""

    expected: bool = True


Condition = AnyTerm | NoTerm | Moment | AnyNumber | AnyId | IsDeclaration


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What is asked for. Without ``order_by`` events come in the order in which they were recorded."""

    conditions: tuple[Condition, ...] = ()
    order_by: str | None = None
    is_descending: bool = True
    limit: int | None = None
    most: int | None = None


def read_query(parameters: Mapping[str, Any], prefixes: Mapping[str, str]) -> EventQuery:
    """Return the query that parameters ask for; ``prefixes`` binds the prefixes of extension fields.

    Raises ``EpcisProblem`` (QueryParameterException) for a parameter that is unknown or holds what it cannot.
    """
    if len(parameters) > MAX_PARAMETERS:
        raise EpcisProblem("QueryTooComplexException", f"A query takes at most {MAX_PARAMETERS} parameters.")
    conditions = []
    for name, value in parameters.items():
        if name not in PAGING and name not in _ANSWER:
            conditions.append(_read_condition(name, value, prefixes))
    limit, most = (_whole(name, parameters.get(name)) for name in ("eventCountLimit", "maxEventCount"))
    if limit is not None and most is not None:
        raise _refused("eventCountLimit", "it cannot be combined with maxEventCount")
    return EventQuery(
        tuple(conditions),
        order_by=_order(parameters.get("orderBy")),
        is_descending=_direction(parameters.get("orderDirection")),
        limit=limit,
        most=most,
    )


_ANSWER = frozenset({"orderBy", "orderDirection", "eventCountLimit", "maxEventCount"})
_COLUMNS = {"eventTime": "happened_at", "recordTime": "recorded_at"}


def _order(value: Any) -> str | None:
    if value is None:
        return None
    name = _single("orderBy", value)
    if name not in _COLUMNS:
        raise _refused("orderBy", "events are ordered by eventTime or recordTime")
    return _COLUMNS[name]


def _direction(value: Any) -> bool:
    direction = "DESC" if value is None else _single("orderDirection", value)
    if direction not in {"ASC", "DESC"}:
        raise _refused("orderDirection", "it is ASC or DESC")
    return direction == "DESC"


def _read_condition(name: str, value: Any, prefixes: Mapping[str, str]) -> Condition:
    plain = _PLAIN.get(name)
    if plain is not None:
        return plain(name, value)
    for pattern, read in _PATTERNS:
        found = pattern.fullmatch(name)
        if found is not None:
            return read(name, value, found)
    extension = _EXTENSION.fullmatch(name)
    if extension is None or ":" not in extension[4]:
        raise _refused(name, "it is unknown here")
    return _read_extension(name, value, extension, prefixes)


def _read_extension(name: str, value: Any, found: re.Match[str], prefixes: Mapping[str, str]) -> Condition:
    comparison, inner, section, field = found.groups()
    if field.startswith("ATTR_"):
        raise _refused(name, "no attributes of master data are kept here")
    tag = _SECTIONS[section] + ("i" if inner else "")
    full = expand_name(field, prefixes)
    if full == field and ":" in field and "/" not in field and not field.startswith("urn:"):
        raise _refused(
            name, f"its prefix {field.partition(':')[0]!r} is bound neither by GS1-Extensions nor by @context"
        )
    if comparison == "EXISTS":
        return _existence(name, value, make_term(f"{tag}?", full))
    key = f"{tag}:{full}"
    if comparison == "EQ":
        return AnyTerm(tuple(make_term(key, text) for text in _with_numbers(_texts(name, value))))
    text = _single(name, value)
    number = _try_number(text)
    if number is not None:
        return AnyNumber(key, comparison, (number,))
    return AnyNumber(f"{key}@", comparison, (_moment(name, text).timestamp(),))


def _with_numbers(texts: Iterable[str]) -> list[str]:
    """Return texts, and beside each that is a number how numbers are spelt: 12.50 asks for 12.5 as well."""
    wanted = dict.fromkeys(texts)
    for text in list(wanted):
        number = _try_number(text)
        if number is not None:
            wanted[write_value(number)] = None
    return list(wanted)


def _read_number(name: str, value: Any, found: re.Match[str]) -> Condition:
    comparison, key, unit = found.groups()
    texts = _texts(name, value) if comparison == "EQ" else [_single(name, value)]
    numbers = [_try_number(text) for text in texts]
    if None in numbers:
        raise _refused(name, "it takes numbers")
    full = f"{key}_{unit}" if unit else key
    return AnyNumber(full, comparison, tuple(number for number in numbers if number is not None))


def _read_moment(name: str, value: Any, found: re.Match[str]) -> Condition:
    comparison, key = found.groups()
    return AnyNumber(f"{key}@", comparison, (_moment(name, _single(name, value)).timestamp(),))


def _read_declared(name: str, value: Any, found: re.Match[str]) -> Condition:
    return AnyNumber("declarationTime@", found[1], (_moment(name, _single(name, value)).timestamp(),))


def _read_typed(name: str, value: Any, found: re.Match[str]) -> Condition:
    tag, kind = _TYPED_TAGS[found[1]]
    word = standard_word(kind, found[2])
    return AnyTerm(tuple(make_term(f"{tag}/{word}", text) for text in _texts(name, value)))


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[str, Any, re.Match[str]], Condition]], ...] = (
    (_NUMBER, _read_number),
    (_MOMENT, _read_moment),
    (_DECLARED, _read_declared),
    (_TYPED, _read_typed),
)


def _terms(tag: str, spell: Callable[[str], str] = str) -> Callable[[str, Any], Condition]:
    def read(name: str, value: Any) -> Condition:
        return AnyTerm(tuple(make_term(tag, spell(text)) for text in _texts(name, value)))

    return read


def _words(tag: str, kind: str) -> Callable[[str, Any], Condition]:
    return _terms(tag, lambda text: standard_word(kind, text))


def _identifiers(*tags: str) -> Callable[[str, Any], Condition]:
    """Read identifiers: exact ones, or EPC pure identity patterns such as ``urn:epc:idpat:sgtin:4012345.012345.*``.

    Classes are always exact: there ``urn:epc:idpat:`` is how a class of SGTINs is named.
    """

    def read(name: str, value: Any) -> Condition:
        terms = []
        for text in _texts(name, value):
            for tag in tags:
                is_pattern = text.startswith(EPC_PATTERN) and not tag.endswith("class")
                terms.append(_pattern(name, tag, text) if is_pattern else make_term(tag, text))
        return AnyTerm(tuple(terms))

    return read


def _pattern(name: str, tag: str, text: str) -> str:
    scheme, colon, rest = text.removeprefix(EPC_PATTERN).partition(":")
    parts = rest.split(".")
    known = parts.index("*") if "*" in parts else len(parts)
    if not rest or any("*" in part or "[" in part for part in parts[:known]) or set(parts[known:]) > {"*"}:
        raise _refused(name, "a pattern takes * for whole parts at its end, and no ranges")
    if known == len(parts):
        return make_term(tag, f"{EPC_URN}{scheme}:{rest}")
    return make_term(f"{tag}*", f"{scheme}{colon}{'.'.join(parts[:known])}")


def _event_types(name: str, value: Any) -> Condition:
    types = [text.removeprefix("epcis:") for text in _texts(name, value)]
    # A type of somebody's own is a URI (EPCIS 2.0 section 7.4.7).
    unknown = [text for text in types if text not in EVENT_TYPES and ":" not in text]
    if unknown:
        raise _refused(name, f"there is no event type {unknown[0]!r}")
    return AnyTerm(tuple(make_term("type", text) for text in types))


def _actions(name: str, value: Any) -> Condition:
    actions = _texts(name, value)
    if not set(actions) <= {"ADD", "OBSERVE", "DELETE"}:
        raise _refused(name, "an action is ADD, OBSERVE or DELETE")
    return AnyTerm(tuple(make_term("action", text) for text in actions))


def _time_of(column: str, comparison: str) -> Callable[[str, Any], Condition]:
    def read(name: str, value: Any) -> Condition:
        return Moment(column, comparison, _moment(name, _single(name, value)))

    return read


def _event_ids(name: str, value: Any) -> Condition:
    return AnyId(tuple(_texts(name, value)))


def _declarations(name: str, value: Any) -> Condition:
    return IsDeclaration(_is_wanted(name, value))


def _sensors(name: str, value: Any) -> Condition:
    return _existence(name, value, "s")


def _existence(name: str, value: Any, term: str) -> Condition:
    return AnyTerm((term,)) if _is_wanted(name, value) else NoTerm(term)


def _is_wanted(name: str, value: Any) -> bool:
    """Read the value of an EXISTS parameter. The standard gives it none (or null); false turns the question round."""
    if value is None:
        return True
    values = value if isinstance(value, list) else [value]
    text = write_value(values[0]).strip().lower() if len(values) == 1 else "?"
    if text in {"", "true", "1"}:
        return True
    if text in {"false", "0"}:
        return False
    raise _refused(name, "it takes true, false, or nothing at all")


_CLASSES = ("class", "inclass", "outclass")
_PLAIN: dict[str, Callable[[str, Any], Condition]] = {
    "eventType": _event_types,
    "GE_eventTime": _time_of("happened_at", "GE"),
    "LT_eventTime": _time_of("happened_at", "LT"),
    "GE_recordTime": _time_of("recorded_at", "GE"),
    "LT_recordTime": _time_of("recorded_at", "LT"),
    "EQ_action": _actions,
    "EQ_bizStep": _words("step", "bizStep"),
    "EQ_disposition": _words("disp", "disposition"),
    "EQ_persistentDisposition_set": _words("pset", "disposition"),
    "EQ_persistentDisposition_unset": _words("punset", "disposition"),
    "EQ_readPoint": _terms("rp"),
    "EQ_bizLocation": _terms("loc"),
    # "Within" a place: the place itself, since we know of no place inside another (no master data of places is kept).
    "WD_readPoint": _terms("rp"),
    "WD_bizLocation": _terms("loc"),
    "EQ_transformationID": _terms("tid"),
    "EQ_certificationInfo": _terms("cert"),
    "EQ_eventID": _event_ids,
    "MATCH_epc": _identifiers("epc"),
    "MATCH_parentID": _identifiers("parent"),
    "MATCH_inputEPC": _identifiers("in"),
    "MATCH_outputEPC": _identifiers("out"),
    "MATCH_anyEPC": _identifiers("epc", "parent", "in", "out"),
    "MATCH_epcClass": _identifiers("class"),
    "MATCH_inputEPCClass": _identifiers("inclass"),
    "MATCH_outputEPCClass": _identifiers("outclass"),
    "MATCH_anyEPCClass": _identifiers(*_CLASSES),
    "EXISTS_errorDeclaration": _declarations,
    "EQ_errorReason": _words("reason", "reason"),
    "EQ_correctiveEventID": _terms("corrective"),
    "EXISTS_sensorElementList": _sensors,
    "EQ_type": _terms("s.type", measurement_type),
    **{
        f"EQ_{name}": _terms(f"s.{name}")
        for name in (
            "deviceID",
            "deviceMetadata",
            "dataProcessingMethod",
            "rawData",
            "bizRules",
            "microorganism",
            "chemicalSubstance",
            "stringValue",
            "booleanValue",
            "hexBinaryValue",
            "uriValue",
        )
    },
}
#: For our own description of the interface.
FIXED_PARAMETERS = (*_PLAIN, *sorted(_ANSWER), "GE_errorDeclarationTime", "LT_errorDeclarationTime", "EQ_quantity")


def _texts(name: str, value: Any) -> list[str]:
    """Return the alternatives of a parameter as texts."""
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    texts = []
    for one in values:
        if one is None or isinstance(one, (dict, list)):
            raise _refused(name, "its values are texts or numbers")
        texts += [part for part in one.split("|") if part] if isinstance(one, str) else [write_value(one)]
    if not texts:
        raise _refused(name, "it needs a value")
    if len(texts) > MAX_VALUES:
        raise EpcisProblem("QueryTooComplexException", f"A parameter takes at most {MAX_VALUES} values.")
    return [text.replace("\x00", "\ufffd") for text in texts]


def _single(name: str, value: Any) -> str:
    texts = _texts(name, value)
    if len(texts) != 1:
        raise _refused(name, "it takes one value")
    return texts[0]


def _moment(name: str, text: str) -> datetime:
    try:
        # A plus sign in an address that nobody encoded arrives as a space.
        return parse_time(text.replace(" ", "+"))
    except ValueError:
        raise _refused(name, "it takes a moment with its offset, such as 2026-11-24T08:00:00+07:00") from None


def _try_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _whole(name: str, value: Any) -> int | None:
    if value is None:
        return None
    text = _single(name, value)
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:12]) <= 1_000_000 or len(text) > 9:
        raise _refused(name, "it takes a whole number between 1 and 1000000")
    return int(text)


def _refused(name: str, why: str) -> EpcisProblem:
    return EpcisProblem("QueryParameterException", f"Parameter {name}: {why}.")
