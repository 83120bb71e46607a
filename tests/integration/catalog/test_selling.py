import uuid
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, text

from catalog.errors import LotNotSellable
from catalog.models import Listing, Offer, Product, ProductPhoto, Stock
from catalog.queries import get_desk_product, list_desk_products
from catalog.services import sell
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.models import StoredPhoto
from tests.factories.catalog import add_stock, make_draft, make_offer, make_unlisted_product, put_lot
from tests.factories.sellers import make_household
from traceability.rules.entries import SYSTEM_ACTOR


def list_goods(session, household_id, product_id, lot_id, amount, *, now, key=None):
    return sell.list_goods(
        session=session,
        household_id=household_id,
        product_id=product_id,
        lot_id=lot_id,
        lot_amount=Decimal(amount),
        actor=SYSTEM_ACTOR,
        key=key or uuid.uuid4(),
        now=now,
    )


def lot_out(session, lot_id):
    return session.execute(text("SELECT quantity_out FROM trace_lots WHERE id = :id"), {"id": lot_id}).scalar_one()


def heard(session, name="catalog.offer_changed"):
    rows = session.execute(text("SELECT payload FROM core_outbox WHERE name = :name"), {"name": name})
    return [row.payload["product_id"] for row in rows]


def test_a_product_begins_as_a_draft_with_an_address_of_its_own(session, now):
    household_id = make_household(session)
    first = make_unlisted_product(session, household_id, now=now)
    second = make_unlisted_product(session, household_id, now=now)
    products = session.execute(select(Product).where(Product.id.in_([first, second]))).scalars().all()
    assert {product.slug.rsplit("-", 1)[0] for product in products} == {"rau-muong-ruong"}
    assert len({product.slug for product in products}) == 2
    assert {product.state for product in list_desk_products(session, household_id)} == {"draft"}


def test_a_replayed_form_makes_no_second_product(session, now):
    household_id = make_household(session)
    key = uuid.uuid4()
    made = [
        sell.make_product(
            session=session,
            household_id=household_id,
            draft=make_draft(name=name),
            photos=[],
            form_key=key,
            now=now,
        )
        for name in ("Rau muống", "Rau muống gõ lại")
    ]
    assert made[0] == made[1]
    assert session.execute(select(Product.name)).scalars().all() == ["Rau muống"]
    assert len(session.execute(select(Offer.id)).all()) == 1


def test_another_household_cannot_use_the_key_again(session, now):
    key = uuid.uuid4()
    first, second = make_household(session), make_household(session)
    about = {"session": session, "draft": make_draft(), "photos": [], "form_key": key, "now": now}
    sell.make_product(household_id=first, **about)
    with pytest.raises(Conflict) as conflict:
        sell.make_product(household_id=second, **about)
    assert conflict.value.code == "key_in_use"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"category": "vang-ma"}, "category_unknown"),
        ({"unit": "thung"}, "unit_unknown"),
        ({"content_unit": "thung"}, "unit_unknown"),
        ({"tax_class": "free"}, "tax_class_unknown"),
        ({"tax_class": "restricted"}, "restricted_goods"),
        ({"price_vnd": 999}, "price_out_of_range"),
        ({"price_vnd": 50_000_001}, "price_out_of_range"),
    ],
)
def test_a_product_that_cannot_be_sold_is_not_made(session, now, changes, code):
    household_id = make_household(session)
    with pytest.raises(Refused) as refusal:
        make_unlisted_product(session, household_id, now=now, **changes)
    assert refusal.value.code == code
    assert session.execute(select(Product.id)).all() == []


def test_goods_of_a_verified_lot_go_on_sale(session, now):
    household_id = make_household(session)
    lot_id = put_lot(session, household_id, amount=100)
    product_id = make_unlisted_product(
        session, household_id, unit="bo", content_amount=Decimal("0.5"), content_unit="kg", now=now
    )
    assert list_goods(session, household_id, product_id, lot_id, "20.3", now=now) == 40
    stock = session.execute(select(Stock)).scalar_one()
    assert (stock.listed, stock.reserved, stock.sold, stock.is_frozen) == (40, 0, 0, False)
    assert (stock.harvested_on, stock.best_before_on) == (date(2026, 11, 19), date(2027, 3, 1))
    assert lot_out(session, lot_id) == 20
    offer = session.execute(select(Offer)).scalar_one()
    assert (offer.state, offer.published_at) == ("on_sale", now)
    assert heard(session) == [product_id]


@pytest.mark.parametrize("state", ["recorded", "awaiting_verification", "sent_back", "held", "recalled"])
def test_only_verified_lots_are_sold(session, now, state):
    household_id = make_household(session)
    lot_id = put_lot(session, household_id, state=state)
    product_id = make_unlisted_product(session, household_id, now=now)
    with pytest.raises(LotNotSellable):
        list_goods(session, household_id, product_id, lot_id, 10, now=now)
    assert session.execute(select(Stock.id)).all() == []
    assert lot_out(session, lot_id) == 0


def test_what_is_past_its_date_is_not_sold(session, now):
    household_id = make_household(session)
    product_id = make_unlisted_product(session, household_id, now=now)
    made_on = date(2026, 11, 1)
    yesterday = put_lot(session, household_id, made_on=made_on, best_before_on=date(2026, 11, 19))
    today = put_lot(session, household_id, made_on=made_on, best_before_on=date(2026, 11, 20))
    with pytest.raises(LotNotSellable):
        list_goods(session, household_id, product_id, yesterday, 10, now=now)
    assert list_goods(session, household_id, product_id, today, 10, now=now) == 10


def test_a_lot_of_another_household_is_not_sold(session, now):
    mine, theirs = make_household(session), make_household(session)
    lot_id = put_lot(session, theirs)
    product_id = make_unlisted_product(session, mine, now=now)
    with pytest.raises(LotNotSellable):
        list_goods(session, mine, product_id, lot_id, 10, now=now)
    with pytest.raises(NotFound):
        list_goods(session, theirs, product_id, lot_id, 10, now=now)
    assert lot_out(session, lot_id) == 0


def test_a_lot_in_another_unit_or_of_another_kind_is_not_sold(session, now):
    household_id = make_household(session)
    product_id = make_unlisted_product(session, household_id, now=now)
    bottles = put_lot(session, household_id, unit="chai")
    pork = put_lot(session, household_id, template="pig")
    for lot_id, code in ((bottles, "unit_differs"), (pork, "lot_of_other_kind")):
        with pytest.raises(Refused) as refusal:
            list_goods(session, household_id, product_id, lot_id, 10, now=now)
        assert refusal.value.code == code
        assert lot_out(session, lot_id) == 0


def test_no_more_is_listed_than_the_lot_holds_and_no_less_than_one_unit(session, now):
    household_id = make_household(session)
    lot_id = put_lot(session, household_id, amount=5)
    product_id = make_unlisted_product(
        session, household_id, unit="bo", content_amount=Decimal("0.5"), content_unit="kg", now=now
    )
    for amount, code in (("5.5", "not_enough_left"), ("0.4", "less_than_one_unit")):
        with pytest.raises(Refused) as refusal:
            list_goods(session, household_id, product_id, lot_id, amount, now=now)
        assert refusal.value.code == code
        assert refusal.value.field == "amount"
    assert lot_out(session, lot_id) == 0
    assert list_goods(session, household_id, product_id, lot_id, 5, now=now) == 10


def test_a_replayed_listing_adds_nothing_even_when_the_lot_is_empty(session, now):
    household_id = make_household(session)
    lot_id = put_lot(session, household_id, amount=30)
    product_id = make_unlisted_product(session, household_id, now=now)
    key = uuid.uuid4()
    assert list_goods(session, household_id, product_id, lot_id, 30, now=now, key=key) == 30
    assert list_goods(session, household_id, product_id, lot_id, 30, now=now, key=key) == 30
    assert session.execute(select(Stock.listed)).scalar_one() == 30
    assert lot_out(session, lot_id) == 30
    assert len(session.execute(select(Listing.id)).all()) == 1


def test_a_listing_key_of_another_product_is_refused(session, now):
    household_id = make_household(session)
    lot_id = put_lot(session, household_id)
    first = make_unlisted_product(session, household_id, now=now)
    second = make_unlisted_product(session, household_id, now=now)
    key = uuid.uuid4()
    list_goods(session, household_id, first, lot_id, 10, now=now, key=key)
    with pytest.raises(Conflict):
        list_goods(session, household_id, second, lot_id, 10, now=now, key=key)
    assert lot_out(session, lot_id) == 10


@pytest.mark.parametrize("state", ["draft", "identity_pending", "suspended"])
def test_a_household_sells_nothing_before_it_is_verified(session, now, state):
    household_id = make_household(session, state=state)
    lot_id = put_lot(session, household_id)
    product_id = make_unlisted_product(session, household_id, now=now)
    with pytest.raises(Refused) as refusal:
        list_goods(session, household_id, product_id, lot_id, 10, now=now)
    assert refusal.value.code == "household_not_verified"
    assert lot_out(session, lot_id) == 0


def test_restocking_from_the_same_lot_adds_to_its_row(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, lot_id=put_lot(session, household_id), amount=10, now=now)
    add_stock(session, household_id, offer.product_id, offer.lot_id, 5, now=now)
    assert session.execute(select(Stock.listed)).scalars().all() == [15]
    assert lot_out(session, offer.lot_id) == 15


def test_pausing_and_selling_again(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    who = {"session": session, "household_id": household_id, "product_id": offer.product_id, "now": now}
    sell.pause(**who)
    sell.pause(**who)
    product = list_desk_products(session, household_id)[0]
    assert (product.state, product.tag, product.free) == ("paused", "paused", 40)
    sell.publish(**who)
    assert list_desk_products(session, household_id)[0].tag == "on_sale"


def test_nothing_is_put_on_sale_without_a_lot(session, now):
    household_id = make_household(session)
    product_id = make_unlisted_product(session, household_id, now=now)
    with pytest.raises(Refused) as refusal:
        sell.publish(session=session, household_id=household_id, product_id=product_id, now=now)
    assert refusal.value.code == "no_lot_listed"


def test_what_is_free_goes_back_to_its_lot_once(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, lot_id=put_lot(session, household_id), amount=40, now=now)
    session.execute(text("UPDATE catalog_stock SET reserved = 10, sold = 5"))
    key = uuid.uuid4()

    def take():
        return sell.take_back(
            session=session,
            household_id=household_id,
            product_id=offer.product_id,
            stock_id=offer.stock_id,
            actor=SYSTEM_ACTOR,
            key=key,
            now=now,
        )

    assert take() == 25
    add_stock(session, household_id, offer.product_id, offer.lot_id, 3, now=now)
    assert take() == 25
    session.expire_all()
    stock = session.execute(select(Stock)).scalar_one()
    assert (stock.listed, stock.reserved, stock.sold) == (18, 10, 5)
    assert lot_out(session, offer.lot_id) == 18


def test_nothing_is_taken_back_when_nothing_is_free(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, amount=40, now=now)
    session.execute(text("UPDATE catalog_stock SET reserved = 40"))
    taken = sell.take_back(
        session=session,
        household_id=household_id,
        product_id=offer.product_id,
        stock_id=offer.stock_id,
        actor=SYSTEM_ACTOR,
        key=uuid.uuid4(),
        now=now,
    )
    assert taken == 0
    assert lot_out(session, offer.lot_id) == 40


def test_goods_of_another_product_are_not_taken_back(session, now):
    household_id = make_household(session)
    first, second = make_offer(session, household_id, now=now), make_offer(session, household_id, now=now)
    with pytest.raises(NotFound):
        sell.take_back(
            session=session,
            household_id=household_id,
            product_id=first.product_id,
            stock_id=second.stock_id,
            actor=SYSTEM_ACTOR,
            key=uuid.uuid4(),
            now=now,
        )
    assert lot_out(session, second.lot_id) == 40


def test_stopping_for_good_returns_what_is_free_and_ends_it(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    other_lot = put_lot(session, household_id)
    add_stock(session, household_id, offer.product_id, other_lot, 7, now=now)
    who = {"session": session, "household_id": household_id, "product_id": offer.product_id, "now": now}
    key = uuid.uuid4()
    sell.withdraw(**who, actor=SYSTEM_ACTOR, key=key)
    sell.withdraw(**who, actor=SYSTEM_ACTOR, key=key)
    assert (lot_out(session, offer.lot_id), lot_out(session, other_lot)) == (0, 0)
    with pytest.raises(Refused) as refusal:
        sell.publish(**who)
    assert refusal.value.code == "offer_step"


def test_a_price_changes_and_search_hears_of_it(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    before = len(heard(session))
    who = {"session": session, "household_id": household_id, "product_id": offer.product_id, "now": now}
    sell.change_price(**who, price_vnd=30_000)
    sell.change_price(**who, price_vnd=30_000)
    assert get_desk_product(session, household_id, offer.product_id).price_vnd == 30_000
    assert len(heard(session)) == before + 1
    with pytest.raises(NotFound):
        sell.change_price(
            session=session,
            household_id=make_household(session),
            product_id=offer.product_id,
            price_vnd=1_000,
            now=now,
        )


def test_the_unit_stays_once_goods_were_listed(session, now):
    household_id = make_household(session)
    offer = make_offer(session, household_id, now=now)
    who = {"session": session, "household_id": household_id, "product_id": offer.product_id, "now": now}
    with pytest.raises(Refused) as refusal:
        sell.edit_product(**who, draft=make_draft(unit="bo", content_unit="kg"))
    assert (refusal.value.code, refusal.value.field) == ("unit_is_fixed", "unit")
    sell.edit_product(**who, draft=make_draft(name="Rau muống hạt"))
    assert get_desk_product(session, household_id, offer.product_id).name == "Rau muống hạt"


def store_photos(session, now, names):
    photos = [{"sha256": name, "width": 10, "height": 10, "stored_at": now} for name in names]
    session.execute(insert(StoredPhoto), photos)


def test_photos_keep_their_order_and_never_repeat(session, now):
    household_id = make_household(session)
    shas = [letter * 64 for letter in "abcdefg"]
    store_photos(session, now, shas)
    product_id = make_unlisted_product(session, household_id, photos=[shas[0], shas[1], shas[0]], now=now)
    who = {"session": session, "household_id": household_id, "product_id": product_id}
    sell.add_photos(**who, photos=[shas[1], shas[2]])
    assert get_desk_product(session, household_id, product_id).photos == (shas[0], shas[1], shas[2])
    sell.put_photo_first(**who, sha256=shas[2])
    assert get_desk_product(session, household_id, product_id).photos == (shas[2], shas[0], shas[1])
    sell.remove_photo(**who, sha256=shas[0])
    sell.add_photos(**who, photos=[shas[3]])
    assert get_desk_product(session, household_id, product_id).photos == (shas[2], shas[1], shas[3])
    with pytest.raises(Refused) as refusal:
        sell.add_photos(**who, photos=shas)
    assert refusal.value.code == "too_many_photos"
    with pytest.raises(Refused) as refusal:
        sell.add_photos(**who, photos=["9" * 64])
    assert refusal.value.code == "photo_unknown"
    with pytest.raises(NotFound):
        sell.put_photo_first(**who, sha256="9" * 64)
    assert len(session.execute(select(ProductPhoto.id)).all()) == 3


@pytest.mark.parametrize(
    ("produce", "is_taken"),
    [("Rau muống", True), ("rau muống tía", True), ("Rau muống ruộng", True), ("Cải bẹ", False), ("Rau", True)],
)
def test_one_product_sells_one_kind_of_goods(session, now, produce, is_taken):
    household_id = make_household(session)
    product_id = make_unlisted_product(session, household_id, now=now)
    list_goods(session, household_id, product_id, put_lot(session, household_id), 5, now=now)
    other = put_lot(session, household_id, produce=produce)
    if is_taken:
        assert list_goods(session, household_id, product_id, other, 5, now=now) == 5
        return
    with pytest.raises(Refused) as refusal:
        list_goods(session, household_id, product_id, other, 5, now=now)
    assert (refusal.value.code, refusal.value.field) == ("lot_of_other_goods", "lot_id")
    assert refusal.value.message == (
        "Món này đang bán từ lô “Rau muống”, còn lô này là “Cải bẹ”. Hãy tạo sản phẩm riêng cho lô này."
    )
    assert lot_out(session, other) == 0
