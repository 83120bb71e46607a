"""Cards on a shelf. The number of statements never grows with the number of cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog.models import Offer, Product
from catalog.queries.papers import list_papers
from catalog.queries.shelf import face_photo, free_amount, lots_on_sale, stopped_amount
from marketplace.core.clock import local_date, utcnow
from marketplace.core.money import format_vnd
from marketplace.core.photos import photo_url
from marketplace.core.quantity import UNITS
from sellers import queries as sellers

_COMMUNE_SHELF = 12


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
    #: Nothing can be bought now: it is sold out, or (``is_stopped``) its goods may not be sold for now.
    is_sold_out: bool
    is_stopped: bool
    verified_label: str


def select_cards(*more: ColumnElement[Any] | InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
    """Return the statement that reads cards, with further columns behind those that a card needs."""
    return select(
        Product.id.label("product_id"), Offer.id.label("offer_id"), Product.slug, Product.name,
        Product.household_id, Offer.price_vnd, Product.unit, face_photo(Product.id.expression).label("photo"),
        Product.rating_sum, Product.rating_count, free_amount().label("free"),
        stopped_amount().label("stopped"),
        lots_on_sale().label("lot_ids"), *more,
    ).join(Offer, Offer.product_id == Product.id)  # fmt: skip


def finish_cards(session: Session, rows: Sequence[Row[Any]]) -> dict[int, ProductCard]:
    """Add households and certificates to rows of ``select_cards``; return cards by product.

    Three statements.
    """
    household_ids = {row.household_id for row in rows}
    households = {card.id: card for card in sellers.list_household_cards(session, household_ids)}
    papers = list_papers(
        session, {row.product_id: (row.household_id, row.lot_ids or ()) for row in rows}, local_date(utcnow())
    )
    cards = {}
    for row in rows:
        household = households[row.household_id]
        cards[row.product_id] = ProductCard(
            product_id=row.product_id,
            offer_id=row.offer_id,
            slug=row.slug,
            name=row.name,
            household_name=household.shown_name,
            commune_name=household.commune_name,
            price_vnd=row.price_vnd,
            price_label=format_vnd(row.price_vnd),
            unit_label=UNITS[row.unit].label,
            picture_url=photo_url(row.photo, "thumb") if row.photo else None,
            picture_alt=row.name,
            certificates=tuple(
                (badge.code, badge.label) for badge in sellers.pick_badges(papers.get(row.product_id, ()))
            ),
            stars=row.rating_sum / row.rating_count if row.rating_count else None,
            rating_count=row.rating_count,
            is_sold_out=row.free <= 0,
            is_stopped=row.free <= 0 < row.stopped,
            verified_label=f"{household.commune_name} đã xác nhận",
        )
    return cards


def list_product_cards(session: Session, product_ids: Sequence[int]) -> list[ProductCard]:
    """Return the cards of products in the order asked for, without unknown ones and those not on sale."""
    if not product_ids:
        return []
    rows = session.execute(_wanted(), {"ids": list(product_ids)}).all()
    cards = finish_cards(session, rows)
    return [cards[product_id] for product_id in product_ids if product_id in cards]


@cache
def _wanted() -> Select[*tuple[Any, ...]]:
    """Return the statement of ``list_product_cards``: building it costs more than running it."""
    ids = any_(bindparam("ids", type_=ARRAY(BigInteger)))
    return select_cards().where(Product.id == ids, Offer.state == "on_sale")


def list_newest_cards(session: Session, limit: int) -> list[ProductCard]:
    """Return what was put on sale last and is not sold out."""
    rows = session.execute(
        select_cards()
        .where(Offer.state == "on_sale", free_amount() > 0)
        .order_by(Offer.published_at.desc(), Offer.id.desc())
        .limit(limit)
    ).all()
    return list(finish_cards(session, rows).values())


def list_household_cards(session: Session, household_id: int) -> list[ProductCard]:
    """Return everything that a household has on sale, what is sold out last."""
    rows = session.execute(
        select_cards()
        .where(Product.household_id == household_id, Offer.state == "on_sale")
        .order_by(free_amount() <= 0, Product.name)
    ).all()
    return list(finish_cards(session, rows).values())


def list_commune_cards(session: Session, commune_id: int, limit: int = _COMMUNE_SHELF) -> list[ProductCard]:
    """Return what the verified households of a commune put on sale last and is not sold out."""
    household_ids = [
        household.id for household in sellers.list_commune_households(session, commune_id) if household.is_verified
    ]
    if not household_ids:
        return []
    rows = session.execute(
        select_cards()
        .where(Product.household_id.in_(household_ids), Offer.state == "on_sale", free_amount() > 0)
        .order_by(Offer.published_at.desc(), Offer.id.desc())
        .limit(limit)
    ).all()
    return list(finish_cards(session, rows).values())
