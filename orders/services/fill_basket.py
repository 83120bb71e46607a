"""Filling a basket and saying where it goes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.errors import NotOnSale, NotSoldForNow, OutOfStock
from catalog.queries import list_offer_lines
from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_token
from marketplace.core.quantity import Unit, format_number, get_unit
from orders.models import Basket, BasketLine, BasketQuote
from orders.rules.recipients import Recipient

MAX_LINES = 40


@dataclass(frozen=True, slots=True)
class Quote:
    """What a carrier asks for one household's parcel. Fee in đồng, weight in grams."""

    household_id: int
    carrier: str
    service: str
    service_name: str
    fee_vnd: int
    transit_hours: int | None
    is_estimate: bool
    parcel_g: int


def open_basket(*, session: Session, token: str | None, now: datetime) -> tuple[int, str]:
    """Return (id, token) of the open basket with this token, or of a fresh one."""
    if token:
        known = session.execute(
            select(Basket.id).where(Basket.token == token, Basket.order_id.is_(None))
        ).scalar_one_or_none()
        if known is not None:
            return known, token
    fresh = new_token()
    basket_id = session.execute(
        insert(Basket).values(token=fresh, created_at=now, changed_at=now).returning(Basket.id)
    ).scalar_one()
    return basket_id, fresh


def set_line(
    *, session: Session, basket_id: int, offer_id: int, quantity: Decimal, now: datetime, is_added: bool = False
) -> Decimal:
    """Set how much of an offer is in the basket (0 takes it out), or add to it; return the new amount.

    Raises ``NotFound``, ``NotOnSale``, ``NotSoldForNow``, ``OutOfStock``, and ``Refused`` for an amount off the step.
    """
    session.execute(select(Basket.id).where(Basket.id == basket_id).with_for_update())
    if quantity == 0 and not is_added:
        session.execute(delete(BasketLine).where(BasketLine.basket_id == basket_id, BasketLine.offer_id == offer_id))
        _touch(session, basket_id, now)
        return Decimal(0)
    offer = list_offer_lines(session, [offer_id]).get(offer_id)
    if offer is None:
        raise NotFound
    if not offer.is_on_sale:
        raise NotOnSale(offer_id, offer.name, is_paused=offer.is_paused)
    if offer.is_stopped:
        raise NotSoldForNow(offer_id, offer.name)
    current = session.execute(
        select(BasketLine.quantity).where(BasketLine.basket_id == basket_id, BasketLine.offer_id == offer_id)
    ).scalar_one_or_none()
    wanted = quantity + (current or Decimal(0)) if is_added else quantity
    unit = get_unit(offer.unit)
    if quantity <= 0:
        message = "Số lượng phải lớn hơn 0."
        raise Refused("amount_not_positive", message, field="quantity")
    if wanted % unit.step:
        raise Refused("amount_off_step", _explain_step(unit), field="quantity")
    if wanted > offer.available:
        raise OutOfStock(offer_id, offer.name, offer.available, offer.unit)
    if current is None and _count_lines(session, basket_id) >= MAX_LINES:
        message = f"Mỗi giỏ có tối đa {MAX_LINES} mặt hàng. Hãy đặt đơn này trước rồi mua tiếp."
        raise Refused("basket_full", message)
    session.execute(
        insert(BasketLine)
        .values(basket_id=basket_id, offer_id=offer_id, quantity=wanted)
        .on_conflict_do_update(index_elements=[BasketLine.basket_id, BasketLine.offer_id], set_={"quantity": wanted})
    )
    _touch(session, basket_id, now)
    return wanted


def _explain_step(unit: Unit) -> str:
    if unit.step == 1:
        return f"Món này bán theo {unit.label} nguyên, ví dụ 1 hoặc 2."
    return (
        f"Món này bán lẻ đến {format_number(unit.step)} {unit.label}, ví dụ {format_number(5 * unit.step)}"
        f" hoặc {format_number(1 + unit.step)}."
    )


def set_recipient(
    *, session: Session, basket_id: int, recipient: Recipient, quotes: Sequence[Quote], now: datetime
) -> None:
    """Keep the address with the basket, and what the carriers asked for it a moment ago."""
    is_open = session.execute(
        update(Basket)
        .where(Basket.id == basket_id, Basket.order_id.is_(None))
        .values(recipient=asdict(recipient), changed_at=now)
        .returning(Basket.id)
    ).scalar_one_or_none()
    if is_open is None:
        # It became an order meanwhile, which has the address that was right then.
        return
    session.execute(delete(BasketQuote).where(BasketQuote.basket_id == basket_id))
    if quotes:
        session.execute(
            insert(BasketQuote), [{"basket_id": basket_id, "quoted_at": now, **asdict(quote)} for quote in quotes]
        )


def _touch(session: Session, basket_id: int, now: datetime) -> None:
    """Note the change, and drop the quotes: they were for another weight."""
    session.execute(update(Basket).where(Basket.id == basket_id).values(changed_at=now))
    session.execute(delete(BasketQuote).where(BasketQuote.basket_id == basket_id))


def _count_lines(session: Session, basket_id: int) -> int:
    return len(session.execute(select(BasketLine.id).where(BasketLine.basket_id == basket_id)).all())
