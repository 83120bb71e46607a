"""The seed fills an empty market: every state is there, every chain is whole, and a second run changes nothing."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import column, select, table, text
from sqlalchemy.orm import Session

from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.registry import resolve
from marketplace.seed.accounts import DEMO_ACCOUNTS, OPERATOR
from marketplace.seed.fill import seed_if_empty
from orders.rules.states import ConsignmentState, OrderState
from search.ports import ProductIndex
from tests.conftest import copy_database, drop_database, make_app, make_settings
from traceability.queries.chain import verify_chain
from traceability.queries.concerns import list_concerns
from traceability.queries.lots import get_lot, list_lots
from traceability.queries.sale_gate import judge_lot
from traceability.queries.story import list_story
from traceability.rules.concerns import OUTCOMES
from traceability.rules.lots import LotState

#: The shelf asks the database for today, so the seed's moment has to be this one.
_NOW = utcnow()
_DIGEST = """
    SELECT p.name, o.price_vnd, o.state, p.description, h.shown_name, h.representative, h.phone,
           s.listed, s.reserved, s.sold, l.produce, l.state, l.quantity_made, l.made_on
    FROM catalog_products p JOIN catalog_offers o ON o.product_id = p.id
    JOIN sellers_households h ON h.id = p.household_id
    LEFT JOIN catalog_stock s ON s.offer_id = o.id LEFT JOIN trace_lots l ON l.id = s.lot_id
    ORDER BY p.name, l.made_on, s.listed
"""


def _filled(folder: Path) -> Iterator[Flask]:
    url = copy_database()
    app = make_app(make_settings(url, folder))
    assert seed_if_empty(app, _NOW) is True
    yield app
    with app.app_context():
        db.engine.dispose()
    drop_database(url)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    yield from _filled(tmp_path_factory.mktemp("market"))


def _rows(app: Flask, sql: str) -> list[tuple[object, ...]]:
    with app.app_context(), db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def _digest(app: Flask) -> str:
    return hashlib.sha256(repr(_rows(app, _DIGEST)).encode()).hexdigest()


def _counts(app: Flask) -> list[tuple[object, ...]]:
    names = (
        "trace_records",
        "trace_lots",
        "catalog_products",
        "orders_orders",
        "accounts_users",
        "core_outbox",
        "core_photos",
    )
    return [_rows(app, f"SELECT count(*) FROM {name}")[0] for name in names]  # noqa: S608 - names of ours


def test_every_state_of_a_lot_is_there(market):
    assert {state for (state,) in _rows(market, "SELECT DISTINCT state FROM trace_lots")} == set(LotState)


def test_the_pig_farm_has_sensors_that_tell_of_weeks_and_of_one_hot_afternoon(market):
    days = _rows(market, "SELECT count(*), count(*) FILTER (WHERE is_closed) FROM trace_sensor_days GROUP BY device_id")
    assert [count >= 50 and count - closed in {4, 5} for count, closed in days] == [True, True]
    assert _rows(market, "SELECT kind, ended_at IS NOT NULL FROM trace_sensor_alerts WHERE kind = 'high'") != []
    assert _rows(market, "SELECT 1 FROM trace_sensor_alerts WHERE ended_at IS NULL") == []
    kept = _rows(market, "SELECT min(measured_at) > now() - interval '5 days', count(*) FROM trace_sensor_readings")
    assert kept[0][0]
    assert 200 < kept[0][1] < 600
    sealed = _rows(market, "SELECT count(*), count(DISTINCT lot_id) FROM trace_records WHERE kind = 'sensor_summary'")
    assert sealed[0][0] == sealed[0][1] > 0


def test_some_verified_lots_are_out_of_date(market):
    found = _rows(market, "SELECT count(*) FROM trace_lots WHERE state = 'verified' AND best_before_on < current_date")
    assert found[0][0] >= 3


def test_some_goods_are_sold_out(market):
    found = _rows(market, "SELECT count(*) FROM catalog_stock WHERE listed = sold AND sold > 0")
    assert found[0][0] >= 2


def test_every_state_of_orders_and_consignments_is_there(market):
    assert {state for (state,) in _rows(market, "SELECT DISTINCT state FROM orders_orders")} == set(OrderState)
    assert {state for (state,) in _rows(market, "SELECT DISTINCT state FROM orders_consignments")} == set(
        ConsignmentState
    )


def test_97_goods_are_in_the_shop_and_each_has_a_picture(market):
    assert _rows(market, "SELECT count(*) FROM catalog_products") == [(97,)]
    without = """SELECT p.slug FROM catalog_products p
                 WHERE NOT EXISTS (SELECT FROM catalog_product_photos f WHERE f.product_id = p.id)"""
    assert _rows(market, without) == []


def test_the_chain_of_every_household_is_whole(market):
    households = [household_id for (household_id,) in _rows(market, "SELECT id FROM sellers_households ORDER BY id")]
    assert len(households) == 65
    with market.app_context(), transaction() as session:
        states = [verify_chain(session, household_id) for household_id in households]
    assert all(state.is_intact and state.records > 0 for state in states)


def test_a_recall_reached_buyers_and_stopped_an_open_order(market):
    sql = """SELECT DISTINCT c.state FROM orders_consignments c JOIN orders_lines l ON l.consignment_id = c.id
             JOIN orders_line_lots x ON x.line_id = l.id JOIN trace_lots t ON t.id = x.lot_id
             WHERE t.state = 'recalled'"""
    assert {state for (state,) in _rows(market, sql)} == {"delivered", "cancelled"}


def test_only_the_parcel_that_waits_for_its_booking_is_left_to_the_workers(market):
    assert _rows(market, "SELECT name FROM core_outbox WHERE relayed_at IS NULL") == [("logistics.parcel_planned",)]


def test_nothing_happened_in_the_future(market):
    assert _rows(market, "SELECT count(*) FROM trace_records WHERE recorded_at > now()") == [(0,)]


def test_the_goods_can_be_searched(market):
    with market.app_context():
        assert resolve(ProductIndex) is not None
        assert list((Path(market.config["MEDIA_DIR"]).parent / "search").rglob("*"))


def test_one_account_of_each_role_can_sign_in(market):
    logins = {value for row in _rows(market, "SELECT phone, email FROM accounts_users") for value in row if value}
    for _, login, _ in DEMO_ACCOUNTS:
        assert login in logins or f"+84{login[1:]}" in logins
    assert OPERATOR in logins


def test_a_second_run_changes_nothing(market):
    before = _counts(market), _digest(market)
    assert seed_if_empty(market, _NOW) is False
    assert (_counts(market), _digest(market)) == before


def test_another_market_is_filled_with_the_same_goods(market, tmp_path):
    for other in _filled(tmp_path):
        assert _digest(other) == _digest(market)


def test_a_market_with_people_of_its_own_stays_as_it_is(committed_app):
    with committed_app.app_context(), transaction() as session:
        session.execute(
            text(
                "INSERT INTO accounts_users (email, name, password_hash, session_key, party, roles, created_at) "
                "VALUES ('a@b.example', 'A', 'x', 'k', 'P', ARRAY['buyer'], now())"
            )
        )
    assert seed_if_empty(committed_app, _NOW) is False
    assert _rows(committed_app, "SELECT count(*) FROM sellers_households") == [(0,)]


def test_every_lot_on_sale_passed_the_gate_and_some_lots_wait_before_it(market):
    closed = """SELECT s.lot_code FROM catalog_stock s JOIN catalog_offers o ON o.id = s.offer_id
                JOIN trace_lots l ON l.id = s.lot_id LEFT JOIN trace_sale_gates g ON g.lot_id = s.lot_id
                WHERE o.state = 'on_sale' AND NOT s.is_frozen AND NOT coalesce(g.is_open, false)"""
    assert _rows(market, closed) == []
    with market.app_context(), transaction() as session:
        verified = _rows(market, "SELECT id FROM trace_lots WHERE state = 'verified' AND quantity_out < quantity_made")
        results = [judge_lot(session, get_lot(session, lot_id), on=local_date(_NOW)).missing for (lot_id,) in verified]
    lacking = {check.code for missing in results for check in missing}
    assert {"item_best_before", "ingredient_named"} <= lacking


def test_nobody_is_named_in_records_leaves_or_statements(market):
    named = _rows(
        market,
        """SELECT representative, phone, address_line, story FROM sellers_households
           UNION ALL SELECT name, phone, email, '' FROM accounts_users
           UNION ALL SELECT buyer_name, buyer_phone, buyer_email, address_line FROM orders_orders
           UNION ALL SELECT holder, account_number, '', '' FROM sellers_payout_accounts""",
    )
    private = {
        str(text)
        for (content,) in _rows(market, "SELECT content FROM trace_private_details WHERE content IS NOT NULL")
        for text in json.loads(bytes(content)).values()
    }
    told = {str(one) for row in named for one in row if one} | private
    told |= {one.removeprefix("+84") for one in told if one.startswith("+84")}
    assert len(told) > 400
    written = [
        *_rows(market, "SELECT id, body FROM trace_records"),
        *_rows(market, "SELECT id, leaf FROM trace_log_entries"),
        *_rows(market, "SELECT id, content FROM trace_log_entries WHERE content IS NOT NULL"),
    ]
    everything = b"\n".join(bytes(one) for _, one in written).decode()
    assert len(written) > 3000
    assert sorted(one for one in told if len(one) > 4 and one in everything) == []


def test_every_version_of_what_the_public_sees_is_logged(market):
    counts = dict(
        _rows(market, "SELECT subject, count(DISTINCT subject_ref) FROM trace_master_versions GROUP BY subject")
    )
    households, sites, certificates = (
        _rows(market, f"SELECT count(*) FROM {name}")[0][0]  # noqa: S608 - names of ours
        for name in ("sellers_households", "sellers_sites", "sellers_certificates")
    )
    assert (counts["household"], counts["site"], counts["certificate"]) == (households, sites, certificates)


def test_no_photo_stands_in_the_books_twice(market):
    assert not _rows(
        market,
        "SELECT p.sha256 FROM trace_record_photos p JOIN trace_records r ON r.id = p.record_id"
        " WHERE r.corrects_id IS NULL GROUP BY p.sha256 HAVING count(*) > 1",
    )


def test_no_lot_was_verified_that_asks_its_officer_for_a_reason(market):
    with market.app_context(), Session(db.engine) as session:
        lots = list_lots(session, session.scalars(select(column("id")).select_from(table("trace_lots"))))
        verified = [lot for lot in lots.values() if lot.state == LotState.VERIFIED and lot.origin in OUTCOMES]
        asked = [
            (lot.code, one.code)
            for lot in verified
            for one in list_concerns(session, lot, list_story(session, lot))
            if one.needs_reason
        ]
    assert len(verified) > 80
    assert asked == []
