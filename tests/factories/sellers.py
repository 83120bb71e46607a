"""Places, households and what they hold, for tests."""

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.text import fold, slugify, vietnamese_sort_key
from sellers.models import Certificate, Commune, Household, PlaceTerm, Province, Site
from sellers.rules import Scope, split_place
from sellers.services.certificates import CertificateFacts, add_certificate
from sellers.services.households import HouseholdFacts, register_household
from sellers.services.sites import SiteFacts, add_site

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
#: Households are many and most tests give them one number; they are registered under one each.
_phones = itertools.count(1)
_SYSTEM = Actor(user_id=None, party="0" * 26, name="", roles=frozenset())


def make_commune(
    session: Session,
    *,
    code: str = "15715",
    name: str = "Xã Tân Ninh",
    province_code: str = "38",
    province_name: str = "Tỉnh Thanh Hóa",
    old: tuple[tuple[str, str], ...] = (),
) -> int:
    """Return the id of a commune with that code, made when it is not there yet.

    ``old`` are pairs of an old commune and its old district, e.g. ``(("Xã Vân Sơn", "Huyện Triệu Sơn"),)``.
    """
    known = session.execute(select(Commune.id).where(Commune.code == code)).scalar_one_or_none()
    if known is not None:
        return known
    session.execute(
        insert(Province)
        .values(
            code=province_code,
            name=province_name,
            sort_key=vietnamese_sort_key(split_place(province_name).short),
        )
        .on_conflict_do_nothing()
    )
    commune = Commune(
        code=code,
        province_code=province_code,
        full_name=name,
        short_name=split_place(name).short,
        slug=slugify(name),
        former_names=[split_place(former).short for former, _ in old],
        data_version="test",
    )
    session.add(commune)
    session.flush()
    province = fold(split_place(province_name).short)
    session.add(
        PlaceTerm(
            commune_id=commune.id,
            words=f" {fold(name)} {province} ",
            name=fold(split_place(name).short),
            formerly=None,
            is_default=True,
        )
    )
    for former, district in old:
        session.add(
            PlaceTerm(
                commune_id=commune.id,
                words=f" {fold(former)} {fold(split_place(district).short)} {province} ",
                name=fold(split_place(former).short),
                formerly=f"trước đây: {split_place(former).short}, {district[:1].lower()}{district[1:]}",
                is_default=True,
            )
        )
    session.flush()
    return commune.id


def make_facts(**changes: object) -> HouseholdFacts:
    """Return what a household might say of itself, with changes."""
    values: dict[str, object] = {
        "shown_name": "Hộ bà Lê Thị Hoa",
        "representative": "Lê Thị Hoa",
        "phone": "+84912000111",
        "hamlet": "Thôn 4",
        "address_line": "Số 12 ngõ 3",
        "story": "Nhà trồng rau ba đời bên sông Chu.",
    }
    return HouseholdFacts(**{**values, **changes})  # type: ignore[arg-type]


def make_household(
    session: Session,
    *,
    commune_id: int | None = None,
    kind: str = "household",
    state: str = "verified",
    now: datetime = NOW,
    **changes: object,
) -> int:
    """Return the id of a new household, verified unless ``state`` says otherwise, in Tân Ninh by default."""
    facts = make_facts(**changes)
    household_id = register_household(
        session=session,
        facts=replace(facts, phone=f"+8470{next(_phones):07d}"),
        kind=kind,
        commune_id=commune_id or make_commune(session),
        form_key=uuid.uuid4(),
        now=now,
    )
    session.execute(update(Household).where(Household.id == household_id).values(state=state, phone=facts.phone))
    return household_id


def make_site(
    session: Session,
    household_id: int,
    *,
    kind: str = "field",
    name: str = "Ruộng Đồng Cao",
    parent_id: int | None = None,
    area_m2: int | None = 720,
    capacity_heads: int | None = None,
) -> int:
    """Return the id of a new place of a household; a name that is taken gets a number behind it."""
    taken = session.scalars(select(Site.name).where(Site.household_id == household_id, Site.is_active)).all()
    name = next(one for one in (name, *(f"{name} {n}" for n in range(2, 100))) if one not in taken)
    facts = SiteFacts(kind=kind, name=name, parent_id=parent_id, area_m2=area_m2, capacity_heads=capacity_heads)
    return add_site(session=session, household_id=household_id, facts=facts, form_key=uuid.uuid4())


def site_ulid(session: Session, site_id: int) -> str:
    """Return the name by which sealed records know a place."""
    return session.execute(select(Site.ulid).where(Site.id == site_id)).scalar_one()


def make_certificate(
    session: Session,
    household_id: int,
    *,
    kind: str = "vietgap",
    stars: int | None = None,
    state: str = "verified",
    issued_on: date = date(2026, 1, 5),
    expires_on: date | None = date(2028, 1, 5),
    produces: Sequence[str] = ("Rau muống",),
    productions: Sequence[str] = (),
    sites: Sequence[int] | None = None,
    actor: Actor = _SYSTEM,
) -> int:
    """Return the id of a certificate, seen by an officer unless ``state`` says otherwise.

    It is for ``produces`` from all places that the household has by now, unless ``sites`` names some.
    """
    if sites is None:
        own = session.scalars(select(Site.id).where(Site.household_id == household_id)).all()
        sites = own or [make_site(session, household_id)]
    facts = CertificateFacts(
        kind=kind,
        number="VietGAP-TT-13-01-38-0001",
        issuer="Trung tâm Chứng nhận",
        issued_on=issued_on,
        expires_on=expires_on,
        stars=stars,
        covers=Scope(tuple(produces), tuple(productions), tuple(sites)),
    )
    certificate_id = add_certificate(
        session=session,
        household_id=household_id,
        facts=facts,
        photo_sha256=None,
        actor=actor,
        form_key=uuid.uuid4(),
    )
    session.execute(
        update(Certificate)
        .where(Certificate.id == certificate_id)
        .values(state=state, verified_at=NOW if state == "verified" else None)
    )
    return certificate_id
