"""The index follows what households put on sale: real database, real engine."""

import shutil
import time
from datetime import timedelta
from pathlib import Path

import pytest

from catalog.services import sell
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.outbox import claim_due, expand_events
from marketplace.reactions import REACTIONS
from search.adapters.tantivy_index import TantivyIndex
from search.ports import SearchRequest
from search.services import rebuild_index, refresh_products
from search.tasks import rebuild_nightly, refresh_product
from tests.factories.catalog import make_offer
from tests.factories.sellers import make_certificate, make_household


@pytest.fixture
def index(tmp_path):
    return TantivyIndex(tmp_path / "index")


def ids(index, words=""):
    return list(index.search(SearchRequest(words)).ids)


def rebuild(session, index):
    return rebuild_index(session=session, index=index, tick=lambda _count: None)


def test_goods_are_found_by_name_household_place_and_certificate(session, index, now):
    household_id = make_household(session, shown_name="Hộ bà Lê Thị Hoa")
    make_certificate(session, household_id, kind="ocop", stars=4)
    offer = make_offer(session, household_id, name="Mắm tôm Ba Làng", category="mam", now=now)
    assert rebuild(session, index) == 1
    for words in ("mam tom", "Lê Thị Hoa", "tan ninh", "ocop 4", "mắm tôm xã Tân Ninh"):
        assert ids(index, words) == [offer.product_id], words
    assert index.search(SearchRequest()).facets == {
        "category": {"mam": 1},
        "commune": {"15715": 1},
        "certificate": {"ocop-4": 1},
    }


def test_a_refresh_adds_replaces_and_takes_out_and_may_be_repeated(session, index, now):
    household_id = make_household(session)
    rebuild(session, index)
    offer = make_offer(session, household_id, name="Nem chua", now=now)

    def refresh():
        refresh_products(session=session, index=index, product_ids=[offer.product_id, 10**9])

    for _ in range(2):
        refresh()
        assert ids(index, "nem chua") == [offer.product_id]
    sell.pause(session=session, household_id=household_id, product_id=offer.product_id, now=now)
    for _ in range(2):
        refresh()
        assert ids(index, "nem chua") == []


def test_a_refresh_where_no_index_is_builds_all_of_it(session, index, now):
    household_id = make_household(session)
    first, second = (make_offer(session, household_id, now=now).product_id for _ in range(2))
    assert not index.is_ready()
    refresh_products(session=session, index=index, product_ids=[second])
    assert sorted(ids(index)) == [first, second]


def test_a_lost_folder_finds_nothing_and_comes_back(session, index, tmp_path, now):
    offer = make_offer(session, make_household(session), now=now)
    rebuild(session, index)
    shutil.rmtree(tmp_path / "index")
    assert (ids(index), index.suggest("rau", 5), index.is_ready()) == ([], [], False)
    rebuild(session, index)
    assert ids(index) == [offer.product_id]


def run_what_is_due():
    """Do what the relay and the worker do with waiting events; return the deliveries of the search."""
    now = utcnow()
    with transaction() as session:
        expand_events(session, REACTIONS, now)
        due = [one for one in claim_due(session, now, timedelta(minutes=1)) if one.queue == "search"]
    for one in due:
        refresh_product(delivery_id=one.delivery_id, **one.payload)
    return due


def test_changes_reach_another_reader_within_two_seconds_and_each_is_done_once(committed_app, now):
    with committed_app.app_context():
        reader = TantivyIndex(Path(committed_app.config["SEARCH_INDEX_DIR"]))
        with transaction() as session:
            household_id = make_household(session)
            product_id = make_offer(session, household_id, now=now).product_id
        run_what_is_due()
        assert ids(reader) == [product_id]
        with transaction() as session:
            sell.pause(session=session, household_id=household_id, product_id=product_id, now=now)
        started = time.monotonic()
        [delivery] = run_what_is_due()
        assert ids(reader) == []
        assert time.monotonic() - started < 2
        with transaction() as session:
            sell.publish(session=session, household_id=household_id, product_id=product_id, now=now)
        refresh_product(delivery_id=delivery.delivery_id, **delivery.payload)
        assert ids(reader) == [], "a delivery that is done is not done again"
        run_what_is_due()
        assert ids(reader) == [product_id]


def test_the_nightly_rebuild_finds_what_no_event_told_of(committed_app, now):
    with committed_app.app_context():
        reader = TantivyIndex(Path(committed_app.config["SEARCH_INDEX_DIR"]))
        with transaction() as session:
            product_id = make_offer(session, make_household(session), now=now).product_id
        rebuild_nightly()
        assert ids(reader) == [product_id]
