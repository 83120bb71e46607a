"""Placing an order: one transaction that holds the goods, freezes what was shown and tells nobody yet."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from sqlalchemy import Select, bindparam, insert, select
from sqlalchemy.orm import Session

from catalog.queries import OfferLine, list_offer_lines
from catalog.rules import is_deliverable
from catalog.services.hold_stock import HeldLot, reserve
from marketplace.core.ids import new_code, new_token, new_ulid
from marketplace.core.outbox import record_event
from orders.errors import BasketEmpty, CannotTravel, OrderUnknown, QuoteMissing, TotalChanged
from orders.events import OrderConfirmed, OrderPlaced
from orders.models import Basket, BasketLine, BasketQuote, Change, Consignment, LineLot, Order, OrderLine, Payment
from orders.rules.amounts import Amounts, PricedLine, add_up
from orders.rules.recipients import Recipient, read_recipient
from orders.rules.states import ConsignmentState, OrderState, PaymentState
from orders.rules.vietqr import new_transfer_code
from sellers.queries import SellerDisclosure, list_seller_disclosures

#: A quote is good for this long; carriers change prices rarely, addresses never under way.
QUOTE_LIFETIME = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that stands. ``is_new`` is false when the same basket had become this order before."""

    order_id: int
    token: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Windows:
    """How long a buyer has to pay and a household to answer."""

    payment: timedelta
    acceptance: timedelta


def place_order(
    *,
    session: Session,
    basket_token: str,
    payment_method: str,
    total_shown: int,
    user_id: int | None,
    windows: Windows,
    now: datetime,
) -> Placed:
    """Turn a basket into an order with one consignment for each household.

    A finished basket returns its order, so a replay is harmless. Raises ``BasketEmpty``, ``QuoteMissing``,
    ``CannotTravel``, ``TotalChanged``, ``NotOnSale``, ``NotSoldForNow`` and ``OutOfStock``; then nothing has changed.
    """
    basket = session.execute(_locked_basket(), {"token": basket_token}).scalar_one_or_none()
    if basket is None:
        raise BasketEmpty
    if basket.order_id is not None:
        return _replay(session, basket.order_id)
    wanted, offers = _read_lines(session, basket.id)
    quotes = _read_quotes(session, basket.id, {offer.household_id for offer in offers.values()}, now)
    if basket.recipient is None:
        raise QuoteMissing
    recipient = read_recipient(basket.recipient)
    _check_travel(offers, quotes)
    order_number = f"DH-{new_code(6)}"
    held = reserve(session=session, holder=order_number, wanted=wanted, now=now)
    amounts = add_up(
        [
            PricedLine(offer.offer_id, offer.household_id, wanted[offer.offer_id], offer.price_vnd, offer.parcel_g)
            for offer in offers.values()
        ],
        {household_id: quote.fee_vnd for household_id, quote in quotes.items()},
    )
    if any(quotes[share.household_id].parcel_g != share.parcel_g for share in amounts.shares):
        # Goods came in while the carrier was asked, or the household weighs them anew: another parcel.
        raise QuoteMissing
    if amounts.total_vnd != total_shown:
        raise TotalChanged(total_shown, amounts.total_vnd)
    is_cod = payment_method == "cod"
    sellers = list_seller_disclosures(session, sorted(quotes))
    order_id, token = _add_order(
        session,
        number=order_number,
        payment_method=payment_method,
        user_id=user_id,
        recipient=recipient,
        amounts=amounts,
        sellers=sellers,
        windows=windows,
        now=now,
    )
    basis = _Basis(order_id, order_number, quotes, offers, wanted, sellers, windows, now, is_cod=is_cod)
    _add_consignments(session, basis, amounts, held)
    session.execute(
        insert(Payment),
        {
            "order_id": order_id,
            "method": payment_method,
            "state": PaymentState.DUE if is_cod else PaymentState.PENDING,
            "amount_vnd": amounts.total_vnd,
            "attempt_key": new_ulid(),
            "transfer_code": new_transfer_code() if payment_method == "transfer" else None,
        },
    )
    session.execute(insert(Change), {"order_id": order_id, "what": "placed", "by_role": "buyer", "happened_at": now})
    basket.order_id, basket.recipient = order_id, None
    record_event(session, OrderPlaced(order_id=order_id))
    if is_cod:
        record_event(session, OrderConfirmed(order_id=order_id))
    return Placed(order_id, token, is_new=True)


# Every order runs these, and building them takes longer than running them: they are built once.
@cache
def _locked_basket() -> Select[Basket]:
    return select(Basket).where(Basket.token == bindparam("token")).with_for_update()


@cache
def _basket_lines() -> Select[int, Decimal]:
    return select(BasketLine.offer_id, BasketLine.quantity).where(BasketLine.basket_id == bindparam("basket_id"))


@cache
def _basket_quotes() -> Select[BasketQuote]:
    return select(BasketQuote).where(BasketQuote.basket_id == bindparam("basket_id"))


def _replay(session: Session, order_id: int) -> Placed:
    token = session.execute(select(Order.token).where(Order.id == order_id)).scalar_one_or_none()
    if token is None:
        raise OrderUnknown
    return Placed(order_id, token, is_new=False)


def _read_lines(session: Session, basket_id: int) -> tuple[dict[int, Decimal], dict[int, OfferLine]]:
    wanted: dict[int, Decimal] = dict(session.execute(_basket_lines(), {"basket_id": basket_id}).all())
    if not wanted:
        raise BasketEmpty
    return wanted, list_offer_lines(session, wanted.keys())


def _read_quotes(session: Session, basket_id: int, household_ids: set[int], now: datetime) -> dict[int, BasketQuote]:
    quotes = {
        quote.household_id: quote for quote in session.execute(_basket_quotes(), {"basket_id": basket_id}).scalars()
    }
    if set(quotes) != household_ids or any(quote.quoted_at < now - QUOTE_LIFETIME for quote in quotes.values()):
        raise QuoteMissing
    return quotes


def _check_travel(offers: dict[int, OfferLine], quotes: dict[int, BasketQuote]) -> None:
    stuck = [
        offer.name
        for offer in offers.values()
        if not is_deliverable(offer.max_days_in_transit, quotes[offer.household_id].transit_hours)
    ]
    if stuck:
        raise CannotTravel(stuck)


def _add_order(
    session: Session,
    *,
    number: str,
    payment_method: str,
    user_id: int | None,
    recipient: Recipient,
    amounts: Amounts,
    sellers: dict[int, SellerDisclosure],
    windows: Windows,
    now: datetime,
) -> tuple[int, str]:
    is_cod = payment_method == "cod"
    token = new_token()
    order_id = session.execute(
        insert(Order).returning(Order.id),
        {
            "number": number,
            "token": token,
            "user_id": user_id,
            "state": OrderState.CONFIRMED if is_cod else OrderState.AWAITING_PAYMENT,
            "payment_method": payment_method,
            "buyer_name": recipient.name,
            "buyer_phone": recipient.phone,
            "buyer_email": recipient.email,
            "commune_id": recipient.commune_id,
            "commune_name": recipient.commune_name,
            "province_name": recipient.province_name,
            "address_line": recipient.address_line,
            "address_note": recipient.address_note,
            "goods_vnd": amounts.goods_vnd,
            "shipping_vnd": amounts.shipping_vnd,
            "total_vnd": amounts.total_vnd,
            "disclosure": {"sellers": [asdict(seller) for seller in sellers.values()]},
            "placed_at": now,
            "pay_before_at": None if is_cod else now + windows.payment,
            "confirmed_at": now if is_cod else None,
        },
    ).scalar_one()
    return order_id, token


@dataclass(frozen=True, slots=True)
class _Basis:
    """What consignments and lines are made from."""

    order_id: int
    number: str
    quotes: dict[int, BasketQuote]
    offers: dict[int, OfferLine]
    wanted: dict[int, Decimal]
    sellers: dict[int, SellerDisclosure]
    windows: Windows
    now: datetime
    is_cod: bool


def _add_consignments(session: Session, basis: _Basis, amounts: Amounts, held: list[HeldLot]) -> None:
    quotes, offers, wanted = basis.quotes, basis.offers, basis.wanted
    consignments = session.execute(
        insert(Consignment).returning(Consignment.id, Consignment.household_id),
        [
            {
                "order_id": basis.order_id,
                "number": f"{basis.number}-{place}",
                "household_id": share.household_id,
                "household_name": basis.sellers[share.household_id].shown_name,
                "state": ConsignmentState.TO_ACCEPT if basis.is_cod else ConsignmentState.WAITING,
                "goods_vnd": share.goods_vnd,
                "shipping_vnd": share.shipping_vnd,
                "carrier": quotes[share.household_id].carrier,
                "service": quotes[share.household_id].service,
                "service_name": quotes[share.household_id].service_name,
                "parcel_g": share.parcel_g,
                "accept_before_at": basis.now + basis.windows.acceptance if basis.is_cod else None,
            }
            for place, share in enumerate(amounts.shares, start=1)
        ],
    ).all()
    by_household = {household_id: consignment_id for consignment_id, household_id in consignments}
    lines = session.execute(
        insert(OrderLine).returning(OrderLine.id, OrderLine.offer_id),
        [
            {
                "consignment_id": by_household[offer.household_id],
                "offer_id": offer.offer_id,
                "product_id": offer.product_id,
                "slug": offer.slug,
                "name": offer.name,
                "unit": offer.unit,
                "quantity": wanted[offer.offer_id],
                "unit_price_vnd": offer.price_vnd,
                "total_vnd": PricedLine(
                    offer.offer_id, offer.household_id, wanted[offer.offer_id], offer.price_vnd, offer.parcel_g
                ).total_vnd,
                "tax_class": offer.tax_class,
                "photo_sha256": offer.photo_sha256,
            }
            for offer in offers.values()
        ],
    ).all()
    line_of = {offer_id: line_id for line_id, offer_id in lines}
    session.execute(
        insert(LineLot),
        [
            {
                "line_id": line_of[lot.offer_id],
                "lot_id": lot.lot_id,
                "lot_code": lot.lot_code,
                "quantity": lot.quantity,
                "lot_amount": lot.quantity * offers[lot.offer_id].content_amount,
            }
            for lot in held
        ],
    )
