"""The public page that the QR code opens."""

import uuid
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
import segno
from sqlalchemy import text

from marketplace.core.clock import local_date, utcnow
from sellers.queries import get_household
from tests.factories.sellers import make_certificate
from tests.factories.traceability import (
    OFFICER_TITLE,
    SIGNATORY,
    make_lot,
    make_officer_actor,
    make_photo,
    make_season,
    make_verified_lot,
)
from traceability.rules.entries import HarvestEntry, WorkEntry
from traceability.services.diary import record_work
from traceability.services.harvest import record_harvest
from traceability.services.parcels import record_delivery, record_packing, record_shipping
from traceability.services.recalls import recall_lot
from traceability.services.sale import commit_to_sale

MAX_BYTES = 100_000
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


def sell(session, home, lot, ref="KIEN-1"):
    now = utcnow()
    who = {"session": session, "household_id": home.household_id, "actor": home.actor, "now": now}
    commit_to_sale(**who, lot_id=lot.id, quantity=Decimal(2), key=uuid.uuid4())
    record_packing(
        **who,
        lot_quantities=[(lot.id, Decimal(2))],
        parcel_ref=ref,
        consignment_ref="DON-CUA-CHI-MAI",
        key=uuid.uuid4(),
    )
    record_shipping(session=session, parcel_ref=ref, occurred_at=now, key=uuid.uuid4(), now=now)
    record_delivery(session=session, parcel_ref=ref, occurred_at=now, key=uuid.uuid4(), now=now)


def test_it_tells_what_where_who_and_who_looked(client, session, home, lot):
    make_certificate(session, home.household_id)
    html = unescape(body(client.get(f"/lo/{lot.code}")))
    for told in (
        "Rau muống",
        "Hộ bà Lê Thị Hoa",
        "Tân Ninh",
        "Ruộng",
        "VietGAP",
        OFFICER_TITLE,
        "Xã đã xác nhận",
        "Nhập hạt giống, cây giống",
        "Chăm sóc",
        "Thu hoạch",
        f"{lot.made_on:%d/%m/%Y}",
        "Sổ của hộ có 5 ghi chép",
        "không ghi chép nào bị sửa hay bị rút",
        "Sổ không ghi lần dùng thuốc nào.",
    ):
        assert told in html, told
    for private in ("Cửa hàng vật tư", "+84912000111", "0912 000 111", "Số 12 ngõ 3"):
        assert private not in html, private
    assert "đang bị giữ lại" not in html
    assert "ĐANG THU HỒI" not in html


def test_it_costs_few_statements_and_stays_small(client, session, home, lot, sql_log):
    with sql_log() as statements:
        html = body(client.get(f"/lo/{lot.code}"))
    first = len(statements)
    assert first <= MAX_STATEMENTS, statements
    assert len(html.encode()) <= MAX_BYTES
    for number in range(4):
        sell(session, home, lot, f"KIEN-{number}")
    with sql_log() as statements:
        body(client.get(f"/lo/{lot.code}"))
    assert len(statements) == first


def test_after_the_sale_it_tells_of_parcels_and_names_no_buyer(client, session, home, lot):
    sell(session, home, lot)
    html = unescape(body(client.get(f"/lo/{lot.code}")))
    for told in ("Đóng vào kiện hàng", "Giao cho bưu tá", "Đến tay người mua", "1 kiện"):
        assert told in html
    assert "DON-CUA-CHI-MAI" not in html
    assert "KIEN-1" not in html


def test_a_kept_waiting_period_is_told(client, session, home):
    now = utcnow()
    today = local_date(now)
    season = make_season(session, home.household_id, actor=home.actor, now=now)
    who = {"session": session, "household_id": home.household_id, "actor": home.actor, "now": now}
    spray = WorkEntry(
        kind="spraying",
        happened_on=today - timedelta(days=10),
        product="Thuốc Bt",
        target="sâu tơ",
        waiting_days=7,
    )
    record_work(**who, season_id=season.id, entry=spray, key=uuid.uuid4())
    entry = HarvestEntry(happened_on=today, amount=Decimal(5), unit="kg", photos=(make_photo(session),))
    lot = record_harvest(**who, season_id=season.id, entry=entry, key=uuid.uuid4())
    html = unescape(body(client.get(f"/lo/{lot.code}")))
    assert (
        f"Có dùng thuốc 1 lần, lần cuối ngày {today - timedelta(days=10):%d/%m/%Y}; theo sổ, lần nào cũng hết" in html
    )
    assert "Cách ly 7 ngày" in html
    assert "chưa được xã xác nhận" in html

    late = WorkEntry(
        kind="spraying",
        happened_on=today - timedelta(days=2),
        product="Thuốc khác",
        target="sâu tơ",
        waiting_days=7,
    )
    record_work(**who, season_id=season.id, entry=late, key=uuid.uuid4())
    html = unescape(body(client.get(f"/lo/{lot.code}")))
    assert "Lô này đang bị giữ lại, không được bán" in html
    assert "lần nào cũng đợi hết" not in html


@pytest.mark.parametrize(("state", "is_linked"), [("draft", False), ("verified", True), ("suspended", True)])
def test_a_household_without_a_page_is_named_without_a_link(client, session, home, lot, state, is_linked):
    code = get_household(session, home.household_id).code
    session.execute(text("UPDATE sellers_households SET state = :state"), {"state": state})
    html = body(client.get(f"/lo/{lot.code}"))
    assert (f'href="/ho/{code}"' in html) is is_linked
    assert client.get(f"/ho/{code}").status_code == (200 if is_linked else 404)


def test_a_recall_is_the_first_thing_to_read(client, session, home, lot):
    recall_lot(
        session=session,
        lot_id=lot.id,
        officer=make_officer_actor(get_household(session, home.household_id).commune_id),
        officer_title=OFFICER_TITLE,
        reason="Dư lượng thuốc vượt mức.",
        instruction="Đừng ăn. Giữ hàng lại.",
        is_drill=False,
        signatory=SIGNATORY,
        key=uuid.uuid4(),
        now=utcnow(),
    )
    html = unescape(body(client.get(f"/lo/{lot.code}")))
    assert html.index("ĐANG THU HỒI") < html.index("<h1")
    assert "Đừng ăn. Giữ hàng lại." in html
    assert "Dư lượng thuốc vượt mức." in html


def test_an_expired_lot_says_so(client, session, home):
    now = utcnow()
    today = local_date(now)
    lot = make_lot(
        session,
        home.household_id,
        actor=home.actor,
        now=now,
        harvested_on=today - timedelta(days=9),
        best_before_on=today - timedelta(days=1),
    )
    assert "Đã quá hạn sử dụng" in body(client.get(f"/lo/{lot.code}"))


@pytest.mark.parametrize(
    "spell",
    [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "],
    ids=["lower", "no dashes", "spaces"],
)
def test_codes_may_be_spelt_as_people_spell_them(client, lot, spell):
    assert lot.code in body(client.get(f"/lo/{spell(lot.code)}"))


def test_the_short_address_and_the_typed_code_lead_to_the_page(client, lot):
    response = client.get(f"/l/{lot.code}")
    assert (response.status_code, response.location) == (307, f"http://localhost/lo/{lot.code}")
    response = client.get("/lo", query_string={"ma": lot.code})
    assert (response.status_code, response.location) == (303, f"/lo/{lot.code}")
    assert "Gõ mã in dưới ô QR" in body(client.get("/lo"))


@pytest.mark.parametrize(
    "code", ["TH-15715-2611-9999", "x", "%00", "<script>", "' OR 1=1", "9" * 300, "TH-15715-2611-00421"]
)
def test_a_wrong_code_asks_to_compare_again(client, lot, code):
    html = body(client.get(f"/lo/{code}"), 404)
    assert "Hãy so lại từng chữ và từng số" in html
    assert "<script>" not in html.replace('<script type="module"', "")
    assert client.get(f"/lo/{code}/qr.svg").status_code == 404
    assert lot.code not in html


def test_the_qr_code_leads_to_the_page(client, app, lot):
    response = client.get(f"/lo/{lot.code}/qr.svg")
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml")
    drawn = response.get_data()
    assert drawn.startswith(b"<?xml")
    assert b"<script" not in drawn
    wanted = BytesIO()
    target = f"{app.config['PUBLIC_URL']}/l/{lot.code}"
    segno.make_qr(target, error="q", boost_error=False).save(
        wanted, kind="svg", border=4, scale=4, omitsize=True, light="#fff"
    )
    assert drawn == wanted.getvalue()


def test_a_broken_seal_is_said_aloud(client, session, home, lot):
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(
        text("UPDATE trace_chains SET head_hash = sha256('x') WHERE household_id = :id"),
        {"id": home.household_id},
    )
    session.execute(text("SET LOCAL session_replication_role = origin"))
    assert "Niêm phong của sổ không khớp" in body(client.get(f"/lo/{lot.code}"))
