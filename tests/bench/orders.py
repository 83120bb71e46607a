"""Placing orders against the same statements sent bare by SQLAlchemy, and by pgbench, in the same database."""

import multiprocessing
import os
import re
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.embedded import postgres
from marketplace.embedded.postgres import PostgresServer
from orders.services.place_order import place_order
from tests.bench.replay import Order, Recording, record
from tests.conftest import create_tables, make_app, make_settings
from tests.factories.catalog import make_offer
from tests.factories.orders import WINDOWS, fill_basket, total_of
from tests.factories.sellers import make_household

#: Two households in each basket; many pairs, so that buyers seldom want the same goods at once.
_PAIRS, _BASKETS = 20, 8_000
_ROUNDS, _SECONDS, _WARM_S = 3, 1.5, 0.3
AIM = 0.5
_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class _Ground:
    """A database with goods and with baskets that wait: ``b-1``, ``b-2`` and so on."""

    app: Flask
    recording: Recording
    total: int


def run(folder: Path) -> None:
    """Print the table of order placement."""
    folder.mkdir(parents=True)
    server = postgres.start(folder / "postgres")
    try:
        url = server.create_database("bench")
        create_tables(url)
        ground = _prepare(make_app(make_settings(url, folder)))
        _print_table(ground, server, url, folder)
    finally:
        server.stop()


def _print_table(ground: _Ground, server: PostgresServer, url: str, folder: Path) -> None:
    count = len(ground.recording.statements)
    print(
        f"\nPlacing orders: two households in each, cash on delivery, {count} statements, every commit on disk."
        f" Clients are processes;\nmedians of {_ROUNDS} rounds of {_SECONDS} s, in turns with the same statements sent"
        f" ready-made by SQLAlchemy Core, then by pgbench.\nAim: {AIM:.2f} of Core.\n"
    )
    print(f"{'clients':>7}{'orders/s':>10}{'Core/s':>9}{'ratio':>8}{'pgbench/s':>11}{'ratio':>8}")
    next_basket = 1
    for clients in (1, 4):
        ours: list[float] = []
        core: list[float] = []
        for _ in range(_ROUNDS):
            for loop, into in ((_place, ours), (_replay, core)):
                done, next_basket = _measure(ground, loop, clients, next_basket)
                into.append(done / _SECONDS)
        mine, theirs = statistics.median(ours), statistics.median(core)
        limit = _pgbench(ground, server, url, folder, clients)
        print(
            f"{clients:>7}{mine:>10.0f}{theirs:>9.0f}{mine / theirs:>8.2f}{limit:>11.0f}{mine / limit:>8.2f}"
            f"{'' if mine / theirs >= AIM else '  below the aim'}",
            flush=True,
        )


def _prepare(app: Flask) -> _Ground:
    """Put goods on sale, fill one basket as buyers do and copy it; write down how its like becomes an order."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        sent.append((statement, values))

    now = utcnow()
    with app.app_context():
        with transaction() as session:
            offers = [
                make_offer(session, make_household(session), amount=1_000_000, now=now) for _ in range(2 * _PAIRS)
            ]
            for number, offer in enumerate(offers, start=1):
                known = {offer.offer_id, offer.product_id, offer.household_id, offer.lot_id, offer.stock_id}
                if known != {number}:
                    message = "the replay counts on ids that begin at 1"
                    raise RuntimeError(message)
            token = fill_basket(session, {1: 1, 2: 1}, now=now)
            total = total_of(session, token)
        with transaction() as session:
            _copy_baskets(session)
        event.listen(Engine, "before_cursor_execute", note)
        with transaction() as session:
            _place_one(session, token, total)
        event.remove(Engine, "before_cursor_execute", note)
        number = db.session.scalar(text("SELECT number FROM orders_orders"))
        db.session.remove()
        db.engine.dispose()
    return _Ground(app, record(sent, str(number)), total)


_COPIES = """
INSERT INTO orders_baskets (token, recipient, created_at, changed_at)
SELECT 'b-' || n, recipient, created_at, changed_at FROM orders_baskets, generate_series(1, :count) n;
INSERT INTO orders_basket_lines (basket_id, offer_id, quantity)
SELECT b.id, 2 * (substr(b.token, 3)::int % :pairs) + l.offer_id, l.quantity
FROM orders_baskets b, orders_basket_lines l WHERE b.token LIKE 'b-%' AND l.basket_id = 1;
INSERT INTO orders_basket_quotes (basket_id, household_id, carrier, service, service_name, fee_vnd,
    transit_hours, is_estimate, parcel_g, quoted_at)
SELECT b.id, 2 * (substr(b.token, 3)::int % :pairs) + q.household_id, q.carrier, q.service, q.service_name,
    q.fee_vnd, q.transit_hours, q.is_estimate, q.parcel_g, q.quoted_at
FROM orders_baskets b, orders_basket_quotes q WHERE b.token LIKE 'b-%' AND q.basket_id = 1;
ANALYZE
"""


def _copy_baskets(session: Session) -> None:
    for statement in _COPIES.split(";"):
        wanted = {"count": _BASKETS, "pairs": _PAIRS}
        session.execute(text(statement), {name: value for name, value in wanted.items() if f":{name}" in statement})


def _place_one(session: Session, token: str, total: int) -> None:
    place_order(
        session=session, basket_token=token, payment_method="cod", total_shown=total, user_id=None,
        windows=WINDOWS, now=utcnow(),
    )  # fmt: skip


def _place(ground: _Ground, basket: int) -> None:
    with ground.app.app_context(), transaction() as session:
        _place_one(session, f"b-{basket}", ground.total)


def _replay(ground: _Ground, basket: int) -> None:
    pair = basket % _PAIRS
    order = Order(basket_id=basket + 1, basket_token=f"b-{basket}", goods=(2 * pair + 1, 2 * pair + 2))
    with ground.app.app_context(), db.engine.connect() as connection:
        ground.recording.send(connection, order)


def _measure(ground: _Ground, loop: Callable[[_Ground, int], None], clients: int, first: int) -> tuple[int, int]:
    """Let clients run for a while, each taking its share of the baskets from ``first`` on.

    Return how many orders they placed, and the first basket that is left.
    """
    results: Any = _fork.SimpleQueue()
    start = _fork.Barrier(clients)

    def client(place: int) -> None:
        done, basket = 0, first + place
        start.wait()
        begin = time.perf_counter() + _WARM_S
        while (now := time.perf_counter()) < begin + _SECONDS:
            loop(ground, basket)
            basket += clients
            done += now >= begin
        results.put((done, basket))
        os._exit(0)

    children = [_fork.Process(target=client, args=(place,)) for place in range(clients)]
    for child in children:
        child.start()
    found = [results.get() for _ in children]
    for child in children:
        child.join()
    return sum(done for done, _ in found), max(basket for _, basket in found)


def _pgbench(ground: _Ground, server: PostgresServer, url: str, folder: Path, clients: int) -> float:
    address = url.replace("+psycopg", "")
    script = folder / "order.sql"
    with psycopg.connect(address, cursor_factory=psycopg.ClientCursor) as connection:
        cursor = psycopg.ClientCursor(connection)
        script.write_text(ground.recording.as_pgbench(cursor, pairs=_PAIRS, baskets=_BASKETS), encoding="utf-8")
    command = [
        str(server.programs / "bin" / "pgbench"),
        "-n",
        "-f",
        str(script),
        "-c",
        str(clients),
        "-j",
        "1",
        "-T",
        "3",
        address,
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", told.stdout)
    if told.returncode or found is None:
        raise RuntimeError(told.stderr)
    return float(found[1])
