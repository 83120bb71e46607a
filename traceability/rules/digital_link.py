"""GS1 Digital Link: which addresses name a thing by its GS1 keys, and which only look so.

GS1 Digital Link Standard: URI Syntax 1.3: numeric application identifiers only, a GTIN always in its 14 digits, key
qualifiers in their order, further data in the query. Compressed addresses (a standard of its own) are not read: our
codes are printed in plain, and a reader of plain addresses may refuse the others.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from marketplace.core.errors import Refused
from traceability.rules.gs1 import has_check_digit

#: The primary keys that are resolved here, each with the sequences in which its qualifiers may follow.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": (),
    "01": (("22", "10", "21"), ("235",)),
    "414": (("254",), ("7040",)),
    "417": (("7040",),),
}
#: Of the keys' values, how many digits there are and whether the last one checks the rest.
_DIGITS = {"00": 18, "01": 14, "414": 13, "417": 13}
#: Characters that a qualifier may have (GS1 General Specifications, figure 7.11-1: character set 82).
_SET_82 = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
_QUALIFIERS = {
    **{ai: re.compile(f"{_SET_82}{{1,20}}") for ai in ("10", "21", "22", "254")},
    "235": re.compile(f"{_SET_82}{{1,28}}"),
    "7040": re.compile(f"[0-9]{_SET_82}{{3}}"),
}
#: What the query may not bring: a web address would be a second link inside the first.
_NO_ATTRIBUTES = frozenset({"8200"})
_MAX_LENGTH = 2000
_SCHEMES = ("https", "HTTPS", "http", "HTTP")


class MalformedLink(Refused):
    """An address that is no GS1 Digital Link: answered with 400. ``detail`` says in English what is wrong."""

    def __init__(self, detail: str) -> None:
        super().__init__("malformed_digital_link", "Địa chỉ trong mã QR không đúng chuẩn GS1 Digital Link.")
        self.detail = detail


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A thing named by its GS1 keys: the primary key, its qualifiers in order, and data of the query."""

    key: str
    value: str
    qualifiers: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    def qualifier(self, ai: str) -> str | None:
        """Return the value of a qualifier, or None."""
        return dict(self.qualifiers).get(ai)

    def path(self, *, upto: int | None = None) -> str:
        """Return the address below the domain, with only the first ``upto`` qualifiers when that is given."""
        parts = [(self.key, self.value), *self.qualifiers[:upto]]
        return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in parts)


def parse_uri(uri: str) -> DigitalLink:
    """Read a whole address, whatever its domain and stem. Raises ``MalformedLink``."""
    scheme, separator, _ = uri.partition("://")
    try:
        parts = urlsplit(uri)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise MalformedLink(str(error)) from error
    if not separator or scheme not in _SCHEMES or not has_host or not _is_host(parts.netloc):
        detail = "not an http or https address"
        raise MalformedLink(detail)
    segments = parts.path.split("/")[1:]
    starts = [place for place, segment in enumerate(segments[:-1]) if segment in KEYS]
    # A stem may hold what looks like a key, so the last one from which all is well counts.
    for start in reversed(starts):
        if (len(segments) - start) % 2 == 0 and all(segment for segment in segments[start:]):
            try:
                return parse_path(segments[start:], parts.query)
            except MalformedLink:
                if start == starts[0]:
                    raise
    detail = "no GS1 primary key with its value in the path"
    raise MalformedLink(detail)


def parse_path(segments: Sequence[str], query: str = "") -> DigitalLink:
    """Read the segments of a path, still percent-encoded, and a query. Raises ``MalformedLink``."""
    if sum(map(len, segments)) + len(query) > _MAX_LENGTH:
        detail = "longer than any GS1 Digital Link"
        raise MalformedLink(detail)
    if len(segments) < 2 or len(segments) % 2:
        detail = "keys and values do not come in pairs"
        raise MalformedLink(detail)
    pairs = [(segments[place], unquote(segments[place + 1])) for place in range(0, len(segments), 2)]
    (key, value), *qualifiers = pairs
    if key not in KEYS:
        detail = f"({key}) is not a primary key that is resolved here"
        raise MalformedLink(detail)
    _check_key(key, value)
    sequence = _check_order(key, [ai for ai, _ in qualifiers])
    for ai, text in qualifiers:
        if not _QUALIFIERS[ai].fullmatch(text):
            detail = f"({ai}) has a value that is not allowed"
            raise MalformedLink(detail)
    attributes = _read_attributes(query)
    names = [ai for ai, _ in (*pairs, *attributes)]
    if len(names) != len(set(names)):
        detail = "an application identifier occurs twice"
        raise MalformedLink(detail)
    for ai, _ in attributes:
        if ai in sequence:
            detail = f"({ai}) qualifies the key and belongs into the path"
            raise MalformedLink(detail)
    return DigitalLink(key, value, tuple(qualifiers), attributes)


def _check_key(key: str, value: str) -> None:
    if not (value.isascii() and value.isdigit()) or len(value) != _DIGITS[key]:
        detail = f"({key}) has exactly {_DIGITS[key]} digits"
        raise MalformedLink(detail)
    if not has_check_digit(value):
        detail = f"({key}) has a wrong check digit"
        raise MalformedLink(detail)


def _check_order(key: str, names: list[str]) -> tuple[str, ...]:
    """Return the sequence of qualifiers that was followed. Without any, the first one counts."""
    for sequence in KEYS[key]:
        rest = iter(sequence)
        if all(name in rest for name in names):
            return sequence
    if not names:
        return ()
    detail = f"({') ('.join(names)}) do not follow ({key}) in this order"
    raise MalformedLink(detail)


def _check_attribute(ai: str, value: str) -> None:
    """Raise unless a value is one that the GS1 General Specifications allow for its application identifier."""
    # The library takes 20 MB for tables of everything; only addresses with data in their query need them.
    from biip import ParseError  # noqa: PLC0415
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier  # noqa: PLC0415
    from biip.gs1_element_strings import GS1ElementString  # noqa: PLC0415

    try:
        known = GS1ApplicationIdentifier.extract(ai)
        element = GS1ElementString.parse(f"{ai}{value}")
    except (ParseError, ValueError) as error:
        detail = f"({ai}) has a value that is not allowed"
        raise MalformedLink(detail) from error
    if known.ai != ai or element.ai.ai != ai or element.value != value:
        detail = f"({ai}) has a value that is not allowed"
        raise MalformedLink(detail)


def _read_attributes(query: str) -> tuple[tuple[str, str], ...]:
    """Return what the query says in application identifiers; other words are somebody else's."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        detail = "the query cannot be read"
        raise MalformedLink(detail) from error
    found = []
    for name, value in pairs:
        if not (name.isascii() and name.isdigit()):
            continue
        if name in _NO_ATTRIBUTES or not 2 <= len(name) <= 4:
            detail = f"({name}) is no data attribute"
            raise MalformedLink(detail)
        _check_attribute(name, value)
        found.append((name, value))
    return tuple(found)


def _is_host(netloc: str) -> bool:
    return bool(netloc) and all(ch.isascii() and (ch.isalnum() or ch in ".-:[]") for ch in netloc)
