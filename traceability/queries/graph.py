"""The lot graph: everything that came out of a lot, and everything that went into it."""

from collections.abc import Iterable

from sqlalchemy import CTE, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql import func

from traceability.models.custody import LotLink


def list_descendants(session: Session, lot_ids: Iterable[int]) -> set[int]:
    """Return the lots made, packed, split or mixed from these, at any distance; the given ones not included.

    One statement. Links to other households (``supplied``) are followed too.
    """
    return _reach(session, lot_ids, LotLink.parent_id, LotLink.child_id)


def list_ancestors(session: Session, lot_ids: Iterable[int]) -> set[int]:
    """Return the lots that these came from, at any distance; the given ones not included. One statement."""
    return _reach(session, lot_ids, LotLink.child_id, LotLink.parent_id)


def walk(
    near: InstrumentedAttribute[int],
    far: InstrumentedAttribute[int],
    name: str,
    without: str = "",
) -> CTE:
    """Return the recursive expression over the ids reached from ``:lot_ids``, those included.

    Links of the kind ``without`` are not followed.
    """
    start = func.unnest(bindparam("lot_ids", type_=ARRAY(BIGINT))).column_valued("lot_id")
    found = select(start.label("lot_id")).cte(name, recursive=True)
    step = select(far).join(found, near == found.c.lot_id)
    if without:
        step = step.where(LotLink.kind != without)
    return found.union(step)


def _reach(
    session: Session,
    lot_ids: Iterable[int],
    near: InstrumentedAttribute[int],
    far: InstrumentedAttribute[int],
) -> set[int]:
    given = set(lot_ids)
    if not given:
        return set()
    found = walk(near, far, "reached")
    return set(session.scalars(select(found.c.lot_id), {"lot_ids": sorted(given)})) - given
