"""What an EPCIS event is found by: terms (exact values under a tag) and numbers (for comparing).

The index never stands for the event: answers are made of the bytes that were captured. Tags: ``epc parent in out``
(identifiers), ``class inclass outclass`` (classes), ``bt/ src/ dst/`` + type, ``s.`` + sensor attribute, ``x`` (a
top-level extension field), ``xi`` (inside one), ``xl xli`` (the same in ILMD), ``xe xei`` (in the error declaration);
a tag with ``*`` holds the beginnings of an EPC that a pattern can ask for, ``#`` the keys under which numbers lie.
Source: EPCIS 2.0 section 8.2.7.1 (SimpleEventQuery), which names what can be asked for.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from epcis.context import expand_name, measurement_type, prefixes_of, standard_word
from traceability.rules.epcis_names import EPC_URN, make_term

Json = Mapping[str, Any]
#: Fields of the standard; every other field of an event is an extension.
_OWN_FIELDS = frozenset(
    [
        "@context",
        "type",
        "eventID",
        "eventTime",
        "eventTimeZoneOffset",
        "recordTime",
        "errorDeclaration",
        "action",
        "bizStep",
        "disposition",
        "persistentDisposition",
        "readPoint",
        "bizLocation",
        "bizTransactionList",
        "sourceList",
        "destinationList",
        "epcList",
        "quantityList",
        "parentID",
        "childEPCs",
        "childQuantityList",
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "transformationID",
        "ilmd",
        "sensorElementList",
        "certificationInfo",
    ]
)
_ERROR_FIELDS = frozenset({"declarationTime", "reason", "correctiveEventIDs"})
_LISTS = (
    ("epcList", "epc"),
    ("childEPCs", "epc"),
    ("inputEPCList", "in"),
    ("outputEPCList", "out"),
)
_QUANTITY_LISTS = (
    ("quantityList", "class"),
    ("childQuantityList", "class"),
    ("inputQuantityList", "inclass"),
    ("outputQuantityList", "outclass"),
)
_METADATA_TEXTS = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
_REPORT_TEXTS = (*_METADATA_TEXTS, "microorganism", "chemicalSubstance", "stringValue", "hexBinaryValue", "uriValue")
_REPORT_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_SENSOR_TIMES = ("time", "startTime", "endTime")
#: How deep fields inside extensions are looked into.
_DEEPEST = 12
#: So many parts of an EPC a pattern can name.
_MOST_PARTS = 6
_LEAP_SECOND = re.compile(r"(:[0-5]\d):60")


@dataclass(frozen=True, slots=True)
class EventIndex:
    """By what one event is found. Times are aware; ``numbers`` holds moments as seconds since 1970 as well."""

    event_id: str | None
    event_type: str
    happened_at: datetime
    is_declaration: bool
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    #: Identifiers of the goods and things that the event is about, whatever their part in it.
    things: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    numbers: dict[str, list[float]] = field(default_factory=dict)


def index_event(event: Json, context: Any = None) -> EventIndex:
    """Return by what a valid EPCIS event is found. ``context``: the ``@context`` of its document, if it has one."""
    found = _Finder(prefixes_of(context, event.get("@context")))
    found.add_what(event)
    found.add_why(event)
    found.add_sensors(event.get("sensorElementList"))
    declaration = event.get("errorDeclaration")
    if isinstance(declaration, dict):
        found.add_declaration(declaration)
    found.add_fields("x", event, without=_OWN_FIELDS)
    if isinstance(event.get("ilmd"), dict):
        found.add_fields("xl", event["ilmd"], without=frozenset())
    step, disposition = _text(event.get("bizStep")), _text(event.get("disposition"))
    return EventIndex(
        event_id=event.get("eventID"),
        event_type=str(event["type"]).removeprefix("epcis:"),
        happened_at=parse_time(str(event["eventTime"])),
        is_declaration=isinstance(declaration, dict),
        biz_step=standard_word("bizStep", step) if step else None,
        disposition=standard_word("disposition", disposition) if disposition else None,
        read_point=_place(event.get("readPoint")),
        biz_location=_place(event.get("bizLocation")),
        things=sorted(found.things),
        terms=sorted(found.terms),
        numbers=found.numbers,
    )


#: The longest name that is listed, in bytes: an index entry of PostgreSQL ends at 2,704.
_LONGEST_NAME = 1_000


def list_names(index: EventIndex) -> set[tuple[str, str]]:
    """Return what an event names, for the listings of the interface: (kind, name)."""
    single = {
        "bizStep": index.biz_step,
        "disposition": index.disposition,
        "readPoint": index.read_point,
        "bizLocation": index.biz_location,
    }
    names = {(kind, name) for kind, name in single.items() if name}
    names |= {("epc", thing) for thing in index.things}
    return {(kind, name) for kind, name in names if len(name.encode()) <= _LONGEST_NAME and "\x00" not in name}


def parse_time(written: str) -> datetime:
    """Return an ISO 8601 moment with its offset. Raises ``ValueError`` when it has none or is no moment."""
    # RFC 3339 allows small letters, and a sixtieth second, which no calendar of Python holds.
    moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", written.upper()))
    if moment.tzinfo is None:
        message = "a moment needs its offset from UTC"
        raise ValueError(message)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "a moment outside the calendar"
        raise ValueError(message) from error


def write_value(value: Any) -> str:
    """Return how a scalar stands in a term: numbers without a trailing ``.0``, truth as ``true`` and ``false``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class _Finder:
    """Collects terms and numbers of one event."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = prefixes
        self.terms: set[str] = set()
        self.things: set[str] = set()
        self.numbers: dict[str, list[float]] = {}

    def add_what(self, event: Json) -> None:
        for name, tag in _LISTS:
            for epc in _listed(event.get(name)):
                self._add_thing(tag, epc)
        self._add_thing("parent", event.get("parentID"))
        for name, tag in _QUANTITY_LISTS:
            for element in _listed(event.get(name)):
                if isinstance(element, dict):
                    self._add_thing(tag, element.get("epcClass"))
                    self._add_number("quantity", element.get("quantity"), element.get("uom"))
        self._add("tid", event.get("transformationID"))

    def add_why(self, event: Json) -> None:
        self._add("type", str(event["type"]).removeprefix("epcis:"))
        self._add("action", event.get("action"))
        self._add_word("step", "bizStep", event.get("bizStep"))
        self._add_word("disp", "disposition", event.get("disposition"))
        lasting = event.get("persistentDisposition")
        if isinstance(lasting, dict):
            for tag, name in (("pset", "set"), ("punset", "unset")):
                for value in _listed(lasting.get(name)):
                    self._add_word(tag, "disposition", value)
        self._add("rp", _place(event.get("readPoint")))
        self._add("loc", _place(event.get("bizLocation")))
        for certificate in _listed(event.get("certificationInfo")):
            self._add("cert", certificate)
        for name, tag, kind, value_name in (
            ("bizTransactionList", "bt", "transaction", "bizTransaction"),
            ("sourceList", "src", "sdt", "source"),
            ("destinationList", "dst", "sdt", "destination"),
        ):
            for element in _listed(event.get(name)):
                if isinstance(element, dict):
                    type_ = element.get("type")
                    word = standard_word(kind, type_) if isinstance(type_, str) else ""
                    self._add(f"{tag}/{word}", element.get(value_name))

    def add_declaration(self, declaration: Json) -> None:
        self._add_word("reason", "reason", declaration.get("reason"))
        for event_id in _listed(declaration.get("correctiveEventIDs")):
            self._add("corrective", event_id)
        self._add_moment("declarationTime", declaration.get("declarationTime"))
        self.add_fields("xe", declaration, without=_ERROR_FIELDS)

    def add_sensors(self, elements: Any) -> None:
        listed = _listed(elements)
        if listed:
            self.terms.add("s")
        for element in listed:
            if not isinstance(element, dict):
                continue
            metadata = element.get("sensorMetadata")
            if isinstance(metadata, dict):
                self._add_sensor_part(metadata, _METADATA_TEXTS)
            for report in _listed(element.get("sensorReport")):
                if isinstance(report, dict):
                    self._add_sensor_part(report, _REPORT_TEXTS)
                    self._add_report(report)

    def _add_sensor_part(self, part: Json, texts: Iterable[str]) -> None:
        for name in texts:
            self._add(f"s.{name}", part.get(name))
        for name in _SENSOR_TIMES:
            self._add_moment(name, part.get(name))

    def _add_report(self, report: Json) -> None:
        type_ = report.get("type")
        if isinstance(type_, str):
            self._add("s.type", measurement_type(type_))
        if isinstance(report.get("booleanValue"), bool):
            self._add("s.booleanValue", report["booleanValue"])
        for name in _REPORT_NUMBERS:
            self._add_number(name, report.get(name), report.get("uom"))

    def add_fields(self, tag: str, fields: Json, *, without: frozenset[str]) -> None:
        """Add extension fields: their own values under ``tag``, what lies inside them under ``tag`` + ``i``."""
        for name, value in fields.items():
            if name not in without:
                self._add_field(tag, self._full(name), value, depth=0)

    def _add_field(self, tag: str, name: str, value: Any, *, depth: int) -> None:
        self.terms.add(make_term(f"{tag}?", name))
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for one in value:
                self._add_field(tag, name, one, depth=depth + 1)
        elif isinstance(value, dict):
            inner = f"{tag.removesuffix('i')}i"
            for key, one in value.items():
                if not key.startswith("@"):
                    self._add_field(inner, self._full(key), one, depth=depth + 1)
        elif value is not None:
            key = f"{tag}:{name}"
            self._add(key, value)
            if isinstance(value, str):
                self._add_moment(key, value)
            elif not isinstance(value, bool):
                self._add_number(key, value, None)

    def _full(self, name: str) -> str:
        return expand_name(name, self._prefixes)

    def _add_thing(self, tag: str, value: Any) -> None:
        if not isinstance(value, str):
            return
        self.things.add(value)
        self._add(tag, value)
        if value.startswith(EPC_URN):
            scheme, colon, rest = value.removeprefix(EPC_URN).partition(":")
            parts = rest.split(".")
            for known in range(min(len(parts), _MOST_PARTS)):
                self._add(f"{tag}*", f"{scheme}{colon}{'.'.join(parts[:known])}")

    def _add(self, tag: str, value: Any) -> None:
        if value is not None and not isinstance(value, (dict, list)):
            self.terms.add(make_term(tag, write_value(value)))

    def _add_word(self, tag: str, kind: str, value: Any) -> None:
        if isinstance(value, str):
            self.terms.add(make_term(tag, standard_word(kind, value)))

    def _add_number(self, key: str, value: Any, unit: Any) -> None:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self._note(key, float(value))
            if isinstance(unit, str):
                self._note(f"{key}_{unit}", float(value))

    def _add_moment(self, key: str, value: Any) -> None:
        if isinstance(value, str) and len(value) >= 17 and value[:4].isdigit():
            try:
                self._note(f"{key}@", parse_time(value).timestamp())
            except ValueError:
                return

    def _note(self, key: str, number: float) -> None:
        self.terms.add(make_term("#", key))
        self.numbers.setdefault(key.replace("\x00", "\ufffd"), []).append(number)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str | None:
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else None


def _place(value: Any) -> str | None:
    return _text(value.get("id")) if isinstance(value, dict) else _text(value)
