"""Recomputes a household's chain of records."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, func, select, text
from sqlalchemy.orm import Session

from traceability.models import Chain, Record
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
    broken = find_break(_links(session, household_id, last))
    if broken is None and (last.seq, last.hash) != (head_seq, head_hash):
        broken = min(last.seq, head_seq) + 1
    return ChainState(last.seq, last.hash.hex(), broken is None, broken)


class _Last:
    """Remembers the end of the chain while it is being walked."""

    def __init__(self) -> None:
        self.seq = 0
        self.hash = GENESIS


def _links(session: Session, household_id: int, last: _Last) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    rows = session.execute(
        select(Record.seq, Record.prev_hash, Record.hash, Record.body)
        .where(Record.household_id == household_id)
        .order_by(Record.seq)
        .execution_options(yield_per=500)
    )
    for seq, prev_hash, own_hash, body in rows:
        last.seq, last.hash = seq, own_hash
        yield seq, prev_hash, own_hash, body


def check_chain(session: Session, household_id: int) -> ChainState:
    """Recompute a chain inside the database, in one statement: for pages that show it on every visit."""
    previous = func.lag(Record.hash, 1, GENESIS).over(order_by=Record.seq)
    position = func.row_number().over(order_by=Record.seq)
    links = (
        select(
            Record.seq,
            Record.hash,
            and_(
                Record.seq == position,
                Record.prev_hash == previous,
                Record.hash == func.sha256(Record.prev_hash.op("||")(Record.body)),
            ).label("fits"),
        )
        .where(Record.household_id == household_id)
        .subquery()
    )
    row = session.execute(
        select(
            func.count(links.c.seq),
            func.coalesce(func.bool_and(links.c.fits), text("true")),
            func.min(links.c.seq).filter(~links.c.fits),
            func.max(links.c.seq),
            select(Chain.head_seq).where(Chain.household_id == household_id).scalar_subquery(),
            select(Chain.head_hash).where(Chain.household_id == household_id).scalar_subquery(),
            func.max(links.c.hash).filter(
                links.c.seq == select(Chain.head_seq).where(Chain.household_id == household_id).scalar_subquery()
            ),
        ).select_from(links)
    ).one()
    count, fits, broken, last_seq, head_seq, head_hash, last_hash = row
    is_intact = bool(fits) and (last_seq or 0) == (head_seq or 0) and (last_hash or GENESIS) == (head_hash or GENESIS)
    return ChainState(count, (head_hash or GENESIS).hex(), is_intact, None if is_intact else (broken or count + 1))


def list_chained_households(session: Session) -> list[int]:
    """Return the households that have a chain."""
    return list(session.scalars(select(Chain.household_id).order_by(Chain.household_id)))
