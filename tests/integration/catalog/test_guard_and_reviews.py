from decimal import Decimal

import pytest
from sqlalchemy import select, text

from catalog.errors import OutOfStock
from catalog.models import Review, Stock
from catalog.queries import get_product_page, list_desk_products, list_product_cards
from catalog.services import guard, hold_stock
from catalog.services.review import review_product
from catalog.tasks import freeze_lots, thaw_verified_lot
from marketplace.core.errors import Refused
from marketplace.core.models import Delivery, OutboxEvent
from tests.factories.catalog import add_stock, make_offer, put_lot
from tests.factories.sellers import make_household


def events(session, name):
    rows = session.execute(text("SELECT payload FROM core_outbox WHERE name = :name"), {"name": name})
    return [row.payload for row in rows]


def set_state(session, lot_id, state):
    session.execute(text("UPDATE trace_lots SET state = :state WHERE id = :id"), {"state": state, "id": lot_id})


def test_goods_of_stopped_lots_leave_the_shop_and_come_back_when_cleared(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, amount=10, now=now)
    other_lot = put_lot(session, household_id)
    add_stock(session, household_id, offer.product_id, other_lot, 4, now=now)
    hold_stock.reserve(session=session, holder="D1", wanted={offer.offer_id: Decimal(1)}, now=now)
    bystander = make_offer(session, household_id, amount=3, now=now)

    assert guard.freeze_lots(session=session, lot_ids=[offer.lot_id]) == [offer.product_id]
    assert guard.freeze_lots(session=session, lot_ids=[offer.lot_id]) == []
    assert get_product_page(session, offer.slug).available == 4
    assert get_product_page(session, bystander.slug).available == 3
    assert events(session, "catalog.stock_frozen") == [{"lot_ids": [offer.lot_id], "product_ids": [offer.product_id]}]
    with pytest.raises(OutOfStock):
        hold_stock.reserve(session=session, holder="D2", wanted={offer.offer_id: Decimal(5)}, now=now)
    # What was held before is settled all the same: whether it is sent is for orders to say.
    assert hold_stock.release(session=session, holder="D1") == 1

    set_state(session, offer.lot_id, "recorded")
    assert guard.thaw_lots(session=session, lot_ids=[offer.lot_id], now=now) == []
    set_state(session, offer.lot_id, "verified")
    assert guard.thaw_lots(session=session, lot_ids=[offer.lot_id], now=now) == [offer.product_id]
    session.expire_all()
    assert get_product_page(session, offer.slug).available == 14


def test_a_product_without_other_goods_is_shown_as_stopped_to_its_household(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    guard.freeze_lots(session=session, lot_ids=[offer.lot_id])
    product = list_desk_products(session, household_id)[0]
    assert (product.tag, product.free) == ("frozen", 0)
    assert [card.is_sold_out for card in list_product_cards(session, [offer.product_id])] == [True]


def test_freezing_nothing_changes_nothing(session, now):
    offer = make_offer(session, make_household(session), now=now)
    assert guard.freeze_lots(session=session, lot_ids=[]) == []
    assert guard.freeze_lots(session=session, lot_ids=[offer.lot_id + 1]) == []
    assert events(session, "catalog.stock_frozen") == []


@pytest.mark.parametrize(("task", "is_frozen_after"), [(freeze_lots, True), (thaw_verified_lot, False)])
def test_a_delivery_is_worked_off_once(in_app, session, now, task, is_frozen_after):
    offer = make_offer(session, make_household(session), now=now)
    event = OutboxEvent(name="traceability.lot_held", payload={})
    session.add(event)
    session.flush()
    delivery = Delivery(outbox_id=event.id, task=f"catalog.{task.__name__}", queue="default")
    session.add(delivery)
    for expected in (is_frozen_after, not is_frozen_after):
        session.execute(text("UPDATE catalog_stock SET is_frozen = :frozen"), {"frozen": not is_frozen_after})
        session.commit()
        task(delivery_id=delivery.id, lot_id=offer.lot_id, lot_ids=[offer.lot_id], reason="nghi ngờ")
        session.expire_all()
        assert session.execute(select(Stock.is_frozen)).scalar_one() is expected


def test_one_review_for_each_consignment(session, now):
    offer = make_offer(session, make_household(session), now=now)
    about = {"session": session, "product_id": offer.product_id, "signed_as": "Chị Hà, Hà Nội", "now": now}
    assert review_product(**about, consignment_ref="D1-1", stars=5, words="  Rau còn tươi.  ")
    assert not review_product(**about, consignment_ref="D1-1", stars=1, words="Đổi ý")
    assert review_product(**about, consignment_ref="D2-1", stars=4, words="")
    page = get_product_page(session, offer.slug)
    assert (page.stars, page.rating_count) == (4.5, 2)
    assert [(one.stars, one.words) for one in page.reviews] == [(4, ""), (5, "Rau còn tươi.")]


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_stars_are_one_to_five(session, now, stars):
    offer = make_offer(session, make_household(session), now=now)
    with pytest.raises(Refused):
        review_product(
            session=session,
            product_id=offer.product_id,
            consignment_ref="D1-1",
            stars=stars,
            words="",
            signed_as="Chị Hà",
            now=now,
        )
    assert session.execute(select(Review.id)).all() == []
