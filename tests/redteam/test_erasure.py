"""Having oneself erased in order to get away from a recall, from buyers, or from what was sold."""

from html import unescape

import pytest
from sqlalchemy import text

from marketplace.accounts.rules import Role
from marketplace.desk.tasks import run_waiting_erasures
from sellers.queries import get_household
from tests.factories.accounts import make_user
from tests.factories.sellers import make_household
from tests.factories.traceability import make_recall, make_verified_lot
from tests.web.sign_in import sign_in

RECALLED = "đang bị thu hồi"


def body(response, status=200):
    html = unescape(response.get_data(as_text=True))
    assert response.status_code == status, html[:2000]
    return html


@pytest.fixture
def operator(session):
    return make_user(session, roles={Role.OPERATOR}, name="Điều hành")


@pytest.fixture
def home(session):
    return make_household(session, shown_name="Nhà bà Mận", representative="Quách Thị Mận")


@pytest.fixture
def owner(session, home):
    return make_user(session, household_id=home, name="Quách Thị Mận", email="man@choque.example")


@pytest.fixture
def recall(session, home):
    found = make_recall(session, make_verified_lot(session, home).id)
    session.commit()
    return found


def ask(client, session, owner, subject="household"):
    sign_in(client, owner)
    assert client.post("/tai-khoan/xoa-du-lieu", data={"subject": subject}).status_code == 303
    return session.scalar(text("SELECT max(id) FROM trace_erasures"))


def state(session, erasure_id):
    session.expire_all()
    return session.scalar(text("SELECT state FROM trace_erasures WHERE id = :id"), {"id": erasure_id})


def run(client, session):
    session.commit()
    with client.application.app_context():
        run_waiting_erasures()
    session.expire_all()


@pytest.mark.attack("erased-during-a-recall")
@pytest.mark.parametrize("subject", ["household", "account"])
def test_a_recall_goes_first_and_the_erasure_then_runs_by_itself(
    client, session, home, owner, operator, recall, subject
):
    erasure_id = ask(client, session, owner, subject)
    html = body(client.get("/tai-khoan/xoa-du-lieu"))
    assert f"Lô {recall.lot_code} {RECALLED}" in html
    assert "Giữ đến khi xã đóng đợt thu hồi." in html
    sign_in(client, operator)
    address = f"/dieu-hanh/xoa-du-lieu/{erasure_id}"
    assert RECALLED in body(client.get(address))
    assert client.post(f"{address}/xoa").status_code == 303
    assert state(session, erasure_id) == "waiting"
    run(client, session)
    assert state(session, erasure_id) == "waiting"
    assert get_household(session, home).representative == "Quách Thị Mận"
    officer = make_user(
        session, roles={Role.OFFICER}, commune_id=get_household(session, home).commune_id, name="Anh Bình"
    )
    sign_in(client, officer)
    assert "Nhà bà Mận" in body(client.get(f"/xa/thu-hoi/{recall.id}/thong-bao")), "the notice names the producer"

    session.execute(
        text(
            "INSERT INTO trace_recall_steps (recall_id, step, note, officer_party, officer_title, done_at)"
            " VALUES (:id, 'closed', '', :party, 'Cán bộ', now())"
        ),
        {"id": recall.id, "party": "OFFICER"},
    )
    run(client, session)
    assert state(session, erasure_id) == "done"
    assert get_household(session, home).is_erased is (subject == "household")
    name = session.scalar(text("SELECT name FROM accounts_users WHERE id = :id"), {"id": owner})
    assert name == "Đã xóa theo yêu cầu"


@pytest.mark.attack("erase-another-household")
def test_a_helper_cannot_have_the_household_erased(client, session, home):
    helper = make_user(session, roles={Role.HELPER}, household_id=home, name="Bùi Xuyến", phone="+84905111222")
    sign_in(client, helper)
    assert client.post("/tai-khoan/xoa-du-lieu", data={"subject": "household"}).status_code == 404
    assert session.scalar(text("SELECT count(*) FROM trace_erasures")) == 0


@pytest.mark.attack("declare-oneself-paid-out")
def test_a_household_cannot_note_that_it_was_paid_out(client, session, owner):
    erasure_id = ask(client, session, owner)
    assert client.post(f"/dieu-hanh/xoa-du-lieu/{erasure_id}/da-chuyen-tien").status_code in {403, 404}
    assert session.scalar(text("SELECT paid_out_at FROM trace_erasures")) is None
