"""Reviews: only from somebody to whom the goods were delivered, one for each product and consignment."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.events import OfferChanged
from catalog.models import Product, Review
from marketplace.core.errors import Refused
from marketplace.core.outbox import record_event

MAX_STARS = 5


def review_product(
    *,
    session: Session,
    product_id: int,
    consignment_ref: str,
    stars: int,
    words: str,
    signed_as: str,
    now: datetime,
) -> bool:
    """Add a review; returns False and changes nothing when this consignment reviewed the product before.

    The caller has made sure that the consignment was delivered and held this product.
    """
    if not 1 <= stars <= MAX_STARS:
        message = "Hãy chọn từ 1 đến 5 sao."
        raise Refused("stars_out_of_range", message, field="stars")
    added = session.execute(
        insert(Review)
        .values(
            product_id=product_id,
            consignment_ref=consignment_ref,
            stars=stars,
            words=words.strip()[:1000],
            signed_as=signed_as[:60],
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Review.id)
    ).scalar_one_or_none()
    if added is None:
        return False
    session.execute(
        update(Product)
        .where(Product.id == product_id)
        .values(rating_sum=Product.rating_sum + stars, rating_count=Product.rating_count + 1)
    )
    record_event(session, OfferChanged(product_id=product_id))
    return True
