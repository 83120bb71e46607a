from datetime import date, timedelta

import pytest
from sqlalchemy import text

from catalog.queries import (
    get_home_shelves,
    get_product_page,
    list_commune_cards,
    list_household_cards,
    list_newest_cards,
    list_offer_lines,
    list_product_cards,
    list_search_documents,
)
from catalog.services import sell
from marketplace.core.errors import NotFound
from tests.factories.catalog import add_stock, make_offer, make_unlisted_product, put_lot
from tests.factories.sellers import make_certificate, make_commune, make_household


def test_a_card_says_what_a_buyer_looks_for(session, now):
    household_id = make_household(session, shown_name="Hộ bà Hoa")
    for stars in (3, 4, 3):
        make_certificate(session, household_id, kind="ocop", stars=stars)
    offer = make_offer(session, household_id, price=35_000, now=now)
    [card] = list_product_cards(session, [offer.product_id])
    assert (card.slug, card.name, card.price_label, card.unit_label) == (
        offer.slug, "Rau muống ruộng", "35.000đ", "kg",
    )  # fmt: skip
    assert (card.household_name, card.commune_name) == ("Hộ bà Hoa", "Xã Tân Ninh")
    assert card.certificates == (("ocop-4", "OCOP 4 sao"),)
    assert card.verified_label == "Xã Tân Ninh đã xác nhận"
    assert (card.is_sold_out, card.stars, card.picture_url) == (False, None, None)


def test_cards_come_in_the_order_asked_for_without_drafts_and_paused_goods(session, now):
    household_id = make_household(session)
    first, second, third = (make_offer(session, household_id, now=now) for _ in range(3))
    draft = make_unlisted_product(session, household_id, now=now)
    sell.pause(session=session, household_id=household_id, product_id=second.product_id, now=now)
    asked = [third.product_id, draft, 10**9, second.product_id, first.product_id]
    assert [card.product_id for card in list_product_cards(session, asked)] == [
        third.product_id, first.product_id,
    ]  # fmt: skip
    assert list_product_cards(session, []) == []


@pytest.mark.parametrize("count", [1, 12])
def test_statements_do_not_grow_with_the_cards(session, now, sql_log, count):
    commune_id = make_commune(session)
    offers = []
    for _ in range(count):
        household_id = make_household(session, commune_id=commune_id)
        make_certificate(session, household_id)
        offers.append(make_offer(session, household_id, now=now))
    product_ids = [offer.product_id for offer in offers]
    reads = {
        4: [
            lambda: list_product_cards(session, product_ids),
            lambda: list_newest_cards(session, 20),
            lambda: list_household_cards(session, offers[0].household_id),
        ],
        5: [
            lambda: list_commune_cards(session, commune_id),
            lambda: get_home_shelves(session, now),
            lambda: list_search_documents(session, product_ids),
        ],
        1: [lambda: list_offer_lines(session, [offer.offer_id for offer in offers])],
    }
    for expected, calls in reads.items():
        for call in calls:
            with sql_log() as statements:
                call()
            assert len(statements) == expected


def test_the_home_page_shows_the_newest_harvest_then_what_was_verified_this_week(session, now):
    household_id = make_household(session)
    offers = []
    for age in range(12):
        lot_id = put_lot(session, household_id, made_on=date(2026, 11, 19) - timedelta(days=age))
        offers.append(make_offer(session, household_id, lot_id=lot_id, name=f"Rau {age:02d}", now=now))
    session.execute(
        text("UPDATE trace_lots SET decided_at = :old WHERE id = :id"),
        {"old": now - timedelta(days=8), "id": offers[11].lot_id},
    )
    shelves = get_home_shelves(session, now)
    assert [card.name for card in shelves.newest] == [f"Rau {age:02d}" for age in range(10)]
    assert [card.name for card in shelves.verified] == ["Rau 10"]


def test_the_home_page_hides_what_nobody_can_buy(session, now):
    household_id = make_household(session)
    sold, frozen, paused = (make_offer(session, household_id, amount=5, now=now) for _ in range(3))
    session.execute(text("UPDATE catalog_stock SET sold = listed WHERE id = :id"), {"id": sold.stock_id})
    session.execute(text("UPDATE catalog_stock SET is_frozen = true WHERE id = :id"), {"id": frozen.stock_id})
    sell.pause(session=session, household_id=household_id, product_id=paused.product_id, now=now)
    shelves = get_home_shelves(session, now)
    assert (list(shelves.newest), list(shelves.verified)) == ([], [])


def test_a_product_with_two_lots_stands_on_the_home_page_once(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    add_stock(session, household_id, offer.product_id, put_lot(session, household_id), 5, now=now)
    shelves = get_home_shelves(session, now)
    assert [card.product_id for card in [*shelves.newest, *shelves.verified]] == [offer.product_id]


def test_a_shelf_of_a_commune_leaves_out_suspended_households_and_other_communes(session, now):
    commune_id = make_commune(session)
    elsewhere = make_commune(session, code="16012", name="Xã Thọ Xuân")
    kept = make_offer(session, make_household(session, commune_id=commune_id), now=now)
    suspended = make_household(session, commune_id=commune_id)
    make_offer(session, suspended, now=now)
    session.execute(text("UPDATE sellers_households SET state = 'suspended' WHERE id = :id"), {"id": suspended})
    make_offer(session, make_household(session, commune_id=elsewhere), now=now)
    assert [card.product_id for card in list_commune_cards(session, commune_id)] == [kept.product_id]
    assert list_commune_cards(session, 10**9) == []


def test_the_page_names_the_lot_that_the_next_buyer_gets(session, now):
    household_id = make_household(session)
    late = put_lot(session, household_id, best_before_on=date(2027, 1, 5))
    early = put_lot(session, household_id, best_before_on=date(2026, 12, 30))
    offer = make_offer(session, household_id, lot_id=late, amount=10, now=now)
    add_stock(session, household_id, offer.product_id, early, 2, now=now)
    page = get_product_page(session, offer.slug)
    assert [lot.lot_id for lot in page.lots] == [early, late]
    assert page.available == 12
    session.execute(text("UPDATE catalog_stock SET reserved = 2 WHERE lot_id = :id"), {"id": early})
    session.expire_all()
    page = get_product_page(session, offer.slug)
    assert [lot.lot_id for lot in page.lots] == [late]
    assert [lot.lot_id for lot in page.all_lots] == [early, late]


def test_drafts_and_unknown_slugs_have_no_page(session, now):
    product_id = make_unlisted_product(session, make_household(session), now=now)
    slug = session.execute(text("SELECT slug FROM catalog_products WHERE id = :id"), {"id": product_id}).scalar_one()
    for unknown in (slug, "khong-co", ""):
        with pytest.raises(NotFound):
            get_product_page(session, unknown)


def test_a_document_says_everything_that_search_finds_it_by(session, now):
    household_id = make_household(session, shown_name="Hộ bà Hoa", hamlet="Thôn 4")
    offer = make_offer(session, household_id, other_names="rau lang", now=now)
    make_certificate(session, household_id)
    [document] = list_search_documents(session)
    assert (document.product_id, document.kind_code, document.kind_name) == (
        offer.product_id,
        "rau",
        "Rau củ",
    )
    assert (document.commune_code, document.commune_name) == ("15715", "Xã Tân Ninh")
    assert (document.certificates, document.in_stock, document.other_names) == (
        (("vietgap", date(2028, 1, 5)),),
        True,
        "rau lang",
    )
    assert document.unit_words == "kg cân ký kí kilogam"
