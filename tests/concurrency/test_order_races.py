"""Two at one order at the same moment: the second finds what the first has done, or is told so."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.ledger import list_balances
from marketplace.core.models import Delivery, OutboxEvent
from marketplace.core.outbox import Dispatch, claim_due, expand_events
from marketplace.core.tasks import once
from marketplace.reactions import REACTIONS
from orders.ports import BankCredit, CardPayment, CardState
from orders.queries.orders import get_order
from orders.rules.transfers import CreditVerdict
from orders.services.cancel_order import cancel_order
from orders.services.deliver_consignment import accept_consignment, pack_consignment
from orders.services.place_order import place_order
from orders.services.settle_payment import BANK_LAG, expire_unpaid, settle_card, settle_credit
from orders.tasks.letters import tell_buyer_placed
from orders.tasks.payments import apply_bank_webhook
from tests.factories.catalog import make_offer
from tests.factories.orders import (
    NOW,
    WINDOWS,
    buy,
    fill_basket,
    free_of,
    get_money,
    list_events,
    list_parts,
    sold_of,
    total_of,
)
from tests.factories.sellers import make_household
from traceability.queries.chain import verify_chain
from traceability.rules.entries import SYSTEM_ACTOR

LATE = NOW + timedelta(minutes=45) + BANK_LAG
_ROUNDS = 6


def both(app: Flask, *jobs: Callable[[], object]) -> list[object]:
    """Do all of these at once, each in a thread and a session of its own; return their answers or refusals."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        with app.app_context():
            db.session.connection()
            db.session.rollback()
            barrier.wait(timeout=20)
            try:
                return job()
            except Exception as refusal:  # noqa: BLE001 - a refusal is an outcome like any other; the test names them
                return refusal

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture
def offer_id(committed_app: Flask) -> int:
    with committed_app.app_context(), transaction() as session:
        return make_offer(session, make_household(session), price=30_000, amount=100).offer_id


def place(app: Flask, offer_id: int, method: str = "transfer") -> int:
    with app.app_context(), transaction() as session:
        return buy(session, {offer_id: 1}, method=method).order_id


def transfer_of(app: Flask, order_id: int) -> tuple[str, int]:
    with app.app_context(), transaction() as session:
        money = get_money(session, order_id)
        assert money.transfer_code is not None
        return money.transfer_code, money.amount_vnd


def credit(code: str, amount: int, number: str = "92001") -> BankCredit:
    return BankCredit(number, amount, f"MBVCB.778 {code} chuyen tien", "0123456789", "FT1")


def test_a_basket_that_is_sent_twice_at_once_becomes_one_order(committed_app: Flask, offer_id: int) -> None:
    with committed_app.app_context(), transaction() as session:
        basket = fill_basket(session, {offer_id: 2})
        total = total_of(session, basket)

    def send() -> tuple[str, bool]:
        with transaction() as session:
            placed = place_order(
                session=session,
                basket_token=basket,
                payment_method="transfer",
                total_shown=total,
                user_id=None,
                windows=WINDOWS,
                now=NOW,
            )
            return placed.token, placed.is_new

    answers = both(committed_app, send, send, send)

    assert all(isinstance(answer, tuple) for answer in answers), answers
    assert len({answer[0] for answer in answers}) == 1  # type: ignore[index]
    assert sorted(answer[1] for answer in answers) == [False, False, True]  # type: ignore[index]
    with committed_app.app_context(), transaction() as session:
        counts = [
            session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - three names
            for table in ("orders_orders", "orders_payments", "catalog_reservations")
        ]
        assert counts == [1, 1, 1]
        assert free_of(session, offer_id) == 98
        assert list_events(session) == ["orders.order_placed"]


def test_one_credit_told_twice_at_once_is_booked_once(committed_app: Flask, offer_id: int) -> None:
    for number in range(_ROUNDS):
        order_id = place(committed_app, offer_id)
        code, amount = transfer_of(committed_app, order_id)

        def settle(code: str = code, amount: int = amount, number: int = number) -> CreditVerdict:
            with transaction() as session:
                told = credit(code, amount, f"{92_000 + number}")
                return settle_credit(session=session, source="sepay", credit=told, now=NOW)

        answers = both(committed_app, settle, settle)

        # The loser either waited and found the credit known, or ran into its unique number and is tried again.
        assert CreditVerdict.EXACT in answers
        assert {type(answer) for answer in answers} <= {CreditVerdict, IntegrityError}
        with committed_app.app_context(), transaction() as session:
            order = get_order(session, order_id)
            assert (order.state, order.payment.received_vnd, order.refunds) == ("confirmed", amount, ())
            assert dict(list_balances(session)) == {
                "bank:main": amount * (number + 1),
                "orders:buyers": -amount * (number + 1),
            }


def test_the_same_webhook_posted_twice_at_once_is_one_message_and_one_payment(
    committed_app: Flask, offer_id: int
) -> None:
    order_id = place(committed_app, offer_id)
    code, amount = transfer_of(committed_app, order_id)
    body = {
        "id": 92_704, "gateway": "Vietcombank", "transactionDate": "2026-11-20 10:00:00",
        "accountNumber": "0123456789", "code": None, "content": f"MBVCB.1.{code}.CT", "transferType": "in",
        "transferAmount": amount, "accumulated": amount, "subAccount": None, "referenceCode": "FT1", "description": "",
    }  # fmt: skip

    def tell() -> tuple[int, object]:
        answer = committed_app.test_client().post(
            "/webhooks/sepay", data=json.dumps(body), headers={"Authorization": "Apikey khoa-sepay"}
        )
        return answer.status_code, answer.json

    assert both(committed_app, tell, tell, tell) == [(200, {"success": True})] * 3

    with committed_app.app_context(), transaction() as session:
        assert session.execute(text("SELECT source, external_id FROM core_inbox")).all() == [("sepay", "92704")]
        assert list_events(session, "webhook.") == ["webhook.sepay"]
        dispatch = dispatches(session, "orders.apply_bank_webhook")[0]

    def apply() -> None:
        apply_bank_webhook(delivery_id=dispatch.delivery_id, **dispatch.payload)

    assert both(committed_app, apply, apply, apply) == [None, None, None]
    with committed_app.app_context(), transaction() as session:
        assert get_order(session, order_id).payment.received_vnd == amount
        assert list_events(session).count("orders.order_confirmed") == 1
        assert dict(list_balances(session)) == {"bank:main": amount, "orders:buyers": -amount}


def test_an_order_that_is_paid_as_it_expires_is_either_paid_or_let_go_and_refunded(
    committed_app: Flask, offer_id: int
) -> None:
    for number in range(_ROUNDS):
        order_id = place(committed_app, offer_id)
        code, amount = transfer_of(committed_app, order_id)
        with committed_app.app_context(), transaction() as session:
            before = free_of(session, offer_id)

        def expire(order_id: int = order_id) -> bool:
            with transaction() as session:
                return expire_unpaid(session=session, order_id=order_id, now=LATE)

        def pay(code: str = code, amount: int = amount, number: int = number) -> CreditVerdict:
            with transaction() as session:
                told = credit(code, amount, f"7{number}")
                return settle_credit(session=session, source="sepay", credit=told, now=LATE)

        # Who is called first changes from round to round, so that both ends are reached.
        jobs = (expire, pay) if number % 2 else (pay, expire)
        answers = both(committed_app, *jobs)
        expired, verdict = answers if number % 2 else reversed(answers)

        with committed_app.app_context(), transaction() as session:
            order = get_order(session, order_id)
            refunds = [(refund.amount_vnd, refund.state) for refund in order.refunds]
            freed = free_of(session, offer_id) - before
        assert order.payment.received_vnd == amount
        end = (order.state, order.payment.state, verdict, expired, refunds, freed)
        assert end in (
            ("confirmed", "paid", CreditVerdict.EXACT, False, [], 0),
            ("expired", "expired", CreditVerdict.LATE, True, [(amount, "by_hand")], 1),
        )
    with committed_app.app_context(), transaction() as session:
        assert dict(list_balances(session))["bank:main"] == amount * _ROUNDS


def test_a_card_told_by_browser_webhook_and_sweeper_at_once_is_booked_once(committed_app: Flask, offer_id: int) -> None:
    order_id = place(committed_app, offer_id, "card")
    with committed_app.app_context(), transaction() as session:
        money = get_money(session, order_id)
        card = CardPayment("pi_9", "s", CardState.PAID, money.amount_vnd, money.amount_vnd, money.attempt_key)

    def settle() -> None:
        with transaction() as session:
            settle_card(session=session, card=card, now=NOW)

    assert both(committed_app, settle, settle, settle) == [None, None, None]
    with committed_app.app_context(), transaction() as session:
        order = get_order(session, order_id)
        assert (order.state, order.payment.received_vnd, order.refunds) == ("confirmed", 52_000, ())
        assert dict(list_balances(session)) == {"gateway:stripe": 52_000, "orders:buyers": -52_000}


def test_cancelling_and_packing_at_once_leave_one_of_the_two(committed_app: Flask, offer_id: int) -> None:
    for number in range(_ROUNDS):
        order_id = place(committed_app, offer_id, "cod")
        with committed_app.app_context(), transaction() as session:
            token = get_order(session, order_id).token
            part = list_parts(session, order_id)[0]
            own = {"household_id": part.household_id, "consignment_id": part.id, "actor": SYSTEM_ACTOR}
            accept_consignment(session=session, now=NOW, **own)  # type: ignore[arg-type]
            sold, free = sold_of(session, offer_id), free_of(session, offer_id)

        def cancel(token: str = token) -> None:
            with transaction() as session:
                cancel_order(session=session, order_token=token, reason="", now=NOW)

        def pack(own: dict[str, object] = own) -> None:
            with transaction() as session:
                pack_consignment(session=session, now=NOW, **own)  # type: ignore[arg-type]

        answers = both(committed_app, *((cancel, pack) if number % 2 else (pack, cancel)))

        assert [getattr(answer, "code", None) for answer in answers if answer is not None] == ["step_not_allowed"]
        with committed_app.app_context(), transaction() as session:
            part = list_parts(session, order_id)[0]
            parcels = session.execute(
                text("SELECT count(*) FROM logistics_parcels WHERE reference = :number"), {"number": part.number}
            ).scalar_one()
            end = (part.state, parcels, sold_of(session, offer_id) - sold, free_of(session, offer_id) - free)
            assert end in (("packed", 1, 1, 0), ("cancelled", 0, 0, 1))


def test_packing_twice_at_once_seals_and_plans_once(committed_app: Flask, offer_id: int) -> None:
    order_id = place(committed_app, offer_id, "cod")
    with committed_app.app_context(), transaction() as session:
        part = list_parts(session, order_id)[0]
        own = {"household_id": part.household_id, "consignment_id": part.id, "actor": SYSTEM_ACTOR}
        accept_consignment(session=session, now=NOW, **own)  # type: ignore[arg-type]

    def pack() -> None:
        with transaction() as session:
            pack_consignment(session=session, now=NOW, **own)  # type: ignore[arg-type]

    assert both(committed_app, pack, pack, pack) == [None, None, None]
    with committed_app.app_context(), transaction() as session:
        kinds = session.execute(text("SELECT kind FROM trace_records WHERE kind = 'parcel_packed'")).scalars().all()
        assert kinds == ["parcel_packed"]
        assert session.execute(text("SELECT count(*) FROM logistics_parcels")).scalar_one() == 1
        assert sold_of(session, offer_id) == 1
        assert verify_chain(session, part.household_id).is_intact


def dispatches(session: Session, task: str) -> list[Dispatch]:
    """Do a relay's round, and return what it would hand to the broker for a task."""
    expand_events(session, REACTIONS, utcnow())
    return [one for one in claim_due(session, utcnow(), timedelta(seconds=20)) if one.task == task]


def test_two_relays_at_once_hand_each_delivery_out_once(committed_app: Flask, offer_id: int) -> None:
    for _ in range(4):
        place(committed_app, offer_id)

    def relay() -> list[int]:
        with transaction() as session:
            expand_events(session, REACTIONS, utcnow())
        with transaction() as session:
            return [one.delivery_id for one in claim_due(session, utcnow(), timedelta(seconds=60))]

    handed = [number for answer in both(committed_app, relay, relay, relay) for number in answer]  # type: ignore[attr-defined]
    handed += both(committed_app, relay)[0]  # type: ignore[arg-type]
    with committed_app.app_context(), transaction() as session:
        assert sorted(handed) == sorted(session.execute(select(Delivery.id)).scalars())
        expected = sum(len(REACTIONS[name]) for name in session.execute(select(OutboxEvent.name)).scalars())
        assert len(handed) == expected


def test_two_workers_with_the_same_delivery_do_it_once(committed_app: Flask, offer_id: int) -> None:
    order_id = place(committed_app, offer_id)
    with committed_app.app_context(), transaction() as session:
        dispatch = dispatches(session, "orders.tell_buyer_placed")[0]

    def write() -> None:
        tell_buyer_placed(delivery_id=dispatch.delivery_id, **dispatch.payload)

    assert both(committed_app, write, write, write) == [None] * 3
    with committed_app.app_context(), transaction() as session:
        letters = session.execute(text("SELECT key FROM core_notices")).scalars().all()
        assert letters == [f"order:{order_id}:0:placed"]
        assert list_events(session, "core.") == ["core.notice_queued"]
    with committed_app.app_context(), once(dispatch.delivery_id) as session:
        assert session is None
