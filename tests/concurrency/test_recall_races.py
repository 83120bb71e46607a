"""A recall and something else at the same moment: whichever comes first, nothing recalled slips through."""

import time
import uuid
from datetime import date, timedelta
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import insert, text

from catalog.services import hold_stock
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError, Refused
from marketplace.core.models import Delivery, OutboxEvent
from orders.services import cancel_order, deliver_consignment
from orders.services.cancel_order import stop_for_recall
from orders.services.deliver_consignment import accept_consignment, pack_consignment
from orders.services.place_order import place_order
from orders.tasks.recalls import stop_recalled
from tests.concurrency.test_order_races import both
from tests.factories.catalog import MadeOffer, make_offer
from tests.factories.orders import WINDOWS, buy, fill_basket, list_parts, total_of
from tests.factories.sellers import make_household
from tests.factories.traceability import NOW, make_keeper, make_lot, make_recall, make_season, make_verified_lot
from traceability.queries.chain import verify_chain
from traceability.queries.recalls import find_recall_of_lot
from traceability.rules.entries import SYSTEM_ACTOR, IncomingEntry
from traceability.services.diary import record_incoming

_ROUNDS = 6


def make_goods(app: Flask) -> MadeOffer:
    with app.app_context(), transaction() as session:
        household_id = make_household(session)
        lot = make_verified_lot(session, household_id, amount=50)
        return make_offer(session, household_id, lot_id=lot.id, price=30_000, amount=40)


def fill(app: Flask, offer: MadeOffer) -> tuple[str, int]:
    with app.app_context(), transaction() as session:
        token = fill_basket(session, {offer.offer_id: 1})
        return token, total_of(session, token)


def place(token: str, total: int) -> int:
    with transaction() as session:
        return place_order(
            session=session, basket_token=token, payment_method="cod", total_shown=total, user_id=None,
            windows=WINDOWS, now=NOW,
        ).order_id  # fmt: skip


def recall(lot_id: int) -> None:
    """Recall a lot and at once do what the worker does then."""
    with transaction() as session:
        found = make_recall(session, lot_id)
        outbox_id = session.execute(
            insert(OutboxEvent).values(name="test", payload={}, relayed_at=NOW).returning(OutboxEvent.id)
        ).scalar_one()
        delivery_id = session.execute(
            insert(Delivery)
            .values(outbox_id=outbox_id, task="test", queue="default", next_at=NOW)
            .returning(Delivery.id)
        ).scalar_one()
    stop_recalled(delivery_id=delivery_id, recall_id=found.id, lot_ids=list(found.lot_ids), reason="Tồn dư thuốc")


def open_states(app: Flask, offer: MadeOffer) -> list[str]:
    with app.app_context(), transaction() as session:
        rows = session.execute(
            text(
                "SELECT c.state FROM orders_consignments c JOIN orders_lines l ON l.consignment_id = c.id "
                "JOIN orders_line_lots n ON n.line_id = l.id WHERE n.lot_id = :lot_id"
            ),
            {"lot_id": offer.lot_id},
        )
        return sorted(rows.scalars())


def test_no_order_that_is_being_placed_escapes_a_recall(committed_app: Flask) -> None:
    for number in range(_ROUNDS):
        offer = make_goods(committed_app)
        *baskets, late = [fill(committed_app, offer) for _ in range(4)]
        orders = [lambda basket=basket: place(*basket) for basket in baskets]

        def take_back(offer: MadeOffer = offer, pause: float = number * 0.01) -> None:
            time.sleep(pause)
            recall(offer.lot_id)

        answers = both(committed_app, *orders, take_back)
        assert answers[-1] is None
        for answer in answers[:-1]:
            assert isinstance(answer, int | DomainError), answer
        assert set(open_states(committed_app, offer)) <= {"cancelled"}
        # Afterwards nothing can be ordered at all.
        assert isinstance(both(committed_app, lambda late=late: place(*late))[0], DomainError)


def test_an_order_that_has_looked_and_not_yet_committed_is_found(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: the goods are held, the recall commits and its orders are stopped, then the order commits."""
    offer = make_goods(committed_app)
    token, total = fill(committed_app, offer)
    has_looked, may_go_on = Event(), Event()
    reserve = hold_stock.reserve

    def slow_reserve(**arguments: object) -> object:
        held = reserve(**arguments)  # type: ignore[arg-type]
        has_looked.set()
        assert may_go_on.wait(20)
        time.sleep(0.3)
        return held

    monkeypatch.setattr("orders.services.place_order.reserve", slow_reserve)

    def take_back() -> None:
        assert has_looked.wait(20)
        may_go_on.set()
        recall(offer.lot_id)

    answers = both(committed_app, lambda: place(token, total), take_back)
    assert isinstance(answers[0], int)
    assert answers[1] is None
    assert open_states(committed_app, offer) == ["cancelled"]


def test_packing_and_recalling_at_once_end_without_a_parcel(committed_app: Flask) -> None:
    for number in range(_ROUNDS):
        offer = make_goods(committed_app)
        with committed_app.app_context(), transaction() as session:
            part = list_parts(session, buy(session, {offer.offer_id: 1}).order_id)[0]
            own = {"household_id": part.household_id, "consignment_id": part.id, "actor": SYSTEM_ACTOR, "now": NOW}
            accept_consignment(session=session, **own)  # type: ignore[arg-type]

        def pack(own: dict[str, object] = own) -> None:
            with transaction() as session:
                pack_consignment(session=session, **own)  # type: ignore[arg-type]

        def take_back(offer: MadeOffer = offer, pause: float = (number % 3) * 0.01) -> None:
            time.sleep(pause)
            recall(offer.lot_id)

        answers = both(committed_app, *((pack, take_back) if number % 2 else (take_back, pack)))
        refusals = [answer for answer in answers if answer is not None]
        assert all(isinstance(one, DomainError) for one in refusals), refusals
        assert open_states(committed_app, offer) == ["cancelled"]
        with committed_app.app_context(), transaction() as session:
            states = session.execute(
                text("SELECT state FROM logistics_parcels WHERE reference = :r"), {"r": part.number}
            ).scalars()
            assert set(states) <= {"cancelled"}
            assert verify_chain(session, part.household_id).is_intact


def test_packing_one_order_while_another_of_the_same_lot_is_stopped_ends_without_a_deadlock(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: the later order is locked for packing and wants the shelf that the recall has just reached."""
    offer = make_goods(committed_app)
    with committed_app.app_context(), transaction() as session:
        parts = [list_parts(session, buy(session, {offer.offer_id: 1}).order_id)[0] for _ in range(2)]
        for part in parts:
            accept_consignment(
                session=session, household_id=part.household_id, consignment_id=part.id, actor=SYSTEM_ACTOR, now=NOW
            )
    is_packing, release, consume = Event(), cancel_order.release, deliver_consignment.consume

    def slow_consume(**arguments: object) -> object:
        is_packing.set()
        time.sleep(0.5)
        return consume(**arguments)  # type: ignore[arg-type]

    def slow_release(**arguments: object) -> object:
        freed = release(**arguments)  # type: ignore[arg-type]
        time.sleep(1)
        return freed

    monkeypatch.setattr(deliver_consignment, "consume", slow_consume)
    monkeypatch.setattr(cancel_order, "release", slow_release)

    def pack() -> None:
        with transaction() as session:
            pack_consignment(
                session=session, household_id=parts[1].household_id, consignment_id=parts[1].id, actor=SYSTEM_ACTOR,
                now=NOW,
            )  # fmt: skip

    def stop() -> None:
        assert is_packing.wait(20)
        with transaction() as session:
            stop_for_recall(session=session, lot_ids=[offer.lot_id], reason="Tồn dư thuốc", now=NOW)

    assert both(committed_app, pack, stop) == [None, None]
    assert open_states(committed_app, offer) == ["cancelled", "cancelled"]


def test_what_another_household_is_making_of_the_lot_is_recalled_or_never_made(committed_app: Flask) -> None:
    for number in range(_ROUNDS):
        with committed_app.app_context(), transaction() as session:
            lot = make_verified_lot(session, make_household(session))
            maker = make_household(session)
            season = make_season(session, maker, produce="Dưa muối", template="processed")
            record_incoming(
                session=session, household_id=maker, season_id=season.id, actor=make_keeper(maker), key=uuid.uuid4(),
                entry=IncomingEntry(what="ingredient", name="Rau", happened_on=date(2026, 11, 20),
                                    supplier_lot=lot.code),
                now=NOW,
            )  # fmt: skip

        def make(maker: int = maker, season: object = season) -> int:
            with transaction() as session:
                made = make_lot(session, maker, season=season, produce="Dưa muối", is_complete=False)  # type: ignore[arg-type]
                time.sleep(0.05)
                return made.id

        def take_back(lot_id: int = lot.id, pause: float = number * 0.015) -> None:
            time.sleep(pause)
            with transaction() as session:
                make_recall(session, lot_id)

        answers = both(committed_app, make, make, take_back)
        assert answers[-1] is None
        with committed_app.app_context(), transaction() as session:
            for answer in answers[:2]:
                if isinstance(answer, int):
                    assert find_recall_of_lot(session, answer) is not None
                else:
                    assert isinstance(answer, Refused)
                    assert answer.code == "lot_not_usable"
            states = session.execute(
                text("SELECT state FROM trace_lots WHERE household_id = :maker"), {"maker": maker}
            ).scalars()
            assert set(states) <= {"recalled"}
            assert verify_chain(session, maker).is_intact


def test_two_officers_at_once_begin_one_recall(committed_app: Flask) -> None:
    with committed_app.app_context(), transaction() as session:
        lot = make_verified_lot(session, make_household(session), now=utcnow() - timedelta(days=1))

    def begin(key: uuid.UUID) -> int:
        with transaction() as session:
            return make_recall(session, lot.id, key=key, now=utcnow()).id

    one, other = uuid.uuid4(), uuid.uuid4()
    answers = both(committed_app, lambda: begin(one), lambda: begin(one), lambda: begin(other))
    begun = {answer for answer in answers if isinstance(answer, int)}
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert len(begun) == 1
    assert {answer.code for answer in refused} <= {"lot_step_not_allowed"}
    with committed_app.app_context(), transaction() as session:
        assert session.execute(text("SELECT count(*) FROM trace_recalls")).scalar_one() == 1
        assert session.execute(text("SELECT count(*) FROM trace_records WHERE kind = 'recall'")).scalar_one() == 1
