"""The event hash of CBV 2.0: one identity for an event, however its JSON is ordered or its words are spelled.

It names an event; it does not seal it. Fields are joined without separators, and IDs, record times, certificates and
error declarations are left out, so several different events share a hash. What seals an event is the SHA-256 of its
canonical bytes.

Source: CBV 2.0 section 8.9, read together with the reference implementation (RalphTro/epcis-event-hash-generator, as
of CBV2.0 in its version 2 branch), whose published hashes the tests hold. Where the text leaves room we do as it does:

- Bare words: every string equal to a standard word that the event uses elsewhere is written as that word's URI, be it
  in an extension field. The reference looks through the whole document for such words; we look through the event, for
  an identity must not depend on its neighbours.
- ``gs1`` stands for ``https://ref.gs1.org/voc/`` and ``cbvmda`` for ``urn:epcglobal:cbv:mda``, unless a context says
  otherwise (of ``cbvmda`` only).
- A name that ends in ``List`` is taken apart like a list of the standard, in extensions too.

Two things differ: the type of a business transaction, source or destination comes first even where the JSON has it
second or not at all (the reference then changes or gives up), and a context on the event itself counts as one of its
document.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from epcis.context import CBV, WORDS, bound_prefixes, standard_word
from epcis.key_folding import fold_key

_GS1_VOC = "https://ref.gs1.org/voc/"
_PREFIXES = {
    "cbv": CBV,
    "epcis": "https://ref.gs1.org/epcis/",
    "cbvmda": "urn:epcglobal:cbv:mda",
}
#: (name, text, children): the shape that JSON and XML share.
_Node = tuple[str, str, list[Any]]
_Order = Mapping[str, Any]

_EPCS: _Order = {"epc": None}
_QUANTITIES: _Order = {"quantityElement": {"epcClass": None, "quantity": None, "uom": None}}
_PLACE: _Order = {"id": None}
_PAIRS: _Order = {"pair": None}


def _fields(names: str) -> _Order:
    return dict.fromkeys(names.split())


#: The order of CBV 2.0 (section 8.9.2): fields of the standard, and inside them.
_ORDER: _Order = {
    "eventTime": None,
    "eventTimeZoneOffset": None,
    "epcList": _EPCS,
    "parentID": None,
    "inputEPCList": _EPCS,
    "childEPCs": _EPCS,
    "quantityList": _QUANTITIES,
    "childQuantityList": _QUANTITIES,
    "inputQuantityList": _QUANTITIES,
    "outputEPCList": _EPCS,
    "outputQuantityList": _QUANTITIES,
    "action": None,
    "transformationID": None,
    "bizStep": None,
    "disposition": None,
    "persistentDisposition": {"set": None, "unset": None},
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _PAIRS,
    "sourceList": _PAIRS,
    "destinationList": _PAIRS,
    "sensorElementList": {
        "sensorElement": {
            "sensorMetadata": _fields(
                "time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules"
            ),
            "sensorReport": _fields(
                "type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism "
                "chemicalSubstance value component stringValue booleanValue hexBinaryValue uriValue minValue maxValue "
                "meanValue sDev percRank percValue uom coordinateReferenceSystem"
            ),
        }
    },
}
#: Lists of pairs: a type, then what is of that type.
_PAIR_VALUES = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
_LEFT_OUT = frozenset({"recordTime", "eventID", "type", "errorDeclaration", "certificationInfo"})
_COMMENTS = frozenset({"#text", "rdfs:comment", "comment"})
_RENAMED_ITEMS = {
    "inputEPC": "epc",
    "outputEPC": "epc",
    "inputQuantity": "quantityElement",
    "outputQuantity": "quantityElement",
    "childQuantity": "quantityElement",
}
_URNS = {
    "urn:epcglobal:cbv:bizstep:": f"{CBV}BizStep-",
    "urn:epcglobal:cbv:disp:": f"{CBV}Disp-",
    "urn:epcglobal:cbv:btt:": f"{CBV}BTT-",
    "urn:epcglobal:cbv:sdt:": f"{CBV}SDT-",
    "urn:epcglobal:cbv:er:": f"{CBV}ER-",
}
#: Numbers keep 28 significant digits, and are left as text when written out they would be longer than this.
_EXACT = Context(prec=28)
_LONGEST_NUMBER = 400


def event_hash(event: Mapping[str, Any], context: Any) -> str:
    """Return ``ni:///sha-256;<64 hexadecimal digits>?ver=CBV2.0`` of a valid event.

    ``context`` is the ``@context`` of its document, or None; the event's own is read as well. Raises
    ``UnicodeEncodeError`` for text that is no Unicode.
    """
    digest = hashlib.sha256(pre_hash_string(event, context).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def pre_hash_string(event: Mapping[str, Any], context: Any) -> str:
    """Return the text whose SHA-256 is the event hash."""
    reader = _Reader(event, context)
    content = {name: value for name, value in event.items() if name != "@context"}
    fields = _tidy(reader.read("", content))[2]
    standard = _write_in_order(fields, _ORDER)
    master_data = [node for node in fields if node[0] == "ilmd"]
    rest = [node for node in fields if node[0] != "ilmd"]
    inner = ""
    for node, order in _in_order(rest, _ORDER):
        written = _write_inner_extensions(node[2], order)
        if written:
            inner += _shown(node[0]) + written
            rest = [other for other in rest if other is not node]
    extensions = _write_freely([node for node in rest if node[0] not in _LEFT_OUT])
    return f"eventType={event['type']}{standard}{_write_freely(master_data)}{inner}{extensions}"


class _Reader:
    """Turns JSON into nodes: names become ``{namespace}local``, standard words become URIs."""

    def __init__(self, event: Mapping[str, Any], context: Any) -> None:
        bound = bound_prefixes(context, event.get("@context"))
        self._prefixes = {**_PREFIXES, **bound, "gs1": _GS1_VOC}
        self._words: dict[str, set[str]] = {}
        for word in self._list_words(event):
            for place, char in enumerate(word):
                if char in "-/":
                    self._words.setdefault(word[place + 1 :], set()).add(word)

    def read(self, name: str, value: Any) -> _Node:
        """Return the node of a JSON object or scalar."""
        if not isinstance(value, dict):
            return (name, self._text(value), [])
        children: list[_Node] = []
        for key, item in value.items():
            if key in _COMMENTS:
                continue
            full = self._expand(key)
            items = item if isinstance(item, list) else [item]
            children.extend(self._read_item(full, one) for one in items)
        if not _PAIR_VALUES_KEYS & value.keys():
            children.sort()
        return (name, str(value.get("#text", "")), children)

    def _read_item(self, name: str, value: Any) -> _Node:
        if isinstance(value, list):
            return (name, "", [self._read_item("", one) for one in value])
        return self.read(name, value)

    def _text(self, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            return str(value)
        words = self._words.get(value)
        if words is not None and len(words) == 1:
            return next(iter(words))
        prefix, colon, local = value.partition(":")
        if colon and prefix in self._prefixes:
            namespace = self._prefixes[prefix]
            if namespace.startswith(("https://ref.gs1.org", "https://gs1.org")):
                return namespace + local
        return value

    def _expand(self, key: str) -> str:
        prefix, colon, local = key.partition(":")
        return f"{{{self._prefixes[prefix]}}}{local}" if colon and prefix in self._prefixes else key

    def _list_words(self, event: Mapping[str, Any]) -> Iterator[str]:
        """Yield the URIs of the standard words that this event uses."""
        for kind, value in _standard_values(event):
            if isinstance(value, str):
                word = self._expand_word(kind, value)
                if word.startswith((CBV, "https://gs1.org/voc", _GS1_VOC[:-1])):
                    yield word

    def _expand_word(self, kind: str, value: str) -> str:
        prefix, colon, local = value.partition(":")
        if colon:
            return self._prefixes[prefix] + local if prefix in self._prefixes else value
        if value not in WORDS[kind]:
            return value
        return _GS1_VOC + value if kind in {"measurement", "alert"} else standard_word(kind, value)


_PAIR_VALUES_KEYS = frozenset(_PAIR_VALUES.values())


def _standard_values(event: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every value of the event that the standard takes from a vocabulary, with its kind."""
    yield "bizStep", event.get("bizStep")
    yield "disposition", event.get("disposition")
    for values in _object(event.get("persistentDisposition")).values():
        for value in _items(values):
            yield "disposition", value
    for name, kind in (("bizTransactionList", "transaction"), ("sourceList", "sdt"), ("destinationList", "sdt")):
        for item in _items(event.get(name)):
            yield kind, _object(item).get("type")
    yield "reason", _object(event.get("errorDeclaration")).get("reason")
    for element in _items(event.get("sensorElementList")):
        for report in _items(_object(element).get("sensorReport")):
            yield "measurement", _object(report).get("type")
            yield "alert", _object(report).get("exception")
            yield "component", _object(report).get("component")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tidy(node: _Node) -> _Node:
    """Give JSON the shape of XML: items of a list stand inside it, under the names that the standard has for them."""
    name, text, children = node
    lists: dict[str, list[_Node]] = {}
    others: list[_Node] = []
    for child in children:
        if child[0].endswith("List"):
            lists.setdefault(child[0], []).append((child[0][:-4], child[1], child[2]))
        elif child[0] == "childEPCs":
            lists.setdefault("childEPCs", []).append(("epc", child[1], []))
        else:
            others.append(child)
    tidied = [_tidy(child) for child in others]
    for list_name, items in lists.items():
        if list_name in _PAIR_VALUES:
            tidied.append((list_name, "", [_pair(item, _PAIR_VALUES[list_name]) for item in items]))
        else:
            tidied.append((list_name, "", [_tidy(item) for item in items]))
    if name == "quantity" and tidied:
        name = "quantityElement"
    return (_RENAMED_ITEMS.get(name, name), text, tidied)


def _pair(item: _Node, value_name: str) -> _Node:
    """Return a type and what is of that type as one text."""
    texts = {child[0]: child[1].strip() for child in item[2]}
    written = "".join(f"{name}={_write_value(texts[name])}" for name in ("type", value_name) if texts.get(name))
    return ("pair", written, [])


def _in_order(nodes: list[_Node], order: _Order) -> list[tuple[_Node, _Order]]:
    """Return the nodes that have an order of their own inside, in the standard's order."""
    return [(node, inner) for name, inner in order.items() if inner for node in nodes if node[0] == name]


def _write_in_order(nodes: list[_Node], order: _Order) -> str:
    """Write the fields of the standard, and take what was written fully out of ``nodes``: the rest is extensions."""
    written: list[str] = []
    for name, inner in order.items():
        same = [node for node in nodes if node[0] == name]
        if not same:
            continue
        written.extend(sorted(filter(None, (_write_standard(node, inner) for node in same))))
        done = {id(node) for node in same if not node[2]}
        nodes[:] = [node for node in nodes if id(node) not in done]
    return "".join(written)


def _write_standard(node: _Node, order: _Order | None) -> str:
    name, text, children = node
    if order is _PAIRS:
        inner = "".join(sorted(child[1] for child in children))
        children.clear()
    else:
        inner = _write_in_order(children, order) if order else ""
    text = text.strip()
    if text:
        is_time = "time" in name.lower() and "offset" not in name.lower()
        text = f"={_write_time(text) if is_time else _write_value(text)}"
    return f"{_shown(name)}{text}{inner}" if text or inner else ""


def _write_freely(nodes: list[_Node]) -> str:
    """Write master data and extension fields: sorted by what they say."""
    written = []
    for name, text, children in nodes:
        value = text.strip()
        written.append(name + (f"={_write_value(value)}" if value else "") + _write_freely(children))
    if not any(node[0] in _PAIR_VALUES_KEYS for node in nodes):
        written.sort()
    return "".join(written)


def _write_inner_extensions(nodes: list[_Node], order: _Order) -> str:
    """Write the extension fields inside fields of the standard, behind the names that lead to them."""
    written = ""
    for node, inner in _in_order(nodes, order):
        below = _write_inner_extensions(node[2], inner)
        if below:
            written += _shown(node[0]) + below
    return written + _write_freely([node for node in nodes if "{" in node[0] and "/}" in node[0]])


def _shown(name: str) -> str:
    return "" if name == "sensorElementList" else name


def _write_value(text: str) -> str:
    for urn, word in _URNS.items():
        text = text.replace(urn, word)
    text = _write_number(text)
    return fold_key(text) or text


def _write_number(text: str) -> str:
    """Return a number without leading or trailing zeros; other text stays as it is."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        return text
    if number == number.to_integral_value():
        return str(number.to_integral_value())
    return format(number.normalize(_EXACT), "f")


def _write_time(text: str) -> str:
    """Return a moment in UTC, rounded half up to the millisecond."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
        milliseconds = (moment.microsecond + 500) // 1000
        rounded = moment.replace(microsecond=0) + timedelta(milliseconds=milliseconds)
    except (ValueError, OverflowError):
        return text
    return rounded.isoformat(timespec="milliseconds").replace("+00:00", "Z")
