"""Which of a household's certificates an event may point to (EPCIS 2.0, ``certificationInfo``)."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Protocol

from marketplace.core.text import syllables
from traceability.rules.identifiers import certificate_uri

_PARTS = re.compile(r"[,;/]|\bvà\b")


class Paper(Protocol):
    """What has to be known of a certificate that an officer has seen. An empty scope is all that a household makes."""

    @property
    def id(self) -> int:
        """Its number here."""

    @property
    def scope(self) -> str:
        """What it is for, in the household's words."""

    @property
    def issued_on(self) -> date:
        """Its first day."""

    @property
    def expires_on(self) -> date | None:
        """Its last day, or None."""


def list_covering(papers: Iterable[Paper], produce: str, on: date) -> tuple[str, ...]:
    """Return the URIs of the certificates that are in date on a day and name this produce, or name nothing.

    Scopes are free text. What does not plainly name the produce is left out: a record claims too little rather than
    too much.
    """
    return tuple(
        certificate_uri(paper.id)
        for paper in sorted(papers, key=lambda one: one.id)
        if paper.issued_on <= on
        and (paper.expires_on is None or on <= paper.expires_on)
        and _covers(paper.scope, produce)
    )


def _covers(scope: str, produce: str) -> bool:
    """Say whether a scope (``rau muống, rau cải``) names the produce, or a kind of it (``bưởi``: ``bưởi Luận Văn``)."""
    parts = [part for part in map(syllables, _PARTS.split(scope.lower())) if part]
    wanted = syllables(produce)
    return not parts or any(_holds(part, wanted) or _holds(wanted, part) for part in parts)


def _holds(words: list[str], inner: list[str]) -> bool:
    return bool(inner) and any(
        words[start : start + len(inner)] == inner for start in range(len(words) - len(inner) + 1)
    )
