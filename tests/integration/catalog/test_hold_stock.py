from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from catalog.errors import NotOnSale, OutOfStock
from catalog.models import Reservation, Stock
from catalog.queries import list_offer_lines, list_search_documents
from catalog.services import hold_stock, sell
from tests.factories.catalog import add_stock, make_offer, make_unlisted_product, put_lot
from tests.factories.sellers import make_household


def lots_of(held):
    return [(lot.lot_id, lot.quantity) for lot in held]


def stock_of(session, lot_id):
    session.expire_all()
    stock = session.execute(select(Stock).where(Stock.lot_id == lot_id)).scalar_one()
    return stock.listed, stock.reserved, stock.sold


def heard(session):
    rows = session.execute(text("SELECT payload FROM core_outbox WHERE name = 'catalog.offer_changed'"))
    return [row.payload["product_id"] for row in rows]


def offer_of_three_lots(session, now):
    """Goods of three lots, listed in another order than they expire: late, early, without a date."""
    household_id = make_household(session)
    late = put_lot(session, household_id, best_before_on=date(2026, 12, 24))
    early = put_lot(session, household_id, best_before_on=date(2026, 12, 1))
    dateless = put_lot(session, household_id, best_before_on=None)
    offer = make_offer(session, household_id, lot_id=late, amount=10, now=now)
    for lot_id in (early, dateless):
        add_stock(session, household_id, offer.product_id, lot_id, 10, now=now)
    return offer, early, late, dateless


def test_what_expires_first_is_held_first_across_lots(session, now):
    offer, early, late, dateless = offer_of_three_lots(session, now)
    held = hold_stock.reserve(session=session, holder="D1", wanted={offer.offer_id: Decimal(22)}, now=now)
    assert lots_of(held) == [(early, 10), (late, 10), (dateless, 2)]
    assert stock_of(session, early) == (10, 10, 0)
    assert stock_of(session, late) == (10, 10, 0)
    assert stock_of(session, dateless) == (10, 2, 0)


def test_more_than_there_is_holds_nothing_and_says_what_is_left(session, now):
    offer, early, *_ = offer_of_three_lots(session, now)
    other = make_offer(session, offer.household_id, amount=5, now=now)
    with pytest.raises(OutOfStock) as shortage:
        hold_stock.reserve(
            session=session,
            holder="D1",
            wanted={other.offer_id: Decimal(1), offer.offer_id: Decimal("30.1")},
            now=now,
        )
    assert shortage.value.message == "Rau muống ruộng chỉ còn 30 kg."
    assert shortage.value.params["available"] == "30.000"
    assert session.execute(select(Reservation.id)).all() == []
    assert stock_of(session, early) == (10, 0, 0)
    assert stock_of(session, other.lot_id) == (5, 0, 0)


def test_the_last_of_it_is_told_to_search_and_only_then(session, now):
    offer = make_offer(session, make_household(session), amount=5, now=now)
    before = len(heard(session))
    hold_stock.reserve(session=session, holder="D1", wanted={offer.offer_id: Decimal(4)}, now=now)
    assert len(heard(session)) == before
    hold_stock.reserve(session=session, holder="D2", wanted={offer.offer_id: Decimal(1)}, now=now)
    assert len(heard(session)) == before + 1
    assert [one.in_stock for one in list_search_documents(session, [offer.product_id])] == [False]


def test_letting_go_gives_everything_back_once(session, now):
    offer, early, late, _ = offer_of_three_lots(session, now)
    hold_stock.reserve(session=session, holder="D1", wanted={offer.offer_id: Decimal(15)}, now=now)
    assert hold_stock.release(session=session, holder="D1") == 2
    assert hold_stock.release(session=session, holder="D1") == 0
    assert stock_of(session, early) == (10, 0, 0)
    assert stock_of(session, late) == (10, 0, 0)
    assert session.execute(select(Reservation.state)).scalars().all() == ["released", "released"]


def test_what_is_packed_is_sold_and_cannot_be_let_go_any_more(session, now):
    offer, early, late, _ = offer_of_three_lots(session, now)
    hold_stock.reserve(session=session, holder="D1", wanted={offer.offer_id: Decimal(12)}, now=now)
    assert hold_stock.consume(session=session, holder="D1") == 2
    assert hold_stock.consume(session=session, holder="D1") == 0
    assert hold_stock.release(session=session, holder="D1") == 0
    assert stock_of(session, early) == (10, 0, 10)
    assert stock_of(session, late) == (10, 0, 2)
    assert list_offer_lines(session, [offer.offer_id])[offer.offer_id].available == 18


def test_one_household_of_an_order_is_settled_without_the_other(session, now):
    first = make_offer(session, make_household(session), amount=5, now=now)
    second = make_offer(session, make_household(session), amount=5, now=now)
    wanted = {first.offer_id: Decimal(2), second.offer_id: Decimal(3)}
    hold_stock.reserve(session=session, holder="D1", wanted=wanted, now=now)
    assert hold_stock.release(session=session, holder="D1", offer_ids=[first.offer_id]) == 1
    assert stock_of(session, first.lot_id) == (5, 0, 0)
    assert stock_of(session, second.lot_id) == (5, 3, 0)


def test_what_is_not_on_sale_is_not_held(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    sell.pause(session=session, household_id=household_id, product_id=offer.product_id, now=now)
    make_unlisted_product(session, household_id, now=now)
    for offer_id in (offer.offer_id, offer.offer_id + 1, 10**9):
        with pytest.raises(NotOnSale):
            hold_stock.reserve(session=session, holder="D1", wanted={offer_id: Decimal(1)}, now=now)
    assert session.execute(select(Reservation.id)).all() == []


@pytest.mark.parametrize("state", ["held", "recalled"])
def test_a_lot_that_was_stopped_a_moment_ago_is_passed_over(session, now, state):
    offer, early, late, dateless = offer_of_three_lots(session, now)
    session.execute(text("UPDATE trace_lots SET state = :state WHERE id = :id"), {"state": state, "id": early})
    held = hold_stock.reserve(session=session, holder="D1", wanted={offer.offer_id: Decimal(12)}, now=now)
    assert lots_of(held) == [(late, 10), (dateless, 2)]


def test_a_lot_past_its_date_is_passed_over(session, now):
    household_id = make_household(session)
    today = put_lot(session, household_id, best_before_on=date(2026, 11, 20))
    offer = make_offer(session, household_id, lot_id=today, amount=10, now=now)
    later = now.replace(day=21)
    with pytest.raises(OutOfStock) as shortage:
        hold_stock.reserve(session=session, holder="D1", wanted={offer.offer_id: Decimal(1)}, now=later)
    assert shortage.value.message == "Rau muống ruộng vừa hết hàng."


def test_the_table_itself_refuses_to_be_oversold(session, now):
    offer = make_offer(session, make_household(session), amount=5, now=now)
    statement = text("UPDATE catalog_stock SET reserved = 6 WHERE id = :id")
    with pytest.raises(IntegrityError, match="stock_is_never_oversold"):
        session.execute(statement, {"id": offer.stock_id})


def test_the_update_itself_takes_nothing_that_is_not_free(session, now):
    from catalog.rules import Pick

    offer = make_offer(session, make_household(session), amount=5, now=now)
    with pytest.raises(OutOfStock):
        hold_stock._move_stock(session, [Pick(offer.stock_id, offer.lot_id, Decimal("5.1"))])
    assert stock_of(session, offer.lot_id) == (5, 0, 0)
