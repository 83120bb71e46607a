"""A query over the database finds exactly what somebody finds who reads every event, whatever is asked."""

import json
import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from epcis.context import PREFIXES
from tests.factories.repository import EXAMPLE
from traceability.queries.epcis_events import Place, find_events, has_more_than
from traceability.rules.epcis_access import Viewer
from traceability.rules.epcis_query import read_query
from traceability.services.capture import capture_event, check_event
from traceability.services.event_store import Source

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
OWNER, OTHER = "1" * 26, "2" * 26
STEPS = ("shipping", "receiving", "https://ns.example/steps/own")
EPCS = (
    "urn:epc:id:sgtin:8930001.000001.1",
    "urn:epc:id:sgtin:8930001.000002.1",
    "https://id.gs1.org/01/08930001000018",
)
CLASSES = ("urn:epc:class:lgtin:8930001.000001.A", "https://example.org/id/class/rice")
PLACES = ("urn:epc:id:sgln:8930001.00001.0", "urn:epc:id:sgln:8930001.00002.0")
_PREFIXES = {**PREFIXES, **EXAMPLE}
_COMPARE = {"GE": operator.ge, "LT": operator.lt, "GT": operator.gt, "LE": operator.le, "EQ": operator.eq}


def _some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


_AMOUNTS = st.sampled_from((0, 1, 2.5, 1e-7, 123456.789))
_DAYS = st.integers(0, 3)
EVENTS = st.fixed_dictionaries(
    {
        "type": st.just("ObjectEvent"),
        "eventTime": _DAYS.map(lambda day: (NOW - timedelta(days=day)).isoformat()),
        "eventTimeZoneOffset": st.just("+00:00"),
        "action": st.sampled_from(("ADD", "OBSERVE")),
        "epcList": _some(EPCS),
    },
    optional={
        "bizStep": st.sampled_from(STEPS),
        "readPoint": st.sampled_from(PLACES).map(lambda place: {"id": place}),
        "quantityList": st.lists(
            st.fixed_dictionaries({"epcClass": st.sampled_from(CLASSES), "quantity": _AMOUNTS, "uom": st.just("KGM")}),
            min_size=1,
            max_size=2,
        ),
        "ex:grade": st.sampled_from(("A", "B", 1, 2.5)),
        "bizTransactionList": st.sampled_from(("po", "inv")).map(
            lambda kind: [{"type": kind, "bizTransaction": "https://example.org/id/bt/1"}]
        ),
    },
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "EQ_bizStep": _some(STEPS).map("|".join),
        "MATCH_epc": _some((*EPCS, "urn:epc:idpat:sgtin:8930001.*.*")).map("|".join),
        "MATCH_epcClass": _some(CLASSES).map("|".join),
        "EQ_readPoint": _some(PLACES).map("|".join),
        "EQ_action": st.sampled_from(("ADD", "OBSERVE")),
        "EQ_ex:grade": st.sampled_from(("A", "2.5", "B|1")),
        "EXISTS_ex:grade": st.just("1"),
        "EQ_bizTransaction_po": st.just("https://example.org/id/bt/1"),
        **{f"{comparison}_quantity_KGM": _AMOUNTS.map(str) for comparison in _COMPARE},
        "GE_ex:grade": st.sampled_from(("1", "2")),
        "GE_eventTime": _DAYS.map(lambda day: (NOW - timedelta(days=day)).isoformat()),
        "LT_eventTime": _DAYS.map(lambda day: (NOW - timedelta(days=day)).isoformat()),
    },
).filter(lambda query: len(query) <= 4)


def fits(event: dict[str, Any], query: dict[str, str]) -> bool:
    """Read an event as somebody would who has only the standard before him or her."""
    return all(_fits_one(event, name, str(value).split("|")) for name, value in query.items())


def _fits_one(event: dict[str, Any], name: str, wanted: list[str]) -> bool:
    comparison, _, field = name.partition("_")
    quantities = event.get("quantityList", [])
    grade = event.get("ex:grade")
    known: dict[str, Callable[[], bool]] = {
        "MATCH_epc": lambda: any(
            epc == one or (one.endswith(".*.*") and epc.startswith("urn:epc:id:sgtin:8930001."))
            for epc in event["epcList"]
            for one in wanted
        ),
        "MATCH_epcClass": lambda: any(element["epcClass"] in wanted for element in quantities),
        "EQ_readPoint": lambda: event.get("readPoint", {}).get("id") in wanted,
        "EQ_bizTransaction_po": lambda: any(one["type"] == "po" for one in event.get("bizTransactionList", [])),
        "EXISTS_ex:grade": lambda: grade is not None,
        "GE_ex:grade": lambda: isinstance(grade, (int, float)) and grade >= float(wanted[0]),
        "EQ_bizStep": lambda: event.get("bizStep") in wanted,
        "EQ_action": lambda: event["action"] in wanted,
        "EQ_ex:grade": lambda: grade is not None and str(grade) in wanted,
    }
    if name in known:
        return known[name]()
    compare = _COMPARE[comparison]
    if field == "eventTime":
        return bool(compare(datetime.fromisoformat(event["eventTime"]), datetime.fromisoformat(wanted[0])))
    assert field == "quantity_KGM"
    return any(compare(element["quantity"], float(wanted[0])) for element in quantities)


def keep(session, events, *, owner=OWNER, is_public=True):
    for number, event in enumerate(events):
        body = json.dumps({"@context": EXAMPLE, **event, "eventID": f"urn:example:{owner}:{number}"})
        source = Source(owner_party=owner, is_public=is_public)
        capture_event(session=session, incoming=check_event(body.encode()), source=source, now=NOW)


def ids_of(page) -> list[str]:
    return [event.event_id for event in page.events]


def all_pages(session, query, viewer, per_page):
    found, after = [], None
    while True:
        page = find_events(session, query, viewer=viewer, after=after, per_page=per_page)
        found += ids_of(page)
        if page.next_place is None:
            return found
        assert len(page.events) == per_page
        after = page.next_place


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=1, max_size=8), queries=st.lists(QUERIES, min_size=4, max_size=8))
def test_a_query_finds_what_reading_everything_finds(session, events, queries):
    with session.begin_nested() as inner:
        keep(session, events)
        for asked in queries:
            expected = [f"urn:example:{OWNER}:{n}" for n, event in enumerate(events) if fits(event, asked)]
            query = read_query(asked, _PREFIXES)
            assert all_pages(session, query, Viewer(), 3) == expected
            for number in (len(expected) - 1, len(expected)):
                assert has_more_than(session, query, viewer=Viewer(), number=number) is (number < len(expected))
        inner.rollback()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(_DAYS, min_size=1, max_size=9), per_page=st.integers(1, 4), is_descending=st.booleans())
def test_pages_in_the_order_of_time_hold_every_event_once(session, days, per_page, is_descending):
    events = [
        {
            "type": "ObjectEvent",
            "eventTime": (NOW - timedelta(days=day)).isoformat(),
            "eventTimeZoneOffset": "+00:00",
            "action": "ADD",
            "epcList": [EPCS[0]],
        }
        for day in days
    ]
    direction = "DESC" if is_descending else "ASC"
    with session.begin_nested() as inner:
        keep(session, events)
        query = read_query({"orderBy": "eventTime", "orderDirection": direction}, _PREFIXES)
        found = all_pages(session, query, Viewer(), per_page)
        numbered = sorted(range(len(days)), key=lambda n: (-days[n], n), reverse=is_descending)
        assert found == [f"urn:example:{OWNER}:{n}" for n in numbered]
        inner.rollback()


_PLAIN = {
    "type": "ObjectEvent",
    "eventTime": NOW.isoformat(),
    "eventTimeZoneOffset": "+00:00",
    "action": "ADD",
    "epcList": [EPCS[0]],
}


def test_what_is_not_public_is_seen_by_its_owner_alone(session):
    keep(session, [_PLAIN], owner=OWNER, is_public=False)
    keep(session, [_PLAIN], owner=OTHER, is_public=True)
    query = read_query({}, {})

    def seen(viewer):
        return ids_of(find_events(session, query, viewer=viewer, after=None, per_page=10))

    assert seen(Viewer()) == [f"urn:example:{OTHER}:0"]
    assert seen(Viewer(OTHER)) == [f"urn:example:{OTHER}:0"]
    assert seen(Viewer(OWNER)) == [f"urn:example:{OWNER}:0", f"urn:example:{OTHER}:0"]


@pytest.fixture
def crowd(session):
    """Twenty thousand events, one of which is rare."""
    keep(session, [_PLAIN])
    # Foreign keys are checked by plans that were made while the tables were empty: each row would read the whole table.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("ANALYZE trace_log_entries"))
    session.execute(
        text(
            "WITH one AS (SELECT * FROM trace_epcis_events LIMIT 1), entries AS ("
            " INSERT INTO trace_log_entries (kind, leaf, content_hash, logged_at)"
            " SELECT 'event', 'xx', sha256(n::text::bytea), now() FROM generate_series(1, 20000) n RETURNING id)"
            " INSERT INTO trace_epcis_events (log_entry_id, content, owner_party, is_public, event_id, is_id_given,"
            " is_declaration, cbv_hash, event_type, happened_at, recorded_at, terms, numbers)"
            " SELECT e.id, content, owner_party, true, 'urn:many:' || e.id, true, false, cbv_hash, event_type,"
            " happened_at - (e.id || ' seconds')::interval, recorded_at,"
            " ARRAY['type=ObjectEvent', 'step=s' || e.id % 7, 'epc=e' || e.id], numbers FROM one, entries e"
        )
    )
    session.execute(text("SET LOCAL enable_seqscan = on"))
    # As the vacuum does: entries that wait outside of the index make the planner think little of it.
    session.execute(text("SELECT gin_clean_pending_list('ix_trace_epcis_events_terms')"))
    session.execute(text("ANALYZE trace_epcis_events"))


@pytest.mark.parametrize(
    ("parameters", "index"),
    [
        ({"MATCH_epc": EPCS[0]}, "ix_trace_epcis_events_terms"),
        ({"EQ_bizStep": "shipping", "GE_quantity": "4"}, "ix_trace_epcis_events_terms"),
        ({"EQ_eventID": "urn:many:5"}, "event"),
        ({"orderBy": "eventTime"}, "ix_trace_epcis_events_happened"),
        ({"GE_recordTime": "2036-01-01T00:00:00Z"}, "ix_trace_epcis_events_recorded"),
        ({}, "pk_trace_epcis_events"),
    ],
)
def test_a_page_of_a_large_repository_is_found_by_an_index(session, crowd, sql_log, parameters, index):
    query = read_query(parameters, _PREFIXES)
    with sql_log() as statements:
        find_events(session, query, viewer=Viewer(OTHER), after=Place(NOW, 3), per_page=30)
    assert len(statements) == 1
    plan = explain(session, query)
    assert index in plan
    assert "Seq Scan on trace_epcis_events" not in plan


def explain(session, query) -> str:
    """Return the plan of the statement that ``find_events`` sends."""
    from sqlalchemy import event

    plans: list[str] = []

    def before(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("SELECT trace_epcis_events.id"):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", before)
    try:
        find_events(session, query, viewer=Viewer(), after=None, per_page=30)
    finally:
        event.remove(engine, "before_cursor_execute", before)
    return plans[0]
