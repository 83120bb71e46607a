"""The declarative base of every table, with one naming convention for constraints."""

from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, MetaData, Table, insert
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of all tables. Relationships are left out on purpose: a join is written where it is paid for."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)

    def __repr__(self) -> str:
        """Show the table and key only: rows may hold personal data, and reprs end up in logs."""
        key: Any = getattr(self, "id", None)
        return f"<{type(self).__name__} {key}>"


def table_of(model: type[Base]) -> Table:
    """Return the plain table of a model."""
    return cast("Table", model.__table__)


@cache
def plain_insert(model: type[Base]) -> Insert:
    """Return the INSERT of a table for statements that run often; values are given when it is executed.

    It is built once and bypasses the ORM: half the work of ``insert(Model).values(...)``. Nothing is flushed before it.
    """
    return insert(table_of(model))
