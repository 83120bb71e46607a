"""What others send comes back equal: over HTTP, through outbox, relay and worker, and out of the database again."""

from urllib.parse import quote

import pytest

from tests.contracts.epcis.documents import INVALID, VALID, events_in
from tests.factories.repository import bearer
from traceability.rules.seal import canonical_bytes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def captured(repository):
    """Send every valid document at once; return what became of each."""
    accepted = {name: repository.post("/capture", document) for name, document in VALID.items()}
    return {name: repository.finish(answer) for name, answer in accepted.items()}


@pytest.mark.parametrize("name", VALID)
def test_a_valid_document_is_captured(captured, name):
    job = captured[name]
    assert (job["success"], job["errors"]) == (True, [])
    assert job["cq:eventCount"] == job["cq:capturedCount"] == len(events_in(VALID[name]))


@pytest.mark.parametrize("name", [name for name, document in VALID.items() if events_in(document)])
def test_every_event_comes_back_equal_to_what_was_sent(repository, captured, name):
    for event in events_in(VALID[name]):
        if "eventID" in event:
            answer = repository.get(f"/events/{quote(event['eventID'], safe='')}")
            assert event in events_of_http(answer)
            assert canonical_bytes(event) in answer.content
        else:
            answer = repository.get("/events", params={"MATCH_epc": event["epcList"][0]})
            (given,) = events_of_http(answer)
            assert given.pop("eventID").startswith("ni:///sha-256;")
            assert given == event
        assert terms_of(VALID[name]["@context"]).items() <= terms_of(answer.json()["@context"]).items()


def terms_of(context):
    """Return what the objects of a JSON-LD context bind."""
    entries = context if isinstance(context, list) else [context]
    return {key: value for entry in entries if isinstance(entry, dict) for key, value in entry.items()}


def test_what_is_answered_can_be_captured_by_the_next(repository, captured):
    """An answer of ours is a valid EPCISQueryDocument: somebody else's repository takes it, here another owner's."""
    answer = repository.get("/events", params={"perPage": 1000, "EQ_bizStep": "shipping|packing|receiving"})
    headers = bearer(repository.private_secret)
    accepted = repository.http.post(f"{repository.url}/capture", json=answer.json(), headers=headers)
    assert accepted.status_code == 202, accepted.text

    job = repository.finish(accepted, repository.private_secret)
    assert (job["success"], job["errors"]) == (True, [])
    assert job["cq:capturedCount"] == len(events_of_http(answer)) > 3


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_document_is_refused_naming_the_place(repository, name):
    document, place = INVALID[name]
    before = len(repository.get("/capture", params={"perPage": 1000}).json())
    answer = repository.post("/capture", document)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "epcisException:ValidationException"
    assert f"#{place}" in [fault["pointer"] for fault in told["errors"]], told["errors"]
    assert len(repository.get("/capture", params={"perPage": 1000}).json()) == before


def test_a_thousand_events_come_back_page_by_page(repository):
    step = "https://ns.trai-ga.example/voc/bizstep/thousand"
    events = [
        {
            "type": "ObjectEvent",
            "eventID": f"https://trai-ga.example/event/{number}",
            "eventTime": "2026-10-03T20:33:31+07:00",
            "eventTimeZoneOffset": "+07:00",
            "action": "OBSERVE",
            "epcList": [f"urn:epc:id:sgtin:8930001.054321.{number}"],
            "bizStep": step,
        }
        for number in range(1000)
    ]
    document = {**VALID["no events at all"], "epcisBody": {"eventList": events}}
    assert repository.finish(repository.post("/capture", document))["success"]
    seen, address = [], f"{repository.url}/events?perPage=300&EQ_bizStep={quote(step, safe='')}"
    while address:
        page = repository.http.get(address)
        seen += events_of_http(page)
        address = page.links.get("next", {}).get("url")
    assert seen == events


def events_of_http(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
