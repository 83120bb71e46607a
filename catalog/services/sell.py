"""Listing, pausing and restocking: what a household does with its goods."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from catalog.errors import LotNotSellable
from catalog.events import OfferChanged
from catalog.models import Listing, Offer, Product, ProductPhoto, Stock
from catalog.rules import (
    CATEGORIES,
    CLOSED_TAX_CLASSES,
    TAX_CLASSES,
    OfferState,
    check_lot_fits,
    is_same_goods,
    next_offer_state,
    units_from_lot,
)
from catalog.services.claims import list_claims
from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.ids import new_code
from marketplace.core.money import format_vnd
from marketplace.core.outbox import record_event
from marketplace.core.photos import has_photo
from marketplace.core.quantity import format_quantity, get_unit
from marketplace.core.text import slugify
from sellers import queries as sellers
from traceability.queries.lots import LotView, list_lots, list_sellable_lots
from traceability.services.chain import lock_chain
from traceability.services.sale import commit_to_sale, return_from_sale
from traceability.services.sale_gate import set_claims

MAX_PHOTOS = 6
#: Nothing in a parcel costs less, and nothing that a household sends costs more.
MIN_PRICE_VND = 1_000
MAX_PRICE_VND = 50_000_000
_KEY_IN_USE = "Biểu mẫu này đã được dùng rồi. Hãy tải lại trang."


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


def make_product(
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
    product_id = session.execute(
        pg_insert(Product)
        .values(
            household_id=household_id,
            form_key=form_key,
            slug=f"{slugify(draft.name)[:100]}-{new_code(4).lower()}",
            created_at=now,
            **_columns(draft),
        )
        .on_conflict_do_nothing(index_elements=[Product.form_key])
        .returning(Product.id)
    ).scalar_one_or_none()
    if product_id is None:
        return _made_before(session, household_id, form_key)
    session.execute(
        insert(Offer).values(product_id=product_id, price_vnd=draft.price_vnd, state=OfferState.DRAFT, changed_at=now)
    )
    add_photos(session=session, household_id=household_id, product_id=product_id, photos=photos)
    return product_id


def _made_before(session: Session, household_id: int, form_key: uuid.UUID | None) -> int:
    known = session.execute(
        select(Product.id).where(Product.form_key == form_key, Product.household_id == household_id)
    ).scalar_one_or_none()
    if known is None:
        raise Conflict("key_in_use", _KEY_IN_USE)
    return known


def edit_product(*, session: Session, household_id: int, product_id: int, draft: ProductDraft, now: datetime) -> None:
    """Change what is said of a product. What it is counted in stays once goods were listed."""
    # The household's chain is locked first, here as everywhere.
    lock_chain(session, household_id)
    product, offer = _lock(session, household_id, product_id)
    _check(draft)
    lots = session.execute(select(Stock.lot_id).where(Stock.offer_id == offer.id, Stock.listed > Stock.sold)).scalars()
    claims = list_claims(session, lots.all(), product_id, draft.name, draft.other_names, draft.description)
    set_claims(session=session, claims=claims, now=now)
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


def change_price(*, session: Session, household_id: int, product_id: int, price_vnd: int, now: datetime) -> None:
    """Change a product's price, in đồng; orders placed keep the one they were placed at."""
    _, offer = _lock(session, household_id, product_id)
    _check_price(price_vnd)
    if offer.price_vnd == price_vnd:
        return
    offer.price_vnd = price_vnd
    offer.changed_at = now
    session.flush()
    record_event(session, OfferChanged(product_id=product_id))


def _check_price(price_vnd: int) -> None:
    if not MIN_PRICE_VND <= price_vnd <= MAX_PRICE_VND:
        message = f"Giá phải từ {format_vnd(MIN_PRICE_VND)} đến {format_vnd(MAX_PRICE_VND)}."
        raise Refused("price_out_of_range", message, field="price")


def add_photos(*, session: Session, household_id: int, product_id: int, photos: Sequence[str]) -> None:
    """Add stored photos (by SHA-256) behind those that are there, six at most."""
    _lock(session, household_id, product_id)
    rows = session.execute(
        select(ProductPhoto.sha256, ProductPhoto.position).where(ProductPhoto.product_id == product_id)
    )
    there = {row.sha256: row.position for row in rows}
    fresh = [sha256 for sha256 in dict.fromkeys(photos) if sha256 not in there]
    if len(there) + len(fresh) > MAX_PHOTOS:
        message = f"Mỗi sản phẩm có tối đa {MAX_PHOTOS} ảnh."
        raise Refused("too_many_photos", message, field="photos")
    if not fresh:
        return
    if not all(has_photo(session, sha256) for sha256 in fresh):
        message = "Không tìm thấy ảnh đã gửi. Hãy gửi lại ảnh."
        raise Refused("photo_unknown", message, field="photos")
    behind = max(there.values(), default=-1) + 1
    session.execute(
        insert(ProductPhoto),
        [
            {"product_id": product_id, "sha256": sha256, "position": behind + place}
            for place, sha256 in enumerate(fresh)
        ],
    )
    record_event(session, OfferChanged(product_id=product_id))


def remove_photo(*, session: Session, household_id: int, product_id: int, sha256: str) -> None:
    """Take a photo off a product; the stored file stays, since records may show it."""
    _lock(session, household_id, product_id)
    session.execute(delete(ProductPhoto).where(ProductPhoto.product_id == product_id, ProductPhoto.sha256 == sha256))
    record_event(session, OfferChanged(product_id=product_id))


def put_photo_first(*, session: Session, household_id: int, product_id: int, sha256: str) -> None:
    """Make a photo the product's face. Raises ``NotFound`` when the product has no such photo."""
    _lock(session, household_id, product_id)
    photos = (
        session.execute(
            select(ProductPhoto).where(ProductPhoto.product_id == product_id).order_by(ProductPhoto.position)
        )
        .scalars()
        .all()
    )
    face = next((photo for photo in photos if photo.sha256 == sha256), None)
    if face is None:
        raise NotFound
    for place, photo in enumerate([face, *(photo for photo in photos if photo is not face)]):
        photo.position = place
    session.flush()
    record_event(session, OfferChanged(product_id=product_id))


def list_goods(
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
    """Put an amount of a verified lot (in the lot's unit) on sale; return the units of sale it makes.

    A repeated key returns the same units and lists nothing. Raises ``LotNotSellable`` for a lot of another
    household, one that is not verified or out of date, and ``Refused`` when the amount does not fill one
    unit of sale, is more than is left, or the lot holds other goods.
    """
    # The household's chain is locked first, here as everywhere, and only then rows of the shop.
    lock_chain(session, household_id)
    product, offer = _lock(session, household_id, product_id)
    known = _listed_before(session, offer.id, key)
    if known is not None:
        return known
    _check_may_sell(session, household_id)
    lot = next((lot for lot in list_sellable_lots(session, household_id, local_date(now)) if lot.id == lot_id), None)
    if lot is None:
        raise LotNotSellable
    check_lot_fits(product.category, lot.template)
    _refuse_other_goods(session, product, offer, lot)
    if lot.unit != product.content_unit:
        lot_unit, wanted = get_unit(lot.unit).label, get_unit(product.content_unit).label
        message = f"Lô này tính bằng {lot_unit}, còn sản phẩm tính bằng {wanted}."
        raise Refused("unit_differs", message, field="lot_id")
    units = units_from_lot(lot_amount, product.content_amount, get_unit(product.unit).step)
    if units <= 0:
        one = format_quantity(product.content_amount, product.content_unit)
        message = f"Số lượng này chưa đủ một {get_unit(product.unit).label} (cần {one})."
        raise Refused("less_than_one_unit", message, field="amount")
    _refuse_more_than_left(lot, units * product.content_amount)
    claims = list_claims(session, [lot_id], product.id, product.name, product.other_names, product.description)
    commit_to_sale(
        session=session,
        household_id=household_id,
        lot_id=lot_id,
        quantity=units * product.content_amount,
        key=key,
        actor=actor,
        now=now,
        claims=claims[lot_id],
    )
    session.execute(insert(Listing).values(form_key=key, offer_id=offer.id, lot_id=lot_id, units=units, listed_at=now))
    listed = pg_insert(Stock).values(
        offer_id=offer.id, lot_id=lot_id, lot_code=lot.code, listed=units,
        harvested_on=lot.made_on, best_before_on=lot.best_before_on,
    )  # fmt: skip
    session.execute(
        listed.on_conflict_do_update(
            index_elements=[Stock.offer_id, Stock.lot_id],
            set_={"listed": Stock.listed + listed.excluded.listed},
        )
    )
    _step(session, offer, "publish", now)
    return units


def _refuse_other_goods(session: Session, product: Product, offer: Offer, lot: LotView) -> None:
    """Refuse a lot of other goods than those that the product was sold from: its page and its reviews are theirs."""
    lot_ids = session.execute(select(Stock.lot_id).where(Stock.offer_id == offer.id)).scalars().all()
    sold = [one.produce for one in list_lots(session, lot_ids).values()]
    if not is_same_goods(product.name, sold, lot.produce):
        message = (
            f"Món này đang bán từ lô “{sold[0]}”, còn lô này là “{lot.produce}”. Hãy tạo sản phẩm riêng cho lô này."
        )
        raise Refused("lot_of_other_goods", message, field="lot_id")


def _refuse_more_than_left(lot: LotView, wanted: Decimal) -> None:
    """Say how much there is, beside the field; the lot itself refuses too."""
    if wanted > lot.remaining:
        message = f"Lô này chỉ còn {format_quantity(lot.remaining, lot.unit)}."
        raise Refused("not_enough_left", message, field="amount", left=str(lot.remaining))


def publish(*, session: Session, household_id: int, product_id: int, now: datetime) -> None:
    """Put a product back on sale. Raises ``Refused`` without a lot, and while the household may not sell."""
    _, offer = _lock(session, household_id, product_id)
    _check_may_sell(session, household_id)
    if not _has_stock(session, offer.id):
        message = "Hãy chọn ít nhất một lô đã được xã xác nhận trước khi đưa lên sàn."
        raise Refused("no_lot_listed", message)
    _step(session, offer, "publish", now)


def pause(*, session: Session, household_id: int, product_id: int, now: datetime) -> None:
    """Take a product off the shelf for the time being; orders placed stay."""
    _, offer = _lock(session, household_id, product_id)
    _step(session, offer, "pause", now)


def withdraw(
    *, session: Session, household_id: int, product_id: int, actor: Actor, key: uuid.UUID, now: datetime
) -> None:
    """Stop selling a product for good: what is free goes back to its lots, orders placed stay."""
    lock_chain(session, household_id)
    product, offer = _lock(session, household_id, product_id)
    stocks = session.execute(
        select(Stock).where(Stock.offer_id == offer.id).order_by(Stock.id).with_for_update()
    ).scalars()
    for stock in stocks.all():
        own_key = uuid.uuid5(key, f"lot-{stock.lot_id}")
        _give_back(session, product, offer, stock, actor=actor, key=own_key, now=now)
    _step(session, offer, "withdraw", now)


def take_back(
    *,
    session: Session,
    household_id: int,
    product_id: int,
    stock_id: int,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> Decimal:
    """Take what is still free of one lot off the offer and give it back to the lot; return the units.

    A repeated key returns what it took the first time. Raises ``NotFound`` for goods of another product.
    """
    lock_chain(session, household_id)
    product, offer = _lock(session, household_id, product_id)
    stock = session.execute(
        select(Stock).where(Stock.id == stock_id, Stock.offer_id == offer.id).with_for_update()
    ).scalar_one_or_none()
    if stock is None:
        raise NotFound
    return _give_back(session, product, offer, stock, actor=actor, key=key, now=now)


def _give_back(
    session: Session,
    product: Product,
    offer: Offer,
    stock: Stock,
    *,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> Decimal:
    known = _listed_before(session, offer.id, key)
    if known is not None:
        return -known
    free = stock.listed - stock.reserved - stock.sold
    if free <= 0:
        return Decimal(0)
    session.execute(
        insert(Listing).values(form_key=key, offer_id=offer.id, lot_id=stock.lot_id, units=-free, listed_at=now)
    )
    stock.listed -= free
    session.flush()
    return_from_sale(
        session=session,
        household_id=product.household_id,
        lot_id=stock.lot_id,
        quantity=free * product.content_amount,
        key=key,
        actor=actor,
        now=now,
    )
    record_event(session, OfferChanged(product_id=product.id))
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
    _check_price(draft.price_vnd)
    get_unit(draft.unit)
    get_unit(draft.content_unit)
    if draft.category not in CATEGORIES:
        message = "Hãy chọn một nhóm hàng trong danh sách."
        raise Refused("category_unknown", message, field="category")
    if draft.tax_class not in TAX_CLASSES:
        message = "Hãy chọn loại thuế trong danh sách."
        raise Refused("tax_class_unknown", message, field="tax_class")
    if draft.tax_class in CLOSED_TAX_CLASSES:
        message = "Mặt hàng này cần giấy phép kinh doanh nên chưa bán được trên sàn."
        raise Refused("restricted_goods", message, field="tax_class")


def _check_may_sell(session: Session, household_id: int) -> None:
    """Law 122/2025/QH15: a seller's identity is checked before the first sale."""
    if not sellers.get_household(session, household_id).is_verified:
        message = "Xã chưa xác minh hộ của bạn nên chưa bán được. Hãy mở “Hộ của tôi” để gửi xác minh."
        raise Refused("household_not_verified", message)


def _listed_before(session: Session, offer_id: int, key: uuid.UUID) -> Decimal | None:
    """Return the units that this key moved before, or None. Raises ``Conflict`` for another product's key."""
    row = session.execute(select(Listing.offer_id, Listing.units).where(Listing.form_key == key)).one_or_none()
    if row is None:
        return None
    if row.offer_id != offer_id:
        raise Conflict("key_in_use", _KEY_IN_USE)
    return Decimal(row.units)


def _own(household_id: int, product_id: int) -> Select[Product, Offer]:
    return (
        select(Product, Offer)
        .join(Offer, Offer.product_id == Product.id)
        .where(Product.id == product_id, Product.household_id == household_id)
    )


def _lock(session: Session, household_id: int, product_id: int) -> tuple[Product, Offer]:
    row = session.execute(
        _own(household_id, product_id).with_for_update(of=Offer).execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _has_stock(session: Session, offer_id: int) -> bool:
    return session.execute(select(Stock.id).where(Stock.offer_id == offer_id).limit(1)).first() is not None


def _step(session: Session, offer: Offer, step: str, now: datetime) -> None:
    state = next_offer_state(OfferState(offer.state), step)
    is_first = state is OfferState.ON_SALE and offer.published_at is None
    offer.state = state
    offer.changed_at = now
    offer.published_at = now if is_first else offer.published_at
    session.flush()
    record_event(session, OfferChanged(product_id=offer.product_id))
