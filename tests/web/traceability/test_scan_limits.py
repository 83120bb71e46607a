"""One address counts so often and no oftener, and is led on all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.limits import limiter
from tests.conftest import copy_database, drop_database, make_app, make_settings
from tests.factories.sellers import make_household
from tests.factories.traceability import make_lot
from traceability.models.scans import ScanCount


@pytest.fixture
def limited_app(tmp_path: Path) -> Iterator[Flask]:
    url = copy_database()
    app = make_app(make_settings(url, tmp_path, RATE_LIMITS="1"))
    with app.app_context():
        limiter.reset()
    yield app
    with app.app_context():
        limiter.reset()
        db.engine.dispose()
    drop_database(url)
    # The limiter is one for the process; other tests go on without it.
    limiter.enabled = False


def total(session: Session) -> tuple[int, int]:
    row = session.execute(select(func.sum(ScanCount.scans), func.sum(ScanCount.devices))).one()
    return row[0], row[1]


def test_many_browsers_at_one_address_are_counted_ten_times(limited_app: Flask) -> None:
    with limited_app.app_context(), transaction() as session:
        lot = make_lot(session, make_household(session), now=utcnow())
    client = limited_app.test_client()
    for number in range(40):
        headers = {"Accept": "text/html", "User-Agent": f"Browser {number}"}
        assert client.get(f"/l/{lot.code}", headers=headers).status_code == 307
    with limited_app.app_context():
        assert total(db.session()) == (10, 10)
    client.get(f"/l/{lot.code}", headers={"Accept": "text/html"}, environ_base={"REMOTE_ADDR": "10.9.8.7"})
    with limited_app.app_context():
        assert total(db.session()) == (11, 11)
