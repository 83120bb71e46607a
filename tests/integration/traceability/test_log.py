"""What goes into the log, and in which order: nothing is forgotten, nothing changes its place."""

import base64
import hashlib
import json
import uuid
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.factories.sellers import make_household
from tests.factories.traceability import NOW, SIGNATORY, make_keeper, make_lot, make_verified_lot
from traceability.models.custody import Record, Verification
from traceability.models.log import LogEntry, LogPosition, LogWaiting, SigningKey
from traceability.queries.log import list_lot_entries
from traceability.queries.lots import get_lot
from traceability.queries.records import list_season_records
from traceability.queries.story import list_story
from traceability.rules.statements import OFFICE, name_key
from traceability.services.corrections import correct_record
from traceability.services.log import announce_key, log_statement, revoke_keys_of
from traceability.services.sequence import count_places, list_leaves, log_older_records, place_waiting


def leaves_of(session):
    return [json.loads(leaf) for (leaf,) in session.execute(select(LogEntry.leaf).order_by(LogEntry.id))]


def test_every_record_has_a_leaf_over_its_exact_bytes(session):
    household_id = make_household(session)
    make_lot(session, household_id)
    records = session.scalars(select(Record).order_by(Record.id)).all()
    leaves = leaves_of(session)
    assert len(records) == len(leaves) >= 4
    for record, leaf in zip(records, leaves, strict=True):
        assert leaf["contentHash"] == hashlib.sha256(record.body).hexdigest()
        assert (leaf["chain"]["seq"], leaf["chain"]["hash"]) == (record.seq, record.hash.hex())
        assert leaf["actor"] == record.entered_by
        assert leaf.get("privateCommit") == json.loads(record.body).get("cq:privateCommit")
    assert (
        session.scalars(select(LogWaiting.entry_id)).all()
        == session.scalars(select(LogEntry.id).order_by(LogEntry.id)).all()
    )


def test_a_correction_is_two_leaves_that_name_what_they_correct(session):
    household_id = make_household(session)
    actor = make_keeper(household_id)
    lot = make_lot(session, household_id, actor=actor)
    wrong = next(
        one for one in list_season_records(session, lot.season_id) if one.kind in {"planting", "fertilising", "tending"}
    )
    correct_record(
        session=session, household_id=household_id, record_id=wrong.id, reason="Ghi nhầm ngày",
        changes={"happened_on": date(2026, 10, 15)}, actor=actor, key=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    body = session.scalar(select(Record.body).where(Record.id == wrong.id))
    corrected = [leaf for leaf in leaves_of(session) if leaf.get("corrects") == hashlib.sha256(body).hexdigest()]
    assert sorted(leaf["kind"] for leaf in corrected) == ["error-declaration", "event"]


def test_a_verification_is_signed_by_a_key_that_the_log_has_announced(session):
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id)
    entries = session.execute(select(LogEntry.kind, LogEntry.leaf, LogEntry.content).order_by(LogEntry.id)).all()
    key = json.loads(next(content for kind, _, content in entries if kind == "key"))
    leaf, content = next((json.loads(leaf), content) for kind, leaf, content in entries if kind == "verification")
    told = json.loads(content)
    assert (told["lot"], told["decision"], told["keyId"]) == (lot.code, "verified", key["keyId"])
    assert leaf["actorKeyId"] == key["keyId"]
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["publicKey"]))
    public.verify(base64.b64decode(leaf["signature"]), content)
    decided = session.scalar(select(Record.body).join(Verification, Verification.record_id == Record.id))
    assert told["record"] == hashlib.sha256(decided).hexdigest()
    story = [one.id for one in list_story(session, get_lot(session, lot.id)) if one.kind != "verification"]
    bodies = session.scalars(select(Record.body).where(Record.id.in_(story)).order_by(Record.occurred_at, Record.seq))
    assert told["reviewed"] == [hashlib.sha256(body).hexdigest() for body in bodies]


def test_a_key_is_announced_once(session):
    about = {"party": "01JDXV6N1P3Z4Y5X6W7V8T9S0R", "title": "Cán bộ", "commune": "Tân Ninh", "signatory": SIGNATORY}
    names = {announce_key(session, **about, now=NOW) for _ in range(2)}
    assert len(names) == 1
    assert [key.key_id for key in session.scalars(select(SigningKey))] == list(names)
    assert [leaf["kind"] for leaf in leaves_of(session)] == ["key"]


def test_places_are_given_in_order_and_only_once(session):
    ids = [log_statement(session, kind="policy", content={"n": n}, actor_party=None, now=NOW) for n in range(5)]
    assert place_waiting(session, limit=3) == 3
    assert place_waiting(session, limit=3) == 2
    assert place_waiting(session, limit=3) == 0
    placed = session.execute(select(LogPosition.entry_id, LogPosition.place).order_by(LogPosition.place)).all()
    assert [tuple(row) for row in placed] == list(zip(ids, range(5), strict=True))
    assert count_places(session) == 5
    assert [json.loads(leaf)["contentHash"] for leaf in list_leaves(session, 2, 2)] == [
        leaf["contentHash"] for leaf in leaves_of(session)[2:4]
    ]


@pytest.mark.parametrize("model", [LogEntry, LogPosition])
@pytest.mark.parametrize("change", ["update", "delete", "truncate"])
def test_the_database_refuses_to_change_what_is_logged(session, model, change):
    log_statement(session, kind="policy", content={}, actor_party=None, now=NOW)
    place_waiting(session, limit=1)
    statement = {
        "update": update(LogEntry).values(kind="event") if model is LogEntry else update(LogPosition).values(place=9),
        "delete": delete(model),
        "truncate": text(f"TRUNCATE {model.__tablename__} CASCADE"),
    }[change]
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(statement)
    assert session.scalar(select(LogPosition.place)) == 0


def test_records_from_before_the_log_are_logged_later(session):
    household_id = make_household(session)
    make_lot(session, household_id)
    before = leaves_of(session)
    session.execute(text("ALTER TABLE trace_log_entries DISABLE TRIGGER append_only"))
    session.execute(delete(LogWaiting))
    session.execute(delete(LogEntry))
    session.execute(text("ALTER TABLE trace_log_entries ENABLE TRIGGER append_only"))
    events = "SELECT record_id, event_id, cbv_hash, is_public, terms FROM trace_epcis_events ORDER BY record_id"
    indexed = session.execute(text(events)).all()
    session.execute(text("ALTER TABLE trace_epcis_events DISABLE TRIGGER append_only"))
    session.execute(text("DELETE FROM trace_epcis_events WHERE record_id % 2 = 0"))
    session.execute(text("ALTER TABLE trace_epcis_events ENABLE TRIGGER append_only"))
    assert log_older_records(session, limit=2, now=NOW) == 2
    assert log_older_records(session, limit=100, now=NOW) == len(before) - 2
    assert log_older_records(session, limit=100, now=NOW) == 0
    assert [leaf["contentHash"] for leaf in leaves_of(session)] == [leaf["contentHash"] for leaf in before]
    assert [leaf.get("privateCommit") for leaf in leaves_of(session)] == [leaf.get("privateCommit") for leaf in before]
    assert [leaf["cbvHash"] for leaf in leaves_of(session)] == [leaf["cbvHash"] for leaf in before]
    assert session.execute(text(events)).all() == indexed


def test_a_lots_entries_are_its_records_its_statements_and_their_keys_and_nothing_of_others(session):
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id)
    make_verified_lot(session, make_household(session, phone="+84987000111"))
    place_waiting(session, limit=1000)
    story = list_story(session, get_lot(session, lot.id))
    entries = list_lot_entries(session, lot.id, [one.id for one in story])
    assert [entry.record_id for entry in entries if entry.record_id] == sorted(one.id for one in story)
    assert [entry.kind for entry in entries if not entry.record_id] == ["key", "verification"]
    assert [one.place for one in story] == sorted(entry.place for entry in entries if entry.record_id)
    for entry in entries:
        assert json.loads(entry.leaf)["contentHash"] == hashlib.sha256(entry.content).hexdigest()
    assert session.execute(update(LogWaiting).values(entry_id=0)).rowcount == 0


def test_the_office_signs_who_may_sign_and_who_no_longer_may(session):
    about = {"party": "01JDXV6N1P3Z4Y5X6W7V8T9S0R", "title": "Cán bộ", "commune": "Tân Ninh", "signatory": SIGNATORY}
    announce_key(session, **about, now=NOW)
    assert revoke_keys_of(
        session, party=about["party"], by="01JDXV6N1P3Z4Y5X6W7V8T9S0Q", reason="operator", signatory=SIGNATORY, now=NOW
    ) == 1  # fmt: skip
    office = SIGNATORY.public_key(OFFICE)
    entries = session.execute(select(LogEntry.leaf, LogEntry.content).order_by(LogEntry.id)).all()
    leaves = [json.loads(leaf) for leaf, _ in entries]
    assert [leaf["actor"] for leaf in leaves] == [OFFICE, OFFICE]
    for leaf, (_, content) in zip(leaves, entries, strict=True):
        assert leaf["actorKeyId"] == name_key(office)
        Ed25519PublicKey.from_public_bytes(office).verify(base64.b64decode(leaf["signature"]), content)
