"""Words for what an index counts by code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from catalog.rules import CATEGORIES
from sellers.queries import list_commune_names
from sellers.rules import CERTIFICATE_KINDS, certificate_label


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet, in words, with how many goods it leaves."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What a search can be narrowed to."""

    categories: Sequence[Choice]
    communes: Sequence[Choice]
    certificates: Sequence[Choice]


def list_choices(session: Session, facets: Mapping[str, Mapping[str, int]]) -> Choices:
    """Return the facets of a search in words. One statement."""
    counts = facets.get("commune", {})
    names = list_commune_names(session, counts.keys())
    return Choices(
        categories=[
            Choice(code, label, facets.get("category", {})[code])
            for code, label in CATEGORIES.items()
            if code in facets.get("category", {})
        ],
        communes=sorted(
            (Choice(code, names[code], count) for code, count in counts.items() if code in names),
            key=lambda choice: (-choice.count, choice.label),
        ),
        certificates=sorted(
            (Choice(code, label_of(code), count) for code, count in facets.get("certificate", {}).items()),
            key=lambda choice: (-choice.count, choice.label),
        ),
    )


def label_of(code: str) -> str:
    """Return what a certificate's badge says, by the code that search filters by."""
    kind, _, stars = code.partition("-")
    return certificate_label(kind, int(stars)) if stars.isdigit() else CERTIFICATE_KINDS.get(code, code)
