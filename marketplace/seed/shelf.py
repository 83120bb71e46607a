"""Goods put on sale from verified lots, some of them paused or nearly gone."""

from datetime import datetime, timedelta
from decimal import Decimal

from catalog.services.sell import ProductDraft, list_goods, make_product, pause
from marketplace.seed.diaries import LAST_SUMMER, RECALLED, Farm, harvested_on
from marketplace.seed.dice import key
from marketplace.seed.goods import Goods

#: Goods of which only so many are left, for the orders to buy up.
NEARLY_GONE = {"mang-kho": 3, "chieu-coi": 2}
_PAUSED = frozenset({"che-lam", *LAST_SUMMER})


def plan_shelf(farm: Farm, goods: Goods) -> None:
    """Put the listing of a product on the household's timeline, after its lot was verified."""
    if goods.tax_class == "restricted":
        return
    day = harvested_on(goods, farm.today)
    made: dict[str, int] = {}

    def make(now: datetime) -> None:
        made["id"] = make_product(
            session=farm.session,
            household_id=farm.household_id,
            draft=_draft(goods),
            photos=[farm.album.product(goods.slug), farm.album.scene("packing", goods.slug)],
            form_key=key(goods.slug, "product"),
            now=now,
        )

    def put(name: str, now: datetime) -> None:
        lot = farm.lots[f"{goods.slug}/{name}"]
        amount = (
            NEARLY_GONE[goods.slug] * goods.content_amount if goods.slug in NEARLY_GONE else lot.quantity_made * 4 // 5
        )
        list_goods(
            session=farm.session, household_id=farm.household_id, product_id=made["id"], lot_id=lot.id,
            lot_amount=Decimal(amount), actor=farm.farmer, key=key(goods.slug, "list", name), now=now,
        )  # fmt: skip

    first = farm.today - timedelta(days=60) if goods.slug == RECALLED else day
    farm.timeline.add(first, 14.5, make)
    if goods.slug == RECALLED:
        farm.timeline.add(first, 15, lambda now: put("old", now))
    farm.timeline.add(day, 15.5, lambda now: put("main", now))
    if goods.slug in _PAUSED:
        farm.timeline.add(
            day, 19,
            lambda now: pause(session=farm.session, household_id=farm.household_id, product_id=made["id"], now=now),
        )  # fmt: skip


def _draft(goods: Goods) -> ProductDraft:
    return ProductDraft(
        name=goods.name,
        category=goods.category,
        unit=goods.unit,
        price_vnd=goods.price_vnd,
        content_amount=goods.content_amount,
        content_unit=goods.content_unit,
        parcel_g=goods.parcel_g,
        max_days_in_transit=goods.days_in_transit,
        tax_class=goods.tax_class,
        description=goods.description,
        other_names=goods.other_names,
    )
