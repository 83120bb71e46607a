"""Fields, orchards, ponds, barns with their pens."""

import uuid
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_ulid
from marketplace.core.outbox import record_event
from sellers.events import SiteChanged
from sellers.models import Site
from sellers.rules import PARENT_KINDS, SITE_KINDS


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is said of a place. Area in square metres, capacity in heads."""

    kind: str
    name: str
    parent_id: int | None = None
    area_m2: int | None = None
    capacity_heads: int | None = None
    planting_area_code: str | None = None


def add_site(*, session: Session, household_id: int, facts: SiteFacts, form_key: uuid.UUID | None) -> int:
    """Add a place; return its id. A repeated form key returns the first one's id."""
    if form_key is not None:
        known = session.execute(
            select(Site.id).where(Site.form_key == form_key, Site.household_id == household_id)
        ).scalar_one_or_none()
        if known is not None:
            return known
    _check(session, household_id, facts)
    site_id = session.execute(
        insert(Site)
        .values(
            household_id=household_id,
            form_key=form_key,
            ulid=new_ulid(),
            kind=facts.kind,
            name=facts.name.strip(),
            parent_id=facts.parent_id,
            area_m2=facts.area_m2,
            capacity_heads=facts.capacity_heads,
            planting_area_code=facts.planting_area_code,
        )
        .returning(Site.id)
    ).scalar_one()
    record_event(session, SiteChanged(site_id=site_id, household_id=household_id))
    return site_id


def edit_site(*, session: Session, household_id: int, site_id: int, facts: SiteFacts) -> None:
    """Change what is said of a place; its kind stays, since records tell of it."""
    site = _lock(session, household_id, site_id)
    site.name = facts.name.strip()
    site.area_m2 = facts.area_m2
    site.capacity_heads = facts.capacity_heads
    site.planting_area_code = facts.planting_area_code
    session.flush()
    record_event(session, SiteChanged(site_id=site_id, household_id=household_id))


def remove_site(*, session: Session, household_id: int, site_id: int) -> None:
    """Take a place off the list. Its records stay; a barn goes only after its pens."""
    site = _lock(session, household_id, site_id)
    pens = session.execute(select(Site.id).where(Site.parent_id == site_id, Site.is_active)).first()
    if pens is not None:
        message = "Hãy bỏ các ô chuồng bên trong trước."
        raise Refused("site_has_parts", message)
    site.is_active = False


def _check(session: Session, household_id: int, facts: SiteFacts) -> None:
    if facts.kind not in SITE_KINDS:
        message = "Hãy chọn loại nơi sản xuất."
        raise Refused("site_kind", message, field="kind")
    wanted = PARENT_KINDS.get(facts.kind)
    if wanted is None and facts.parent_id is None:
        return
    parent = session.execute(
        select(Site.kind).where(Site.id == facts.parent_id, Site.household_id == household_id, Site.is_active)
    ).scalar_one_or_none()
    if wanted is None or parent != wanted:
        message = "Ô chuồng phải nằm trong một chuồng của hộ."
        raise Refused("site_parent", message, field="parent_id")


def _lock(session: Session, household_id: int, site_id: int) -> Site:
    site = session.execute(
        select(Site).where(Site.id == site_id, Site.household_id == household_id, Site.is_active).with_for_update()
    ).scalar_one_or_none()
    if site is None:
        raise NotFound
    return site
