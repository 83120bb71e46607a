"""The ledger refuses to be changed, and shows it when somebody with all powers changed it."""

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from tests.factories.sellers import make_household
from tests.factories.traceability import make_keeper, make_verified_lot
from traceability.queries.chain import check_chain, verify_chain
from traceability.queries.lots import get_lot
from traceability.services.lots import split_lot
from traceability.tasks import BrokenChainError, verify_chains

APPEND_ONLY = (
    "trace_records",
    "trace_record_lots",
    "trace_verifications",
    "trace_lot_links",
    "trace_recall_lots",
)


@pytest.fixture
def household_id(session: Session, now: datetime) -> int:
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id, now=now)
    split_lot(
        session=session,
        household_id=household_id,
        lot_id=lot.id,
        parts=[Decimal(10)],
        happened_on=lot.made_on,
        actor=make_keeper(household_id),
        key=uuid.uuid4(),
        now=now,
    )
    return household_id


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_the_database_refuses_to_change_what_is_written(
    session: Session, household_id: int, table: str, statement: str
) -> None:
    before = session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text(statement.format(table)))
    assert session.scalar(text(f"SELECT count(*) FROM {table}")) == before  # noqa: S608
    assert verify_chain(session, household_id).is_intact


_THIRD = " WHERE seq = 3 AND household_id = :id"
TAMPERING = {
    "another body, hash kept": (
        "UPDATE trace_records SET body = convert_to('{}', 'UTF8')" + _THIRD,  # noqa: S608
        3,
    ),
    "another body, own hash made anew": (
        "UPDATE trace_records SET (body, hash) = (convert_to('{}', 'UTF8'), sha256(prev_hash || '{}'::bytea))" + _THIRD,  # noqa: S608
        4,
    ),
    "a record gone from the middle": (
        "DELETE FROM trace_records WHERE seq = 3 AND household_id = :id",
        3,
    ),
    "the last record gone": ("DELETE FROM trace_records WHERE seq = 6 AND household_id = :id", 6),
    "the head turned back": (
        "UPDATE trace_chains SET head_seq = 5 WHERE household_id = :id",
        6,
    ),
    "the head's hash changed": (
        "UPDATE trace_chains SET head_hash = sha256('x') WHERE household_id = :id",
        7,
    ),
}


@pytest.mark.parametrize(("statement", "broken_seq"), TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_by_the_database_owner_is_found(
    session: Session, household_id: int, statement: str, broken_seq: int
) -> None:
    assert verify_chain(session, household_id).records == 6
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text("ALTER TABLE trace_records DROP CONSTRAINT ck_trace_records_hash_seals_the_body"))
    session.execute(text(statement), {"id": household_id})
    state = verify_chain(session, household_id)
    assert (state.is_intact, state.broken_seq) == (False, broken_seq)
    assert not check_chain(session, household_id).is_intact


def test_a_hash_that_does_not_fit_its_body_cannot_be_written(session: Session, household_id: int) -> None:
    statement = text(
        "INSERT INTO trace_records (household_id, seq, prev_hash, hash, body, event_id, kind, occurred_at,"
        " recorded_at, client_key, entered_by, entered_role)"
        " SELECT household_id, 7, hash, sha256('x'), body, gen_random_uuid(), kind, occurred_at, recorded_at,"
        " gen_random_uuid(), entered_by, entered_role FROM trace_records WHERE household_id = :id AND seq = 6"
    )
    with pytest.raises(IntegrityError, match="hash_seals_the_body"), session.begin_nested():
        session.execute(statement, {"id": household_id})


def test_more_cannot_leave_a_lot_than_went_in_even_by_hand(session: Session, household_id: int) -> None:
    statement = text("UPDATE trace_lots SET quantity_out = quantity_made + 1 WHERE household_id = :id")
    with pytest.raises(IntegrityError, match="no_more_leaves_than_was_made"), session.begin_nested():
        session.execute(statement, {"id": household_id})


@pytest.mark.usefixtures("in_app")
def test_the_daily_check_passes_and_fails_loudly(session: Session, household_id: int) -> None:
    verify_chains()
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(
        text("UPDATE trace_chains SET head_hash = sha256('x') WHERE household_id = :id"), {"id": household_id}
    )
    with pytest.raises(BrokenChainError, match=f"{household_id}@7"):
        verify_chains()


def test_forgetting_private_details_leaves_the_seal_whole(session: Session, household_id: int, now: datetime) -> None:
    session.execute(
        text("UPDATE trace_private_details SET content = NULL, salt = NULL, erased_at = :now"), {"now": now}
    )
    assert verify_chain(session, household_id).is_intact
    assert (
        session.scalar(text("SELECT count(*) FROM trace_records WHERE convert_from(body, 'UTF8') LIKE '%Cửa hàng%'"))
        == 0
    )


def test_a_lot_reads_back_as_it_was_written(session: Session, household_id: int) -> None:
    lot_id = session.scalar(text("SELECT min(id) FROM trace_lots WHERE household_id = :id"), {"id": household_id})
    lot = get_lot(session, lot_id or 0)
    assert (lot.quantity_made, lot.quantity_out, lot.remaining) == (Decimal(100), Decimal(10), Decimal(90))
