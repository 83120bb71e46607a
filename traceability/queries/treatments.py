"""Treatments (sprays, drugs) that reached a site: those at the site and at all above and below it, in any season."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, DateTime, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from marketplace.core.clock import VN_TZ, local_date
from sellers.queries.site_tree import related_sites
from traceability.models.custody import Lot, Record, Season
from traceability.queries.lots import LotView, list_lots
from traceability.rules.lots import LotState
from traceability.rules.waiting import Treatment


def is_struck_out() -> ColumnElement[bool]:
    """Return the condition that a record was declared wrong."""
    wrong = aliased(Record)
    return exists().where(wrong.corrects_id == Record.id, wrong.kind == "declaration")


def day_after(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the moment at which a Vietnamese calendar day is over."""
    return func.timezone(VN_TZ.key, cast(day + 1, DateTime))


def read_site_treatments(
    session: Session, site_ids: Collection[int]
) -> Iterator[tuple[int, int, Treatment, str, Mapping[str, Any]]]:
    """Return the treatments that reached each site, also those that were struck out, in the order of writing.

    Each comes with the site, the season under which it was filed, the kind of its record, and the sealed body. One
    statement.
    """
    if not site_ids:
        return
    pairs = related_sites(select(Season.site_id).where(Season.site_id.in_(set(site_ids))).distinct(), "sites")
    rows = session.execute(
        select(
            pairs.c.site_id, Record.season_id, Record.kind, Record.id, Record.body, Record.occurred_at,
            Record.recorded_at, Record.waiting_until, is_struck_out(),
        )
        .join(Season, Season.site_id == pairs.c.related_id)
        .join(Record, Record.season_id == Season.id)
        .where(Record.waiting_until.is_not(None), Record.kind != "declaration")
        .order_by(Record.id)
    )  # fmt: skip
    for site_id, season_id, kind, record_id, sealed, occurred_at, recorded_at, waiting_until, struck_out in rows:
        body = json.loads(sealed)
        product = str(body.get("cq:product", ""))
        treatment = Treatment(record_id, product, local_date(occurred_at), waiting_until, recorded_at, struck_out)
        yield site_id, season_id, treatment, kind, body


def list_site_treatments(session: Session, site_ids: Collection[int]) -> Mapping[int, Sequence[Treatment]]:
    """Return the treatments that reached each site, also those that were struck out. One statement."""
    found: dict[int, list[Treatment]] = {site_id: [] for site_id in site_ids}
    for site_id, _season_id, treatment, _kind, _body in read_site_treatments(session, site_ids):
        found[site_id].append(treatment)
    return found


def list_lot_treatments(session: Session, lots: Collection[LotView]) -> Mapping[int, Sequence[Treatment]]:
    """Return the treatments that reached the site where each lot was taken; none for a pack, part or mixture."""
    seasons = {lot.season_id for lot in lots if lot.season_id is not None}
    rows = session.execute(select(Season.id, Season.site_id).where(Season.id.in_(seasons)))
    sites = {season_id: site_id for season_id, site_id in rows}  # noqa: C416 - rows of two are not pairs to the type checker
    found = list_site_treatments(session, set(sites.values()))
    return {lot.id: found[sites[lot.season_id]] if lot.season_id is not None else [] for lot in lots}


def list_taken_lots(session: Session, site_id: int, first_on: date, last_on: date) -> Sequence[LotView]:
    """Return lots taken at a site, above or below it, that are held or were taken between two days. Two statements."""
    pairs = related_sites(select(Season.site_id).where(Season.site_id == site_id).distinct(), "sites")
    statement = (
        select(Lot.id)
        .join(Season, Season.id == Lot.season_id)
        .join(pairs, pairs.c.related_id == Season.site_id)
        .where(or_(Lot.state == LotState.HELD, Lot.made_on.between(first_on, last_on)))
    )
    found = list_lots(session, session.scalars(statement))
    return [found[lot_id] for lot_id in sorted(found)]
