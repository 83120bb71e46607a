"""The pages of a recall: duties, sources, texts, the ledger, the end, and the sheet for whoever inspects."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from marketplace.accounts.rules import Role
from marketplace.core.clock import local_date, utcnow
from marketplace.core.models import Notice, OutboxEvent
from marketplace.desk.tasks import tell_households_recalled
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune
from tests.factories.traceability import make_lot, make_season, make_verified_lot
from tests.web.sign_in import sign_in
from tests.web.traceability.deliveries import deliver
from tests.web.traceability.recalling import body, count, start
from traceability.models.custody import Record
from traceability.models.log import LogEntry
from traceability.models.recall import RecallAddition, RecallNotice, RecallReturn, RecallStep
from traceability.queries.chain import verify_chain
from traceability.queries.lots import get_lot
from traceability.rules.recalls import FIRST_DAY


@pytest.fixture
def lot(session, home):
    return make_verified_lot(session, home.household_id, actor=home.actor, now=utcnow(), amount=100)


@pytest.fixture
def begin(officer, lot, typed):
    """Begin a recall or a drill of the lot and return its address."""

    def begin(kind="real", **words):
        response = officer.post(f"/xa/thu-hoi/moi?lo={lot.code}", data=typed(**start(lot, kind, **words)))
        assert response.status_code == 303, response.get_data(as_text=True)[:2000]
        return response.location

    return begin


def test_the_household_is_told_as_a_seller(in_app, session, home, lot, begin):
    begin()
    event = session.execute(select(OutboxEvent).where(OutboxEvent.name == "traceability.lot_recalled")).scalar_one()
    make_user(session, household_id=home.household_id)
    deliver(session, event, tell_households_recalled)
    told = session.execute(select(Notice).where(Notice.channel == "desk", Notice.user_id == home.user_id)).scalar_one()
    assert told.subject == f"Xã thu hồi lô {lot.code}"
    assert told.link == f"/so-tay/lo/{lot.code}"
    assert "Lý do: Dư lượng thuốc 0,5 mg/kg. Hãy ngừng bán" in told.body_text
    assert "Đừng ăn" not in told.body_text


def notice(**changes):
    until = local_date(utcnow()) + timedelta(days=7)
    fields = {
        "places": "Nhà văn hóa thôn 3\nỦy ban xã",
        "contact": "Ủy ban xã 0237 3812 345",
        "until_on": until.isoformat(),
        "packing": "Túi 1 kg",
    }
    return {**fields, **changes}


def test_the_duties_of_a_recall_are_noted_once_and_in_order(officer, session, begin, typed):
    page = begin()
    html = body(officer.get(page))
    assert "Còn 23 giờ 59 phút để báo cho mọi nơi" in html or "Còn 24 giờ để báo cho mọi nơi" in html
    assert html.count("Đã làm</span></button>") == len(FIRST_DAY)
    early = typed(step="finished")
    assert "Trước hết hãy làm xong" in body(officer.post(f"{page}/viec", data=early), 422)
    for step, complaint in (("", "Hãy chọn một việc"), ("dance", "Hãy chọn một việc"), ("x" * 17, "Hãy chọn một mục")):
        assert complaint in body(officer.post(f"{page}/viec", data=typed(step=step)), 422)
    long = typed(step="chain_told", note="y" * 121)
    html = body(officer.post(f"{page}/viec", data=long), 422)
    assert "y" * 121 in html
    contact = typed(step="chain_told", note="Gọi 0912345678")
    assert "Đừng ghi số điện thoại" in body(officer.post(f"{page}/viec", data=contact), 422)
    assert count(session, RecallStep) == 0
    for step in FIRST_DAY:
        for _ in range(2):
            assert officer.post(f"{page}/viec", data=typed(step=step, note="Đã gọi đủ")).status_code == 303
    assert count(session, RecallStep) == len(FIRST_DAY)
    html = body(officer.get(page))
    assert "Đã báo đủ trong" in html
    assert html.count("Đã gọi đủ") == len(FIRST_DAY)
    assert officer.post(f"{page}/viec", data=typed(step="finished")).status_code == 303
    assert "Hạn" in body(officer.get(page))


def test_the_clock_says_what_is_late(officer, session, begin, monkeypatch):
    page = begin()
    later = utcnow() + timedelta(hours=25, minutes=30)
    monkeypatch.setattr("traceability.views.recalls.utcnow", lambda: later)
    html = body(officer.get(page))
    assert re.search(r"Trễ 1 giờ (29|30) phút so với hạn 24 giờ", html)
    assert html.count("Đang trễ") == len(FIRST_DAY)


def test_what_shares_a_season_is_found_and_added_with_one_press(officer, session, home, lot, begin, typed):
    season = make_season(session, home.household_id, produce="Rau dền", now=utcnow(), actor=home.actor)
    first = make_lot(
        session, home.household_id, season=season, produce="Rau dền", actor=home.actor, now=utcnow(), is_complete=False
    )
    second = make_lot(
        session, home.household_id, season=season, produce="Rau dền", actor=home.actor, now=utcnow(), is_complete=False
    )
    page = officer.post(f"/xa/thu-hoi/moi?lo={first.code}", data=typed(**start(first))).location
    html = body(officer.get(f"{page}/lien-quan"))
    assert second.code in html
    assert "Cùng một vụ, một lứa hoặc một mẻ" in html
    assert "Thêm lô này" in html
    adding = f"{page}/them-lo/{second.code}"
    body(officer.post(adding, data={"form_key": "x", "why": "season"}), 422)
    html = body(officer.post(adding, data=typed(why="dice")), 422)
    assert "Hãy chọn lý do" in html
    assert get_lot(session, second.id).state != "recalled"
    key = typed(why="season")
    for _ in range(2):
        response = officer.post(adding, data=key)
        assert (response.status_code, response.location) == (303, f"{page}/lien-quan")
    assert count(session, RecallAddition) == 1
    assert get_lot(session, second.id).state == "recalled"
    assert get_lot(session, second.id).recall_id == int(page.rsplit("/", 1)[1])
    assert second.code in body(officer.get(page))
    kinds = session.scalars(select(LogEntry.kind).where(LogEntry.content.is_not(None)).order_by(LogEntry.id)).all()
    assert kinds.count("recall") == 2, "the order and the addition are statements of their own"


def test_texts_and_notice_follow_what_was_written(officer, session, lot, begin, typed):
    page = begin()
    words = f"{page}/loi-bao"
    html = body(officer.get(words))
    assert "Hãy ghi nơi nhận lại hàng và số điện thoại" in html
    spoken = re.findall(r'<p class="said">(.*?)</p>', html, re.DOTALL)[1]
    assert not re.search(r"\d|http|www", spoken)
    assert "không phẩy năm mi-li-gam trên ki-lô-gam" in spoken
    today = local_date(utcnow())
    for fields, complaint in (
        (notice(places=" "), "Hãy ghi nơi nhận lại hàng"),
        (notice(places="x" * 1001), "Đoạn này quá dài"),
        (notice(contact=""), "Hãy ghi số điện thoại"),
        (notice(until_on="31/02/2027"), "Ngày"),
        (notice(until_on=(today - timedelta(days=2)).isoformat()), "phải sau ngày bắt đầu"),
        (notice(packing="x" * 201), "Đoạn này quá dài"),
    ):
        assert complaint in body(officer.post(words, data=typed(**fields)), 422), fields
    assert count(session, RecallNotice) == 0
    form = typed(**notice())
    for _ in range(2):
        assert officer.post(words, data=form).status_code == 303
    assert count(session, RecallNotice) == 1
    html = body(officer.get(words))
    zalo, spoken = re.findall(r'<p class="said">(.*?)</p>', html, re.DOTALL)
    assert f"http://localhost/lo/{lot.code}" in zalo
    assert "Nhà văn hóa thôn ba" in spoken
    assert "không hai ba bảy ba tám một hai ba bốn năm" in spoken
    paper = body(officer.get(f"{page}/thong-bao"))
    for item in (
        "THÔNG BÁO THU HỒI SẢN PHẨM", lot.code, lot.produce, "Túi 1 kg", "Dư lượng thuốc", "Nhà văn hóa thôn 3",
        f"{local_date(utcnow()) + timedelta(days=7):%d/%m/%Y}", "100 kg", f"{lot.made_on:%d/%m/%Y}", "0237 3812 345",
    ):  # fmt: skip
        assert item in paper, item


def test_the_ledger_balances_and_the_end_waits_for_it(officer, session, lot, begin, typed):
    page = begin()
    ledger = f"{page}/hang-ve"
    today = local_date(utcnow()).isoformat()
    back = {"lot": str(lot.id), "quantity": "30", "happened_on": today, "source": "household", "reference": "Thôn 3"}
    for changes, complaint in (
        ({"quantity": "101"}, "chỉ có 100"),
        ({"quantity": "abc"}, "bằng chữ số"),
        ({"quantity": "-1"}, ""),
        ({"lot": "999999"}, "Hãy chọn một lô của đợt thu hồi này."),
        ({"lot": "x"}, "Hãy chọn một lô"),
        ({"source": "moon"}, "Hãy chọn"),
        ({"source": "buyer"}, "mới gửi đi 0 trong các kiện"),
        ({"source": "buyer", "reference": "DH-000000-1"}, "Không có kiện nào mang số này"),
        ({"source": "parcel"}, "Không có kiện nào mang số này"),
        ({"happened_on": (local_date(utcnow()) + timedelta(days=2)).isoformat()}, ""),
        ({"reference": "Gọi 0912345678"}, "Đừng ghi số điện thoại"),
    ):
        assert complaint in body(officer.post(ledger, data=typed(**{**back, **changes})), 422), changes
    assert count(session, RecallReturn) == 0
    form = typed(**back)
    for _ in range(2):
        assert officer.post(ledger, data=form).status_code == 303
    assert count(session, RecallReturn) == 1
    done = {"lot": str(lot.id), "quantity": "31", "happened_on": today, "outcome": "destroyed", "reference": ""}
    assert "mới thu về 30" in body(officer.post(f"{page}/xu-ly", data=typed(**done)), 422)
    assert "Còn hàng chưa xử lý" in body(officer.get(ledger))

    for step in (*FIRST_DAY, "finished", "reported"):
        assert officer.post(f"{page}/viec", data=typed(step=step)).status_code == 303
    assert "chưa được xử lý hết" in body(officer.post(f"{page}/ket-thuc", data=typed()), 422)
    assert officer.post(f"{page}/xu-ly", data=typed(**{**done, "quantity": "30"})).status_code == 303
    line = session.scalar(select(RecallReturn.id).where(RecallReturn.source.is_not(None)))
    assert "bỏ dòng xử lý trước" in body(officer.post(f"{page}/bo-dong/{line}", data=typed()), 422)
    treated = session.scalar(select(RecallReturn.id).where(RecallReturn.outcome.is_not(None)))
    for _ in range(2):
        assert officer.post(f"{page}/bo-dong/{treated}", data=typed()).status_code == 303
    assert count(session, RecallReturn) == 3
    assert officer.post(f"{page}/xu-ly", data=typed(**{**done, "quantity": "30"})).status_code == 303
    html = body(officer.get(ledger))
    assert "Khớp" not in html
    assert "Còn hàng chưa thu về" in html
    assert "ở hộ hoặc nơi khác còn 70 kg" in html
    for why, complaint in (
        ("", "Hàng chưa thu về hết. Hãy ghi rõ vì sao."),
        ("Hỏi 0912345678", "Đừng ghi số điện thoại"),
        ("z" * 301, "Đoạn này quá dài"),
    ):
        html = body(officer.post(f"{page}/ket-thuc", data=typed(why_left=why)), 422)
        assert complaint in html
        assert why in html, "what was typed stays"
    for _ in range(2):
        assert officer.post(f"{page}/ket-thuc", data=typed(why_left="70 kg đã ăn hết")).status_code == 303
    html = body(officer.get(page))
    assert "Đợt thu hồi đã kết thúc" in html
    sealed = session.scalars(select(Record.kind).where(Record.kind.startswith("recall")).order_by(Record.id)).all()
    assert sealed == ["recall", "recall_closed"]
    assert verify_chain(session, lot.household_id).is_intact
    assert get_lot(session, lot.id).state == "recalled"
    body(officer.post(ledger, data=typed(**back)), 409)
    report = body(officer.get(f"{page}/bao-cao"))
    for item in (
        "BÁO CÁO THU HỒI SẢN PHẨM",
        "Tiêu hủy: 30 kg",
        "Còn ở hộ sản xuất: 30 kg",
        "70 kg đã ăn hết",
        lot.code,
    ):
        assert item in report, item
    assert "chưa kết thúc" not in report
    said = session.scalars(select(LogEntry.content).where(LogEntry.kind == "recall").order_by(LogEntry.id)).all()
    assert [b'"type":"recall-order"' in one or b'"type":"recall-closing"' in one for one in said] == [True, True]
    told = json.loads(said[1])
    assert told["left"] == [{"lot": lot.code, "unit": "kg", "withBuyers": "0", "elsewhere": "70"}]
    assert told["whyLeft"] == "70 kg đã ăn hết"
    signed = session.scalars(select(LogEntry.leaf).where(LogEntry.kind == "recall")).all()
    assert all(b'"sig' in leaf for leaf in signed), "the officer signs the order and the end"


def test_a_recall_with_nothing_left_needs_no_explanation(officer, session, lot, begin, typed):
    page = begin()
    today = local_date(utcnow()).isoformat()
    line = {"lot": str(lot.id), "quantity": "100", "happened_on": today, "reference": ""}
    assert officer.post(f"{page}/hang-ve", data=typed(**line, source="household")).status_code == 303
    assert officer.post(f"{page}/xu-ly", data=typed(**line, outcome="destroyed")).status_code == 303
    html = body(officer.get(f"{page}/hang-ve"))
    assert "Khớp" in html
    assert 'name="why_left"' not in html
    for step in (*FIRST_DAY, "finished", "reported"):
        assert officer.post(f"{page}/viec", data=typed(step=step)).status_code == 303
    assert officer.post(f"{page}/ket-thuc", data=typed()).status_code == 303
    assert "whyLeft" not in json.loads(session.scalars(select(LogEntry.content).order_by(LogEntry.id.desc())).first())
    html = body(officer.get(f"/lo/{lot.code}"))
    assert "Kết thúc thu hồi" in html
    ended = f"Đã thu hồi, đợt thu hồi kết thúc ngày {local_date(utcnow()):%d/%m/%Y}"
    assert ended in html
    assert "ĐANG THU HỒI" not in html
    assert "Vì sao: Dư lượng thuốc 0,5 mg/kg. Thông báo ngày" in html
    assert "Dư lượng thuốc 0,5 mg/kg. Đừng ăn." in html, "the step of the diary"
    assert ended in body(officer.get(f"/xa/lo/{lot.code}"))
    assert "ĐANG THU HỒI" not in body(officer.get(f"/xa/lo/{lot.code}"))


def read_sheet(response):
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    assert response.get_data().startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(response.get_data().decode("utf-8-sig"))))


def test_the_sheet_downloads_for_a_recall_a_lot_and_some_days(officer, session, lot, begin):
    page = begin()
    today = local_date(utcnow())
    days = f"/xa/bang-ke?tu={today - timedelta(days=3):%d/%m/%Y}&den={today.isoformat()}"
    for address in (f"{page}/bang-ke.csv", f"/xa/lo/{lot.code}/bang-ke.csv", days):
        rows = read_sheet(officer.get(address))
        assert [row["Critical tracking event"] for row in rows] == ["Receiving", "Harvesting"], address
        harvest = rows[1]
        assert harvest["Traceability lot code (mã lô)"] == lot.code
        assert (harvest["Quantity (số lượng)"], harvest["Unit (đơn vị)"]) == ("100", "kg")
        assert harvest["Event date (ngày)"] == today.isoformat()
        assert rows[0]["Source description (nguyên liệu, vật tư)"] == "Hạt giống"
        assert re.fullmatch(r"[0-9a-f]{64}", harvest["Record SHA-256 (mã niêm phong)"])
    assert read_sheet(officer.get("/xa/bang-ke?tu=01/01/2020&den=02/01/2020")) == []
    for query, complaint in (
        ("?tu=&den=", "Hãy chọn ngày đầu."),
        ("?tu=hôm qua&den=2026-01-01", "Ngày"),
        (f"?tu={today.isoformat()}&den=2020-01-01", "Ngày cuối phải sau ngày đầu"),
        ("?tu=2020-01-01&den=2022-01-01", "nhiều nhất một năm"),
    ):
        assert complaint in body(officer.get(f"/xa/bang-ke{query}"), 422), query
    assert "Tải bảng kê" in body(officer.get("/xa/bang-ke"))


def test_a_stranger_sees_and_changes_nothing(client, session, lot, begin, typed):
    page = begin()
    elsewhere = make_commune(session, code="16438", name="Xã Ba Làng")
    sign_in(client, make_user(session, roles={Role.OFFICER}, commune_id=elsewhere, title="Cán bộ xã Ba Làng"))
    for address in (
        page, f"{page}/lien-quan", f"{page}/loi-bao", f"{page}/thong-bao", f"{page}/hang-ve", f"{page}/bao-cao",
        f"{page}/bang-ke.csv", f"/xa/lo/{lot.code}/bang-ke.csv",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    today = local_date(utcnow()).isoformat()
    back = {"lot": str(lot.id), "quantity": "1", "happened_on": today, "source": "buyer"}
    for address, form in (
        (f"{page}/viec", typed(step="chain_told")), (f"{page}/them-lo/{lot.code}", typed(why="officer")),
        (f"{page}/loi-bao", typed(**notice())), (f"{page}/hang-ve", typed(**back)),
        (f"{page}/xu-ly", typed(**{**back, "outcome": "fixed"})), (f"{page}/bo-dong/1", typed()),
        (f"{page}/ket-thuc", typed()),
    ):  # fmt: skip
        assert client.post(address, data=form).status_code == 404, address
    for model in (RecallStep, RecallNotice, RecallReturn, RecallAddition):
        assert count(session, model) == 0
    assert read_sheet(client.get(f"/xa/bang-ke?tu={today}&den={today}")) == []


@pytest.mark.parametrize("tail", ["", "/lien-quan", "/loi-bao", "/thong-bao", "/hang-ve", "/bao-cao", "/bang-ke.csv"])
def test_a_household_has_no_business_there(client, session, home, begin, tail):
    page = begin()
    sign_in(client, home.user_id)
    assert client.get(f"{page}{tail}").status_code == 403
    assert client.get("/xa/bang-ke").status_code == 403


@pytest.mark.parametrize("tail", ["", "/lien-quan", "/hang-ve", "/bao-cao", "/bang-ke.csv", "/loi-bao", "/thong-bao"])
def test_more_lots_cost_no_more_statements(officer, session, home, lot, begin, typed, sql_log, tail):
    """As many statements for a recall of nine lots as for one of one."""
    small = begin()
    season = make_season(session, home.household_id, produce="Rau dền", now=utcnow(), actor=home.actor)
    lots = [
        make_lot(session, home.household_id, season=season, actor=home.actor, now=utcnow(), is_complete=False)
        for _ in range(9)
    ]
    large = officer.post(f"/xa/thu-hoi/moi?lo={lots[0].code}", data=typed(**start(lots[0]))).location
    for other in lots[1:]:
        assert officer.post(f"{large}/them-lo/{other.code}", data=typed(why="season")).status_code == 303
    officer.get(f"{small}{tail}")
    with sql_log() as few:
        officer.get(f"{small}{tail}")
    with sql_log() as many:
        officer.get(f"{large}{tail}")
    assert len(many) == len(few)
    session.expire_all()
    assert session.execute(text("SELECT count(*) FROM trace_recall_lots")).scalar_one() == 10


def test_the_page_of_a_recalled_lot_praises_nothing_and_says_what_to_do(officer, lot, begin):
    praise = ("hết thời gian cách ly ghi trên nhãn", "Sổ không ghi lần dùng thuốc nào")
    assert any(words in body(officer.get(f"/lo/{lot.code}")) for words in praise)
    begin()
    html = body(officer.get(f"/lo/{lot.code}"))
    assert "ĐANG THU HỒI" in html
    assert "Trang đơn hàng của bạn ghi cách trả hàng và nhận lại tiền." in html
    assert not any(words in html for words in praise)
