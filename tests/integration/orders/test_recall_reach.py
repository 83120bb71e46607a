"""A recall misses nobody and reaches nobody else: random graphs of lots against brute force."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from marketplace.core.errors import Refused
from orders.models import LineLot
from orders.queries.recall import count_reached, list_letter_keys, list_reached, list_reached_orders
from tests.factories.catalog import make_offer, put_lot
from tests.factories.orders import NOW, buy
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import make_keeper, make_lot, make_recall, make_season, make_verified_lot
from traceability.models.custody import Lot, LotLink, Record, Season
from traceability.models.recall import Input
from traceability.queries.graph import list_ancestors, list_descendants
from traceability.queries.lots import list_lots
from traceability.queries.recall_sources import list_sources, list_suggestions
from traceability.queries.recalls import get_recall
from traceability.rules.entries import IncomingEntry, PackEntry, WorkEntry
from traceability.services.diary import record_incoming, record_work
from traceability.services.lots import merge_lots, pack_lot, split_lot

_LOTS = 14
_KINDS = ("split", "merge", "packing", "making", "supplied")
_LAW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@dataclass(frozen=True)
class World:
    """Lots that nothing ties yet, an order for each, and sealed records that links and inputs may name."""

    household_id: int
    lots: list[int]
    orders: dict[int, int]
    records: list[int]


@pytest.fixture
def world(session: Session) -> World:
    household_id = make_household(session)
    offer = make_offer(session, household_id, amount=1000)
    lots = [put_lot(session, household_id) for _ in range(_LOTS)]
    orders = {}
    for lot_id in lots:
        placed = buy(session, {offer.offer_id: 1})
        orders[lot_id] = placed.order_id
        line = session.execute(
            text(
                "SELECT l.line_id FROM orders_line_lots l JOIN orders_lines n ON n.id = l.line_id "
                "JOIN orders_consignments c ON c.id = n.consignment_id WHERE c.order_id = :order_id"
            ),
            {"order_id": placed.order_id},
        ).scalar_one()
        session.execute(insert(LineLot).values(line_id=line, lot_id=lot_id, lot_code="X", quantity=1, lot_amount=1))
    season = make_season(session, household_id)
    for _ in range(_LOTS):
        record_work(
            session=session,
            household_id=household_id,
            season_id=season.id,
            entry=WorkEntry(kind="tending", happened_on=season.started_on),
            actor=make_keeper(household_id),
            key=uuid.uuid4(),
            now=NOW,
        )
    records = list(session.scalars(select(Record.id).where(Record.kind == "tending").order_by(Record.id)))
    session.flush()
    return World(household_id, lots, orders, records)


edges = st.sets(
    st.tuples(st.integers(0, _LOTS - 1), st.integers(0, _LOTS - 1)).filter(lambda pair: pair[0] != pair[1]),
    max_size=30,
)


def link(session: Session, world: World, pairs: set[tuple[int, int]]) -> None:
    rows = [
        {
            "parent_id": world.lots[parent],
            "child_id": world.lots[child],
            "kind": _KINDS[(parent + child) % len(_KINDS)],
            "quantity": None if (parent + child) % len(_KINDS) == 4 else Decimal(1),
            "record_id": world.records[0],
        }
        for parent, child in sorted(pairs)
    ]
    if rows:
        session.execute(insert(LotLink), rows)


def walk(start: set[int], steps: set[tuple[int, int]]) -> set[int]:
    """Follow steps until nothing new turns up: the dullest way there is."""
    found = set(start)
    while True:
        more = {child for parent, child in steps if parent in found} - found
        if not more:
            return found
        found |= more


# A graph of real lots has no circles; that the walk ends on one all the same is worth having.
@settings(_LAW, max_examples=150)
@given(pairs=edges, start=st.integers(0, _LOTS - 1))
def test_forward_and_backward_agree_with_brute_force(
    session: Session, world: World, pairs: set[tuple[int, int]], start: int
) -> None:
    attempt = session.begin_nested()
    link(session, world, pairs)
    lot = world.lots[start]
    down = {world.lots[one] for one in walk({start}, pairs)}
    up = {world.lots[one] for one in walk({start}, {(child, parent) for parent, child in pairs})}
    assert list_descendants(session, [lot]) | {lot} == down
    assert list_ancestors(session, [lot]) | {lot} == up
    assert set(list_sources(session, [lot])) == up
    for other in down - {lot}:
        assert lot in list_ancestors(session, [other]), "there and back"
    attempt.rollback()
    session.expire_all()


@settings(_LAW, max_examples=60)
@given(pairs=edges.map(lambda found: {(min(pair), max(pair)) for pair in found}), start=st.integers(0, _LOTS - 1))
def test_every_order_of_every_descendant_is_reached_and_no_other(
    session: Session, world: World, pairs: set[tuple[int, int]], start: int
) -> None:
    attempt = session.begin_nested()
    link(session, world, pairs)
    recall = make_recall(session, world.lots[start], is_drill=True)
    down = {world.lots[one] for one in walk({start}, pairs)}
    wanted = {world.orders[lot_id] for lot_id in down}
    assert set(recall.lot_ids) == down
    assert {one.order_id for one in list_reached(session, recall)} == wanted
    assert {one.lot_id for one in list_reached(session, recall)} == down
    assert set(list_reached_orders(session, recall)) == wanted
    figures = count_reached(session, recall)
    assert (figures.orders, figures.with_email, figures.to_phone, figures.parcels_out) == (len(wanted),) * 2 + (0, 0)
    assert len(set(list_letter_keys(session, recall))) == len(wanted)
    attempt.rollback()
    session.expire_all()


@dataclass(frozen=True)
class Sown:
    """A random season: where, from when, and what went in (name, batch) and when the lot out of it was made."""

    site: int
    start: int
    length: int
    inputs: tuple[tuple[str, str], ...]
    lots: int


_NAMES = ("NPK Lâm Thao", "npk  lâm thao", "Hạt giống")
_BATCHES = ("", "LT-2611", "lt 2611", "12", "A1B2C3")
sown = st.builds(
    Sown,
    site=st.integers(0, 2),
    start=st.integers(0, 60),
    length=st.integers(0, 30),
    inputs=st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_BATCHES)), max_size=2).map(tuple),
    lots=st.integers(1, 2),
)


def key_of(batch: str) -> str:
    return "".join(ch for ch in batch if ch.isalnum()).upper()


def name_of(name: str) -> str:
    return " ".join(name.split()).lower()


@dataclass
class Field:
    """A lot of the random farm, with the season that it came out of."""

    lot_id: int
    season: int
    made: int


def sow(session: Session, world: World, seasons: list[Sown], sites: list[int]) -> list[Field]:
    """Put random seasons, their inputs and their lots straight into the tables."""
    first = date(2026, 1, 1)
    records = iter(world.records)
    fields = []
    for number, one in enumerate(seasons):
        season_id = session.execute(
            insert(Season)
            .values(
                household_id=world.household_id,
                site_id=sites[one.site],
                produce=f"Rau {number}",
                template="vegetable",
                transformation_id=f"{number:026}",
                started_on=first + timedelta(days=one.start),
                closed_on=first + timedelta(days=one.start + one.length),
                client_key=uuid.uuid4(),
            )
            .returning(Season.id)
        ).scalar_one()
        for name, batch in one.inputs:
            session.execute(
                insert(Input).values(
                    record_id=next(records), season_id=season_id, household_id=world.household_id, kind="fertiliser",
                    product=name, name_key=name_of(name), batch=batch, batch_key=key_of(batch), occurred_at=NOW,
                )
            )  # fmt: skip
        for _ in range(one.lots):
            lot_id = put_lot(session, world.household_id, made_on=first + timedelta(days=one.start + one.length))
            session.execute(text("UPDATE trace_lots SET season_id = :s WHERE id = :l"), {"s": season_id, "l": lot_id})
            fields.append(Field(lot_id, number, one.start + one.length))
    return fields


def ties_between(own: Sown, theirs: Sown, made: int) -> set[str]:
    """Say what two different seasons share; ``made`` is the day on which the recalled lot came out of ``own``."""
    why = set()
    for name, batch in own.inputs:
        for their_name, their_batch in theirs.inputs:
            if not key_of(batch) or key_of(batch) != key_of(their_batch):
                continue
            if name_of(name) == name_of(their_name):
                why.add("batch")
            elif len(key_of(batch)) >= 4:
                why.add("batch_number")
    if theirs.site == own.site and theirs.start <= made and theirs.start + theirs.length >= own.start:
        why.add("site")
    return why


def expect(seasons: list[Sown], fields: list[Field], root: Field) -> dict[int, set[str]]:
    """Say which lots share what with a recall of one lot, rule by rule."""
    ties = {
        other.lot_id: {"season"}
        if other.season == root.season
        else ties_between(seasons[root.season], seasons[other.season], root.made)
        for other in fields
        if other.lot_id != root.lot_id
    }
    return {lot_id: why for lot_id, why in ties.items() if why}


@settings(_LAW, max_examples=80)
@given(seasons=st.lists(sown, min_size=1, max_size=5), pick=st.integers(0, 9))
def test_sideways_agrees_with_brute_force(session: Session, world: World, seasons: list[Sown], pick: int) -> None:
    attempt = session.begin_nested()
    sites = [make_site(session, world.household_id) for _ in range(3)]
    fields = sow(session, world, seasons, sites)
    root = fields[pick % len(fields)]
    # The end of a season of a recall is the day of its last lot among the sources; here the sources are the root alone.
    found = list_suggestions(session, roots=[root.lot_id], reached=[root.lot_id])
    assert {one.lot_id: {why for why, _ in one.ties} for one in found} == expect(seasons, fields, root)
    attempt.rollback()
    session.expire_all()


steps = st.lists(
    st.tuples(st.sampled_from(["split", "merge", "pack", "supply"]), st.integers(0, 30), st.integers(0, 30)),
    max_size=8,
)


def live(session: Session, doings: list[tuple[str, int, int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """Let three households do these things; return all lots and what was made of what, as told by who did it."""
    households = [make_household(session) for _ in range(3)]
    lots = [(make_verified_lot(session, one).id, one) for one in households]
    made_of: set[tuple[int, int]] = set()
    for doing, one, other in doings:
        lot_id, owner = lots[one % len(lots)]
        who = {"session": session, "household_id": owner, "actor": make_keeper(owner), "now": NOW, "key": uuid.uuid4()}
        day = date(2026, 11, 20)
        try:
            with session.begin_nested():
                if doing == "split":
                    children = [
                        part.id for part in split_lot(**who, lot_id=lot_id, parts=[Decimal(2)], happened_on=day)
                    ]
                    parents = [lot_id]
                elif doing == "merge":
                    mates = [mate for mate, whose in lots if whose == owner and mate != lot_id]
                    parents = [lot_id, mates[other % len(mates)]] if mates else []
                    if not parents:
                        continue
                    parts = [(parent, Decimal(1)) for parent in parents]
                    children = [merge_lots(**who, parts=parts, happened_on=day).id]
                elif doing == "pack":
                    entry = PackEntry(
                        happened_on=day, taken=Decimal(1), amount=Decimal(2), unit="goi", content=Decimal("0.5")
                    )
                    children, parents = [pack_lot(**who, lot_id=lot_id, entry=entry).id], [lot_id]
                else:
                    maker = households[other % 3]
                    season = make_season(session, maker, produce="Dưa muối", template="processed")
                    code = list_lots(session, [lot_id])[lot_id].code
                    record_incoming(
                        session=session, household_id=maker, season_id=season.id, actor=make_keeper(maker), now=NOW,
                        entry=IncomingEntry(what="ingredient", name="Rau", happened_on=day, supplier_lot=code),
                        key=uuid.uuid4(),
                    )  # fmt: skip
                    made = make_lot(session, maker, season=season, produce="Dưa muối", is_complete=False)
                    children, parents, owner = [made.id], [lot_id], maker
        except Refused:
            continue
        made_of |= {(parent, child) for parent in parents for child in children}
        lots += [(child, owner) for child in children]
    return [lot_id for lot_id, _ in lots], made_of


@settings(_LAW, max_examples=12)
@given(doings=steps, pick=st.integers(0, 40))
def test_what_households_do_is_what_a_recall_follows(
    session: Session, doings: list[tuple[str, int, int]], pick: int
) -> None:
    attempt = session.begin_nested()
    lots, made_of = live(session, doings)
    start = lots[pick % len(lots)]
    wanted = walk({start}, made_of)
    recall = make_recall(session, start)
    assert set(recall.lot_ids) == wanted
    states = {lot_id: lot.state for lot_id, lot in list_lots(session, lots).items()}
    assert {lot_id for lot_id, state in states.items() if state == "recalled"} == wanted
    assert get_recall(session, recall.id).lot_ids == tuple(sorted(wanted))
    attempt.rollback()
    session.expire_all()


def test_nothing_is_made_of_a_bought_lot_that_is_recalled(session: Session) -> None:
    seller, maker = make_household(session), make_household(session)
    lot = make_verified_lot(session, seller)
    season = make_season(session, maker, produce="Dưa muối", template="processed")
    record_incoming(
        session=session,
        household_id=maker,
        season_id=season.id,
        entry=IncomingEntry(what="ingredient", name="Rau", happened_on=date(2026, 11, 20), supplier_lot=lot.code),
        actor=make_keeper(maker),
        key=uuid.uuid4(),
        now=NOW,
    )
    make_recall(session, lot.id)
    with pytest.raises(Refused) as refusal, session.begin_nested():
        make_lot(session, maker, season=season, produce="Dưa muối", is_complete=False)
    assert refusal.value.code == "lot_not_usable"
    assert session.scalars(select(Lot.id).where(Lot.household_id == maker)).all() == []
