"""Asking to be erased, and the operator's pages that do it."""

import uuid
from datetime import date
from html import unescape

import pytest
from sqlalchemy import text

from marketplace.accounts.rules import Role
from marketplace.core.photos import remove_photos
from sellers.queries import get_household
from tests.factories.accounts import make_user
from tests.factories.sellers import make_household
from tests.factories.traceability import NOW, make_keeper, make_photo, make_season
from tests.web.sign_in import sign_in
from traceability.rules.entries import IncomingEntry
from traceability.rules.erasure import answer_until
from traceability.services.diary import record_incoming


def body(response, status=200):
    html = unescape(response.get_data(as_text=True))
    assert response.status_code == status, html[:2000]
    return html


@pytest.fixture
def operators(session):
    return [make_user(session, roles={Role.OPERATOR}, name=f"Điều hành {n}") for n in range(2)]


@pytest.fixture
def home(session):
    household_id = make_household(session, shown_name="Nhà bà Mận", representative="Quách Thị Mận")
    make_user(session, household_id=household_id, name="Quách Thị Mận")
    season = make_season(session, household_id)
    photo = make_photo(session, "ef" * 32)
    record_incoming(
        session=session, household_id=household_id, season_id=season.id,
        entry=IncomingEntry(
            what="seed", name="Hạt", happened_on=date(2026, 11, 1), supplier="Trần Văn Bốn", photos=(photo,)
        ),
        actor=make_keeper(household_id), key=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    return household_id


def typed(**fields):
    return {"form_key": str(uuid.uuid4()), **fields}


def request_of(session):
    return session.execute(text("SELECT id, state, subject, photos FROM trace_erasures ORDER BY id DESC LIMIT 1")).one()


def test_one_operator_asks_and_another_erases(client, session, home, operators):
    code = get_household(session, home).code
    sign_in(client, operators[0])
    sent = typed(subject="household", wanted=code.lower(), reason="asked", note="đơn giấy")
    made = client.post("/dieu-hanh/xoa-du-lieu", data=sent)
    assert client.post("/dieu-hanh/xoa-du-lieu", data=sent).location == made.location
    html = body(client.get(made.location))
    assert "Nhà bà Mận" in html
    assert "Cần người thứ hai" in html
    assert "Xóa vĩnh viễn" not in html
    assert "phải để người điều hành khác" in body(client.post(f"{made.location}/xoa"), 422)
    assert get_household(session, home).shown_name == "Nhà bà Mận"

    sign_in(client, operators[1])
    html = body(client.get(made.location))
    assert "Xóa vĩnh viễn" in html
    assert f'value="{"ef" * 32}"' in html
    for _ in range(2):
        assert client.post(f"{made.location}/xoa", data={"photos": ["ef" * 32, "nonsense"]}).status_code == 303
    html = body(client.get(made.location))
    assert "Đã gỡ 1 ảnh" in html
    assert "Nhà bà Mận" not in html
    assert (request_of(session).state, request_of(session).photos) == ("done", ["ef" * 32])
    assert session.scalar(text("SELECT count(*) FROM trace_log_entries WHERE kind = 'erasure'")) == 1
    assert "Đã xóa" in body(client.get("/dieu-hanh/xoa-du-lieu"))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"subject": "household", "wanted": "HKHONGCO", "reason": "asked"}, "Không tìm thấy người hoặc hộ này"),
        ({"subject": "account", "wanted": "0999 999 999", "reason": "asked"}, "Không tìm thấy người hoặc hộ này"),
        ({"subject": "named", "wanted": "Lan", "reason": "named"}, "Hãy ghi đủ họ tên"),
        ({"subject": "named", "wanted": "Trần Văn Bốn"}, "Hãy chọn lý do"),
        ({"wanted": "Trần Văn Bốn", "reason": "named"}, "Hãy chọn xóa dữ liệu của ai"),
    ],
)
def test_a_request_that_says_too_little_is_refused(client, session, operators, fields, complaint):
    sign_in(client, operators[0])
    html = body(client.post("/dieu-hanh/xoa-du-lieu", data=typed(**fields)), 422)
    assert complaint in html
    assert f'value="{fields["wanted"]}"' in html
    assert session.scalar(text("SELECT count(*) FROM trace_erasures")) == 0


def test_a_person_asks_once_and_an_operator_alone_may_do_it(client, session, operators):
    buyer_id = make_user(session, name="Hoàng Gia Khánh", email="khanh@choque.example")
    sign_in(client, buyer_id)
    assert "Xin xóa dữ liệu của tôi" in body(client.get("/tai-khoan"))
    for _ in range(2):
        assert client.post("/tai-khoan/xoa-du-lieu").status_code == 303
    assert session.scalar(text("SELECT count(*) FROM trace_erasures")) == 1
    sign_in(client, operators[0])
    address = f"/dieu-hanh/xoa-du-lieu/{request_of(session).id}"
    assert "Hoàng Gia Khánh" in body(client.get(address))
    assert client.post(f"{address}/xoa").status_code == 303
    assert session.scalar(text("SELECT name FROM accounts_users WHERE id = :id"), {"id": buyer_id}) == (
        "Đã xóa theo yêu cầu"
    )
    sign_in(client, operators[0])
    assert client.get("/dieu-hanh/xoa-du-lieu/999999").status_code == 404


def test_a_request_is_closed_without_erasing(client, session, home, operators):
    sign_in(client, operators[0])
    made = client.post("/dieu-hanh/xoa-du-lieu", data=typed(subject="named", wanted="Trần Văn Bốn", reason="named"))
    assert "Trần Văn Bốn" in body(client.get("/dieu-hanh/xoa-du-lieu")), "of whom it is, until it is done"
    html = body(client.get(made.location))
    assert "Phải trả lời" in html
    assert "Từ chối yêu cầu này?" in html
    for why, complaint in ((" ", "Hãy ghi vì sao không xóa."), ("Gọi 0912345678", "Đừng ghi số điện thoại")):
        html = body(client.post(f"{made.location}/tu-choi", data={"why": why}), 422)
        assert complaint in html
        assert why in html
        assert request_of(session).state == "asked"
    assert client.post(f"{made.location}/tu-choi", data={"why": "Người ấy đã rút đơn"}).status_code == 303
    html = body(client.get(made.location))
    assert "không xóa gì" in html
    assert "Người ấy đã rút đơn" in html
    assert "Trần Văn Bốn" not in body(client.get("/dieu-hanh/xoa-du-lieu"))
    assert "đã bị từ chối" in body(client.post(f"{made.location}/xoa"), 422)
    assert session.scalar(text("SELECT count(*) FROM trace_private_details WHERE content IS NULL")) == 0


def test_nobody_erases_the_account_in_use(client, session, operators):
    sign_in(client, operators[0])
    assert client.post("/tai-khoan/xoa-du-lieu").status_code == 303
    session.execute(text("UPDATE trace_erasures SET asked_by = :other"), {"other": operators[1]})
    address = f"/dieu-hanh/xoa-du-lieu/{request_of(session).id}"
    html = body(client.get(address))
    assert "Đây là tài khoản bạn đang dùng" in html
    assert "Xóa vĩnh viễn" not in html
    assert "Bạn đang dùng chính tài khoản này" in body(client.post(f"{address}/xoa"), 422)
    assert request_of(session).state == "asked"


@pytest.mark.parametrize(
    ("asked_on", "until"),
    [(date(2026, 11, 23), date(2026, 11, 25)), (date(2026, 11, 26), date(2026, 11, 30)),
     (date(2026, 11, 27), date(2026, 12, 1)), (date(2026, 11, 28), date(2026, 12, 1))],
)  # fmt: skip
def test_two_working_days_leave_weekends_out(asked_on, until):
    assert answer_until(asked_on) == until


def test_a_picture_that_was_taken_out_says_so(client, session):
    photo = make_photo(session, "ef" * 32)
    assert client.get(f"/anh/{photo}/thumb.webp").status_code == 404
    remove_photos(session, [photo], now=NOW)
    session.commit()
    response = client.get(f"/anh/{photo}/thumb.webp")
    assert (response.status_code, response.mimetype) == (410, "image/svg+xml")
    assert "Ảnh đã xóa theo yêu cầu" in response.get_data(as_text=True)
