"""A basket as its owner sees it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.queries import OfferLine, list_offer_lines
from catalog.rules import is_deliverable
from orders.models import Basket, BasketLine, BasketQuote, Order
from orders.rules.amounts import Amounts, PricedLine, add_up
from orders.rules.recipients import Recipient, read_recipient
from sellers.queries import list_household_cards


@dataclass(frozen=True, slots=True)
class BasketItem:
    """One line of a basket. Money in đồng."""

    offer: OfferLine
    quantity: Decimal
    total_vnd: int

    @property
    def is_available(self) -> bool:
        """Whether that much can be bought now."""
        return self.offer.is_on_sale and self.offer.available >= self.quantity


@dataclass(frozen=True, slots=True)
class BasketPart:
    """What one household delivers. The fee is None until an address is known."""

    household_id: int
    household_name: str
    commune_name: str
    items: tuple[BasketItem, ...]
    goods_vnd: int
    parcel_g: int
    quote: BasketQuote | None

    @property
    def stuck(self) -> list[str]:
        """Names of goods that do not stand the journey."""
        if self.quote is None:
            return []
        return [
            item.offer.name
            for item in self.items
            if not is_deliverable(item.offer.max_days_in_transit, self.quote.transit_hours)
        ]


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket with its prices as they are now."""

    id: int
    token: str
    recipient: Recipient | None
    parts: tuple[BasketPart, ...]
    amounts: Amounts
    quoted_at: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.parts

    @property
    def item_count(self) -> int:
        """How many different goods are in it."""
        return sum(len(part.items) for part in self.parts)

    @property
    def is_quoted(self) -> bool:
        """Whether every household's delivery has a price."""
        return bool(self.parts) and all(part.quote is not None for part in self.parts)


def find_order_of_basket(session: Session, token: str) -> str | None:
    """Return the token of the order that a finished basket became."""
    return session.execute(
        select(Order.token).join(Basket, Basket.order_id == Order.id).where(Basket.token == token)
    ).scalar_one_or_none()


def find_basket(session: Session, token: str | None) -> BasketView | None:
    """Return an open basket by its token. Five statements, however much is in it."""
    if not token:
        return None
    basket = session.execute(
        select(Basket).where(Basket.token == token, Basket.order_id.is_(None))
    ).scalar_one_or_none()
    if basket is None:
        return None
    wanted = dict(
        session.execute(
            select(BasketLine.offer_id, BasketLine.quantity)
            .where(BasketLine.basket_id == basket.id)
            .order_by(BasketLine.id)
        ).all()
    )
    offers = list_offer_lines(session, wanted.keys())
    quotes = {
        quote.household_id: quote
        for quote in session.execute(select(BasketQuote).where(BasketQuote.basket_id == basket.id)).scalars()
    }
    lines = {
        offer_id: PricedLine(
            offer_id, offers[offer_id].household_id, quantity, offers[offer_id].price_vnd, offers[offer_id].parcel_g
        )
        for offer_id, quantity in wanted.items()
        if offer_id in offers
    }
    amounts = add_up(list(lines.values()), {household_id: quote.fee_vnd for household_id, quote in quotes.items()})
    fitting = {
        share.household_id: quotes[share.household_id]
        for share in amounts.shares
        if share.household_id in quotes and quotes[share.household_id].parcel_g == share.parcel_g
    }
    if len(fitting) < len(quotes):
        # The carrier named those prices for another weight.
        quotes = fitting
        amounts = add_up(list(lines.values()), {household_id: quote.fee_vnd for household_id, quote in quotes.items()})
    households = {
        card.id: card for card in list_household_cards(session, [share.household_id for share in amounts.shares])
    }
    parts = tuple(
        BasketPart(
            household_id=share.household_id,
            household_name=households[share.household_id].shown_name,
            commune_name=households[share.household_id].commune_name,
            items=tuple(
                BasketItem(offers[offer_id], line.quantity, line.total_vnd)
                for offer_id, line in lines.items()
                if line.household_id == share.household_id
            ),
            goods_vnd=share.goods_vnd,
            parcel_g=share.parcel_g,
            quote=quotes.get(share.household_id),
        )
        for share in amounts.shares
    )
    return BasketView(
        id=basket.id,
        token=basket.token,
        recipient=read_recipient(basket.recipient) if basket.recipient else None,
        parts=parts,
        amounts=amounts,
        quoted_at=min((quote.quoted_at for quote in quotes.values()), default=None),
    )
