"""What the public page of a lot needs beside its story: its seal, signed statements and how far its parcels went."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from traceability.models.custody import LotLink, Recall, RecallLot, Record, RecordLot, Verification
from traceability.models.gates import DeclaredStandard
from traceability.models.log import LogEntry, LogPosition, SigningKey
from traceability.models.recall import RecallAddition
from traceability.models.scans import ScanAlarm
from traceability.queries.chain import ChainState, read_check, select_check
from traceability.queries.graph import walk
from traceability.queries.lots import LotView
from traceability.queries.story import PARCEL_KINDS, ParcelCount
from traceability.rules.scans import COUNTED
from traceability.rules.shown import SignedEntry
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
    #: What officers signed about the lot and about those that it came from, and the announcements of their keys.
    signed: Sequence[SignedEntry] = ()


def get_seal(session: Session, lot: LotView) -> SealView:
    """Return the seal of a lot's household, signed statements and what became of its parcels. One statement."""
    values = {"household_id": lot.household_id, "lot_id": lot.id, "lot_ids": [lot.id], "template": lot.template}
    *check, told, declared, is_suspected, signed = session.execute(_seal(), values).one()
    parcels = {
        kind: ParcelCount(count, datetime.fromisoformat(first_at), datetime.fromisoformat(last_at))
        for kind, count, first_at, last_at in told or ()
    }
    return SealView(
        read_check(*check),
        parcels,
        tell_standard(*declared) if declared else "",
        is_suspected=is_suspected,
        signed=_read_signed(signed),
    )


def list_signed(session: Session, lot: LotView) -> Sequence[SignedEntry]:
    """Return what officers signed about a lot and about those that it came from, with their keys. One statement."""
    return _read_signed(session.scalar(select(_signed()), {"lot_id": lot.id, "lot_ids": [lot.id]}))


def _read_signed(rows: Sequence[tuple[int, str, str, int | None]] | None) -> list[SignedEntry]:
    return [
        SignedEntry(entry_id, base64.b64decode(leaf), base64.b64decode(content), place)
        for entry_id, leaf, content, place in rows or ()
    ]


def _signed() -> ScalarSelect[Any]:
    """Return the subquery for signed statements. The tables only find them: whether they are true is checked later."""
    upstream = walk(LotLink.child_id, LotLink.parent_id, "signed_upstream", without="supplied")
    lots = select(upstream.c.lot_id)
    reached = (
        select(RecallLot.recall_id)
        .join(Recall, Recall.id == RecallLot.recall_id)
        .where(RecallLot.lot_id == bindparam("lot_id", type_=BigInteger), Recall.is_drill.is_(False))
    )
    ordered_at = union(
        select(Recall.lot_id).where(Recall.id.in_(reached)),
        select(RecallAddition.lot_id).where(RecallAddition.recall_id.in_(reached)),
    )
    officers = union(
        select(Verification.officer_party).where(Verification.lot_id.in_(lots)),
        select(Recall.officer_party).where(Recall.id.in_(reached)),
        select(RecallAddition.officer_party).where(RecallAddition.recall_id.in_(reached)),
    )
    keys: CompoundSelect[Any] = union(
        select(SigningKey.entry_id).where(SigningKey.party.in_(officers)),
        select(SigningKey.revoked_entry_id).where(
            SigningKey.party.in_(officers), SigningKey.revoked_entry_id.is_not(None)
        ),
    )
    row = func.jsonb_build_array(
        LogEntry.id, func.encode(LogEntry.leaf, "base64"), func.encode(LogEntry.content, "base64"), LogPosition.place
    )
    return (
        select(func.jsonb_agg(row))
        .select_from(LogEntry)
        .outerjoin(LogPosition, LogPosition.entry_id == LogEntry.id)
        .where(
            LogEntry.content.is_not(None),
            or_(
                and_(LogEntry.kind == "verification", LogEntry.lot_id.in_(lots)),
                and_(LogEntry.kind == "recall", LogEntry.lot_id.in_(ordered_at)),
                LogEntry.id.in_(keys),
            ),
        )
        .scalar_subquery()
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
    return select_check().add_columns(told, declared, suspected, _signed())
