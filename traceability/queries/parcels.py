"""What is in parcels."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.models.custody import Parcel, RecordLot
from traceability.queries.lots import find_unsellable


def find_unsellable_parcels(session: Session, parcel_refs: Collection[str], on: date) -> set[str]:
    """Return which of these parcels hold goods that may not be handed to a buyer on that day. Two statements."""
    rows = session.execute(
        select(Parcel.parcel_ref, RecordLot.lot_id)
        .join(RecordLot, RecordLot.record_id == Parcel.record_id)
        .where(Parcel.parcel_ref.in_(parcel_refs))
    ).all()
    unsellable = find_unsellable(session, {lot_id for _, lot_id in rows}, on)
    return {ref for ref, lot_id in rows if lot_id in unsellable}
