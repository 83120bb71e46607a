"""The operator's pages with something in every table, and what the buttons do."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from marketplace.accounts.rules import Role
from marketplace.core import ledger
from marketplace.core.clock import utcnow
from marketplace.core.models import Delivery, InboxMessage, Notice, OutboxEvent, TaskFailure
from marketplace.core.notices import put_on_desk
from marketplace.core.outbox import MAX_ATTEMPTS
from marketplace.worker import make_celery
from orders.ports import BankCredit
from orders.services.cancel_order import cancel_order
from orders.services.settle_payment import settle_credit
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, get_money, list_events
from tests.factories.sellers import make_commune, make_household
from tests.web.orders.shopper import words_of
from tests.web.sign_in import sign_in

PAGES = (
    "/dieu-hanh",
    "/dieu-hanh/don-hang",
    "/dieu-hanh/thanh-toan",
    "/dieu-hanh/viec-ket",
    "/dieu-hanh/mo-phong",
)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def operator(client, session):
    user_id = make_user(session, roles={Role.OPERATOR})
    session.commit()
    sign_in(client, user_id)
    return user_id


@pytest.fixture
def offer(session):
    return make_offer(session, make_household(session), price=30_000, amount=100)


def page_of(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    return words_of(response)


def add_delivery(session, *, failed=False, attempts=3, error="Traceback ...\nValueError: máy in hết giấy"):
    outbox_id = session.execute(
        insert(OutboxEvent).values(name="orders.order_placed", payload={"order_id": 1}).returning(OutboxEvent.id)
    ).scalar_one()
    return session.execute(
        insert(Delivery)
        .values(
            outbox_id=outbox_id,
            task="orders.tell_buyer_placed",
            queue="default",
            attempts=attempts,
            next_at=NOW,
            sent_at=NOW,
            failed_at=NOW if failed else None,
            last_error=error,
        )
        .returning(Delivery.id)
    ).scalar_one()


def add_letter(session, state):
    return session.execute(
        insert(Notice)
        .values(
            key=f"k-{state}",
            channel="email",
            recipient="lan@thu.example",
            subject=f"Thư {state}",
            body_text="Chào bạn.",
            state=state,
            created_at=NOW,
        )
        .returning(Notice.id)
    ).scalar_one()


def add_failure(session):
    return session.execute(
        insert(TaskFailure)
        .values(task="orders.release_unpaid", error="Traceback ...\nOSError: hết đĩa", failed_at=NOW, failures=2)
        .returning(TaskFailure.id)
    ).scalar_one()


def add_webhook(session, **values):
    session.execute(
        insert(InboxMessage).values(
            source="sepay", external_id="unreadable-1", headers={}, body=b"{", received_at=NOW, **values
        )
    )


def test_pages_of_an_empty_market(client, session, operator):
    for path in PAGES:
        page_of(client, path)
    assert "Máy móc chạy tốt" in page_of(client, "/dieu-hanh")
    assert "Không có việc nào kẹt" in page_of(client, "/dieu-hanh/viec-ket")


def test_orders_are_listed_and_opened(client, session, offer, operator):
    waiting = buy(session, {offer.offer_id: 1}, method="transfer", name=f"Lan {SCRIPT}")
    placed = buy(session, {offer.offer_id: 2})
    session.commit()
    numbers = dict(session.execute(text("SELECT id, number FROM orders_orders")).all())
    everything = page_of(client, "/dieu-hanh/don-hang")
    assert all(number in everything for number in numbers.values())
    unpaid = page_of(client, "/dieu-hanh/don-hang?trang-thai=awaiting_payment")
    assert numbers[waiting.order_id] in unpaid
    assert numbers[placed.order_id] not in unpaid
    assert numbers[placed.order_id] in page_of(client, "/dieu-hanh/don-hang?trang-thai=bịa&trang=0")
    assert numbers[placed.order_id] not in page_of(client, "/dieu-hanh/don-hang?trang=" + "9" * 30)
    response = client.get(f"/dieu-hanh/don-hang/{waiting.order_id}")
    assert response.status_code == 200
    assert SCRIPT not in response.get_data(as_text=True)
    assert numbers[waiting.order_id] in words_of(response)
    assert numbers[placed.order_id] in page_of(client, "/dieu-hanh")


@pytest.mark.parametrize("number", ["987654321", "9" * 30, "abc", "-1"])
def test_an_order_that_does_not_exist(client, session, operator, number):
    assert client.get(f"/dieu-hanh/don-hang/{number}").status_code == 404


def test_money_in_all_its_states(client, session, offer, operator):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    money = get_money(session, placed.order_id)
    for number, (amount, words) in enumerate(
        [(52_000, money.transfer_code), (52_000, money.transfer_code), (7_000, f"khong ro cua ai {SCRIPT}")]
    ):
        credit = BankCredit(f"{number}", amount, words, "0123456789", "FT")
        settle_credit(session=session, source="sepay", credit=credit, now=NOW)
    cancel_order(session=session, order_token=placed.token, reason="", now=NOW)
    ledger.post(
        session, reference="x", kind="cod", postings=[("carrier:viettelpost", 5), ("orders:buyers", -5)], now=NOW
    )
    session.commit()
    response = client.get("/dieu-hanh/thanh-toan")
    page = words_of(response)
    assert response.status_code == 200
    for words in (
        "Đúng",
        "Trùng",
        "Chưa rõ của ai",
        "Chờ chuyển thủ công",
        "Chuyển tiền hai lần",
        "111.000đ",
        "7.000đ",
    ):
        assert words in page, words
    assert SCRIPT not in response.get_data(as_text=True)


def test_stuck_work_in_every_table(client, session, operator):
    failed, slow = add_delivery(session, failed=True, attempts=MAX_ATTEMPTS), add_delivery(session, error=None)
    add_failure(session)
    add_webhook(session, applied_at=NOW, outcome="unreadable", error=f"Không đọc được {SCRIPT}")
    add_letter(session, "unknown")
    add_letter(session, "failed")
    add_letter(session, "sent")
    session.commit()
    response = client.get("/dieu-hanh/viec-ket")
    page = words_of(response)
    for words in ("ValueError: máy in hết giấy", "OSError: hết đĩa", "Không đọc được", "Thư unknown", "Thư failed"):
        assert words in page, words
    assert "Traceback" not in page
    assert "Thư sent" not in page
    assert SCRIPT not in response.get_data(as_text=True)
    assert [f"/dieu-hanh/viec-ket/{number}/lam-lai" in page for number in (failed, slow)] == [True, True]
    assert "Có việc cần người xem" in page_of(client, "/dieu-hanh")


def test_what_failed_for_good_gets_fresh_attempts(client, session, operator):
    delivery_id = add_delivery(session, failed=True, attempts=MAX_ATTEMPTS)
    session.commit()
    before = utcnow()
    response = client.post(f"/dieu-hanh/viec-ket/{delivery_id}/lam-lai")
    assert (response.status_code, response.location) == (303, "/dieu-hanh/viec-ket")
    session.expire_all()
    delivery = session.execute(select(Delivery).where(Delivery.id == delivery_id)).scalar_one()
    assert (delivery.failed_at, delivery.attempts, delivery.done_at) == (None, 0, None)
    assert before - timedelta(seconds=1) <= delivery.next_at <= utcnow()
    assert "Việc này được làm lại ngay bây giờ." in page_of(client, "/dieu-hanh/viec-ket")


def test_all_that_was_set_aside_gets_fresh_attempts_at_once(client, session, operator):
    ids = [add_delivery(session, failed=True, attempts=MAX_ATTEMPTS) for _ in range(2)]
    trying = add_delivery(session, attempts=5)
    session.commit()
    assert "/dieu-hanh/viec-ket/lam-lai-tat-ca" in page_of(client, "/dieu-hanh/viec-ket")
    assert client.post("/dieu-hanh/viec-ket/lam-lai-tat-ca").status_code == 303
    session.expire_all()
    found = {one.id: (one.failed_at, one.attempts) for one in session.scalars(select(Delivery))}
    assert found == {ids[0]: (None, 0), ids[1]: (None, 0), trying: (None, 5)}
    page = page_of(client, "/dieu-hanh/viec-ket")
    assert "2 việc được làm lại ngay bây giờ." in page
    assert "/lam-lai-tat-ca" not in page


def test_a_periodic_task_that_failed_is_done_at_once_when_asked(app, client, session, operator):
    failure_id = add_failure(session)
    session.commit()
    assert client.post(f"/dieu-hanh/viec-ket/dinh-ky/{failure_id}/chay-ngay").status_code == 303
    # It is seen with that, and asked for once.
    assert client.post(f"/dieu-hanh/viec-ket/dinh-ky/{failure_id}/chay-ngay").status_code == 404
    session.expire_all()
    (delivery,) = session.scalars(select(Delivery))
    assert (delivery.task, delivery.queue, delivery.done_at) == ("orders.release_unpaid", "default", None)
    # As a worker does it, which gets the delivery's number with every task that a relay sends.
    make_celery(app).tasks["orders.release_unpaid"](delivery_id=delivery.id)
    session.expire_all()
    assert session.get(Delivery, delivery.id).done_at is not None


def test_a_webhook_that_nobody_could_read_is_read_again(client, session, operator):
    add_webhook(session, applied_at=NOW, outcome="unreadable", error="Không đọc được")
    session.commit()
    inbox_id = session.scalar(select(InboxMessage.id))
    assert client.post(f"/dieu-hanh/viec-ket/tin/{inbox_id}/doc-lai").status_code == 303
    session.expire_all()
    message = session.get(InboxMessage, inbox_id)
    assert (message.applied_at, message.outcome, message.error) == (None, None, None)
    asked = session.execute(select(OutboxEvent.name, OutboxEvent.payload)).all()
    assert [tuple(one) for one in asked] == [("webhook.sepay", {"inbox_id": inbox_id})]


def test_a_webhook_that_was_applied_is_not_applied_again(client, session, operator):
    add_webhook(session, applied_at=NOW, outcome="matched")
    session.commit()
    inbox_id = session.scalar(select(InboxMessage.id))
    assert client.post(f"/dieu-hanh/viec-ket/tin/{inbox_id}/doc-lai").status_code == 404
    session.expire_all()
    assert session.get(InboxMessage, inbox_id).outcome == "matched"
    assert session.execute(select(OutboxEvent.id)).all() == []


def test_what_is_done_is_not_done_again(client, session, operator):
    delivery_id = add_delivery(session)
    session.execute(text("UPDATE core_deliveries SET done_at = now()"))
    session.commit()
    for number in (delivery_id, 987654321, "9" * 30):
        assert client.post(f"/dieu-hanh/viec-ket/{number}/lam-lai").status_code == 404
    assert session.execute(text("SELECT attempts FROM core_deliveries")).scalar_one() == 3


def test_a_periodic_failure_is_seen_once(client, session, operator):
    failure_id = add_failure(session)
    session.commit()
    path = f"/dieu-hanh/viec-ket/dinh-ky/{failure_id}/da-xem"
    assert [client.post(path).status_code for _ in range(2)] == [303, 404]
    assert "OSError" not in page_of(client, "/dieu-hanh/viec-ket")


@pytest.mark.parametrize(("state", "status"), [("unknown", 303), ("failed", 303), ("sent", 404), ("sending", 404)])
def test_only_a_letter_in_doubt_is_sent_again(client, session, operator, state, status):
    notice_id = add_letter(session, state)
    session.commit()
    assert client.post(f"/dieu-hanh/viec-ket/thu/{notice_id}/gui-lai").status_code == status
    # A second press finds it queued, and sends no second letter.
    assert client.post(f"/dieu-hanh/viec-ket/thu/{notice_id}/gui-lai").status_code == 404
    session.expire_all()
    after = session.execute(text("SELECT state FROM core_notices")).scalar_one()
    assert after == ("queued" if status == 303 else state)
    assert list_events(session, "core.") == ["core.notice_queued"] * (status == 303)


def test_stuck_work_costs_the_same_for_many_rows(client, session, operator, sql_log):
    def cost():
        with sql_log() as statements:
            page_of(client, "/dieu-hanh/viec-ket")
        return len(statements)

    add_delivery(session)
    session.commit()
    one = cost()
    for _ in range(10):
        add_delivery(session)
    session.commit()
    assert cost() == one <= 8


STEPS = ("/dieu-hanh/viec-ket/1/lam-lai", "/dieu-hanh/viec-ket/dinh-ky/1/da-xem", "/dieu-hanh/viec-ket/thu/1/gui-lai")


@pytest.mark.parametrize("role", ["buyer", "household", "officer"])
def test_others_stay_outside(client, session, role):
    home = make_household(session)
    about = {
        "buyer": {"roles": {Role.BUYER}},
        "household": {"household_id": home},
        "officer": {"roles": {Role.OFFICER}, "commune_id": make_commune(session)},
    }[role]
    delivery_id = add_delivery(session, failed=True)
    user_id = make_user(session, **about)
    session.commit()
    sign_in(client, user_id)
    assert {client.get(path).status_code for path in PAGES} == {403}
    steps = (*STEPS, f"/dieu-hanh/viec-ket/{delivery_id}/lam-lai")
    assert {client.post(path).status_code for path in steps} == {403}
    assert session.execute(text("SELECT failed_at IS NOT NULL FROM core_deliveries")).scalar_one()


def test_the_signed_out_are_led_to_the_door(client, session):
    for path in (*PAGES, "/thong-bao"):
        response = client.get(path)
        assert response.status_code == 303
        assert response.location.startswith("/dang-nhap")


def test_notices_are_read_by_their_own_reader(client, session, operator):
    other = make_user(session, roles={Role.BUYER})
    for user_id, subject in ((operator, "Đơn mới"), (other, "Chuyện riêng")):
        put_on_desk(
            session, key=subject, user_id=user_id, subject=subject, text=SCRIPT, link="/don-hang/1", now=NOW
        )  # fmt: skip
    session.commit()
    response = client.get("/thong-bao")
    page = words_of(response)
    assert ("Đơn mới" in page, "Chuyện riêng" in page) == (True, False)
    assert SCRIPT not in response.get_data(as_text=True)
    assert client.post("/thong-bao/da-doc").status_code == 303
    read = session.execute(text("SELECT user_id FROM core_notices WHERE read_at IS NOT NULL")).scalars().all()
    assert read == [operator]


def test_a_refund_that_was_transferred_by_hand_is_noted_once(client, session, offer, operator):
    placed = buy(session, {offer.offer_id: 1}, method="transfer")
    money = get_money(session, placed.order_id)
    credit = BankCredit("77", money.amount_vnd, money.transfer_code, "0123456789", "FT77")
    settle_credit(session=session, source="sepay", credit=credit, now=NOW)
    cancel_order(session=session, order_token=placed.token, reason="Đổi ý", now=NOW)
    session.commit()
    refund_id = session.execute(text("SELECT id FROM orders_refunds")).scalar_one()
    assert "Đã chuyển" in page_of(client, "/dieu-hanh/thanh-toan")
    for _ in range(2):
        assert client.post(f"/dieu-hanh/thanh-toan/hoan/{refund_id}/da-chuyen").status_code == 303
    assert session.execute(text("SELECT state FROM orders_refunds")).scalar_one() == "done"
    assert ledger.balance(session, "bank:main") == 0
    assert ledger.balance(session, "orders:buyers") == 0


def test_a_refund_that_the_gateway_sends_is_not_marked_by_hand(client, session, operator):
    assert client.post("/dieu-hanh/thanh-toan/hoan/999999/da-chuyen").status_code == 404
