"""What a resolver answers: the links of a thing, which of them fits a request, and the whole set (RFC 9264).

GS1-Conformant resolver standard 1.2. Every thing has exactly one default link; a request may ask for a link type or for
a kind of document, and gets the default otherwise. A link set tells of every level up to the primary key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VOCABULARY = "https://ref.gs1.org/voc/"
#: Other spellings of the vocabulary's address that are in use.
_SPELLINGS = (VOCABULARY, "https://gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/", "gs1:")
LINKSET_JSON, JSON_LD, HTML = "application/linkset+json", "application/ld+json", "text/html"
CONTEXT_LINK = "https://ref.gs1.org/standards/resolver/linkset-context"
DEFAULT = "defaultLink"
#: Words that ask for the set itself; the second was the first one's name until 2024.
_WHOLE_SET = frozenset({"linkset", "all"})
_ACCEPTED = {JSON_LD: (JSON_LD, "application/json"), HTML: (HTML, "application/xhtml+xml")}


@dataclass(frozen=True, slots=True)
class Link:
    """A typed link: its GS1 link type (``pip``), where it leads below our address, what it is called there."""

    rel: str
    href: str
    title: str
    type: str = HTML
    language: str | None = "vi"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a thing: its own address below ours, what it is, its links, and where it leads by itself."""

    path: str
    description: str
    default: str
    links: tuple[Link, ...]


def is_set_wanted(link_type: str | None, accepted: Sequence[str]) -> bool:
    """Say whether a request asks for the set of links instead of one. ``accepted`` are media types, the best first."""
    if link_type:
        return link_type in _WHOLE_SET
    return bool(accepted) and accepted[0] == LINKSET_JSON


def choose_link(levels: Sequence[Level], link_type: str | None, accepted: Sequence[str]) -> str | None:
    """Return where a request leads; None when no link of the wanted type exists. The first level is the finest.

    A link type that a level lacks is looked for one level up. Among several of one type the kind of document decides.
    """
    wanted = read_link_type(link_type) if link_type else ""
    if wanted in {"", DEFAULT}:
        if not wanted and _best(accepted) == JSON_LD:
            document = _pick([link for level in levels for link in level.links if link.rel == "masterData"], accepted)
            if document is not None:
                return document.href
        return levels[0].default
    for level in levels:
        found = _pick([link for link in level.links if link.rel == wanted], accepted)
        if found is not None:
            return found.href
    return None


def read_link_type(typed: str) -> str | None:
    """Return the name of a GS1 link type, however its vocabulary is spelt; None for one of another vocabulary."""
    for spelling in _SPELLINGS:
        if typed.startswith(spelling):
            return typed[len(spelling) :]
    return None if ":" in typed else typed


def write_linkset(levels: Sequence[Level], *, root: str) -> dict[str, Any]:
    """Return a link set in JSON (RFC 9264, section 4.2). ``root`` is our address, without a slash at its end."""
    return {"linkset": [_write_level(level, root) for level in levels]}


def describe_resolver(*, root: str, name: str, keys: Sequence[str]) -> dict[str, Any]:
    """Return the resolver description file, which stands at ``/.well-known/gs1resolver``."""
    return {
        "name": name,
        "resolverRoot": root,
        "supportedPrimaryKeys": list(keys),
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
    }


def _write_level(level: Level, root: str) -> Mapping[str, Any]:
    written: dict[str, Any] = {
        "anchor": f"{root}{level.path}",
        "description": level.description,
        f"{VOCABULARY}{DEFAULT}": [{"href": f"{root}{level.default}", "title": level.description}],
    }
    for link in level.links:
        target: dict[str, Any] = {"href": f"{root}{link.href}", "title": link.title, "type": link.type}
        if link.language:
            target["hreflang"] = [link.language]
        written.setdefault(f"{VOCABULARY}{link.rel}", []).append(target)
    return written


def _best(accepted: Sequence[str]) -> str | None:
    """Return which of our two kinds of document is asked for first: a page, or data."""
    for one in accepted:
        for kind, names in _ACCEPTED.items():
            if one in names:
                return kind
    return None


def _pick(links: Sequence[Link], accepted: Sequence[str]) -> Link | None:
    wanted = _best(accepted)
    return next((link for link in links if link.type == wanted), links[0] if links else None)
