"""Products as the search index wants them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, Stock
from catalog.queries.papers import list_papers
from catalog.queries.shelf import free_amount, is_fresh, lots_on_sale
from catalog.rules import CATEGORIES
from marketplace.core.clock import local_date, utcnow
from marketplace.core.quantity import UNITS
from sellers import queries as sellers


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """Everything that a product can be found by. Price in đồng, stars from 0 to 5."""

    product_id: int
    slug: str
    name: str
    other_names: str
    kind_code: str
    kind_name: str
    category: str
    commune_code: str
    commune_name: str
    former_places: str
    province_name: str
    hamlet: str
    household_id: int
    household_name: str
    #: Codes of its certificates, each with its last day (None: it does not run out).
    certificates: tuple[tuple[str, date | None], ...]
    price_vnd: int
    stars: float | None
    rating_count: int
    in_stock: bool
    verified_on: date | None
    sold_count: int
    unit_words: str
    description: str


def list_search_documents(session: Session, product_ids: Collection[int] | None = None) -> Sequence[SearchDocument]:
    """Return what is on sale as documents, of some products or (None) of all. Five statements.

    Goods that are merely sold out stay to be found; goods whose lots were recalled or are held back do not.
    """
    is_held_back = exists().where(Stock.offer_id == Offer.id, Stock.is_frozen).correlate(Offer)
    newest = (
        select(func.max(Stock.harvested_on))
        .where(Stock.offer_id == Offer.id, is_fresh())
        .correlate(Offer)
        .scalar_subquery()
    )
    wanted = (
        select(Product, Offer.price_vnd, free_amount(), newest, lots_on_sale())
        .join(Offer, Offer.product_id == Product.id)
        .where(Offer.state == "on_sale", or_(free_amount() > 0, ~is_held_back))
    )
    if product_ids is not None:
        wanted = wanted.where(Product.id.in_(product_ids))
    rows = session.execute(wanted).all()
    household_ids = {product.household_id for product, *_ in rows}
    households = {card.id: card for card in sellers.list_household_cards(session, household_ids)}
    communes = {
        commune.id: commune
        for commune in sellers.list_communes(session, {card.commune_id for card in households.values()})
    }
    papers = list_papers(
        session,
        {product.id: (product.household_id, lot_ids or ()) for product, *_, lot_ids in rows},
        local_date(utcnow()),
    )
    documents = []
    for product, price_vnd, free, verified_on, _ in rows:
        household = households[product.household_id]
        commune = communes[household.commune_id]
        documents.append(
            SearchDocument(
                product_id=product.id,
                slug=product.slug,
                name=product.name,
                other_names=product.other_names,
                kind_code=product.category,
                kind_name=CATEGORIES[product.category],
                category=product.category,
                commune_code=commune.code,
                commune_name=commune.full_name,
                former_places=", ".join(commune.former_names),
                province_name=commune.province_name,
                hamlet=household.hamlet or "",
                household_id=product.household_id,
                household_name=household.shown_name,
                certificates=_date_codes(papers.get(product.id, ())),
                price_vnd=price_vnd,
                stars=product.rating_sum / product.rating_count if product.rating_count else None,
                rating_count=product.rating_count,
                in_stock=(free or Decimal(0)) > 0,
                verified_on=verified_on,
                sold_count=product.sold_count,
                unit_words=" ".join((UNITS[product.unit].label, *UNITS[product.unit].words)),
                description=product.description,
            )
        )
    return documents


def _date_codes(papers: Iterable[sellers.CertificateView]) -> tuple[tuple[str, date | None], ...]:
    """Return the code of each certificate with its last day; of several with one code, the latest."""
    ends: dict[str, date] = {}
    for paper in papers:
        ends[paper.code] = max(ends.get(paper.code, date.min), paper.expires_on or date.max)
    return tuple((code, None if last == date.max else last) for code, last in sorted(ends.items()))
