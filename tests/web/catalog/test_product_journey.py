"""The short story on a product's page, from a diary that was really kept."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

from tests.factories.catalog import make_offer
from tests.factories.sellers import make_household
from tests.factories.traceability import make_season, make_verified_lot
from traceability.queries.lots import list_lots
from traceability.rules.entries import SYSTEM_ACTOR, IncomingEntry, WorkEntry
from traceability.services.diary import record_incoming, record_work


def keep_diary(session, household_id, now):
    started = date(2026, 8, 1)
    season = make_season(session, household_id, started_on=started)
    about = {
        "session": session, "household_id": household_id, "season_id": season.id, "actor": SYSTEM_ACTOR,
    }  # fmt: skip
    seed = IncomingEntry("seed", "Hạt rau muống Phú Nông", started, Decimal(2), "kg")
    record_incoming(**about, entry=seed, key=uuid.uuid4(), now=now)
    for kind, days in (("planting", 1), ("fertilising", 10), ("watering", 12)):
        record_work(**about, entry=WorkEntry(kind, started + timedelta(days)), key=uuid.uuid4(), now=now)
    spray = WorkEntry(
        "spraying",
        started + timedelta(20),
        product="Abatin 1.8EC",
        ingredient="Abamectin",
        dose="10 ml một bình",
        target="sâu tơ",
        waiting_days=7,
    )
    record_work(**about, entry=spray, key=uuid.uuid4(), now=now)
    return season


def test_the_page_tells_from_seed_to_shelf(client, session, now):
    household_id = make_household(session)
    season = keep_diary(session, household_id, now)
    lot = make_verified_lot(session, household_id, season=season)
    offer = make_offer(session, household_id, lot_id=lot.id, now=now)
    html = client.get(f"/san-pham/{offer.slug}").get_data(as_text=True)
    steps = (
        "Giống và vật tư",
        "Hạt rau muống Phú Nông, Hạt giống.",
        "Gieo trồng",
        "01/08/2026 – 13/08/2026",
        "Hộ đã ghi 3 lần chăm sóc vào sổ tay.",
        "Dùng thuốc 1 lần, đủ thời gian cách ly",
        "Abatin 1.8EC",
        "28/08/2026",
        "Thu hoạch",
        "Xã xác nhận",
        "Cán bộ đã xem sổ tay của hộ và xác nhận lô hàng này.",
    )
    places = [html.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    assert f'href="/lo/{lot.code}"' in html


def test_the_page_follows_the_lot_that_goes_next(client, session, now):
    household_id = make_household(session)
    first = make_verified_lot(session, household_id)
    offer = make_offer(session, household_id, lot_id=first.id, now=now)
    assert list_lots(session, [offer.lot_id])[first.id].quantity_out == 40
    html = client.get(f"/san-pham/{offer.slug}").get_data(as_text=True)
    assert "Đây là lô bạn sẽ nhận nếu đặt bây giờ:" in html
    assert first.code in html
