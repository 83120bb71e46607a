"""Buyers who come at once, with real commits: exactly what there is is held, and nobody waits in a circle."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.errors import OutOfStock
from catalog.models import Reservation, Stock
from catalog.services import hold_stock
from marketplace.core.db import db
from tests.factories.catalog import add_stock, make_offer, put_lot
from tests.factories.sellers import make_household


def test_no_more_is_held_than_there_is_however_many_come_at_once(committed_app, now):
    with committed_app.app_context():
        engine = db.engine
    with Session(engine) as session:
        household_id = make_household(session)
        first = make_offer(session, household_id, amount=3, now=now)
        add_stock(session, household_id, first.product_id, put_lot(session, household_id), 2, now=now)
        second = make_offer(session, household_id, amount=50, now=now)
        session.commit()

    def buy(number):
        # Half of them name the goods the other way round: the locks are taken in one order all the same.
        wanted = {first.offer_id: Decimal(1), second.offer_id: Decimal(1)}
        if number % 2:
            wanted = dict(reversed(wanted.items()))
        with Session(engine) as session:
            try:
                hold_stock.reserve(session=session, holder=f"D{number}", wanted=wanted, now=now)
                session.commit()
            except OutOfStock as shortage:
                session.rollback()
                return shortage.message
        return "held"

    with ThreadPoolExecutor(6) as buyers:
        outcomes = sorted(buyers.map(buy, range(12)))

    assert outcomes == ["Rau muống ruộng vừa hết hàng."] * 7 + ["held"] * 5
    with Session(engine) as session:
        assert session.execute(select(func.sum(Stock.reserved)).group_by(Stock.offer_id)).scalars().all() == [5, 5]
        assert session.execute(select(func.count()).select_from(Reservation)).scalar_one() == 10
