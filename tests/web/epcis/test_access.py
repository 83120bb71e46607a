"""Who gets in: keys and nothing else, and each only as far as it may."""

import pytest
from sqlalchemy import text

from marketplace.accounts.rules import Role
from marketplace.core.db import db
from tests.conftest import make_app, make_settings
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.repository import bearer, events_of, make_document, make_event, make_key
from tests.factories.sellers import make_commune, make_household
from tests.factories.traceability import NOW, make_lot
from tests.web.epcis.conftest import API
from tests.web.sign_in import sign_in
from traceability.rules.epcis_access import MARKET_PARTY
from traceability.services.api_keys import Scopes, revoke_key


def problem(response, status, name):
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert (response.json["type"], response.json["status"]) == (f"epcisException:{name}", status)
    assert response.json["title"]
    assert response.json["detail"]
    return response.json


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/capture"),
        ("GET", "/capture"),
        ("GET", "/capture/1"),
        ("POST", "/events"),
        ("GET", "/queries"),
        ("POST", "/queries"),
        ("GET", "/queries/x"),
        ("DELETE", "/queries/x"),
        ("GET", "/queries/x/events"),
    ],
)
def test_what_needs_a_key_asks_for_one(client, session, method, path):
    response = client.open(f"{API}{path}", method=method, json={})
    problem(response, 401, "SecurityException")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert session.execute(text("SELECT count(*) FROM trace_captures")).scalar_one() == 0


@pytest.mark.parametrize("path", ["/events", "/bizSteps", "/", "/events/x", "/eventTypes", "/capture"])
@pytest.mark.parametrize("header", [{"Authorization": "Bearer cq_wrong"}, {"X-API-Key": "x" * 5000}, {"X-API-Key": ""}])
def test_a_key_that_is_none_opens_nothing_not_even_what_is_public(client, path, header):
    problem(client.get(f"{API}{path}", headers=header), 401, "SecurityException")


def test_a_revoked_key_opens_nothing_any_more(client, session, key):
    assert client.get(f"{API}/capture", headers=bearer(key)).status_code == 200
    row = session.execute(text("SELECT id FROM trace_api_keys")).scalar_one()
    revoke_key(session=session, key_id=row, now=NOW)
    session.flush()
    problem(client.get(f"{API}/capture", headers=bearer(key)), 401, "SecurityException")
    revoke_key(session=session, key_id=row, now=NOW)


def test_a_key_is_taken_from_either_header(client, key):
    for headers in ({"Authorization": f"bearer {key}"}, {"X-API-Key": key}):
        assert client.get(f"{API}/capture", headers=headers).status_code == 200


@pytest.mark.parametrize("role", Role)
def test_a_session_of_the_market_opens_nothing(client, session, role):
    sign_in(client, make_user(session, roles={role}, commune_id=make_commune(session)))
    problem(client.get(f"{API}/capture"), 401, "SecurityException")
    problem(client.post(f"{API}/events", json=make_event()), 401, "SecurityException")
    assert session.execute(text("SELECT count(*) FROM trace_epcis_events")).scalar_one() == 0


def test_a_key_does_only_what_it_was_issued_for(client, session):
    reader, _ = make_key(session, scopes=Scopes(may_query=True))
    writer, _ = make_key(session, scopes=Scopes(may_capture=True))
    problem(client.post(f"{API}/events", json=make_event(), headers=bearer(reader)), 403, "SecurityException")
    problem(client.post(f"{API}/capture", json=make_document(), headers=bearer(reader)), 403, "SecurityException")
    problem(client.get(f"{API}/queries", headers=bearer(writer)), 403, "SecurityException")
    assert client.post(f"{API}/events", json=make_event(), headers=bearer(writer)).status_code == 201
    # It may not even look at what it captured, unless that is public.
    assert events_of(client.get(f"{API}/events", headers=bearer(writer))) == []


def test_what_is_not_published_is_seen_by_keys_of_the_same_owner_only(client, session, private, key):
    secret, owner = private
    own, public = make_event(), make_event(bizStep="receiving")
    client.post(f"{API}/events", json=own, headers=bearer(secret))
    client.post(f"{API}/events", json=public, headers=bearer(key))
    colleague, _ = make_key(session, scopes=Scopes(may_query=True), owner_party=owner)

    def seen(**headers):
        return [event["eventID"] for event in events_of(client.get(f"{API}/events", headers=headers))]

    assert seen() == [public["eventID"]]
    assert seen(**bearer(key)) == [public["eventID"]]
    assert seen(**bearer(secret)) == [own["eventID"], public["eventID"]]
    assert seen(**bearer(colleague)) == [own["eventID"], public["eventID"]]
    path = f"{API}/events/{own['eventID']}"
    problem(client.get(path), 404, "NoSuchResourceException")
    problem(client.get(path, headers=bearer(key)), 404, "NoSuchResourceException")
    assert events_of(client.get(path, headers=bearer(colleague))) == [own]
    steps = client.get(f"{API}/bizSteps").json["member"]
    assert steps == ["receiving"]
    assert client.get(f"{API}/bizSteps", headers=bearer(colleague)).json["member"] == ["receiving", "shipping"]
    problem(client.get(f"{API}/bizSteps/shipping/events"), 404, "NoSuchResourceException")


def test_sales_and_parcels_are_for_the_market_alone(client, session):
    from tests.factories.catalog import make_offer
    from tests.factories.traceability import make_verified_lot

    household = make_household(session)
    lot = make_verified_lot(session, household, amount=10)
    make_offer(session, household, lot_id=lot.id, amount=5, price=30_000)
    ours, _ = make_key(session, scopes=Scopes(may_query=True), owner_party=MARKET_PARTY)
    strangers, _ = make_key(session, scopes=Scopes(may_query=True))
    listed = f"{API}/events?EQ_cq:kind=listed"
    assert [event["cq:kind"] for event in events_of(client.get(listed, headers=bearer(ours)))] == ["listed"]
    assert events_of(client.get(listed)) == events_of(client.get(listed, headers=bearer(strangers))) == []
    kinds = {event["cq:kind"] for event in events_of(client.get(f"{API}/events?perPage=1000"))}
    assert {"season_opened", "incoming", "tending", "harvest", "verification"} <= kinds
    assert "stocking" not in client.get(f"{API}/bizSteps").json["member"]


def test_our_own_records_are_given_back_byte_for_byte_under_their_hash(client, session):
    make_lot(session, make_household(session))
    records = session.execute(
        text(
            "SELECT r.body, e.cbv_hash, l.leaf FROM trace_records r JOIN trace_epcis_events e ON e.record_id = r.id"
            " JOIN trace_log_entries l ON l.record_id = r.id ORDER BY r.id"
        )
    ).all()
    assert len(records) == session.execute(text("SELECT count(*) FROM trace_records")).scalar_one() >= 4
    answer = client.get(f"{API}/events").get_data()
    for body, cbv_hash, leaf in records:
        assert bytes(body) in answer
        assert f'"cbvHash":"{cbv_hash}"'.encode() in bytes(leaf)
        assert bytes(body) in client.get(f"{API}/events/{cbv_hash.replace('?', '%3F')}").get_data()


def test_the_leaf_of_what_is_not_public_lets_nobody_guess_it(client, session, private):
    """The CBV hash leaves out the random event ID: with it in the log, a stranger tries amounts until one fits."""
    household_id = make_household(session)
    make_offer(session, household_id, amount=48)
    event = make_event(quantityList=[{"epcClass": "urn:epc:class:lgtin:893000.1012345.L1", "quantity": 437}])
    assert client.post(f"{API}/events", json=event, headers=bearer(private[0])).status_code == 201
    leaves = session.execute(
        text(
            "SELECT e.is_public, convert_from(l.leaf, 'UTF8') AS leaf FROM trace_epcis_events e"
            " JOIN trace_log_entries l ON l.record_id = e.record_id OR l.id = e.log_entry_id"
        )
    ).all()
    assert {one.is_public for one in leaves} == {True, False}
    assert {("cbvHash" in one.leaf) == one.is_public for one in leaves} == {True}


def test_requests_are_counted_and_too_many_are_told_so(settings, tmp_path):
    from marketplace.core.limits import limiter

    app = make_app(make_settings(settings.database_url, tmp_path, RATE_LIMITS="1"))
    client = app.test_client()
    try:
        with app.app_context():
            limiter.reset()
        # A key that is none does not buy another count.
        asked = [client.get(f"{API}/eventTypes", headers={"X-API-Key": f"cq_{n}"} if n % 2 else {}) for n in range(300)]
        assert {response.status_code for response in asked} == {200, 401}
        refused = client.get(f"{API}/eventTypes")
        assert refused.status_code == 429
        assert refused.content_type == "application/problem+json"
        assert (refused.json["type"], refused.json["status"]) == ("about:blank", 429)
        assert int(refused.headers["Retry-After"]) > 0
    finally:
        with app.app_context():
            limiter.reset()
            db.engine.dispose()
        # The limiter is one for the process; other tests go on without it.
        limiter.enabled = False
