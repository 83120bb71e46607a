"""Which events can stand on one page of an answer, so that each still says what it said when it was captured.

An answer is one JSON-LD document with one ``@context`` at its top, and events stand in it letter for letter. A prefix
that another event's context binds must therefore change nothing in this one. Where that cannot be seen from the bytes
alone, the page ends, and the event stands on the next one, under its own context.

Source: JSON-LD 1.1, sections 4.1 (contexts), 4.4 (compact IRIs) and 4.1.11 (protected terms: the standard context of
EPCIS protects its own, so whoever binds them otherwise makes the whole page unreadable).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from epcis.context import PREFIXES, STANDARD_CONTEXT, is_standard_context, is_standard_name
from traceability.rules.epcis_documents import StoredEvent

#: What a term definition may hold without reaching beyond its own term.
_PLAIN_DEFINITION = frozenset({"@id", "@type", "@container", "@prefix", "@language"})
#: A page joins at most so many contexts: each new one is looked for in every event before it.
_MOST_CONTEXTS = 30
_OWN_CONTEXT = b'{"@context":'


@dataclass(frozen=True, slots=True)
class _Bindings:
    """A context that can be joined with others: the standard one, and what names stand for beside it."""

    base: str
    terms: Mapping[str, Any]


class SharedContext:
    """The ``@context`` of one page, made of those of its events."""

    def __init__(self) -> None:
        self._base: str | None = None
        self._terms: dict[str, Any] = {}
        #: The one context of a page whose context cannot be joined with another.
        self._alone: bytes | None = None
        self._events: list[StoredEvent] = []
        self._read: dict[bytes, _Bindings | None] = {}

    @property
    def value(self) -> Any:
        """What stands at the top of the page."""
        if self._alone is not None:
            return json.loads(self._alone)
        return [self._base or STANDARD_CONTEXT, *([self._terms] if self._terms else [])]

    def admit(self, event: StoredEvent) -> bool:
        """Take an event onto the page; False when it would be read otherwise there, or change how another is read."""
        bindings = self._bindings_of(event)
        if self._events and not self._fits(event, bindings):
            return False
        if bindings is None:
            self._alone = event.context
        else:
            self._base = bindings.base
            self._terms |= bindings.terms
        self._events.append(event)
        return True

    def _bindings_of(self, event: StoredEvent) -> _Bindings | None:
        if event.context is None:
            own = _own_context(event)
            return _Bindings(next(_standard_addresses(own), STANDARD_CONTEXT), {})
        if event.context not in self._read:
            self._read[event.context] = _read_bindings(json.loads(event.context))
        return self._read[event.context]

    def _fits(self, event: StoredEvent, bindings: _Bindings | None) -> bool:
        if self._alone is not None or bindings is None:
            return self._alone == event.context
        if bindings.base != self._base or len(self._read) > _MOST_CONTEXTS:
            return False
        if any(self._terms.get(name, target) != target for name, target in bindings.terms.items()):
            return False
        foreign = self._terms.keys() - bindings.terms.keys()
        new = bindings.terms.keys() - self._terms.keys()
        if _mentions(bindings.terms, foreign) or _mentions(self._terms, new) or _uses_any(event, foreign):
            return False
        return not any(_uses_any(other, new) for other in self._events)


def _read_bindings(context: Any) -> _Bindings | None:
    """Return what a context binds; None for one that cannot be joined with others, nor they with it."""
    entries = context if isinstance(context, list) else [context]
    if not entries or not isinstance(entries[0], str) or not is_standard_context(entries[0]):
        return None
    terms: dict[str, Any] = {}
    for entry in entries[1:]:
        # A later object may change what the words of an earlier one stood for.
        is_plain = isinstance(entry, dict) and terms.keys().isdisjoint(entry) and not _mentions(terms, entry)
        if not is_plain or not all(_is_plain(name, target) for name, target in entry.items()):
            return None
        terms |= entry
    return _Bindings(entries[0], terms)


def _is_plain(name: str, target: Any) -> bool:
    """Say whether a name is bound to an address and does nothing else to the page."""
    if not name or name.startswith("@") or (is_standard_name(name) and PREFIXES.get(name) != target):
        return False
    if isinstance(target, dict):
        if not target.keys() <= _PLAIN_DEFINITION or not isinstance(target.get("@id"), str):
            return False
        target = target["@id"]
    return isinstance(target, str) and not target.startswith("@")


def _mentions(terms: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Say whether one of these names stands in what terms are bound to."""
    written = json.dumps(terms, ensure_ascii=False, separators=(",", ":")).encode()
    return any(_stands_in(written, name) for name in names)


def _uses_any(event: StoredEvent, names: Iterable[str]) -> bool:
    """Say whether an event writes one of these names, alone or as a prefix, without binding it itself."""
    used = [name for name in names if _stands_in(event.content, name)]
    if not used:
        return False
    own = _read_bindings(_own_context(event))
    return own is None or any(name not in own.terms for name in used)


def _stands_in(content: bytes, name: str) -> bool:
    quoted = json.dumps(name, ensure_ascii=False)[:-1].encode()
    return quoted + b'"' in content or quoted + b":" in content


def _own_context(event: StoredEvent) -> Any:
    """Return the context that an event brings itself. Canonical JSON has it first."""
    if not event.content.startswith(_OWN_CONTEXT):
        return []
    return json.JSONDecoder().raw_decode(event.content[len(_OWN_CONTEXT) :].decode())[0]


def _standard_addresses(context: Any) -> Iterator[str]:
    for entry in context if isinstance(context, list) else [context]:
        if isinstance(entry, str) and is_standard_context(entry):
            yield entry
