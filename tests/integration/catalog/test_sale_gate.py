"""The shop behind the gate: what the gate stops is neither listed, nor restocked, nor put back, not even by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from catalog.errors import NotSoldForNow
from catalog.services.guard import freeze_lots, thaw_lots
from catalog.services.hold_stock import reserve
from catalog.services.sell import edit_product
from marketplace.core.errors import Refused
from tests.factories.catalog import NOW, add_stock, make_draft, make_offer, make_unlisted_product, put_lot
from tests.factories.sellers import make_certificate, make_household


def stock(session, lot_id):
    statement = text("SELECT listed, is_frozen FROM catalog_stock WHERE lot_id = :id")
    return [tuple(row) for row in session.execute(statement, {"id": lot_id})]


def strike_standards(session):
    """Let a household's declared standards be forgotten, which no use case can do."""
    session.execute(text("ALTER TABLE trace_declared_standards DISABLE TRIGGER append_only"))
    session.execute(text("DELETE FROM trace_declared_standards"))


def test_a_lot_that_became_incomplete_is_neither_listed_nor_restocked(session):
    household_id = make_household(session)
    listed, other = put_lot(session, household_id), put_lot(session, household_id)
    offer = make_offer(session, household_id, lot_id=listed, amount=10)
    strike_standards(session)
    for lot_id in (listed, other):
        with pytest.raises(Refused) as refusal:
            add_stock(session, household_id, offer.product_id, lot_id, 1)
        assert [one["code"] for one in refusal.value.params["missing"]] == ["item_standard"]
    assert stock(session, listed) == [(Decimal(10), False)]
    assert stock(session, other) == []


def test_a_name_that_claims_what_is_not_there_is_refused(session):
    household_id = make_household(session)
    lot_id = put_lot(session, household_id)
    product_id = make_unlisted_product(session, household_id, name="Rau muống VietGAP")
    with pytest.raises(Refused) as refusal:
        add_stock(session, household_id, product_id, lot_id, 1)
    assert [one["code"] for one in refusal.value.params["missing"]] == ["certificate_vietgap"]

    plain_id = make_unlisted_product(session, household_id)
    add_stock(session, household_id, plain_id, lot_id, 1)
    with pytest.raises(Refused) as renamed:
        edit_product(
            session=session,
            household_id=household_id,
            product_id=plain_id,
            draft=make_draft(name="Rau muống hữu cơ"),
            now=NOW,
        )
    assert [one["code"] for one in renamed.value.params["missing"]] == ["certificate_organic"]
    assert (
        session.scalar(text("SELECT name FROM catalog_products WHERE id = :id"), {"id": plain_id}) == "Rau muống ruộng"
    )


def test_a_closed_gate_takes_goods_out_of_reach_at_once_and_they_come_back_with_it(session):
    household_id = make_household(session)
    offer = make_offer(session, household_id, amount=10)
    close = text("UPDATE trace_sale_gates SET is_open = :open, missing = :missing WHERE lot_id = :id")
    session.execute(close, {"open": False, "missing": ["item_standard"], "id": offer.lot_id})
    with pytest.raises(NotSoldForNow):
        reserve(session=session, holder="DON-1", wanted={offer.offer_id: Decimal(1)}, now=NOW)
    assert freeze_lots(session=session, lot_ids=[offer.lot_id]) == [offer.product_id]
    assert thaw_lots(session=session, lot_ids=[offer.lot_id], now=NOW) == []
    assert stock(session, offer.lot_id) == [(Decimal(10), True)]
    session.execute(close, {"open": True, "missing": [], "id": offer.lot_id})
    assert thaw_lots(session=session, lot_ids=[offer.lot_id], now=NOW + timedelta(hours=1)) == [offer.product_id]
    assert len(reserve(session=session, holder="DON-1", wanted={offer.offer_id: Decimal(1)}, now=NOW)) == 1


@pytest.mark.parametrize(
    "by_hand",
    [
        (
            "INSERT INTO catalog_stock (offer_id, lot_id, lot_code, listed, harvested_on) "
            "VALUES (:offer, :unjudged, 'TH', 5, '2026-11-19')"
        ),
        "UPDATE catalog_stock SET listed = listed + 1 WHERE lot_id = :closed",
        "UPDATE catalog_stock SET is_frozen = false WHERE lot_id = :closed",
    ],
)
def test_the_table_itself_asks_the_gate(session, by_hand):
    household_id = make_household(session)
    offer = make_offer(session, household_id, amount=10)
    unjudged = put_lot(session, household_id)
    freeze_lots(session=session, lot_ids=[offer.lot_id])
    session.execute(
        text("UPDATE trace_sale_gates SET is_open = false, missing = '{not_held}' WHERE lot_id = :id"),
        {"id": offer.lot_id},
    )
    with pytest.raises(IntegrityError, match="has not passed the gate before sale"), session.begin_nested():
        session.execute(text(by_hand), {"offer": offer.offer_id, "unjudged": unjudged, "closed": offer.lot_id})
    # Taking goods away is always allowed.
    session.execute(text("UPDATE catalog_stock SET listed = 4 WHERE lot_id = :id"), {"id": offer.lot_id})
    assert stock(session, offer.lot_id) == [(Decimal(4), True)]


def test_goods_sold_on_a_certificate_end_with_it_before_any_task_has_run(session):
    household_id = make_household(session)
    lot_id = put_lot(session, household_id)
    make_certificate(session, household_id, expires_on=NOW.date() + timedelta(days=2))
    offer = make_offer(session, household_id, lot_id=lot_id, amount=10, name="Rau muống VietGAP")
    wanted = {offer.offer_id: Decimal(1)}
    assert len(reserve(session=session, holder="DON-1", wanted=wanted, now=NOW + timedelta(days=2))) == 1
    with pytest.raises(NotSoldForNow):
        reserve(session=session, holder="DON-2", wanted=wanted, now=NOW + timedelta(days=3))
    reserved = text("SELECT reserved FROM catalog_stock WHERE lot_id = :id")
    assert session.scalar(reserved, {"id": lot_id}) == Decimal(1)
