"""Stickers through a browser: sheets to print, what a scan leads to, suspicions and reports."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
import resvg_py
import zxingcpp
from PIL import Image
from sqlalchemy import func, select

from marketplace.core.clock import local_date, utcnow
from tests.factories.gs1 import GTIN, make_gtin, make_prefix
from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot, make_season, make_verified_lot
from traceability.models.names import Pack
from traceability.models.scans import ScanAlarm, ScanCount, Sighting
from traceability.services.scans import record_scan, weigh_scans

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
MAX_STATEMENTS = 6


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


@pytest.fixture
def lot(session, home):
    return make_verified_lot(
        session,
        home.household_id,
        actor=home.actor,
        now=utcnow(),
        best_before_on=local_date(utcnow()) + timedelta(days=5),
    )


def suspect(session, lot):
    for number in range(61):
        record_scan(session=session, lot_id=lot.id, pack_id=0, seen_from=str(number), now=utcnow())


def read_code(svg):
    png = resvg_py.svg_to_bytes(svg_string=svg, width=400)
    return zxingcpp.read_barcodes(Image.open(io.BytesIO(bytes(png))).convert("L"))[0].text


@pytest.mark.parametrize(("size", "count"), [("lon", 8), ("vua", 24), ("nho", 65), ("la", 24)])
def test_sheets_carry_what_the_law_and_the_buyer_want(keeper, lot, size, count):
    html = body(keeper.get(f"/so-tay/lo/{lot.code}/tem?co={size}"))
    assert html.count('<figure class="sticker">') == count
    assert html.count(f'src="/lo/{lot.code}/qr.svg"') == count
    for told in (
        "Rau muống",
        "Hộ bà Lê Thị Hoa",
        "Xã Tân Ninh, Tỉnh Thanh Hóa",
        f"Thu hoạch {lot.made_on:%d/%m/%Y}",
        f"Hạn dùng {lot.best_before_on:%d/%m/%Y}",
        "Sổ không ghi dùng thuốc",
        lot.code,
        "xem lô có bị thu hồi không",
    ):
        assert html.count(told) >= count, told


def test_several_sheets_are_laid_out_and_no_more(keeper, lot):
    html = body(keeper.get(f"/so-tay/lo/{lot.code}/tem?co=lon&to=3"))
    assert (html.count("<article"), html.count("<figure")) == (3, 24)
    assert body(keeper.get(f"/so-tay/lo/{lot.code}/tem?co=lon&to=100000")).count("<figure") == 8


def test_each_pack_gets_a_number_once(keeper, client, session, lot, typed):
    form = typed(co="vua", to="1")
    locations = {keeper.post(f"/so-tay/lo/{lot.code}/tem", data=form).location for _ in range(2)}
    assert len(locations) == 1
    assert session.scalar(select(func.count()).select_from(Pack)) == 24
    html = body(keeper.get(locations.pop()))
    serials = session.scalars(select(Pack.serial).order_by(Pack.id)).all()
    assert all(serial in html for serial in serials)
    assert html.count("data:image/svg+xml") == 24
    code = read_code(body(client.get(f"/lo/{lot.code}/qr.svg?so={serials[3]}")))
    assert code == f"http://localhost/l/{lot.code}/{serials[3]}"
    response = client.get(code.removeprefix("http://localhost"), headers={"Accept": BROWSER})
    assert response.location == f"http://localhost/lo/{lot.code}?so={serials[3]}"
    html = body(client.get(response.location.removeprefix("http://localhost")))
    assert f"gói số {serials[3]}" in html
    assert "không phát ra tem số" not in html
    row = session.execute(select(ScanCount)).scalar_one()
    assert (row.pack_id, row.scans) == (session.scalar(select(Pack.id).where(Pack.serial == serials[3])), 1)


def test_the_code_follows_the_tier(client, session, home, lot):
    assert read_code(body(client.get(f"/lo/{lot.code}/qr.svg"))) == f"http://localhost/l/{lot.code}"
    make_prefix(session, home.household_id, now=utcnow())
    make_gtin(session, home.household_id, now=utcnow())
    code = read_code(body(client.get(f"/lo/{lot.code}/qr.svg")))
    assert code == f"http://localhost/01/{GTIN}/10/{lot.code}"
    for printed in (code, f"http://localhost/l/{lot.code}"):
        response = client.get(printed.removeprefix("http://localhost"), headers={"Accept": BROWSER})
        assert response.location == f"http://localhost/lo/{lot.code}", "old and new stickers lead to one page"


def test_a_number_that_was_never_given_is_said_aloud(client, session, home, lot):
    other = make_lot(session, make_household(session, shown_name="Hộ ông Bình"), now=utcnow())
    pack = Pack(lot_id=other.id, serial="7Q2M9XK4TB", issued_by="x", issued_at=utcnow(), client_key=home_key())
    session.add(pack)
    session.flush()
    for serial in ("0000000000", "7Q2M9XK4TB", "<script>"):
        response = client.get(f"/l/{lot.code}/{serial}", headers={"Accept": BROWSER})
        assert response.status_code == 307
        html = body(client.get(response.location.removeprefix("http://localhost")))
        assert "Chợ không phát ra tem số" in html
        assert "<script>" not in html.replace('<script type="module"', "")
        assert client.get(f"/lo/{lot.code}/qr.svg", query_string={"so": serial}).status_code == 404
    assert session.scalars(select(ScanCount.pack_id)).all() == [0]


def home_key():
    import uuid

    return uuid.uuid4()


def test_a_held_lot_gets_no_stickers(keeper, session, home, lot):
    from traceability.models.custody import Lot

    session.get_one(Lot, lot.id).state = "held"
    session.flush()
    html = body(keeper.get(f"/so-tay/lo/{lot.code}/tem"))
    assert "không in tem được" in html
    assert "<figure" not in html


def test_stickers_of_others_are_not_found(keeper, session, typed):
    other = make_lot(session, make_household(session, shown_name="Hộ ông Bình"), now=utcnow())
    assert keeper.get(f"/so-tay/lo/{other.code}/tem").status_code == 404
    assert keeper.post(f"/so-tay/lo/{other.code}/tem", data=typed()).status_code == 404
    assert session.scalar(select(func.count()).select_from(Pack)) == 0


def test_a_suspicion_reaches_household_officer_and_buyer_until_it_is_closed(client, session, home, officer_id, sql_log):
    from tests.web.sign_in import sign_in

    lot = make_lot(session, home.household_id, amount=Decimal(2), actor=home.actor, now=utcnow())
    assert "nhiều hơn thường lệ" not in body(client.get(f"/lo/{lot.code}"))
    suspect(session, lot)
    weigh_scans(session=session, now=utcnow())
    with sql_log() as statements:
        html = body(client.get(f"/lo/{lot.code}"))
    assert "Tem của lô này được quét nhiều hơn thường lệ" in html
    assert len(statements) <= MAX_STATEMENTS
    sign_in(client, home.user_id)
    html = body(client.get("/so-tay/tem"))
    assert "61 lượt quét từ chừng 61 máy" in html
    sign_in(client, officer_id)
    html = body(client.get("/xa/tem-ma"))
    assert "Lượt quét nhiều hơn hẳn số hàng đã làm ra" in html
    alarm_id = session.scalar(select(ScanAlarm.id))
    assert client.post(f"/xa/tem-ma/{alarm_id + 9}/dong").status_code == 404
    assert client.post(f"/xa/tem-ma/{alarm_id}/dong").status_code == 303
    assert "Không có tem nào đáng ngờ" in body(client.get("/xa/tem-ma"))
    assert "nhiều hơn thường lệ" not in body(client.get(f"/lo/{lot.code}"))


def test_anybody_may_say_where_a_sticker_was_met_and_nobody_is_kept(client, session, lot):
    html = body(client.get(f"/lo/{lot.code}/bao-tem"))
    assert "không hỏi và không giữ bạn là ai" in html
    body(client.post(f"/lo/{lot.code}/bao-tem", data={"province": ""}), 422)
    body(client.post(f"/lo/{lot.code}/bao-tem", data={"province": "99"}), 422)
    assert session.scalar(select(func.count()).select_from(Sighting)) == 0
    for _ in range(2):
        response = client.post(f"/lo/{lot.code}/bao-tem", data={"province": "38", "serial": "0000000000"})
        assert response.status_code == 303
    row = session.execute(select(Sighting)).scalar_one()
    assert (row.lot_id, row.pack_id, row.province_code, row.reports) == (lot.id, 0, "38", 2)
    assert set(Sighting.__table__.columns.keys()) == {"id", "lot_id", "pack_id", "province_code", "seen_on", "reports"}
    assert client.get("/lo/TH-15715-2611-9999/bao-tem").status_code == 404


def test_the_pages_stay_light_and_the_numbers_of_nobody_else_show(keeper, session, home):
    other = make_lot(session, make_household(session, shown_name="Hộ ông Bình"), amount=Decimal(2), now=utcnow())
    suspect(session, other)
    weigh_scans(session=session, now=utcnow())
    html = body(keeper.get("/so-tay/tem"))
    assert other.code not in html
    assert "Chưa ai quét tem của nhà" in html


def test_sprayed_goods_say_that_the_waiting_was_kept(keeper, session, home):
    import uuid

    from traceability.rules.entries import WorkEntry
    from traceability.services.diary import record_work

    now = utcnow()
    season = make_season(session, home.household_id, actor=home.actor, now=now)
    record_work(
        session=session,
        household_id=home.household_id,
        season_id=season.id,
        entry=WorkEntry(
            kind="spraying",
            happened_on=local_date(now) - timedelta(days=20),
            product="Radiant 60SC",
            ingredient="Spinetoram",
            dose="10 ml",
            target="sâu",
            waiting_days=3,
        ),
        actor=home.actor,
        key=uuid.uuid4(),
        now=now,
    )
    lot = make_lot(session, home.household_id, season=season, actor=home.actor, now=now)
    html = body(keeper.get(f"/so-tay/lo/{lot.code}/tem"))
    assert "Đã đủ thời gian cách ly thuốc" in html
    assert "Sổ không ghi dùng thuốc" not in html
