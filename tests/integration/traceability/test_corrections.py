"""A wrong entry put right: what is held, what is let go, and what stays readable."""

import json
import uuid
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.core.errors import Conflict, NotFound, Refused
from tests.factories.sellers import make_household
from tests.factories.traceability import make_keeper, make_lot, make_season
from traceability.models.custody import Record
from traceability.queries.attention import list_missing_by_lot
from traceability.queries.chain import verify_chain
from traceability.queries.lots import get_lot
from traceability.queries.records import list_season_records
from traceability.queries.story import list_story
from traceability.queries.verifications import list_missing_of
from traceability.rules.entries import WorkEntry
from traceability.services.corrections import correct_record, withdraw_record
from traceability.services.diary import record_work
from traceability.services.lots import split_lot

SPRAY = WorkEntry(kind="spraying", happened_on=date(2026, 11, 18), product="Thuốc Bt", target="sâu tơ", waiting_days=7)


def test_a_late_spray_holds_its_lots_and_a_correction_lets_them_go(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    keeper = make_keeper(household_id)
    season = make_season(session, household_id, actor=keeper, now=now)
    lot = make_lot(session, household_id, season=season, actor=keeper, now=now)
    who = {"session": session, "household_id": household_id, "actor": keeper, "now": now}
    part = split_lot(**who, lot_id=lot.id, parts=[Decimal(5)], happened_on=lot.made_on, key=uuid.uuid4())[0]

    spray = record_work(**who, season_id=season.id, entry=SPRAY, key=uuid.uuid4())
    held = get_lot(session, lot.id)
    assert (held.state, get_lot(session, part.id).state) == ("held", "held")
    assert "Thuốc Bt" in (held.hold_reason or "")
    with pytest.raises(Refused):
        split_lot(**who, lot_id=lot.id, parts=[Decimal(1)], happened_on=lot.made_on, key=uuid.uuid4())

    key = uuid.uuid4()
    changes = {"happened_on": date(2026, 11, 1)}
    right = correct_record(**who, record_id=spray.id, reason="Ghi nhầm ngày", changes=changes, key=key)
    assert right.waiting_until == date(2026, 11, 8)
    assert (get_lot(session, lot.id).state, get_lot(session, part.id).state) == ("recorded", "recorded")
    again = correct_record(**who, record_id=spray.id, reason="Ghi nhầm ngày", changes=changes, key=key)
    assert again == right

    records = {record.id: record for record in list_season_records(session, season.id)}
    assert records[spray.id].corrected_by == right.id
    assert records[spray.id].declared_reason == "Ghi nhầm ngày"
    assert records[right.id].is_in_force
    with pytest.raises(Conflict):
        correct_record(**who, record_id=spray.id, reason="Lần nữa", changes=changes, key=uuid.uuid4())
    assert verify_chain(session, household_id).is_intact


def test_a_declaration_repeats_its_event_and_names_the_right_one(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    keeper = make_keeper(household_id)
    season = make_season(session, household_id, actor=keeper, now=now)
    who = {"session": session, "household_id": household_id, "actor": keeper, "now": now}
    spray = record_work(**who, season_id=season.id, entry=SPRAY, key=uuid.uuid4())
    right = correct_record(
        **who, record_id=spray.id, reason="Ghi nhầm liều", changes={"dose": "20 ml"}, key=uuid.uuid4()
    )
    rows = {row.id: row for row in session.scalars(select(Record).where(Record.season_id == season.id))}
    declaration = next(row for row in rows.values() if row.kind == "declaration")
    sealed = json.loads(declaration.body)
    assert declaration.event_id == rows[spray.id].event_id
    assert {key: value for key, value in sealed.items() if key != "errorDeclaration"} == json.loads(rows[spray.id].body)
    assert sealed["errorDeclaration"]["reason"] == "incorrect_data"
    assert sealed["errorDeclaration"]["correctiveEventIDs"] == [f"urn:uuid:{rows[right.id].event_id}"]


def test_a_withdrawn_entry_no_longer_counts(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    keeper = make_keeper(household_id)
    lot = make_lot(session, household_id, actor=keeper, now=now)
    assert list_missing_of(session, lot) == []
    incoming = next(one for one in list_story(session, lot) if one.kind == "incoming")
    who = {"session": session, "household_id": household_id, "actor": keeper, "now": now}
    key = uuid.uuid4()
    for _ in range(2):
        withdraw_record(**who, record_id=incoming.id, reason="Không có thật", key=key)
    missing = list_missing_of(session, lot)
    assert [item.code for item in missing] == ["incoming"]
    assert list_missing_by_lot(session, [lot.id]) == {lot.id: missing}


def test_what_is_no_diary_entry_or_not_ones_own_cannot_be_corrected(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    keeper = make_keeper(household_id)
    lot = make_lot(session, household_id, actor=keeper, now=now)
    harvest = next(one for one in list_story(session, lot) if one.kind == "harvest")
    incoming = next(one for one in list_story(session, lot) if one.kind == "incoming")
    other = make_household(session, shown_name="Hộ ông Bình")
    before = verify_chain(session, household_id)
    with pytest.raises(Refused) as refusal:
        withdraw_record(
            session=session,
            household_id=household_id,
            record_id=harvest.id,
            reason="Nhầm",
            actor=keeper,
            key=uuid.uuid4(),
            now=now,
        )
    assert refusal.value.code == "not_correctable"
    with pytest.raises(NotFound):
        withdraw_record(
            session=session,
            household_id=other,
            record_id=incoming.id,
            reason="Nhầm",
            actor=make_keeper(other),
            key=uuid.uuid4(),
            now=now,
        )
    assert verify_chain(session, household_id) == before
