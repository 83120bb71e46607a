"""The commune's desk: who may decide, and what happens then."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.accounts.queries import load_actor
from marketplace.accounts.rules import Role
from marketplace.core.clock import utcnow
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune, make_household
from tests.factories.traceability import (
    make_keeper,
    make_lot,
    make_season,
    make_verified_lot,
    make_waiting_lot,
)
from tests.web.sign_in import sign_in
from traceability.models.custody import Recall, Verification
from traceability.queries.chain import verify_chain
from traceability.queries.lots import get_lot
from traceability.rules.entries import IncomingEntry
from traceability.services.diary import record_incoming
from traceability.services.lots import split_lot


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


def state_of(session, lot):
    session.expire_all()
    return get_lot(session, lot.id).state


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def waiting(session, home):
    return make_waiting_lot(session, home.household_id, actor=home.actor, now=utcnow())


def test_the_inbox_shows_the_oldest_first_and_what_is_late(officer, session, home, waiting):
    old = make_waiting_lot(
        session, home.household_id, actor=home.actor, now=utcnow() - timedelta(days=3), produce="Cải bẹ"
    )
    html = body(officer.get("/xa/cho-xac-nhan"))
    assert html.index(old.code) < html.index(waiting.code)
    assert html.count("Đã trễ") == 1


def test_an_officer_verifies_once(officer, session, home, waiting, typed):
    html = body(officer.get(f"/xa/lo/{waiting.code}"))
    assert "Xác nhận" in html
    assert "Cửa hàng vật tư" in html, "the commune reads what the public does not"
    html = body(officer.post(f"/xa/lo/{waiting.code}/xac-nhan", data=typed()), 422)
    assert "Hãy đọc sổ và ảnh của lô rồi đánh dấu vào ô này." in html
    assert state_of(session, waiting) == "awaiting_verification"
    form = typed(has_read="y")
    for _ in range(2):
        response = officer.post(f"/xa/lo/{waiting.code}/xac-nhan", data=form)
        assert (response.status_code, response.location) == (303, "/xa/cho-xac-nhan")
    assert state_of(session, waiting) == "verified"
    assert count(session, Verification) == 1
    body(officer.post(f"/xa/lo/{waiting.code}/xac-nhan", data=typed(has_read="y")), 409)
    assert verify_chain(session, home.household_id).is_intact


def test_a_lot_goes_back_with_a_reason(officer, session, waiting, typed):
    page = f"/xa/lo/{waiting.code}/tra-lai"
    for reason, complaint in (
        ("", "Hãy ghi lý do"),
        ("x" * 121, "Đoạn này quá dài"),
        ("Gọi 0912345678", "Đừng ghi số điện thoại"),
    ):
        assert complaint in body(officer.post(page, data=typed(reason=reason)), 422)
    assert state_of(session, waiting) == "awaiting_verification"
    assert officer.post(page, data=typed(reason="Ảnh chưa rõ ruộng")).status_code == 303
    assert state_of(session, waiting) == "sent_back"


def test_only_a_lot_that_waits_has_a_deadline(officer, session, home, typed):
    lot = make_waiting_lot(session, home.household_id, actor=home.actor, now=utcnow() - timedelta(days=9))
    html = body(officer.get(f"/xa/lo/{lot.code}"))
    assert "Hạn trả lời" in html
    assert "Đã trễ" in html
    assert officer.post(f"/xa/lo/{lot.code}/tra-lai", data=typed(reason="Ảnh chưa rõ ruộng")).status_code == 303
    html = body(officer.get(f"/xa/lo/{lot.code}"))
    assert "Hạn trả lời" not in html
    assert "Đã trễ" not in html
    assert "Xã chưa xác nhận lô này." in html
    assert "Hãy gửi xã xác nhận" not in html, "that is for the household"


def test_the_household_reads_the_reason(client, session, home, officer_id, waiting, typed):
    sign_in(client, officer_id)
    client.post(f"/xa/lo/{waiting.code}/tra-lai", data=typed(reason="Ảnh chưa rõ ruộng"))
    sign_in(client, home.user_id)
    html = body(client.get(f"/so-tay/lo/{waiting.code}"))
    assert "Ảnh chưa rõ ruộng" in html
    assert "Gửi xã xác nhận" in html


def test_who_sent_a_lot_back_may_verify_it_later(client, session, home, officer_id, waiting, typed):
    sign_in(client, officer_id)
    client.post(f"/xa/lo/{waiting.code}/tra-lai", data=typed(reason="Ảnh chưa rõ ruộng"))
    sign_in(client, home.user_id)
    assert client.post(f"/so-tay/lo/{waiting.code}/gui-xa", data=typed()).status_code == 303
    sign_in(client, officer_id)
    assert client.post(f"/xa/lo/{waiting.code}/xac-nhan", data=typed(has_read="y")).status_code == 303
    assert state_of(session, waiting) == "verified"


def test_nobody_verifies_what_they_wrote(client, session, home, typed):
    officer_id = make_user(
        session, roles={Role.OFFICER}, commune_id=home.commune_id, title="Cán bộ nông nghiệp xã Tân Ninh"
    )
    hand = load_actor(session, officer_id, home.household_id)
    lot = make_waiting_lot(session, home.household_id, actor=hand, now=utcnow())
    sign_in(client, officer_id)
    html = body(client.get(f"/xa/lo/{lot.code}"))
    assert "Bạn không được tự xác nhận lô này" in html
    assert f"/xa/lo/{lot.code}/xac-nhan" not in html
    assert "không được tự xác nhận" in body(client.post(f"/xa/lo/{lot.code}/xac-nhan", data=typed(has_read="y")), 422)
    assert state_of(session, lot) == "awaiting_verification"


def test_other_communes_do_not_exist(client, session, home, waiting, typed):
    elsewhere = make_commune(session, code="16438", name="Xã Ba Làng")
    stranger = make_user(session, roles={Role.OFFICER}, commune_id=elsewhere, title="Cán bộ xã Ba Làng")
    sign_in(client, stranger)
    for page in (f"/xa/lo/{waiting.code}", f"/xa/thu-hoi/moi?lo={waiting.code}", "/xa/thu-hoi/1"):
        assert client.get(page).status_code == 404, page
    recall = typed(kind="real", reason="Thử", instruction="Thử")
    for page, form in (
        (f"/xa/lo/{waiting.code}/xac-nhan", typed(has_read="y")),
        (f"/xa/lo/{waiting.code}/tra-lai", typed(reason="Không rõ")),
        (f"/xa/thu-hoi/moi?lo={waiting.code}", recall),
    ):
        assert client.post(page, data=form).status_code == 404, page
    assert waiting.code not in body(client.get("/xa/cho-xac-nhan"))
    assert waiting.code not in body(client.get("/xa/lo"))
    assert state_of(session, waiting) == "awaiting_verification"


@pytest.mark.parametrize("page", ["/xa/cho-xac-nhan", "/xa/lo", "/xa/thu-hoi", "/xa/thu-hoi/moi"])
def test_households_have_no_desk_there(keeper, page):
    assert keeper.get(page).status_code == 403


def test_lots_are_found_by_state_and_by_name(officer, session, home, waiting):
    done = make_verified_lot(session, home.household_id, actor=home.actor, now=utcnow(), produce="Cải bẹ")
    html = body(officer.get("/xa/lo?trang-thai=verified"))
    assert done.code in html
    assert waiting.code not in html
    html = body(officer.get("/xa/lo", query_string={"tim": "rau mu"}))
    assert waiting.code in html
    assert done.code not in html
    for query in ("?trang-thai=gi-do&trang=abc", "?trang=-5", "?trang=99999999999", "?tim=%00%25_"):
        body(officer.get(f"/xa/lo{query}"))


def test_a_drill_stops_nothing_and_a_recall_stops_everything(officer, session, home, typed):
    now = utcnow()
    lot = make_verified_lot(session, home.household_id, actor=home.actor, now=now)
    part = split_lot(
        session=session,
        household_id=home.household_id,
        lot_id=lot.id,
        parts=[lot.quantity_made / 2],
        happened_on=lot.made_on,
        actor=home.actor,
        key=uuid.uuid4(),
        now=now,
    )[0]
    page = f"/xa/thu-hoi/moi?lo={lot.code.lower()}"
    html = body(officer.get(page))
    assert part.code in html
    words = {"reason": "Dư lượng thuốc", "instruction": "Đừng ăn", "remedy": "refund"}
    for fields, complaint in (
        ({**words, "kind": ""}, "Hãy chọn"),
        ({**words, "kind": "drill", "reason": ""}, "Hãy ghi vì sao thu hồi."),
        ({**words, "kind": "drill", "instruction": " "}, "Hãy ghi người mua phải làm gì"),
        ({**words, "kind": "drill", "reason": "x" * 501}, "Đoạn này quá dài. Tối đa 500 ký tự."),
    ):
        assert complaint in body(officer.post(page, data=typed(**fields)), 422)
    assert count(session, Recall) == 0

    drill = typed(**words, kind="drill")
    locations = {officer.post(page, data=drill).location for _ in range(2)}
    assert len(locations) == count(session, Recall) == 1
    assert "Đây là diễn tập" in body(officer.get(locations.pop()))
    assert (state_of(session, lot), state_of(session, part)) == ("verified", "verified")

    words["sure"] = lot.code
    response = officer.post(page, data=typed(**words, kind="real"))
    assert response.status_code == 303
    html = body(officer.get(response.location))
    assert "ĐANG THU HỒI" in html
    assert part.code in html
    assert (state_of(session, lot), state_of(session, part)) == ("recalled", "recalled")
    html = body(officer.get("/xa/thu-hoi"))
    assert "Diễn tập" in html
    assert "Thu hồi thật" in html
    body(officer.post(page, data=typed(**words, kind="real")), 409)
    assert verify_chain(session, home.household_id).is_intact


def test_a_recall_reaches_what_other_households_made_of_it(officer, session, home, typed):
    now = utcnow()
    lot = make_verified_lot(session, home.household_id, actor=home.actor, now=now)
    other = make_household(session, shown_name="Hộ ông Bình", commune_id=home.commune_id)
    season = make_season(session, other, produce="Dưa muối", template="processed", now=now)
    record_incoming(
        session=session,
        household_id=other,
        season_id=season.id,
        entry=IncomingEntry(what="ingredient", name="Rau", happened_on=lot.made_on, supplier_lot=lot.code.lower()),
        actor=make_keeper(other),
        key=uuid.uuid4(),
        now=now,
    )
    made = make_lot(session, other, season=season, produce="Dưa muối", now=now, is_complete=False)
    unrelated = make_lot(session, other, produce="Cải bẹ", now=now, is_complete=False)
    page = f"/xa/thu-hoi/moi?lo={lot.code}"
    assert "Hộ ông Bình" in body(officer.get(page))
    form = typed(kind="real", reason="Dư lượng thuốc", instruction="Đừng ăn", remedy="refund", sure=lot.code)
    assert officer.post(page, data=form).status_code == 303
    assert (state_of(session, made), state_of(session, unrelated)) == ("recalled", "recorded")
    assert verify_chain(session, other).is_intact
