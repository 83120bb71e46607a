"""The checklist before sale as its household, its commune and buyers see it, and the pages that mend a lot."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text

from marketplace.accounts.rules import Role
from marketplace.core.clock import local_date, utcnow
from tests.factories.accounts import make_user
from tests.factories.catalog import make_unlisted_product
from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot, make_season, make_standard, make_verified_lot, make_waiting_lot
from tests.web.sign_in import sign_in
from traceability.queries.lots import get_lot
from traceability.queries.sale_gate import list_standards
from traceability.rules.entries import WorkEntry
from traceability.services.diary import record_work


def body(response, status=200):
    html = unescape(response.get_data(as_text=True))
    assert response.status_code == status, html[:2000]
    return html


def checklist(html):
    return html.split('class="check-list"', 1)[1].split("</ul>", 1)[0] if 'class="check-miss"' in html else ""


def test_the_household_reads_what_is_missing_with_a_way_to_mend_it(keeper, session, home):
    season = make_season(
        session, home.household_id, site_id=home.site_id, started_on=local_date(utcnow()) - timedelta(days=40)
    )
    record = record_work(
        session=session, household_id=home.household_id, season_id=season.id,
        entry=WorkEntry(
            kind="spraying", happened_on=local_date(utcnow()) - timedelta(days=20), product="Thuốc lạ", target="sâu",
            waiting_days=3,
        ),
        actor=home.actor, key=uuid.uuid4(), now=utcnow(),
    )  # fmt: skip
    lot = make_lot(session, home.household_id, season=season, actor=home.actor, now=utcnow())
    told = checklist(body(keeper.get(f"/so-tay/lo/{lot.code}")))
    assert "chưa ghi hoạt chất" in told
    assert f"/so-tay/ghi-chep/{record.id}/sua" in told
    assert "/so-tay/tieu-chuan?loai=vegetable" in told
    assert "Gửi xã xác nhận" not in told


def test_a_complete_lot_says_so_and_may_be_put_on_sale(keeper, session, home):
    lot = make_verified_lot(session, home.household_id, actor=home.actor, now=utcnow())
    html = body(keeper.get(f"/so-tay/lo/{lot.code}"))
    assert "Lô này đủ điều kiện bán" in html
    assert checklist(html) == ""
    assert "sale-gate/2026-12-2" in html


def test_the_listing_page_names_lots_that_are_stopped(keeper, session, home):
    good = make_verified_lot(session, home.household_id, actor=home.actor, now=utcnow())
    stopped = make_waiting_lot(session, home.household_id, template="processed", actor=home.actor, now=utcnow())
    session.execute(text("UPDATE trace_lots SET state = 'verified' WHERE id = :id"), {"id": stopped.id})
    product_id = make_unlisted_product(session, home.household_id, category="kho", name="Hàng khô")
    page = f"/hang-ban/{product_id}/len-ke"
    html = body(keeper.get(page))
    choices, waiting = html.split('id="chua-ban-duoc"')
    assert good.code in choices
    assert stopped.code not in choices
    assert f"/so-tay/lo/{stopped.code}#dieu-kien" in waiting
    assert "Hàng chế biến, đóng gói phải có hạn sử dụng" in waiting
    typed = {"form_key": str(uuid.uuid4()), "lot_id": str(stopped.id), "amount": "5"}
    refused = body(keeper.post(page, data=typed), 422)
    assert "chưa bán được" in refused
    assert get_lot(session, stopped.id).quantity_out == 0


def test_what_is_missing_is_added_on_one_page(keeper, session, home, typed, picture):
    lot = make_lot(session, home.household_id, template="processed", actor=home.actor, now=utcnow(), is_complete=False)
    page = f"/so-tay/lo/{lot.code}/bo-sung"
    assert "Bổ sung cho lô" in body(keeper.get(page))
    until = local_date(utcnow()) + timedelta(days=9)
    sent = typed(photos=picture(), brand="Nem bà Hoa", best_before_on=until.isoformat())
    response = keeper.post(page, data=sent, content_type="multipart/form-data")
    assert (response.status_code, response.location) == (303, f"/so-tay/lo/{lot.code}#dieu-kien")
    mended = get_lot(session, lot.id)
    assert (mended.best_before_on, mended.photo_sha256 is not None) == (until, True)
    html = body(keeper.get(f"/so-tay/lo/{lot.code}"))
    assert "Nhãn hiệu Nem bà Hoa." in html
    assert "Hãy thêm ảnh, nhãn hiệu hoặc hạn sử dụng" in body(keeper.post(page, data=typed()), 422)
    kept = body(keeper.post(page, data=typed(brand="gọi 0912 345 678")), 422)
    assert "Đừng ghi số điện thoại" in kept
    assert 'value="gọi 0912 345 678"' in kept
    other = make_lot(session, make_household(session), now=utcnow())
    assert keeper.get(f"/so-tay/lo/{other.code}/bo-sung").status_code == 404


def test_a_standard_is_declared_once_for_each_kind(keeper, session, home, typed):
    make_season(session, home.household_id, site_id=home.site_id)
    make_season(session, home.household_id, site_id=home.site_id, template="craft", produce="Chiếu cói")
    html = body(keeper.get("/so-tay/tieu-chuan?loai=craft"))
    assert "Cam kết sản xuất thực phẩm an toàn" not in html
    refused = body(keeper.post("/so-tay/tieu-chuan", data=typed(template="craft", code="own")), 422)
    assert "Hãy ghi số hiệu của tiêu chuẩn" in refused
    assert "Hãy chọn" in body(keeper.post("/so-tay/tieu-chuan", data=typed(template="craft", code="pledge")), 422)
    sent = typed(template="craft", code="own", number="TCCS 02:2026")
    for _ in range(2):
        assert keeper.post("/so-tay/tieu-chuan", data=sent).status_code == 303
    assert list_standards(session, home.household_id)["craft"].number == "TCCS 02:2026"
    assert session.scalar(text("SELECT count(*) FROM trace_declared_standards")) == 1
    html = body(keeper.get("/so-tay/tieu-chuan"))
    assert "TCCS 02:2026" in html
    assert "Rau, củ" in html.split("Đã khai")[0]


def test_the_officer_sees_the_same_list_without_links(officer, session, home):
    lot = make_waiting_lot(session, home.household_id, template="processed", now=utcnow())
    told = checklist(body(officer.get(f"/xa/lo/{lot.code}")))
    assert "phải có hạn sử dụng" in told
    assert "Chưa khai hộ đang theo tiêu chuẩn nào" in told
    assert "Xã chưa xác nhận" not in told
    assert 'href="/so-tay' not in told


def test_buyers_read_the_ten_items(client, session, home):
    lot = make_verified_lot(
        session, home.household_id, actor=home.actor, now=utcnow(), template="craft", produce="Chiếu"
    )
    html = body(client.get(f"/lo/{lot.code}"))
    told = re.search(r'<details class="why" id="thong-tu-02">.*?</details>', html, re.DOTALL)[0]
    assert "Thông tin theo Thông tư 02/2024" in told
    assert told.count("<li>") == 10
    for one in ("Chiếu", "Hộ bà Lê Thị Hoa", "Thôn 4", lot.code, "TCCS 01:2026", "mã địa điểm", "Không phải thực phẩm"):
        assert one in told, one
    assert "chưa có" not in told
    bare = make_lot(session, home.household_id, actor=home.actor, now=utcnow(), is_complete=False, template="rice")
    assert "chưa có" in body(client.get(f"/lo/{bare.code}"))


@pytest.fixture
def operator(client, session):
    sign_in(client, make_user(session, roles={Role.OPERATOR}))
    return client


def test_keys_are_listed_and_revoked_once(operator, session, home):
    make_standard(session, home.household_id)
    make_verified_lot(session, home.household_id, now=utcnow())
    party = session.scalar(text("SELECT party FROM trace_signing_keys"))
    html = body(operator.get("/dieu-hanh/khoa-can-bo"))
    assert "Đang dùng" in html
    for _ in range(2):
        assert operator.post(f"/dieu-hanh/khoa-can-bo/{party}/thu-hoi").status_code == 303
    assert "Người điều hành thu hồi" in body(operator.get("/dieu-hanh/khoa-can-bo"))
    assert session.scalar(text("SELECT count(*) FROM trace_log_entries WHERE kind = 'key'")) == 2
    assert operator.post("/dieu-hanh/khoa-can-bo/nobody/thu-hoi").status_code == 404
