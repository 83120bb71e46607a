"""The JSON-LD contexts of EPCIS, held here: one spelling for each name and word, and nothing is ever fetched.

EPCIS 2.0 (JSON binding) lets a standard value be written as a bare word, a CURIE or a web URI of the CBV; all of them
become the web URI here. Names of extension fields become namespace + local name through the JSON-LD context.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

CBV = "https://ref.gs1.org/cbv/"
GS1_VOC = "https://gs1.org/voc/"
STANDARD_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
#: Addresses under which the standard context is known; their prefixes are ``PREFIXES``.
_STANDARD_ADDRESS = re.compile(
    r"https://(ref\.gs1\.org/standards/epcis/(\d+\.\d+\.\d+/)?|gs1\.github\.io/EPCIS/)epcis-context\.jsonld"
)
#: Prefixes that the standard context binds.
PREFIXES: Mapping[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "gs1": GS1_VOC,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
#: Kind of value -> how its class is called in CBV 2.0.
CLASSES: Mapping[str, str] = {
    "bizStep": "BizStep",
    "disposition": "Disp",
    "transaction": "BTT",
    "sdt": "SDT",
    "reason": "ER",
    "component": "Comp",
    "alert": "Alert",
}
_URNS = {
    "bizStep": "urn:epcglobal:cbv:bizstep:",
    "disposition": "urn:epcglobal:cbv:disp:",
    "transaction": "urn:epcglobal:cbv:btt:",
    "sdt": "urn:epcglobal:cbv:sdt:",
    "reason": "urn:epcglobal:cbv:er:",
}


def _read_words() -> dict[str, frozenset[str]]:
    written = json.loads((Path(__file__).parent / "schema" / "words.json").read_text(encoding="utf-8"))
    return {kind: frozenset(words) for kind, words in written.items() if not kind.startswith("$")}


#: Kind of value -> the bare words that the standard has for it.
WORDS: Mapping[str, frozenset[str]] = _read_words()


def _list_names() -> Iterator[str]:
    """Yield the names that the standard context binds: prefixes, fields, types and words."""
    yield from ("id", "type", "baseURL", "comment", "Collection", "member", "masterData", *PREFIXES, *WORDS)
    for words in WORDS.values():
        yield from words
    for name in ("event", "document"):
        schema = json.loads((Path(__file__).parent / "schema" / f"{name}.json").read_text(encoding="utf-8"))
        for kind, part in schema["$defs"].items():
            yield kind
            yield from _list_fields(part)


def _list_fields(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", ())
        for inner in part.values():
            yield from _list_fields(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _list_fields(inner)


_STANDARD_NAMES = frozenset(_list_names())


def is_standard_name(name: str) -> bool:
    """Say whether the standard context binds a name. It protects its own: nobody may bind them otherwise."""
    return name in _STANDARD_NAMES


def is_standard_context(address: str) -> bool:
    """Say whether the standard context is known under an address."""
    return _STANDARD_ADDRESS.fullmatch(address) is not None


def standard_word(kind: str, value: str) -> str:
    """Return the CBV web URI of a bare word, CURIE or URN (``shipping``); any other URI stays as it is."""
    name = CLASSES[kind]
    urn = _URNS.get(kind)
    if urn is not None and value.startswith(urn):
        return f"{CBV}{name}-{value.removeprefix(urn)}"
    if value.startswith("cbv:"):
        return f"{CBV}{value.removeprefix('cbv:')}"
    return value if ":" in value else f"{CBV}{name}-{value}"


def short_word(value: str) -> str:
    """Return the bare word of a CBV web URI, as EPCIS 2.0 JSON writes it; other values stay as they are."""
    if value.startswith(CBV):
        _, dash, word = value.removeprefix(CBV).partition("-")
        return word if dash else value
    return value


def measurement_type(value: str) -> str:
    """Return the GS1 web vocabulary URI of a measurement type (``Temperature``, ``gs1:Temperature``)."""
    if value.startswith("gs1:"):
        value = value.removeprefix("gs1:")
    return value if ":" in value else f"{GS1_VOC}{value.removeprefix('MT-')}"


def prefixes_of(*contexts: Any) -> dict[str, str]:
    """Return prefix -> namespace of JSON-LD contexts, read in order. Remote contexts are never fetched."""
    return {**PREFIXES, **bound_prefixes(*contexts)}


def bound_prefixes(*contexts: Any) -> dict[str, str]:
    """Return what the contexts themselves bind, without the prefixes of the standard context."""
    found: dict[str, str] = {}
    for entry in _entries(contexts):
        for prefix, target in entry.items():
            namespace = target.get("@id") if isinstance(target, dict) else target
            if isinstance(namespace, str) and not prefix.startswith("@"):
                found[prefix] = namespace
    return found


def unknown_contexts(*contexts: Any) -> list[str]:
    """Return the addresses of contexts that are not held here. What they bind stays unknown: nothing is fetched."""
    return [
        address
        for context in contexts
        for address in (context if isinstance(context, list) else [context])
        if isinstance(address, str) and not is_standard_context(address)
    ]


def _entries(contexts: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for context in contexts:
        if isinstance(context, dict):
            yield context
        elif isinstance(context, list):
            yield from (entry for entry in context if isinstance(entry, dict))


def expand_name(name: str, prefixes: Mapping[str, str]) -> str:
    """Return the full name of an extension field: its namespace and local name in one."""
    prefix, colon, local = name.partition(":")
    if colon and not local.startswith("//") and prefix in prefixes:
        return f"{prefixes[prefix]}{local}"
    return prefixes.get(name, name)
