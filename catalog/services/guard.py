"""Taking goods off the shelf because of what became known about their lots."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.events import OfferChanged, StockFrozen
from catalog.models import Offer, Stock
from marketplace.core.clock import local_date
from marketplace.core.outbox import record_event
from traceability.queries.lots import find_unsellable


def freeze_lots(*, session: Session, lot_ids: Sequence[int]) -> list[int]:
    """Freeze everything on sale that comes from these lots; return the products concerned. Repeatable."""
    return _set_frozen(session, lot_ids, is_frozen=True)


def thaw_lots(*, session: Session, lot_ids: Sequence[int], now: datetime) -> list[int]:
    """Put goods of lots that were verified anew back on the shelf; return the products concerned. Repeatable.

    Lots that may not be sold at this moment stay frozen, whatever the caller heard: the end of a hold alone
    does not make a lot fit for sale, its commune has to look at it again.
    """
    unsellable = find_unsellable(session, lot_ids, local_date(now))
    return _set_frozen(session, [lot_id for lot_id in lot_ids if lot_id not in unsellable], is_frozen=False)


def _set_frozen(session: Session, lot_ids: Sequence[int], *, is_frozen: bool) -> list[int]:
    locked = select(Stock.id).where(Stock.lot_id.in_(lot_ids)).order_by(Stock.id).with_for_update()
    stock_ids = session.execute(locked).scalars().all()
    changed = session.execute(
        update(Stock)
        .where(Stock.id.in_(stock_ids), Stock.is_frozen.is_(not is_frozen))
        .values(is_frozen=is_frozen)
        .returning(Stock.offer_id)
    ).scalars()
    product_ids = sorted(session.execute(select(Offer.product_id).where(Offer.id.in_(set(changed)))).scalars().all())
    for product_id in product_ids:
        record_event(session, OfferChanged(product_id=product_id))
    if product_ids and is_frozen:
        record_event(session, StockFrozen(lot_ids=sorted(lot_ids), product_ids=product_ids))
    return product_ids
