"""What the home page shows: what was harvested last, and what a commune has verified these days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.models import Offer, Stock
from catalog.queries.cards import ProductCard, finish_cards, select_cards
from catalog.queries.shelf import is_fresh
from traceability.queries.lots import list_lots

_SHELF = 10
_CANDIDATES = 48
_RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HomeShelves:
    """Two shelves without a product in common."""

    newest: Sequence[ProductCard]
    verified: Sequence[ProductCard]


def get_home_shelves(session: Session, now: datetime) -> HomeShelves:
    """Return what was harvested last, and what a commune verified within seven days. Four statements."""
    rows = session.execute(_candidates()).all()
    decided = {
        lot.id: lot.decided_at
        for lot in list_lots(session, [row.lot_id for row in rows]).values()
        if lot.decided_at is not None and lot.decided_at > now - _RECENT
    }
    newest = list(dict.fromkeys(row.product_id for row in rows))[:_SHELF]
    recent = sorted(
        (row for row in rows if row.lot_id in decided and row.product_id not in newest),
        key=lambda row: decided[row.lot_id],
        reverse=True,
    )
    verified = list(dict.fromkeys(row.product_id for row in recent))[:_SHELF]
    cards = finish_cards(session, [row for row in rows if row.product_id in {*newest, *verified}])
    return HomeShelves(
        newest=[cards[product_id] for product_id in newest],
        verified=[cards[product_id] for product_id in verified],
    )


@cache
def _candidates() -> Select[*tuple[Any, ...]]:
    """Return the statement that reads what may stand on the home page.

    It is built once: building it costs more than running it.
    """
    fresh = aliased(Stock, name="fresh")
    by_harvest = select(fresh.id).order_by(fresh.harvested_on.desc(), fresh.id.desc()).limit(_CANDIDATES)
    by_arrival = select(fresh.id).order_by(fresh.id.desc()).limit(_CANDIDATES)
    return (
        select_cards(Stock.lot_id, Stock.harvested_on)
        .join(Stock, Stock.offer_id == Offer.id)
        .where(
            or_(Stock.id.in_(by_harvest), Stock.id.in_(by_arrival)),
            Offer.state == "on_sale",
            is_fresh(),
            Stock.listed > Stock.reserved + Stock.sold,
        )
        .order_by(Stock.harvested_on.desc(), Stock.id.desc())
    )
