"""Hộ của tôi in a browser."""

import re
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from marketplace.accounts.queries import list_household_user_ids
from marketplace.accounts.rules import Role
from marketplace.core.clock import local_date, utcnow
from sellers.models import Certificate, Household, PayoutAccount, Site
from sellers.queries import find_payout_account, get_household, list_certificates, list_sites
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.sellers import make_certificate, make_commune, make_household, make_site
from tests.web.sign_in import sign_in


def _photo(colour="green"):
    buffer = BytesIO()
    Image.new("RGB", (640, 480), colour).save(buffer, "JPEG")
    buffer.seek(0)
    return buffer, "anh.jpg"


def _household_form(**changes: str):
    typed = {
        "form_key": str(uuid.uuid4()),
        "kind": "household",
        "shown_name": "Nhà bà Hoa",
        "representative": "Lê Thị Hoa",
        "phone": "0912 000 111",
        "commune_text": "Xã Tân Ninh, Thanh Hóa",
        "commune_code": "15715",
        "hamlet": "Thôn 4",
        "address_line": "Số 12",
    }
    return {**typed, **changes}


def test_somebody_becomes_a_household(client, session):
    make_commune(session)
    user_id = make_user(session)
    sign_in(client, user_id)
    form = _household_form()
    for _ in range(2):
        answer = client.post("/ho-cua-toi/moi", data=form)
        assert (answer.status_code, answer.location) == (303, "/ho-cua-toi")
    household = session.execute(select(Household)).scalar_one()
    assert (household.shown_name, household.phone, household.state) == ("Nhà bà Hoa", "+84912000111", "draft")
    assert list_household_user_ids(session, household.id) == [user_id]
    page = client.get("/ho-cua-toi").text
    assert "Hộ chưa được xác minh nên chưa bán được" in page
    assert "Gửi xã xác minh" in page


def test_an_old_name_is_enough_without_javascript(client, session):
    make_commune(session, old=(("Xã Vân Sơn", "Huyện Triệu Sơn"),))
    sign_in(client, make_user(session))
    answer = client.post("/ho-cua-toi/moi", data=_household_form(commune_code="", commune_text="vân sơn"))
    assert answer.status_code == 303
    household = session.execute(select(Household)).scalar_one()
    assert get_household(session, household.id).commune_code == "15715"


def test_a_name_that_several_communes_share_is_asked_about(client, session):
    make_commune(session)
    make_commune(session, code="09001", name="Xã Tân Ninh", province_code="45", province_name="Tỉnh Gia Lai")
    sign_in(client, make_user(session))
    form = _household_form(commune_code="", commune_text="tan ninh")
    answer = client.post("/ho-cua-toi/moi", data=form)
    assert answer.status_code == 422
    assert "Có nhiều nơi trùng tên." in answer.text
    assert set(re.findall(r'name="picked_code"[^>]*value="(\d+)"', answer.text)) == {"15715", "09001"}
    assert 'value="Nhà bà Hoa"' in answer.text
    assert client.post("/ho-cua-toi/moi", data={**form, "picked_code": "09001"}).status_code == 303
    household = session.execute(select(Household)).scalar_one()
    assert get_household(session, household.id).province_name == "Tỉnh Gia Lai"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shown_name": ""}, "Hãy đặt tên để người mua gọi."),
        ({"phone": "0912"}, "Số điện thoại phải có 10 chữ số"),
        ({"kind": "company"}, "Hãy chọn hộ gia đình hoặc hợp tác xã."),
        ({"commune_code": "", "commune_text": "khong co"}, "Chưa tìm thấy nơi này."),
        ({"commune_code": "99999", "commune_text": "khong co"}, "Chưa tìm thấy nơi này."),
        ({"commune_code": "", "commune_text": ""}, "Hãy gõ tên xã hoặc phường."),
        ({"hamlet": "a" * 81}, "Phần này dài quá 80 ký tự."),
        ({"form_key": "x"}, "Biểu mẫu đã cũ."),
    ],
)
def test_what_is_wrong_is_said_and_nobody_joins(client, session, changes, message):
    make_commune(session)
    sign_in(client, make_user(session))
    answer = client.post("/ho-cua-toi/moi", data=_household_form(**changes))
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Lê Thị Hoa"' in answer.text
    assert session.execute(select(func.count()).select_from(Household)).scalar_one() == 0


def test_the_profile_keeps_what_was_typed_and_the_photo(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    typed = {
        "shown_name": "Nhà bà Hoa",
        "representative": "",
        "phone": "0912 000 111",
        "hamlet": "Thôn 4",
        "story": "Ba đời làm mắm.",
        "tax_code": "",
    }
    answer = client.post("/ho-cua-toi/ho-so", data={**typed, "photo": _photo()}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Hãy nhập họ tên người đại diện." in answer.text
    assert "Ba đời làm mắm." in answer.text
    kept = re.search(r'name="kept_photo"[^>]*value="([0-9a-f]{64})"', answer.text)[1]
    session.expire_all()
    assert get_household(session, household_id).photo_sha256 is None
    answer = client.post("/ho-cua-toi/ho-so", data={**typed, "representative": "Lê Thị Hoa", "kept_photo": kept})
    assert answer.status_code == 303
    session.expire_all()
    view = get_household(session, household_id)
    assert (view.photo_sha256, view.story, view.representative) == (kept, "Ba đời làm mắm.", "Lê Thị Hoa")


def test_what_is_no_photo_is_refused(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    typed = {"shown_name": "A", "representative": "B", "phone": "0912 000 111", "hamlet": "Thôn 4"}
    answer = client.post(
        "/ho-cua-toi/ho-so",
        data={**typed, "photo": (BytesIO(b"<svg onload=alert(1)>"), "a.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    assert "Tệp này không phải là ảnh" in answer.text
    answer = client.post("/ho-cua-toi/ho-so", data={**typed, "kept_photo": "0" * 64})
    assert answer.status_code == 303
    session.expire_all()
    assert get_household(session, household_id).photo_sha256 is None


def test_asking_for_a_check(client, session):
    household_id = make_household(session, state="draft")
    sign_in(client, make_user(session, household_id=household_id))
    for _ in range(2):
        assert client.post("/ho-cua-toi/gui-xac-minh").status_code == 303
        session.expire_all()
        assert get_household(session, household_id).state == "identity_pending"


@pytest.mark.parametrize("kind", ["field", "orchard", "pond", "barn", "workshop", "cold_store"])
def test_every_kind_of_place(client, session, kind):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    assert client.get(f"/ho-cua-toi/noi-san-xuat/moi?loai={kind}").status_code == 200
    typed = {
        "form_key": str(uuid.uuid4()),
        "name": "Nơi này",
        "area_m2": "1.500",
        "capacity_heads": "200",
        "planting_area_code": "VN-THOR-0001",
        "parent_id": "7",
    }
    for _ in range(2):
        answer = client.post(f"/ho-cua-toi/noi-san-xuat/moi?loai={kind}", data=typed)
        assert (answer.status_code, answer.location) == (303, "/ho-cua-toi#noi-san-xuat")
    (site,) = list_sites(session, household_id)
    assert (site.kind, site.name, site.area_m2, site.parent_id) == (kind, "Nơi này", 1500, None)
    assert site.capacity_heads == (200 if kind in {"pond", "barn"} else None)
    assert site.planting_area_code == ("VN-THOR-0001" if kind in {"field", "orchard"} else None)


def test_a_pen_goes_into_a_barn(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    answer = client.get("/ho-cua-toi/noi-san-xuat/moi?loai=pen")
    assert (answer.status_code, answer.location) == (303, "/ho-cua-toi/noi-san-xuat/moi?loai=barn")
    barn = make_site(session, household_id, kind="barn")
    foreign = make_site(session, make_household(session), kind="barn")
    typed = {"form_key": str(uuid.uuid4()), "name": "Ô 1", "capacity_heads": "20"}
    for parent in ("", "x", "0", str(foreign), "9" * 30):
        answer = client.post("/ho-cua-toi/noi-san-xuat/moi?loai=pen", data={**typed, "parent_id": parent})
        assert answer.status_code in {404, 422}, parent
    answer = client.post("/ho-cua-toi/noi-san-xuat/moi?loai=pen", data={**typed, "parent_id": str(barn)})
    assert answer.status_code == 303
    assert [site.parent_id for site in list_sites(session, household_id)] == [None, barn]


def test_bad_places_are_not_made(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    for changes, message in (
        ({"name": " "}, "Hãy đặt tên để dễ chọn khi ghi sổ."),
        ({"area_m2": "một mẫu"}, "Hãy nhập diện tích bằng chữ số"),
        ({"area_m2": "-5"}, "Diện tích phải lớn hơn 0."),
        ({"area_m2": "9000000"}, "Diện tích này lớn quá mức cho phép."),
        ({"area_m2": "0"}, "Diện tích phải lớn hơn 0."),
        ({"area_m2": "10.000.001"}, "lớn"),
    ):
        typed = {"form_key": str(uuid.uuid4()), "name": "Ruộng", **changes}
        answer = client.post("/ho-cua-toi/noi-san-xuat/moi?loai=field", data=typed)
        assert answer.status_code == 422, changes
        assert message in answer.text
    assert client.get("/ho-cua-toi/noi-san-xuat/moi?loai=castle").status_code == 200
    assert session.execute(select(func.count()).select_from(Site)).scalar_one() == 0


def test_changing_and_dropping_a_place(client, session):
    household_id = make_household(session)
    site_id = make_site(session, household_id, kind="barn")
    pen = make_site(session, household_id, kind="pen", parent_id=site_id, area_m2=None)
    sign_in(client, make_user(session, household_id=household_id))
    page = f"/ho-cua-toi/noi-san-xuat/{pen}"
    typed = {"form_key": str(uuid.uuid4()), "name": "Ô lớn", "capacity_heads": "30"}
    assert client.get(page).status_code == 200
    assert client.post(page, data=typed).status_code == 303
    session.expire_all()
    assert [(site.name, site.parent_id, site.capacity_heads) for site in list_sites(session, household_id)][1] == (
        "Ô lớn",
        site_id,
        30,
    )
    answer = client.post(f"/ho-cua-toi/noi-san-xuat/{site_id}/bo")
    assert answer.location == f"/ho-cua-toi/noi-san-xuat/{site_id}"
    assert len(list_sites(session, household_id)) == 2
    assert client.post(f"{page}/bo").location == "/ho-cua-toi#noi-san-xuat"
    session.expire_all()
    assert len(list_sites(session, household_id)) == 1


def test_strangers_places_do_not_exist(client, session):
    other = make_household(session)
    site_id = make_site(session, other)
    sign_in(client, make_user(session, household_id=make_household(session)))
    page = f"/ho-cua-toi/noi-san-xuat/{site_id}"
    assert client.get(page).status_code == 404
    assert client.post(page, data={"name": "Của tôi", "form_key": str(uuid.uuid4())}).status_code == 404
    assert client.post(f"{page}/bo").status_code == 404
    assert client.get("/ho-cua-toi/noi-san-xuat/99999999999999999999999").status_code == 404
    session.expire_all()
    assert [site.name for site in list_sites(session, other)] == ["Ruộng Đồng Cao"]


def _certificate_form(**changes: object):
    today = local_date(utcnow())
    return {
        "form_key": str(uuid.uuid4()),
        "kind": "ocop",
        "stars": "4",
        "number": "01/QĐ-UBND",
        "issuer": "UBND tỉnh Thanh Hóa",
        "other_produces": "Mắm tôm Ba Làng",
        "issued_on": (today - timedelta(days=30)).isoformat(),
        "expires_on": (today + timedelta(days=700)).isoformat(),
        "photo": _photo("white"),
        **changes,
    }


def test_handing_in_a_certificate(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    answer = client.post("/ho-cua-toi/chung-nhan/moi", data=_certificate_form())
    assert (answer.status_code, answer.location) == (303, "/ho-cua-toi#chung-nhan")
    (certificate,) = list_certificates(session, household_id)
    assert (certificate.label, certificate.state, certificate.number) == ("OCOP 4 sao", "claimed", "01/QĐ-UBND")
    assert (certificate.produces, certificate.sites) == (("Mắm tôm Ba Làng",), ())
    with client.get(f"/anh/{certificate.photo_sha256}/large.webp") as photo:
        assert photo.status_code == 200
    assert "Chờ xã xem" in client.get("/ho-cua-toi").text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "iso"}, "Hãy chọn loại giấy chứng nhận."),
        ({"stars": ""}, "OCOP có 3, 4 hoặc 5 sao."),
        ({"stars": "9"}, "OCOP có 3, 4 hoặc 5 sao."),
        ({"number": ""}, "Hãy chép số ghi trên giấy."),
        ({"issued_on": "31/02/2026"}, "Hãy nhập ngày theo dạng ngày/tháng/năm"),
        ({"issued_on": "2999-01-01", "expires_on": ""}, "Ngày cấp không thể ở tương lai."),
        ({"expires_on": "2020-01-01"}, "Ngày hết hạn phải sau ngày cấp"),
        ({"photo": ""}, "Hãy chụp rõ cả tờ giấy"),
        ({"other_produces": ""}, "OCOP cấp sao cho từng sản phẩm có tên."),
        ({"other_produces": "\n ; ", "productions": "processed"}, "OCOP cấp sao cho từng sản phẩm có tên."),
        ({"kind": "vietgap"}, "Giấy cấp cho nơi sản xuất nào?"),
        ({"kind": "vietgap", "sites": "99999999"}, "Hãy chọn nơi sản xuất của hộ trong danh sách."),
        ({"kind": "vietgap", "sites": "99999999999999999999999"}, "Hãy chọn nơi sản xuất của hộ trong danh sách."),
    ],
)
def test_bad_certificates_are_not_taken(client, session, changes, message):
    sign_in(client, make_user(session, household_id=make_household(session)))
    answer = client.post("/ho-cua-toi/chung-nhan/moi", data=_certificate_form(**changes))
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="UBND tỉnh Thanh Hóa"' in answer.text
    if "photo" not in changes:
        assert "Ảnh bạn vừa gửi vẫn được giữ" in answer.text
    assert session.execute(select(func.count()).select_from(Certificate)).scalar_one() == 0


PAYOUT = {"bank_bin": "970405", "account_number": "3512 2050 01234", "holder": "Lê Thị Hoa", "proof": PASSWORD}


def test_where_money_goes(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    assert client.post("/ho-cua-toi/nhan-tien", data=PAYOUT).status_code == 303
    view = find_payout_account(session, household_id)
    assert (view.bank, view.masked_number, view.holder) == ("Agribank", "••••1234", "LE THI HOA")
    page = client.get("/ho-cua-toi").text
    assert "••••1234" in page
    assert "3512205001234" not in page
    for wrong, message in (
        ({"bank_bin": "1"}, "Hãy chọn ngân hàng."),
        ({"account_number": "12"}, "Số tài khoản cần từ 6 đến 19 chữ số"),
        ({"holder": ""}, "Hãy nhập tên chủ tài khoản."),
    ):
        answer = client.post("/ho-cua-toi/nhan-tien", data={**PAYOUT, **wrong})
        assert answer.status_code == 422
        assert message in answer.text
    assert session.execute(select(func.count()).select_from(PayoutAccount)).scalar_one() == 1


def test_neither_helpers_nor_officers_touch_money_or_the_profile(client, session):
    household_id = make_household(session)
    owner = make_user(session, household_id=household_id)
    sign_in(client, owner)
    client.post("/ho-cua-toi/nhan-tien", data=PAYOUT)
    helper = make_user(session, roles={Role.HELPER}, household_id=household_id)
    officer = make_user(session, roles={Role.OFFICER}, commune_id=make_commune(session))
    for user_id in (helper, officer):
        sign_in(client, user_id, acting_for=household_id)
        page = client.get("/ho-cua-toi")
        assert page.status_code == 200
        assert "1234" not in page.text
        assert "Tài khoản nhận tiền" not in page.text
        assert client.get("/ho-cua-toi/nhan-tien").status_code == 403
        assert client.post("/ho-cua-toi/nhan-tien", data={**PAYOUT, "holder": "KE GIAN"}).status_code == 403
        assert client.post("/ho-cua-toi/ho-so", data={"shown_name": "X"}).status_code == 403
        assert client.post("/ho-cua-toi/gui-xac-minh").status_code == 403
    assert find_payout_account(session, household_id).holder == "LE THI HOA"


def test_the_page_tells_how_papers_stand(client, session):
    household_id = make_household(session)
    today = local_date(utcnow())
    make_certificate(session, household_id, expires_on=today + timedelta(days=30))
    make_certificate(
        session,
        household_id,
        kind="organic",
        issued_on=today - timedelta(days=900),
        expires_on=today - timedelta(days=1),
    )
    make_certificate(session, household_id, kind="food_safety", state="rejected")
    sign_in(client, make_user(session, household_id=household_id))
    page = client.get("/ho-cua-toi").text
    assert "Đang có hiệu lực" in page
    assert "Đã hết hạn" in page
    assert "Bị trả lại" in page


@pytest.mark.parametrize("path", ["ho-so", "noi-san-xuat/moi", "chung-nhan/moi", "nhan-tien"])
def test_a_buyer_has_no_household_pages(client, session, path):
    assert client.get(f"/ho-cua-toi/{path}").location.startswith("/dang-nhap?tiep=")
    sign_in(client, make_user(session))
    assert client.get(f"/ho-cua-toi/{path}").status_code == 403
