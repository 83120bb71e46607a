"""A household with somebody signed in, and an officer of its commune."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from marketplace.accounts.queries import load_actor
from marketplace.accounts.rules import Actor, Role
from marketplace.core.clock import local_date, utcnow
from sellers.queries import get_household
from tests.factories.accounts import make_user
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import make_season
from tests.web.sign_in import sign_in
from traceability.queries.seasons import SeasonView


@dataclass(frozen=True)
class Home:
    """A household, its first site, its commune, and who keeps its diary."""

    household_id: int
    site_id: int
    commune_id: int
    user_id: int
    actor: Actor


@pytest.fixture
def today_now() -> datetime:
    """The moment that pages see; they read the clock themselves."""
    return utcnow()


@pytest.fixture
def home(session: Session) -> Home:
    household_id = make_household(session)
    site_id = make_site(session, household_id)
    user_id = make_user(session, roles={Role.HOUSEHOLD}, household_id=household_id)
    return Home(
        household_id,
        site_id,
        get_household(session, household_id).commune_id,
        user_id,
        load_actor(session, user_id, household_id),
    )


@pytest.fixture
def season(session: Session, home: Home) -> SeasonView:
    """A season of vegetables that began two months ago."""
    now = utcnow()
    return make_season(
        session,
        home.household_id,
        site_id=home.site_id,
        started_on=local_date(now) - timedelta(days=60),
        actor=home.actor,
        now=now,
    )


@pytest.fixture
def keeper(client: FlaskClient, home: Home) -> FlaskClient:
    """A browser in which the household is signed in."""
    sign_in(client, home.user_id)
    return client


@pytest.fixture
def officer_id(session: Session, home: Home) -> int:
    return make_user(session, roles={Role.OFFICER}, commune_id=home.commune_id, title="Cán bộ nông nghiệp xã Tân Ninh")


@pytest.fixture
def officer(client: FlaskClient, officer_id: int) -> FlaskClient:
    """A browser in which an officer of the household's commune is signed in."""
    sign_in(client, officer_id)
    return client


@pytest.fixture
def typed() -> Callable[..., dict[str, object]]:
    """Return what a form sends: a fresh key, and what is given."""

    def make(**fields: object) -> dict[str, object]:
        return {"form_key": str(uuid.uuid4()), **fields}

    return make


@pytest.fixture
def picture() -> Callable[[], tuple[BytesIO, str]]:
    """Return a photo as a browser sends it."""

    def make() -> tuple[BytesIO, str]:
        file = BytesIO()
        Image.new("RGB", (64, 48), "green").save(file, "JPEG")
        file.seek(0)
        return file, "ruong.jpg"

    return make
