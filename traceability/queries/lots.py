"""Lots, as other packages and pages see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, any_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from traceability.models.custody import Lot
from traceability.models.gates import SaleGate
from traceability.rules.lots import STATE_LABELS, LotState, read_code
from traceability.rules.obstacles import PUBLIC_WORDS, Obstacle, name_obstacle

LOT_NOT_FOUND = "Không tìm thấy lô hàng này."
_PAGE = 50


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot (lô). Amounts are in ``unit``; ``quantity_out`` is everything that left it."""

    id: int
    code: str
    household_id: int
    commune_id: int
    site_id: int
    season_id: int | None
    origin: str
    produce: str
    template: str
    unit: str
    quantity_made: Decimal
    quantity_out: Decimal
    state: str
    made_on: date
    best_before_on: date | None
    grade: str | None
    photo_sha256: str | None
    created_at: datetime
    requested_at: datetime | None
    decided_at: datetime | None
    hold_reason: str | None
    recall_id: int | None
    #: The GTIN under which the lot was sealed from the beginning.
    gtin: str | None

    @property
    def remaining(self) -> Decimal:
        """What is still in the lot and not yet on sale."""
        return self.quantity_made - self.quantity_out

    @property
    def label(self) -> str:
        """The state in Vietnamese."""
        return STATE_LABELS[LotState(self.state)]


_COLUMNS = tuple(getattr(Lot, name) for name in LotView.__dataclass_fields__)


@cache
def _by_ids() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).where(Lot.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))


@cache
def _by_code() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).where(Lot.code == bindparam("code"))


def get_lot(session: Session, lot_id: int, *, household_id: int | None = None) -> LotView:
    """Return a lot, of that household only when one is given. Raises ``NotFound``."""
    conditions = [Lot.id == lot_id]
    if household_id is not None:
        conditions.append(Lot.household_id == household_id)
    return _one(session, *conditions)


def get_lot_by_code(
    session: Session, code: str, *, household_id: int | None = None, commune_id: int | None = None
) -> LotView:
    """Return a lot by its code, of that household or commune only when given. Raises ``NotFound``."""
    conditions = [Lot.code == (read_code(code) or "")]
    if household_id is not None:
        conditions.append(Lot.household_id == household_id)
    if commune_id is not None:
        conditions.append(Lot.commune_id == commune_id)
    return _one(session, *conditions)


def find_lot(session: Session, lot_id: int) -> LotView | None:
    """Return a lot, or None."""
    return next(iter(_all(session, select(*_COLUMNS).where(Lot.id == lot_id))), None)


def find_lot_by_code(session: Session, code: str) -> LotView | None:
    """Return a lot by its code as typed or scanned (case, spaces and dashes do not matter), or None."""
    proper = read_code(code)
    if proper is None:
        return None
    row = session.execute(_by_code(), {"code": proper}).one_or_none()
    return LotView(*row) if row is not None else None


def list_lots(session: Session, lot_ids: Iterable[int]) -> dict[int, LotView]:
    """Return lots by their ids; unknown ids are left out."""
    ids = set(lot_ids)
    if not ids:
        return {}
    return {row.id: LotView(*row) for row in session.execute(_by_ids(), {"ids": list(ids)})}


def list_household_lots(session: Session, household_id: int, *, limit: int = 200) -> Sequence[LotView]:
    """Return the lots of a household, newest first."""
    statement = select(*_COLUMNS).where(Lot.household_id == household_id).order_by(Lot.id.desc()).limit(limit)
    return _all(session, statement)


def list_season_lots(session: Session, season_id: int) -> Sequence[LotView]:
    """Return the lots that a season gave, newest first."""
    return _all(session, select(*_COLUMNS).where(Lot.season_id == season_id).order_by(Lot.id.desc()))


def list_usable_lots(session: Session, household_id: int) -> Sequence[LotView]:
    """Return the lots of a household from which something may still be made, newest first."""
    statement = (
        select(*_COLUMNS)
        .where(
            Lot.household_id == household_id,
            Lot.state.not_in([LotState.HELD, LotState.RECALLED]),
            Lot.quantity_out < Lot.quantity_made,
        )
        .order_by(Lot.id.desc())
        .limit(_PAGE)
    )
    return _all(session, statement)


def list_sellable_lots(session: Session, household_id: int, on: date) -> Sequence[LotView]:
    """Return verified lots that are not past their date on that day and have something left, first to expire first."""
    statement = (
        select(*_COLUMNS)
        .where(
            Lot.household_id == household_id,
            Lot.state == LotState.VERIFIED,
            or_(Lot.best_before_on.is_(None), Lot.best_before_on >= on),
            Lot.quantity_out < Lot.quantity_made,
        )
        .order_by(Lot.best_before_on.asc().nulls_last(), Lot.id)
    )
    return _all(session, statement)


def find_unsellable(session: Session, lot_ids: Iterable[int], on: date) -> set[int]:
    """Return which of these lots may not be handed to a buyer on that day.

    Not verified, held, recalled, past its date, unknown, stopped by the gate before sale, or on sale under a
    certificate that has run out. What remains in a lot is
    not looked at: goods on sale have left it already.
    """
    wanted = set(lot_ids)
    if not wanted:
        return set()
    return wanted - set(session.scalars(_sellable(), {"ids": list(wanted), "on": on}))


@dataclass(frozen=True, slots=True)
class UnsellableLot:
    """A lot that may not be handed to a buyer, and why. ``detail`` is for its household."""

    lot_id: int
    code: str
    obstacle: Obstacle
    detail: str
    best_before_on: date | None

    @property
    def public_words(self) -> str:
        """What anybody may know, as a sentence without its full stop."""
        return f"Lô {self.code} {PUBLIC_WORDS[self.obstacle]}"


def explain_unsellable(session: Session, lot_ids: Iterable[int], on: date) -> Sequence[UnsellableLot]:
    """Return those of these lots that may not be handed to a buyer on that day, with the reason, by id.

    One statement when there are none, else two.
    """
    lots = list_lots(session, find_unsellable(session, lot_ids, on))
    return [
        UnsellableLot(
            lot.id,
            lot.code,
            name_obstacle(lot.state, lot.best_before_on, on),
            lot.hold_reason or "",
            lot.best_before_on,
        )
        for lot in sorted(lots.values(), key=lambda one: one.id)
    ]


@cache
def _sellable() -> Select[int]:
    on = bindparam("on", type_=Lot.best_before_on.type)
    return select(Lot.id).where(
        Lot.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        Lot.state == LotState.VERIFIED,
        _is_in_date(Lot.best_before_on.expression, on),
        exists().where(SaleGate.lot_id == Lot.id, SaleGate.is_open, _is_in_date(SaleGate.papers_until.expression, on)),
    )


def papers_hold(lot_id: ColumnElement[int], on: ColumnElement[date]) -> ColumnElement[bool]:
    """Return the condition that no certificate has run out that the sale of a lot rests on."""
    return ~exists().where(SaleGate.lot_id == lot_id, SaleGate.papers_until < on)


def _is_in_date(last_day: ColumnElement[date | None], on: ColumnElement[date]) -> ColumnElement[bool]:
    return or_(last_day.is_(None), last_day >= on)


def list_waiting_lots(session: Session, commune_id: int) -> Sequence[LotView]:
    """Return the lots of a commune that await verification, oldest request first."""
    statement = (
        select(*_COLUMNS)
        .where(Lot.commune_id == commune_id, Lot.state == LotState.AWAITING)
        .order_by(Lot.requested_at, Lot.id)
        .limit(200)
    )
    return _all(session, statement)


def list_commune_lots(
    session: Session, commune_id: int, *, state: str = "", text: str = "", page: int = 1
) -> tuple[Sequence[LotView], int]:
    """Return one page (50) of the lots of a commune, newest first, and how many match in all.

    ``text`` looks in code and produce name.
    """
    conditions: list[ColumnElement[bool]] = [Lot.commune_id == commune_id]
    if state:
        conditions.append(Lot.state == state)
    if text:
        proper = read_code(text)
        conditions.append(
            Lot.code == proper
            if proper
            else or_(Lot.produce.icontains(text, autoescape=True), Lot.code.icontains(text, autoescape=True))
        )
    total = session.scalar(select(func.count()).select_from(Lot).where(*conditions)) or 0
    statement = select(*_COLUMNS).where(*conditions).order_by(Lot.id.desc()).limit(_PAGE).offset((page - 1) * _PAGE)
    return _all(session, statement), total


def count_commune_lots(session: Session, commune_id: int) -> dict[str, int]:
    """Return how many lots of a commune are in each state."""
    rows = session.execute(select(Lot.state, func.count()).where(Lot.commune_id == commune_id).group_by(Lot.state))
    return {state: count for state, count in rows}  # noqa: C416 - rows of two are not pairs to the type checker


def _one(session: Session, *conditions: ColumnElement[bool]) -> LotView:
    found = _all(session, select(*_COLUMNS).where(*conditions))
    if not found:
        raise NotFound("lot_not_found", LOT_NOT_FOUND)
    return found[0]


def _all(session: Session, statement: Select[*tuple[Any, ...]]) -> list[LotView]:
    return [LotView(*row) for row in session.execute(statement)]
