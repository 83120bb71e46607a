"""Helping processes: households settle in side by side, one commune's after the other."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING

from marketplace.accounts.passwords import hash_password
from marketplace.config import Settings
from marketplace.core.db import transaction
from marketplace.seed.accounts import PASSWORD, People
from marketplace.seed.households import plan_households
from marketplace.seed.photo_album import Album, draw_picture, list_pictures
from marketplace.seed.settle import settle_household

if TYPE_CHECKING:
    from flask import Flask

_HELPERS = 2
#: In a helping process: the settings of its market.
_given: list[Settings] = []


@dataclass(frozen=True, slots=True)
class Crew:
    """Helping processes, and the pictures that they draw, in the order of ``list_pictures``."""

    helpers: Executor
    drawn: Iterator[bytes]


@contextmanager
def open_crew(settings: Settings) -> Iterator[Crew]:
    """Start helping processes for the market of ``settings``, which draw at once; end them whatever happens.

    They are fresh: one that forks would take database connections of this one along.
    """
    fresh = get_context("spawn")
    with ProcessPoolExecutor(_HELPERS, mp_context=fresh, initializer=_remember, initargs=(settings,)) as helpers:
        try:
            yield Crew(helpers, helpers.map(draw_picture, list_pictures(), chunksize=2))
        finally:
            helpers.shutdown(wait=False, cancel_futures=True)


def settle_all(helpers: Executor, people: People, album: Album, now: datetime) -> Iterator[tuple[str, int]]:
    """Let every household settle in; yield its plan's code and its id as they are done.

    Lots are numbered within a commune, so its households come one after the other and get the same numbers each time.
    """
    communes = defaultdict(list)
    for plan in plan_households():
        communes[plan.commune_code].append(plan.code)
    password_hash = hash_password(PASSWORD)
    # Those with the most to do come first, so that no helper is left with much at the end.
    waiting = [
        helpers.submit(_settle, codes, people, album, password_hash, now)
        for codes in sorted(communes.values(), key=len, reverse=True)
    ]
    for done in as_completed(waiting):
        yield from done.result()


def _settle(codes: list[str], people: People, album: Album, password_hash: str, now: datetime) -> list[tuple[str, int]]:
    plans = {plan.code: plan for plan in plan_households()}
    settled = []
    with _open().app_context():
        for code in codes:
            with transaction() as session:
                settled.append((code, settle_household(session, plans[code], people, album, password_hash, now)))
    return settled


def _remember(settings: Settings) -> None:
    _given.append(settings)


@cache
def _open() -> "Flask":
    """Return this process's own application."""
    # Not at the top: a process that only draws does without it.
    from marketplace.app import create_app  # noqa: PLC0415

    return create_app(_given[0])
