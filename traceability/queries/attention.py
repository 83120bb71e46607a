"""What the diary asks its household to do next: lots that lack something or are held; what was written last time."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import DateTime, bindparam, cast, exists, func, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session, aliased

from marketplace.core.clock import VN_TZ
from traceability.models.custody import Lot, LotLink, Record
from traceability.queries.graph import list_descendants
from traceability.queries.lots import LotView, list_lots
from traceability.queries.records import RecordView, read_records, select_records
from traceability.rules.completeness import Fact, Missing, list_missing
from traceability.rules.lots import LotState

_LAST = 30


def list_missing_by_lot(session: Session, lot_ids: Collection[int]) -> Mapping[int, Sequence[Missing]]:
    """Return what each lot's story still lacks before its commune is asked. One statement for all of them."""
    if not lot_ids:
        return {}
    given = func.unnest(bindparam(None, sorted(set(lot_ids)), type_=ARRAY(BIGINT))).column_valued("given")
    start = select(given.label("root"), given.label("lot_id")).cte("upstream", recursive=True)
    upstream = start.union(
        select(start.c.root, LotLink.parent_id)
        .join(start, LotLink.child_id == start.c.lot_id)
        .where(LotLink.kind != "supplied")
    )
    ends = (
        select(upstream.c.root, Lot.season_id, func.max(Lot.made_on).label("made_on"))
        .join(upstream, Lot.id == upstream.c.lot_id)
        .where(Lot.season_id.is_not(None))
        .group_by(upstream.c.root, Lot.season_id)
        .subquery()
    )
    wrong = aliased(Record)
    is_in_force = ~exists().where(wrong.corrects_id == Record.id, wrong.kind == "declaration")
    day_after = func.timezone(VN_TZ.key, cast(ends.c.made_on + 1, DateTime))
    told = union_all(
        select(ends.c.root, Record.kind, Record.photo_count)
        .join(ends, ends.c.season_id == Record.season_id)
        .where(Record.lot_id.is_(None), Record.occurred_at < day_after, Record.kind != "declaration", is_in_force),
        select(upstream.c.root, Record.kind, Record.photo_count)
        .join(upstream, upstream.c.lot_id == Record.lot_id)
        .where(Record.kind != "declaration", is_in_force),
    )
    facts: dict[int, list[Fact]] = {lot_id: [] for lot_id in lot_ids}
    for root, kind, photo_count in session.execute(told):
        facts[root].append(Fact(kind, photo_count))
    return {lot_id: list_missing(found) for lot_id, found in facts.items()}


def list_last_records(
    session: Session, household_id: int, season_id: int, kinds: Collection[str]
) -> Sequence[RecordView]:
    """Return a season's newest standing entries of these kinds, newest first: what may be written once more."""
    statement = select_records(
        Record.household_id == household_id, Record.season_id == season_id, Record.kind.in_(kinds)
    )
    found = read_records(session, statement.order_by(Record.seq.desc()).limit(_LAST))
    return [record for record in found if record.is_in_force]


def list_held_lots(session: Session, household_id: int, lots: Iterable[LotView]) -> Sequence[LotView]:
    """Return which of these lots of a household, and of those it made from them, are held."""
    own = {lot.id for lot in lots}
    reached = list_lots(session, own | list_descendants(session, own))
    held = [one for one in reached.values() if one.household_id == household_id and one.state == LotState.HELD]
    return sorted(held, key=lambda one: one.id)
