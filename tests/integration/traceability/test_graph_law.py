"""Tracing agrees with brute force: on any graph of lots nothing is missed, nothing is there too much."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text, true
from sqlalchemy.orm import Session

from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot
from traceability.models.custody import Lot, LotLink, Record
from traceability.queries.graph import list_ancestors, list_descendants

Edge = tuple[int, int]
_KINDS = ("split", "merge", "packing", "making", "supplied")
_OWN = ("id", "code")


def make_lots(session: Session, count: int, now: datetime) -> tuple[list[int], int]:
    """Return the ids of this many lots, copies of one, and of a record that edges may name."""
    lot = make_lot(session, make_household(session), now=now)
    columns = [column for column in Lot.__table__.columns if column.name not in _OWN]
    numbers = func.generate_series(1, count).table_valued("number").render_derived()
    copies = select(func.concat("LAW-", numbers.c.number), *columns).select_from(Lot).join(numbers, true())
    ids = session.scalars(
        insert(Lot)
        .from_select(["code", *(column.name for column in columns)], copies.where(Lot.id == lot.id))
        .returning(Lot.id)
    ).all()
    record_id = session.scalar(select(Record.id).where(Record.lot_id == lot.id))
    assert record_id is not None
    return sorted(ids), record_id


def link(session: Session, edges: Iterable[Edge], record_id: int) -> None:
    rows = [
        {"parent_id": parent, "child_id": child, "kind": _KINDS[(parent + child) % 5], "record_id": record_id}
        for parent, child in edges
    ]
    if rows:
        session.execute(insert(LotLink), rows)


def reach(edges: Iterable[Edge], starts: Iterable[int]) -> set[int]:
    """Follow every edge again and again until nothing new is found."""
    found, given_ids = set(starts), set(starts)
    kept = list(edges)
    while True:
        more = {child for parent, child in kept if parent in found} - found
        if not more:
            return found - given_ids
        found |= more


@pytest.fixture
def pool(session: Session, now: datetime) -> tuple[list[int], int]:
    return make_lots(session, 12, now)


NODES = st.integers(0, 11)
GRAPHS = st.sets(st.tuples(NODES, NODES).filter(lambda edge: edge[0] != edge[1]), max_size=30)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(graph=GRAPHS, starts=st.sets(NODES, max_size=3))
def test_tracing_forward_and_backward_agrees_with_brute_force(
    session: Session, pool: tuple[list[int], int], graph: set[Edge], starts: set[int]
) -> None:
    """Circles included: the ledger does not make them, and tracing ends all the same."""
    with session.begin_nested() as attempt:
        ids, record_id = pool
        edges = [(ids[parent], ids[child]) for parent, child in graph]
        link(session, edges, record_id)
        reverse = [(child, parent) for parent, child in edges]
        for chosen in [*([one] for one in ids), [ids[number] for number in sorted(starts)]]:
            assert list_descendants(session, chosen) == reach(edges, chosen)
            assert list_ancestors(session, chosen) == reach(reverse, chosen)
        attempt.rollback()


@pytest.mark.slow
def test_two_thousand_graphs(session: Session, now: datetime) -> None:
    """Many small markets side by side in one ledger: nothing leaks from one into another."""
    dice, size, count = random.Random(20261120), 8, 2_000
    ids, record_id = make_lots(session, size * count, now)
    graphs: list[list[Edge]] = []
    for number in range(count):
        nodes = ids[number * size : (number + 1) * size]
        drawn = {tuple(dice.sample(nodes, 2)) for _ in range(dice.randrange(15))}
        graphs.append([(min(edge), max(edge)) if number % 4 else (edge[0], edge[1]) for edge in drawn])
    link(session, sorted({edge for graph in graphs for edge in graph}), record_id)
    session.execute(text("ANALYZE trace_lot_links"))
    missed: dict[str, int] = defaultdict(int)
    for number, graph in enumerate(graphs):
        start = [ids[number * size + dice.randrange(size)]]
        forward = list_descendants(session, start) ^ reach(graph, start)
        backward = list_ancestors(session, start) ^ reach([(child, parent) for parent, child in graph], start)
        missed["forward"] += len(forward)
        missed["backward"] += len(backward)
    assert missed == {"forward": 0, "backward": 0}
    assert sum(map(len, graphs)) > 10_000
