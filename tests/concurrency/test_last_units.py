"""Twenty buyers race for five units; the same race without its guards shows that the rig can catch an oversale."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.errors import OutOfStock
from marketplace.core.db import db, transaction
from orders.services.place_order import place_order
from tests.factories.catalog import MadeOffer, make_offer
from tests.factories.orders import WINDOWS, fill_basket, total_of
from tests.factories.sellers import make_household

_BUYERS = 20
_UNITS = 5
#: Everything that an order writes to.
_TABLES = (
    "orders_orders", "orders_consignments", "orders_lines", "orders_line_lots", "orders_payments", "orders_changes",
    "catalog_reservations", "core_outbox",
)  # fmt: skip
Buy = Callable[[int], object]


@pytest.fixture
def app(committed_app: Flask) -> Iterator[Flask]:
    """An application with a connection for each buyer: a small pool would let them in a few at a time."""
    with committed_app.app_context():
        few = db.engine
        db.engines[None] = many = create_engine(few.url, pool_size=_BUYERS, max_overflow=0)
    yield committed_app
    with committed_app.app_context():
        db.engines[None] = few
    many.dispose()


def race(app: Flask, buy: Buy) -> list[object]:
    """Let every buyer do the same at the same moment; return what each got: an answer, or the refusal."""
    barrier = Barrier(_BUYERS)

    def run(number: int) -> object:
        with app.app_context():
            db.session.connection()
            db.session.rollback()
            barrier.wait(timeout=30)
            try:
                return buy(number)
            except (OutOfStock, IntegrityError) as refusal:
                return refusal

    with ThreadPoolExecutor(_BUYERS) as pool:
        return list(pool.map(run, range(_BUYERS)))


def count_rows(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - names from above


def shelf(session: Session, offer_id: int) -> tuple[Decimal, Decimal, Decimal]:
    """Return what is listed, held and sold of an offer."""
    row = session.execute(
        text("SELECT sum(listed), sum(reserved), sum(sold) FROM catalog_stock WHERE offer_id = :id"), {"id": offer_id}
    ).one()
    return row[0], row[1], row[2]


def goods(app: Flask, now: datetime) -> MadeOffer:
    with app.app_context(), transaction() as session:
        return make_offer(session, make_household(session), amount=_UNITS, now=now)


def baskets(app: Flask, offer: MadeOffer, now: datetime) -> Mapping[int, tuple[str, int]]:
    """Return for each buyer a basket with one unit, ready to be ordered, and its total."""
    ready = {}
    with app.app_context(), transaction() as session:
        for number in range(_BUYERS):
            token = fill_basket(session, {offer.offer_id: 1}, now=now)
            ready[number] = (token, total_of(session, token))
    return ready


def buyer(ready: Mapping[int, tuple[str, int]], now: datetime) -> Buy:
    """Return how a buyer of these baskets orders: as the shop does it."""

    def buy(number: int) -> str:
        token, total = ready[number]
        with transaction() as session:
            return place_order(
                session=session,
                basket_token=token,
                payment_method="cod",
                total_shown=total,
                user_id=None,
                windows=WINDOWS,
                now=now,
            ).token

    return buy


def test_twenty_buyers_of_five_units_make_exactly_five_orders(app: Flask, now: datetime) -> None:
    offer = goods(app, now)
    ready = baskets(app, offer, now)
    with app.app_context():
        before = {table: count_rows(db.session(), table) for table in _TABLES}
        db.session.rollback()

    outcomes = race(app, buyer(ready, now))

    placed = [outcome for outcome in outcomes if isinstance(outcome, str)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, OutOfStock)]
    assert (len(placed), len(set(placed)), len(refused)) == (5, 5, 15)
    assert {(refusal.code, refusal.message) for refusal in refused} == {
        ("out_of_stock", "Rau muống ruộng vừa hết hàng.")
    }
    with app.app_context():
        session = db.session()
        assert shelf(session, offer.offer_id) == (5, 5, 0)
        added = {table: count_rows(session, table) - before[table] for table in _TABLES}
        # An order placed and confirmed are two facts, and the last unit is one more: the shelf is empty.
        assert added.pop("core_outbox") == 5 * 2 + 1
        assert added == dict.fromkeys(added, 5)
        held = session.execute(text("SELECT holder, sum(quantity) FROM catalog_reservations GROUP BY holder")).all()
        numbers = session.execute(text("SELECT number FROM orders_orders")).scalars().all()
        assert sorted(held) == sorted((number, Decimal(1)) for number in numbers)
        # Who got nothing still has the whole basket, address and all.
        kept = text("SELECT token FROM orders_baskets WHERE order_id IS NULL AND recipient IS NOT NULL")
        losers = {ready[number][0] for number, outcome in enumerate(outcomes) if isinstance(outcome, OutOfStock)}
        assert set(session.execute(kept).scalars()) == losers
        lines = text(
            "SELECT count(*) FROM orders_basket_lines l JOIN orders_baskets b ON b.id = l.basket_id"
            " WHERE b.order_id IS NULL"
        )
        assert session.execute(lines).scalar_one() == 15


#: What keeps two buyers from the same unit, as it stands in the statements and in the table.
_LOCK = " FOR UPDATE OF catalog_stock"
_CONDITION = " AND (catalog_stock.listed - catalog_stock.reserved) - catalog_stock.sold >= taken.quantity"
_SETTLED = re.compile(r"SELECT catalog_stock\.id, .*catalog_stock\.is_frozen", re.DOTALL)


@contextmanager
def taken_out(app: Flask, *, is_condition_out: bool) -> Iterator[Counter[str]]:
    """Take the lock, and if wanted the condition, out of the statements that are sent; count where that was done.

    All buyers look before one of them writes: the worst moment, every time.
    """
    meet = Barrier(_BUYERS)
    done: Counter[str] = Counter()

    def rewrite(_c: object, _k: object, statement: str, parameters: object, *_: object) -> tuple[str, object]:
        if _LOCK in statement:
            done["lock"] += 1
            statement = statement.replace(_LOCK, "")
        if is_condition_out and _CONDITION in statement:
            done["condition"] += 1
            statement = statement.replace(_CONDITION, "")
        return statement, parameters

    def wait(_c: object, _k: object, statement: str, *_: object) -> None:
        if _SETTLED.match(statement):
            meet.wait(timeout=30)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", rewrite, retval=True)
    event.listen(engine, "after_cursor_execute", wait)
    try:
        yield done
    finally:
        event.remove(engine, "before_cursor_execute", rewrite)
        event.remove(engine, "after_cursor_execute", wait)


def drop_check(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        names = session.execute(
            text(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'catalog_stock'::regclass AND contype = 'c'"
                " AND pg_get_constraintdef(oid) LIKE '%reserved%'"
            )
        ).scalars()
        for name in names.all():
            session.execute(text(f'ALTER TABLE catalog_stock DROP CONSTRAINT "{name}"'))


@pytest.mark.parametrize(
    ("is_condition_out", "is_check_out", "outcome", "reserved"),
    [
        (True, True, {str: 20}, 20),
        (True, False, {str: 5, IntegrityError: 15}, 5),
        (False, True, {str: 5, OutOfStock: 15}, 5),
    ],
    ids=["no guard at all", "the table's check alone", "the statement's condition alone"],
)
def test_the_same_race_with_the_lock_taken_out(
    app: Flask,
    now: datetime,
    is_condition_out: bool,  # noqa: FBT001 - a parameter of the test
    is_check_out: bool,  # noqa: FBT001 - a parameter of the test
    outcome: dict[type, int],
    reserved: int,
) -> None:
    offer = goods(app, now)
    ready = baskets(app, offer, now)
    if is_check_out:
        drop_check(app)

    with taken_out(app, is_condition_out=is_condition_out) as done:
        outcomes = race(app, buyer(ready, now))

    assert done == {"lock": _BUYERS} | ({"condition": _BUYERS} if is_condition_out else {})
    assert Counter(map(type, outcomes)) == outcome
    with app.app_context():
        assert shelf(db.session(), offer.offer_id) == (5, reserved, 0)
        assert count_rows(db.session(), "orders_orders") == reserved
