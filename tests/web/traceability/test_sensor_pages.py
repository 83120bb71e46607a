"""Sensors through a browser without JavaScript: registering, keys, files, and what diary, commune and buyers see."""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from marketplace.accounts.rules import Role
from marketplace.core.clock import VN_TZ, local_date, utcnow
from marketplace.core.models import Notice, OutboxEvent
from marketplace.desk.tasks import tell_household_sensor_alert, tell_household_sensor_calm
from tests.factories.accounts import make_user
from tests.factories.sellers import make_household, make_site
from tests.factories.sensors import every, make_device, send
from tests.factories.traceability import make_lot, make_season, make_waiting_lot
from tests.web.sign_in import sign_in
from tests.web.traceability.deliveries import deliver
from traceability.models.sensors import Device, SensorReading
from traceability.queries.sensors import get_device, list_devices
from traceability.services.devices import find_device_with_key
from traceability.services.sensor_summary import seal_lot_sensors

LIST = "/so-tay/cam-bien"


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def device(session, home):
    return make_device(session, home.household_id, site_id=home.site_id, now=utcnow() - timedelta(days=9))[0]


def upload(keeper, device, content):
    """Send a file as a browser does. (The test client would keep a large one in a temporary file and leave it open.)"""
    data = content.encode() if isinstance(content, str) else content
    head = (
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="may-do.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\n"
    )
    return keeper.post(
        f"{LIST}/{device.id}/tep",
        data=head + data + b"\r\n--edge--\r\n",
        content_type="multipart/form-data; boundary=edge",
    )


def as_file(moments_and_values):
    return "\n".join(f"{at.astimezone(VN_TZ):%d/%m/%Y %H:%M:%S};{value}" for at, value in moments_and_values)


def test_a_device_is_registered_and_its_key_shown_once(keeper, session, home, typed):
    assert "Chưa có cảm biến nào" in body(keeper.get(LIST))
    assert "Cảm biến đo gì?" in body(keeper.get(f"{LIST}/moi"))
    address = f"{LIST}/moi?do=temperature"
    html = body(keeper.get(address))
    assert 'value="18"' in html
    assert 'value="32"' in html
    form = typed(
        site_id=home.site_id, name="Nhiệt độ ô số 1", low_limit="-2,5", high_limit="31,5", patience_minutes="20",
        silence_hours="4",
    )  # fmt: skip
    html = body(keeper.post(address, data=form))
    key = re.search(r"cb_[A-Za-z0-9_-]{32}", html)[0]
    assert "http://localhost/api/sensors/readings" in html
    (made,) = list_devices(session, home.household_id)
    assert (made.low_limit, made.high_limit, made.patience_minutes) == (Decimal("-2.5"), Decimal("31.5"), 20)
    assert find_device_with_key(session, key) == made
    again = body(keeper.post(address, data=form))
    assert "Khóa đã hiện rồi" in again
    assert key not in again
    assert count(session, Device) == 1
    assert key not in body(keeper.get(f"{LIST}/{made.id}"))
    assert "Nhiệt độ ô số 1" in body(keeper.get(LIST))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Hãy đặt tên"),
        ({"name": "Gọi 0912 345 678"}, "số điện thoại"),
        ({"low_limit": "nóng"}, "Không đọc được số"),
        ({"low_limit": ""}, "Hãy ghi một số"),
        ({"high_limit": "10"}, "Mức cao nhất phải lớn hơn mức thấp nhất"),
        ({"high_limit": "95"}, "từ -50 đến 90 °C"),
        ({"patience_minutes": "1"}, "từ 5 đến 720"),
        ({"silence_hours": "x"}, "Hãy nhập một số tròn bằng chữ số, ví dụ 7."),
        ({"site_id": "999999"}, "Hãy chọn một mục"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(keeper, session, home, typed, changes, words):
    form = typed(
        **{
            "site_id": home.site_id, "name": "Tên riêng của tôi", "low_limit": "18", "high_limit": "32",
            "patience_minutes": "30", "silence_hours": "6", **changes,
        }
    )  # fmt: skip
    html = body(keeper.post(f"{LIST}/moi?do=temperature", data=form), 422)
    assert words in html
    if "name" not in changes:
        assert "Tên riêng của tôi" in html
    assert count(session, Device) == 0


def test_devices_of_others_are_not_there(keeper, session, typed):
    other = make_device(session, make_household(session))[0]
    before = get_device(session, other.id, household_id=other.household_id)
    for method, tail in (("get", ""), ("get", "/sua"), ("get", "/tep"), ("post", "/sua"), ("post", "/tep"),
                         ("post", "/doi-khoa"), ("post", "/thu-hoi-khoa")):  # fmt: skip
        assert getattr(keeper, method)(f"{LIST}/{other.id}{tail}", data=typed()).status_code == 404
    assert get_device(session, other.id, household_id=other.household_id) == before


def test_a_helper_may_keep_the_sensors(client, session, home, device):
    helper = make_user(session, roles={Role.HELPER}, household_id=home.household_id)
    sign_in(client, helper, acting_for=home.household_id)
    assert device.name in body(client.get(LIST))


def test_the_key_is_renewed_and_taken_away(keeper, session, home, typed):
    device, old = make_device(session, home.household_id, site_id=home.site_id)
    form = typed()
    html = body(keeper.post(f"{LIST}/{device.id}/doi-khoa", data=form))
    fresh = re.search(r"cb_[A-Za-z0-9_-]{32}", html)[0]
    assert "Khóa đã hiện rồi" in body(keeper.post(f"{LIST}/{device.id}/doi-khoa", data=form))
    assert find_device_with_key(session, old) is None
    assert find_device_with_key(session, fresh) is not None
    assert keeper.post(f"{LIST}/{device.id}/thu-hoi-khoa", data=typed()).status_code == 303
    assert find_device_with_key(session, fresh) is None
    assert "Khóa đã bị thu hồi" in body(keeper.get(f"{LIST}/{device.id}"))
    assert keeper.post(f"{LIST}/{device.id}/doi-khoa", data={"form_key": "x"}).status_code == 303
    assert not get_device(session, device.id, household_id=home.household_id).has_key


def test_the_range_is_changed(keeper, session, home, device):
    form = {
        "name": "Ô hai", "low_limit": "20", "high_limit": "30,5", "patience_minutes": "60", "silence_hours": "12",
    }  # fmt: skip
    assert keeper.post(f"{LIST}/{device.id}/sua", data=form).status_code == 303
    session.expire_all()
    changed = get_device(session, device.id, household_id=home.household_id)
    assert (changed.name, changed.high_limit, changed.silence_hours) == ("Ô hai", Decimal("30.5"), 12)
    html = body(keeper.post(f"{LIST}/{device.id}/sua", data={**form, "low_limit": "31"}), 422)
    assert "Mức cao nhất phải lớn hơn" in html
    assert "Ô hai" in body(keeper.get(f"{LIST}/{device.id}/sua"))


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", b"PK\x03\x04\x14\x00", b"%PDF-1.7\n%abc"])
def test_a_file_without_text_is_refused_in_one_sentence(keeper, session, device, data):
    html = body(upload(keeper, device, data), 422)
    assert "Tệp này không phải tệp CSV." in html
    assert "Dòng 1" not in html
    assert count(session, SensorReading) == 0


def test_a_file_is_taken_once(keeper, session, device):
    now = utcnow()
    rows = [*every(30, now - timedelta(hours=3), ["30,5", "31", "29,5"]), (now - timedelta(days=70), "30")]
    for said in ("Đã nhận 3 số đo mới. 1 số đo quá cũ", "Đã nhận 0 số đo mới. 3 số đo đã có từ trước. 1 số đo quá cũ"):
        response = upload(keeper, device, as_file(rows))
        assert (response.status_code, response.location) == (303, f"{LIST}/{device.id}")
        html = body(keeper.get(response.location))
        assert said in html
    assert count(session, SensorReading) == 3
    assert "31 °C" in html
    assert "<svg" in html
    assert "Xem số liệu từng ngày" in html


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Thời gian;Giá trị\n{good};31\n{good};nóng", "Dòng 3, cột 2: Không đọc được số “nóng”"),
        ("{good};31\n{good};95", "Dòng 2, cột 2: Giá trị phải từ -50 đến 90 °C."),
        ("{good};31\n<script>;3", "Dòng 2, cột 1: “&lt;script&gt;” thiếu giờ"),
        ("", "Tệp không có dòng số đo nào"),
        (b"\xff\x00\x01", "Tệp này không phải tệp CSV."),
    ],
)
def test_a_file_with_a_fault_changes_nothing_and_says_where(keeper, session, device, content, words):
    good = f"{utcnow().astimezone(VN_TZ) - timedelta(hours=1):%d/%m/%Y %H:%M}"
    html = body(upload(keeper, device, content.replace("{good}", good) if isinstance(content, str) else content), 422)
    assert words in html
    assert count(session, SensorReading) == 0


def test_no_file_and_a_huge_file(keeper, session, device):
    assert "Hãy chọn một tệp" in body(keeper.post(f"{LIST}/{device.id}/tep", data={}), 422)
    assert "quá lớn" in body(upload(keeper, device, b"1" * (2 * 1024 * 1024 + 1)), 413)
    assert count(session, SensorReading) == 0


def test_an_alert_stands_in_the_diary_and_is_told_once(keeper, in_app, session, home, device):
    now = utcnow()
    make_user(session, household_id=home.household_id, email="hoa@example.com")
    send(session, device, every(20, now - timedelta(hours=1), ["33.5", 34, 34]), now=now)
    for page in ("/so-tay", LIST, f"{LIST}/{device.id}"):
        html = body(keeper.get(page))
        assert "nhiệt độ quá cao" in html
        assert "cao hơn 32 °C, cao nhất 34 °C" in html
    event = session.execute(
        select(OutboxEvent).where(OutboxEvent.name == "traceability.sensor_alert_raised")
    ).scalar_one()
    deliver(session, event, tell_household_sensor_alert)
    told = session.execute(select(Notice.channel, Notice.subject).order_by(Notice.channel, Notice.id)).all()
    assert [channel for channel, _ in told] == ["desk", "desk", "email"]
    assert {subject for _, subject in told} == {"Nhiệt độ chuồng số 1: nhiệt độ quá cao"}
    send(session, device, [(now, 30)], now=now)
    assert "quá cao" not in body(keeper.get("/so-tay"))
    ended = session.execute(
        select(OutboxEvent).where(OutboxEvent.name == "traceability.sensor_alert_ended")
    ).scalar_one()
    deliver(session, ended, tell_household_sensor_calm)
    html = body(keeper.get(f"{LIST}/{device.id}"))
    assert "Báo động đã qua" in html
    assert "Quá cao: 34 °C" in html
    assert "đã trở lại bình thường" in body(keeper.get("/thong-bao"))


def make_measured_lot(session, home, make=make_lot):
    now = utcnow()
    device = make_device(session, home.household_id, site_id=home.site_id, now=now - timedelta(days=9))[0]
    season = make_season(
        session, home.household_id, site_id=home.site_id, started_on=local_date(now) - timedelta(days=30), now=now
    )
    # From noon on: what is measured shortly before midnight holds until midnight only.
    noon = datetime.combine(local_date(now) - timedelta(days=3), time(12), VN_TZ)
    send(session, device, every(60, noon, [25, 26, 34, 27]), now=now)
    lot = make(session, home.household_id, season=season, now=now, actor=home.actor)
    seal_lot_sensors(session=session, lot_id=lot.id, now=now)
    return season, lot


SENTENCE = "75% thời gian trong khoảng cho phép, từ 18 °C đến 32 °C."


def test_a_buyer_reads_one_sentence_and_a_picture_with_its_figures(client, session, home):
    _, lot = make_measured_lot(session, home)
    html = body(client.get(f"/lo/{lot.code}"))
    assert html.count("Cảm biến đo tại chỗ") == 1
    assert SENTENCE in html
    assert html.count('role="img" aria-label="Nhiệt độ thấp nhất và cao nhất mỗi ngày') == 1
    assert re.search(r"<th scope=\"row\">\d\d/\d\d/\d{4}</th><td>25</td><td>34</td>", html)


def test_the_commune_sees_it_in_review(officer, session, home):
    _, lot = make_measured_lot(session, home, make_waiting_lot)
    html = body(officer.get(f"/xa/lo/{lot.code}"))
    assert SENTENCE in html
    assert "<svg viewBox=" in html


def test_the_season_shows_the_last_week_and_not_each_lot(keeper, session, home):
    season, _ = make_measured_lot(session, home)
    html = body(keeper.get(f"/so-tay/vu/{season.id}"))
    assert "Cảm biến, bảy ngày qua" in html
    assert "25 °C – 34 °C; 75% thời gian trong khoảng cho phép" in html
    assert "Cảm biến đo tại chỗ" not in html


def test_a_new_device_begins_at_the_place_that_was_chosen(keeper, session, home):
    pond = make_site(session, home.household_id, kind="pond", name="Ao sau nhà")
    html = body(keeper.get(f"{LIST}/moi?do=oxygen&noi={pond}"))
    assert re.search(rf'value="{pond}" checked', html)
