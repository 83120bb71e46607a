"""Consignments whose goods may not be handed to a buyer for now, and those that this may concern."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orders.models import Consignment, LineLot, OrderLine
from orders.rules.holds import AT_HOUSEHOLD, WITH_BUYER
from traceability.queries.lots import find_unsellable

#: So many consignments are compared with their lots at a time.
_PORTION = 500


def list_consignments_of_lots(session: Session, lot_ids: Collection[int]) -> Sequence[int]:
    """Return the consignments with goods of these lots that have not ended, or have reached their buyer."""
    return session.scalars(
        select(Consignment.id)
        .join(OrderLine, OrderLine.consignment_id == Consignment.id)
        .join(LineLot, LineLot.line_id == OrderLine.id)
        .where(LineLot.lot_id.in_(lot_ids), Consignment.state.in_(AT_HOUSEHOLD | WITH_BUYER))
        .distinct()
        .order_by(Consignment.id)
    ).all()


def list_consignments_to_review(session: Session, *, after: int, on: date, now: datetime) -> tuple[list[int], int]:
    """Return which of the next open consignments disagree with their lots, and the last one looked at (0 at the end).

    Those are: not on hold with a lot that may not be sold, on hold with none, and on hold for too long.
    """
    rows = session.execute(
        select(Consignment.id, Consignment.held_at, Consignment.held_until_at, func.array_agg(LineLot.lot_id))
        .join(OrderLine, OrderLine.consignment_id == Consignment.id)
        .join(LineLot, LineLot.line_id == OrderLine.id)
        .where(
            Consignment.id > after,
            Consignment.state.in_(AT_HOUSEHOLD) | Consignment.held_at.is_not(None),
        )
        .group_by(Consignment.id)
        .order_by(Consignment.id)
        .limit(_PORTION)
    ).all()
    stopped = find_unsellable(session, {lot_id for *_, lots in rows for lot_id in lots}, on)
    wanted = [
        consignment_id
        for consignment_id, held_at, held_until_at, lots in rows
        if (held_at is not None) != bool(stopped.intersection(lots))
        or (held_until_at is not None and held_until_at <= now)
    ]
    return wanted, rows[-1][0] if len(rows) == _PORTION else 0


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A consignment on hold, for the operator's page. ``held_until_at`` is None once the goods have left."""

    consignment_id: int
    number: str
    order_id: int
    household_name: str
    held_at: datetime
    held_until_at: datetime | None
    reason: str


def list_holds(session: Session, limit: int = 100) -> Sequence[HoldRow]:
    """Return the consignments that are on hold, those that end first before the others."""
    rows = session.scalars(
        select(Consignment)
        .where(Consignment.held_at.is_not(None))
        .order_by(Consignment.held_until_at.asc().nulls_first(), Consignment.id)
        .limit(limit)
    )
    return [
        HoldRow(row.id, row.number, row.order_id, row.household_name, row.held_at, row.held_until_at, row.held_reason)
        for row in rows
        if row.held_at is not None and row.held_reason is not None
    ]
