"""Shelves for pages of other packages, which ask for the cards in their templates."""

from collections.abc import Callable, Sequence

from catalog.queries import ProductCard, list_commune_cards, list_household_cards
from catalog.views.blueprint import blueprint
from marketplace.core.db import db


def household_shelf(household_id: int) -> Sequence[ProductCard]:
    """Return everything that a household has on sale."""
    return list_household_cards(db.session(), household_id)


def commune_shelf(commune_id: int) -> Sequence[ProductCard]:
    """Return what the households of a commune put on sale last."""
    return list_commune_cards(db.session(), commune_id)


@blueprint.app_context_processor
def _shelves() -> dict[str, Callable[[int], Sequence[ProductCard]]]:
    return {"household_shelf": household_shelf, "commune_shelf": commune_shelf}
