"""What follows a filling: the goods can be searched, and nobody is written to about what never happened."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace.core.models import OutboxEvent
from marketplace.core.registry import resolve
from search.ports import ProductIndex
from search.services import rebuild_index

#: Parcels that were only planned are booked by the workers as soon as they run.
_STILL_TO_DO = "logistics.parcel_planned"


def finish(session: Session, open_parcels: list[str], now: datetime) -> None:
    """Build the search index, and mark the events of the past as told, save those that still want doing."""
    rebuild_index(session=session, index=resolve(ProductIndex), tick=lambda _count: None)
    session.execute(
        update(OutboxEvent)
        .where(
            OutboxEvent.relayed_at.is_(None),
            (OutboxEvent.name != _STILL_TO_DO) | OutboxEvent.payload["reference"].astext.not_in(open_parcels),
        )
        .values(relayed_at=now)
    )
