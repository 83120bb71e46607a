"""The page of a product, but for the story of its lots."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, ProductPhoto, Review, Stock
from catalog.queries.shelf import TODAY
from catalog.rules import CATEGORIES, Shelf, expiry_order
from marketplace.core.clock import local_date, utcnow
from marketplace.core.errors import NotFound
from marketplace.core.quantity import UNITS
from traceability.queries.lots import papers_hold

_REVIEWS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class LotOnSale:
    """A lot from which a product is or was sold. ``is_frozen`` says that it is held or recalled."""

    lot_id: int
    code: str
    harvested_on: date
    best_before_on: date | None
    free: Decimal
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review as the public sees it."""

    stars: int
    words: str
    signed_as: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything on a product's page but the story of its lots. Money in đồng, weight in grams."""

    product_id: int
    offer_id: int
    household_id: int
    slug: str
    name: str
    other_names: str
    category: str
    category_name: str
    description: str
    unit: str
    unit_label: str
    step: Decimal
    content_amount: Decimal
    content_unit: str
    price_vnd: int
    available: Decimal
    state: str
    parcel_g: int
    max_days_in_transit: int
    may_inspect: bool
    stars: float | None
    rating_count: int
    sold_count: int
    photos: tuple[str, ...]
    #: What the next buyer's goods come from, first to expire first.
    lots: tuple[LotOnSale, ...]
    #: Those, and the lots that are sold, out of date, held or recalled.
    all_lots: tuple[LotOnSale, ...]
    reviews: tuple[ReviewView, ...]

    @property
    def is_on_sale(self) -> bool:
        """Whether the household sells it at present; it may still be sold out."""
        return self.state == "on_sale"


def get_product_page(session: Session, slug: str) -> ProductPage:
    """Return a product's page by its slug (two statements). Raises ``NotFound``, for drafts too."""
    rows = session.execute(_page_rows(), {"slug": slug}).all()
    if not rows:
        message = "Không tìm thấy sản phẩm này. Có thể hộ đã ngừng bán."
        raise NotFound("product_unknown", message)
    product, offer, _, shas, _ = rows[0]
    unit = UNITS[product.unit]
    all_lots = _sort_lots([stock for _, _, stock, *_ in rows if stock is not None])
    lapsed = {stock.lot_id for _, _, stock, _, holds in rows if stock is not None and not holds}
    today = local_date(utcnow())
    lots = tuple(
        lot
        for lot in all_lots
        if lot.free > 0
        and not lot.is_frozen
        and lot.lot_id not in lapsed
        and (lot.best_before_on is None or lot.best_before_on >= today)
    )
    is_on_sale = offer.state == "on_sale"
    return ProductPage(
        product_id=product.id,
        offer_id=offer.id,
        household_id=product.household_id,
        slug=product.slug,
        name=product.name,
        other_names=product.other_names,
        category=product.category,
        category_name=CATEGORIES[product.category],
        description=product.description,
        unit=product.unit,
        unit_label=unit.label,
        step=unit.step,
        content_amount=product.content_amount,
        content_unit=product.content_unit,
        price_vnd=offer.price_vnd,
        available=sum((lot.free for lot in lots), Decimal(0)) if is_on_sale else Decimal(0),
        state=offer.state,
        parcel_g=product.parcel_g,
        max_days_in_transit=product.max_days_in_transit,
        may_inspect=product.may_inspect,
        stars=product.rating_sum / product.rating_count if product.rating_count else None,
        rating_count=product.rating_count,
        sold_count=product.sold_count,
        photos=tuple(shas or ()),
        lots=lots,
        all_lots=all_lots,
        reviews=_list_reviews(session, product.id) if product.rating_count else (),
    )


@cache
def _page_rows() -> Select[*tuple[Any, ...]]:
    """Return the statement that reads a product with its photos, a row for each lot; built once."""
    photos = (
        select(func.array_agg(aggregate_order_by(ProductPhoto.sha256, ProductPhoto.position, ProductPhoto.id)))
        .where(ProductPhoto.product_id == Product.id)
        .correlate(Product)
        .scalar_subquery()
    )
    return (
        select(Product, Offer, Stock, photos, papers_hold(Stock.lot_id.expression, TODAY))
        .join(Offer, Offer.product_id == Product.id)
        .outerjoin(Stock, Stock.offer_id == Offer.id)
        .where(Product.slug == bindparam("slug"), Offer.state != "draft")
    )


def _sort_lots(stocks: list[Stock]) -> tuple[LotOnSale, ...]:
    """Sort as reserve() takes them, so that the page names the lot that the buyer will get."""
    ordered = sorted(
        stocks,
        key=lambda stock: expiry_order(
            Shelf(stock.id, stock.lot_id, Decimal(0), stock.best_before_on, stock.harvested_on)
        ),
    )
    return tuple(
        LotOnSale(
            stock.lot_id, stock.lot_code, stock.harvested_on, stock.best_before_on,
            stock.listed - stock.reserved - stock.sold, stock.is_frozen,
        )
        for stock in ordered
    )  # fmt: skip


def list_own_reviews(session: Session, consignment_refs: Collection[str]) -> dict[tuple[str, int], ReviewView]:
    """Return what was said of the goods of some consignments, by consignment and product. One statement."""
    rows = session.execute(
        select(
            Review.consignment_ref,
            Review.product_id,
            Review.stars,
            Review.words,
            Review.signed_as,
            Review.created_at,
        ).where(Review.consignment_ref.in_(consignment_refs))
    )
    return {
        (ref, product_id): ReviewView(stars, words, signed_as, created_at)
        for ref, product_id, stars, words, signed_as, created_at in rows
    }


def _list_reviews(session: Session, product_id: int) -> tuple[ReviewView, ...]:
    rows = session.execute(
        select(Review.stars, Review.words, Review.signed_as, Review.created_at)
        .where(Review.product_id == product_id)
        .order_by(Review.id.desc())
        .limit(_REVIEWS_SHOWN)
    )
    return tuple(ReviewView(*row) for row in rows)
