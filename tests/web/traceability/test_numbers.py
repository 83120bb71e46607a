"""GS1 numbers through a browser without JavaScript: the household's pages and the officer's word."""

import pytest
from sqlalchemy import func, select

from marketplace.accounts.rules import Role
from marketplace.core.clock import utcnow
from sellers.queries import get_household
from tests.factories.accounts import make_user
from tests.factories.gs1 import GTIN, PREFIX, make_gtin, make_prefix
from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot
from tests.web.sign_in import sign_in
from traceability.models.names import Alias, Gs1Loan, Gs1Prefix, ProductNumber
from traceability.rules.gs1 import with_check_digit

BASE = "/ho-cua-toi/ma-so"


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_from_the_claim_to_the_number(client, session, home, officer_id, typed):
    sign_in(client, home.user_id)
    make_lot(session, home.household_id, actor=home.actor, now=utcnow())
    html = body(client.get(BASE))
    assert "Chưa có mã GS1 vẫn bán được" in html
    assert "gtin?hang=" not in html
    assert "chưa dùng được mã doanh nghiệp" in body(client.get(f"{BASE}/gtin"))
    claim = typed(prefix="893 850 123", paper_no="GS1-2026-0042")
    for _ in range(2):
        response = client.post(f"{BASE}/doanh-nghiep", data=claim)
        assert (response.status_code, response.location) == (303, BASE)
    assert count(session, Gs1Prefix) == 1
    assert "Chờ xã xem giấy" in body(client.get(BASE))
    prefix_id = session.scalar(select(Gs1Prefix.id))
    sign_in(client, officer_id)
    assert "GS1-2026-0042" in body(client.get("/xa/tem-ma"))
    for _ in range(2):
        response = client.post(f"/xa/tem-ma/ma-gs1/{prefix_id}", data={"decision": "dat"})
        assert (response.status_code, response.location) == (303, "/xa/tem-ma")
    sign_in(client, home.user_id)
    html = body(client.get(BASE))
    assert "Đã xác nhận" in html
    assert f"{BASE}/gtin?hang=rau-muong.kg" in html
    html = body(client.get(f"{BASE}/gtin?hang=rau-muong.kg"))
    assert 'value="8938501230003"' in html, "the next free number is put in"
    assert client.post(f"{BASE}/gtin", data={"product": "rau-muong.kg", "gtin": GTIN}).status_code == 303
    assert session.scalar(select(ProductNumber.gtin)) == GTIN
    assert client.post(f"{BASE}/gln", data={"place": "ho", "gln": "8938501230003"}).status_code == 303
    response = client.post(f"{BASE}/gln", data={"place": str(home.site_id), "gln": "8938501230010"})
    assert response.status_code == 303
    assert count(session, Alias) == 3
    html = body(client.get(BASE))
    for told in (GTIN, "8938501230003", "8938501230010"):
        assert told in html


@pytest.mark.parametrize(
    ("page", "fields", "complaint"),
    [
        ("doanh-nghiep", {"prefix": "2012345", "paper_no": "1"}, "chỉ dùng trong nội bộ"),
        ("doanh-nghiep", {"prefix": "", "paper_no": "1"}, "Hãy nhập mã doanh nghiệp."),
        ("doanh-nghiep", {"prefix": "8938509", "paper_no": " "}, "Hãy ghi số giấy chứng nhận."),
        ("doanh-nghiep", {"prefix": PREFIX, "paper_no": "1"}, "Hộ đã khai mã này rồi."),
        ("gtin", {"product": "rau-muong.kg", "gtin": "8938501230011"}, "đúng ra là 0"),
        (
            "gtin",
            {"product": "rau-muong.kg", "gtin": with_check_digit("893600000000")},
            "không nằm trong mã doanh nghiệp",
        ),
        ("gtin", {"product": "vang.kg", "gtin": GTIN}, "Hãy chọn mặt hàng mà hộ đã có lô."),
        ("gtin", {"product": "", "gtin": ""}, "Hãy nhập mã GTIN."),
        ("gln", {"place": "ho", "gln": "123"}, "đúng 13 chữ số"),
        ("dung-chung", {"prefix_id": "0", "borrower": "H-1"}, "Có chỗ cần sửa"),
        ("dung-chung", {"borrower": "KHONG-CO"}, "Không tìm thấy hộ có mã này"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(keeper, session, home, typed, page, fields, complaint):
    prefix_id = make_prefix(session, home.household_id, now=utcnow())
    make_lot(session, home.household_id, actor=home.actor, now=utcnow())
    if page == "dung-chung":
        fields = {"prefix_id": str(prefix_id), **fields}
    html = body(keeper.post(f"{BASE}/{page}", data=typed(**fields)), 422)
    assert complaint in html
    assert "has-error" in html
    for value in fields.values():
        assert not value.strip() or f'value="{value}"' in html or value in {"rau-muong.kg", "vang.kg", "ho", "0"}
    assert count(session, Gs1Prefix) == 1
    assert (count(session, ProductNumber), count(session, Alias), count(session, Gs1Loan)) == (0, 0, 0)


def test_a_used_number_is_refused_and_another_one_conflicts(keeper, session, home):
    make_prefix(session, home.household_id, now=utcnow())
    for produce in ("Rau muống", "Bưởi"):
        make_lot(session, home.household_id, produce=produce, actor=home.actor, now=utcnow())
    make_gtin(session, home.household_id, now=utcnow())
    html = body(keeper.post(f"{BASE}/gtin", data={"product": "buoi.kg", "gtin": GTIN}), 422)
    assert "đã gắn cho “Rau muống” của hộ mình" in html
    html = body(keeper.post(f"{BASE}/gtin", data={"product": "rau-muong.kg", "gtin": "8938501230027"}), 409)
    assert "không đổi được nữa" in html
    assert session.scalars(select(ProductNumber.gtin)).all() == [GTIN]


def test_lending_and_ending_it(keeper, session, home):
    prefix_id = make_prefix(session, home.household_id, now=utcnow())
    member = make_household(session, shown_name="Hộ ông Bình")
    code = get_household(session, member).code
    assert keeper.post(f"{BASE}/dung-chung", data={"prefix_id": prefix_id, "borrower": code}).status_code == 303
    loan_id = session.scalar(select(Gs1Loan.id))
    assert "Hộ ông Bình" in body(keeper.get(BASE))
    for _ in range(2):
        assert keeper.post(f"{BASE}/dung-chung/{loan_id}/thoi").status_code == 303
    assert "Hộ ông Bình" not in body(keeper.get(BASE))
    assert keeper.post(f"{BASE}/dung-chung/{loan_id + 1}/thoi").status_code == 404


def test_nobody_lends_what_nobody_confirmed(keeper, session, home):
    other = get_household(session, make_household(session, shown_name="Hộ ông Bình"))
    for response in (
        keeper.get(f"{BASE}/dung-chung"),
        keeper.post(f"{BASE}/dung-chung", data={"prefix_id": "1", "borrower": other.code}),
    ):
        assert (response.status_code, response.location) == (303, BASE)
    assert "chưa có mã doanh nghiệp nào được xã xác nhận" in body(keeper.get(BASE))
    assert count(session, Gs1Loan) == 0


def test_a_helper_numbers_goods_and_claims_no_prefix(client, session, home):
    make_prefix(session, home.household_id, now=utcnow())
    make_lot(session, home.household_id, actor=home.actor, now=utcnow())
    helper = make_user(session, roles={Role.HELPER}, household_id=home.household_id)
    sign_in(client, helper, acting_for=home.household_id)
    html = body(client.get(BASE))
    assert "Chủ hộ phải tự khai mã doanh nghiệp." in html
    assert client.get(f"{BASE}/doanh-nghiep").status_code == 403
    assert client.post(f"{BASE}/gtin", data={"product": "rau-muong.kg", "gtin": GTIN}).status_code == 303


def test_an_officer_must_say_why_and_only_at_home(officer, session, home, typed):
    import uuid

    from traceability.services.gs1_prefixes import claim_prefix

    def claim(household_id):
        return claim_prefix(
            session=session, household_id=household_id, typed=PREFIX, paper_no="1", actor=home.actor,
            key=uuid.uuid4(), now=utcnow(),
        )  # fmt: skip

    own = claim(home.household_id)
    assert officer.post(f"/xa/tem-ma/ma-gs1/{own}", data={"decision": "chua"}).status_code == 303
    assert "Hãy ghi lý do" in body(officer.get("/xa/tem-ma"))
    assert officer.post(f"/xa/tem-ma/ma-gs1/{own}", data={"decision": "gi-do"}).status_code == 303
    session.expire_all()
    assert session.get_one(Gs1Prefix, own).state == "claimed"
    officer.post(f"/xa/tem-ma/ma-gs1/{own}", data={"decision": "chua", "reason": "Giấy mờ quá"})
    session.expire_all()
    assert (session.get_one(Gs1Prefix, own).state, session.get_one(Gs1Prefix, own).reason) == ("refused", "Giấy mờ quá")
    assert officer.post(f"/xa/tem-ma/ma-gs1/{own + 99}", data={"decision": "dat"}).status_code == 404
