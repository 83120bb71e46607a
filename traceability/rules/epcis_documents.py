"""EPCIS documents: read without losing anything, taken apart, and put together for an answer.

An event is kept and given back as it came (``GS1-EPC-Format: Never_Translates``). The one thing that is added to it is
an event ID, where the sender left that to us: the CBV hash of the event (CBV 2.0, section 8.9). Whoever asks for
identifiers in another spelling gets a translation, which is not what was sealed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epcis.translation import Translate, translate_event
from traceability.errors import EpcisProblem

DOCUMENT_TYPES = ("EPCISDocument", "EPCISQueryDocument")
#: One document: so many bytes, so many events. Sent in the GS1-EPCIS-Capture-* headers.
MAX_BYTES = 10 * 1024 * 1024
MAX_EVENTS = 5_000
#: The longest event ID in bytes (an index entry of PostgreSQL ends at 2,704).
MAX_ID_BYTES = 2_000
EVENTS_POINTER = "/epcisBody/eventList"
SINGLE_POINTER = "/epcisBody/event"
ANSWERED_POINTER = "/epcisBody/queryResults/resultsBody/eventList"


@dataclass(frozen=True, slots=True)
class Document:
    """A document taken apart: the context of its events, the events, and where they stood."""

    content: Mapping[str, Any]
    context: Any
    events: Sequence[Any]
    #: Where the list of events stands; or the event, in a document that holds a single one.
    pointer: str
    is_single: bool = False

    def pointer_to(self, position: int) -> str:
        """Return where an event stands."""
        return self.pointer if self.is_single else f"{self.pointer}/{position}"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event for an answer: its bytes, and the context of its document (none when it brings its own)."""

    content: bytes
    context: bytes | None
    event_id: str
    is_id_given: bool


def read_json(body: bytes) -> Any:
    """Return JSON as it stands.

    Raises ``EpcisProblem`` for what is no JSON (RFC 8259), for a name given twice in one object, which two readers may
    read differently, and for nesting beyond reason.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise EpcisProblem("ValidationException", "The document is not UTF-8.") from None
    except RecursionError:
        raise EpcisProblem("ValidationException", "The document is nested too deeply.") from None
    except ValueError as error:
        raise EpcisProblem("ValidationException", f"The document is no JSON: {error}.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = f"the name {_first_twice(pairs)!r} stands twice in one object"
        raise ValueError(message)
    return found


def _first_twice(pairs: Iterable[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _no_constant(name: str) -> Any:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def take_apart(content: Any) -> Document:
    """Return the events of an EPCISDocument or an EPCISQueryDocument.

    Raises ``EpcisProblem`` (ValidationException) for anything else, CaptureLimitExceededException for too many events.
    """
    if not isinstance(content, dict) or content.get("type") not in DOCUMENT_TYPES:
        fault = ("/type", f"is one of {', '.join(DOCUMENT_TYPES)}")
        detail = "What is captured is an EPCISDocument or an EPCISQueryDocument."
        raise EpcisProblem("ValidationException", detail, faults=[fault])
    single = _dig(content, "epcisBody", "event")
    if content["type"] == "EPCISDocument" and single is not None:
        return Document(content, content.get("@context"), [single], SINGLE_POINTER, is_single=True)
    if content["type"] == "EPCISDocument":
        pointer, events = EVENTS_POINTER, _dig(content, "epcisBody", "eventList")
    else:
        pointer = ANSWERED_POINTER
        events = _dig(content, "epcisBody", "queryResults", "resultsBody", "eventList")
    if not isinstance(events, list):
        fault = (pointer, "is a list of events")
        raise EpcisProblem("ValidationException", "The document holds no list of events.", faults=[fault])
    if len(events) > MAX_EVENTS:
        raise EpcisProblem("CaptureLimitExceededException", f"A document holds at most {MAX_EVENTS} events.")
    return Document(content, content.get("@context"), events, pointer)


def _dig(content: Any, *names: str) -> Any:
    for name in names:
        content = content.get(name) if isinstance(content, dict) else None
    return content


def without_events(document: Document) -> dict[str, Any]:
    """Return a document's frame with an empty list of events, to be checked for itself. A single event stays in it."""
    if document.is_single:
        return dict(document.content)
    if document.pointer == EVENTS_POINTER:
        return {**document.content, "epcisBody": {**document.content["epcisBody"], "eventList": []}}
    body = document.content["epcisBody"]
    results = body["queryResults"]
    emptied = {**results, "resultsBody": {**results["resultsBody"], "eventList": []}}
    return {**document.content, "epcisBody": {**body, "queryResults": emptied}}


def write_answer(
    events: Sequence[StoredEvent], *, context: Any, query_name: str, created: str, translate: Translate | None = None
) -> bytes:
    """Return an EPCISQueryDocument with these events, byte for byte as they were kept, or translated.

    ``context`` is what they share (``SharedContext``): each of them says under it what it said when it was captured.
    """
    head = _spell({"@context": context, "type": "EPCISQueryDocument", "schemaVersion": "2.0", "creationDate": created})
    results = _spell({"queryName": query_name})
    return b"".join(
        (
            head[:-1].encode(),
            b',"epcisBody":{"queryResults":',
            results[:-1].encode(),
            b',"resultsBody":{"eventList":[',
            b",".join(write_event(event, translate) for event in events),
            b"]}}}}",
        )
    )


def write_event(event: StoredEvent, translate: Translate | None = None) -> bytes:
    """Return an event as it came, with its ID; or with its identifiers in another spelling."""
    if translate is not None:
        content = json.loads(event.content)
        return _spell({"eventID": event.event_id, **translate_event(content, translate)}).encode()
    if event.is_id_given:
        return event.content
    return _spell({"eventID": event.event_id})[:-1].encode() + b"," + event.content[1:]


def _spell(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
