"""What JSON-LD reads in a document: names and texts with the terms of their contexts put in. Enough for tests.

Each text is expanded as if its property were of type ``@vocab``, so two readings that differ anywhere differ here.
Remote contexts are looked up in ``REMOTE``, as a reader's program would fetch them.
"""

from collections.abc import Mapping
from typing import Any

from epcis.context import is_standard_context, is_standard_name

#: What remote contexts hold, unknown to the server.
REMOTE: Mapping[str, Any] = {
    "https://partner.example/context.jsonld": {
        "ex": "https://partner.example/",
        "note": "https://partner.example/note",
    },
    "https://evil.example/context.jsonld": {"cq": "https://evil.example/", "urn": "https://evil.example/urn/"},
}
_STANDARD = "standard:"
Terms = Mapping[str, str]


def read(value: Any, context: Any) -> Any:
    """Return what a value says under a context, in a form that compares equal when the meaning does."""
    return _read(value, process({}, context))


def process(terms: Terms, context: Any) -> dict[str, str]:
    """Return the terms that hold after a context. Raises ``ValueError`` where it rebinds a protected one."""
    found = dict(terms)
    for entry in context if isinstance(context, list) else [context]:
        if isinstance(entry, str) and is_standard_context(entry):
            found["@standard"] = entry
            clash = [name for name in found if is_standard_name(name)]
            if clash:
                raise ValueError(clash)
        elif isinstance(entry, str):
            found = process(found, REMOTE[entry])
        else:
            _bind(found, entry)
    return found


def _bind(found: dict[str, str], entry: Mapping[str, Any]) -> None:
    local = {**found, **{name: target for name, target in entry.items() if not name.startswith("@")}}
    for name, target in entry.items():
        if "@standard" in found and is_standard_name(name):
            raise ValueError(name)
        identifier = target["@id"] if isinstance(target, dict) else target
        about = (
            sorted((key, value) for key, value in target.items() if key != "@id") if isinstance(target, dict) else []
        )
        found[name] = f"{_resolve(str(identifier), local, {name})}{about or ''}"


def _resolve(text: str, local: Mapping[str, Any], seen: set[str]) -> str:
    head, colon, rest = text.partition(":")
    if colon and not rest.startswith("//") and head in local and head not in seen:
        target = local[head]
        target = target["@id"] if isinstance(target, dict) else target
        return _resolve(str(target), local, {*seen, head}) + rest
    return text


def _expand(text: str, terms: Terms) -> str:
    if text in terms:
        return terms[text]
    head, colon, rest = text.partition(":")
    if colon and not rest.startswith("//") and head in terms:
        return terms[head] + rest
    if "@standard" in terms and is_standard_name(text):
        return f"{_STANDARD}{text}"
    return terms.get("@vocab", "?") + text if not colon else text


def _read(value: Any, terms: Terms) -> Any:
    if isinstance(value, list):
        return [_read(item, terms) for item in value]
    if isinstance(value, str):
        return _expand(value, terms)
    if not isinstance(value, dict):
        return value
    inner = process(terms, value["@context"]) if "@context" in value else terms
    return {_expand(key, inner): _read(item, inner) for key, item in value.items() if key != "@context"}
