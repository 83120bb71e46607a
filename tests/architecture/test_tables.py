"""Tables say by their names whose they are."""

import pytest

from marketplace.core.base import Base

PREFIXES = {
    "marketplace.core": "core_",
    "marketplace.accounts": "accounts_",
    "sellers": "sellers_",
    "traceability": "trace_",
    "catalog": "catalog_",
    "logistics": "logistics_",
    "orders": "orders_",
    "search": "search_",
}


def _owner(module: str) -> str:
    return next(package for package in PREFIXES if module == package or module.startswith(f"{package}."))


@pytest.fixture(scope="module")
def models(app):
    return [mapper.class_ for mapper in Base.registry.mappers]


def test_a_table_bears_the_name_of_its_package(models):
    wrong = {
        model.__tablename__: model.__module__
        for model in models
        if not model.__tablename__.startswith(PREFIXES[_owner(model.__module__)])
    }
    assert models
    assert wrong == {}


def test_moments_are_aware_and_end_in_at_and_days_end_in_on(models):
    from sqlalchemy import Date, DateTime

    wrong = []
    for model in models:
        for column in model.__table__.columns:
            if isinstance(column.type, DateTime) and not (column.type.timezone and column.name.endswith("_at")):
                wrong.append(f"{model.__tablename__}.{column.name}")
            if isinstance(column.type, Date) and not column.name.endswith(("_on", "_until")):
                wrong.append(f"{model.__tablename__}.{column.name}")
    assert wrong == []


def test_money_is_whole_dong_and_quantities_are_exact(models):
    from sqlalchemy import BigInteger, Numeric

    for model in models:
        for column in model.__table__.columns:
            where = f"{model.__tablename__}.{column.name}"
            if column.name.endswith("_vnd"):
                assert isinstance(column.type, BigInteger), where
            if column.name.startswith("quantity") or column.name in {"amount", "stock"}:
                assert isinstance(column.type, Numeric), where
                assert column.type.asdecimal, where


def test_a_foreign_key_stays_in_the_package_or_points_down(models):
    order = ("core_", "accounts_", "sellers_", "trace_", "catalog_", "logistics_", "orders_", "search_")
    beside = {frozenset({"catalog_", "logistics_"}), frozenset({"orders_", "search_"})}
    # An account belongs to a household and an officer to a commune: the two stand a floor higher, and only by name.
    by_name = {("accounts_", "sellers_")}
    wrong = []
    for model in models:
        own = PREFIXES[_owner(model.__module__)]
        for key in model.__table__.foreign_keys:
            other = next(prefix for prefix in order if key.target_fullname.startswith(prefix))
            is_up = order.index(other) > order.index(own) or frozenset({own, other}) in beside
            if is_up and (own, other) not in by_name:
                wrong.append(f"{model.__tablename__} -> {key.target_fullname}")
    assert wrong == []
