"""Listing, pausing and restocking: what a household does with its goods."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from catalog.errors import LotNotSellable
from catalog.events import OfferChanged
from catalog.models import Listing, Offer, Product, ProductPhoto, Stock
from catalog.rules import CATEGORIES, TAX_CLASSES, OfferState, next_offer_state, units_from_lot
from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_code
from marketplace.core.outbox import record_event
from marketplace.core.quantity import get_unit
from marketplace.core.text import slugify
from traceability.queries.lots import find_unsellable, list_sellable_lots
from traceability.services.sale import commit_to_sale, return_from_sale

MAX_PHOTOS = 6


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """What a household says of a product. Money in đồng, weight in grams."""

    name: str
    category: str
    unit: str
    price_vnd: int
    content_amount: Decimal
    content_unit: str
    parcel_g: int
    max_days_in_transit: int
    tax_class: str
    description: str = ""
    other_names: str = ""
    may_inspect: bool = True


def make_product(  # noqa: PLR0913 - a product is made once, with all of this
    *,
    session: Session,
    household_id: int,
    draft: ProductDraft,
    photos: Sequence[str],
    form_key: uuid.UUID | None,
    now: datetime,
) -> int:
    """Make a product with a draft offer; return its id. A repeated form key returns the first one's id."""
    _check(draft)
    if form_key is not None:
        known = session.execute(
            select(Product.id).where(Product.form_key == form_key, Product.household_id == household_id)
        ).scalar_one_or_none()
        if known is not None:
            return known
    product_id = session.execute(
        insert(Product)
        .values(
            household_id=household_id,
            form_key=form_key,
            slug=f"{slugify(draft.name)[:100]}-{new_code(4).lower()}",
            created_at=now,
            **_columns(draft),
        )
        .returning(Product.id)
    ).scalar_one()
    session.execute(
        insert(Offer).values(
            product_id=product_id, price_vnd=draft.price_vnd, state=OfferState.DRAFT, changed_at=now
        )
    )
    add_photos(session=session, household_id=household_id, product_id=product_id, photos=photos)
    return product_id


def edit_product(
    *, session: Session, household_id: int, product_id: int, draft: ProductDraft, now: datetime
) -> None:
    """Change what is said of a product. What it is counted in stays once goods were listed."""
    product, offer = _lock(session, household_id, product_id)
    _check(draft)
    if (product.unit, product.content_unit, product.content_amount) != (
        draft.unit,
        draft.content_unit,
        draft.content_amount,
    ) and _has_stock(session, offer.id):
        message = "Đơn vị bán không đổi được khi đã có lô hàng. Hãy tạo sản phẩm mới."
        raise Refused("unit_is_fixed", message, field="unit")
    for key, value in _columns(draft).items():
        setattr(product, key, value)
    offer.price_vnd = draft.price_vnd
    offer.changed_at = now
    session.flush()
    record_event(session, OfferChanged(product_id=product_id))


def add_photos(*, session: Session, household_id: int, product_id: int, photos: Sequence[str]) -> None:
    """Add stored photos (by SHA-256) behind those that are there, six at most."""
    _lock(session, household_id, product_id)
    count = session.execute(
        select(func.count()).select_from(ProductPhoto).where(ProductPhoto.product_id == product_id)
    ).scalar_one()
    if count + len(photos) > MAX_PHOTOS:
        message = f"Mỗi sản phẩm có tối đa {MAX_PHOTOS} ảnh."
        raise Refused("too_many_photos", message, field="photos")
    for place, sha256 in enumerate(photos):
        session.execute(
            pg_insert(ProductPhoto)
            .values(product_id=product_id, sha256=sha256, position=count + place)
            .on_conflict_do_nothing()
        )


def remove_photo(*, session: Session, household_id: int, product_id: int, sha256: str) -> None:
    """Take a photo off a product; the stored file stays, since records may show it."""
    _lock(session, household_id, product_id)
    session.execute(
        delete(ProductPhoto).where(ProductPhoto.product_id == product_id, ProductPhoto.sha256 == sha256)
    )
    record_event(session, OfferChanged(product_id=product_id))


def list_goods(  # noqa: PLR0913 - who, what, how much, under which key
    *,
    session: Session,
    household_id: int,
    product_id: int,
    lot_id: int,
    lot_amount: Decimal,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> Decimal:
    """Put an amount of a verified lot (in the lot's unit) on sale; return the units of sale that it makes.

    Raises ``LotNotSellable`` for a lot of another household, one that is not verified, or one out of date, and
    ``Refused`` when the amount does not fill one unit of sale or the units do not fit.
    """
    product, offer = _find(session, household_id, product_id)
    today = local_date(now)
    lot = next((lot for lot in list_sellable_lots(session, household_id, today) if lot.id == lot_id), None)
    if lot is None or find_unsellable(session, [lot_id], today):
        raise LotNotSellable
    if _was_listed(session, key):
        return Decimal(0)
    if lot.unit != product.content_unit:
        lot_unit, wanted = get_unit(lot.unit).label, get_unit(product.content_unit).label
        message = f"Lô này tính bằng {lot_unit}, còn sản phẩm tính bằng {wanted}."
        raise Refused("unit_differs", message, field="lot_id")
    units = units_from_lot(lot_amount, product.content_amount, get_unit(product.unit).step)
    if units <= 0:
        message = "Số lượng này chưa đủ một đơn vị bán."
        raise Refused("less_than_one_unit", message, field="amount")
    # The household's chain is locked first, here as everywhere, and only then rows of the shop.
    commit_to_sale(
        session=session,
        household_id=household_id,
        lot_id=lot_id,
        quantity=units * product.content_amount,
        key=key,
        actor=actor,
        now=now,
    )
    product, offer = _lock(session, household_id, product_id)
    session.execute(insert(Listing).values(form_key=key, offer_id=offer.id, lot_id=lot_id, units=units, listed_at=now))
    listed = pg_insert(Stock).values(
        offer_id=offer.id, lot_id=lot_id, lot_code=lot.code, listed=units,
        harvested_on=lot.made_on, best_before_on=lot.best_before_on,
    )  # fmt: skip
    session.execute(
        listed.on_conflict_do_update(
            index_elements=[Stock.offer_id, Stock.lot_id], set_={"listed": Stock.listed + listed.excluded.listed}
        )
    )
    _step(session, offer, "publish", now)
    return units


def publish(*, session: Session, household_id: int, product_id: int, now: datetime) -> None:
    """Put a product back on sale. It needs a photo and goods of a verified lot."""
    _, offer = _lock(session, household_id, product_id)
    if not _has_stock(session, offer.id):
        message = "Hãy chọn ít nhất một lô đã được xã xác nhận trước khi đưa lên sàn."
        raise Refused("no_lot_listed", message)
    _step(session, offer, "publish", now)


def pause(*, session: Session, household_id: int, product_id: int, now: datetime) -> None:
    """Take a product off the shelf for the time being; orders placed stay."""
    _, offer = _lock(session, household_id, product_id)
    _step(session, offer, "pause", now)


def take_back(  # noqa: PLR0913
    *,
    session: Session,
    household_id: int,
    product_id: int,
    stock_id: int,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> Decimal:
    """Take what is still free of one lot off the offer and give it back to the lot; return the units."""
    product, offer = _lock(session, household_id, product_id)
    stock = session.execute(
        select(Stock).where(Stock.id == stock_id, Stock.offer_id == offer.id).with_for_update()
    ).scalar_one_or_none()
    if stock is None:
        raise NotFound
    free = stock.listed - stock.reserved - stock.sold
    if free > 0:
        stock.listed -= free
        session.flush()
        return_from_sale(
            session=session,
            household_id=household_id,
            lot_id=stock.lot_id,
            quantity=free * product.content_amount,
            key=key,
            actor=actor,
            now=now,
        )
        record_event(session, OfferChanged(product_id=product_id))
    return free


def _columns(draft: ProductDraft) -> dict[str, object]:
    return {
        "name": draft.name.strip(), "other_names": draft.other_names.strip(), "category": draft.category,
        "unit": draft.unit, "content_amount": draft.content_amount, "content_unit": draft.content_unit,
        "description": draft.description.strip(), "parcel_g": draft.parcel_g,
        "max_days_in_transit": draft.max_days_in_transit, "tax_class": draft.tax_class,
        "may_inspect": draft.may_inspect,
    }  # fmt: skip


def _check(draft: ProductDraft) -> None:
    get_unit(draft.unit)
    get_unit(draft.content_unit)
    if draft.category not in CATEGORIES:
        message = "Hãy chọn một nhóm hàng trong danh sách."
        raise Refused("category_unknown", message, field="category")
    if draft.tax_class not in TAX_CLASSES:
        message = "Hãy chọn loại thuế trong danh sách."
        raise Refused("tax_class_unknown", message, field="tax_class")
    if draft.tax_class == "restricted":
        message = "Mặt hàng này cần giấy phép kinh doanh nên chưa bán được trên sàn."
        raise Refused("restricted_goods", message, field="tax_class")


def _find(session: Session, household_id: int, product_id: int) -> tuple[Product, Offer]:
    row = session.execute(_own(household_id, product_id)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _was_listed(session: Session, key: uuid.UUID) -> bool:
    return session.execute(select(Listing.id).where(Listing.form_key == key)).first() is not None


def _own(household_id: int, product_id: int) -> Select[tuple[Product, Offer]]:
    return (
        select(Product, Offer)
        .join(Offer, Offer.product_id == Product.id)
        .where(Product.id == product_id, Product.household_id == household_id)
    )


def _lock(session: Session, household_id: int, product_id: int) -> tuple[Product, Offer]:
    row = session.execute(_own(household_id, product_id).with_for_update(of=Offer)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _has_stock(session: Session, offer_id: int) -> bool:
    return session.execute(select(Stock.id).where(Stock.offer_id == offer_id).limit(1)).first() is not None


def _step(session: Session, offer: Offer, step: str, now: datetime) -> None:
    state = next_offer_state(OfferState(offer.state), step)
    session.execute(
        update(Offer)
        .where(Offer.id == offer.id)
        .values(state=state, changed_at=now, published_at=func.coalesce(Offer.published_at, now))
    )
    record_event(session, OfferChanged(product_id=offer.product_id))
