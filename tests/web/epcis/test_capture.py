"""Events come in: documents by a job, single ones at once; what is kept is what came, and once."""

import hashlib
import json

import pytest
from sqlalchemy import text

from tests.factories.repository import EXAMPLE, STANDARD, bearer, events_of, make_document, make_event, make_key
from tests.factories.traceability import NOW
from tests.web.epcis.conftest import API
from tests.web.epcis.test_access import problem
from traceability.rules.seal import canonical_bytes
from traceability.services.capture import begin_capture, finish_capture


def count(session, table="trace_epcis_events"):
    return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - the tests' own words


def test_a_document_becomes_events_that_come_back_as_they_came(client, session, key, capture):
    first, second = make_event(**{"ex:note": "Ngô nếp"}), make_event(eventID=None)
    document = make_document(first, second)
    job = capture(document)
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    assert (job["cq:eventCount"], job["cq:capturedCount"]) == (2, 2)
    assert job["captureErrorBehaviour"] == "rollback"
    (kept,) = session.execute(text("SELECT document FROM trace_captures")).scalars()
    assert json.loads(bytes(kept)) == document
    answer = client.get(f"{API}/events")
    assert answer.json["@context"] == [STANDARD, EXAMPLE]
    given = events_of(answer)
    assert given[0] == first
    assert {name: value for name, value in given[1].items() if name != "eventID"} == second
    assert given[1]["eventID"].startswith("ni:///sha-256;")
    assert canonical_bytes(first) in answer.get_data()


def test_every_event_is_an_entry_of_the_log_in_its_own_words(session, capture):
    event = make_event()
    capture(make_document(event))
    row = session.execute(
        text(
            "SELECT l.kind, l.leaf, l.content, e.content, c.capture_id, c.owner_party, c.doc_hash, e.cbv_hash"
            " FROM trace_epcis_events e JOIN trace_log_entries l ON l.id = e.log_entry_id"
            " JOIN trace_captures c ON c.id = e.capture_id JOIN trace_log_waiting w ON w.entry_id = l.id"
        )
    ).one()
    assert (row[0], row[2]) == ("event", None)
    assert bytes(row[3]) == canonical_bytes(event)
    leaf = json.loads(bytes(row[1]))
    import hashlib

    assert leaf == {
        "v": 1,
        "kind": "event",
        "recordTime": "2026-11-20T03:00:00.000Z",
        "contentHash": hashlib.sha256(canonical_bytes(event)).hexdigest(),
        "cbvHash": row[7],
        "captureID": str(row[4]),
        "docHash": bytes(row[6]).hex(),
        "actor": row[5],
    }


def test_a_job_that_runs_again_changes_nothing(session, capture):
    capture(make_document(make_event()))
    row = session.execute(text("SELECT id FROM trace_captures")).scalar_one()
    assert not begin_capture(session=session, capture_row=row, now=NOW)
    finish_capture(session=session, capture_row=row, now=NOW)
    assert not begin_capture(session=session, capture_row=row + 999, now=NOW)
    assert (count(session), count(session, "trace_log_entries")) == (1, 1)


def test_a_document_sent_again_brings_nothing_new(client, session, capture):
    declared = {"declarationTime": "2026-11-19T08:00:00.000+07:00", "reason": "did_not_occur"}
    event = make_event()
    document = make_document(event, make_event(eventID=None), {**event, "errorDeclaration": declared})
    assert capture(document)["success"]
    for behaviour in ("rollback", "proceed"):
        again = capture(document, GS1_Capture_Error_Behaviour=behaviour)
        assert (again["running"], again["success"], again["errors"]) == (False, True, [])
        assert (again["cq:eventCount"], again["cq:capturedCount"]) == (3, 0)
    # Another writing of the same document: its events are the same, letter for letter.
    assert capture(json.loads(json.dumps(document, sort_keys=True)))["success"]
    assert (count(session), count(session, "trace_log_entries"), count(session, "trace_captures")) == (3, 3, 4)
    kinds = session.scalars(text("SELECT kind FROM trace_log_entries ORDER BY id")).all()
    assert kinds == ["event", "event", "error-declaration"]
    assert events_of(client.get(f"{API}/events/{event['eventID']}")) == [event, {**event, "errorDeclaration": declared}]
    assert len(events_of(client.get(f"{API}/events?EXISTS_errorDeclaration=1"))) == 1


def test_of_a_document_that_is_partly_known_only_what_is_new_is_captured(client, session, capture):
    known, first, last = make_event(), make_event(eventID=None), make_event()
    capture(make_document(known))
    job = capture(make_document(first, known, last, first))
    assert (job["success"], job["errors"], job["cq:eventCount"], job["cq:capturedCount"]) == (True, [], 4, 2)
    kept = events_of(client.get(f"{API}/events"))
    assert [kept[0], kept[2]] == [known, last]
    assert kept[1] == {**first, "eventID": kept[1]["eventID"]}
    assert (count(session), count(session, "trace_log_entries")) == (3, 3)


@pytest.mark.parametrize(
    ("changes", "context"),
    [
        ({"bizStep": "receiving"}, None),
        ({"recordTime": "2026-11-18T09:31:00Z"}, None),
        ({"certificationInfo": ["https://example.org/cert"]}, None),
        # The same letters, but the prefix stands for something else.
        ({}, [STANDARD, {"ex": "https://ns.other.example/"}]),
    ],
)
def test_another_event_under_a_known_id_fails(client, session, capture, changes, context):
    known = make_event(**{"ex:note": "Ngô nếp"})
    capture(make_document(known))
    job = capture(make_document({**known, **changes}, context=context))
    assert (job["success"], job["cq:capturedCount"]) == (False, 0)
    assert [error["type"] for error in job["errors"]] == ["epcisException:ResourceAlreadyExistsException"]
    assert job["errors"][0]["errors"][0]["pointer"] == "#/epcisBody/eventList/0"
    assert events_of(client.get(f"{API}/events")) == [known]


def test_one_false_duplicate_takes_back_a_whole_document_unless_it_proceeds(session, capture):
    known = make_event()
    capture(make_document(known))
    document = make_document(make_event(), {**known, "disposition": "damaged"}, make_event())
    job = capture(document)
    assert (job["success"], job["cq:capturedCount"], len(job["errors"])) == (False, 0, 1)
    assert count(session) == 1
    job = capture(document, GS1_Capture_Error_Behaviour="proceed")
    assert (job["success"], job["cq:capturedCount"]) == (False, 2)
    assert job["errors"][0]["errors"][0]["pointer"] == "#/epcisBody/eventList/1"
    assert job["captureErrorBehaviour"] == "proceed"
    assert count(session) == 3


def test_the_same_id_twice_in_one_document_is_captured_once(session, capture):
    event = make_event()
    job = capture(make_document(event, {**event, "bizStep": "receiving"}), GS1_Capture_Error_Behaviour="proceed")
    assert (job["success"], job["cq:capturedCount"]) == (False, 1)
    assert count(session) == 1


@pytest.mark.parametrize("is_declaration", [False, True])
def test_nobody_publishes_under_the_id_of_somebody_elses_public_event(
    client, session, key, capture, private, is_declaration
):
    """The ID is what a reader asks by: two voices under one ID would let a partner speak for the market."""
    theirs = make_event()
    assert client.post(f"{API}/events", json=theirs, headers=bearer(key)).status_code == 201
    other, _ = make_key(session, owner_name="Công ty Khác")
    forged = {**theirs, "disposition": "non_conformant"}
    if is_declaration:
        forged["errorDeclaration"] = {"declarationTime": "2026-11-20T09:30:00+07:00", "reason": "incorrect_data"}
    problem(client.post(f"{API}/events", json=forged, headers=bearer(other)), 409, "ResourceAlreadyExistsException")
    job = capture(make_document(forged, make_event()), other, GS1_Capture_Error_Behaviour="proceed")
    assert (job["success"], job["cq:capturedCount"]) == (False, 1)
    assert job["errors"][0]["type"] == "epcisException:ResourceAlreadyExistsException"
    # In books that only their owner reads, a copy does no harm.
    assert client.post(f"{API}/events", json=forged, headers=bearer(private[0])).status_code == 201


def test_a_single_event_is_logged_with_the_hash_of_what_was_sent(client, session, key):
    body = json.dumps(make_event(), indent=3).encode()
    headers = bearer(key, Content_Type="application/json")
    assert client.post(f"{API}/events", data=body, headers=headers).status_code == 201
    leaf = session.scalar(text("SELECT leaf FROM trace_log_entries ORDER BY id DESC LIMIT 1"))
    assert json.loads(bytes(leaf))["docHash"] == hashlib.sha256(body).hexdigest()


def test_addresses_are_the_published_ones_whatever_host_was_named(client, key):
    headers = bearer(key, Host="evil.example")
    made = client.post(f"{API}/events", json=make_event(), headers=headers)
    client.post(f"{API}/events", json=make_event(), headers=headers)
    assert made.headers["Location"].startswith("http://localhost/epcis/v2/events/")
    page = client.get(f"{API}/events?perPage=1", headers=headers)
    assert page.headers["Link"].startswith("<http://localhost/epcis/v2/events?")


def test_an_invalid_event_refuses_the_document_naming_its_place(client, session, key):
    document = make_document(make_event(), make_event(eventTime="yesterday"))
    told = problem(client.post(f"{API}/capture", json=document, headers=bearer(key)), 400, "ValidationException")
    assert told["errors"][0]["pointer"] == "#/epcisBody/eventList/1/eventTime"
    assert "/epcisBody/eventList/1/eventTime" in told["detail"]
    assert (count(session, "trace_captures"), count(session), count(session, "core_outbox")) == (0, 0, 0)


def test_a_document_that_proceeds_captures_what_is_valid(session, capture):
    document = make_document(make_event(), make_event(eventTime="yesterday"), 7, make_event())
    job = capture(document, GS1_Capture_Error_Behaviour="proceed")
    assert (job["success"], job["cq:capturedCount"]) == (False, 2)
    assert [error["type"] for error in job["errors"]] == ["epcisException:ValidationException"] * 2
    assert [error["errors"][0]["pointer"] for error in job["errors"]] == [
        "#/epcisBody/eventList/1/eventTime",
        "#/epcisBody/eventList/2",
    ]
    assert count(session) == 2


def test_a_broken_frame_is_refused_even_when_it_would_proceed(client, session, key):
    headers = bearer(key, GS1_Capture_Error_Behaviour="proceed")
    document = make_document(make_event(), creationDate="yesterday")
    told = problem(client.post(f"{API}/capture", json=document, headers=headers), 400, "ValidationException")
    assert told["errors"][0]["pointer"] == "#/creationDate"
    headers = bearer(key, GS1_Capture_Error_Behaviour="perhaps")
    problem(client.post(f"{API}/capture", json=make_document(), headers=headers), 400, "ValidationException")
    assert count(session, "trace_captures") == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"type":"EPCISDocument"}', b"[" * 50_000, b'"x"'])
@pytest.mark.parametrize("path", ["/capture", "/events"])
def test_what_is_no_document_is_refused(client, session, key, path, body):
    response = client.post(f"{API}{path}", data=body, content_type="application/json", headers=bearer(key))
    problem(response, 400, "ValidationException")
    assert (count(session, "trace_captures"), count(session)) == (0, 0)


def test_jobs_are_listed_newest_first_and_for_their_owner_only(client, session, key, private, capture):
    ids = [capture(make_document(make_event()))["captureID"] for _ in range(3)]
    page = client.get(f"{API}/capture?perPage=2", headers=bearer(key))
    assert [job["captureID"] for job in page.json] == [ids[2], ids[1]]
    following = page.headers["Link"].split(">")[0].lstrip("<")
    rest = client.get(following, headers=bearer(key))
    assert [job["captureID"] for job in rest.json] == [ids[0]]
    assert "Link" not in rest.headers
    stranger = bearer(private[0])
    assert client.get(f"{API}/capture", headers=stranger).json == []
    problem(client.get(f"{API}/capture/{ids[0]}", headers=stranger), 404, "NoSuchResourceException")
    problem(client.get(f"{API}/capture/nothing", headers=stranger), 404, "NoSuchResourceException")


def test_a_single_event_is_captured_at_once_and_found_where_the_answer_says(client, session, key):
    event = make_event(eventID=None)
    created = client.post(f"{API}/events", json=event, headers=bearer(key))
    assert created.status_code == 201
    given = created.json
    assert {name: value for name, value in given.items() if name != "eventID"} == event
    assert events_of(client.get(created.headers["Location"])) == [given]
    problem(client.post(f"{API}/events", json=event, headers=bearer(key)), 409, "ResourceAlreadyExistsException")
    assert (count(session), count(session, "trace_log_entries")) == (1, 1)
    assert session.execute(text("SELECT count(*) FROM core_outbox")).scalar_one() == 0


def test_an_event_brings_its_own_context(client, key):
    event = {**make_event(), "@context": [STANDARD, {"own": "https://ns.own.example/"}], "own:field": 7}
    assert client.post(f"{API}/events", json=event, headers=bearer(key)).status_code == 201
    found = client.get(f"{API}/events?GE_x:field=7", headers={"GS1-Extensions": "x=https://ns.own.example/"})
    assert events_of(found) == [event]


def test_two_owners_may_use_the_same_event_id(client, session, key, private):
    event = make_event()
    for secret in (key, private[0]):
        assert client.post(f"{API}/events", json=event, headers=bearer(secret)).status_code == 201
    assert count(session) == 2


def test_an_id_beyond_what_an_index_holds_is_refused(client, session, key):
    event = make_event(eventID="https://example.org/" + "x" * 3000)
    told = problem(client.post(f"{API}/events", json=event, headers=bearer(key)), 400, "ValidationException")
    assert told["errors"][0]["pointer"] == "#/eventID"
    assert count(session) == 0


def test_a_capture_costs_a_handful_of_statements_however_many_events_it_holds(session, key, client, sql_log):
    costs = []
    for number in (5, 200):
        document = make_document(*(make_event() for _ in range(number)))
        client.post(f"{API}/capture", json=document, headers=bearer(key))
        row = session.execute(text("SELECT max(id) FROM trace_captures")).scalar_one()
        with sql_log() as statements:
            finish_capture(session=session, capture_row=row, now=NOW)
            session.flush()
        costs.append(len(statements))
    assert costs[0] == costs[1] + 2 <= 10  # the context is kept once
    assert count(session) == 205
