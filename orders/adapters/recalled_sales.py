"""Tells traceability what of a recalled lot left in parcels, and whether its buyers were told."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from orders.queries.recall import find_told_at, is_parcel_of, sum_sold
from traceability.queries.recalls import get_recall


class RecalledSales:
    """Reads the orders."""

    def sum_sold(self, session: Session, lot_ids: Collection[int]) -> Mapping[int, Decimal]:
        """Return how much of each lot left its household in parcels, in the lot's own unit."""
        return sum_sold(session, lot_ids)

    def is_parcel_of(self, session: Session, number: str, lot_id: int) -> bool:
        """Whether a parcel of that number left its household with goods of the lot."""
        return is_parcel_of(session, number, lot_id)

    def told_at(self, session: Session, recall_id: int) -> datetime | None:
        """Return when the last buyer who holds recalled goods was first written to. A drill tells nobody."""
        recall = get_recall(session, recall_id)
        return None if recall.is_drill else find_told_at(session, recall)
