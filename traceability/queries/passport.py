"""What the public page of a lot needs beside its story: its seal, and how far its parcels went. One statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session

from traceability.models.custody import Record, RecordLot
from traceability.models.gates import DeclaredStandard
from traceability.models.scans import ScanAlarm
from traceability.queries.chain import ChainState, read_check, select_check
from traceability.queries.lots import LotView
from traceability.queries.story import PARCEL_KINDS, ParcelCount
from traceability.rules.scans import COUNTED
from traceability.rules.standards import tell_standard


@dataclass(frozen=True, slots=True)
class SealView:
    """The state of the household's chain, and what happened to parcels with goods of the lot, by kind of record."""

    chain: ChainState
    parcels: Mapping[str, ParcelCount]
    #: The standard that the household declared for this kind of production, in words; empty without one.
    standard: str = ""
    #: Stickers of the lot are under suspicion of having been copied.
    is_suspected: bool = False


def get_seal(session: Session, lot: LotView) -> SealView:
    """Return the seal of a lot's household and what became of the lot's parcels; no parcel is named."""
    row = session.execute(_seal(), {"household_id": lot.household_id, "lot_id": lot.id, "template": lot.template}).one()
    parcels = {
        kind: ParcelCount(count, datetime.fromisoformat(first_at), datetime.fromisoformat(last_at))
        for kind, count, first_at, last_at in row[-3] or ()
    }
    return SealView(
        read_check(*row[:-3]),
        parcels,
        tell_standard(*row[-2]) if row[-2] else "",
        is_suspected=row[-1],
    )


@cache
def _seal() -> Select[*tuple[Any, ...]]:
    """Return the statement of ``get_seal``, built once."""
    moves = (
        select(
            Record.kind,
            func.count().label("count"),
            func.min(Record.occurred_at).label("first_at"),
            func.max(Record.occurred_at).label("last_at"),
        )
        .join(RecordLot, RecordLot.record_id == Record.id)
        .where(RecordLot.lot_id == bindparam("lot_id", type_=BigInteger), Record.kind.in_(PARCEL_KINDS))
        .group_by(Record.kind)
        .subquery()
    )
    told = select(
        func.jsonb_agg(func.jsonb_build_array(moves.c.kind, moves.c.count, moves.c.first_at, moves.c.last_at))
    ).scalar_subquery()
    declared = (
        select(func.jsonb_build_array(DeclaredStandard.code, DeclaredStandard.number))
        .where(
            DeclaredStandard.household_id == bindparam("household_id", type_=BigInteger),
            DeclaredStandard.template == bindparam("template"),
        )
        .order_by(DeclaredStandard.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    suspected = exists().where(
        ScanAlarm.lot_id == bindparam("lot_id", type_=BigInteger),
        ScanAlarm.closed_at.is_(None),
        ScanAlarm.kind.in_(COUNTED),
    )
    return select_check().add_columns(told, declared, suspected)
