"""Scans are counted without anybody in them, and what is suspicious is raised once."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound, Refused
from marketplace.core.models import OutboxEvent
from sellers.queries import get_household
from tests.factories.sellers import make_commune, make_household
from tests.factories.traceability import SIGNATORY, make_keeper, make_lot, make_officer_actor, make_verified_lot
from traceability.models.names import Pack
from traceability.models.scans import ScanAlarm, ScanCount, ScanDevice, ScanSalt, Sighting
from traceability.queries.passport import get_seal
from traceability.queries.scans import (
    has_open_alarm,
    list_commune_alarms,
    list_household_alarms,
    list_most_scanned,
    read_facts,
    sum_scans,
)
from traceability.services.packs import issue_packs
from traceability.services.parcels import record_packing
from traceability.services.recalls import recall_lot
from traceability.services.sale import commit_to_sale
from traceability.services.scans import close_alarm, forget_devices, record_scan, report_sighting, weigh_scans
from traceability.tasks import forget_scan_devices, weigh_scans_of_lots


@pytest.fixture
def household_id(session: Session) -> int:
    return make_household(session)


def scan(session: Session, lot_id: int, now: datetime, *, phone: str = "10.0.0.1 Chrome", pack_id: int = 0) -> None:
    record_scan(session=session, lot_id=lot_id, pack_id=pack_id, seen_from=phone, now=now)


def scan_often(session: Session, lot_id: int, now: datetime, phones: int) -> None:
    for number in range(phones):
        scan(session, lot_id, now, phone=f"phone {number}")


def sell_out(session: Session, household_id: int, now: datetime, amount: int = 2) -> int:
    """Return the id of a lot of which everything was packed into one parcel."""
    lot = make_verified_lot(session, household_id, amount=amount, now=now)
    who = {"session": session, "household_id": household_id, "actor": make_keeper(household_id), "now": now}
    commit_to_sale(**who, lot_id=lot.id, quantity=Decimal(amount), key=uuid.uuid4())
    record_packing(
        **who,
        lot_quantities=[(lot.id, Decimal(amount))],
        parcel_ref=f"K{lot.id}",
        consignment_ref="D",
        key=uuid.uuid4(),
    )
    return lot.id


def raised(session: Session) -> list[tuple[str, int]]:
    return [(one.kind, one.pack_id) for one in session.execute(select(ScanAlarm).order_by(ScanAlarm.id)).scalars()]


def events(session: Session) -> list[dict[str, object]]:
    name = "traceability.stickers_suspected"
    return list(session.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == name)))


def test_hours_add_up_and_devices_are_told_apart_within_a_day(
    session: Session, household_id: int, now: datetime
) -> None:
    lot = make_lot(session, household_id, now=now)
    for phone in ("a", "b", "a"):
        scan(session, lot.id, now, phone=phone)
    scan(session, lot.id, now + timedelta(hours=2), phone="a")
    scan(session, lot.id, now + timedelta(days=1), phone="a")
    rows = session.execute(select(ScanCount.scans, ScanCount.devices).order_by(ScanCount.hour_at)).all()
    assert [tuple(row) for row in rows] == [(3, 2), (1, 0), (1, 1)]
    assert session.scalars(select(ScanCount.hour_at)).first() == datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    total = sum_scans(session, lot.id, now + timedelta(days=1))
    assert (total.scans, total.devices, total.recent) == (5, 3, 5)
    assert [(one.id, scans, devices) for one, scans, devices in list_most_scanned(session, household_id, now)] == [
        (lot.id, 5, 3)
    ]


def test_nobody_can_be_found_and_after_the_day_nothing_is_left_to_look_in(
    session: Session, household_id: int, now: datetime
) -> None:
    one, other = (make_lot(session, household_id, now=now) for _ in range(2))
    for lot in (one, other):
        scan(session, lot.id, now, phone="113.160.1.2 Mozilla/5.0 (Linux; Android 13)")
    hashes = session.scalars(select(ScanDevice.device)).all()
    assert len(set(hashes)) == 2, "the same phone at two lots looks like two"
    for table in ("trace_scan_counts", "trace_scan_devices", "trace_scan_salts"):
        written = str(session.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608
        assert "113.160" not in written
        assert "Android" not in written
    forget_devices(session=session, now=now)
    assert session.scalar(select(func.count()).select_from(ScanDevice)) == 2
    forget_devices(session=session, now=now + timedelta(days=1))
    assert session.scalar(select(func.count()).select_from(ScanDevice)) == 0
    assert session.scalar(select(func.count()).select_from(ScanSalt)) == 0
    assert sum_scans(session, one.id, now).scans == 1


def test_each_day_has_a_salt_of_its_own(session: Session, household_id: int, now: datetime) -> None:
    lot = make_lot(session, household_id, now=now)
    for day in range(2):
        scan(session, lot.id, now + timedelta(days=day))
    assert len(set(session.scalars(select(ScanSalt.salt)))) == 2
    assert len(set(session.scalars(select(ScanDevice.device)))) == 2


def test_counting_is_two_statements(session: Session, household_id: int, now: datetime, sql_log) -> None:  # type: ignore[no-untyped-def]
    lot = make_lot(session, household_id, now=now)
    scan(session, lot.id, now)
    with sql_log() as statements:
        scan(session, lot.id, now, phone="another")
    assert len(statements) == 2


def test_a_lot_that_is_long_gone_and_still_scanned_is_raised_once(
    session: Session, household_id: int, now: datetime
) -> None:
    lot_id = sell_out(session, household_id, now)
    later = now + timedelta(days=60)
    assert read_facts(session, lot_id, later.date()).gone_on == now.date()
    scan_often(session, lot_id, later, 7)
    assert weigh_scans(session=session, now=later) == 0
    scan(session, lot_id, later, phone="one more")
    assert weigh_scans(session=session, now=later) == 1
    assert weigh_scans(session=session, now=later) == 0
    assert raised(session) == [("sold_out", 0)]
    assert [one["kind"] for one in events(session)] == ["sold_out"]
    assert has_open_alarm(session, lot_id)
    commune_id = get_household(session, household_id).commune_id
    for listed in (list_commune_alarms(session, commune_id), list_household_alarms(session, household_id)):
        assert [(one.lot.id, one.kind, one.scans, one.devices) for one in listed] == [(lot_id, "sold_out", 8, 8)]


def test_a_lot_with_something_left_is_not_gone(session: Session, household_id: int, now: datetime) -> None:
    lot = make_verified_lot(session, household_id, now=now)
    later = now + timedelta(days=60)
    scan_often(session, lot.id, later, 20)
    assert read_facts(session, lot.id, later.date()).gone_on is None
    assert weigh_scans(session=session, now=later) == 0


def test_more_devices_than_packs_are_raised(session: Session, household_id: int, now: datetime) -> None:
    lot = make_lot(session, household_id, amount=2, now=now)
    scan_often(session, lot.id, now, 60)
    assert weigh_scans(session=session, now=now) == 0
    scan(session, lot.id, now, phone="one more")
    assert weigh_scans(session=session, now=now) == 1
    assert raised(session) == [("too_many", 0)]


def test_a_pack_met_in_many_provinces_is_raised(session: Session, household_id: int, now: datetime) -> None:
    for code, name in (("01", "Hà Nội"), ("40", "Nghệ An"), ("79", "TP HCM")):
        make_commune(session, code=f"{code}001", name=f"Xã {code}", province_code=code, province_name=name)
    lot = make_lot(session, household_id, now=now)
    serials = issue(session, household_id, lot.id, now, count=2)
    pack_id = session.scalar(select(Pack.id).where(Pack.serial == serials[1])) or 0
    where = {"session": session, "lot_id": lot.id, "pack_id": pack_id, "now": now}
    for province in ("01", "01", "40"):
        report_sighting(**where, province_code=province)
    assert weigh_scans(session=session, now=now) == 0
    report_sighting(**where, province_code="79")
    assert weigh_scans(session=session, now=now) == 1
    assert raised(session) == [("many_places", pack_id)]
    assert list_household_alarms(session, household_id)[0].serial == serials[1]
    assert sorted(session.scalars(select(Sighting.reports))) == [1, 1, 2]
    with pytest.raises(Refused, match="tỉnh"):
        report_sighting(**where, province_code="99")


def test_an_officer_closes_what_he_or_she_looked_into(session: Session, household_id: int, now: datetime) -> None:
    lot = make_lot(session, household_id, amount=2, now=now)
    scan_often(session, lot.id, now, 61)
    weigh_scans(session=session, now=now)
    alarm_id = session.scalar(select(ScanAlarm.id)) or 0
    stranger = make_officer_actor(make_commune(session, code="14812", name="Xã Nga Sơn"))
    with pytest.raises(NotFound):
        close_alarm(session=session, alarm_id=alarm_id, officer=stranger, now=now)
    assert has_open_alarm(session, lot.id)
    officer = make_officer_actor(get_household(session, household_id).commune_id)
    for minute in range(2):
        close_alarm(session=session, alarm_id=alarm_id, officer=officer, now=now + timedelta(minutes=minute))
    session.expire_all()
    assert session.get_one(ScanAlarm, alarm_id).closed_at == now
    assert not has_open_alarm(session, lot.id)
    scan_often(session, lot.id, now, 80)
    assert weigh_scans(session=session, now=now) == 0, "closed is closed"


@pytest.mark.usefixtures("in_app")
def test_the_periodic_tasks_do_it_by_themselves(session: Session, household_id: int) -> None:
    now = datetime.now(UTC)
    lot = make_lot(session, household_id, amount=2, now=now)
    scan_often(session, lot.id, now, 61)
    scan(session, lot.id, now - timedelta(days=2))
    weigh_scans_of_lots()
    forget_scan_devices()
    session.expire_all()
    assert raised(session) == [("too_many", 0)]
    assert len(session.scalars(select(ScanSalt.day_on)).all()) == 1


def issue(
    session: Session, household_id: int, lot_id: int, now: datetime, *, count: int, key: uuid.UUID | None = None
) -> list[str]:
    return list(
        issue_packs(
            session=session,
            household_id=household_id,
            lot_id=lot_id,
            count=count,
            actor=make_keeper(household_id),
            key=key or uuid.uuid4(),
            now=now,
        )
    )


def test_packs_are_numbered_once_for_each_sheet(session: Session, household_id: int, now: datetime) -> None:
    lot = make_lot(session, household_id, amount=2, now=now)
    key = uuid.uuid4()
    first = issue(session, household_id, lot.id, now, count=24, key=key)
    assert issue(session, household_id, lot.id, now, count=24, key=key) == first
    assert len(set(first)) == 24
    assert all(len(serial) == 10 for serial in first)
    assert session.scalar(select(func.count()).select_from(Pack)) == 24
    issue(session, household_id, lot.id, now, count=106)
    with pytest.raises(Refused, match="đã cấp 130 số"):
        issue(session, household_id, lot.id, now, count=1)
    other = make_household(session, shown_name="Hộ ông Bình")
    with pytest.raises(NotFound):
        issue(session, other, lot.id, now, count=1)


def test_a_recalled_lot_gets_no_more_numbers(session: Session, household_id: int, now: datetime) -> None:
    lot = make_verified_lot(session, household_id, now=now)
    recall_lot(
        session=session,
        lot_id=lot.id,
        officer=make_officer_actor(lot.commune_id),
        officer_title="Cán bộ",
        reason="Dư lượng thuốc vượt mức",
        instruction="Đừng ăn.",
        is_drill=False,
        signatory=SIGNATORY,
        key=uuid.uuid4(),
        now=now,
    )
    with pytest.raises(Refused):
        issue(session, household_id, lot.id, now, count=1)
    assert session.scalar(select(func.count()).select_from(Pack)) == 0


def test_what_somebody_only_says_is_for_the_officer_alone(session: Session, household_id: int, now: datetime) -> None:
    for code in ("01", "40", "79", "92"):
        make_commune(session, code=f"{code}001", name=f"Xã {code}", province_code=code, province_name=f"Tỉnh {code}")
    lot = make_lot(session, household_id, amount=1, now=now)
    for province in ("01", "40", "79", "92"):
        report_sighting(session=session, lot_id=lot.id, pack_id=0, province_code=province, now=now)
    assert weigh_scans(session=session, now=now) == 1
    assert raised(session) == [("many_places", 0)]
    assert has_open_alarm(session, lot.id)
    assert not get_seal(session, lot).is_suspected
    scan_often(session, lot.id, now, 61)
    weigh_scans(session=session, now=now)
    assert get_seal(session, lot).is_suspected
