"""What buyers see: cards, the product page, a household's shelf. The number of statements never grows with the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, ProductPhoto, Review, Stock
from catalog.queries.shelf import face_photo, free_amount, is_fresh
from catalog.rules import CATEGORIES
from marketplace.core.clock import local_date, utcnow
from marketplace.core.errors import NotFound
from marketplace.core.money import format_vnd
from marketplace.core.photos import photo_url
from marketplace.core.quantity import UNITS
from sellers import queries as sellers

_REVIEWS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product on a shelf."""

    product_id: int
    offer_id: int
    slug: str
    name: str
    household_name: str
    commune_name: str
    price_vnd: int
    price_label: str
    unit_label: str
    picture_url: str | None
    picture_alt: str
    certificates: tuple[tuple[str, str], ...]
    stars: float | None
    rating_count: int
    is_sold_out: bool
    verified_label: str


@dataclass(frozen=True, slots=True)
class LotOnSale:
    """A lot from which a product is sold now."""

    lot_id: int
    code: str
    harvested_on: date
    best_before_on: date | None
    free: Decimal


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review as the public sees it."""

    stars: int
    words: str
    signed_as: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything on a product's page but the story of its lots."""

    product_id: int
    offer_id: int
    household_id: int
    slug: str
    name: str
    category: str
    category_name: str
    description: str
    unit: str
    unit_label: str
    step: Decimal
    price_vnd: int
    available: Decimal
    is_on_sale: bool
    parcel_g: int
    max_days_in_transit: int
    may_inspect: bool
    stars: float | None
    rating_count: int
    sold_count: int
    photos: tuple[str, ...]
    lots: tuple[LotOnSale, ...]
    reviews: tuple[ReviewView, ...]


def _cards() -> Select[Any]:
    return select(
        Product.id, Offer.id, Product.slug, Product.name, Product.household_id, Offer.price_vnd, Product.unit,
        face_photo(Product.id.expression), Product.rating_sum, Product.rating_count, free_amount(),
    ).join(Offer, Offer.product_id == Product.id)  # fmt: skip


def _finish_cards(session: Session, rows: Sequence[Row[Any]]) -> dict[int, ProductCard]:
    household_ids = {row[4] for row in rows}
    households = {card.id: card for card in sellers.list_household_cards(session, household_ids)}
    certificates: dict[int, list[tuple[str, str]]] = {}
    for certificate in sellers.list_valid_certificates(session, household_ids, local_date(utcnow())):
        certificates.setdefault(certificate.household_id, []).append((certificate.kind, certificate.label))
    cards = {}
    for product_id, offer_id, slug, name, household_id, price, unit, photo, rating_sum, rating_count, free in rows:
        household = households[household_id]
        cards[product_id] = ProductCard(
            product_id=product_id,
            offer_id=offer_id,
            slug=slug,
            name=name,
            household_name=household.shown_name,
            commune_name=household.commune_name,
            price_vnd=price,
            price_label=format_vnd(price),
            unit_label=UNITS[unit].label,
            picture_url=photo_url(photo, "thumb") if photo else None,
            picture_alt=name,
            certificates=tuple(certificates.get(household_id, ())),
            stars=rating_sum / rating_count if rating_count else None,
            rating_count=rating_count,
            is_sold_out=(free or 0) <= 0,
            verified_label=f"Cán bộ {household.commune_name} đã xác nhận",
        )
    return cards


def list_product_cards(session: Session, product_ids: Sequence[int]) -> list[ProductCard]:
    """Return the cards of products in the order asked for; unknown ones and those not on sale are left out."""
    if not product_ids:
        return []
    rows = session.execute(_cards().where(Product.id.in_(product_ids), Offer.state == "on_sale")).all()
    cards = _finish_cards(session, rows)
    return [cards[product_id] for product_id in product_ids if product_id in cards]


def list_newest_cards(session: Session, limit: int) -> list[ProductCard]:
    """Return what was put on sale last and is not sold out."""
    rows = session.execute(
        _cards()
        .where(Offer.state == "on_sale", free_amount() > 0)
        .order_by(Offer.published_at.desc(), Offer.id.desc())
        .limit(limit)
    ).all()
    return list(_finish_cards(session, rows).values())


def list_household_cards(session: Session, household_id: int) -> list[ProductCard]:
    """Return everything that a household has on sale."""
    rows = session.execute(
        _cards().where(Product.household_id == household_id, Offer.state == "on_sale").order_by(Product.name)
    ).all()
    return list(_finish_cards(session, rows).values())


def get_product_page(session: Session, slug: str) -> ProductPage:
    """Return a product's page by its slug (four statements). Raises ``NotFound`` for drafts and unknown slugs."""
    row = session.execute(
        select(Product, Offer, free_amount())
        .join(Offer, Offer.product_id == Product.id)
        .where(Product.slug == slug, Offer.state != "draft")
    ).one_or_none()
    if row is None:
        message = "Không tìm thấy sản phẩm này. Có thể hộ đã ngừng bán."
        raise NotFound("product_unknown", message)
    product, offer, free = row
    unit = UNITS[product.unit]
    photos = session.execute(
        select(ProductPhoto.sha256)
        .where(ProductPhoto.product_id == product.id)
        .order_by(ProductPhoto.position)
    ).scalars()
    lots = session.execute(
        select(Stock)
        .where(Stock.offer_id == offer.id, is_fresh(), Stock.listed > Stock.sold)
        .order_by(Stock.best_before_on.nulls_last(), Stock.harvested_on, Stock.id)
    ).scalars()
    reviews = session.execute(
        select(Review).where(Review.product_id == product.id).order_by(Review.id.desc()).limit(_REVIEWS_SHOWN)
    ).scalars()
    return ProductPage(
        product_id=product.id,
        offer_id=offer.id,
        household_id=product.household_id,
        slug=product.slug,
        name=product.name,
        category=product.category,
        category_name=CATEGORIES[product.category],
        description=product.description,
        unit=product.unit,
        unit_label=unit.label,
        step=unit.step,
        price_vnd=offer.price_vnd,
        available=free or Decimal(0),
        is_on_sale=offer.state == "on_sale",
        parcel_g=product.parcel_g,
        max_days_in_transit=product.max_days_in_transit,
        may_inspect=product.may_inspect,
        stars=product.rating_sum / product.rating_count if product.rating_count else None,
        rating_count=product.rating_count,
        sold_count=product.sold_count,
        photos=tuple(photos),
        lots=tuple(
            LotOnSale(
                stock.lot_id, stock.lot_code, stock.harvested_on, stock.best_before_on,
                stock.listed - stock.reserved - stock.sold,
            )
            for stock in lots
        ),
        reviews=tuple(
            ReviewView(review.stars, review.words, review.signed_as, review.created_at) for review in reviews
        ),
    )  # fmt: skip
