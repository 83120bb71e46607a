"""Being somebody else: names changed after the commune has checked them, and papers that cannot exist."""

import json

import pytest
from sqlalchemy import select, text

from marketplace.accounts.rules import Role
from sellers.models import HouseholdChange, IdentityCheck
from sellers.queries import list_seller_disclosures, pickup_address
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune, make_household
from tests.redteam.identity import PROFILE, body, code_of, open_change, run_what_was_said, view
from tests.web.sign_in import sign_in


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


# What was verified


@pytest.mark.attack("new-name-after-the-check")
@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("shown_name", "Hợp tác xã Hữu cơ Cao cấp", "Hộ bà Lê Thị Hoa"),
        ("representative", "Trần Văn Gian", "Lê Thị Hoa"),
        ("phone", "0999 888 777", "+84912000111"),
        ("hamlet", "Thôn nổi tiếng", "Thôn 4"),
        ("address_line", "Số 1 phố lớn", "Số 12 ngõ 3"),
        ("tax_code", "2800123456", None),
    ],
)
def test_what_was_verified_stays_until_an_officer_accepts(client, session, home, owner, field, typed, kept):
    sign_in(client, owner)
    page = client.post("/ho-cua-toi/ho-so", data={**PROFILE, field: typed, "story": "Chuyện mới."})
    assert page.status_code == 303
    now = view(session, home)
    assert getattr(now, field) == kept
    assert now.story == "Chuyện mới.", "what nobody verified changes at once"
    assert now.state == "verified"
    change = open_change(session, home)
    assert list(change.new) == [field]
    assert (change.old[field], change.asked_by) == (kept or "", owner)
    html = body(client.get("/ho-cua-toi"))
    assert "Thay đổi đang chờ xã xem" in html
    assert typed in html
    public = body(client.get(f"/ho/{code_of(session, home)}"))
    assert typed not in public
    assert list_seller_disclosures(session, [home])[home].name == "Lê Thị Hoa"
    assert pickup_address(session, home).phone == "+84912000111"


@pytest.mark.attack("new-name-after-the-check")
def test_the_officer_sees_old_beside_new_and_decides(client, session, home, owner, officer):
    sign_in(client, owner)
    client.post("/ho-cua-toi/ho-so", data={**PROFILE, "shown_name": "Nhà Hoa Sạch", "phone": "0999 888 777"})
    assert set(run_what_was_said(session, client)) == {"traceability.log_household_change", "desk.tell_officers_change"}
    change = open_change(session, home)
    code = code_of(session, home)
    sign_in(client, officer)
    inbox = body(client.get("/xa/ho"))
    assert "Thay đổi chờ xã xem" in inbox
    for words in ("Hộ bà Lê Thị Hoa", "Nhà Hoa Sạch", "0912 000 111", "0999 888 777"):
        assert words in inbox
    page = body(client.get(f"/xa/ho/{code}"))
    assert page.index("Hộ bà Lê Thị Hoa") < page.index("Nhà Hoa Sạch")
    address = f"/xa/ho/{code}/thay-doi"
    html = body(client.post(address, data={"subject_id": change.id, "decision": "chua"}), 422)
    assert "Hãy viết lý do để hộ biết cần bổ sung gì." in html
    assert view(session, home).shown_name == "Hộ bà Lê Thị Hoa"
    for _ in range(2):
        assert client.post(address, data={"subject_id": change.id, "decision": "dat"}).status_code == 303
    assert (view(session, home).shown_name, view(session, home).phone) == ("Nhà Hoa Sạch", "+84999888777")
    run_what_was_said(session, client)
    session.expire_all()
    done = session.get(HouseholdChange, change.id)
    assert (done.state, done.decided_by, done.old["shown_name"]) == ("accepted", officer, "Hộ bà Lê Thị Hoa")
    told = session.execute(text("SELECT subject FROM core_notices WHERE user_id = :id"), {"id": owner}).scalars().all()
    assert "Xã đồng ý đổi tên hiện trên chợ, điện thoại" in told
    # The log has who asked, old, new, who decided and when, behind salted commitments, and names nobody.
    rows = session.execute(
        text(
            "SELECT m.status, m.content, m.commitment, e.content AS told, encode(e.leaf, 'escape') AS leaf "
            "FROM trace_master_versions m JOIN trace_log_entries e ON e.id = m.entry_id "
            "WHERE m.subject = 'household-change' ORDER BY m.version"
        )
    ).all()
    assert [row.status for row in rows] == ["asked", "accepted"]
    last = json.loads(bytes(rows[1].content))
    assert last["old"] == {"shown_name": "Hộ bà Lê Thị Hoa", "phone": "+84912000111"}
    assert last["new"] == {"shown_name": "Nhà Hoa Sạch", "phone": "+84999888777"}
    assert {"askedBy", "askedAt", "decidedBy", "decidedAt"} <= set(last)
    for row in rows:
        assert json.loads(bytes(row.told))["commit"] == row.commitment
        for private in ("Hoa", "912000111", "999888777"):
            assert private not in bytes(row.told).decode() + row.leaf
    versions = client.get(f"/ho/{code}/ho-so-da-niem-phong.json").get_json()["versions"]
    hidden = [one for one in versions if one["subject"] == "household-change"]
    assert [(one["content"], one["salt"]) for one in hidden] == [(None, None), (None, None)]


@pytest.mark.attack("swap-the-wish-under-the-officers-hand")
def test_an_officer_decides_on_the_wish_that_was_read(client, session, home, owner, officer):
    sign_in(client, owner)
    client.post("/ho-cua-toi/ho-so", data={**PROFILE, "shown_name": "Nhà Hoa"})
    read = open_change(session, home).id
    client.post("/ho-cua-toi/ho-so", data={**PROFILE, "shown_name": "Nhà Gian"})
    sign_in(client, officer)
    address = f"/xa/ho/{code_of(session, home)}/thay-doi"
    html = body(client.post(address, data={"subject_id": read, "decision": "dat"}), 422)
    assert "Hộ đã rút hoặc sửa yêu cầu này." in html
    assert view(session, home).shown_name == "Hộ bà Lê Thị Hoa"
    assert open_change(session, home).new == {"shown_name": "Nhà Gian"}


def test_saving_the_words_in_force_withdraws_and_saving_something_else_does_not(client, session, home, owner):
    sign_in(client, owner)
    client.post("/ho-cua-toi/ho-so", data={**PROFILE, "shown_name": "Nhà Hoa"})
    form = body(client.get("/ho-cua-toi/ho-so"))
    assert 'value="Nhà Hoa"' in form
    client.post("/ho-cua-toi/ho-so", data={**PROFILE, "shown_name": "Nhà Hoa", "story": "Thêm."})
    assert session.scalar(text("SELECT count(*) FROM sellers_household_changes")) == 1
    client.post("/ho-cua-toi/ho-so", data=PROFILE)
    assert open_change(session, home) is None
    assert session.scalar(text("SELECT state FROM sellers_household_changes")) == "withdrawn"


@pytest.mark.attack("swap-the-facts-under-the-officers-hand")
def test_an_officer_verifies_the_facts_that_were_read(client, session, officer):
    household_id = make_household(session, state="identity_pending")
    code = code_of(session, household_id)
    sign_in(client, officer)
    page = body(client.get(f"/xa/ho/{code}"))
    seen = page.split('name="seen"')[1].split('value="')[1].split('"')[0]
    other = make_user(session, household_id=household_id)
    sign_in(client, other)
    client.post("/ho-cua-toi/ho-so", data={**PROFILE, "representative": "Trần Văn Gian"})
    sign_in(client, officer)
    typed = {"method": "cccd_checked_in_person", "number": "038090001234", "decision": "dat", "seen": seen}
    html = body(client.post(f"/xa/ho/{code}/xac-minh", data=typed), 422)
    assert "Hộ vừa sửa hồ sơ sau khi bạn mở trang." in html
    assert view(session, household_id).state == "identity_pending"
    assert session.scalar(text("SELECT count(*) FROM sellers_identity_checks")) == 0


@pytest.mark.attack("officer-accepts-the-own-households-change")
def test_nobody_decides_on_the_own_household_or_another_commune(client, session, commune_id, home, owner):
    sign_in(client, owner)
    client.post("/ho-cua-toi/ho-so", data={**PROFILE, "shown_name": "Nhà Hoa"})
    change = open_change(session, home)
    address = f"/xa/ho/{code_of(session, home)}/thay-doi"
    own = make_user(session, roles={Role.OFFICER}, commune_id=commune_id, household_id=home)
    sign_in(client, own)
    assert "phải để cán bộ khác xem" in body(
        client.post(address, data={"subject_id": change.id, "decision": "dat"}), 422
    )
    elsewhere = make_commune(session, code="15000", name="Xã Yên Thọ")
    sign_in(client, make_user(session, roles={Role.OFFICER}, commune_id=elsewhere))
    assert client.post(address, data={"subject_id": change.id, "decision": "dat"}).status_code == 404
    assert view(session, home).shown_name == "Hộ bà Lê Thị Hoa"


def test_an_unverified_household_changes_freely(client, session):
    household_id = make_household(session, state="draft")
    sign_in(client, make_user(session, household_id=household_id))
    assert client.post("/ho-cua-toi/ho-so", data={**PROFILE, "representative": "Lê Thị Huệ"}).status_code == 303
    assert view(session, household_id).representative == "Lê Thị Huệ"
    assert open_change(session, household_id) is None


# The paper


@pytest.mark.attack("paper-that-cannot-exist")
@pytest.mark.parametrize(
    ("method", "number"),
    [
        ("cccd_checked_in_person", "xyz 😀"),
        ("cccd_checked_in_person", ""),
        ("cccd_checked_in_person", "123456789"),
        ("cccd_checked_in_person", "999090001234"),
        ("cccd_checked_in_person", "038990001234"),
        ("cccd_checked_in_person", "038225001234"),
        ("cccd_checked_in_person", "٠٣٨٠٩٠٠٠١٢٣٤"),
        ("vneid_reference", "VN-1"),
        ("business_licence", "12345"),
        ("business_licence", "2800123456-01"),
    ],
)
def test_a_number_that_cannot_be_is_refused(client, session, officer, method, number):
    household_id = make_household(session, state="identity_pending")
    sign_in(client, officer)
    typed = {"method": method, "number": number, "decision": "dat"}
    html = body(client.post(f"/xa/ho/{code_of(session, household_id)}/xac-minh", data=typed), 422)
    assert any(said in html for said in ("Hãy so lại từng chữ số", "Số đăng ký kinh doanh có", "Hãy nhập số giấy tờ"))
    assert view(session, household_id).state == "identity_pending"
    assert session.scalar(text("SELECT count(*) FROM sellers_identity_checks")) == 0


@pytest.mark.parametrize(
    ("method", "number", "last4"),
    [
        ("cccd_checked_in_person", "038 090 001 234", "1234"),
        ("vneid_reference", "038205001235", "1235"),
        ("business_licence", "2800123456", "3456"),
        ("business_licence", "2800123456-001", "6001"),
        ("business_licence", "2800123456001", "6001"),
        ("business_licence", "038090001234", "1234"),
    ],
)
def test_a_number_that_can_be_is_kept_as_a_hash(client, session, officer, method, number, last4):
    household_id = make_household(session, state="identity_pending")
    sign_in(client, officer)
    typed = {"method": method, "number": number, "decision": "dat"}
    assert client.post(f"/xa/ho/{code_of(session, household_id)}/xac-minh", data=typed).status_code == 303
    check = session.execute(select(IdentityCheck)).scalar_one()
    assert (check.last4, len(check.number_hash)) == (last4, 97)
