"""Goods on sale for tests, made the way households make them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, Stock
from catalog.services.sell import ProductDraft, list_goods, make_product
from marketplace.accounts.rules import Actor
from marketplace.core.clock import start_of_local_day
from tests.factories.sellers import make_site
from tests.factories.traceability import make_lot, make_standard
from traceability.rules.entries import SYSTEM_ACTOR

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class MadeOffer:
    """What a test needs to know of goods on sale. Amounts are in units of sale."""

    offer_id: int
    product_id: int
    slug: str
    name: str
    household_id: int
    lot_id: int
    lot_code: str
    stock_id: int
    price_vnd: int


def make_draft(**changes: object) -> ProductDraft:
    """Return what a household might say of its rau muống, with changes."""
    values: dict[str, object] = {
        "name": "Rau muống ruộng",
        "category": "rau",
        "unit": "kg",
        "price_vnd": 25_000,
        "content_amount": Decimal(1),
        "content_unit": "kg",
        "parcel_g": 1100,
        "max_days_in_transit": 3,
        "tax_class": "agri_raw",
        "description": "Rau hái sáng sớm, còn đọng sương.",
    }
    return ProductDraft(**{**values, **changes})  # type: ignore[arg-type]


def make_unlisted_product(
    session: Session, household_id: int, *, photos: Sequence[str] = (), now: datetime = NOW, **changes: object
) -> int:
    """Return the id of a product that is still a draft."""
    return make_product(
        session=session,
        household_id=household_id,
        draft=make_draft(**changes),
        photos=photos,
        form_key=uuid.uuid4(),
        now=now,
    )


def put_lot(
    session: Session,
    household_id: int,
    *,
    unit: str = "kg",
    amount: Decimal | int = 100,
    template: str = "vegetable",
    produce: str = "Rau muống",
    state: str = "verified",
    made_on: date = date(2026, 11, 19),
    best_before_on: date | None = date(2027, 3, 1),
    decided_at: datetime | None = NOW,
) -> int:
    """Return the id of a lot in any state, with a diary that passes the gate before sale."""
    lot = make_lot(
        session,
        household_id,
        site_id=make_site(session, household_id),
        unit=unit,
        amount=amount,
        template=template,
        produce=produce,
        harvested_on=made_on,
        best_before_on=best_before_on,
        now=max(NOW, start_of_local_day(made_on + timedelta(days=1))),
    )
    make_standard(session, household_id, template=template)
    session.execute(
        text("UPDATE trace_lots SET state = :state, decided_at = :decided_at WHERE id = :id"),
        {"state": state, "decided_at": decided_at, "id": lot.id},
    )
    return lot.id


def _template(draft: ProductDraft) -> str:
    """Return a template of seasons from which such goods may come."""
    return "craft" if draft.category == "thu-cong" else "processed"


def make_offer(
    session: Session,
    household_id: int,
    *,
    lot_id: int | None = None,
    price: int = 25_000,
    amount: Decimal | int = 40,
    actor: Actor = SYSTEM_ACTOR,
    now: datetime = NOW,
    photos: Sequence[str] = (),
    **changes: object,
) -> MadeOffer:
    """Put ``amount`` units on sale, from a lot that is given or one without a diary; return what was made.

    ``changes`` go into the product's draft (name, category, unit, ...). The unit defaults to the kilogram.
    """
    draft = make_draft(price_vnd=price, **changes)
    if lot_id is None:
        wanted = Decimal(amount) * draft.content_amount
        lot_id = put_lot(session, household_id, unit=draft.content_unit, amount=wanted, template=_template(draft))
    product_id = make_product(
        session=session, household_id=household_id, draft=draft, photos=photos, form_key=uuid.uuid4(), now=now
    )
    add_stock(
        session,
        household_id,
        product_id,
        lot_id,
        Decimal(amount) * draft.content_amount,
        actor=actor,
        now=now,
    )
    offer_id = session.execute(select(Offer.id).where(Offer.product_id == product_id)).scalar_one()
    stock = session.execute(select(Stock).where(Stock.offer_id == offer_id)).scalar_one()
    slug = _slug(session, product_id)
    return MadeOffer(
        offer_id=offer_id,
        product_id=product_id,
        slug=slug,
        name=draft.name,
        household_id=household_id,
        lot_id=lot_id,
        lot_code=stock.lot_code,
        stock_id=stock.id,
        price_vnd=price,
    )


def add_stock(
    session: Session,
    household_id: int,
    product_id: int,
    lot_id: int,
    lot_amount: Decimal | int,
    *,
    actor: Actor = SYSTEM_ACTOR,
    now: datetime = NOW,
) -> Decimal:
    """Put more of a lot on sale; return the units that it makes."""
    return list_goods(
        session=session,
        household_id=household_id,
        product_id=product_id,
        lot_id=lot_id,
        lot_amount=Decimal(lot_amount),
        actor=actor,
        key=uuid.uuid4(),
        now=now,
    )


def _slug(session: Session, product_id: int) -> str:
    return session.execute(select(Product.slug).where(Product.id == product_id)).scalar_one()
