"""What delivery costs: planned from the database, asked outside of any transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from logistics.ports import Carrier, ParcelSpec, PostalAddress
from logistics.services import quote_parcels
from marketplace.core.quantity import format_quantity
from orders.queries.basket import BasketView
from orders.rules.recipients import Recipient
from orders.rules.shipping import address_of
from orders.services.fill_basket import Quote
from sellers.queries import pickup_address

_HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class QuoteWish:
    """One household's parcel, to be priced."""

    household_id: int
    parcel_g: int
    spec: ParcelSpec


def plan_quotes(session: Session, basket: BasketView, recipient: Recipient) -> list[QuoteWish]:
    """Return one parcel for each household in a basket.

    It is priced as if the postman collected the goods' price, so that a buyer may still choose how to pay.
    """
    to = PostalAddress(
        name=recipient.name,
        phone=recipient.phone,
        line=recipient.address_line,
        commune_name=recipient.commune_name,
        province_name=recipient.province_name,
    )
    return [
        QuoteWish(
            household_id=part.household_id,
            parcel_g=part.parcel_g,
            spec=ParcelSpec(
                sender=address_of(pickup_address(session, part.household_id)),
                recipient=to,
                weight_g=part.parcel_g,
                cod_vnd=part.goods_vnd,
                declared_vnd=part.goods_vnd,
                contents="; ".join(
                    f"{item.offer.name} {format_quantity(item.quantity, item.offer.unit)}" for item in part.items
                )[:120],
                max_transit_hours=min(item.offer.max_days_in_transit for item in part.items) * _HOURS_A_DAY,
            ),
        )
        for part in basket.parts
    ]


def read_quotes(wishes: Sequence[QuoteWish], *, carrier: Carrier) -> list[Quote]:
    """Ask the carrier; it never fails, since a price of our own table stands in for one that does not come."""
    answers = quote_parcels(carrier=carrier, specs=[wish.spec for wish in wishes])
    return [
        Quote(
            household_id=wish.household_id,
            carrier=answer.carrier,
            service=answer.service,
            service_name=answer.service_name,
            fee_vnd=answer.fee_vnd,
            transit_hours=answer.transit_hours,
            is_estimate=answer.is_estimate,
            parcel_g=wish.parcel_g,
        )
        for wish, answer in zip(wishes, answers, strict=True)
    ]
