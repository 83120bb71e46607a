"""Makes rows of new lots and their links to what they came from."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert
from sqlalchemy.orm import Session

from traceability.models.custody import Lot, LotLink
from traceability.queries.gs1_numbers import find_gtin
from traceability.queries.lots import LotView, get_lot
from traceability.rules.lots import LotState


def add_lot(
    session: Session,
    *,
    code: str,
    household_id: int,
    commune_id: int,
    site_id: int,
    season_id: int | None,
    origin: str,
    produce: str,
    template: str,
    unit: str,
    quantity: Decimal,
    state: LotState,
    made_on: date,
    best_before_on: date | None,
    grade: str | None,
    photo_sha256: str | None,
    decided_at: datetime | None,
    now: datetime,
) -> LotView:
    """Add a lot and return it. It begins under the GTIN of its product, when that has one."""
    lot_id = session.execute(
        insert(Lot)
        .values(
            code=code,
            household_id=household_id,
            commune_id=commune_id,
            site_id=site_id,
            season_id=season_id,
            origin=origin,
            produce=produce,
            gtin=find_gtin(session, household_id, produce, unit),
            template=template,
            unit=unit,
            quantity_made=quantity,
            state=state,
            made_on=made_on,
            best_before_on=best_before_on,
            grade=grade or None,
            photo_sha256=photo_sha256,
            decided_at=decided_at,
            created_at=now,
            written_at=now,
        )
        .returning(Lot.id)
    ).scalar_one()
    return get_lot(session, lot_id)


def link_lots(
    session: Session, parents: Iterable[tuple[int, Decimal | None]], child_id: int, kind: str, record_id: int
) -> None:
    """Add the edges from parents to one child; each with how much of the parent went in, in the parent's unit."""
    rows = [
        {
            "parent_id": parent,
            "child_id": child_id,
            "kind": kind,
            "quantity": quantity,
            "record_id": record_id,
        }
        for parent, quantity in parents
    ]
    if rows:
        session.execute(insert(LotLink), rows)
