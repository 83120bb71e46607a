import io
import re
import uuid
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import select, text

from catalog.models import Offer, Product, ProductPhoto, Stock
from tests.factories.accounts import make_user
from tests.factories.catalog import add_stock, make_offer, make_unlisted_product, put_lot
from tests.factories.sellers import make_household
from tests.web.sign_in import sign_in


def typed(**changes: str | list | None) -> dict:
    """What a household types for a bunch of water spinach."""
    values = {
        "form_key": str(uuid.uuid4()),
        "name": "Rau muống ruộng",
        "category": "rau",
        "unit": "bo",
        "content_amount": "0,5",
        "content_unit": "kg",
        "price": "10k",
        "parcel_g": "600",
        "max_days_in_transit": "3",
        "tax_class": "agri_raw",
        "description": "Hái sáng sớm.",
        "other_names": "rau lang",
        "may_inspect": "y",
    }
    return {key: value for key, value in {**values, **changes}.items() if value is not None}


def picture(color="green", size=(640, 480)):
    buffer = io.BytesIO()
    image = Image.new("RGB", size, color)
    exif = Image.Exif()
    exif[0x010F] = "May anh cua ba Hoa"
    image.save(buffer, "JPEG", exif=exif)
    buffer.seek(0)
    return buffer


@pytest.fixture
def household_id(client, session):
    household_id = make_household(session)
    sign_in(client, make_user(session, household_id=household_id))
    return household_id


def body(response, status):
    assert response.status_code == status
    return response.get_data(as_text=True)


def counted(session, model):
    return len(session.execute(select(model.id)).all())


def outside(session, lot_id):
    statement = text("SELECT quantity_out FROM trace_lots WHERE id = :id")
    return session.execute(statement, {"id": lot_id}).scalar_one()


def test_an_empty_desk_leads_to_the_first_product(client, household_id):
    html = body(client.get("/hang-ban"), 200)
    assert "Nhà mình chưa bày hàng" in html
    assert 'href="/hang-ban/moi"' in html


def test_a_product_is_made_and_put_on_sale_in_two_forms(client, session, household_id, now):
    lot_id = put_lot(session, household_id, amount=100)
    response = client.post("/hang-ban/moi", data=typed(photos=[(picture(), "rau.jpg")]))
    product = session.execute(select(Product)).scalar_one()
    assert response.status_code == 303
    assert response.location == f"/hang-ban/{product.id}/len-ke"
    assert (product.unit, product.content_amount, product.content_unit) == ("bo", Decimal("0.5"), "kg")
    assert (product.parcel_g, product.max_days_in_transit, product.may_inspect) == (600, 3, True)

    html = body(client.get(response.location), 200)
    assert "Rau muống · còn 100 kg" in html
    assert "Mỗi bó bán ra lấy 0,5 kg" in html
    key = str(uuid.uuid4())
    listing = {"form_key": key, "lot_id": str(lot_id), "amount": "20"}
    for _ in range(2):
        response = client.post(f"/hang-ban/{product.id}/len-ke", data=listing)
        assert (response.status_code, response.location) == (303, "/hang-ban")
    assert session.execute(select(Stock.listed)).scalars().all() == [40]
    assert outside(session, lot_id) == 20
    html = body(client.get("/hang-ban"), 200)
    assert "Đã đưa 40 bó Rau muống ruộng lên sàn." in html
    assert "còn 40 bó" in html
    body(client.get(f"/san-pham/{product.slug}"), 200)


def test_a_photo_loses_everything_but_its_pixels(client, session, household_id, app):
    client.post("/hang-ban/moi", data=typed(photos=[(picture(), "rau.jpg")]))
    sha256 = session.execute(select(ProductPhoto.sha256)).scalar_one()
    with client.get(f"/anh/{sha256}/large.webp") as response:
        stored = response.get_data()
    assert b"May anh" not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.getexif()


def test_a_replayed_form_makes_one_product(client, session, household_id):
    form = typed()
    for _ in range(2):
        assert client.post("/hang-ban/moi", data=form).status_code == 303
    assert counted(session, Product) == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Hãy nhập tên sản phẩm."),
        ("name", "   ", "Hãy nhập tên sản phẩm."),
        ("name", "ab", "Tên dài từ 3 đến 80 ký tự."),
        ("name", "a" * 81, "Tên dài từ 3 đến 80 ký tự."),
        ("category", "", "Hãy chọn nhóm hàng."),
        ("category", "vang-ma", "Hãy chọn nhóm hàng."),
        ("unit", None, "Hãy chọn đơn vị bán."),
        ("unit", "thung", "Hãy chọn đơn vị bán."),
        ("price", "", "Hãy nhập giá bán."),
        ("price", "-5000", "Hãy nhập số tiền"),
        ("price", "999", "Số tiền phải từ 1.000đ trở lên."),
        ("price", "50000001", "Số tiền không được quá 50.000.000đ."),
        ("price", "mười nghìn", "Hãy nhập số tiền"),
        ("price", "9" * 400, "Hãy nhập số tiền"),
        ("content_amount", "-1", "Số lượng phải lớn hơn 0."),
        ("content_amount", "0", "Số lượng phải lớn hơn 0."),
        ("content_amount", "NaN", "Hãy nhập số lượng bằng chữ số"),
        ("content_amount", "", "Hãy ghi mỗi đơn vị bán lấy bao nhiêu từ lô"),
        ("content_unit", "thung", "Hãy chọn đơn vị của lô."),
        ("parcel_g", "", "Hãy nhập cân nặng khi gửi"),
        ("parcel_g", "0", "Cân nặng phải lớn hơn 0."),
        ("parcel_g", "-600", "Cân nặng phải lớn hơn 0."),
        ("parcel_g", "1,2 kg", "Hãy nhập cân nặng bằng chữ số, ví dụ 1200 nếu nặng 1,2 kg (tính bằng gam)."),
        ("parcel_g", "600,5", "Cân nặng là số gam tròn"),
        ("parcel_g", "50001", "Cân nặng là số gam tròn"),
        ("max_days_in_transit", None, "Hãy chọn số ngày hàng chịu được trên đường."),
        ("max_days_in_transit", "400", "Hãy chọn số ngày hàng chịu được trên đường."),
        ("tax_class", None, "Hãy chọn loại hàng để tính thuế."),
        ("tax_class", "restricted", "Hãy chọn loại hàng để tính thuế."),
        ("description", "a" * 4001, "Lời giới thiệu dài tối đa 4.000 ký tự."),
        ("other_names", "a" * 201, "Các tên gọi khác dài tối đa 200 ký tự."),
        ("form_key", "khong-phai-uuid", "Biểu mẫu đã cũ."),
        ("form_key", None, None),
    ],
)
@pytest.mark.usefixtures("household_id")
def test_bad_input_is_answered_beside_its_field_and_nothing_typed_is_lost(client, session, field, value, sentence):
    response = client.post("/hang-ban/moi", data=typed(**{field: value}))
    if sentence is None:
        # No key at all is a form written by hand; it gets a fresh one.
        assert response.status_code in {303, 422}
        return
    html = body(response, 422)
    assert sentence in html
    assert "Not a valid" not in html
    if field != "name":
        assert 'value="Rau muống ruộng"' in html
    if field != "description":
        assert "Hái sáng sớm." in html
    if field == "price" and value:
        assert f'value="{value}"' in html
    assert counted(session, Product) == 0


def test_photos_survive_a_typing_slip(client, session, household_id):
    html = body(client.post("/hang-ban/moi", data=typed(price="", photos=[(picture(), "rau.jpg")])), 422)
    kept = re.search(r'name="kept_photos"[^>]*value="([0-9a-f,]+)"', html)[1]
    assert "Ảnh bạn vừa gửi vẫn được giữ" in html
    assert f"/anh/{kept}/thumb.webp" in html
    second = typed(kept_photos=kept, photos=[(picture("red"), "rau2.jpg")])
    assert client.post("/hang-ban/moi", data=second).status_code == 303
    photos = session.execute(select(ProductPhoto.sha256).order_by(ProductPhoto.position)).scalars().all()
    assert photos[0] == kept
    assert len(photos) == 2


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"GIF89a", b"\xff\xd8\xff" + b"0" * 100])
def test_what_is_no_photo_is_refused_beside_the_field(client, session, household_id, content):
    html = body(client.post("/hang-ban/moi", data=typed(photos=[(io.BytesIO(content), "x.jpg")])), 422)
    assert "không phải là ảnh" in html
    assert 'value="Rau muống ruộng"' in html
    assert counted(session, Product) == 0


def test_seven_photos_are_too_many(client, session, household_id):
    photos = [(picture(), f"{n}.jpg") for n in range(7)]
    html = body(client.post("/hang-ban/moi", data=typed(photos=photos)), 422)
    assert "tối đa 6 ảnh" in html
    assert counted(session, Product) == 0


def test_kept_photos_that_were_never_sent_are_refused(client, session, household_id):
    html = body(client.post("/hang-ban/moi", data=typed(kept_photos="9" * 64)), 422)
    assert "Không tìm thấy ảnh đã gửi." in html
    assert counted(session, Product) == 0
    assert client.post("/hang-ban/moi", data=typed(kept_photos="<script>,../../x")).status_code == 303
    assert counted(session, ProductPhoto) == 0


def test_editing_shows_what_is_there_and_keeps_it(client, session, household_id, now):
    offer = make_offer(session, household_id, price=35_000, now=now)
    html = body(client.get(f"/hang-ban/{offer.product_id}"), 200)
    assert 'value="35.000"' in html
    assert "Đơn vị không đổi được khi đã có lô hàng trên sàn." in html
    changed = typed(name="Rau muống hạt", unit="kg", content_amount="", content_unit="", price="40.000")
    response = client.post(f"/hang-ban/{offer.product_id}", data=changed)
    assert (response.status_code, response.location) == (303, "/hang-ban")
    session.expire_all()
    assert session.execute(select(Product.name, Offer.price_vnd).join(Offer)).one() == (
        "Rau muống hạt",
        40_000,
    )


def test_the_unit_is_not_changed_behind_the_forms_back(client, session, household_id, now):
    offer = make_offer(session, household_id, now=now)
    html = body(client.post(f"/hang-ban/{offer.product_id}", data=typed(unit="bo")), 422)
    assert "Đơn vị bán không đổi được khi đã có lô hàng." in html
    session.expire_all()
    assert session.execute(select(Product.unit)).scalar_one() == "kg"


def test_the_price_changes_in_one_step(client, session, household_id, now):
    offer = make_offer(session, household_id, now=now)
    response = client.post(f"/hang-ban/{offer.product_id}/gia", data={"price": "1tr2"})
    assert response.status_code == 303
    session.expire_all()
    assert session.execute(select(Offer.price_vnd)).scalar_one() == 1_200_000
    assert "bán giá 1.200.000đ" in body(client.get("/hang-ban"), 200)


@pytest.mark.parametrize("price", ["", "0", "-1", "abc", "<script>alert(1)</script>", "99999999999999"])
def test_a_price_that_cannot_be_stays_in_its_field(client, session, household_id, now, price):
    offer = make_offer(session, household_id, now=now)
    html = body(client.post(f"/hang-ban/{offer.product_id}/gia", data={"price": price}), 422)
    assert f'id="gia-{offer.product_id}-loi"' in html
    assert re.search(r'<details class="goods-price" open>.*?role="alert" tabindex="-1" data-focus', html, re.DOTALL)
    assert "Chưa đổi được giá của" in html
    assert "<script>alert" not in html
    session.expire_all()
    assert session.execute(select(Offer.price_vnd)).scalar_one() == 25_000


def test_pausing_and_selling_again_by_one_button(client, session, household_id, now):
    offer = make_offer(session, household_id, now=now)
    for path, state in (("tam-ngung", "paused"), ("tam-ngung", "paused"), ("ban-lai", "on_sale")):
        assert client.post(f"/hang-ban/{offer.product_id}/{path}").status_code == 303
        session.expire_all()
        assert session.execute(select(Offer.state)).scalar_one() == state


def test_a_draft_without_goods_is_not_put_on_sale(client, session, household_id, now):
    product_id = make_unlisted_product(session, household_id, now=now)
    html = body(client.post(f"/hang-ban/{product_id}/ban-lai"), 422)
    assert "Hãy chọn ít nhất một lô đã được xã xác nhận" in html
    assert session.execute(select(Offer.state)).scalar_one() == "draft"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lot_id": None}, "Hãy chọn một lô hàng."),
        ({"lot_id": "abc"}, "Hãy chọn một lô hàng."),
        ({"lot_id": "999999"}, "Lô này chưa bán được"),
        ({"lot_id": "9" * 30}, "Hãy chọn một lô hàng."),
        ({"amount": ""}, "Hãy nhập số lượng."),
        ({"amount": "-5"}, "Số lượng phải lớn hơn 0."),
        ({"amount": "0"}, "Số lượng phải lớn hơn 0."),
        ({"amount": "100,1"}, "Lô này chỉ còn 100 kg."),
        ({"amount": "0,01"}, "chưa đủ một kg"),
        ({"amount": "1e3"}, "Hãy nhập số lượng bằng chữ số"),
        ({"amount": "<script>alert(1)</script>"}, "Hãy nhập số lượng bằng chữ số"),
        ({"form_key": "x"}, "Biểu mẫu đã cũ."),
    ],
)
def test_a_listing_that_cannot_be_lists_nothing(client, session, household_id, changes, sentence):
    lot_id = put_lot(session, household_id, amount=100)
    product_id = make_unlisted_product(session, household_id)
    values = {"form_key": str(uuid.uuid4()), "lot_id": str(lot_id), "amount": "5", **changes}
    form = {key: value for key, value in values.items() if value is not None}
    html = body(client.post(f"/hang-ban/{product_id}/len-ke", data=form), 422)
    assert sentence in html
    assert "<script>alert" not in html
    assert counted(session, Stock) == 0
    assert outside(session, lot_id) == 0


def test_a_lot_of_another_household_is_not_listed(client, session, household_id, now):
    lot_id = put_lot(session, make_household(session))
    product_id = make_unlisted_product(session, household_id, now=now)
    form = {"form_key": str(uuid.uuid4()), "lot_id": str(lot_id), "amount": "5"}
    html = body(client.post(f"/hang-ban/{product_id}/len-ke", data=form), 422)
    assert "Lô này chưa bán được" in html
    assert outside(session, lot_id) == 0


def test_the_listing_page_shows_what_is_on_the_shelf_and_why_it_is_not_sold(client, session, household_id):
    offer = make_offer(session, household_id)
    held, expired = put_lot(session, household_id), put_lot(session, household_id)
    for lot_id in (held, expired):
        add_stock(session, household_id, offer.product_id, lot_id, 5)
    session.execute(text("UPDATE catalog_stock SET is_frozen = true WHERE lot_id = :id"), {"id": held})
    session.execute(text("UPDATE catalog_stock SET best_before_on = '2026-11-01' WHERE lot_id = :id"), {"id": expired})
    session.execute(text("UPDATE catalog_stock SET reserved = 2, sold = 1 WHERE id = :id"), {"id": offer.stock_id})
    html = body(client.get(f"/hang-ban/{offer.product_id}/len-ke"), 200)
    for sentence in ("Lô bị giữ lại", "Quá hạn, không bán nữa", "đang giữ cho đơn 2 kg", "đã bán 1 kg"):
        assert sentence in html
    assert html.count("Rút về") == 3


def test_lots_in_another_unit_are_explained(client, session, household_id):
    put_lot(session, household_id, unit="chai")
    product_id = make_unlisted_product(session, household_id)
    html = body(client.get(f"/hang-ban/{product_id}/len-ke"), 200)
    assert "không tính bằng" in html


def test_a_key_of_another_household_is_answered_with_a_conflict(client, session, household_id):
    other = make_household(session)
    key = uuid.uuid4()
    session.execute(
        text("UPDATE catalog_products SET form_key = :key WHERE id = :id"),
        {"key": key, "id": make_unlisted_product(session, other)},
    )
    html = body(client.post("/hang-ban/moi", data=typed(form_key=str(key))), 409)
    assert "Biểu mẫu này đã được dùng rồi." in html
    assert counted(session, Product) == 1


def test_goods_are_taken_back_once(client, session, household_id, now):
    offer = make_offer(session, household_id, now=now)
    path = f"/hang-ban/{offer.product_id}/rut-ve"
    form = {"form_key": str(uuid.uuid4()), "stock_id": str(offer.stock_id)}
    assert client.post(path, data=form).status_code == 303
    add_stock(session, household_id, offer.product_id, offer.lot_id, 3, now=now)
    session.commit()
    assert client.post(path, data=form).status_code == 303
    session.expire_all()
    assert session.execute(select(Stock.listed)).scalar_one() == 3
    assert outside(session, offer.lot_id) == 3
    for wrong in ({}, {"stock_id": "x"}, {"stock_id": "-1"}, {"stock_id": "9" * 30}, {"stock_id": "999999"}):
        response = client.post(path, data={"form_key": str(uuid.uuid4()), **wrong})
        assert response.status_code == 404


def test_stopping_for_good(client, session, household_id, now):
    offer = make_offer(session, household_id, now=now)
    path = f"/hang-ban/{offer.product_id}/ngung-han"
    assert client.post(path, data={"form_key": "x", "understood": "y"}).status_code == 422
    assert "không bán lại được nữa" in body(client.get(f"/hang-ban/{offer.product_id}"), 200)
    html = body(client.post(path, data={"form_key": str(uuid.uuid4())}), 422)
    assert "Hãy đánh dấu ô này nếu bạn chắc chắn" in html
    assert 'href="#understood"' in html
    assert session.execute(select(Offer.state)).scalar_one() == "on_sale"
    assert client.post(path, data={"form_key": str(uuid.uuid4()), "understood": "y"}).status_code == 303
    session.expire_all()
    assert session.execute(select(Offer.state)).scalar_one() == "withdrawn"
    assert outside(session, offer.lot_id) == 0
    html = body(client.post(f"/hang-ban/{offer.product_id}/ban-lai"), 422)
    assert "đã ngừng bán hẳn" in html


def test_photos_are_put_first_and_taken_off(client, session, household_id):
    client.post("/hang-ban/moi", data=typed(photos=[(picture("red"), "1.jpg"), (picture("blue"), "2.jpg")]))
    product_id = session.execute(select(Product.id)).scalar_one()
    in_order = select(ProductPhoto.sha256).order_by(ProductPhoto.position)
    first, second = session.execute(in_order).scalars().all()
    assert client.post(f"/hang-ban/{product_id}/anh/dau", data={"sha256": second}).status_code == 303
    assert session.execute(in_order).scalars().all() == [second, first]
    assert client.post(f"/hang-ban/{product_id}/anh/bo", data={"sha256": second}).status_code == 303
    assert session.execute(in_order).scalars().all() == [first]
    for wrong in ("", "x", "9" * 64, "<script>"):
        assert client.post(f"/hang-ban/{product_id}/anh/dau", data={"sha256": wrong}).status_code == 404


@pytest.mark.parametrize("count", [1, 9])
def test_the_desk_asks_the_database_the_same_however_many_goods(client, session, household_id, sql_log, count):
    for _ in range(count):
        make_offer(session, household_id)
    client.get("/hang-ban")
    with sql_log() as statements:
        body(client.get("/hang-ban"), 200)
    assert len(statements) <= 3
