"""One spelling for each name in EPCIS data, so that what is asked for and what was captured meet.

EPCIS 2.0 (JSON binding) lets a standard value be written as a bare word, a CURIE or a web URI of the CBV; all of them
become the web URI here. Names of extension fields become namespace + local name through the JSON-LD context.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

CBV = "https://ref.gs1.org/cbv/"
GS1_VOC = "https://gs1.org/voc/"
STANDARD_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
#: Kind of value -> how its class is called in CBV 2.0.
_CLASSES = {
    "bizStep": "BizStep",
    "disposition": "Disp",
    "transaction": "BTT",
    "sdt": "SDT",
    "reason": "ER",
    "alert": "Alert",
}
_URNS = {
    "bizStep": "urn:epcglobal:cbv:bizstep:",
    "disposition": "urn:epcglobal:cbv:disp:",
    "transaction": "urn:epcglobal:cbv:btt:",
    "sdt": "urn:epcglobal:cbv:sdt:",
    "reason": "urn:epcglobal:cbv:er:",
}
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
#: A longer term is kept by its hash: PostgreSQL takes no GIN key beyond 2,712 bytes.
_LONGEST_TERM = 400


def standard_word(kind: str, value: str) -> str:
    """Return the CBV web URI of a bare word, CURIE or URN (``shipping``); any other URI stays as it is."""
    name = _CLASSES[kind]
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
    found = dict(PREFIXES)
    for entry in _entries(contexts):
        for prefix, target in entry.items():
            namespace = target.get("@id") if isinstance(target, dict) else target
            if isinstance(namespace, str) and not prefix.startswith("@"):
                found[prefix] = namespace
    return found


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


def make_term(tag: str, value: str) -> str:
    """Return the term under which an event with this value is found. Long ones are shortened to a hash."""
    term = f"{tag}={value}".replace("\x00", "\ufffd")
    if len(term) <= _LONGEST_TERM:
        return term
    digest = hashlib.sha256(term.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{term[: _LONGEST_TERM - 65]}#{digest}"
