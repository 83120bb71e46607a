"""Lots for tests, made the way households and officers make them."""

import atexit
import shutil
import tempfile
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor, Role
from marketplace.core.clock import local_date
from marketplace.core.ids import new_ulid
from marketplace.core.models import StoredPhoto
from sellers.queries import get_household, list_sites
from tests.factories.sellers import make_site
from traceability.adapters.key_folder import KeyFolder
from traceability.ports import Signatory
from traceability.queries.lots import LotView, get_lot
from traceability.queries.recalls import RecallView
from traceability.queries.sale_gate import list_standards
from traceability.queries.seasons import SeasonView
from traceability.rules.entries import HarvestEntry, IncomingEntry, WorkEntry
from traceability.services.diary import record_incoming, record_work
from traceability.services.harvest import record_harvest
from traceability.services.recalls import recall_lot
from traceability.services.sale_gate import declare_standard
from traceability.services.seasons import open_season
from traceability.services.verification import request_verification, verify_lot

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
OFFICER_TITLE = "Cán bộ nông nghiệp xã Tân Ninh"
OFFICERS_KEYS = Path(tempfile.mkdtemp(prefix="marketplace-keys-"))
atexit.register(shutil.rmtree, OFFICERS_KEYS, ignore_errors=True)
SIGNATORY = KeyFolder(OFFICERS_KEYS)


def make_keeper(household_id: int) -> Actor:
    """Return somebody of a household, with no account behind it."""
    return Actor(
        user_id=None,
        party=new_ulid(),
        name="Lê Thị Hoa",
        roles=frozenset({Role.HOUSEHOLD}),
        household_id=household_id,
    )


def make_officer_actor(commune_id: int) -> Actor:
    """Return an officer of a commune, with no account behind it."""
    return Actor(
        user_id=None,
        party=new_ulid(),
        name="Nguyễn Văn Tâm",
        roles=frozenset({Role.OFFICER}),
        commune_id=commune_id,
    )


def make_photo(session: Session, sha256: str = "ab" * 32, now: datetime = NOW) -> str:
    """Note a photo as stored (no file lies behind it) and return its hash."""
    session.execute(
        insert(StoredPhoto).values(sha256=sha256, width=1280, height=960, stored_at=now).on_conflict_do_nothing()
    )
    return sha256


def make_season(
    session: Session,
    household_id: int,
    *,
    site_id: int | None = None,
    produce: str = "Rau muống",
    template: str = "vegetable",
    started_on: date | None = None,
    actor: Actor | None = None,
    now: datetime = NOW,
) -> SeasonView:
    """Open a season on a site that is given, the household's first, or a new one."""
    if site_id is None:
        sites = list_sites(session, household_id)
        site_id = sites[0].id if sites else make_site(session, household_id)
    return open_season(
        session=session,
        household_id=household_id,
        site_id=site_id,
        produce=produce,
        template=template,
        started_on=started_on or local_date(now) - timedelta(days=40),
        actor=actor or make_keeper(household_id),
        key=uuid.uuid4(),
        now=now,
    )


def make_lot(
    session: Session,
    household_id: int,
    *,
    site_id: int | None = None,
    season: SeasonView | None = None,
    produce: str = "Rau muống",
    template: str = "vegetable",
    unit: str = "kg",
    amount: Decimal | int = Decimal(100),
    harvested_on: date | None = None,
    best_before_on: date | None = None,
    grade: str = "",
    photo: str | None = None,
    actor: Actor | None = None,
    now: datetime = NOW,
    is_complete: bool = True,
) -> LotView:
    """Return a harvested lot, with seed, work and a photo in its diary unless told otherwise."""
    actor = actor or make_keeper(household_id)
    harvested_on = harvested_on or local_date(now)
    season = season or make_season(
        session,
        household_id,
        site_id=site_id,
        produce=produce,
        template=template,
        started_on=harvested_on - timedelta(days=40),
        actor=actor,
        now=now,
    )
    if is_complete:
        record_incoming(
            session=session,
            household_id=household_id,
            season_id=season.id,
            entry=IncomingEntry(
                what="seed", name="Hạt giống", happened_on=season.started_on, supplier="Cửa hàng vật tư"
            ),
            actor=actor,
            key=uuid.uuid4(),
            now=now,
        )
        record_work(
            session=session,
            household_id=household_id,
            season_id=season.id,
            entry=WorkEntry(kind="tending", happened_on=season.started_on),
            actor=actor,
            key=uuid.uuid4(),
            now=now,
        )
    return record_harvest(
        session=session,
        household_id=household_id,
        season_id=season.id,
        entry=HarvestEntry(
            happened_on=harvested_on,
            amount=Decimal(amount),
            unit=unit,
            best_before_on=best_before_on,
            grade=grade,
            produce=produce,
            photos=(photo or make_photo(session, now=now),) if is_complete else (),
        ),
        actor=actor,
        key=uuid.uuid4(),
        now=now,
    )


def make_standard(
    session: Session, household_id: int, *, template: str = "vegetable", actor: Actor | None = None, now: datetime = NOW
) -> None:
    """Declare what a household keeps to for one kind of production, unless it has."""
    if template in list_standards(session, household_id):
        return
    declare_standard(
        session=session,
        household_id=household_id,
        template=template,
        code="own",
        number="TCCS 01:2026",
        actor=actor or make_keeper(household_id),
        key=uuid.uuid4(),
        now=now,
    )


def make_waiting_lot(session: Session, household_id: int, **about: object) -> LotView:
    """Return a lot (see ``make_lot``) that the commune was asked to verify."""
    actor = about.setdefault("actor", make_keeper(household_id))
    now = about.setdefault("now", NOW)
    lot = make_lot(session, household_id, **about)  # type: ignore[arg-type]
    assert isinstance(actor, Actor)
    assert isinstance(now, datetime)
    return request_verification(session=session, household_id=household_id, lot_id=lot.id, actor=actor, now=now)


def make_verified_lot(
    session: Session,
    household_id: int,
    *,
    officer: Actor | None = None,
    signatory: Signatory = SIGNATORY,
    **about: object,
) -> LotView:
    """Return a lot (see ``make_lot``) that an officer of its commune verified."""
    lot = make_waiting_lot(session, household_id, **about)
    now = about.get("now", NOW)
    assert isinstance(now, datetime)
    make_standard(session, household_id, template=lot.template, now=now)
    return verify_lot(
        session=session,
        lot_id=lot.id,
        officer=officer or make_officer_actor(get_household(session, household_id).commune_id),
        officer_title=OFFICER_TITLE,
        signatory=signatory,
        key=uuid.uuid4(),
        now=now,
    )


def make_recall(session: Session, lot_id: int, *, now: datetime = NOW, **about: object) -> RecallView:
    """Have an officer of its commune recall a lot, or rehearse that (``is_drill``)."""
    values: dict[str, object] = {
        "officer": make_officer_actor(get_lot(session, lot_id).commune_id),
        "officer_title": OFFICER_TITLE,
        "reason": "Tồn dư thuốc",
        "instruction": "Đừng ăn",
        "is_drill": False,
        "key": uuid.uuid4(),
        "signatory": SIGNATORY,
    }
    return recall_lot(session=session, lot_id=lot_id, now=now, **{**values, **about})  # type: ignore[arg-type]
