"""Every task of orders, called twice as a broker may: the second time changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from marketplace.core.models import Delivery, InboxMessage, OutboxEvent
from orders.queries.orders import get_order
from orders.services.cancel_order import cancel_order
from orders.services.deliver_consignment import decline_consignment, follow_handover
from orders.services.settle_payment import expire_unpaid, request_refund
from orders.tasks import deliveries, letters, payments, recalls
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, get_money, list_events, list_parts, pack
from tests.factories.sellers import make_household
from traceability.rules.entries import SYSTEM_ACTOR

#: Everything that a task of orders may write to.
_STATE = (
    "SELECT key, subject, state FROM core_notices ORDER BY id",
    "SELECT name, payload FROM core_outbox ORDER BY id",
    "SELECT what, by_role FROM orders_changes ORDER BY id",
    "SELECT state, payment_method FROM orders_orders ORDER BY id",
    "SELECT state, end_reason FROM orders_consignments ORDER BY id",
    "SELECT state, received_vnd, refunded_vnd FROM orders_payments ORDER BY id",
    "SELECT key, state, amount_vnd FROM orders_refunds ORDER BY id",
    "SELECT reference FROM core_ledger_transactions ORDER BY id",
    "SELECT kind FROM trace_records ORDER BY id",
    "SELECT stock_id, state FROM catalog_reservations ORDER BY id",
    "SELECT outcome FROM core_inbox ORDER BY id",
)


@pytest.fixture
def offer(session, in_app):
    household_id = make_household(session)
    make_user(session, household_id=household_id)
    return make_offer(session, household_id, price=30_000, amount=10)


def state_of(session):
    session.expire_all()
    return [session.execute(text(statement)).all() for statement in _STATE]


def new_delivery(session, payload):
    outbox_id = session.execute(insert(OutboxEvent).values(name="test", payload=payload).returning(OutboxEvent.id))
    return session.execute(
        insert(Delivery)
        .values(outbox_id=outbox_id.scalar_one(), task="test", queue="default", next_at=NOW)
        .returning(Delivery.id)
    ).scalar_one()


def twice(session, task: Callable[..., None], **payload):
    """Run a reaction, run it again, and say by their keys which letters and notices it wrote."""
    known = set(session.execute(text("SELECT key FROM core_notices")).scalars())
    delivery_id = new_delivery(session, payload)
    session.commit()
    task(delivery_id=delivery_id, **payload)
    after = state_of(session)
    assert session.execute(select(Delivery.done_at).where(Delivery.id == delivery_id)).scalar_one() is not None
    task(delivery_id=delivery_id, **payload)
    assert state_of(session) == after
    # The relay's crash can make a second delivery of the same fact: that one finds everything done as well.
    again = new_delivery(session, payload)
    session.commit()
    before = state_of(session)
    task(delivery_id=again, **payload)
    assert state_of(session) == before
    return [
        row.key
        for row in session.execute(text("SELECT key FROM core_notices ORDER BY id"))
        if row.key not in known and not row.key.startswith("new-order:")
    ]


def test_the_first_letter_has_what_the_law_wants_in_writing(session, offer):
    placed = buy(session, {offer.offer_id: 2})
    assert twice(session, letters.tell_buyer_placed, order_id=placed.order_id) == [f"order:{placed.order_id}:0:placed"]
    row = session.execute(text("SELECT recipient, subject, body_text, body_html, state FROM core_notices")).one()
    order = get_order(session, placed.order_id)
    assert (row.recipient, row.subject, row.state) == ("lan@thu.example", f"Đơn hàng {order.number} của bạn", "queued")
    for words in (
        order.number,
        "Rau muống ruộng",
        "82.000đ",
        f"http://localhost/don/{order.token}",
        "Hộ bà Lê Thị Hoa",
    ):
        assert words in row.body_text
        assert words in row.body_html
    assert list_events(session, "core.") == ["core.notice_queued"]


def test_a_buyer_without_an_address_gets_no_letter(session, offer):
    placed = buy(session, {offer.offer_id: 1}, email=None)
    assert twice(session, letters.tell_buyer_placed, order_id=placed.order_id) == []
    assert list_events(session, "core.") == []


@pytest.mark.parametrize(("method", "kinds"), [("cod", []), ("transfer", ["paid"]), ("card", ["paid"])])
def test_money_is_confirmed_where_it_came_in_advance(session, offer, method, kinds):
    placed = buy(session, {offer.offer_id: 1}, method=method)
    told = twice(session, letters.tell_buyer_confirmed, order_id=placed.order_id)
    assert told == [f"order:{placed.order_id}:0:{kind}" for kind in kinds]


def test_everybody_of_the_household_sees_a_new_order_once(session, offer):
    make_user(session, household_id=offer.household_id)
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    twice(session, letters.tell_households, order_id=placed.order_id)
    rows = session.execute(text("SELECT key, link, channel, state FROM core_notices ORDER BY id")).all()
    assert [tuple(row)[1:] for row in rows] == [(f"/don-hang/{part.id}", "desk", "sent")] * 2


def test_letters_about_an_order_that_ended(session, offer):
    expired = buy(session, {offer.offer_id: 1}, method="transfer")
    assert expire_unpaid(session=session, order_id=expired.order_id, now=NOW + timedelta(hours=2))
    assert twice(session, letters.tell_buyer_expired, order_id=expired.order_id) == [
        f"order:{expired.order_id}:0:expired"
    ]
    cancelled = buy(session, {offer.offer_id: 1})
    cancel_order(session=session, order_token=cancelled.token, reason="Đổi ý", now=NOW)
    told = twice(session, letters.tell_buyer_cancelled, order_id=cancelled.order_id)
    assert [key.split(":")[0] for key in told] == ["order", "cancelled"]


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (letters.tell_buyer_accepted, "accepted"),
        (letters.tell_buyer_declined, "declined"),
        (letters.tell_buyer_stopped, "stopped"),
        (letters.tell_buyer_sent, "sent"),
        (letters.tell_buyer_delivered, "delivered"),
        (letters.tell_buyer_returned, "returned"),
    ],
)
@pytest.mark.parametrize("method", ["cod", "transfer"])
def test_one_letter_about_a_parcel(session, offer, task, kind, method):
    placed = buy(session, {offer.offer_id: 1}, method=method)
    part = list_parts(session, placed.order_id)[0]
    assert twice(session, task, consignment_id=part.id) == [f"order:{placed.order_id}:{part.id}:{kind}"]
    row = session.execute(text("SELECT subject, body_text FROM core_notices")).one()
    assert part.number in row.subject
    assert f"http://localhost/don/{placed.token}" in row.body_text


def test_the_carriers_news_is_followed_once_and_in_any_order(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    news = {"consignment_ref": part.number, "happened_at": (NOW + timedelta(hours=5)).isoformat()}
    # The delivery overtook the pick-up: the late news changes nothing.
    twice(session, deliveries.follow_parcel_delivery, **news, state="delivered")
    twice(session, deliveries.follow_parcel_handover, **news, state="picked_up")
    order = get_order(session, placed.order_id)
    assert (order.state, order.consignments[0].state, order.payment.state) == ("completed", "delivered", "paid")
    assert list_events(session).count("orders.consignment_delivered") == 1
    assert "orders.consignment_handed_over" not in list_events(session)


def test_a_parcel_only_booked_is_not_handed_over_yet(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    news = {"consignment_ref": part.number, "happened_at": NOW.isoformat()}
    twice(session, deliveries.follow_parcel_handover, **news, state="booked")
    assert list_parts(session, placed.order_id)[0].state == "packed"


@pytest.mark.parametrize(("state", "end"), [("returned", "returned"), ("lost", "lost")])
def test_a_parcel_that_does_not_arrive(session, offer, state, end):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    twice(
        session, deliveries.follow_parcel_return, consignment_ref=part.number, happened_at=NOW.isoformat(), state=state
    )
    order = get_order(session, placed.order_id)
    assert (order.state, order.consignments[0].state, order.payment.state) == ("cancelled", end, "void")


def test_a_household_learns_once_that_the_post_will_not_come(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    payload = {"consignment_ref": part.number, "reason": "Địa chỉ không rõ"}
    twice(session, letters.tell_household_parcel_stuck, **payload)
    assert session.execute(text("SELECT count(*) FROM core_notices")).scalar_one() == 0
    pack(session, part)
    delivery_id = new_delivery(session, payload)
    session.commit()
    for _ in range(2):
        letters.tell_household_parcel_stuck(delivery_id=delivery_id, **payload)
    words = session.execute(text("SELECT body_text FROM core_notices")).scalars().all()
    assert len(words) == 1
    assert "Bưu cục trả lời: Địa chỉ không rõ" in words[0]


def test_a_recall_stops_orders_once(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    twice(session, recalls.stop_recalled, lot_ids=[offer.lot_id], reason="Tồn dư thuốc")
    assert get_order(session, placed.order_id).state == "cancelled"
    assert list_events(session).count("orders.consignment_stopped") == 1


def webhook(session, body, **headers):
    inbox_id = session.execute(
        insert(InboxMessage)
        .values(source="sepay", external_id="1", headers=headers, body=body, received_at=NOW)
        .returning(InboxMessage.id)
    ).scalar_one()
    twice(session, payments.apply_bank_webhook, inbox_id=inbox_id)
    return session.execute(text("SELECT outcome, error FROM core_inbox")).one()


def told(code, amount, **changes):
    import json

    facts = {"id": 92001, "accountNumber": "0123456789", "transferType": "in", "transferAmount": amount,
             "content": f"MBVCB.1.{code}.CT", "code": None, "referenceCode": "FT1"}  # fmt: skip
    return json.dumps(facts | changes).encode()


@pytest.mark.parametrize(
    ("short", "outcome", "state"), [(0, "exact", "confirmed"), (1_000, "under", "awaiting_payment")]
)
def test_a_bank_credit_is_applied_once(session, offer, short, outcome, state):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    money = get_money(session, placed.order_id)
    row = webhook(session, told(money.transfer_code, 52_000 - short))
    assert row.outcome == outcome
    order = get_order(session, placed.order_id)
    assert (order.state, order.payment.received_vnd) == (state, 52_000 - short)


def test_a_bank_credit_that_cannot_be_read_waits_for_a_person(session, offer):
    assert tuple(webhook(session, b"<html>")) == ("unreadable", "Không đọc được nội dung.")


def test_money_for_another_account_pays_no_order(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    money = get_money(session, placed.order_id)
    assert webhook(session, told(money.transfer_code, 52_000, accountNumber="9999999999")).outcome == "ignored"
    order = get_order(session, placed.order_id)
    assert (order.state, order.payment.received_vnd) == ("awaiting_payment", 0)


def test_money_that_went_out_is_ignored(session, offer):
    assert webhook(session, told("CQ0", 1_000, transferType="out")).outcome == "ignored"


def test_unpaid_orders_are_let_go_together_and_once(session, offer):
    late = [buy(session, {offer.offer_id: 1}, method=method).order_id for method in ("transfer", "card")]
    kept = buy(session, {offer.offer_id: 1}).order_id
    session.commit()
    payments.release_unpaid()
    after = state_of(session)
    payments.release_unpaid()
    assert state_of(session) == after
    assert [get_order(session, order_id).state for order_id in (*late, kept)] == ["expired", "expired", "confirmed"]
    assert list_events(session).count("orders.order_expired") == 2


def test_reminders_come_once(session, offer):
    buy(session, {offer.offer_id: 1})
    session.commit()
    deliveries.remind()
    after = state_of(session)
    assert len(after[0]) == 1
    deliveries.remind()
    assert state_of(session) == after


def test_a_refund_by_hand_asks_no_gateway(session, offer):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    money = get_money(session, placed.order_id)
    money.received_vnd = 52_000
    session.flush()
    refund_id = request_refund(
        session=session, payment=money, key="k", amount_vnd=52_000, reason="Hủy", now=NOW
    )  # fmt: skip
    # Nobody answers at the gateway's address in tests: a call would raise.
    twice(session, payments.send_refund, refund_id=refund_id)
    assert [refund.state for refund in get_order(session, placed.order_id).refunds] == ["by_hand"]


def test_a_declined_part_is_told_in_the_households_words(session, offer):
    placed = buy(session, {offer.offer_id: 1})
    part = list_parts(session, placed.order_id)[0]
    decline_consignment(
        session=session, household_id=part.household_id, consignment_id=part.id, reason="Mưa lớn, không hái được",
        actor=SYSTEM_ACTOR, now=NOW,
    )  # fmt: skip
    twice(session, letters.tell_buyer_declined, consignment_id=part.id)
    assert "Mưa lớn, không hái được" in session.execute(text("SELECT body_text FROM core_notices")).scalar_one()
