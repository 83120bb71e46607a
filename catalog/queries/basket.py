"""Offers as a basket needs them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, Stock
from catalog.queries.shelf import face_photo, free_amount, stopped_amount
from catalog.rules import OfferState
from marketplace.core.clock import local_date, utcnow
from traceability.queries.lots import explain_unsellable
from traceability.rules.obstacles import Obstacle

_FOR_GOOD = frozenset({Obstacle.RECALLED, Obstacle.PAST_DATE})


@dataclass(frozen=True, slots=True)
class OfferLine:
    """What a basket line shows and what an order freezes. Money in đồng, weight in grams for one unit."""

    offer_id: int
    product_id: int
    household_id: int
    slug: str
    name: str
    category: str
    unit: str
    price_vnd: int
    available: Decimal
    #: What lies there and is frozen, because its lots are held, recalled or stopped by the gate before sale.
    stopped: Decimal
    #: The offer's own state, or ``recalled``.
    state: str
    parcel_g: int
    max_days_in_transit: int
    tax_class: str
    may_inspect: bool
    photo_sha256: str | None
    content_amount: Decimal
    content_unit: str

    @property
    def is_on_sale(self) -> bool:
        """Whether the household sells it at present."""
        return self.state == OfferState.ON_SALE

    @property
    def is_paused(self) -> bool:
        """Whether the household has paused it."""
        return self.state == OfferState.PAUSED

    @property
    def is_stopped(self) -> bool:
        """Whether nothing can be bought though there are goods: they may not be sold for now."""
        return self.is_on_sale and self.available <= 0 < self.stopped


def list_offer_lines(session: Session, offer_ids: Collection[int]) -> dict[int, OfferLine]:
    """Return offers by id; unknown ids are left out. One statement, two more when goods of one are frozen."""
    if not offer_ids:
        return {}
    lines = {row[0]: OfferLine(*row) for row in session.execute(_lines(), {"offer_ids": list(offer_ids)})}
    stopped = [line.offer_id for line in lines.values() if line.is_stopped]
    if stopped:
        for offer_id in _find_recalled(session, stopped):
            lines[offer_id] = replace(lines[offer_id], state="recalled")
    return lines


def _find_recalled(session: Session, offer_ids: Collection[int]) -> set[int]:
    """Return those of these offers of which nothing is left but recalled goods: they do not come back."""
    frozen = session.execute(
        select(Stock.offer_id, Stock.lot_id).where(
            Stock.offer_id.in_(offer_ids), Stock.is_frozen, Stock.listed > Stock.reserved + Stock.sold
        )
    ).all()
    found = explain_unsellable(session, {lot_id for _, lot_id in frozen}, local_date(utcnow()))
    obstacles = {one.lot_id: one.obstacle for one in found}
    comes_back = {offer_id for offer_id, lot_id in frozen if obstacles.get(lot_id) not in _FOR_GOOD}
    return set(offer_ids) - comes_back


@cache
def _lines() -> Select[*tuple[Any, ...]]:
    """Return the statement of ``list_offer_lines``; building it takes longer than running it."""
    return (
        select(
            Offer.id, Offer.product_id, Product.household_id, Product.slug, Product.name, Product.category,
            Product.unit, Offer.price_vnd, free_amount(), stopped_amount(), Offer.state, Product.parcel_g,
            Product.max_days_in_transit, Product.tax_class, Product.may_inspect,
            face_photo(Product.id.expression), Product.content_amount, Product.content_unit,
        )
        .join(Product, Product.id == Offer.product_id)
        .where(Offer.id == any_(bindparam("offer_ids", type_=ARRAY(BigInteger))))
    )  # fmt: skip
