"""Pieces of SQL that several reads share: what is free, and a product's face."""

from sqlalchemy import ColumnElement, Numeric, ScalarSelect, and_, case, func, or_, select

from catalog.models import Offer, ProductPhoto, Stock

#: What can be bought of an offer right now, in units of sale: not frozen, not out of date in Viet Nam today.
_TODAY = func.date(func.timezone("Asia/Ho_Chi_Minh", func.now()))


def is_fresh() -> ColumnElement[bool]:
    """Return the condition that goods are not recalled and not out of date."""
    return and_(
        Stock.is_frozen.is_(False), or_(Stock.best_before_on.is_(None), Stock.best_before_on >= _TODAY)
    )


def free_amount() -> ScalarSelect[Numeric]:
    """Return the scalar sub-select of what is free of an offer (0 when it is not on sale)."""
    free = func.coalesce(func.sum(Stock.listed - Stock.reserved - Stock.sold), 0)
    return (
        select(case((Offer.state == "on_sale", free), else_=0))
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
