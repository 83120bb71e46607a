"""Households and officers who try to get round a waiting period, or to make a diary look as if it had been kept."""

import uuid
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from marketplace.core.clock import local_date, utcnow
from marketplace.core.models import OutboxEvent
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import make_keeper, make_lot, make_photo, make_season, make_verified_lot
from tests.web.sign_in import sign_in
from traceability.models.custody import Lot, Record
from traceability.queries.lots import get_lot
from traceability.queries.sale_gate import judge_lot
from traceability.rules.entries import HarvestEntry, IncomingEntry, WorkEntry
from traceability.services.diary import record_incoming, record_work
from traceability.services.harvest import record_harvest

NO_SPRAY = "Sổ không ghi lần dùng thuốc nào"


@pytest.fixture
def today():
    return local_date(utcnow())


@pytest.fixture
def fields(typed, today):
    """Return what the form of a spray with five days of waiting, and the form of a harvest, send."""

    def make(kind, days_ago=0, **more):
        happened_on = str(today - timedelta(days=days_ago))
        if kind == "spray":
            base = {"kind": "spraying", "product": "Thuốc A", "target": "sâu", "waiting_days": "5"}
            base |= {"ingredient": "abamectin", "operator": "household"}
        else:
            base = {"amount": "100", "unit": "kg"}
        return typed(**base, happened_on=happened_on, **more)

    return make


def page(response, status=200):
    html = unescape(response.get_data(as_text=True))
    assert response.status_code == status, html[:3000]
    return html


def count_lots(session):
    return session.scalar(select(func.count()).select_from(Lot))


def only_lot(session):
    session.expire_all()
    return get_lot(session, session.execute(select(Lot.id)).scalar_one())


def complete(session, home, season, photo):
    """Write what the commune asks of every diary: seed and work, on the days on which they were done."""
    done_at = utcnow() - timedelta(days=30)
    who = {"session": session, "household_id": home.household_id, "actor": home.actor, "season_id": season.id}
    seed = IncomingEntry("seed", "Hạt giống", local_date(done_at), supplier="Đại lý", photos=(photo,))
    record_incoming(**who, entry=seed, key=uuid.uuid4(), now=done_at)
    record_work(**who, entry=WorkEntry("tending", local_date(done_at)), key=uuid.uuid4(), now=done_at)


@pytest.fixture
def photo(session):
    return make_photo(session, "cd" * 32)


@pytest.mark.attack("harvest-dated-before-a-known-spray")
def test_a_harvest_dated_before_a_spray_in_the_books(
    keeper, client, session, home, season, officer_id, fields, typed, photo
):
    base = f"/so-tay/vu/{season.id}"
    complete(session, home, season, photo)
    assert keeper.post(f"{base}/thuoc", data=fields("spray")).status_code == 303
    page(keeper.post(f"{base}/thu", data=fields("harvest")), 422)
    yesterday = fields("harvest", 1)
    html = page(keeper.post(f"{base}/thu", data=yesterday), 422)
    assert "được viết vào sổ sau lần dùng thuốc Thuốc A" in html
    assert count_lots(session) == 0
    assert keeper.post(f"{base}/thu", data=yesterday | {"stated_reason": "Hái hôm qua"}).status_code == 303
    lot = only_lot(session)
    assert keeper.post(f"/so-tay/lo/{lot.code}/gui-xa", data=typed()).status_code == 303

    sign_in(client, officer_id)
    html = page(client.get(f"/xa/lo/{lot.code}"))
    assert "Phải có lý do:" in html
    assert "Thuốc A" in html
    assert "Hái hôm qua" in html
    page(client.post(f"/xa/lo/{lot.code}/xac-nhan", data=typed(has_read="y")), 422)
    assert only_lot(session).state == "awaiting_verification"
    decided = typed(has_read="y", reason="Đã ra ruộng, cân lại tại nhà.")
    assert client.post(f"/xa/lo/{lot.code}/xac-nhan", data=decided).status_code == 303
    assert only_lot(session).state == "verified"
    html = page(client.get(f"/lo/{lot.code}"))
    assert NO_SPRAY not in html
    assert "Có 1 lần dùng thuốc đã nằm trong sổ trước khi" in html
    assert "Cán bộ xã đã xem điều này và ghi lý do khi xác nhận." in html
    assert "Thuốc A" in html


@pytest.mark.attack("another-season-on-the-same-field")
def test_another_season_on_the_same_field(keeper, session, home, season, fields):
    assert keeper.post(f"/so-tay/vu/{season.id}/thuoc", data=fields("spray", 2)).status_code == 303
    other = make_season(
        session, home.household_id, site_id=home.site_id, produce="Cà chua", actor=home.actor, now=utcnow()
    )
    html = page(keeper.post(f"/so-tay/vu/{other.id}/thu", data=fields("harvest")), 422)
    assert "Chưa được thu hoạch" in html
    assert count_lots(session) == 0


@pytest.mark.attack("drug-for-the-barn-slaughter-from-a-pen")
def test_a_drug_in_the_barn_reaches_its_pens(keeper, session, home, fields, today):
    barn = make_site(session, home.household_id, kind="barn", name="Chuồng lợn")
    pen = make_site(session, home.household_id, kind="pen", name="Ô 1", parent_id=barn)
    about = {"produce": "Lợn", "template": "pig", "actor": home.actor, "now": utcnow()}
    whole = make_season(session, home.household_id, site_id=barn, **about)
    part = make_season(session, home.household_id, site_id=pen, **about)
    drug = fields("spray", 1) | {"kind": "medicine", "product": "Thuốc ho"}
    assert keeper.post(f"/so-tay/vu/{whole.id}/thuoc", data=drug).status_code == 303
    html = page(keeper.post(f"/so-tay/vu/{part.id}/thu", data=fields("harvest") | {"heads": "1"}), 422)
    assert "Chưa được giết mổ" in html
    assert count_lots(session) == 0


@pytest.mark.attack("spray-struck-out-to-harvest")
@pytest.mark.parametrize("way", ["struck out", "fewer days"])
def test_a_spray_taken_back_to_harvest(keeper, client, session, home, season, officer_id, fields, typed, photo, way):
    base = f"/so-tay/vu/{season.id}"
    complete(session, home, season, photo)
    assert keeper.post(f"{base}/thuoc", data=fields("spray", 2)).status_code == 303
    record_id = session.execute(select(func.max(Record.id))).scalar_one()
    if way == "struck out":
        gone = keeper.post(f"/so-tay/ghi-chep/{record_id}/bo", data=typed(reason="Ghi nhầm"))
    else:
        gone = keeper.post(
            f"/so-tay/ghi-chep/{record_id}/sua", data=fields("spray", 2) | {"waiting_days": "0", "reason": "Ghi nhầm"}
        )
    assert gone.status_code == 303, gone.get_data(as_text=True)[:2000]
    html = page(keeper.post(f"{base}/thu", data=fields("harvest")), 422)
    assert "đã bị gạch hoặc sửa trong sổ" in html
    assert keeper.post(f"{base}/thu", data=fields("harvest", stated_reason="Ghi nhầm ô")).status_code == 303
    lot = only_lot(session)
    assert keeper.post(f"/so-tay/lo/{lot.code}/gui-xa", data=typed()).status_code == 303
    sign_in(client, officer_id)
    page(client.post(f"/xa/lo/{lot.code}/xac-nhan", data=typed(has_read="y")), 422)
    assert only_lot(session).state == "awaiting_verification"
    html = page(client.get(f"/lo/{lot.code}"))
    assert NO_SPRAY not in html


@pytest.mark.attack("spray-written-after-the-verification")
def test_a_spray_written_after_the_verification(keeper, session, home, season, fields, today):
    lot = make_verified_lot(
        session, home.household_id, season=season, harvested_on=today - timedelta(days=1), now=utcnow()
    )
    assert keeper.post(f"/so-tay/vu/{season.id}/thuoc", data=fields("spray", 3)).status_code == 303
    lot = get_lot(session, lot.id)
    assert lot.state == "held"
    event = session.execute(select(OutboxEvent).where(OutboxEvent.name == "traceability.lot_held")).scalar_one()
    assert event.payload["verified_ids"] == [lot.id]
    html = page(keeper.get(f"/lo/{lot.code}"))
    assert "Lô này đang bị giữ lại, không được bán" in html
    assert NO_SPRAY not in html


@pytest.mark.attack("diary-typed-in-one-evening")
def test_a_diary_typed_in_one_evening(keeper, client, session, home, season, officer_id, fields, typed, picture):
    base = f"/so-tay/vu/{season.id}"
    for days_ago in (45, 40, 30, 20, 10):
        work = fields("work", days_ago) | {"kind": "watering", "operator": "household"}
        assert keeper.post(f"{base}/viec", data=work).status_code == 303
    seed = fields("incoming", 50) | {"what": "seed", "name": "Hạt", "supplier": "Đại lý"}
    assert keeper.post(f"{base}/nhap", data=seed).status_code == 303
    assert keeper.post(f"{base}/thu", data=fields("harvest", photos=[picture()])).status_code == 303
    lot = only_lot(session)
    assert keeper.post(f"/so-tay/lo/{lot.code}/gui-xa", data=typed()).status_code == 303
    html = page(client.get(f"/lo/{lot.code}"))
    assert "Sổ này không được ghi hằng ngày" in html
    assert "sau 45 ngày" in html
    sign_in(client, officer_id)
    assert "sổ này không được ghi hằng ngày" in page(client.get(f"/xa/lo/{lot.code}"))


def _jpeg(taken_on=None, colour="green"):
    file = BytesIO()
    image = Image.new("RGB", (64, 48), colour)
    exif = image.getexif()
    if taken_on is not None:
        exif.get_ifd(0x8769)[0x9003] = f"{taken_on:%Y:%m:%d} 08:00:00"
    image.save(file, "JPEG", exif=exif)
    file.seek(0)
    return file, "ruong.jpg"


@pytest.mark.attack("photo-used-twice")
def test_a_photo_of_another_season(keeper, client, session, home, season, officer_id, fields):
    other = make_season(session, home.household_id, site_id=home.site_id, produce="Cà", actor=home.actor, now=utcnow())
    for one in (season, other):
        harvest = fields("harvest", photos=[_jpeg()])
        assert keeper.post(f"/so-tay/vu/{one.id}/thu", data=harvest).status_code == 303
    second = session.execute(select(Lot.code).order_by(Lot.id.desc()).limit(1)).scalar_one()
    sign_in(client, officer_id)
    assert "đã dùng cho một việc hoặc một lô khác của hộ" in page(client.get(f"/xa/lo/{second}"))


@pytest.mark.attack("photo-older-than-the-work")
def test_an_old_photo(keeper, client, session, home, season, officer_id, fields, today):
    harvest = fields("harvest", photos=[_jpeg(today - timedelta(days=200))])
    assert keeper.post(f"/so-tay/vu/{season.id}/thu", data=harvest).status_code == 303
    lot = only_lot(session)
    sign_in(client, officer_id)
    html = page(client.get(f"/xa/lo/{lot.code}"))
    assert f"được chụp ngày {today - timedelta(days=200):%d/%m/%Y} theo máy ảnh" in html


@pytest.mark.attack("many-lots-in-one-evening")
def test_many_lots_in_one_evening(keeper, client, session, home, season, officer_id, fields):
    for days_ago in range(5):
        assert keeper.post(f"/so-tay/vu/{season.id}/thu", data=fields("harvest", days_ago)).status_code == 303
    code = session.execute(select(Lot.code).order_by(Lot.id).limit(1)).scalar_one()
    sign_in(client, officer_id)
    assert "Hộ ghi 5 lô cùng một ngày" in page(client.get(f"/xa/lo/{code}"))


def give_drug(session, household_id, lot, now):
    """Write down a drug of yesterday with twenty days of waiting, in the season of a lot."""
    given_on = local_date(now) - timedelta(days=1)
    record_work(
        session=session,
        household_id=household_id,
        season_id=lot.season_id,
        entry=WorkEntry("medicine", given_on, product="Thuốc ho", target="ho", waiting_days=20),
        actor=make_keeper(household_id),
        key=uuid.uuid4(),
        now=now,
    )


def make_batch(session, home, now):
    """Begin a batch of sausage."""
    about = {"produce": "Lạp sườn", "template": "processed", "actor": home.actor, "now": now}
    return make_season(session, home.household_id, site_id=home.site_id, **about)


@pytest.mark.attack("made-from-a-neighbours-held-lot")
def test_a_neighbours_held_lot_goes_into_sausage(keeper, session, home, fields, typed, today):
    neighbour = make_household(session)
    now = utcnow()
    bad = make_lot(session, neighbour, produce="Thịt lợn", template="pig", now=now)
    give_drug(session, neighbour, bad, now)
    assert get_lot(session, bad.id).state == "held"
    batch = make_season(
        session,
        home.household_id,
        site_id=home.site_id,
        produce="Lạp sườn",
        template="processed",
        actor=home.actor,
        now=now,
    )
    bought = typed(what="ingredient", name="Thịt lợn", supplier_lot=bad.code, happened_on=str(today))
    assert keeper.post(f"/so-tay/vu/{batch.id}/nhap", data=bought).status_code == 303
    before = count_lots(session)
    made = typed(amount="10", unit="hop", happened_on=str(today), best_before_on=str(today + timedelta(days=20)))
    html = page(keeper.post(f"/so-tay/vu/{batch.id}/thu", data=made), 422)
    assert f"Nguyên liệu lô {bad.code} đang bị tạm giữ" in html
    assert count_lots(session) == before


@pytest.mark.attack("a-neighbours-lot-is-held-later")
def test_what_was_made_of_a_lot_that_is_held_later_is_stopped(session, home, today):
    now = utcnow()
    neighbour = make_household(session)
    bad = make_verified_lot(session, neighbour, produce="Thịt lợn", template="pig", now=now)
    batch = make_season(
        session,
        home.household_id,
        site_id=home.site_id,
        produce="Lạp sườn",
        template="processed",
        actor=home.actor,
        now=now,
    )
    who = {
        "session": session,
        "household_id": home.household_id,
        "actor": home.actor,
        "season_id": batch.id,
        "now": now,
    }
    record_incoming(**who, entry=IncomingEntry("ingredient", "Thịt", today, supplier_lot=bad.code), key=uuid.uuid4())
    entry = HarvestEntry(today, Decimal(10), "hop", best_before_on=today + timedelta(days=20))
    made = record_harvest(**who, entry=entry, key=uuid.uuid4())
    assert "supplies_free" not in {one.code for one in judge_lot(session, made, on=today).missing}
    give_drug(session, neighbour, bad, now)
    assert "supplies_free" in {one.code for one in judge_lot(session, made, on=today).missing}
