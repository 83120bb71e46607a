"""Labels of households and the operator's pages: who sees what, and what buttons do."""

from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from logistics.ports import Label
from logistics.services.hear import keep_label
from marketplace.accounts.rules import Role
from marketplace.core.clock import utcnow
from marketplace.core.ledger import list_balances
from tests.factories.accounts import make_user
from tests.factories.logistics import get_row, list_events, make_booked_parcel, make_parcel, say
from tests.factories.sellers import make_commune, make_household
from tests.web.sign_in import sign_in

REF = "DH-ABC1234-1"
LABEL = f"/buu-gui/{REF}/nhan"
OPERATOR_PAGES = ("/dieu-hanh/buu-gui", "/dieu-hanh/buu-gui/{id}")
OPERATOR_STEPS = ("hoi-lai", "huy", "da-xem", "da-nhan-tien")


@pytest.fixture
def household_id(session: Session) -> int:
    return make_household(session)


@pytest.fixture
def parcel_id(session: Session, household_id: int) -> int:
    return make_booked_parcel(session, household_id)


def enter(client: FlaskClient, session: Session, *roles: Role, **about: int) -> None:
    user_id = make_user(session, roles=roles, **about)  # type: ignore[arg-type]
    session.commit()
    sign_in(client, user_id)


def operate(client: FlaskClient, session: Session) -> None:
    enter(client, session, Role.OPERATOR)


def read(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return unescape(response.get_data(as_text=True))


@pytest.mark.usefixtures("parcel_id")
def test_a_household_prints_the_label_of_its_own_parcel(
    client: FlaskClient, session: Session, household_id: int
) -> None:
    enter(client, session, Role.HOUSEHOLD, household_id=household_id)
    page = read(client, LABEL)
    for text in (
        "Nguyễn Văn An",
        "Số 12 phố Hàng Bột, Phường Ba Đình",
        "15000000001",
        "215.000",
        "Cam Vân Du 3 kg",
    ):
        assert text in page
    assert 'class="paper-a6"' in page
    assert "<path" in page
    assert "style=" not in page


@pytest.mark.usefixtures("parcel_id")
def test_the_carriers_own_label_is_linked_as_long_as_it_works(
    client: FlaskClient, session: Session, household_id: int, parcel_id: int
) -> None:
    url = "https://digitalize.viettelpost.vn/DigitalizePrint/report.do?type=2&bill=AB&showPostage=1"
    label = Label("text/html", url=url, expires_at=utcnow() + timedelta(days=1))
    keep_label(session=session, parcel_id=parcel_id, label=label)
    enter(client, session, Role.HOUSEHOLD, household_id=household_id)
    assert url in read(client, LABEL)
    keep_label(
        session=session,
        parcel_id=parcel_id,
        label=Label("text/html", url=url, expires_at=utcnow() - timedelta(days=1)),
    )
    session.commit()
    assert url not in read(client, LABEL)


def test_a_file_of_the_carrier_is_served_as_it_is(
    client: FlaskClient, session: Session, household_id: int, parcel_id: int
) -> None:
    keep_label(session=session, parcel_id=parcel_id, label=Label("application/pdf", content=b"%PDF-1.7"))
    enter(client, session, Role.HOUSEHOLD, household_id=household_id)
    response = client.get(LABEL)
    assert (response.status_code, response.mimetype, response.data) == (200, "application/pdf", b"%PDF-1.7")
    assert response.headers["Content-Disposition"] == f'inline; filename="{REF}.pdf"'


def test_a_parcel_without_waybill_prints_our_code_and_says_so(
    client: FlaskClient, session: Session, household_id: int
) -> None:
    make_parcel(session, household_id)
    enter(client, session, Role.HOUSEHOLD, household_id=household_id)
    page = read(client, LABEL)
    assert "chưa cấp mã vận đơn" in page
    assert REF in page


def test_the_label_of_a_cancelled_parcel_is_not_printed(
    client: FlaskClient, session: Session, household_id: int
) -> None:
    parcel_id = make_parcel(session, household_id)
    session.execute(
        sqlalchemy.text("UPDATE logistics_parcels SET state = 'cancelled' WHERE id = :id"), {"id": parcel_id}
    )
    enter(client, session, Role.HOUSEHOLD, household_id=household_id)
    response = client.get(LABEL)
    assert response.status_code == 409
    assert "Vận đơn này đã hủy nên không in nhãn nữa." in response.text
    assert "Nguyễn Văn An" not in response.text


@pytest.mark.usefixtures("parcel_id")
def test_nobody_else_sees_a_label(client: FlaskClient, session: Session) -> None:
    assert client.get(LABEL).status_code == 303
    other = make_household(session, shown_name="Hộ ông Tư")
    enter(client, session, Role.HOUSEHOLD, household_id=other)
    response = client.get(LABEL)
    assert response.status_code == 404
    assert "Nguyễn Văn An" not in response.get_data(as_text=True)
    assert client.get("/buu-gui/DH-KHONG-1/nhan").status_code == 404


@pytest.mark.usefixtures("parcel_id")
@pytest.mark.parametrize("role", [Role.BUYER, Role.OFFICER, Role.OPERATOR])
def test_who_sells_nothing_has_no_labels(client: FlaskClient, session: Session, role: Role) -> None:
    about = {"commune_id": make_commune(session)} if role == Role.OFFICER else {}
    enter(client, session, role, **about)
    assert client.get(LABEL).status_code == 403


@pytest.mark.parametrize("role", [Role.BUYER, Role.HOUSEHOLD, Role.OFFICER])
def test_only_operators_see_and_move_all_parcels(
    client: FlaskClient, session: Session, household_id: int, parcel_id: int, role: Role
) -> None:
    about = {
        Role.HOUSEHOLD: {"household_id": household_id},
        Role.OFFICER: {"commune_id": make_commune(session)},
    }
    enter(client, session, role, **about.get(role, {}))
    for path in OPERATOR_PAGES:
        assert client.get(path.format(id=parcel_id)).status_code == 403
    for step in OPERATOR_STEPS:
        assert client.post(f"/dieu-hanh/buu-gui/{parcel_id}/{step}").status_code == 403
    assert get_row(session, parcel_id).state == "booked"
    assert list_events(session)[-1] == ("parcel_booked", "booked")


def test_strangers_are_sent_to_the_door(client: FlaskClient, session: Session, parcel_id: int) -> None:
    assert client.get("/dieu-hanh/buu-gui").status_code == 303
    for step in OPERATOR_STEPS:
        assert client.post(f"/dieu-hanh/buu-gui/{parcel_id}/{step}").status_code == 401
    assert get_row(session, parcel_id).state == "booked"


@pytest.mark.usefixtures("parcel_id")
def test_the_list_filters_by_state_call_and_code(client: FlaskClient, session: Session, household_id: int) -> None:
    make_parcel(session, household_id, reference="DH-XYZ9999-1")
    say(session, None, code="570")
    operate(client, session)
    everything = read(client, "/dieu-hanh/buu-gui")
    assert REF in everything
    assert "DH-XYZ9999-1" in everything
    assert "215.000" in everything
    calls = read(client, "/dieu-hanh/buu-gui?trang-thai=attention")
    assert REF in calls
    assert "DH-XYZ9999-1" not in calls
    assert "mã trạng thái mà chợ chưa biết" in calls
    assert "DH-XYZ9999-1" in read(client, "/dieu-hanh/buu-gui?trang-thai=planned")
    assert REF not in read(client, "/dieu-hanh/buu-gui?trang-thai=planned")
    assert REF in read(client, "/dieu-hanh/buu-gui?tim=15000000001")
    assert "Không có bưu gửi nào" in read(client, "/dieu-hanh/buu-gui?tim=%25_")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("trang-thai=bay", 404),
        ("trang=-5", 200),
        ("trang=9999999999999999999999", 200),
        ("trang=x", 200),
        ("tim=" + "a" * 5000, 200),
        ("tim=%00", 404),
    ],
    ids=["state", "page-below", "page-above", "page-text", "long", "nul"],
)
def test_bad_questions_break_nothing(client: FlaskClient, session: Session, query: str, status: int) -> None:
    operate(client, session)
    assert client.get(f"/dieu-hanh/buu-gui?{query}").status_code == status


def test_the_page_of_a_parcel_shows_every_word(client: FlaskClient, session: Session, parcel_id: int) -> None:
    say(session, "delivery_failed", minute=5, code="506", reason="Không liên lạc được với người nhận")
    operate(client, session)
    page = read(client, f"/dieu-hanh/buu-gui/{parcel_id}")
    for text in (
        "Giao chưa được",
        "506",
        "Không liên lạc được",
        "Bưu cục Hàm Rồng",
        "Nguyễn Văn An",
        "31.000",
    ):
        assert text in page
    assert "style=" not in page


def test_a_parcel_that_does_not_exist_is_not_found(client: FlaskClient, session: Session) -> None:
    operate(client, session)
    assert client.get("/dieu-hanh/buu-gui/999999").status_code == 404
    for step in OPERATOR_STEPS[:3]:
        assert client.post(f"/dieu-hanh/buu-gui/999999/{step}").status_code == 404


def test_an_operator_cancels_a_parcel(client: FlaskClient, session: Session, parcel_id: int) -> None:
    operate(client, session)
    response = client.post(f"/dieu-hanh/buu-gui/{parcel_id}/huy")
    assert (response.status_code, response.location) == (303, f"/dieu-hanh/buu-gui/{parcel_id}")
    assert list_events(session)[-1] == ("parcel_cancel_asked", "booked")


def test_asking_again_is_refused_for_a_parcel_on_its_way(client: FlaskClient, session: Session, parcel_id: int) -> None:
    operate(client, session)
    response = client.post(f"/dieu-hanh/buu-gui/{parcel_id}/hoi-lai")
    assert response.status_code == 409
    assert "Bưu gửi đã sang bước khác" in unescape(response.get_data(as_text=True))
    assert list_events(session)[-1] == ("parcel_booked", "booked")


def test_an_operator_has_the_carrier_asked_again(client: FlaskClient, session: Session, household_id: int) -> None:
    parcel_id = make_parcel(session, household_id)
    operate(client, session)
    assert client.post(f"/dieu-hanh/buu-gui/{parcel_id}/hoi-lai").status_code == 303
    assert [name for name, _ in list_events(session)] == ["parcel_planned", "parcel_planned"]


def test_an_operator_ends_a_call(client: FlaskClient, session: Session, parcel_id: int) -> None:
    say(session, None, code="570")
    operate(client, session)
    assert client.post(f"/dieu-hanh/buu-gui/{parcel_id}/da-xem").status_code == 303
    assert get_row(session, parcel_id).attention is None


def test_cash_that_was_paid_out_is_booked_with_its_statement(
    client: FlaskClient, session: Session, parcel_id: int
) -> None:
    say(session, "delivered")
    operate(client, session)
    path = f"/dieu-hanh/buu-gui/{parcel_id}/da-nhan-tien"
    empty = client.post(path, data={"statement": "  "})
    assert empty.status_code == 422
    assert "Hãy ghi số bảng kê" in unescape(empty.get_data(as_text=True))
    assert dict(list_balances(session))["carrier:viettelpost"] == 215_000
    assert client.post(path, data={"statement": "BK-2026-11"}).status_code == 303
    assert client.post(path, data={"statement": "BK-2026-11"}).status_code == 303
    assert dict(list_balances(session))["bank:main"] == 215_000
    assert "BK-2026-11" in read(client, f"/dieu-hanh/buu-gui/{parcel_id}")


def test_cash_that_nobody_collected_cannot_be_paid_out(client: FlaskClient, session: Session, parcel_id: int) -> None:
    operate(client, session)
    response = client.post(f"/dieu-hanh/buu-gui/{parcel_id}/da-nhan-tien", data={"statement": "BK-1"})
    assert response.status_code == 409
    assert list_balances(session) == []
