"""What a household sees of its own goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, ProductPhoto, Stock
from catalog.queries.shelf import face_photo, left_amount
from marketplace.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class DeskProduct:
    """A line of the household's list of goods."""

    product_id: int
    slug: str
    name: str
    unit: str
    price_vnd: int
    state: str
    #: What can still be sold, also while the product is paused.
    free: Decimal
    sold_count: int
    photo_sha256: str | None
    has_frozen: bool
    has_lots: bool

    @property
    def tag(self) -> str:
        """What the household should see first: its own state, or what keeps it from selling."""
        if self.state != "on_sale":
            return self.state
        if self.free > 0:
            return "on_sale"
        return "frozen" if self.has_frozen else "sold_out"


@dataclass(frozen=True, slots=True)
class DeskStock:
    """Goods of one lot on an offer, in units of sale."""

    stock_id: int
    lot_id: int
    lot_code: str
    listed: Decimal
    reserved: Decimal
    sold: Decimal
    harvested_on: date
    best_before_on: date | None
    is_frozen: bool

    @property
    def free(self) -> Decimal:
        """What can still be sold."""
        return self.listed - self.reserved - self.sold

    def is_expired(self, on: date) -> bool:
        """Whether it is past its date on a day."""
        return self.best_before_on is not None and self.best_before_on < on


@dataclass(frozen=True, slots=True)
class DeskProductPage:
    """A product as its household edits it."""

    product_id: int
    slug: str
    name: str
    other_names: str
    category: str
    unit: str
    content_amount: Decimal
    content_unit: str
    description: str
    parcel_g: int
    max_days_in_transit: int
    tax_class: str
    may_inspect: bool
    price_vnd: int
    state: str
    photos: tuple[str, ...]
    stock: tuple[DeskStock, ...]


def list_desk_products(session: Session, household_id: int) -> Sequence[DeskProduct]:
    """Return every product of a household, those on sale first."""
    rows = session.execute(
        select(
            Product.id, Product.slug, Product.name, Product.unit, Offer.price_vnd, Offer.state, left_amount(),
            Product.sold_count, face_photo(Product.id.expression),
            exists().where(Stock.offer_id == Offer.id, Stock.is_frozen).correlate(Offer),
            exists().where(Stock.offer_id == Offer.id).correlate(Offer),
        )
        .join(Offer, Offer.product_id == Product.id)
        .where(Product.household_id == household_id)
        .order_by(Offer.state == "withdrawn", Offer.state != "on_sale", Product.name, Product.id)
    )  # fmt: skip
    return [DeskProduct(*row) for row in rows]


def get_desk_product(session: Session, household_id: int, product_id: int) -> DeskProductPage:
    """Return a product of this household for editing. Raises ``NotFound``."""
    row = session.execute(
        select(Product, Offer)
        .join(Offer, Offer.product_id == Product.id)
        .where(Product.id == product_id, Product.household_id == household_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    product, offer = row
    photos = session.execute(
        select(ProductPhoto.sha256).where(ProductPhoto.product_id == product_id).order_by(ProductPhoto.position)
    ).scalars()
    stock = session.execute(select(Stock).where(Stock.offer_id == offer.id).order_by(Stock.id)).scalars()
    return DeskProductPage(
        product_id=product.id,
        slug=product.slug,
        name=product.name,
        other_names=product.other_names,
        category=product.category,
        unit=product.unit,
        content_amount=product.content_amount,
        content_unit=product.content_unit,
        description=product.description,
        parcel_g=product.parcel_g,
        max_days_in_transit=product.max_days_in_transit,
        tax_class=product.tax_class,
        may_inspect=product.may_inspect,
        price_vnd=offer.price_vnd,
        state=offer.state,
        photos=tuple(photos),
        stock=tuple(
            DeskStock(
                row.id, row.lot_id, row.lot_code, row.listed, row.reserved, row.sold,
                row.harvested_on, row.best_before_on, row.is_frozen,
            )
            for row in stock
        ),
    )  # fmt: skip
