"""The field diary through a browser without JavaScript."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.accounts.rules import Role
from marketplace.core.clock import local_date, utcnow
from tests.factories.accounts import make_user
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import make_lot, make_season, make_verified_lot, make_waiting_lot
from tests.web.sign_in import sign_in
from traceability.models.custody import Lot, Record, Season
from traceability.queries.chain import verify_chain
from traceability.queries.lots import get_lot


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


def test_the_diary_begins_with_the_first_season(keeper, session, home, typed):
    html = body(keeper.get("/so-tay"))
    assert "Nhà mình chưa mở vụ nào" in html
    form = typed(template="vegetable", produce="Rau muống", site_id=home.site_id, started_on=str(local_date(utcnow())))
    for _ in range(2):
        response = keeper.post("/so-tay/vu/moi", data=form)
        assert response.status_code == 303
    found = session.execute(select(Season)).scalar_one()
    assert response.location == f"/so-tay/vu/{found.id}"
    assert "Rau muống" in body(keeper.get("/so-tay"))
    assert "Phun thuốc" in body(keeper.get(f"/so-tay/vu/{found.id}"))


def test_a_whole_season_is_written_through_forms(keeper, session, home, season, typed, picture):
    today = local_date(utcnow())
    base = f"/so-tay/vu/{season.id}"
    response = keeper.post(
        f"{base}/nhap",
        data=typed(
            what="seed",
            name="Hạt rau muống",
            amount="0,5",
            unit="kg",
            supplier="Đại lý Bà Hòa",
            happened_on=str(today - timedelta(days=50)),
        ),
    )
    assert (response.status_code, response.location) == (303, base)
    response = keeper.post(
        f"{base}/viec",
        data=typed(kind="watering", operator="household", happened_on=str(today - timedelta(days=40))),
    )
    assert response.status_code == 303
    response = keeper.post(
        f"{base}/thuoc",
        data=typed(
            kind="spraying",
            product="Thuốc Bt",
            target="sâu tơ",
            waiting_days="7",
            operator="household",
            happened_on=str(today - timedelta(days=2)),
        ),
    )
    assert response.status_code == 303
    may_on = today + timedelta(days=6)
    html = body(keeper.get(base))
    assert f"Được thu hoạch từ ngày {may_on:%d/%m/%Y}" in html
    assert "Đang trong thời gian cách ly" in html

    harvest = typed(amount="100", unit="kg", happened_on=str(today), photos=[picture()])
    html = body(keeper.post(f"{base}/thu", data=harvest), 422)
    assert f"được thu hoạch từ ngày {may_on:%d/%m/%Y}" in html
    assert count(session, Lot) == 0
    kept = re.search(r'name="kept_photos"[^>]*value="([0-9a-f]{64})"', html)
    assert kept is not None, "the photo survives the refusal"

    harvest = typed(amount="100", unit="kg", happened_on=str(today - timedelta(days=3)), kept_photos=kept[1])
    html = body(keeper.post(f"{base}/thu", data=harvest), 422)
    assert "được viết vào sổ sau lần dùng thuốc Thuốc Bt" in html
    assert 'name="stated_reason"' in html
    assert count(session, Lot) == 0
    harvest["stated_reason"] = "Hái trước khi phun, tối qua quên ghi."
    for _ in range(2):
        response = keeper.post(f"{base}/thu", data=harvest)
        assert response.status_code == 303
    lot = session.execute(select(Lot)).scalar_one()
    assert response.location == f"/so-tay/lo/{lot.code}"
    assert lot.photo_sha256 == kept[1]
    html = body(keeper.get(response.location))
    assert "Gửi xã xác nhận" in html
    assert "Còn thiếu" not in html

    sent = typed()
    for _ in range(2):
        assert keeper.post(f"/so-tay/lo/{lot.code}/gui-xa", data=sent).status_code == 303
    session.expire_all()
    assert get_lot(session, lot.id).state == "awaiting_verification"
    assert verify_chain(session, home.household_id).is_intact


def test_a_lot_that_lacks_something_says_what(keeper, session, home, typed):
    now = utcnow()
    lot = make_lot(session, home.household_id, actor=home.actor, now=now, is_complete=False)
    for page in ("/so-tay", f"/so-tay/lo/{lot.code}"):
        html = body(keeper.get(page))
        assert "Chưa ghi giống hoặc nguyên liệu lấy từ đâu." in html
        assert "Chưa có ảnh nào." in html
    html = body(keeper.post(f"/so-tay/lo/{lot.code}/gui-xa", data=typed()), 422)
    assert "Sổ chưa đủ để gửi xã" in html
    assert get_lot(session, lot.id).state == "recorded"


@pytest.mark.parametrize(
    ("page", "fields", "complaint"),
    [
        ("nhap", {}, "Hãy chọn"),
        ("nhap", {"what": "seed", "name": " "}, "Hãy ghi tên như trên bao bì."),
        ("nhap", {"what": "gold", "name": "Vàng"}, "Hãy chọn một mục trong danh sách."),
        ("nhap", {"what": "seed", "name": "x" * 121}, "Đoạn này quá dài"),
        ("nhap", {"what": "seed", "name": "Hạt", "amount": "-5", "unit": "kg"}, "Số lượng phải lớn hơn 0."),
        ("nhap", {"what": "seed", "name": "Hạt", "amount": "5"}, "Hãy chọn đơn vị tính."),
        ("nhap", {"what": "seed", "name": "Hạt", "amount": "5", "unit": "tan"}, "Hãy chọn một mục"),
        ("nhap", {"what": "seed", "name": "Hạt của bà Hòa 0912345678"}, "Đừng ghi số điện thoại"),
        ("nhap", {"what": "seed", "name": "Hạt", "happened_on": "2999-01-01"}, "Ngày này chưa tới"),
        ("nhap", {"what": "seed", "name": "Hạt", "happened_on": "hôm qua"}, "Hãy nhập ngày"),
        ("nhap", {"what": "seed", "name": "Hạt", "form_key": "abc"}, "Biểu mẫu đã cũ"),
        ("nhap", {"what": "seed", "name": "Hạt", "note": "x" * 1001}, "Đoạn này quá dài"),
        ("viec", {"kind": "spraying", "operator": "household"}, "Hãy chọn một mục trong danh sách."),
        ("viec", {"kind": "watering", "operator": "robot"}, "Hãy chọn một mục trong danh sách."),
        ("thuoc", {"kind": "spraying", "operator": "household", "product": "Bt", "target": "sâu"}, "cách ly"),
        (
            "thuoc",
            {
                "kind": "spraying",
                "operator": "household",
                "product": "Bt",
                "target": "sâu",
                "waiting_days": "-1",
            },
            "Số ngày cách ly phải từ 0 đến 365.",
        ),
        (
            "thuoc",
            {
                "kind": "spraying",
                "operator": "household",
                "product": "Bt",
                "target": "sâu",
                "waiting_days": "1 tuần",
            },
            "Hãy nhập một số tròn bằng chữ số, ví dụ 7.",
        ),
        (
            "thuoc",
            {
                "kind": "spraying",
                "operator": "household",
                "product": "",
                "target": "sâu",
                "waiting_days": "3",
            },
            "Hãy ghi tên thuốc",
        ),
        ("viec", {"kind": "watering", "operator": "household", "happened_on": "2021-12-01"}, "trước ngày bắt đầu"),
        ("thu", {"unit": "kg"}, "Hãy ghi số lượng."),
        ("thu", {"amount": "0", "unit": "kg"}, "Số lượng phải lớn hơn 0."),
        ("thu", {"amount": "5"}, "Hãy chọn"),
        ("thu", {"amount": "1e9", "unit": "kg"}, "Hãy nhập số lượng bằng chữ số"),
        ("thu", {"amount": "5", "unit": "kg", "best_before_on": "2001-01-01"}, "Hạn sử dụng"),
        ("thu", {"amount": "5", "unit": "kg", "happened_on": "2021-12-01"}, "không thể trước ngày bắt đầu"),
    ],
)
def test_bad_entries_are_refused_beside_their_field(keeper, session, season, typed, page, fields, complaint):
    before = count(session, Record)
    form = typed(**{"happened_on": str(local_date(utcnow())), **fields})
    html = body(keeper.post(f"/so-tay/vu/{season.id}/{page}", data=form), 422)
    assert complaint in html
    assert 'aria-invalid="true"' in html or "has-error" in html or "Biểu mẫu đã cũ" in html
    assert "Not a valid" not in html
    if "waiting_days" in fields:
        assert f'value="{fields["waiting_days"]}"' in html
    assert count(session, Record) == before
    assert count(session, Lot) == 0


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "Hãy chọn"),
        ({"produce": "x" * 121}, "Đoạn này quá dài"),
        ({"template": "gold"}, "Hãy chọn một mục trong danh sách."),
        ({"site_id": "999999999"}, "Hãy chọn một mục trong danh sách."),
        ({"started_on": "2999-01-01"}, "Ngày này chưa tới"),
    ],
)
def test_bad_seasons_are_refused(keeper, session, home, typed, fields, complaint):
    good = {
        "template": "vegetable",
        "produce": "Rau",
        "site_id": home.site_id,
        "started_on": str(local_date(utcnow())),
    }
    form = typed(**({**good, **fields} if fields else {}))
    assert complaint in body(keeper.post("/so-tay/vu/moi", data=form), 422)
    assert count(session, Season) == 0


def test_the_site_of_another_household_cannot_be_chosen(keeper, session, typed):
    other = make_site(session, make_household(session, shown_name="Hộ ông Bình"))
    form = typed(template="vegetable", produce="Rau", site_id=other, started_on=str(local_date(utcnow())))
    assert "Hãy chọn một mục" in body(keeper.post("/so-tay/vu/moi", data=form), 422)
    assert count(session, Season) == 0


def test_scripts_are_shown_as_text(keeper, season, typed):
    script = "<script>alert(1)</script>"
    form = typed(what="seed", name=script, note=script, happened_on=str(local_date(utcnow())))
    assert keeper.post(f"/so-tay/vu/{season.id}/nhap", data=form).status_code == 303
    html = body(keeper.get(f"/so-tay/vu/{season.id}"))
    assert script not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("what", ["nhap", "viec", "thuoc", "thu"])
def test_with_one_season_a_tile_leads_straight_to_its_form(keeper, season, what):
    response = keeper.get(f"/so-tay/ghi/{what}")
    assert (response.status_code, response.location) == (303, f"/so-tay/vu/{season.id}/{what}")
    body(keeper.get(response.location))


def test_with_several_seasons_a_tile_asks_which(keeper, session, home, season):
    make_season(session, home.household_id, produce="Mắm tôm", template="processed", actor=home.actor, now=utcnow())
    html = body(keeper.get("/so-tay/ghi/viec"))
    assert "Rau muống" in html
    assert "Mắm tôm" in html
    assert keeper.get("/so-tay/ghi/thuoc").location == f"/so-tay/vu/{season.id}/thuoc"
    assert keeper.get("/so-tay/ghi/gi-do").status_code == 404


def test_a_correction_keeps_the_old_line_in_sight(keeper, session, home, season, typed):
    keeper.post(
        f"/so-tay/vu/{season.id}/nhap",
        data=typed(what="seed", name="Hạt cải", amount="5", unit="kg", happened_on=str(local_date(utcnow()))),
    )
    record_id = session.execute(select(Record.id).where(Record.kind == "incoming")).scalar_one()
    page = f"/so-tay/ghi-chep/{record_id}/sua"
    html = body(keeper.get(page))
    assert 'value="Hạt cải"' in html
    right = {
        "what": "seed",
        "name": "Hạt rau muống",
        "amount": "0,5",
        "unit": "kg",
        "happened_on": str(local_date(utcnow())),
    }
    assert "Hãy ghi vì sao sửa." in body(keeper.post(page, data=typed(**right)), 422)
    form = typed(**right, reason="Ghi nhầm giống")
    for _ in range(2):
        response = keeper.post(page, data=form)
        assert (response.status_code, response.location) == (303, f"/so-tay/vu/{season.id}")
    html = body(keeper.get(f"/so-tay/vu/{season.id}"))
    assert "Hạt cải" in html
    assert "Hạt rau muống" in html
    assert "Đã được đính chính: Ghi nhầm giống" in html
    assert count(session, Record) == 4
    assert verify_chain(session, home.household_id).is_intact
    html = body(keeper.post(page, data=typed(**right, reason="Lần nữa")), 409)
    assert "đã được đính chính rồi" in html
    newest = session.execute(
        select(Record.id).where(Record.corrects_id == record_id, Record.kind == "incoming")
    ).scalar_one()
    response = keeper.get(page)
    assert (response.status_code, response.location) == (303, f"/so-tay/ghi-chep/{newest}/sua")
    assert "Đây là dòng mới" in body(keeper.get(response.location))


def test_an_entry_can_be_struck_out(keeper, session, season, typed):
    keeper.post(
        f"/so-tay/vu/{season.id}/viec",
        data=typed(kind="watering", operator="household", happened_on=str(local_date(utcnow()))),
    )
    record_id = session.execute(select(Record.id).where(Record.kind == "watering")).scalar_one()
    page = f"/so-tay/ghi-chep/{record_id}/bo"
    assert "Hãy ghi vì sao gạch đi." in body(keeper.post(page, data=typed()), 422)
    assert keeper.post(page, data=typed(reason="Hôm đó trời mưa")).status_code == 303
    html = body(keeper.get(f"/so-tay/vu/{season.id}"))
    assert "Hôm đó trời mưa" in html
    assert "tl-corrected" in html
    response = keeper.get(f"/so-tay/ghi-chep/{record_id}/sua")
    assert (response.status_code, response.location) == (303, f"/so-tay/vu/{season.id}")
    assert "Ghi chép này đã được gạch đi" in body(keeper.get(response.location))


SPRAY = {
    "kind": "spraying",
    "product": "Thuốc Bt",
    "target": "sâu tơ",
    "waiting_days": "7",
    "operator": "household",
}


def test_a_correction_that_holds_a_lot_says_so(keeper, session, home, season, typed):
    today = local_date(utcnow())
    base = f"/so-tay/vu/{season.id}"
    keeper.post(f"{base}/thuoc", data=typed(**SPRAY, happened_on=str(today - timedelta(days=20))))
    body(keeper.post(f"{base}/thu", data=typed(amount="10", unit="kg", happened_on=str(today))), 303)
    lot = session.execute(select(Lot)).scalar_one()
    html = body(keeper.get(base))
    assert "tạm giữ, không được bán" not in html
    record_id = session.execute(select(Record.id).where(Record.kind == "spraying")).scalar_one()
    wrong_day = typed(**SPRAY, happened_on=str(today - timedelta(days=2)), reason="Ghi nhầm ngày")
    body(keeper.post(f"/so-tay/ghi-chep/{record_id}/sua", data=wrong_day), 303)
    html = body(keeper.get(base))
    assert f"Lô tạm giữ, không được bán: {lot.code}" in html
    assert f'<a href="/so-tay/lo/{lot.code}">Rau muống {lot.code}</a>: Thu hoạch ngày' in html
    assert "(dùng ngày" in html


def test_a_season_is_closed_for_good(keeper, session, season, typed):
    page = f"/so-tay/vu/{season.id}/ket-thuc"
    body(keeper.get(page))
    assert "trước ngày bắt đầu" in body(keeper.post(page, data=typed(closed_on="2023-01-01")), 422)
    assert keeper.post(page, data=typed(closed_on=str(local_date(utcnow())))).status_code == 303
    form = typed(kind="watering", operator="household", happened_on=str(local_date(utcnow())))
    assert "đã kết thúc" in body(keeper.post(f"/so-tay/vu/{season.id}/viec", data=form), 422)


def test_what_held_a_verified_lot_and_is_struck_out_sends_it_to_the_commune_again(keeper, session, home, typed):
    lot = make_verified_lot(session, home.household_id, actor=home.actor, site_id=home.site_id, now=utcnow())
    day = str(lot.made_on - timedelta(days=1))
    body(keeper.post(f"/so-tay/vu/{lot.season_id}/thuoc", data=typed(**SPRAY, happened_on=day)), 303)
    state = select(Lot.state).where(Lot.id == lot.id)
    assert session.scalar(state) == "held"
    record_id = session.execute(select(func.max(Record.id)).where(Record.kind == "spraying")).scalar_one()
    page = keeper.post(f"/so-tay/ghi-chep/{record_id}/bo", data=typed(reason="Ghi nhầm"), follow_redirects=True).text
    assert session.scalar(state) == "recorded"
    assert f"Xã cần xác nhận lại lô {lot.code}. Hãy mở lô rồi gửi xã." in page


def test_what_belongs_to_others_does_not_exist(keeper, session, typed):
    now = utcnow()
    other = make_household(session, shown_name="Hộ ông Bình")
    lot = make_waiting_lot(session, other, now=now)
    record_id = session.execute(select(Record.id).where(Record.kind == "incoming")).scalar_one()
    season = lot.season_id
    today = str(local_date(now))
    for page in (
        f"/so-tay/vu/{season}",
        f"/so-tay/vu/{season}/nhap",
        f"/so-tay/vu/{season}/thu",
        f"/so-tay/vu/{season}/ket-thuc",
        f"/so-tay/ghi-chep/{record_id}/sua",
        f"/so-tay/lo/{lot.code}",
        f"/so-tay/lo/{lot.code}/tem",
        f"/so-tay/lo/{lot.code}/dong-goi",
        "/so-tay/vu/99999999999999999999999",
        "/so-tay/lo/ZZ-99999-9999-9999",
    ):
        assert keeper.get(page).status_code == 404, page
    before = count(session, Record)
    for page, form in (
        (f"/so-tay/vu/{season}/viec", typed(kind="watering", operator="household", happened_on=today)),
        (f"/so-tay/lo/{lot.code}/hao-hut", typed(amount="1", reason="Hỏng", happened_on=today)),
        (f"/so-tay/lo/{lot.code}/gui-xa", typed()),
        (f"/so-tay/ghi-chep/{record_id}/bo", typed(reason="Không có")),
    ):
        assert keeper.post(page, data=form).status_code == 404, page
    assert count(session, Record) == before


def test_a_helper_writes_under_the_helpers_own_role(client, session, home, season, typed):
    helper = make_user(
        session, roles={Role.HELPER}, household_id=home.household_id, name="Lê Văn Nam", phone="+84912999888"
    )
    sign_in(client, helper)
    form = typed(kind="watering", operator="household", happened_on=str(local_date(utcnow())))
    assert client.post(f"/so-tay/vu/{season.id}/viec", data=form).status_code == 303
    role = session.execute(select(Record.entered_role).where(Record.kind == "watering")).scalar_one()
    assert role == "helper"
    html = body(client.get(f"/so-tay/vu/{season.id}"))
    assert "Người ghi hộ, do hộ nhờ" in html


@pytest.mark.parametrize("page", ["/so-tay", "/so-tay/vu/moi", "/so-tay/ghi/viec", "/xa/lo", "/xa/thu-hoi"])
def test_strangers_are_sent_to_the_door(client, page):
    response = client.get(page)
    assert response.status_code == 303
    assert response.location.startswith("/dang-nhap")


def test_the_first_page_costs_the_same_for_many_lots(keeper, session, home, sql_log):
    now = utcnow()

    def cost():
        with sql_log() as statements:
            body(keeper.get("/so-tay"))
        return len(statements)

    make_lot(session, home.household_id, actor=home.actor, now=now)
    first = cost()
    for _ in range(5):
        make_lot(session, home.household_id, actor=home.actor, now=now)
    assert cost() == first <= 8
