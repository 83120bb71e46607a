"""Events are found by query, read page by page, and browsed by what they name."""

import json
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from tests.factories.repository import EXAMPLE, STANDARD, bearer, events_of, make_document, make_event
from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot
from tests.unit.traceability.json_ld import read
from tests.web.epcis.conftest import API
from tests.web.epcis.test_access import problem

DATA = Path(__file__).parents[2] / "data" / "epcis"
SGTIN = "urn:epc:id:sgtin:8930001.000001."
LINK = "https://id.gs1.org/01/08930001000018/21/7"


def next_of(response):
    found = re.fullmatch(r'<([^>]*)>; rel="next"', response.headers.get("Link", ""))
    return found[1] if found else None


@pytest.fixture
def shelf(capture):
    """Seven events of one document, a minute apart."""
    events = [
        make_event(
            eventTime=f"2026-11-18T09:3{number}:00.000+07:00",
            epcList=[f"{SGTIN}{number}"],
            bizStep="receiving" if number == 3 else "shipping",
        )
        for number in range(7)
    ]
    capture(make_document(*events))
    return events


def test_an_event_of_a_vendors_own_type_comes_back_equal_and_is_found_by_it(client, key):
    """EPCIS 2.0, 7.4.7: others may add types of their own."""
    event = make_event(type="ex:Inspection", action=None, **{"ex:by": "Trạm thú y"})
    body = {"@context": [STANDARD, EXAMPLE], **event}
    made = client.post(f"{API}/events", json=body, headers=bearer(key))
    assert made.status_code == 201, made.text
    (found,) = events_of(client.get(f"{API}/events?eventType=ex:Inspection"))
    assert {name: value for name, value in found.items() if name != "@context"} == event
    assert events_of(client.get(f"{API}/events?eventType=ObjectEvent")) == []


def test_pages_lead_to_one_another_and_hold_everything_once(client, shelf):
    address, seen, pages = f"{API}/events?EQ_bizStep=shipping&perPage=2", [], 0
    while address:
        response = client.get(address)
        seen += events_of(response)
        pages += 1
        address = next_of(response)
        assert ("GS1-Next-Page-Token-Expires" in response.headers) is (address is not None)
    assert seen == [event for event in shelf if event["bizStep"] == "shipping"]
    assert pages == 3


def test_on_pages_of_mixed_contexts_every_event_comes_back_as_it_came(client, session, key, capture):
    """What a prefix stands for must not depend on the neighbours of an event, and nothing is written into it."""
    make_lot(session, make_household(session))
    records = [json.loads(bytes(body)) for body in session.scalars(text("SELECT body FROM trace_records ORDER BY id"))]
    contexts = [
        [STANDARD, EXAMPLE],
        [STANDARD, {"ex": "https://other.example/"}],
        [STANDARD, {"farm": "https://farm.example/"}],
        [STANDARD, {"cq": "https://evil.example/"}],
        [STANDARD, {"urn": "https://evil.example/"}],
        [STANDARD, "https://elsewhere.example/context.jsonld"],
        [STANDARD],
    ]
    came = [(record, [STANDARD]) for record in records]
    for number in range(40):
        context = contexts[number * number % 7]
        prefix = next(iter(context[1]), "") if isinstance(context[-1], dict) else ""
        note = {f"{prefix}:note": number} if prefix not in {"", "urn"} else {}
        event = make_event(eventTime=f"2026-11-{1 + number % 17:02}T09:30:00+07:00", **note)
        assert capture(make_document(event, context=context))["success"]
        came.append((event, context))
    by_time = sorted(came, key=lambda one: datetime.fromisoformat(one[0]["eventTime"]))
    for query, expected in (("perPage=1000", came), ("perPage=7&orderBy=eventTime&orderDirection=ASC", by_time)):
        address, seen, pages = f"{API}/events?{query}", [], 0
        while address:
            response = client.get(address)
            page = events_of(response)
            assert page
            for event in page:
                alone = client.get(f"{API}/events/{quote(event['eventID'], safe='')}")
                assert events_of(alone) == [event]
                assert read(event, response.json["@context"]) == read(event, alone.json["@context"])
            seen += page
            pages += 1
            address = next_of(response)
        assert seen == [event for event, _ in expected]
        assert pages < len(expected)
    for event, context in came:
        alone = client.get(f"{API}/events/{quote(event['eventID'], safe='')}")
        assert alone.json["@context"] == context


def test_an_event_and_its_declaration_of_another_context_stand_on_pages_of_their_own(client, key, capture):
    event = make_event(**{"ex:note": 1})
    declaration = {**event, "errorDeclaration": {"declarationTime": "2026-11-19T08:00:00+07:00"}}
    other = [STANDARD, {"ex": "https://other.example/"}]
    capture(make_document(event))
    capture(make_document(declaration, context=other))
    first = client.get(f"{API}/events/{event['eventID']}")
    assert (events_of(first), first.json["@context"]) == ([event], [STANDARD, EXAMPLE])
    rest = client.get(next_of(first))
    assert (events_of(rest), rest.json["@context"]) == ([declaration], other)
    assert next_of(rest) is None


def test_the_newest_come_first_when_asked_for(client, shelf):
    first = client.get(f"{API}/events?orderBy=eventTime&perPage=5")
    rest = client.get(next_of(first))
    assert [*events_of(first), *events_of(rest)] == shelf[::-1]


def test_a_limit_ends_the_pages_and_a_maximum_refuses(client, shelf):
    first = client.get(f"{API}/events?eventCountLimit=3&perPage=2")
    rest = client.get(next_of(first))
    assert [*events_of(first), *events_of(rest)] == shelf[:3]
    assert next_of(rest) is None
    assert events_of(client.get(f"{API}/events?maxEventCount=7")) == shelf
    problem(client.get(f"{API}/events?maxEventCount=6"), 413, "QueryTooLargeException")
    both = client.get(f"{API}/events?maxEventCount=6&eventCountLimit=6")
    problem(both, 400, "QueryParameterException")


@pytest.mark.parametrize("per_page", ["0", "-1", "x", "1.5", "", "9" * 12])
def test_a_page_of_no_size_is_refused(client, per_page):
    problem(client.get(f"{API}/events?perPage={per_page}"), 400, "QueryParameterException")


def test_a_token_serves_its_own_question_only(client, key, shelf):
    address = next_of(client.get(f"{API}/events?EQ_bizStep=shipping&perPage=2"))
    token = address.rsplit("nextPageToken=", 1)[1]
    for path, headers in (
        ("/events?EQ_bizStep=receiving&perPage=2", {}),
        ("/eventTypes/ObjectEvent/events?EQ_bizStep=shipping&perPage=2", {}),
        ("/events?EQ_bizStep=shipping&perPage=2", bearer(key)),
    ):
        other = client.get(f"{API}{path}&nextPageToken={token}", headers=headers)
        problem(other, 400, "QueryParameterException")
    problem(client.get(f"{API}/events?nextPageToken={token[:-2]}xx"), 400, "QueryParameterException")


def test_a_token_given_back_is_spent(client, session, shelf):
    address = next_of(client.get(f"{API}/events?perPage=2"))
    token = address.rsplit("nextPageToken=", 1)[1]
    assert client.get(address).status_code == 200
    assert client.delete(f"{API}/nextPageToken/{token}").status_code == 204
    problem(client.get(address), 400, "QueryParameterException")
    problem(client.delete(f"{API}/nextPageToken/{token}"), 404, "NoSuchResourceException")
    problem(client.delete(f"{API}/nextPageToken/abc"), 404, "NoSuchResourceException")
    assert session.execute(text("SELECT count(*) FROM trace_spent_page_tokens")).scalar_one() == 1


def test_an_old_token_is_none(client, shelf, monkeypatch):
    from datetime import timedelta

    from traceability.api import paging

    monkeypatch.setattr(paging, "LIFETIME", timedelta(seconds=-1))
    problem(client.get(next_of(client.get(f"{API}/events?perPage=2"))), 400, "QueryParameterException")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("EQ_bizStep=receiving", [3]),
        ("EQ_bizStep=https://ref.gs1.org/cbv/BizStep-receiving", [3]),
        ("EQ_bizStep=receiving|shipping&LT_eventTime=2026-11-18T02:31:00Z", [0]),
        ("EQ_bizStep=receiving&EQ_bizStep=shipping&GE_eventTime=2026-11-18T09:35:00%2B07:00", [5, 6]),
        (f"MATCH_epc={SGTIN}4|{SGTIN}6", [4, 6]),
        ("MATCH_anyEPC=urn:epc:idpat:sgtin:8930001.000001.*&EQ_bizStep=receiving", [3]),
        ("eventType=AggregationEvent", []),
        ("EQ_readPoint=urn:epc:id:sgln:8930001.00001.0&perPage=1", [0]),
        ("GE_recordTime=2026-11-20T03:00:00Z&EQ_bizStep=receiving", [3]),
        ("LT_recordTime=2026-11-20T03:00:00Z", []),
    ],
)
def test_parameters_narrow_down(client, shelf, query, numbers):
    assert events_of(client.get(f"{API}/events?{query}")) == [shelf[number] for number in numbers]


@pytest.mark.parametrize("query", ["nonsense=1", "EQ_bizStep=", "GE_eventTime=x", "EQ_a:b=1", "EQ_bizStep=a%00b&x=%FF"])
def test_parameters_that_cannot_be_are_refused(client, query):
    problem(client.get(f"{API}/events?{query}"), 400, "QueryParameterException")


def test_names_are_listed_page_by_page_and_lead_to_their_events(client, shelf, key, capture):
    capture(make_document(make_event(epcList=[LINK], readPoint={"id": "https://example.org/id/loc/1"})))
    assert client.get(f"{API}/eventTypes").json["member"][0] == "ObjectEvent"
    assert client.get(f"{API}/bizSteps").json["member"] == ["receiving", "shipping"]
    assert client.get(f"{API}/dispositions").json["member"] == ["in_transit"]
    assert client.get(f"{API}/bizLocations").json["member"] == []
    first = client.get(f"{API}/epcs?perPage=5")
    rest = client.get(next_of(first))
    assert [*first.json["member"], *rest.json["member"]] == sorted([LINK, *(f"{SGTIN}{n}" for n in range(7))])
    assert next_of(rest) is None
    for name in (SGTIN + "3", LINK):
        for written in (name, quote(name, safe="")):
            assert client.get(f"{API}/epcs/{written}").json["member"] == ["events"]
            (event,) = events_of(client.get(f"{API}/epcs/{written}/events"))
            assert event["epcList"] == [name]
    assert len(events_of(client.get(f"{API}/bizSteps/shipping/events?perPage=100"))) == 7
    assert events_of(client.get(f"{API}/bizSteps/receiving/events?MATCH_epc={SGTIN}1")) == []
    assert len(events_of(client.get(f"{API}/eventTypes/ObjectEvent/events"))) == 8
    assert events_of(client.get(f"{API}/eventTypes/AssociationEvent/events")) == []


@pytest.mark.parametrize(
    "path",
    [
        "/eventTypes/X",
        "/eventTypes/X/events",
        "/epcs/x",
        "/epcs/x/events",
        "/bizSteps/%00",
        "/readPoints/%FF",
        "/dispositions/active/events",
        "/events/urn:x",
        "/events/a%00b",
    ],
)
def test_what_nobody_named_is_not_found(client, shelf, path):
    problem(client.get(f"{API}{path}"), 404, "NoSuchResourceException")


def test_a_reading_costs_the_same_however_much_it_finds(client, shelf, key, sql_log):
    costs = []
    for path in ("?perPage=1", "?perPage=1000", "?EQ_bizStep=shipping&GE_quantity=0", "?orderBy=eventTime"):
        with sql_log() as statements:
            client.get(f"{API}/events{path}", headers=bearer(key))
        costs.append(len(statements))
    # The key, the time limit, the events.
    assert costs == [3, 3, 3, 3]


def test_queries_are_kept_under_names(client, key, shelf, private):
    headers = bearer(key)
    query = {"name": "nhận hàng", "query": {"EQ_bizStep": ["receiving"], "orderBy": "eventTime"}}
    created = client.post(f"{API}/queries", json=query, headers=headers)
    assert created.status_code == 201
    assert created.json == query
    kept = client.get(created.headers["Location"], headers=headers).json
    assert {name: kept[name] for name in query} == query
    assert client.get(f"{API}/queries", headers=headers).json == [kept]
    answer = client.get(f"{created.headers['Location']}/events", headers=headers)
    assert events_of(answer) == [shelf[3]]
    assert answer.json["epcisBody"]["queryResults"]["queryName"] == "nhận hàng"
    again = client.post(f"{API}/queries", json=query, headers=headers)
    problem(again, 409, "ResourceAlreadyExistsException")
    stranger = bearer(private[0])
    problem(client.get(created.headers["Location"], headers=stranger), 404, "NoSuchNameException")
    problem(client.delete(created.headers["Location"], headers=stranger), 404, "NoSuchNameException")
    refused = client.get(f"{created.headers['Location']}/events?EQ_action=ADD", headers=headers)
    problem(refused, 400, "QueryParameterException")
    socket = client.get(f"{created.headers['Location']}/events", headers={**headers, "Upgrade": "websocket"})
    problem(socket, 501, "ImplementationException")
    assert client.delete(created.headers["Location"], headers=headers).status_code == 204
    problem(client.get(f"{created.headers['Location']}/events", headers=headers), 404, "NoSuchNameException")


def test_a_named_query_remembers_what_its_prefixes_stand_for(client, key, capture):
    event = make_event(**{"ex:grade": "A"})
    capture(make_document(event, make_event()))
    context = {"mine": "https://ns.htx-tan-ninh.example/epcis/"}
    query = {"@context": context, "name": "a", "query": {"EQ_mine:grade": "A"}}
    assert client.post(f"{API}/queries", json=query, headers=bearer(key)).status_code == 201
    assert events_of(client.get(f"{API}/queries/a/events?perPage=1", headers=bearer(key))) == [event]


def test_a_named_query_may_bring_its_context_inside(client, key, capture):
    """The query schema of EPCIS 2.0.1 has ``@context`` among the properties of a query."""
    asked = json.loads((DATA / "named-query-with-context-inside.json").read_text(encoding="utf-8"))
    shipped, other = make_event(**{"ex:grade": "A"}), make_event(bizStep="receiving")
    capture(make_document(shipped, other))
    assert client.post(f"{API}/queries", json=asked, headers=bearer(key)).status_code == 201
    kept = client.get(f"{API}/queries/shipped", headers=bearer(key)).json
    assert kept["query"] == asked["query"]
    assert events_of(client.get(f"{API}/queries/shipped/events", headers=bearer(key))) == [shipped]
    inside = {"@context": [STANDARD, {"mine": EXAMPLE["ex"]}], "EQ_mine:grade": ["A"]}
    query = {"@context": {"mine": "https://other.example/"}, "name": "graded", "query": inside}
    assert client.post(f"{API}/queries", json=query, headers=bearer(key)).status_code == 201
    assert events_of(client.get(f"{API}/queries/graded/events", headers=bearer(key))) == [shipped]


@pytest.mark.parametrize("context", [7, None, [], ["no uri"], [7], True], ids=repr)
@pytest.mark.parametrize("is_inside", [True, False])
def test_a_named_query_with_a_context_that_is_none_is_refused_by_its_place(client, session, key, context, is_inside):
    query = {"name": "a", "query": {"EQ_action": ["ADD"]}}
    (query["query"] if is_inside else query)["@context"] = context
    told = problem(client.post(f"{API}/queries", json=query, headers=bearer(key)), 400, "QueryValidationException")
    assert told["errors"][0]["pointer"] == ("#/query/@context" if is_inside else "#/@context")
    assert session.execute(text("SELECT count(*) FROM trace_named_queries")).scalar_one() == 0


def test_existence_may_be_asked_for_either_way(client, key, capture):
    declared = {"declarationTime": "2026-11-19T08:00:00.000+07:00", "reason": "did_not_occur", "ex:who": {"ex:at": 1}}
    warm = {"sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}]}
    plain = make_event()
    rich = make_event(
        action="ADD",
        sensorElementList=[warm],
        ilmd={"ex:kind": {"ex:part": 1}},
        **{"ex:note": {"ex:inner": 1}},
    )
    declaration = {**plain, "errorDeclaration": declared}
    capture(make_document(plain, rich, declaration))
    headers = {"GS1-Extensions": f"ex={EXAMPLE['ex']}"}
    having = {
        "EXISTS_errorDeclaration": [declaration],
        "EXISTS_sensorElementList": [rich],
        "EXISTS_ex:note": [rich],
        "EXISTS_INNER_ex:inner": [rich],
        "EXISTS_ILMD_ex:kind": [rich],
        "EXISTS_INNER_ILMD_ex:part": [rich],
        "EXISTS_ERROR_DECLARATION_ex:who": [declaration],
        "EXISTS_INNER_ERROR_DECLARATION_ex:at": [declaration],
    }
    for name, expected in having.items():
        for value in ("true", "", "1"):
            assert events_of(client.get(f"{API}/events?{name}={value}", headers=headers)) == expected
        others = [event for event in (plain, rich, declaration) if event not in expected]
        for value in ("false", "0"):
            assert events_of(client.get(f"{API}/events?{name}={value}", headers=headers)) == others
        problem(client.get(f"{API}/events?{name}=maybe", headers=headers), 400, "QueryParameterException")


@pytest.mark.parametrize("name", ["HASATTR_readPoint", "EQATTR_readPoint_ex:site", "EQ_ATTR_readPoint_ex:site"])
@pytest.mark.parametrize("value", ["true", "false"])
def test_attributes_of_master_data_cannot_be_asked_for(client, shelf, name, value):
    headers = {"GS1-Extensions": f"ex={EXAMPLE['ex']}"}
    told = problem(client.get(f"{API}/events?{name}={value}", headers=headers), 400, "QueryParameterException")
    assert name in told["detail"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "QueryValidationException"),
        ({"name": "a"}, "QueryValidationException"),
        ({"name": "a/b", "query": {}}, "QueryValidationException"),
        ({"name": "", "query": {}}, "QueryValidationException"),
        ({"name": "a\x00", "query": {}}, "QueryValidationException"),
        ({"name": "a", "query": {"EQ_bizStep": "a\x00b"}}, "QueryValidationException"),
        ({"name": "a", "query": {"EQ_bizStep": "\ud800"}}, "QueryValidationException"),
        ({"name": "a", "query": {"nonsense": 1}}, "QueryParameterException"),
        ({"name": "a", "query": {"EQ_bizStep": [[]]}}, "QueryParameterException"),
    ],
)
def test_what_is_no_query_is_not_kept(client, session, key, body, name):
    problem(client.post(f"{API}/queries", json=body, headers=bearer(key)), 400, name)
    assert session.execute(text("SELECT count(*) FROM trace_named_queries")).scalar_one() == 0


def test_a_list_of_queries_has_pages(client, key):
    for name in "abc":
        client.post(f"{API}/queries", json={"name": name, "query": {}}, headers=bearer(key))
    first = client.get(f"{API}/queries?perPage=2", headers=bearer(key))
    rest = client.get(next_of(first), headers=bearer(key))
    assert [query["name"] for query in [*first.json, *rest.json]] == ["a", "b", "c"]
    assert next_of(rest) is None
