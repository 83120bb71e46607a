"""From a recalled lot backwards to what went into it, and sideways to whatever shared that.

Backwards goes from the lots that a recall began with (``roots``: the first one and those that an officer added), not
from everything made of them: what is wrong with a lot came with its own ancestors.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import CTE, BigInteger, Date, Select, any_, bindparam, case, cast, exists, func, literal, select, union
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session, aliased

from traceability.models.custody import Lot, LotLink, Record, Season
from traceability.models.recall import Input
from traceability.rules.recalls import REASONS

#: Ties between lots are looked for up to here; beyond it the page says that there are more.
MAX_SUGGESTIONS = 300
#: A batch number that stands on goods of another name ties lots only when it is longer than a mere running number.
_TELLING_BATCH = 4
_OPEN_END = "infinity"


@dataclass(frozen=True, slots=True)
class SourceInput:
    """Something that went into a season of the recalled lots or of what they came from."""

    record_id: int
    season_id: int
    household_id: int
    kind: str
    product: str
    batch: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class SourceSeason:
    """A season (vụ, lứa, mẻ) that the recalled lots or what they came from grew in."""

    id: int
    household_id: int
    site_id: int
    produce: str
    started_on: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A lot that shares something with a recall: the ties, strongest first, each with what is shared."""

    lot_id: int
    ties: tuple[tuple[str, str], ...]

    @property
    def why(self) -> str:
        """The strongest tie."""
        return self.ties[0][0]

    @property
    def reasons(self) -> list[str]:
        """Every tie in words."""
        return [f"{REASONS[why]}: {what}" if what else REASONS[why] for why, what in self.ties]


def list_sources(session: Session, roots: Collection[int]) -> Sequence[int]:
    """Return the lots that these came from, at any distance, the given ones included. One statement."""
    return list(session.scalars(_sources(), {"roots": list(roots)}))


def list_source_seasons(session: Session, lot_ids: Collection[int]) -> Sequence[SourceSeason]:
    """Return the seasons that these lots grew in, oldest first. One statement."""
    return [SourceSeason(*row) for row in session.execute(_seasons_of(), {"lot_ids": list(lot_ids)})]


def list_source_inputs(session: Session, season_ids: Collection[int]) -> Sequence[SourceInput]:
    """Return what went into these seasons, oldest first; what was withdrawn or corrected is left out. One statement."""
    return [SourceInput(*row) for row in session.execute(_inputs_of(), {"season_ids": list(season_ids)})]


def list_suggestions(session: Session, *, roots: Collection[int], reached: Collection[int]) -> Sequence[Suggestion]:
    """Return the lots outside a recall that share a source with it, those with the strongest tie first.

    Ties: it went into a root; it came from an ancestor; the same season; the same batch of a supplier (also under
    another name); the same site while a season of the recall ran. One statement.
    """
    ties: dict[int, list[tuple[str, str]]] = {}
    rows = session.execute(_shared(), {"roots": list(roots), "reached": list(reached)})
    for lot_id, why, what in rows:
        ties.setdefault(lot_id, []).append((why, what or ""))
    order = list(REASONS)
    found = [
        Suggestion(lot_id, tuple(sorted(set(tied), key=lambda tie: (order.index(tie[0]), tie[1]))))
        for lot_id, tied in ties.items()
    ]
    return sorted(found, key=lambda one: (order.index(one.why), one.lot_id))


def _ids(name: str) -> Any:
    return func.unnest(bindparam(name, type_=ARRAY(BIGINT))).column_valued(f"{name}_id")


def _upstream() -> CTE:
    start = _ids("roots")
    up = select(start.label("lot_id")).cte("up", recursive=True)
    return up.union(select(LotLink.parent_id).join(up, LotLink.child_id == up.c.lot_id))


@cache
def _sources() -> Select[int]:
    up = _upstream()
    return select(up.c.lot_id)


@cache
def _seasons_of() -> Select[*tuple[Any, ...]]:
    of_lots = select(Lot.season_id).where(Lot.id == any_(bindparam("lot_ids", type_=ARRAY(BigInteger))))
    return (
        select(Season.id, Season.household_id, Season.site_id, Season.produce, Season.started_on, Season.closed_on)
        .where(Season.id.in_(of_lots))
        .order_by(Season.started_on, Season.id)
    )


def _is_corrected(record_id: Any) -> Any:
    declared = aliased(Record)
    return exists(select(declared.id).where(declared.corrects_id == record_id, declared.kind == "declaration"))


@cache
def _inputs_of() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Input.record_id, Input.season_id, Input.household_id, Input.kind, Input.product, Input.batch,
            Input.occurred_at,
        )
        .where(
            Input.season_id == any_(bindparam("season_ids", type_=ARRAY(BigInteger))),
            ~_is_corrected(Input.record_id),
        )
        .order_by(Input.occurred_at, Input.id)
    )  # fmt: skip


@cache
def _shared() -> Select[*tuple[Any, ...]]:
    up = _upstream()
    down = select(up.c.lot_id).cte("down", recursive=True)
    down = down.union(select(LotLink.child_id).join(down, LotLink.parent_id == down.c.lot_id))
    reached = _ids("reached")
    inside = select(reached.label("lot_id")).cte("inside")
    source = aliased(Lot)
    # Each season of the sources, from its start to the day on which the last source lot came out of it.
    seasons = (
        select(Season.id, Season.site_id, Season.produce, Season.started_on, func.max(source.made_on).label("until"))
        .join(source, source.season_id == Season.id)
        .join(up, up.c.lot_id == source.id)
        .group_by(Season.id, Season.site_id, Season.produce, Season.started_on)
        .cte("seasons")
    )
    used, other = aliased(Input), aliased(Input)
    batches = (
        select(used.season_id, used.name_key, used.batch_key, used.product, used.batch)
        .join(seasons, seasons.c.id == used.season_id)
        .where(used.batch_key != "", ~_is_corrected(used.record_id))
        .distinct()
        .cte("batches")
    )
    by_graph = [
        select(up.c.lot_id, literal("source").label("why"), literal("").label("what")),
        select(down.c.lot_id, literal("ancestor"), literal("")).where(down.c.lot_id.not_in(select(up.c.lot_id))),
    ]
    by_season = select(Lot.id, literal("season"), seasons.c.produce).join(seasons, seasons.c.id == Lot.season_id)
    is_named = other.name_key == batches.c.name_key
    by_batch = (
        select(
            Lot.id,
            case((is_named, literal("batch")), else_=literal("batch_number")),
            batches.c.product + literal(", ") + batches.c.batch,
        )
        .select_from(batches)
        .join(other, other.batch_key == batches.c.batch_key)
        .join(Lot, Lot.season_id == other.season_id)
        .where(
            other.batch_key != "",
            other.season_id != batches.c.season_id,
            is_named | (func.length(other.batch_key) >= _TELLING_BATCH),
            ~_is_corrected(other.record_id),
        )
    )
    beside = aliased(Season)
    by_site = (
        select(Lot.id, literal("site"), beside.produce)
        .join(beside, beside.id == Lot.season_id)
        .join(seasons, seasons.c.site_id == beside.site_id)
        .where(
            beside.id != seasons.c.id,
            beside.started_on <= seasons.c.until,
            func.coalesce(beside.closed_on, cast(_OPEN_END, Date)) >= seasons.c.started_on,
        )
    )
    ties = union(*by_graph, by_season, by_batch, by_site).subquery("ties")
    return (
        select(ties.c.lot_id, ties.c.why, ties.c.what)
        .where(ties.c.lot_id.not_in(select(inside.c.lot_id)))
        .order_by(ties.c.lot_id)
    )
