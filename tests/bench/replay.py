"""The statements of one ``place_order``, taken down once and sent again without anything around them."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import ClientCursor
from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from marketplace.core.ids import new_code, new_token, new_ulid

#: Parameters that name goods; in the captured order the first household's are 1 and the second's are 2.
_GOODS = ("offer_id__", "product_id__", "household_id__", "lot_id", "stock_id")
_LISTS_OF_GOODS = frozenset({"offer_ids", "stock_ids", "ids"})
_MARK = 900_000_000


@dataclass(frozen=True, slots=True)
class Statement:
    """What went to the database once."""

    sql: str
    values: Mapping[str, Any] | list[Mapping[str, Any]]


@dataclass
class Order:
    """What is new in every order."""

    basket_id: Any
    basket_token: str
    goods: tuple[Any, Any]
    number: str = field(default_factory=lambda: f"DH-{new_code(6)}")
    token: str = field(default_factory=new_token)
    attempt_key: str = field(default_factory=new_ulid)
    order_id: Any = 0
    consignments: list[Any] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Recording:
    """The statements of an order that had been placed under ``number``."""

    statements: list[Statement]
    number: str

    def send(self, connection: Connection, order: Order) -> None:
        """Place an order with these statements, in one transaction."""
        with connection.begin():
            for statement in self.statements:
                answer = connection.exec_driver_sql(statement.sql, _renew(statement, order, self.number))
                if statement.sql.startswith("INSERT INTO orders_orders"):
                    order.order_id = answer.scalar_one()
                elif statement.sql.startswith("INSERT INTO orders_consignments"):
                    order.consignments = [row[0] for row in answer]
                elif statement.sql.startswith("INSERT INTO orders_lines"):
                    order.lines = [row[0] for row in answer]
                elif answer.returns_rows:
                    answer.all()

    def as_pgbench(self, cursor: ClientCursor[Any], *, pairs: int, baskets: int) -> str:
        """Write the statements down as a script for pgbench, with its variables in the places of what is new."""
        order = Order(
            basket_id=_MARK + 3, basket_token="b-PGBASKET", goods=(_MARK + 1, _MARK + 2), number="DH-PGNUMBER",
            token="PGNUMBER", attempt_key="PGNUMBER", order_id=_MARK + 4,
            consignments=[_MARK + 5, _MARK + 6], lines=[_MARK + 7, _MARK + 8],
        )  # fmt: skip
        names = ("first", "second", "basket", "order_id", "parcel_1", "parcel_2", "line_1", "line_2")
        script = [
            rf"\set pair random(0, {pairs - 1})", r"\set first :pair * 2 + 1", r"\set second :pair * 2 + 2",
            rf"\set basket random(1, {baskets})", r"\set number random(1, 999999999)", "BEGIN;",
        ]  # fmt: skip
        for statement in self.statements:
            values = _renew(statement, order, self.number)
            for one in values if isinstance(values, list) else [values]:
                sql = " ".join(cursor.mogrify(statement.sql, one).split())
                for place, name in enumerate(names, start=1):
                    sql = sql.replace(str(_MARK + place), f":{name}")
                script.append(_with_results(sql.replace("PGNUMBER", ":number").replace("PGBASKET", ":basket")))
        return "\n".join([*script, "COMMIT;", ""])


def record(sent: Iterable[tuple[str, Any]], number: str) -> Recording:
    """Make a recording of what SQLAlchemy sent."""
    return Recording([Statement(sql, values) for sql, values in sent], number)


def _renew(statement: Statement, order: Order, old_number: str) -> Any:
    lines = itertools.count()
    if isinstance(statement.values, list):
        return [_renew_row(statement.sql, row, order, old_number, next(lines)) for row in statement.values]
    return _renew_row(statement.sql, statement.values, order, old_number, 0)


def _renew_row(sql: str, row: Mapping[str, Any], order: Order, old_number: str, place: int) -> dict[str, Any]:
    return {name: _renew_one(sql, name, value, order, old_number, place) for name, value in row.items()}


def _renew_one(  # noqa: PLR0911 - what is new in an order, case by case
    sql: str, name: str, value: Any, order: Order, old_number: str, place: int
) -> Any:
    if isinstance(value, str) and old_number in value:
        return value.replace(old_number, order.number)
    if name in _LISTS_OF_GOODS:
        return [order.goods[one - 1] for one in value]
    if name == "offer_id" or name.startswith(_GOODS):
        return order.goods[value - 1]
    if name.startswith("consignment_id"):
        return order.consignments[int(name[-1])]
    if name == "line_id":
        return order.lines[place]
    if name == "token":
        return order.basket_token if sql.startswith("SELECT") else order.token
    fresh = {
        "order_id": order.order_id,
        "attempt_key": order.attempt_key,
        "basket_id": order.basket_id,
        "orders_baskets_id": order.basket_id,
        "payload": Jsonb({"order_id": 0}),
    }
    return fresh.get(name.partition("__")[0], value)


def _with_results(sql: str) -> str:
    if sql.startswith("INSERT INTO orders_orders "):
        return f"{sql.rpartition(' RETURNING ')[0]} RETURNING id AS order_id \\gset"
    for table, name in (("orders_consignments ", "parcel"), ("orders_lines ", "line")):
        if sql.startswith(f"INSERT INTO {table}"):
            insert = f"{sql.rpartition(' RETURNING ')[0]} RETURNING id"
            return f"WITH made AS ({insert}) SELECT min(id) AS {name}_1, max(id) AS {name}_2 FROM made \\gset"  # noqa: S608 - our own statements
    return f"{sql};"
