"""One spelling for each GS1 key: EPC URNs and Digital Links of any domain become ``https://id.gs1.org/…``.

This is the constrained canonical form that the CBV 2.0 event hash asks for: the finest level of identification only
(a serial number drops the lot), no query, no consumer product variant, the characters of a serial as they stood. What
is no GS1 key stays as it is. Note the
trap: an address of one's own with a segment such as ``/01/`` and digits behind it counts as a GS1 key here.

Sources: CBV 2.0 section 8.9 (event hash), GS1 EPC Tag Data Standard (URN forms), GS1 Digital Link (canonical form).
"""

import re
from collections.abc import Callable

_CANONICAL = "https://id.gs1.org/"
#: A character of a serial or lot in an EPC URN; what the standard forbids there stands as %xx.
_ESCAPED = r"%2[125-9A-Fa-f]|%3[0-9A-Fa-f]|%4[1-9A-Fa-f]|%5[0-9AaFf]|%6[1-9A-Fa-f]|%7[0-9Aa]"
_CHAR = rf"(?:{_ESCAPED}|[!')(*+,.0-9:;=A-Z_a-z-])"
_PART_CHAR = r"(?:%2[3dfDF]|%3[0-9]|%4[1-9A-Fa-f]|%5[0-9Aa]|[0-9A-Z-])"
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(\d{6,12})\.(.*)")


def fold_key(uri: str) -> str | None:
    """Return the canonical Digital Link of a GS1 key; None when ``uri`` holds no GS1 key."""
    if uri.startswith("urn:epc:"):
        found = _URN.fullmatch(uri)
        if found is None:
            return None
        kind, scheme, prefix, rest = found.groups()
        write = _WRITERS.get(f"{kind}:{scheme}")
        folded = write(prefix, rest) if write else None
        return None if folded is None else _CANONICAL + folded
    return _fold_link(uri) if uri.startswith(("https:", "http:")) else None


def check_digit(digits: str) -> str:
    """Return the GS1 check digit (GS1 General Specifications 7.9.1) of a key's other digits."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def _checked(digits: str) -> str:
    return digits + check_digit(digits)


def _split(prefix: str, rest: str, length: int, tail: str) -> tuple[str, str] | None:
    """Split ``rest`` into a reference that fills the prefix up to ``length`` digits, and a tail of this form."""
    found = re.fullmatch(rf"(\d{{{length - len(prefix)}}})({tail})", rest)
    return None if found is None else (found[1], found[2])


def _gtin(prefix: str, reference: str) -> str:
    return _checked(reference[0] + prefix + reference[1:])


def _with_gtin(pattern: str, tail: Callable[[str], str]) -> Callable[[str, str], str | None]:
    def write(prefix: str, rest: str) -> str | None:
        parts = _split(prefix, rest, 13, pattern)
        return f"01/{_gtin(prefix, parts[0])}{tail(parts[1][1:])}" if parts else None

    return write


def _plain(path: str, length: int, *, lead: bool = False) -> Callable[[str, str], str | None]:
    """A key of digits only. ``lead``: the first digit of the reference stands before the prefix (SSCC)."""

    def write(prefix: str, rest: str) -> str | None:
        parts = _split(prefix, rest, length, "")
        if parts is None:
            return None
        digits = parts[0][0] + prefix + parts[0][1:] if lead else prefix + parts[0]
        return f"{path}/{_checked(digits)}"

    return write


def _with_serial(path: str, serial: str, zero: str = "") -> Callable[[str, str], str | None]:
    """A key of 13 digits with a serial right behind it (GRAI, GDTI, GCN)."""

    def write(prefix: str, rest: str) -> str | None:
        parts = _split(prefix, rest, 12, serial)
        if parts is None:
            return None
        tail = "" if parts[1] == ".*" else parts[1][1:]
        return f"{path}/{_checked(zero + prefix + parts[0])}{tail}"

    return write


def _free(path: str) -> Callable[[str, str], str | None]:
    """A key of up to 30 characters that begins with the prefix (GIAI, GINC)."""

    def write(prefix: str, rest: str) -> str | None:
        found = re.fullmatch(rf"{_CHAR}{{1,{30 - len(prefix)}}}", rest)
        return f"{path}/{prefix}{rest}" if found else None

    return write


def _location(prefix: str, rest: str) -> str | None:
    parts = _split(prefix, rest, 12, rf"\.{_CHAR}{{1,20}}")
    if parts is None:
        return None
    extension = parts[1][1:]
    place = f"414/{_checked(prefix + parts[0])}"
    return place if extension == "0" else f"{place}/254/{extension}"


def _component(prefix: str, rest: str) -> str | None:
    found = re.fullmatch(rf"({_PART_CHAR}{{1,{30 - len(prefix)}}})\.(\*|\d{{1,12}})", rest)
    if found is None:
        return None
    part = f"8010/{prefix}{found[1]}"
    return part if found[2] == "*" else f"{part}/8011/{found[2]}"


def _piece(prefix: str, rest: str) -> str | None:
    parts = _split(prefix, rest, 13, rf"\.\d\d\.\d\d\.(?:\*|{_CHAR}{{1,20}})")
    if parts is None:
        return None
    _, piece, total, serial = parts[1].split(".", 3)
    item = f"8006/{_gtin(prefix, parts[0])}{piece}{total}"
    return item if serial == "*" else f"{item}/21/{serial}"


_WRITERS: dict[str, Callable[[str, str], str | None]] = {
    "id:sgtin": _with_gtin(rf"\.{_CHAR}{{1,20}}", lambda serial: f"/21/{serial}"),
    "id:upui": _with_gtin(rf"\.{_CHAR}{{1,28}}", lambda serial: f"/235/{serial}"),
    "class:lgtin": _with_gtin(rf"\.{_CHAR}{{1,20}}", lambda lot: f"/10/{lot}"),
    "idpat:sgtin": _with_gtin(r"\.\*", lambda _: ""),
    "idpat:upui": _with_gtin(r"\.\*", lambda _: ""),
    "id:sscc": _plain("00", 17, lead=True),
    "id:gsrn": _plain("8018", 17),
    "id:gsrnp": _plain("8017", 17),
    "id:gsin": _plain("402", 16),
    "id:pgln": _plain("417", 12),
    "id:sgln": _location,
    "id:grai": _with_serial("8003", rf"\.{_CHAR}{{1,16}}", "0"),
    "idpat:grai": _with_serial("8003", r"\.\*", "0"),
    "id:gdti": _with_serial("253", rf"\.{_CHAR}{{1,19}}"),
    "idpat:gdti": _with_serial("253", r"\.\*"),
    "id:sgcn": _with_serial("255", r"\.\d{1,12}"),
    "idpat:sgcn": _with_serial("255", r"\.\*"),
    "id:giai": _free("8004"),
    "id:ginc": _free("401"),
    "id:cpi": _component,
    "idpat:cpi": _component,
    "id:itip": _piece,
    "idpat:itip": _piece,
}

#: Words that Digital Links once allowed for a key or its qualifier.
_SHORT_NAMES = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
#: Keys in the order in which they are looked for in an address.
_KEYS = ("00", "01", "253", "255", "401", "402", "414", "417", "8003", "8004", "8006", "8010", "8017", "8018")
_HOLDS_KEY = re.compile(
    rf"https?:[^?#]*/(?:{'|'.join(_KEYS)}|{'|'.join(w for w in _SHORT_NAMES if w not in {'cpv', 'lot', 'ser'})})"
    r"/\d{4}[^/]"
)
_IS_CANONICAL = re.compile(rf"{re.escape(_CANONICAL)}(?:{'|'.join(_KEYS)})/\d{{4}}[^/]")
_VALUE = r"[\x22\x27\x2D\x2E0-9\x3B-\x3FA-Z_a-z]"
_ITEM = rf"({re.escape(_CANONICAL)}(?:8006/\d{{18}}|01/\d{{14}}))"
_VARIANT = re.compile(rf"{_ITEM}/22/(?={_VALUE[:-1]}/]{{0,20}}$)[^/]*")
_LOT_AND_SERIAL = re.compile(rf"{_ITEM}/10/{_VALUE}{{0,20}}(/21/{_VALUE}{{0,20}})")
_PART = r"[\x23\x2D\x2F0-9A-Z]{0,30}"
_SOUND = re.compile(
    re.escape(_CANONICAL)
    + "(?:"
    + "|".join(
        (
            r"00/\d{18}",
            rf"01/\d{{14}}(?:/(?:21|10)/{_VALUE}{{0,20}}|/235/{_VALUE}{{0,28}})?",
            rf"253/\d{{13}}{_VALUE}{{0,17}}",
            r"255/\d{13,25}",
            rf"401/{_VALUE}{{0,30}}",
            r"402/\d{17}",
            rf"414/\d{{13}}(?:/254/{_VALUE}{{0,20}})?",
            r"417/\d{13}",
            rf"8003/\d{{14}}{_VALUE}{{0,16}}",
            rf"8004/{_VALUE}{{0,30}}",
            rf"8006/\d{{18}}(?:/(?:21|10)/{_VALUE}{{0,20}})?",
            rf"8010/{_PART}(?:/8011/\d{{0,12}})?",
            r"8017/\d{18}",
            r"8018/\d{18}",
        )
    )
    + ")"
)


def _fold_link(uri: str) -> str | None:
    if _HOLDS_KEY.match(uri) is None:
        return None
    uri = uri.partition("?")[0]
    for word, key in _SHORT_NAMES.items():
        uri = uri.replace(f"/{word}/", f"/{key}/")
    if _IS_CANONICAL.match(uri) is None:
        for key in _KEYS:
            start = uri.find(f"/{key}/")
            if start >= 0:
                uri = _CANONICAL + uri[start + 1 :]
                break
    uri = _pad_gtin(uri)
    uri = _VARIANT.sub(r"\1", uri, count=1)
    uri = _LOT_AND_SERIAL.sub(r"\1\2", uri, count=1)
    return uri if _SOUND.fullmatch(uri) else None


def _pad_gtin(uri: str) -> str:
    """Fill a GTIN of 13, 12 or 8 digits up to 14."""
    found = re.match(rf"{re.escape(_CANONICAL)}01/(\d+)", uri)
    if found is not None and len(found[1]) in {8, 12, 13}:
        return uri.replace("/01/", f"/01/{'0' * (14 - len(found[1]))}", 1)
    return uri
