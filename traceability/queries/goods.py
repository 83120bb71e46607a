"""What a lot is made of, as certificates look at it: the lot and every lot that it came from."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql import func

from sellers import queries as sellers
from sellers.rules import Goods, list_covering
from traceability.models.custody import Lot, LotLink, Season
from traceability.queries.lots import LotView
from traceability.rules.identifiers import certificate_uri

#: Origins of lots that begin something; the others are older lots in another shape.
_TAKEN = frozenset({"harvest", "slaughter", "making"})
_NAMES_SHOWN = 30


def list_goods(session: Session, lot_ids: Collection[int]) -> dict[int, list[Goods]]:
    """Return each lot, first, with every lot of the household that it came from, by lot. One statement.

    What was bought from others (``supplied``) is not the household's own, and no paper of the household is about it.
    """
    if not lot_ids:
        return {}
    found: dict[int, list[Goods]] = {}
    for root, produce, template, site_id, made_on, origin, is_ingredient in session.execute(
        _goods(), {"lot_ids": list(lot_ids)}
    ):
        found.setdefault(root, []).append(Goods(produce, template, site_id, made_on, origin in _TAKEN, is_ingredient))
    return found


def list_certificate_uris(session: Session, lot: LotView, inputs: Sequence[int] = (), *, on: date) -> tuple[str, ...]:
    """Return the URIs of the certificates that an event about a lot points to (EPCIS 2.0, ``certificationInfo``).

    ``inputs`` are lots that the lot is being made from, while nothing links it to them yet.
    """
    known = sellers.list_verified_certificates(session, [lot.household_id])
    if not known:
        return ()
    found = list_goods(session, [lot.id, *inputs])
    goods = [*found[lot.id], *(replace(one, is_ingredient=True) for used in inputs for one in found[used])]
    return tuple(certificate_uri(number) for number in sorted(one.id for one in list_covering(known, goods, on)))


@cache
def _goods() -> Select[*tuple[Any, ...]]:
    start = func.unnest(bindparam("lot_ids", type_=ARRAY(BigInteger))).column_valued("lot_id")
    reached = select(start.label("root"), start.label("lot_id"), literal(value=False).label("is_ingredient")).cte(
        "reached", recursive=True
    )
    step = (
        select(reached.c.root, LotLink.parent_id, or_(reached.c.is_ingredient, LotLink.kind == "making"))
        .join(reached, LotLink.child_id == reached.c.lot_id)
        .where(LotLink.kind != "supplied")
    )
    reached = reached.union(step)
    return (
        select(reached.c.root, Lot.produce, Lot.template, Lot.site_id, Lot.made_on, Lot.origin, reached.c.is_ingredient)
        .join(Lot, Lot.id == reached.c.lot_id)
        .order_by(reached.c.root, Lot.id.desc())
    )


def list_names(session: Session, household_id: int) -> Sequence[tuple[str, str]]:
    """Return the names of a household's produce, each with its kind of production, the newest first."""
    named = union_all(
        select(Lot.produce, Lot.template, Lot.made_on).where(Lot.household_id == household_id),
        select(Season.produce, Season.template, Season.started_on).where(Season.household_id == household_id),
    ).subquery()
    newest = func.max(named.c.made_on)
    rows = session.execute(
        select(named.c.produce, named.c.template)
        .group_by(named.c.produce, named.c.template)
        .order_by(newest.desc(), named.c.produce)
        .limit(_NAMES_SHOWN)
    )
    return [(produce, template) for produce, template in rows]
