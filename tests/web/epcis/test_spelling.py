"""Identifiers in the spelling that was asked for; what is kept, logged and proved stays as it came."""

import json
from urllib.parse import quote

import pytest
from sqlalchemy import text

from tests.factories.repository import STANDARD, bearer, events_of, make_document, make_event
from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot
from tests.web.epcis.conftest import API
from traceability.rules.seal import canonical_bytes

URN = {
    "epcList": ["urn:epc:id:sgtin:8935001.000001.7", "urn:epc:id:usdod:CAGEY.5678", "https://example.org/id/obj/1"],
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:8935001.000002.L1", "quantity": 2.5, "uom": "KGM"}],
    "readPoint": {"id": "urn:epc:id:sgln:8935001.00001.0"},
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:8935001.00001"}],
}
LINK = {
    "epcList": [
        "https://id.gs1.org/01/08935001000013/21/7",
        "urn:epc:id:usdod:CAGEY.5678",
        "https://example.org/id/obj/1",
    ],
    "quantityList": [{"epcClass": "https://id.gs1.org/01/08935001000020/10/L1", "quantity": 2.5, "uom": "KGM"}],
    "readPoint": {"id": "https://id.gs1.org/414/8935001000013"},
    "sourceList": [{"type": "owning_party", "source": "https://id.gs1.org/417/8935001000013"}],
}
FORMATS = {"Always_GS1_Digital_Link": LINK, "Always_EPC_URN": URN}


@pytest.fixture(autouse=True)
def prefix(session):
    """A company prefix of seven digits that an officer has confirmed."""
    household = make_household(session)
    session.execute(
        text(
            "INSERT INTO trace_gs1_prefixes (household_id, prefix, paper_no, state, claimed_by, claimed_at, decided_by,"
            " decided_at, client_key) VALUES (:id, '8935001', 'GCN', 'confirmed', '', now(), '', now(),"
            " gen_random_uuid())"
        ),
        {"id": household if isinstance(household, int) else household.id},
    )


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("came", [URN, LINK], ids=["urn", "link"])
def test_an_event_is_told_in_the_spelling_that_was_asked_for(client, session, key, capture, wanted, came):
    event = make_event(**came, **{"ex:also": "urn:epc:id:sgtin:8935001.000001.7"})
    unnamed = {**event, "eventID": None, "eventTime": "2026-11-18T09:31:00.000+07:00"}
    del unnamed["eventID"]
    capture(make_document(event, unnamed))
    headers = {"GS1-EPC-Format": wanted}
    expected = {**event, **FORMATS[wanted]}
    path = f"{API}/events/{quote(event['eventID'], safe='')}"
    client.post(f"{API}/queries", json={"name": "all", "query": {}}, headers=bearer(key))
    pages = {
        f"{API}/events?perPage=1": {},
        path: {},
        f"{API}/bizSteps/shipping/events?perPage=1": {},
        f"{API}/eventTypes/ObjectEvent/events?perPage=1": {},
        f"{API}/queries/all/events?perPage=1": bearer(key),
    }
    for address, own in pages.items():
        answer = client.get(address, headers={**own, **headers})
        assert events_of(answer) == [expected]
        assert answer.headers["GS1-EPC-Format"] == wanted
        assert "GS1-EPC-Format" in answer.headers["Vary"]
    second = events_of(client.get(f"{API}/events", headers=headers))[1]
    assert second.pop("eventID").startswith("ni:///sha-256;")
    assert second == {**unnamed, **FORMATS[wanted]}
    # Asked without a preference, the bytes are those that came; so are those that were logged.
    for own in ({}, {"GS1-EPC-Format": "Never_Translates"}, {"GS1-EPC-Format": "No_Preference"}):
        answer = client.get(path, headers=own)
        assert canonical_bytes(event) in answer.get_data()
        assert answer.headers["GS1-EPC-Format"] == "Never_Translates"
    kept = session.scalars(text("SELECT content FROM trace_epcis_events ORDER BY id")).all()
    assert [bytes(content) for content in kept] == [canonical_bytes(event), canonical_bytes(unnamed)]


@pytest.mark.parametrize("wanted", FORMATS)
def test_capturing_keeps_what_came_whatever_the_answer_is_to_be(client, session, key, wanted):
    event = make_event(**URN)
    made = client.post(f"{API}/events", json=event, headers=bearer(key, GS1_EPC_Format=wanted))
    assert made.status_code == 201
    assert made.json == {**event, **FORMATS[wanted]}
    assert made.headers["GS1-EPC-Format"] == wanted
    assert bytes(session.scalar(text("SELECT content FROM trace_epcis_events"))) == canonical_bytes(event)
    accepted = client.post(f"{API}/capture", json=make_document(), headers=bearer(key, GS1_EPC_Format=wanted))
    assert accepted.status_code == 202


@pytest.mark.parametrize("wanted", FORMATS)
def test_records_of_our_own_are_translated_in_answers_and_stay_sealed(client, session, wanted):
    make_lot(session, make_household(session))
    before = session.execute(text("SELECT body, sha256(body) FROM trace_records ORDER BY id")).all()
    answer = client.get(f"{API}/events?perPage=1000", headers={"GS1-EPC-Format": wanted})
    assert events_of(answer) == [json.loads(bytes(body)) for body, _ in before]
    assert session.execute(text("SELECT body, sha256(body) FROM trace_records ORDER BY id")).all() == before


def test_only_a_format_that_the_standard_does_not_have_is_refused(client):
    for wanted in ("No_Preference", "Never_Translates", *FORMATS):
        assert client.get(f"{API}/events", headers={"GS1-EPC-Format": wanted}).status_code == 200
        assert client.get(f"{API}/epcs", headers={"GS1-EPC-Format": wanted}).status_code == 200
    assert client.get(f"{API}/events", headers={"GS1-EPC-Format": "Always_Latin"}).status_code == 400


def test_a_translated_answer_is_a_document_that_can_be_captured(client, capture, private):
    capture(make_document(make_event(**URN), make_event(eventID=None, **LINK)))
    for wanted in FORMATS:
        answer = client.get(f"{API}/events", headers={"GS1-EPC-Format": wanted})
        assert answer.json["@context"][0] == STANDARD
        sent = client.post(f"{API}/capture", json=answer.json, headers=bearer(private[0]))
        assert sent.status_code == 202, sent.text
