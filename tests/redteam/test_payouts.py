"""Leading a household's money elsewhere: no account at all, a card, another name, a phone left open."""

import pytest
from sqlalchemy import select, text

from marketplace.accounts.queries import list_household_user_ids
from marketplace.accounts.rules import Role
from sellers.models import PayoutAccount
from sellers.queries import find_payout_account
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune, make_household
from tests.redteam.identity import PAYOUT, body, code_of, run_what_was_said
from tests.web.sign_in import sign_in

#: A number as it stands on a card for tests: Visa, 16 digits, Luhn's check digit right.
CARD = "4111 1111 1111 1111"


@pytest.fixture
def commune_id(session):
    return make_commune(session)


@pytest.fixture
def home(session, commune_id):
    return make_household(session)


@pytest.fixture
def owner(session, home):
    return make_user(session, household_id=home, name="Lê Thị Hoa", email="hoa@choque.example")


@pytest.fixture
def officer(session, commune_id):
    return make_user(session, roles={Role.OFFICER}, commune_id=commune_id, name="Anh Bình")


@pytest.mark.attack("payout-to-no-account")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"account_number": "1234"}, "Số tài khoản cần từ 6 đến 19 chữ số"),
        ({"account_number": "12345678901234567890"}, "Số tài khoản cần từ 6 đến 19 chữ số"),
        ({"account_number": "VCB123456"}, "Số tài khoản cần từ 6 đến 19 chữ số"),
        ({"account_number": "١٢٣٤٥٦٧٨"}, "Số tài khoản cần từ 6 đến 19 chữ số"),
        ({"account_number": CARD}, "Đây là số in trên thẻ ngân hàng, không phải số tài khoản."),
        ({"account_number": "9704 0000 0000 0018"}, "Đây là số in trên thẻ ngân hàng, không phải số tài khoản."),
    ],
)
def test_what_is_no_account_is_refused(client, session, home, owner, changes, message):
    sign_in(client, owner)
    html = body(client.post("/ho-cua-toi/nhan-tien", data={**PAYOUT, **changes}), 422)
    assert message in html
    assert find_payout_account(session, home) is None


def test_sixteen_digits_that_are_no_card_are_an_account(client, session, home, owner):
    sign_in(client, owner)
    assert (
        client.post("/ho-cua-toi/nhan-tien", data={**PAYOUT, "account_number": "4111111111111112"}).status_code == 303
    )
    assert find_payout_account(session, home).masked_number == "••••1112"


@pytest.mark.attack("payout-from-a-phone-left-open")
@pytest.mark.parametrize("proof", ["", "sai-mat-khau"])
def test_money_goes_elsewhere_only_with_the_password(client, session, home, owner, proof):
    sign_in(client, owner)
    html = body(client.post("/ho-cua-toi/nhan-tien", data={**PAYOUT, "proof": proof}), 422)
    assert ("Mật khẩu chưa đúng" in html) if proof else ("Hãy nhập mật khẩu để đổi nơi nhận tiền." in html)
    assert 'value="3512 2050 01234"' in html, "what was typed stays"
    assert proof == "" or proof not in html
    assert session.scalar(text("SELECT count(*) FROM sellers_payout_accounts")) == 0


@pytest.mark.attack("payout-behind-the-familys-back")
def test_everybody_of_the_household_hears_of_it(client, session, home, owner):
    brother = make_user(session, household_id=home, name="Lê Văn Hùng")
    helper = make_user(session, roles={Role.HELPER}, household_id=home)
    sign_in(client, owner)
    assert client.post("/ho-cua-toi/nhan-tien", data=PAYOUT).status_code == 303
    run_what_was_said(session, client)
    rows = session.execute(text("SELECT user_id, body_text FROM core_notices WHERE key LIKE 'payout-set%'")).all()
    told = {row.user_id for row in rows if row.user_id is not None}
    assert told == {owner, brother}
    assert helper in list_household_user_ids(session, home)
    assert all("3512205001234" not in row.body_text for row in rows)
    assert session.scalar(text("SELECT count(*) FROM core_notices WHERE recipient = 'hoa@choque.example'")) == 1


@pytest.mark.attack("payout-in-another-name")
def test_an_account_in_another_name_waits_for_the_commune(client, session, home, owner, officer):
    sign_in(client, owner)
    assert client.post("/ho-cua-toi/nhan-tien", data=PAYOUT).status_code == 303
    other = {**PAYOUT, "account_number": "9990001112", "holder": "Trần Văn Gian"}
    assert client.post("/ho-cua-toi/nhan-tien", data=other).status_code == 303
    session.expire_all()
    assert find_payout_account(session, home).holder == "LE THI HOA"
    assert "Tài khoản mới đang chờ xã xem" in body(client.get("/ho-cua-toi"))
    run_what_was_said(session, client)
    waiting = session.scalar(select(PayoutAccount).where(PayoutAccount.state == "waiting"))
    sign_in(client, officer)
    assert "đứng tên TRAN VAN GIAN" in body(client.get("/xa/ho"))
    code = code_of(session, home)
    page = body(client.get(f"/xa/ho/{code}"))
    assert "Không đứng tên người đại diện (Lê Thị Hoa)." in page
    assert "9990001112" not in page
    address = f"/xa/ho/{code}/nhan-tien"
    assert "Hãy ghi lý do" in body(client.post(address, data={"subject_id": waiting.id, "decision": "dat"}), 422)
    session.expire_all()
    assert find_payout_account(session, home).holder == "LE THI HOA"
    typed = {"subject_id": waiting.id, "decision": "dat", "reason": "Con trai nhận thay, có giấy ủy quyền."}
    assert client.post(address, data=typed).status_code == 303
    session.expire_all()
    assert find_payout_account(session, home).holder == "TRAN VAN GIAN"
