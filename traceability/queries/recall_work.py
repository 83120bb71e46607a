"""What was done in a recall: steps noted, lots added, what came back and what became of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Numeric, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from traceability.models.custody import Lot, LotLink, RecallLot, Record
from traceability.models.recall import RecallAddition, RecallReturn, RecallStep
from traceability.ports import Sales
from traceability.queries.lots import LotView
from traceability.rules.recalls import OUTCOMES, PARCEL_SOURCES, REASONS, SOURCES, LotBalance

_NOTHING = Decimal(0)
#: Stands as the note of a step that nobody had to note.
TOLD_BY_LETTER = "Mọi người mua đã được gửi thư."


@dataclass(frozen=True, slots=True)
class AdditionView:
    """A lot that an officer added to a recall, and why."""

    lot_id: int
    code: str
    why: str
    officer_title: str
    added_at: datetime

    @property
    def reason(self) -> str:
        """Why, in words."""
        return REASONS[self.why]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of the returns ledger. ``quantity`` is in ``unit``; a reversal takes another line back."""

    id: int
    lot_id: int
    lot_code: str
    produce: str
    unit: str
    source: str | None
    outcome: str | None
    quantity: Decimal
    reference: str
    happened_on: date
    noted_at: datetime
    reverses_id: int | None
    is_reversed: bool

    @property
    def label(self) -> str:
        """What happened, in words."""
        return SOURCES[self.source] if self.source else OUTCOMES[self.outcome or ""]


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """Sums of the ledger for one lot, reversals taken off: what came back by source, what was done by outcome."""

    came_back: Mapping[str, Decimal]
    treated: Mapping[str, Decimal]

    @property
    def all_back(self) -> Decimal:
        """Everything that came back."""
        return sum(self.came_back.values(), _NOTHING)

    @property
    def from_parcels(self) -> Decimal:
        """What came back of the goods that had left in parcels."""
        return sum((self.came_back.get(source, _NOTHING) for source in PARCEL_SOURCES), _NOTHING)

    @property
    def all_treated(self) -> Decimal:
        """Everything that was dealt with."""
        return sum(self.treated.values(), _NOTHING)


def list_steps(session: Session, recall_id: int) -> dict[str, tuple[datetime, str]]:
    """Return what was noted as done: step -> (when, note). One statement."""
    rows = session.execute(
        select(RecallStep.step, RecallStep.done_at, RecallStep.note).where(RecallStep.recall_id == recall_id)
    )
    return {step: (done_at, note) for step, done_at, note in rows}


def list_done(session: Session, recall_id: int, sales: Sales) -> dict[str, tuple[datetime, str]]:
    """Return what was noted as done, and what the market did by itself: it writes to the buyers."""
    done = list_steps(session, recall_id)
    if "buyers_told" not in done:
        told_at = sales.told_at(session, recall_id)
        if told_at is not None:
            done["buyers_told"] = (told_at, TOLD_BY_LETTER)
    return done


def list_additions(session: Session, recall_id: int) -> Sequence[AdditionView]:
    """Return the lots that were added, in the order in which they were. One statement."""
    rows = session.execute(
        select(
            RecallAddition.lot_id, Lot.code, RecallAddition.why, RecallAddition.officer_title, RecallAddition.added_at
        )
        .join(Lot, Lot.id == RecallAddition.lot_id)
        .where(RecallAddition.recall_id == recall_id)
        .order_by(RecallAddition.id)
    )
    return [AdditionView(*row) for row in rows]


def list_ledger(session: Session, recall_id: int) -> Sequence[LedgerLine]:
    """Return the returns ledger, the newest line first. One statement."""
    reversal = aliased(RecallReturn)
    rows = session.execute(
        select(
            RecallReturn.id, RecallReturn.lot_id, Lot.code, Lot.produce, Lot.unit, RecallReturn.source,
            RecallReturn.outcome, RecallReturn.quantity, RecallReturn.reference, RecallReturn.happened_on,
            RecallReturn.noted_at, RecallReturn.reverses_id, reversal.id.is_not(None),
        )
        .join(Lot, Lot.id == RecallReturn.lot_id)
        .outerjoin(reversal, reversal.reverses_id == RecallReturn.id)
        .where(RecallReturn.recall_id == recall_id)
        .order_by(RecallReturn.id.desc())
    )  # fmt: skip
    return [LedgerLine(*tuple(row)) for row in rows]


def sum_ledger(session: Session, recall_id: int) -> dict[int, LedgerSums]:
    """Return the sums of the ledger by lot. One statement."""
    signed = case((RecallReturn.reverses_id.is_(None), RecallReturn.quantity), else_=-RecallReturn.quantity)
    rows = session.execute(
        select(RecallReturn.lot_id, RecallReturn.source, RecallReturn.outcome, func.sum(signed))
        .where(RecallReturn.recall_id == recall_id)
        .group_by(RecallReturn.lot_id, RecallReturn.source, RecallReturn.outcome)
    )
    back: dict[int, dict[str, Decimal]] = defaultdict(dict)
    treated: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for lot_id, source, outcome, total in rows:
        if source is not None:
            back[lot_id][source] = total
        else:
            treated[lot_id][outcome or ""] = total
    return {lot_id: LedgerSums(back[lot_id], treated[lot_id]) for lot_id in sorted({*back, *treated})}


def sum_moved(session: Session, recall_id: int) -> dict[int, tuple[Decimal, Decimal]]:
    """Return for each lot of a recall what went into other lots and what was lost, in its unit. Two statements."""
    inside = select(RecallLot.lot_id).where(RecallLot.recall_id == recall_id)
    moved = session.execute(
        select(LotLink.parent_id, func.sum(LotLink.quantity))
        .where(LotLink.parent_id.in_(inside), LotLink.kind != "supplied")
        .group_by(LotLink.parent_id)
    )
    body = func.convert_from(Record.body, "UTF8").cast(JSONB)
    lost = session.execute(
        select(Record.lot_id, func.sum(cast(body["cq:amount"].astext, Numeric(12, 3))))
        .where(Record.lot_id.in_(inside), Record.kind == "loss")
        .group_by(Record.lot_id)
    )
    by_move = {lot_id: total or _NOTHING for lot_id, total in moved}
    by_loss = {lot_id: total or _NOTHING for lot_id, total in lost if lot_id is not None}
    return {lot_id: (by_move.get(lot_id, _NOTHING), by_loss.get(lot_id, _NOTHING)) for lot_id in {*by_move, *by_loss}}


def balance_lots(
    session: Session, recall_id: int, lots: Iterable[LotView], sold: Mapping[int, Decimal]
) -> dict[int, LotBalance]:
    """Put together what became of each lot of a recall. ``sold`` is what left in parcels. Three statements."""
    sums, moved = sum_ledger(session, recall_id), sum_moved(session, recall_id)
    return {
        lot.id: balance_lot(
            lot, gone=moved.get(lot.id, (_NOTHING, _NOTHING)), sold=sold.get(lot.id, _NOTHING), ledger=sums.get(lot.id)
        )
        for lot in lots
    }


def balance_lot(lot: LotView, *, gone: tuple[Decimal, Decimal], sold: Decimal, ledger: LedgerSums | None) -> LotBalance:
    """Put together what became of one lot. ``gone`` is what moved and what was lost, ``sold`` what left in parcels."""
    return LotBalance(
        made=lot.quantity_made,
        moved=gone[0],
        lost=gone[1],
        sold=sold,
        came_back=ledger.all_back if ledger else _NOTHING,
        from_parcels=ledger.from_parcels if ledger else _NOTHING,
        treated=ledger.all_treated if ledger else _NOTHING,
    )
