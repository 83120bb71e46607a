"""Filling an empty market. Each step has a transaction of its own and finds what is there, so a crash heals."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import column, exists, select, table
from sqlalchemy.orm import Session

from marketplace.accounts.queries import find_person
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.seed.accounts import OPERATOR, make_people
from marketplace.seed.aftermath import finish
from marketplace.seed.crew import Crew, open_crew, settle_all
from marketplace.seed.history import list_order_plans, make_history
from marketplace.seed.households import plan_households
from marketplace.seed.photo_album import list_pictures, make_album
from sellers.services.load_places import load_administrative_units
from traceability.services.master_data import log_all_of

_FINISHED = "orders_orders"


def seed_if_empty(app: Flask, now: datetime | None = None, crew: Crew | None = None) -> bool:
    """Fill the market unless it has data of its own; return whether anything was made.

    A market that a crash left half filled is filled to the end. ``now`` is the moment up to which people did things;
    ``crew`` are helpers who have begun already.
    """
    now = now or utcnow()
    with app.app_context():
        with transaction() as session:
            load_administrative_units(session)
            if not _may_fill(session):
                return False
        with _progress() as tell, nullcontext(crew) if crew else open_crew(app.extensions["settings"]) as ready:
            _fill(app, ready, now, tell)
    return True


def _fill(app: Flask, crew: Crew, now: datetime, tell: Callable[[str, int], None]) -> None:
    tell("people", 1)
    with transaction() as session:
        people = make_people(session, now - timedelta(days=720))
    album = make_album(
        crew.drawn,
        media_dir=Path(app.config["MEDIA_DIR"]),
        now=now - timedelta(days=720),
        tell=lambda count: tell("pictures", count),
    )
    for code, household_id in settle_all(crew.helpers, people, album, now):
        people.households[code] = household_id
        tell("households and their diaries", 1)
    with transaction() as session:
        open_parcels = make_history(session, people, now, lambda: tell("orders", 1))
        for household_id in sorted(people.households.values()):
            log_all_of(session=session, household_id=household_id, now=now)
        finish(session, open_parcels, now)


def _may_fill(session: Session) -> bool:
    """Say whether nobody has come yet, or only this seed, which did not get to its end."""
    if _has_rows(session, _FINISHED):
        return False
    return find_person(session, email=OPERATOR) is not None or not _has_rows(session, "accounts_users")


def _has_rows(session: Session, name: str) -> bool:
    return bool(session.execute(select(exists(select(column("id")).select_from(table(name))))).scalar())


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """Show a bar on a terminal, and a line for each kind of work elsewhere."""
    length = 1 + len(list_pictures()) + len(plan_households()) + len(list_order_plans())
    if sys.stdout.isatty():
        with click.progressbar(length=length, label="Filling the market") as bar:
            yield lambda _, count: bar.update(count)
        return
    said: set[str] = set()

    def tell(what: str, _: int) -> None:
        if what not in said:
            said.add(what)
            click.echo(f"Filling the market: {what} ...")

    yield tell
    click.echo("The market is filled.")
