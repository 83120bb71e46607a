"""Offers as a basket needs them."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from catalog.models import Offer, Product
from catalog.queries.shelf import face_photo, free_amount


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
    is_on_sale: bool
    parcel_g: int
    max_days_in_transit: int
    tax_class: str
    may_inspect: bool
    photo_sha256: str | None
    content_amount: Decimal
    content_unit: str


def list_offer_lines(session: Session, offer_ids: Collection[int]) -> dict[int, OfferLine]:
    """Return offers by id; unknown ids are left out. One statement."""
    if not offer_ids:
        return {}
    return {row[0]: OfferLine(*row) for row in session.execute(_lines(), {"offer_ids": list(offer_ids)})}


@cache
def _lines() -> Select[*tuple[Any, ...]]:
    """Return the statement of ``list_offer_lines``; building it takes longer than running it."""
    return (
        select(
            Offer.id, Offer.product_id, Product.household_id, Product.slug, Product.name, Product.category,
            Product.unit, Offer.price_vnd, free_amount(), Offer.state == "on_sale", Product.parcel_g,
            Product.max_days_in_transit, Product.tax_class, Product.may_inspect,
            face_photo(Product.id.expression), Product.content_amount, Product.content_unit,
        )
        .join(Product, Product.id == Offer.product_id)
        .where(Offer.id == any_(bindparam("offer_ids", type_=ARRAY(BigInteger))))
    )  # fmt: skip
