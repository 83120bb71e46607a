"""Households, couriers and the clock trying to bring goods to a buyer whose lot was held after the order was placed."""

from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select, text

from logistics.services.book import claim_booking, list_unsettled
from marketplace.accounts.rules import Role
from marketplace.core.clock import local_date, utcnow
from marketplace.core.models import Notice
from orders.models import Order, Refund
from orders.ports import CardPayment, CardState
from orders.services.deliver_consignment import follow_handover
from orders.services.settle_payment import settle_card
from orders.tasks.holds import watch_holds
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import get_money, list_parts, sold_of
from tests.factories.reactions import react as react_in_context
from tests.factories.traceability import make_verified_lot
from tests.web.orders.shopper import order as order_by_hand
from tests.web.orders.shopper import put, ready
from tests.web.sign_in import sign_in
from traceability.models.custody import Record
from traceability.queries.lots import get_lot

KEY = {"Authorization": "Apikey khoa-sepay"}
BEING_CHECKED = "đang được tạm giữ để kiểm tra"


@pytest.fixture
def buyer(app, session):
    """A browser of its own, in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def operator_id(session):
    return make_user(session, roles={Role.OPERATOR})


@pytest.fixture
def offer(session, home, season, operator_id):
    now = utcnow()
    harvested_on = local_date(now) - timedelta(days=1)
    lot = make_verified_lot(session, home.household_id, season=season, harvested_on=harvested_on, now=now)
    return make_offer(session, home.household_id, lot_id=lot.id, price=30_000, amount=60, now=now)


@pytest.fixture
def hold(keeper, session, season, typed):
    """The household writes down, too late, a spray inside whose waiting period the lot was taken."""

    def hold():
        spray = {"kind": "spraying", "product": "Thuốc A", "target": "sâu", "waiting_days": "5"}
        spray |= {"ingredient": "abamectin", "operator": "household"}
        given_on = str(local_date(utcnow()) - timedelta(days=3))
        answer = keeper.post(f"/so-tay/vu/{season.id}/thuoc", data=typed(**spray, happened_on=given_on))
        assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]

    return hold


@pytest.fixture
def work(app, session):
    """Do what the workers do."""

    def work():
        session.commit()
        with app.app_context():
            react_in_context(session)

    return work


@pytest.fixture
def pass_deadline(app, session, work):
    """Let the time run out that an order may wait, and the clock's own task look at it."""

    def pass_deadline():
        session.execute(text("UPDATE orders_consignments SET held_until_at = now() - interval '1 minute'"))
        session.commit()
        with app.app_context():
            watch_holds()
        work()

    return pass_deadline


def page(response, status=200):
    html = unescape(response.get_data(as_text=True))
    assert response.status_code == status, html[:3000]
    return html


def place(buyer, session, offer, payment="cod"):
    """Order one unit; return the link's token and the order's id."""
    token = order_by_hand(buyer, session, offer.offer_id, payment=payment)
    return token, session.execute(select(Order.id).where(Order.token == token)).scalar_one()


def only_part(session, order_id):
    return list_parts(session, order_id)[0]


def count(session, table):
    return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - names of this file


def told(session, recipient):
    """Return subjects and texts of what one person was told, by account or address."""
    who = Notice.user_id == recipient if isinstance(recipient, int) else Notice.recipient == recipient
    rows = session.execute(select(Notice.subject, Notice.body_text).where(who).order_by(Notice.id))
    return [f"{subject}\n{words}" for subject, words in rows]


def refunds(session):
    return [tuple(row) for row in session.execute(select(Refund.amount_vnd, Refund.state))]


@pytest.mark.attack("accept-an-order-of-a-held-lot")
def test_a_cash_order_from_before_the_hold_is_not_accepted(
    keeper, buyer, session, home, offer, hold, work, operator_id
):
    token, order_id = place(buyer, session, offer)
    part = only_part(session, order_id)
    hold()
    html = page(keeper.post(f"/don-hang/{part.id}/nhan"), 409)
    assert "Chưa nhận được đơn này" in html
    assert BEING_CHECKED in html
    part = only_part(session, order_id)
    assert (part.state, part.accepted_at) == ("to_accept", None)
    assert part.held_at is not None
    assert part.held_until_at > utcnow()
    work()
    html = page(buyer.get(f"/don/{token}"))
    assert "Kiện này tạm chờ" in html
    assert f"Lô {offer.lot_code} {BEING_CHECKED}" in html
    assert "Muộn nhất đến" in html
    for who in (home.user_id, "lan@thu.vn", operator_id):
        letters = [one for one in told(session, who) if "tạm chờ" in one and BEING_CHECKED in one]
        assert len(letters) == 1, told(session, who)


@pytest.mark.attack("pack-an-order-of-a-held-lot")
def test_what_was_accepted_before_the_hold_is_not_packed(keeper, buyer, session, offer, hold):
    _token, order_id = place(buyer, session, offer)
    part = only_part(session, order_id)
    assert keeper.post(f"/don-hang/{part.id}/nhan").status_code == 303
    hold()
    html = page(keeper.post(f"/don-hang/{part.id}/dong-goi"), 409)
    assert "Chưa đóng gói được đơn này" in html
    assert only_part(session, order_id).state == "accepted"
    assert sold_of(session, offer.offer_id) == 0
    assert count(session, "logistics_parcels") == 0
    assert keeper.get(f"/don-hang/{part.id}/phieu").status_code == 404


@pytest.mark.attack("transfer-after-the-hold")
def test_a_transfer_that_comes_after_the_hold_starts_nothing_and_goes_back(
    keeper, buyer, session, home, offer, hold, work, pass_deadline
):
    token, order_id = place(buyer, session, offer, "transfer")
    money = get_money(session, order_id)
    hold()
    work()
    assert buyer.get(f"/don/{token}/vietqr.svg").status_code == 404
    assert "Bạn chưa cần trả tiền" in page(buyer.get(f"/don/{token}"))
    body = {"id": 77, "accountNumber": "0123456789", "transferType": "in", "transferAmount": money.amount_vnd}
    body |= {"content": f"CK {money.transfer_code}", "gateway": "VCB", "referenceCode": "FT1"}
    assert buyer.post("/webhooks/sepay", json=body, headers=KEY).json == {"success": True}
    work()
    assert get_money(session, order_id).received_vnd == money.amount_vnd
    part = only_part(session, order_id)
    assert (part.state, part.accept_before_at) == ("waiting", None)
    assert keeper.post(f"/don-hang/{part.id}/nhan").status_code == 409
    assert not [one for one in told(session, home.user_id) if "đơn mới" in one.lower()]
    pass_deadline()
    assert only_part(session, order_id).state == "cancelled"
    assert refunds(session) == [(money.amount_vnd, "by_hand")]
    assert keeper.post(f"/don-hang/{part.id}/nhan").status_code == 409
    assert [one for one in told(session, "lan@thu.vn") if "đã dừng" in one and "hoàn lại" in one]


@pytest.mark.attack("card-paid-after-the-hold")
def test_a_card_paid_after_the_hold_starts_nothing_and_goes_back(
    keeper, buyer, session, offer, hold, work, pass_deadline
):
    token, order_id = place(buyer, session, offer, "card")
    money = get_money(session, order_id)
    hold()
    work()
    html = page(buyer.get(f"/don/{token}"))
    assert "Bạn chưa cần trả tiền" in html
    assert "bằng thẻ</a>" not in html
    card = CardPayment("pi_1", "secret", CardState.PAID, money.amount_vnd, money.amount_vnd, money.attempt_key)
    settle_card(session=session, card=card, now=utcnow())
    session.commit()
    part = only_part(session, order_id)
    assert (part.state, part.accept_before_at) == ("waiting", None)
    assert keeper.post(f"/don-hang/{part.id}/nhan").status_code == 409
    pass_deadline()
    assert only_part(session, order_id).state == "cancelled"
    assert refunds(session) == [(money.amount_vnd, "requested")]


@pytest.mark.attack("hand-over-a-packed-parcel-of-a-held-lot")
def test_a_parcel_packed_before_the_hold_is_not_booked_and_called_back_when_handed_over(
    keeper, buyer, session, home, offer, hold, work, operator_id
):
    token, order_id = place(buyer, session, offer)
    part = only_part(session, order_id)
    for step in ("nhan", "dong-goi"):
        assert keeper.post(f"/don-hang/{part.id}/{step}").status_code == 303
    parcel_id = session.execute(text("SELECT id FROM logistics_parcels")).scalar_one()
    hold()
    later = utcnow() + timedelta(hours=1)
    assert claim_booking(session=session, parcel_id=parcel_id, now=later) is None
    assert list_unsettled(session, later) == []
    work()
    assert "Chưa giao kiện này cho bưu tá" in "".join(told(session, home.user_id))

    # A courier who had been called before takes it all the same.
    session.execute(text("UPDATE logistics_parcels SET state = 'in_transit', booked_at = now()"))
    follow_handover(session=session, consignment_ref=part.number, happened_at=utcnow(), now=utcnow())
    work()
    assert session.execute(text("SELECT call_back FROM logistics_parcels")).scalar_one() == "asked"
    assert "Xin chưa dùng hàng này" in page(buyer.get(f"/don/{token}"))
    for who, words in (
        (home.user_id, "Kiện đã rời hộ"),
        ("lan@thu.vn", "Xin bạn chưa dùng hàng"),
        (operator_id, "đã đi mà lô hàng bị giữ"),
    ):
        assert words in "".join(told(session, who)), who


@pytest.mark.attack("goods-on-the-road-when-the-lot-is-held")
def test_who_has_the_goods_already_is_warned(keeper, buyer, session, home, offer, hold, work, operator_id):
    token, order_id = place(buyer, session, offer)
    part = only_part(session, order_id)
    for step in ("nhan", "dong-goi"):
        assert keeper.post(f"/don-hang/{part.id}/{step}").status_code == 303
    session.execute(text("UPDATE logistics_parcels SET state = 'in_transit', booked_at = now()"))
    session.expire_all()
    follow_handover(session=session, consignment_ref=part.number, happened_at=utcnow(), now=utcnow())
    session.commit()
    hold()
    work()
    part = only_part(session, order_id)
    assert (part.state, part.held_until_at) == ("handed_over", None)
    assert part.held_at is not None
    assert "Xin chưa dùng hàng này" in page(buyer.get(f"/don/{token}"))
    for who in (home.user_id, "lan@thu.vn", operator_id):
        assert BEING_CHECKED in "".join(told(session, who)), who


@pytest.mark.attack("held-goods-called-sold-out")
@pytest.mark.parametrize("has_news", [False, True])
def test_held_goods_are_not_sold_and_not_called_sold_out(buyer, session, offer, hold, work, has_news):
    form = ready(buyer, session, offer.offer_id)
    hold()
    if has_news:
        work()
    html = page(buyer.post("/thanh-toan/xac-nhan", data=form), 409)
    assert "đang tạm ngừng bán để kiểm tra" in html
    assert "hết hàng" not in html.lower()
    assert count(session, "orders_orders") == 0
    if has_news:
        for html in (
            page(buyer.get("/gio-hang")),
            page(put(buyer, offer.offer_id), 409),
            page(buyer.get(f"/san-pham/{offer.slug}")),
        ):
            assert "tạm ngừng bán" in html.lower()
            assert "hết hàng" not in html.lower()


@pytest.mark.attack("paused-goods-called-sold-out")
def test_paused_goods_are_not_called_sold_out(buyer, session, offer):
    form = ready(buyer, session, offer.offer_id)
    session.execute(text("UPDATE catalog_offers SET state = 'paused'"))
    session.commit()
    html = page(buyer.post("/thanh-toan/xac-nhan", data=form), 409)
    assert "đang được hộ tạm ngừng bán" in html
    assert "hết hàng" not in html.lower()
    assert count(session, "orders_orders") == 0


@pytest.mark.attack("accept-while-the-gate-is-closed")
def test_a_closed_gate_stops_an_order_like_a_hold(keeper, buyer, session, offer):
    _token, order_id = place(buyer, session, offer)
    session.execute(text("UPDATE trace_sale_gates SET is_open = false, missing = '{certificate_vietgap}'"))
    session.commit()
    part = only_part(session, order_id)
    html = page(keeper.post(f"/don-hang/{part.id}/nhan"), 409)
    assert "đang tạm ngừng bán để kiểm tra giấy tờ" in html
    assert only_part(session, order_id).state == "to_accept"


@pytest.mark.attack("spray-struck-out-to-free-an-order")
def test_an_order_goes_on_only_when_the_commune_verified_again(
    keeper, client, buyer, session, home, offer, hold, work, officer_id, typed
):
    _token, order_id = place(buyer, session, offer)
    part = only_part(session, order_id)
    last_id = session.execute(select(func.max(Record.id))).scalar_one()
    hold()
    work()
    spray_id = session.execute(select(func.min(Record.id)).where(Record.id > last_id)).scalar_one()
    gone = keeper.post(f"/so-tay/ghi-chep/{spray_id}/bo", data=typed(reason="Ghi nhầm ô"))
    assert gone.status_code == 303, gone.get_data(as_text=True)[:2000]
    work()
    assert get_lot(session, offer.lot_id).state != "verified"
    html = page(keeper.post(f"/don-hang/{part.id}/nhan"), 409)
    assert "đang chờ xã xác nhận lại" in html
    assert only_part(session, order_id).held_at is not None
    asked = keeper.post(f"/so-tay/lo/{offer.lot_code}/gui-xa", data=typed())
    assert asked.status_code == 303, asked.get_data(as_text=True)[:2000]
    sign_in(client, officer_id)
    seen = client.post(f"/xa/lo/{offer.lot_code}/xac-nhan", data=typed(has_read="y", reason="Đã ra ruộng hỏi kỹ."))
    assert seen.status_code == 303, seen.get_data(as_text=True)[:2000]
    work()
    part = only_part(session, order_id)
    assert (part.state, part.held_at) == ("to_accept", None)
    assert "đi tiếp" in "".join(told(session, "lan@thu.vn"))
    sign_in(client, home.user_id)
    assert client.post(f"/don-hang/{part.id}/nhan").status_code == 303
    assert only_part(session, order_id).state == "accepted"
