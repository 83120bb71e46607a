"""Lots in the diary, through a browser without JavaScript: packing, splitting, mixing, loss, stickers."""

import pytest
from sqlalchemy import func, select, update

from marketplace.core.clock import local_date, utcnow
from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot, make_verified_lot
from traceability.models.custody import Lot
from traceability.queries.chain import verify_chain
from traceability.queries.lots import get_lot


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


def test_packing_splitting_losing_and_merging_through_forms(keeper, session, home, typed):
    now = utcnow()
    today = str(local_date(now))
    lot = make_verified_lot(session, home.household_id, actor=home.actor, now=now)
    page = f"/so-tay/lo/{lot.code}"
    for name in ("dong-goi", "tach", "gop", "hao-hut", "tem"):
        body(keeper.get(f"{page}/{name}"))
    pack = typed(taken="20", amount="40", unit="tui", content="0,5", happened_on=today)
    for _ in range(2):
        response = keeper.post(f"{page}/dong-goi", data=pack)
        assert response.status_code == 303
    split = typed(amount="10", second="5,5", happened_on=today)
    for _ in range(2):
        assert keeper.post(f"{page}/tach", data=split).status_code == 303
    loss = typed(amount="4.5", reason="Dập nát", happened_on=today)
    for _ in range(2):
        assert keeper.post(f"{page}/hao-hut", data=loss).status_code == 303
    session.expire_all()
    assert get_lot(session, lot.id).remaining == 60
    parts = [one for one in session.execute(select(Lot)).scalars() if one.origin == "split"]
    merge = typed(**{f"lo-{part.id}": "5" for part in parts}, happened_on=today)
    for _ in range(2):
        response = keeper.post(f"{page}/gop", data=merge)
        assert response.status_code == 303
    assert count(session, Lot) == 5
    mixed = session.execute(select(Lot).where(Lot.origin == "merge")).scalar_one()
    assert (mixed.quantity_made, mixed.state) == (10, "verified")
    assert "nguồn của lô này" in body(keeper.get(f"/so-tay/lo/{mixed.code}"))
    assert verify_chain(session, home.household_id).is_intact


@pytest.mark.parametrize(
    ("page", "fields", "complaint"),
    [
        ("dong-goi", {"taken": "101", "amount": "10", "unit": "tui", "content": "1"}, "chỉ còn 100 kg"),
        ("dong-goi", {"taken": "1", "amount": "10000", "unit": "goi"}, "Hãy ghi mỗi gói chứa bao nhiêu kg."),
        (
            "dong-goi",
            {"taken": "1", "amount": "10000", "unit": "goi", "content": "0,5"},
            "10.000 gói, mỗi gói 0,5 kg, là 5.000 kg: nhiều hơn 1 kg đã lấy từ lô.",
        ),
        ("dong-goi", {"taken": "1", "amount": "1", "unit": "goi", "content": "nửa"}, "Hãy nhập số lượng bằng chữ số"),
        ("dong-goi", {"taken": "10", "amount": "11", "unit": "kg"}, "không thể ra nhiều hơn"),
        ("dong-goi", {"taken": "", "amount": "", "unit": "tui"}, "Hãy ghi lượng lấy ra."),
        ("dong-goi", {"taken": "-1", "amount": "10", "unit": "tui"}, "Số lượng phải lớn hơn 0."),
        ("dong-goi", {"taken": "1", "amount": "10", "unit": "xe"}, "Hãy chọn một mục"),
        ("tach", {"amount": "60", "second": "41"}, "chỉ còn 100 kg"),
        ("tach", {"amount": ""}, "Hãy ghi lượng tách ra."),
        ("gop", {}, "Hãy chọn từ 2 đến"),
        ("gop", {"lo-1": "nhiều"}, "Hãy nhập số lượng bằng chữ số"),
        ("hao-hut", {"amount": "101", "reason": "Hỏng"}, "chỉ còn 100 kg"),
        ("hao-hut", {"amount": "1", "reason": ""}, "Hãy ghi vì sao hao hụt"),
        ("hao-hut", {"amount": "1", "reason": "Gọi 0912345678"}, "Đừng ghi số điện thoại"),
        ("hao-hut", {"amount": "1", "reason": "Hỏng", "happened_on": "2022-01-01"}, "không thể trước"),
    ],
)
def test_bad_handling_of_a_lot_is_refused(keeper, session, home, typed, page, fields, complaint):
    now = utcnow()
    lot = make_verified_lot(session, home.household_id, actor=home.actor, now=now)
    form = typed(**{"happened_on": str(local_date(now)), **fields})
    if "lo-1" in fields:
        form[f"lo-{lot.id}"] = form.pop("lo-1")
    html = body(keeper.post(f"/so-tay/lo/{lot.code}/{page}", data=form), 422)
    assert complaint in html
    assert "has-error" in html or "Có chỗ cần sửa" in html
    session.expire_all()
    assert get_lot(session, lot.id).quantity_out == 0


def test_a_held_lot_is_refused_when_the_form_is_opened(keeper, session, home):
    lot = make_verified_lot(session, home.household_id, actor=home.actor, now=utcnow())
    session.execute(update(Lot).values(state="held", hold_reason="Thu hoạch trong thời gian cách ly."))
    for page in ("dong-goi", "tach", "gop"):
        html = body(keeper.get(f"/so-tay/lo/{lot.code}/{page}"), 409)
        assert "Thu hoạch trong thời gian cách ly." in html
        assert "Quay lại lô hàng" in html
        assert 'name="happened_on"' not in html
    html = body(keeper.get(f"/so-tay/lo/{lot.code}"))
    assert "In tem" not in html
    assert "Thu hoạch trong thời gian cách ly." in body(keeper.get(f"/so-tay/lo/{lot.code}/tem"))


def test_a_single_lot_has_nothing_to_be_mixed_with(keeper, session, home):
    lot = make_verified_lot(session, home.household_id, actor=home.actor, now=utcnow())
    html = body(keeper.get(f"/so-tay/lo/{lot.code}/gop"))
    assert "nên chưa có gì để gộp" in html
    assert 'name="happened_on"' not in html
    assert "In tem" in body(keeper.get(f"/so-tay/lo/{lot.code}"))


def test_lots_of_others_cannot_be_merged_in(keeper, session, home, typed):
    now = utcnow()
    own = make_lot(session, home.household_id, actor=home.actor, now=now)
    other = make_lot(session, make_household(session, shown_name="Hộ ông Bình"), now=now)
    form = typed(**{f"lo-{own.id}": "1", f"lo-{other.id}": "1"}, happened_on=str(local_date(now)))
    assert keeper.post(f"/so-tay/lo/{own.code}/gop", data=form).status_code == 404
    session.expire_all()
    assert get_lot(session, other.id).quantity_out == 0
