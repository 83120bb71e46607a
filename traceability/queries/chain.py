"""Recomputes a household's chain of records."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, and_, bindparam, func, select, text
from sqlalchemy.orm import Session

from traceability.models.custody import Chain, Record
from traceability.rules.seal import GENESIS, find_break


@dataclass(frozen=True, slots=True)
class ChainState:
    """What recomputing a chain showed. ``broken_seq`` is the first record that does not fit."""

    records: int
    head_hash: str
    is_intact: bool
    broken_seq: int | None = None


def verify_chain(session: Session, household_id: int) -> ChainState:
    """Recompute every hash of a household's chain, in order, in this program (not in the database).

    A missing record in the middle, at the end, a changed one, and a head that does not fit all show.
    """
    head = session.execute(
        select(Chain.head_seq, Chain.head_hash).where(Chain.household_id == household_id)
    ).one_or_none()
    head_seq, head_hash = (head[0], head[1]) if head is not None else (0, GENESIS)
    last = _Last()
    with closing(_links(session, household_id, last)) as links:
        broken = find_break(links)
    if broken is None and (last.seq, last.hash) != (head_seq, head_hash):
        broken = min(last.seq, head_seq) + 1
    return ChainState(last.seq, last.hash.hex(), broken is None, broken)


class _Last:
    """Remembers the end of the chain while it is being walked."""

    def __init__(self) -> None:
        self.seq = 0
        self.hash = GENESIS


def _links(session: Session, household_id: int, last: _Last) -> Generator[tuple[int, bytes, bytes, bytes], None, None]:
    statement = (
        select(Record.seq, Record.prev_hash, Record.hash, Record.body)
        .where(Record.household_id == household_id)
        .order_by(Record.seq)
        .execution_options(yield_per=500)
    )
    # Closed also when the reader stops at the first break: the cursor lives in the database.
    with session.execute(statement) as rows:
        for seq, prev_hash, own_hash, body in rows:
            last.seq, last.hash = seq, own_hash
            yield seq, prev_hash, own_hash, body


def check_chain(session: Session, household_id: int) -> ChainState:
    """Recompute a chain inside the database, in one statement: for pages that show it on every visit."""
    return read_check(*session.execute(select_check(), {"household_id": household_id}).one())


@cache
def select_check() -> Select[*tuple[Any, ...]]:
    """Return the statement that recomputes the chain of ``:household_id``; ``read_check`` understands its row."""
    household_id = bindparam("household_id", type_=BigInteger)
    position = func.row_number().over(order_by=Record.seq)
    links = (
        select(
            Record.seq,
            and_(
                Record.seq == position,
                Record.prev_hash == func.lag(Record.hash, 1, GENESIS).over(order_by=Record.seq),
                Record.hash == func.sha256(Record.prev_hash.op("||")(Record.body)),
            ).label("fits"),
        )
        .where(Record.household_id == household_id)
        .subquery()
    )
    head = select(Chain.head_seq).where(Chain.household_id == household_id).scalar_subquery()
    return select(
        func.count(links.c.seq),
        func.coalesce(func.bool_and(links.c.fits), text("true")),
        func.min(links.c.seq).filter(~links.c.fits),
        head,
        select(Chain.head_hash).where(Chain.household_id == household_id).scalar_subquery(),
        select(Record.hash).where(Record.household_id == household_id, Record.seq == head).scalar_subquery(),
    ).select_from(links)


def read_check(*row: Any) -> ChainState:
    """Turn the row of ``select_check`` into what it says."""
    count, fits, broken, head_seq, head, last = row
    is_intact = bool(fits) and count == (head_seq or 0) and (last or GENESIS) == (head or GENESIS)
    return ChainState(count, (head or GENESIS).hex(), is_intact, None if is_intact else (broken or count + 1))


def list_chained_households(session: Session) -> list[int]:
    """Return the households that have a chain."""
    return list(session.scalars(select(Chain.household_id).order_by(Chain.household_id)))
