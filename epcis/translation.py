"""Identifiers of events in the other spelling: EPC URNs as GS1 Digital Links, and the other way round.

Translated are the identifiers of the standard's own fields. What has no other spelling stays as it is: private
addresses, EPC schemes without a GS1 key (``usdod``, ``adi``, ``imovn``), and Digital Links whose owner's company prefix
is not known, for an EPC URN needs a dot behind it.

Sources: EPCIS 2.0 section 12 (``GS1-EPC-Format``), GS1 EPC Tag Data Standard (URN forms), GS1 Digital Link: URI Syntax.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from epcis.key_folding import fold_key

#: Returns how many of these digits, from the first on, are a company prefix; None when nobody knows.
PrefixLength = Callable[[str], int | None]
Translate = Callable[[str], str]
_LINK = re.compile(
    r"https://id\.gs1\.org/(?P<key>\d{2,4})/(?P<value>[^/]+)(?:/(?P<qualifier>10|21|235|254|8011)/(?P<tail>[^/]+))?"
)
#: Fields with one identifier, and fields with a list of them.
_SINGLE = ("parentID", "transformationID")
_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
#: Fields with objects, in which this field holds an identifier.
_INSIDE = {
    **dict.fromkeys(_QUANTITIES, "epcClass"),
    "readPoint": "id",
    "bizLocation": "id",
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}


def translate_event(event: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    """Return an event with the identifiers in the standard's own fields translated; everything else stays."""
    return {name: _translate_field(name, value, translate) for name, value in event.items()}


def _translate_field(name: str, value: Any, translate: Translate) -> Any:
    if name in _SINGLE or name in _LISTS:
        return _translate_texts(value, translate)
    if name in _INSIDE:
        return _translate_inside(value, _INSIDE[name], translate)
    if name == "sensorElementList" and isinstance(value, list):
        return [_translate_sensors(element, translate) for element in value]
    return value


def _translate_texts(value: Any, translate: Translate) -> Any:
    if isinstance(value, list):
        return [_translate_texts(item, translate) for item in value]
    return translate(value) if isinstance(value, str) else value


def _translate_inside(value: Any, name: str, translate: Translate) -> Any:
    if isinstance(value, list):
        return [_translate_inside(item, name, translate) for item in value]
    if not isinstance(value, dict) or name not in value:
        return value
    return {**value, name: _translate_texts(value[name], translate)}


def _translate_sensors(element: Any, translate: Translate) -> Any:
    if not isinstance(element, dict):
        return element
    parts = ("sensorMetadata", "sensorReport")
    return {
        name: _translate_inside(value, "deviceID", translate) if name in parts else value
        for name, value in element.items()
    }


def to_digital_link(uri: str) -> str:
    """Return the canonical Digital Link of an EPC URN. Anything else stays as it is, Digital Links too."""
    return (fold_key(uri) or uri) if uri.startswith("urn:epc:") else uri


def to_epc_urn(uri: str, prefix_length: PrefixLength) -> str:
    """Return the EPC URN of a Digital Link, if there is one and the company prefix is known. Anything else stays.

    A URN names the finest level only: what a Digital Link has beside it (a lot above a serial, a query) is not in it.
    """
    canonical = fold_key(uri) if uri.startswith(("https:", "http:")) else None
    found = _LINK.fullmatch(canonical) if canonical else None
    if found is None:
        return uri
    write = _WRITERS.get((found["key"], found["qualifier"]))
    urn = write(found["value"], found["tail"] or "", prefix_length) if write else None
    # A wrong check digit, or a character that a URN has to escape, does not come back as it was.
    return urn if urn is not None and fold_key(urn) == canonical else uri


_Writer = Callable[[str, str, PrefixLength], str | None]


def _split(digits: str, prefix_length: PrefixLength) -> tuple[str, str] | None:
    length = prefix_length(digits)
    return None if length is None else (digits[:length], digits[length:])


def _trade_item(scheme: str, tail: str | None = None) -> _Writer:
    """A GTIN in 14 digits; the indicator digit goes to the item reference."""

    def write(value: str, serial: str, prefix_length: PrefixLength) -> str | None:
        parts = _split(value[1:13], prefix_length)
        if parts is None:
            return None
        inner = f".{value[14:16]}.{value[16:18]}" if len(value) == 18 else ""
        return f"urn:epc:{scheme}:{parts[0]}.{value[0]}{parts[1]}{inner}.{serial if tail is None else tail}"

    return write


def _plain(scheme: str, start: int, stop: int, tail: str = "") -> _Writer:
    """A key of digits with a check digit; ``tail`` stands behind it where there is no qualifier."""

    def write(value: str, extension: str, prefix_length: PrefixLength) -> str | None:
        parts = _split(value[start:stop], prefix_length)
        if parts is None:
            return None
        lead = value[:start] if scheme == "id:sscc" else ""
        behind = f".{extension}" if extension else tail
        return f"urn:epc:{scheme}:{parts[0]}.{lead}{parts[1]}{behind}"

    return write


def _with_serial(scheme: str, start: int, stop: int) -> _Writer:
    """A key of digits with a serial right behind its check digit; without one it names all of its kind."""

    def write(value: str, _: str, prefix_length: PrefixLength) -> str | None:
        serial = value[stop + 1 :]
        kind = "id" if serial else "idpat"
        return _plain(f"{kind}:{scheme}", start, stop, f".{serial or '*'}")(value, "", prefix_length)

    return write


def _free(scheme: str) -> _Writer:
    """A key that begins with the company prefix and goes on as its owner likes."""

    def write(value: str, serial: str, prefix_length: PrefixLength) -> str | None:
        digits = re.match(r"\d{0,12}", value)
        parts = _split(digits[0], prefix_length) if digits else None
        if parts is None:
            return None
        return f"urn:epc:{scheme}:{parts[0]}.{value[len(parts[0]) :]}{f'.{serial}' if serial else ''}"

    return write


_WRITERS: Mapping[tuple[str, str | None], _Writer] = {
    ("01", None): _trade_item("idpat:sgtin", "*"),
    ("01", "21"): _trade_item("id:sgtin"),
    ("01", "235"): _trade_item("id:upui"),
    ("01", "10"): _trade_item("class:lgtin"),
    ("8006", None): _trade_item("idpat:itip", "*"),
    ("8006", "21"): _trade_item("id:itip"),
    ("00", None): _plain("id:sscc", 1, 17),
    ("414", None): _plain("id:sgln", 0, 12, ".0"),
    ("414", "254"): _plain("id:sgln", 0, 12),
    ("417", None): _plain("id:pgln", 0, 12),
    ("402", None): _plain("id:gsin", 0, 16),
    ("8017", None): _plain("id:gsrnp", 0, 17),
    ("8018", None): _plain("id:gsrn", 0, 17),
    ("8003", None): _with_serial("grai", 1, 13),
    ("253", None): _with_serial("gdti", 0, 12),
    ("255", None): _with_serial("sgcn", 0, 12),
    ("8004", None): _free("id:giai"),
    ("401", None): _free("id:ginc"),
    ("8010", None): lambda value, _, length: _free("idpat:cpi")(value, "*", length),
    ("8010", "8011"): _free("id:cpi"),
}
