"""What everybody may see of households and communes."""

import pytest
from sqlalchemy import select, update

from sellers.models import Household
from tests.factories.sellers import make_certificate, make_commune, make_household, make_site


def _code(session, household_id):
    return session.execute(select(Household.code).where(Household.id == household_id)).scalar_one()


def test_a_household_shows_what_it_wishes_and_nothing_private(client, session):
    household_id = make_household(
        session,
        shown_name="Nhà bà Hoa",
        representative="Nguyễn Thị Kín",
        phone="+84912000123",
        address_line="Số 99 ngõ 3",
        pickup_note="Cổng xanh",
    )
    session.execute(update(Household).where(Household.id == household_id).values(tax_code="2800000001"))
    make_site(session, household_id, name="Ruộng Đồng Cao")
    make_certificate(session, household_id)
    make_certificate(session, household_id, kind="organic", state="claimed")
    page = client.get(f"/ho/{_code(session, household_id)}")
    assert page.status_code == 200
    for shown in ("Nhà bà Hoa", "Thôn 4", "Xã Tân Ninh", "Nhà trồng rau ba đời", "VietGAP", "Ruộng Đồng Cao", "720"):
        assert shown in page.text
    for private in ("Nguyễn Thị Kín", "0912 000 123", "+84912000123", "Số 99", "Cổng xanh", "2800000001", "Hữu cơ"):
        assert private not in page.text


def test_a_story_is_text_and_not_a_program(client, session):
    household_id = make_household(session, story="<script>alert(1)</script>")
    page = client.get(f"/ho/{_code(session, household_id)}")
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


@pytest.mark.parametrize(("state", "status"), [("draft", 404), ("identity_pending", 404), ("suspended", 200)])
def test_only_checked_households_are_public(client, session, state, status):
    household_id = make_household(session, state=state)
    page = client.get(f"/ho/{_code(session, household_id)}")
    assert page.status_code == status
    assert ("Hộ này đang tạm nghỉ bán" in page.text) is (status == 200)
    assert "Xã đã xác minh hộ này" not in page.text


def test_a_code_typed_in_small_letters_leads_there(client, session):
    code = _code(session, make_household(session))
    answer = client.get(f"/ho/{code.lower()}")
    if code != code.lower():
        assert (answer.status_code, answer.location) == (301, f"/ho/{code}")
    assert client.get("/ho/KHONGCO").status_code == 404


def test_a_commune_shows_its_checked_households(client, session):
    commune_id = make_commune(session, old=(("Xã Vân Sơn", "Huyện Triệu Sơn"),))
    first = make_household(session, shown_name="Nhà bà Hoa")
    make_household(session, shown_name="Nhà chưa xác minh", state="identity_pending")
    make_household(session, shown_name="Nhà bị khóa", state="suspended")
    make_certificate(session, first, kind="ocop", stars=4)
    page = client.get("/xa/15715")
    assert page.status_code == 200
    for shown in ("Xã Tân Ninh", "Tỉnh Thanh Hóa", "Vân Sơn", "Nhà bà Hoa", "OCOP 4 sao", _code(session, first)):
        assert shown in page.text
    assert "Nhà chưa xác minh" not in page.text
    assert "Nhà bị khóa" not in page.text
    assert commune_id


@pytest.mark.parametrize("code", ["99999", "1571", "157155", "abcde", "１５７１５"])
def test_a_commune_that_is_none(client, session, code):
    make_commune(session)
    assert client.get(f"/xa/{code}").status_code == 404


def test_a_commune_page_costs_as_many_statements_for_many_as_for_few(client, session, sql_log):
    make_household(session)
    client.get("/xa/15715")
    with sql_log() as few:
        client.get("/xa/15715")
    for _ in range(6):
        make_certificate(session, make_household(session))
    with sql_log() as many:
        client.get("/xa/15715")
    assert len(many) == len(few)


def test_typing_an_old_commune_finds_the_new_one(client, session):
    make_commune(session, old=(("Xã Vân Sơn", "Huyện Triệu Sơn"),))
    wanted = {
        "items": [
            {
                "code": "15715",
                "label": "Xã Tân Ninh, Thanh Hóa",
                "note": "trước đây: Vân Sơn, huyện Triệu Sơn",
            }
        ]
    }
    for typed in ("vân sơn", "VAN SON", "trieu son", "van+son+trieu+son"):
        answer = client.get(f"/api/communes?q={typed}")
        assert (answer.status_code, answer.json) == (200, wanted)
    assert client.get("/api/communes?q=tan ninh").json["items"][0]["note"] == ""


@pytest.mark.parametrize("typed", ["", "%", "%25", "khong-co", "a" * 5000, "%00", "%F0%9F%90%94"])
def test_typing_nonsense_finds_nothing_and_breaks_nothing(client, session, typed):
    make_commune(session)
    answer = client.get(f"/api/communes?q={typed}")
    assert (answer.status_code, answer.json) == (200, {"items": []})
    assert client.get("/api/communes").json == {"items": []}
