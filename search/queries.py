"""Words for what an index counts by code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from catalog.rules import CATEGORIES
from search.ports import SearchFilters
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


def list_choices(session: Session, facets: Mapping[str, Mapping[str, int]], filters: SearchFilters) -> Choices:
    """Return the facets of a search in words. One statement.

    What is chosen already comes first, even where it leaves nothing: a buyer must be able to take it back.
    """
    kinds = _counts(facets, "category", filters.category)
    communes = _counts(facets, "commune", filters.commune)
    certificates = _counts(facets, "certificate", filters.certificate)
    names = list_commune_names(session, communes.keys())
    return Choices(
        categories=[Choice(code, label, kinds[code]) for code, label in CATEGORIES.items() if code in kinds],
        communes=_sorted(
            (
                Choice(code, names.get(code, code), count)
                for code, count in communes.items()
                if code in names or code == filters.commune
            ),
            filters.commune,
        ),
        certificates=_sorted(
            (Choice(code, label_of(code), count) for code, count in certificates.items()), filters.certificate
        ),
    )


def _counts(facets: Mapping[str, Mapping[str, int]], name: str, chosen: str) -> Mapping[str, int]:
    counts = facets.get(name, {})
    return {**counts, chosen: counts.get(chosen, 0)} if chosen else counts


def _sorted(choices: Iterable[Choice], chosen: str) -> Sequence[Choice]:
    return sorted(choices, key=lambda choice: (choice.code != chosen, -choice.count, choice.label))


def label_of(code: str) -> str:
    """Return what a certificate's badge says, by the code that search filters by."""
    kind, _, stars = code.partition("-")
    return certificate_label(kind, int(stars)) if stars.isdigit() else CERTIFICATE_KINDS.get(code, code)
