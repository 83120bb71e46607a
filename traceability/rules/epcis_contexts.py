"""Which events can stand on one page of an answer, so that each still says what it said when it was captured.

An answer is one JSON-LD document with one ``@context`` at its top, and events stand in it letter for letter. A prefix
that another event's context binds must therefore change nothing in this one. Where that cannot be seen from the bytes
alone, the page ends, and the event stands on the next one, under its own context.

Source: JSON-LD 1.1, sections 4.1 (contexts), 4.4 (compact IRIs) and 4.1.11 (protected terms: the standard context of
EPCIS protects its own, so whoever binds them otherwise makes the whole page unreadable).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from epcis.context import PREFIXES, STANDARD_CONTEXT, is_standard_context, is_standard_name
from traceability.rules.epcis_documents import StoredEvent

#: What a term definition may hold without reaching beyond its own term.
_PLAIN_DEFINITION = frozenset({"@id", "@type", "@container", "@prefix", "@language"})
#: Schemes of addresses: whoever binds them changes the addresses that the standard context itself is made of.
_SCHEMES = frozenset({"urn", "http", "https"})
#: A page joins at most so many contexts: each new one is looked for in every event before it.
_MOST_CONTEXTS = 30
_OWN_CONTEXT = b'{"@context":'
#: What can make an event unreadable, and its page with it: keywords of JSON-LD inside it, and names that are no texts.
_KEYWORD = re.compile(rb'"@[A-Za-z]')
_NAMELESS = re.compile(rb'"(?:id|type|eventID)":[^"]')
_NAME = b'"eventID":'
_Terms = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Bindings:
    """A context that can be joined with others: the standard one, and what names stand for beside it."""

    base: str
    terms: _Terms


@dataclass(frozen=True, slots=True)
class _Reading:
    """How an event is read. ``bindings`` is None when it shares its page only with events of the very same contexts."""

    key: tuple[bytes | None, bytes, str]
    #: The address of the standard context that the event goes by.
    base: str
    bindings: _Bindings | None
    #: What the event binds itself, whatever stands above.
    own: _Terms


class SharedContext:
    """The ``@context`` of one page, made of those of its events."""

    def __init__(self) -> None:
        self._base = STANDARD_CONTEXT
        self._terms: dict[str, Any] = {}
        #: What the events of a page have in common whose context cannot be joined with another.
        self._alone: tuple[bytes | None, bytes, str] | None = None
        self._events: list[tuple[bytes, _Terms]] = []
        self._read: dict[bytes, _Bindings | None] = {}

    @property
    def value(self) -> Any:
        """What stands at the top of the page."""
        if self._alone is not None and self._alone[0] is not None:
            return json.loads(self._alone[0])
        return [self._base, *([self._terms] if self._terms else [])]

    def admit(self, event: StoredEvent) -> bool:
        """Take an event onto the page; False when it would be read otherwise there, or change how another is read."""
        reading = self._read_event(event)
        if self._events and not self._fits(event, reading):
            return False
        self._base = reading.base
        if reading.bindings is None:
            self._alone = reading.key
        else:
            self._terms |= reading.bindings.terms
        self._events.append((event.content, reading.own))
        return True

    def _read_event(self, event: StoredEvent) -> _Reading:
        own_text, own = _own_context(event.content)
        base = next(_standard_addresses(own), STANDARD_CONTEXT)
        if event.context is None:
            bindings: _Bindings | None = _Bindings(base, {})
        else:
            if event.context not in self._read:
                self._read[event.context] = _read_bindings(json.loads(event.context))
            bindings = self._read[event.context]
        terms = _read_terms([entry for entry in own if bindings is None or entry != bindings.base])
        rest = event.content[len(own_text) :]
        is_strange = _KEYWORD.search(rest) or _NAMELESS.search(rest) or rest.count(_NAME) > 1
        key = (event.context, own_text, event.event_id if is_strange else "")
        if bindings is not None:
            base = bindings.base
        return _Reading(key, base, None if terms is None or is_strange else bindings, terms or {})

    def _fits(self, event: StoredEvent, reading: _Reading) -> bool:
        bindings = reading.bindings
        if self._alone is not None or bindings is None:
            return self._alone == reading.key
        if bindings.base != self._base or len(self._read) > _MOST_CONTEXTS:
            return False
        if any(self._terms.get(name, target) != target for name, target in bindings.terms.items()):
            return False
        foreign = self._terms.keys() - bindings.terms.keys()
        new = bindings.terms.keys() - self._terms.keys()
        if _mentions(bindings.terms, foreign) or _mentions(self._terms, new):
            return False
        if _uses_any(event.content, reading.own, foreign):
            return False
        return not any(_uses_any(content, own, new) for content, own in self._events)


def _read_bindings(context: Any) -> _Bindings | None:
    """Return what a context binds; None for one that cannot be joined with others, nor they with it."""
    entries = context if isinstance(context, list) else [context]
    if not entries or not isinstance(entries[0], str) or not is_standard_context(entries[0]):
        return None
    terms = _read_terms(entries[1:])
    return None if terms is None else _Bindings(entries[0], terms)


def _read_terms(entries: Iterable[Any]) -> dict[str, Any] | None:
    """Return what the objects of a context bind; None when there is anything else, or more in them than names."""
    terms: dict[str, Any] = {}
    for entry in entries:
        # A later object may change what the words of an earlier one stood for.
        is_plain = isinstance(entry, dict) and terms.keys().isdisjoint(entry) and not _mentions(terms, entry)
        if not is_plain or not all(_is_plain(name, target) for name, target in entry.items()):
            return None
        terms |= entry
    return terms


def _is_plain(name: str, target: Any) -> bool:
    """Say whether a name is bound to an address and does nothing else to the page."""
    if not name or name.startswith("@") or name in _SCHEMES:
        return False
    if is_standard_name(name) and PREFIXES.get(name) != target:
        return False
    if isinstance(target, dict):
        if not target.keys() <= _PLAIN_DEFINITION or not isinstance(target.get("@id"), str):
            return False
        target = target["@id"]
    return isinstance(target, str) and not target.startswith("@")


def _mentions(terms: _Terms, names: Iterable[str]) -> bool:
    """Say whether one of these names stands in what terms are bound to."""
    written = json.dumps(terms, ensure_ascii=False, separators=(",", ":")).encode()
    return any(_stands_in(written, name) for name in names)


def _uses_any(content: bytes, own: _Terms, names: Iterable[str]) -> bool:
    """Say whether an event writes one of these names, alone or as a prefix, without binding it itself."""
    return any(name not in own and _stands_in(content, name) for name in names)


def _stands_in(content: bytes, name: str) -> bool:
    quoted = json.dumps(name, ensure_ascii=False)[:-1].encode()
    return quoted + b'"' in content or quoted + b":" in content


def _own_context(content: bytes) -> tuple[bytes, list[Any]]:
    """Return the context that an event brings itself, as it is written and as a list. Canonical JSON has it first."""
    if not content.startswith(_OWN_CONTEXT):
        return b"", []
    text = content.decode()
    context, end = json.JSONDecoder().raw_decode(text, len(_OWN_CONTEXT))
    return text[:end].encode(), context if isinstance(context, list) else [context]


def _standard_addresses(context: Iterable[Any]) -> Iterator[str]:
    return (entry for entry in context if isinstance(entry, str) and is_standard_context(entry))
