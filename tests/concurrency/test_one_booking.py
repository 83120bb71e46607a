"""Several workers at one parcel at the same moment: the carrier is asked once, the end is told once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from logistics.models import Movement
from logistics.ports import Booking, Done
from logistics.services.book import claim_booking, settle_booking
from logistics.services.hear import apply_words
from marketplace.core.db import transaction
from marketplace.core.ledger import list_balances
from tests.factories.logistics import NOW, get_row, list_events, make_parcel, make_word
from tests.factories.sellers import make_household

_WORKERS = 6


def at_once(app: Flask, work: Callable[[int], object]) -> list[object]:
    """Run ``work`` in several threads that start together, each with a session of its own."""
    barrier = Barrier(_WORKERS)

    def run(number: int) -> object:
        with app.app_context():
            barrier.wait()
            return work(number)

    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(run, range(_WORKERS)))


def plan(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        return make_parcel(session, make_household(session))


def test_one_of_many_workers_may_ask_the_carrier(committed_app: Flask) -> None:
    parcel_id = plan(committed_app)

    def claim(_: int) -> bool:
        with transaction() as session:
            return claim_booking(session=session, parcel_id=parcel_id, now=NOW) is not None

    assert sorted(at_once(committed_app, claim)) == [False] * (_WORKERS - 1) + [True]


def test_the_answer_and_many_copies_of_one_message_tell_each_fact_once(committed_app: Flask) -> None:
    parcel_id = plan(committed_app)
    with committed_app.app_context(), transaction() as session:
        claim_booking(session=session, parcel_id=parcel_id, now=NOW)

    def work(number: int) -> object:
        with transaction() as session:
            if number == 0:
                outcome = Done(Booking("15000000001", 31_000))
                return settle_booking(session=session, parcel_id=parcel_id, outcome=outcome, now=NOW)
            state = "delivered" if number % 2 else "picked_up"
            word = make_word(state, minute=number % 2)
            return apply_words(session=session, carrier="viettelpost", words=[word], now=NOW)

    at_once(committed_app, work)
    with committed_app.app_context(), transaction() as session:
        row = get_row(session, parcel_id)
        assert (row.state, row.waybill) == ("delivered", "15000000001")
        assert session.execute(select(func.count()).select_from(Movement)).scalar_one() == 2
        names = [name for name, _ in list_events(session)]
        assert [names.count(f"parcel_{what}") for what in ("booked", "delivered")] == [1, 1]
        assert names.count("cod_collected") == 1
        assert dict(list_balances(session)) == {"carrier:viettelpost": 215_000, "orders:buyers": -215_000}
