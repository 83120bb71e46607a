"""The tables of goods and the plan of households fit together."""

from catalog.rules import CATEGORIES, TAX_CLASSES
from marketplace.core.quantity import UNITS
from marketplace.seed.diaries import way_of
from marketplace.seed.diary_words import INGREDIENTS, SEEDS
from marketplace.seed.goods import load_goods
from marketplace.seed.history_plans import ORDERS
from marketplace.seed.households import plan_households
from traceability.rules.entries import has_contact
from traceability.rules.templates import TEMPLATES


def test_all_98_goods_are_there_and_fit_the_shop():
    goods = load_goods()
    assert len({one.slug for one in goods}) == 98
    for one in goods:
        assert one.category in CATEGORIES
        assert one.tax_class in TAX_CLASSES
        assert one.unit in UNITS
        assert one.content_unit in UNITS
        assert one.template in TEMPLATES
        assert 1 <= one.days_in_transit <= 60


def test_every_description_says_something_of_its_own_and_reaches_nobody():
    goods = load_goods()
    assert len({one.description for one in goods}) == 98
    for one in goods:
        assert 2 <= one.description.count(". ") + one.description.endswith(".") <= 5, one.slug
        assert not has_contact(one.description)


def test_only_the_wine_that_needs_a_licence_is_restricted():
    assert [one.slug for one in load_goods() if one.tax_class == "restricted"] == ["ruou-sim"]


def test_every_product_belongs_to_one_household_of_its_own_commune():
    plans = plan_households()
    assert sorted(one.slug for plan in plans for one in plan.goods) == sorted(one.slug for one in load_goods())
    assert all(one.commune_code == plan.commune_code for plan in plans for one in plan.goods)


def test_households_are_different_people_with_numbers_of_their_own():
    plans = plan_households()
    assert len({plan.phone for plan in plans}) == len(plans)
    assert len({plan.representative for plan in plans}) == len(plans)


def test_households_are_the_same_each_time():
    assert plan_households() == plan_households()


def test_a_way_exists_for_every_product_and_every_recipe_has_a_product():
    slugs = {one.slug for one in load_goods()}
    assert all(way_of(one).done for one in load_goods())
    assert slugs >= INGREDIENTS.keys()
    assert slugs >= SEEDS.keys()


def test_orders_ask_for_goods_that_exist_and_review_only_what_was_delivered():
    slugs = {one.slug for one in load_goods()}
    for plan in ORDERS:
        assert {slug for slug, _ in plan.goods} <= slugs
        assert not plan.reviews or "deliver" in plan.steps
        assert len(plan.reviews) in {0, len(plan.goods)}
