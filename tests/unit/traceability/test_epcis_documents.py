"""EPCIS documents are read without losing anything and put together without changing anything."""

import json

import pytest

from epcis.context import STANDARD_CONTEXT
from tests.factories.repository import EXAMPLE, make_document, make_event
from traceability.errors import EpcisProblem
from traceability.rules.epcis_documents import (
    MAX_EVENTS,
    StoredEvent,
    read_json,
    take_apart,
    without_events,
    write_answer,
)
from traceability.rules.epcis_terms import index_event, list_names, parse_time
from traceability.rules.seal import canonical_bytes


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff", "UTF-8"),
        (b"{", "no JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_what_two_readers_would_read_differently_is_no_document(body, said):
    with pytest.raises(EpcisProblem) as refusal:
        read_json(body)
    assert refusal.value.name == "ValidationException"
    assert said in refusal.value.detail


def test_both_kinds_of_documents_are_taken_apart():
    event = make_event()
    document = take_apart(make_document(event))
    assert (list(document.events), document.pointer_to(0)) == ([event], "/epcisBody/eventList/0")
    assert without_events(document)["epcisBody"] == {"eventList": []}
    answer = {"type": "EPCISQueryDocument", "epcisBody": {"queryResults": {"resultsBody": {"eventList": [event]}}}}
    document = take_apart(answer)
    assert document.pointer_to(0) == "/epcisBody/queryResults/resultsBody/eventList/0"
    assert without_events(document)["epcisBody"] == {"queryResults": {"resultsBody": {"eventList": []}}}
    assert answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == [event]
    document = take_apart({"type": "EPCISDocument", "epcisBody": {"event": event}})
    assert (list(document.events), document.pointer_to(0)) == ([event], "/epcisBody/event")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ([], "ValidationException"),
        ({"type": "ObjectEvent"}, "ValidationException"),
        ({"type": "EPCISDocument", "epcisBody": []}, "ValidationException"),
        ({"type": "EPCISDocument", "epcisBody": {"eventList": {}}}, "ValidationException"),
        (
            {"type": "EPCISDocument", "epcisBody": {"eventList": [1] * (MAX_EVENTS + 1)}},
            "CaptureLimitExceededException",
        ),
    ],
)
def test_what_is_no_document_is_refused(content, name):
    with pytest.raises(EpcisProblem) as refusal:
        take_apart(content)
    assert refusal.value.name == name


def _stored(event, context, **about):
    return StoredEvent(canonical_bytes(event), canonical_bytes(context) if context else None, "urn:x:hash", **about)


def _answer(*events: StoredEvent):
    return json.loads(write_answer(events, context=[], query_name="q", created="2026-11-20T03:00:00.000Z"))


def test_events_stand_in_an_answer_byte_for_byte_under_one_context():
    event = make_event(**{"ex:note": "dấu tiếng Việt", "ex:amount": 12.5})
    written = write_answer(
        [_stored(event, [STANDARD_CONTEXT, EXAMPLE], is_id_given=True)],
        context=[STANDARD_CONTEXT, EXAMPLE],
        query_name="q",
        created="2026-11-20T03:00:00.000Z",
    )
    assert canonical_bytes(event) in written
    answer = json.loads(written)
    assert answer["@context"] == [STANDARD_CONTEXT, EXAMPLE]
    assert answer["epcisBody"]["queryResults"] == {"queryName": "q", "resultsBody": {"eventList": [event]}}


def test_a_missing_id_is_added_and_nothing_else():
    event = make_event(eventID=None)
    answer = _answer(_stored(event, None, is_id_given=False))
    (given,) = answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert given == {"eventID": "urn:x:hash", **event}


def test_an_event_is_found_by_its_extension_fields_under_their_full_names():
    index = index_event(
        {**make_event(), "ex:outer": {"ex:inner": [3, "x"]}, "ex:at": "2026-11-20T10:00:00+07:00"}, [EXAMPLE]
    )
    outer, inner = f"{EXAMPLE['ex']}outer", f"{EXAMPLE['ex']}inner"
    assert {f"x?={outer}", f"xi?={inner}", f"xi:{inner}=3", f"xi:{inner}=x"} <= set(index.terms)
    assert index.numbers[f"xi:{inner}"] == [3.0]
    assert f"#=xi:{inner}" in index.terms
    assert index.numbers[f"x:{EXAMPLE['ex']}at@"] == [parse_time("2026-11-20T03:00:00Z").timestamp()]


def test_what_an_event_names_can_be_listed():
    index = index_event(make_event(epcList=["urn:epc:id:sgtin:1.2.3", "urn:x:" + "y" * 2000]))
    assert list_names(index) == {
        ("epc", "urn:epc:id:sgtin:1.2.3"),
        ("bizStep", "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("disposition", "https://ref.gs1.org/cbv/Disp-in_transit"),
        ("readPoint", "urn:epc:id:sgln:8930001.00001.0"),
    }
    assert {"epc*=sgtin:", "epc*=sgtin:1", "epc*=sgtin:1.2"} <= set(index.terms)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-20T10:00:00.123456789+07:00", "2026-11-20T03:00:00.123456+00:00"),
        ("2026-11-20t03:00:00z", "2026-11-20T03:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
    ],
)
def test_moments_are_read_as_rfc_3339_writes_them(written, read):
    assert parse_time(written).isoformat() == read


@pytest.mark.parametrize("written", ["2026-11-20", "2026-11-20T10:00:00", "0001-01-01T00:00:00+14:00", "x"])
def test_what_is_no_moment_is_refused(written):
    with pytest.raises(ValueError, match=r"\w"):
        parse_time(written)
