"""What officers see of buyers in a recall, and what buyers see of it: by the link of the order and signed in."""

import csv
import io
import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.accounts.rules import Role
from marketplace.core.clock import local_date, utcnow
from orders.queries.orders import get_order
from orders.services.deliver_consignment import follow_handover
from sellers.queries import get_household
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, list_parts, pack
from tests.factories.reactions import react as react_in_context
from tests.factories.sellers import make_commune, make_household
from tests.factories.traceability import make_officer_actor, make_recall, make_verified_lot
from tests.web.sign_in import sign_in
from traceability.services.recall_work import NoticeText, write_notice


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


@pytest.fixture
def react(app):
    """Do what the workers do, each time in a context of its own, as they have it."""

    def react(session):
        session.commit()
        with app.app_context():
            return react_in_context(session)

    return react


@pytest.fixture
def offer(session):
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id, amount=100, now=NOW)
    return make_offer(session, household_id, lot_id=lot.id, price=30_000, amount=60)


@pytest.fixture
def commune_id(session, offer):
    return get_household(session, offer.household_id).commune_id


@pytest.fixture
def officer(client, session, commune_id):
    sign_in(client, make_user(session, roles={Role.OFFICER}, commune_id=commune_id, title="Cán bộ xã"))
    return client


def test_the_buyer_reads_what_to_do_by_the_link_and_signed_in(client, session, offer, commune_id, react):
    user_id = make_user(session)
    placed = buy(session, {offer.offer_id: 1}, user_id=user_id)
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    session.execute(text("UPDATE logistics_parcels SET state = 'in_transit', booked_at = now()"))
    follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    recall = make_recall(session, offer.lot_id, remedy="return", instruction="Giữ nguyên túi", now=utcnow())
    write_notice(
        session=session,
        recall_id=recall.id,
        text=NoticeText("", "Nhà văn hóa thôn 3\nỦy ban xã", "0237 3812 345", local_date(utcnow()) + timedelta(days=5)),
        officer=make_officer_actor(commune_id),
        key=uuid.uuid4(),
        now=utcnow(),
    )
    react(session)
    page = f"/don/{placed.token}"
    for signed_in in (False, True):
        if signed_in:
            sign_in(client, user_id)
        html = body(client.get(page))
        for words in (
            "đang bị thu hồi", "Giữ nguyên túi", "Tồn dư thuốc", "Mang hàng đến nơi nhận lại rồi được hoàn tiền",
            "Nhà văn hóa thôn 3; Ủy ban xã", "0237 3812 345", "Kiện này đang được gọi về",
        ):  # fmt: skip
            assert words in html, words
    assert "Có hàng bị thu hồi" in body(client.get("/don-hang-cua-toi"))


def test_a_drill_says_nothing_to_buyers(client, session, offer, react):
    user_id = make_user(session)
    placed = buy(session, {offer.offer_id: 1}, user_id=user_id)
    make_recall(session, offer.lot_id, is_drill=True)
    react(session)
    assert "thu hồi" not in body(client.get(f"/don/{placed.token}"))
    sign_in(client, user_id)
    assert "bị thu hồi" not in body(client.get("/don-hang-cua-toi"))


def test_the_officer_sees_every_buyer_and_what_became_of_each_parcel(officer, session, offer, react):
    first = buy(session, {offer.offer_id: 1}, name="Lê Thị Đào")
    second = buy(session, {offer.offer_id: 2}, name="Trần Văn Mơ", email=None)
    part = list_parts(session, second.order_id)[0]
    pack(session, part)
    follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    session.execute(
        text(
            "UPDATE logistics_parcels SET state = 'in_transit', booked_at = now(), call_back = 'refused', "
            "call_back_asked_at = now(), call_back_reason = 'Order status already exists on the system'"
        )
    )
    recall = make_recall(session, offer.lot_id)
    react(session)
    html = body(officer.get(f"/xa/thu-hoi/{recall.id}"))
    for words in (
        "Lê Thị Đào", "Trần Văn Mơ", "0912 345 678", "Chưa gọi về được", "Order status already exists", "không có thư",
        "Đang vận chuyển", "Đã gửi 0 trên 1 thư",
    ):  # fmt: skip
        assert words in html, words
    sheet = officer.get(f"/xa/thu-hoi/{recall.id}/nguoi-mua.csv")
    assert sheet.get_data().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(sheet.get_data().decode("utf-8-sig"))))
    assert [(row["Đơn"], row["Người mua"], row["Số lượng"]) for row in rows] == [
        (get_order(session, first.order_id).number, "Lê Thị Đào", "1 kg"),
        (get_order(session, second.order_id).number, "Trần Văn Mơ", "2 kg"),
    ]
    assert rows[1]["Gọi về"] == "Chưa gọi về được"
    report = body(officer.get(f"/xa/thu-hoi/{recall.id}/bao-cao"))
    assert "2 đơn, 1 kiện đã rời hộ" in report
    assert "1 người phải gọi điện" in report
    returns = body(officer.get(f"/xa/thu-hoi/{recall.id}/hang-ve"))
    assert 'data-label="Đã gửi đi" class="num">2</td>' in returns


def test_telling_everybody_again_writes_only_to_those_who_do_not_know(officer, session, offer, react):
    pack(session, list_parts(session, buy(session, {offer.offer_id: 1}).order_id)[0])
    recall = make_recall(session, offer.lot_id)
    for _ in range(2):
        answer = officer.post(f"/xa/thu-hoi/{recall.id}/bao-nguoi-mua")
        assert answer.status_code == 303
        react(session)
    count = session.execute(text("SELECT count(*) FROM core_notices WHERE key LIKE '%recall-%'")).scalar_one()
    assert count == 1


def test_buyers_are_for_the_officers_of_that_commune_alone(client, session, offer):
    buy(session, {offer.offer_id: 1})
    recall = make_recall(session, offer.lot_id)
    drill = make_recall(session, make_verified_lot(session, offer.household_id).id, is_drill=True)
    pages = (f"/xa/thu-hoi/{recall.id}/nguoi-mua.csv", f"/xa/thu-hoi/{recall.id}")
    assert [client.get(page).status_code for page in pages] == [303, 303]
    sign_in(client, make_user(session, household_id=offer.household_id))
    assert [client.get(page).status_code for page in pages] == [403, 403]
    elsewhere = make_commune(session, code="16438", name="Xã Ba Làng")
    sign_in(client, make_user(session, roles={Role.OFFICER}, commune_id=elsewhere, title="Cán bộ xã Ba Làng"))
    assert [client.get(page).status_code for page in pages] == [404, 404]
    before = session.execute(text("SELECT count(*) FROM core_outbox")).scalar_one()
    assert client.post(f"/xa/thu-hoi/{recall.id}/bao-nguoi-mua").status_code == 404
    own = get_household(session, offer.household_id).commune_id
    sign_in(client, make_user(session, roles={Role.OFFICER}, commune_id=own, title="Cán bộ xã"))
    assert client.post(f"/xa/thu-hoi/{drill.id}/bao-nguoi-mua").status_code == 404, "a drill tells nobody"
    assert client.post("/xa/thu-hoi/999999/bao-nguoi-mua").status_code == 404
    assert session.execute(text("SELECT count(*) FROM core_outbox")).scalar_one() == before


def test_a_drill_shows_how_long_reaching_everybody_took(officer, session, offer, react):
    buy(session, {offer.offer_id: 1})
    drill = make_recall(session, offer.lot_id, is_drill=True)
    page = f"/xa/thu-hoi/{drill.id}"
    assert "Đang đo" in body(officer.get(page))
    react(session)
    assert "báo được cho 1 đơn hàng trong" in body(officer.get(page))
    assert "Thời gian báo cho mọi người" in body(officer.get(f"{page}/bao-cao"))


def test_ten_times_the_buyers_cost_no_more_statements(officer, session, offer, sql_log):
    buy(session, {offer.offer_id: 1})
    recall = make_recall(session, offer.lot_id, is_drill=True)
    pages = [f"/xa/thu-hoi/{recall.id}{tail}" for tail in ("", "/bao-cao", "/nguoi-mua.csv", "/hang-ve")]
    counts = []
    for more in (0, 20):
        for number in range(more):
            buy(session, {offer.offer_id: 1}, email=f"b{number}@thu.example")
        for page in pages:
            officer.get(page)
        with sql_log() as statements:
            for page in pages:
                body(officer.get(page))
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_letters_that_went_out_are_the_duty_and_the_clock(officer, session, offer, react):
    def told_row():
        html = body(officer.get(f"/xa/thu-hoi/{recall.id}"))
        return re.search(r"Báo cho mọi người mua</t[hd]>.*?</tr>", html, re.DOTALL)[0]

    part = list_parts(session, buy(session, {offer.offer_id: 1}).order_id)[0]
    pack(session, part)
    follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    recall = make_recall(session, offer.lot_id)
    react(session)
    assert "Mọi người mua đã được gửi thư" not in told_row()
    session.execute(text("UPDATE core_notices SET state = 'sent', sent_at = now() WHERE key LIKE '%recall-%'"))
    row = told_row()
    assert "Mọi người mua đã được gửi thư" in row
    assert "<form" not in row, "nobody has to note it"
    form = {"form_key": str(uuid.uuid4())}
    for step in ("chain_told", "notice_sent", "media_told", "authority_told", "finished"):
        assert officer.post(f"/xa/thu-hoi/{recall.id}/viec", data={**form, "step": step}).status_code == 303, step
    assert "Đã báo đủ trong" in body(officer.get(f"/xa/thu-hoi/{recall.id}"))
    report = body(officer.get(f"/xa/thu-hoi/{recall.id}/bao-cao"))
    assert "Mọi người mua đã được gửi thư" in report


def test_somebody_without_an_address_has_to_be_phoned_first(officer, session, offer, react):
    for email in ("dao@thu.example", None):
        part = list_parts(session, buy(session, {offer.offer_id: 1}, email=email).order_id)[0]
        pack(session, part)
        follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    recall = make_recall(session, offer.lot_id)
    react(session)
    session.execute(text("UPDATE core_notices SET state = 'sent', sent_at = now() WHERE key LIKE '%recall-%'"))
    assert "Mọi người mua đã được gửi thư" not in body(officer.get(f"/xa/thu-hoi/{recall.id}"))


def test_another_place_to_bring_goods_goes_out_in_a_letter_of_its_own(officer, session, offer, react):
    part = list_parts(session, buy(session, {offer.offer_id: 1}).order_id)[0]
    pack(session, part)
    follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    recall = make_recall(session, offer.lot_id)
    react(session)

    def write(places):
        until = local_date(utcnow()) + timedelta(days=5)
        fields = {"places": places, "contact": "0237 3812 345", "until_on": until.isoformat(), "packing": ""}
        form = {"form_key": str(uuid.uuid4()), **fields}
        assert officer.post(f"/xa/thu-hoi/{recall.id}/loi-bao", data=form).status_code == 303

    def tell():
        answer = officer.post(f"/xa/thu-hoi/{recall.id}/bao-nguoi-mua", follow_redirects=True)
        react(session)
        return body(answer)

    def letters():
        return (
            session.execute(text("SELECT body_text FROM core_notices WHERE key LIKE '%recall-%' ORDER BY id"))
            .scalars()
            .all()
        )

    assert "chợ không gửi lại" in tell()
    write("Nhà văn hóa thôn 3")
    assert "Mới soạn 0 trên 1 thư" in body(officer.get(f"/xa/thu-hoi/{recall.id}"))
    for said in ("Đang gửi 1 thư", "chợ không gửi lại"):
        assert said in tell()
    write("Nhà văn hóa thôn 3")
    assert "chợ không gửi lại" in tell(), "the same words again are no news"
    write("Ủy ban xã")
    assert "Đang gửi 1 thư" in tell()
    write("Nhà văn hóa thôn 3")
    assert "Đang gửi 1 thư" in tell(), "back at the first place, which buyers have to be told"
    said = letters()
    assert len(said) == 4
    assert ["Nhà văn hóa thôn 3" in one for one in said] == [False, True, False, True]
