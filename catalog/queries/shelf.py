"""Pieces of SQL that several reads share: what is free, and a product's face."""

from decimal import Decimal

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, or_, select

from catalog.models import Offer, ProductPhoto, Stock
from traceability.queries.lots import papers_hold

#: What can be bought of an offer right now, in units of sale: not frozen, not out of date in Viet Nam today.
TODAY = func.date(func.timezone("Asia/Ho_Chi_Minh", func.now()))
_FREE = Stock.listed - Stock.reserved - Stock.sold


def is_fresh() -> ColumnElement[bool]:
    """Return the condition that goods are not recalled, not out of date, and the papers that they are sold on hold."""
    return and_(
        Stock.is_frozen.is_(False),
        or_(Stock.best_before_on.is_(None), Stock.best_before_on >= TODAY),
        papers_hold(Stock.lot_id.expression, TODAY),
    )


def lots_on_sale() -> ScalarSelect[list[int]]:
    """Return the scalar sub-select of the lots of which something of an offer can be bought right now."""
    return (
        select(func.array_agg(Stock.lot_id))
        .where(Stock.offer_id == Offer.id, is_fresh(), _FREE > 0)
        .correlate(Offer)
        .scalar_subquery()
    )


def free_amount() -> ScalarSelect[Decimal]:
    """Return the scalar sub-select of what is free of an offer (0 when it is not on sale)."""
    return _sum_free(case((Offer.state == "on_sale", _FREE), else_=0))


def stopped_amount() -> ScalarSelect[Decimal]:
    """Return the scalar sub-select of what lies there of an offer and is frozen: it is not sold, and not sold out."""
    in_date = or_(Stock.best_before_on.is_(None), Stock.best_before_on >= TODAY)
    return (
        select(func.coalesce(func.sum(_FREE), 0))
        .where(Stock.offer_id == Offer.id, Stock.is_frozen, in_date)
        .correlate(Offer)
        .scalar_subquery()
    )


def left_amount() -> ScalarSelect[Decimal]:
    """Return the scalar sub-select of what would be free of an offer if it were on sale."""
    return _sum_free(_FREE)


def _sum_free(free: ColumnElement[Decimal]) -> ScalarSelect[Decimal]:
    return (
        select(func.coalesce(func.sum(free), 0))
        .where(Stock.offer_id == Offer.id, is_fresh())
        .correlate(Offer)
        .scalar_subquery()
    )


def face_photo(product_id: ColumnElement[int]) -> ScalarSelect[str]:
    """Return the scalar sub-select of the first photo's SHA-256 of a product."""
    return (
        select(ProductPhoto.sha256)
        .where(ProductPhoto.product_id == product_id)
        .order_by(ProductPhoto.position)
        .limit(1)
        .scalar_subquery()
    )
