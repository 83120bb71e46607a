"""The chain of custody at ten thousand and at a million records: recall, a lot's page, proofs, capture.

Everything is measured against the running stack's own database, with every commit on disk.
"""

import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.app import create_app
from marketplace.config import from_environment
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.registry import resolve
from marketplace.embedded.stack import Stack
from orders.queries.recall import list_reached
from orders.services.deliver_consignment import follow_delivery, follow_handover
from tests.bench.capture import Captured, measure_capture
from tests.bench.multiply import Pair, load_copies, read_pair
from tests.factories.catalog import make_offer
from tests.factories.orders import buy, list_parts, pack
from tests.factories.sellers import make_household
from tests.factories.traceability import make_keeper, make_officer_actor, make_season, make_verified_lot
from traceability.ports import Signatory
from traceability.queries.log import find_entry, get_log_state
from traceability.queries.lots import get_lot
from traceability.rules.entries import PackEntry, WorkEntry
from traceability.services.diary import record_work
from traceability.services.log import announce_key
from traceability.services.lots import pack_lot
from traceability.services.recalls import recall_lot
from transparency.merkle import inclusion_proof
from transparency.tiles import TileStore

SIZES = (10_000, 1_000_000)
HUB_BUYERS = 10_000
_SAMPLES = 300
#: Numbers of rows that come after the copies start here.
_BEHIND = 500_000_000_000
_SPREAD = random.Random(20_261_125)
_TITLE = "Cán bộ nông nghiệp xã Tân Ninh"


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds of many runs."""

    p50: float
    p95: float
    p99: float


def run(folder: Path) -> None:
    """Print what each thing costs at each size, and how it grew."""
    with Stack(data_dir=folder, seed=False, environ={"RATE_LIMITS": "0"}) as stack:
        app = create_app(from_environment({**stack.env, "PAGE_CACHE_SECONDS": "0", "RATE_LIMITS": "0"}))
        with app.app_context():
            _make_pair()
            with _connect(stack) as connection:
                pair = read_pair(connection)
            with _connect(stack) as connection:
                hub_lot_id = _make_hub(connection)
            found: dict[int, dict[str, Spread]] = {}
            captured: dict[int, Captured] = {}
            copied = 1
            for size in SIZES:
                target = max(copied + 1, size // len(pair.records))
                with _connect(stack) as connection:
                    load_copies(connection, pair, range(copied, target), f"{size:,} records")
                    _tidy(connection, pair)
                copied = target
                print(f"The log caught up in {_wait_for_log():.0f} s.", flush=True)
                found[size] = _measure(app, copied, hub_lot_id)
                captured[size] = measure_capture(stack.web_url)
            _print(found)
            _print_capture(captured)
            db.session.remove()
            db.engine.dispose()


def _connect(stack: Stack) -> psycopg.Connection:
    return psycopg.connect(stack.env["DATABASE_URL"].replace("+psycopg", ""))


def _make_pair() -> None:
    """Grow vegetables for a season, pack them, sell them to two buyers; another household does the same."""
    now = utcnow()
    with transaction() as session:
        for phone in ("+84900000001", "+84900000002"):
            household_id = make_household(session, phone=phone, now=now)
            keeper = make_keeper(household_id)
            today = local_date(now)
            season = make_season(session, household_id, started_on=today - timedelta(days=60), actor=keeper, now=now)
            for day in range(2, 40, 4):
                record_work(
                    session=session,
                    household_id=household_id,
                    season_id=season.id,
                    entry=WorkEntry(
                        kind="fertilising", product="Phân chuồng ủ hoai", happened_on=today - timedelta(days=60 - day)
                    ),
                    actor=keeper,
                    key=uuid.uuid4(),
                    now=now,
                )
            lot = make_verified_lot(
                session, household_id, season=season, amount=1_000_000, actor=keeper, harvested_on=today, now=now
            )
            packs = pack_lot(
                session=session,
                household_id=household_id,
                lot_id=lot.id,
                entry=PackEntry(
                    happened_on=today,
                    taken=Decimal(500_000),
                    amount=Decimal(500_000),
                    unit="bo",
                    content=Decimal(1),
                    best_before_on=today + timedelta(days=5),
                ),
                actor=keeper,
                key=uuid.uuid4(),
                now=now,
            )
            offer = make_offer(
                session,
                household_id,
                lot_id=packs.id,
                amount=400_000,
                unit="bo",
                content_unit="bo",
                actor=keeper,
                now=now,
            )
            for _ in range(2):
                _sell(session, offer.offer_id, now)


def _sell(session: Session, offer_id: int, now: datetime) -> None:
    placed = buy(session, {offer_id: 1}, now=now)
    (part,) = list_parts(session, placed.order_id)
    pack(session, part, now=now)
    follow_handover(session=session, consignment_ref=part.number, happened_at=now, now=now)
    follow_delivery(session=session, consignment_ref=part.number, happened_at=now, now=now)


def _tidy(connection: psycopg.Connection, pair: Pair) -> None:
    """Queue the new entries for the log, let numbers go on behind the copies, and gather statistics."""
    connection.autocommit = True
    connection.execute(
        "INSERT INTO trace_log_waiting (entry_id) SELECT id FROM trace_log_entries e"
        " WHERE NOT EXISTS (SELECT FROM trace_log_positions p WHERE p.entry_id = e.id) ON CONFLICT DO NOTHING"
    )
    for template in pair.templates:
        if "id" in template.columns:
            connection.execute(
                "SELECT setval(name, greatest(nextval(name), %s))"
                " FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name)",
                (_BEHIND, template.table),
            )
    connection.execute("VACUUM ANALYZE")


def _make_hub(connection: psycopg.Connection) -> int:
    """Let ten thousand buyers more have goods of the first packed lot; return the lot that they were packed from."""
    connection.autocommit = True
    connection.execute(_HUB, {"buyers": HUB_BUYERS})
    found = connection.execute("SELECT min(parent_id) FROM trace_lot_links").fetchone()
    return int(found[0]) if found else 0


#: One delivered order of the pair, again and again under other numbers.
_HUB = """
WITH model AS (
  SELECT o.id AS order_id, c.id AS part_id, l.id AS line_id, x.id AS share_id FROM orders_line_lots x
  JOIN orders_lines l ON l.id = x.line_id JOIN orders_consignments c ON c.id = l.consignment_id
  JOIN orders_orders o ON o.id = c.order_id ORDER BY x.id LIMIT 1
), buyers AS (
  INSERT INTO orders_orders OVERRIDING SYSTEM VALUE
  SELECT (jsonb_populate_record(o, jsonb_build_object(
      'id', 900000000000 + n, 'number', 'DH-HUB' || n, 'token', 'hub-' || n, 'buyer_email', n || '@thu.example'))).*
  FROM model JOIN orders_orders o ON o.id = model.order_id, generate_series(1, %(buyers)s) n RETURNING id
), parts AS (
  INSERT INTO orders_consignments OVERRIDING SYSTEM VALUE
  SELECT (jsonb_populate_record(c, jsonb_build_object(
      'id', 900000000000 + n, 'order_id', 900000000000 + n, 'number', 'DH-HUB' || n || '-1'))).*
  FROM model JOIN orders_consignments c ON c.id = model.part_id, generate_series(1, %(buyers)s) n RETURNING id
), lines AS (
  INSERT INTO orders_lines OVERRIDING SYSTEM VALUE
  SELECT (jsonb_populate_record(l, jsonb_build_object('id', 900000000000 + n, 'consignment_id', 900000000000 + n))).*
  FROM model JOIN orders_lines l ON l.id = model.line_id, generate_series(1, %(buyers)s) n RETURNING id
)
INSERT INTO orders_line_lots OVERRIDING SYSTEM VALUE
SELECT (jsonb_populate_record(x, jsonb_build_object('id', 900000000000 + n, 'line_id', 900000000000 + n))).*
FROM model JOIN orders_line_lots x ON x.id = model.share_id, generate_series(1, %(buyers)s) n
"""


def _measure(app: Flask, copies: int, hub_lot_id: int) -> dict[str, Spread]:
    roots = _sample_roots(copies)
    store = TileStore(Path(app.config["LOG_DIR"]))
    size = store.size
    client = app.test_client()
    codes = list(db.session.scalars(text("SELECT code FROM trace_lots WHERE id = ANY(:ids)"), {"ids": roots}))
    db.session.rollback()
    places = [_SPREAD.randrange(size) for _ in range(_SAMPLES)]
    officer = _make_officer(hub_lot_id)
    return {
        "recall, ordinary lot": _time(lambda lot_id: _recall(lot_id, officer, 2), roots),
        f"recall, {HUB_BUYERS:,} buyers": _time(lambda lot_id: _recall(lot_id, officer, HUB_BUYERS), [hub_lot_id] * 7),
        "a lot's page": _time(lambda code: _look(client, code), codes),
        "proof of one record": _time(lambda place: _prove(store, size, place), places),
    }


def _make_officer(lot_id: int) -> Actor:
    """Return the officer of a lot's commune, who has signed before, so that the log knows the key."""
    with transaction() as session:
        officer = make_officer_actor(get_lot(session, lot_id).commune_id)
        announce_key(
            session,
            party=officer.party,
            title=_TITLE,
            commune="Tân Ninh",
            signatory=resolve(Signatory),
            now=utcnow(),
        )
    return officer


def _sample_roots(copies: int) -> list[int]:
    """Return lots of copies here and there, each the first of its pair."""
    first = int(db.session.scalar(text("SELECT min(parent_id) FROM trace_lot_links")) or 0)
    numbers = _SPREAD.choices(range(1, copies), k=_SAMPLES)
    return [number * 10_000 + first for number in numbers]


def _time(work: Callable[[Any], None], samples: Sequence[Any]) -> Spread:
    for one in samples[:3]:
        work(one)
    took = []
    for one in samples:
        began = time.perf_counter()
        work(one)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return Spread(*(took[min(len(took) - 1, int(len(took) * share))] for share in (0.5, 0.95, 0.99)))


class _UndoneError(Exception):
    """Lets a transaction end without a trace."""


def _undo(reached: int) -> None:
    raise _UndoneError(reached)


def _recall(lot_id: int, officer: Actor, least: int) -> None:
    """Recall a lot and list every buyer; then take it all back."""
    now = utcnow()
    try:
        with transaction() as session:
            found = recall_lot(
                session=session,
                lot_id=lot_id,
                officer=officer,
                officer_title=_TITLE,
                reason="Mẫu rau vượt ngưỡng dư lượng.",
                instruction="Không ăn, gọi cho ủy ban xã.",
                is_drill=False,
                key=uuid.uuid4(),
                signatory=resolve(Signatory),
                now=now,
            )
            reached = list_reached(session, found)
            _undo(len(reached))
    except _UndoneError as undone:
        db.session.remove()
        if undone.args[0] < least:
            message = f"the recall of {lot_id} reached {undone.args[0]} buyers"
            raise RuntimeError(message) from None


def _look(client: FlaskClient, code: str) -> None:
    answer = client.get(f"/lo/{code}")
    if answer.status_code != 200:
        message = f"/lo/{code}: {answer.status}"
        raise RuntimeError(message)


def _prove(store: TileStore, size: int, place: int) -> None:
    entry = find_entry(db.session(), place)
    proof = inclusion_proof(size, place, store.read_hash)
    db.session.rollback()
    if entry is None or not proof:
        message = f"no proof of {place}"
        raise RuntimeError(message)


def _wait_for_log(limit_s: float = 1200) -> float:
    """Wait until every entry stands in a signed checkpoint; return how many seconds that took."""
    began = time.perf_counter()
    while True:
        state = get_log_state(db.session())
        db.session.rollback()
        if not state.waiting and state.newest is not None and state.newest.size == state.placed:
            return time.perf_counter() - began
        if time.perf_counter() - began > limit_s:
            message = f"the log is {state.waiting:,} entries behind after {limit_s:.0f} s"
            raise RuntimeError(message)
        time.sleep(2)


#: What the milliseconds should stay below: which figure of the spread, and how many.
_AIMS = {
    "recall, ordinary lot": ("p99", 100.0),
    f"recall, {HUB_BUYERS:,} buyers": ("p99", 1000.0),
    "a lot's page": ("p95", 50.0),
    "proof of one record": ("p95", 5.0),
}
_MOST_GROWTH = 2.0


def _print(found: dict[int, dict[str, Spread]]) -> None:
    small, large = SIZES
    print(
        f"\nThe chain of custody at {small:,} and at {large:,} records, in milliseconds ({_SAMPLES} samples; the recall"
        f" of a lot with many buyers: 7).\nAim: as written, and no more than {_MOST_GROWTH:.0f} times as long at a"
        " hundred times the size.\n"
    )
    print(f"{'what':<26}{'size':>10}{'p50':>9}{'p95':>9}{'p99':>9}{'aim':>14}{'growth':>8}")
    for what, (figure, most) in _AIMS.items():
        for size in SIZES:
            spread = found[size][what]
            growth = spread.p50 / found[small][what].p50
            is_met = getattr(spread, figure) <= most and growth <= _MOST_GROWTH
            print(
                f"{what:<26}{size:>10,}{spread.p50:>9.1f}{spread.p95:>9.1f}{spread.p99:>9.1f}"
                f"{f'{figure} <= {most:.0f}':>14}{growth:>8.2f}{'' if is_met else '  missed'}"
            )


def _print_capture(captured: dict[int, Captured]) -> None:
    print(
        "\nCapture over HTTP, events a second at most, and seconds from being taken in until signed at 500 events a"
        " second (aim: >= 500, <= 5 s, no less than half at a hundred times the size).\n"
    )
    print(f"{'records':>10}{'events/s':>10}{'lag p50':>9}{'lag max':>9}{'growth':>8}")
    least = captured[SIZES[0]].per_second
    for size, one in captured.items():
        growth = least / one.per_second
        is_met = one.per_second >= 500 and one.lag_max <= 5 and growth <= _MOST_GROWTH
        print(
            f"{size:>10,}{one.per_second:>10.0f}{one.lag_p50:>9.1f}{one.lag_max:>9.1f}{growth:>8.2f}"
            f"{'' if is_met else '  missed'}"
        )
