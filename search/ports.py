"""What the market asks of a search engine, in its own words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from catalog.queries import SearchDocument
from marketplace.core.clock import local_date, utcnow

PAGE_SIZE = 24


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What a buyer narrows a search to. Prices in đồng, stars from 1 to 5."""

    category: str = ""
    commune: str = ""
    certificate: str = ""
    price_from: int | None = None
    price_to: int | None = None
    stars: int | None = None
    in_stock: bool = False


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search. ``sort`` is relevance, cheapest, dearest, newest or best; ``on`` is the day of the search."""

    text: str = ""
    filters: SearchFilters = field(default_factory=SearchFilters)
    sort: str = "relevance"
    page: int = 1
    on: date = field(default_factory=lambda: local_date(utcnow()))


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of product ids in order, how many there are in all, and how many under each value of a facet.

    ``understood_as`` is set when the words typed found nothing and others were tried. ``total_unfiltered`` is set when
    only the filters leave nothing: how many goods the words alone would find.
    """

    ids: Sequence[int]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    understood_as: str = ""
    total_unfiltered: int = 0

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product that may be meant by what was typed so far."""

    slug: str
    name: str
    household_name: str
    commune_name: str


class ProductIndex(Protocol):
    """An index of what is on sale. One process writes; any number read."""

    def is_ready(self) -> bool:
        """Say whether there is an index to read. Without one, write by ``rebuild``: ``put`` would hold a few only."""

    def put(self, documents: Sequence[SearchDocument]) -> None:
        """Add documents, or replace those of the same product. Waits while another process rebuilds."""

    def remove(self, product_ids: Sequence[int]) -> None:
        """Take products out; unknown ones are no error."""

    def search(self, request: SearchRequest) -> SearchResult:
        """Find products. An index that was never built finds nothing."""

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """Complete what is being typed."""

    def rebuild(self, documents: Iterable[SearchDocument], tick: Callable[[int], None]) -> int:
        """Build a new index beside the old one and swap them; return how many products it holds.

        ``tick`` is told how many documents were added since the last call. Readers see the old index until the swap.
        """
