"""What the shop's shelf forgets of a person: a household's words about its goods, a buyer's name under a review."""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, Review
from catalog.services.sell import withdraw
from marketplace.accounts.rules import Actor


def forget_household(*, session: Session, household_id: int, actor: Actor, key: uuid.UUID, now: datetime) -> None:
    """Stop selling everything of a household for good and empty what it said of its goods. Repeatable."""
    rows = session.execute(
        select(Product.id, Offer.state)
        .join(Offer, Offer.product_id == Product.id)
        .where(Product.household_id == household_id)
        .order_by(Product.id)
    ).all()
    for product_id, state in rows:
        if state != "withdrawn":
            withdraw(
                session=session,
                household_id=household_id,
                product_id=product_id,
                actor=actor,
                key=uuid.uuid5(key, f"product-{product_id}"),
                now=now,
            )
    session.execute(update(Product).where(Product.household_id == household_id).values(description="", other_names=""))


def forget_reviewer(*, session: Session, consignment_refs: Collection[str], shown_as: str) -> None:
    """Take a buyer's name and words from reviews; the stars stay. Repeatable."""
    session.execute(
        update(Review).where(Review.consignment_ref.in_(consignment_refs)).values(signed_as=shown_as, words="")
    )
