"""Fields, orchards, ponds, barns with their pens."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_ulid
from marketplace.core.outbox import record_event
from marketplace.core.text import fold
from sellers.events import SiteChanged
from sellers.models import Site
from sellers.rules import PARENT_KINDS, SITE_KINDS

_LONGEST_NAME = 80


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
    key = _free_key(session, household_id, facts.parent_id, facts.name)
    site_id = session.execute(
        pg_insert(Site)
        .values(
            household_id=household_id,
            form_key=form_key,
            ulid=new_ulid(),
            kind=facts.kind,
            name=facts.name.strip(),
            name_key=key,
            parent_id=facts.parent_id,
            area_m2=facts.area_m2,
            capacity_heads=facts.capacity_heads,
            planting_area_code=facts.planting_area_code,
        )
        .on_conflict_do_nothing(
            index_elements=[Site.household_id, Site.parent_id, Site.name_key], index_where=text("is_active")
        )
        .returning(Site.id)
    ).scalar_one_or_none()
    if site_id is None:
        # Somebody of the household added the same name at this moment.
        raise _name_taken(facts.name)
    record_event(session, SiteChanged(site_id=site_id, household_id=household_id))
    return site_id


def edit_site(*, session: Session, household_id: int, site_id: int, facts: SiteFacts) -> None:
    """Change what is said of a place; its kind stays, since records tell of it."""
    site = _lock(session, household_id, site_id)
    if fold(facts.name.strip()) != fold(site.name):
        site.name_key = _free_key(session, household_id, site.parent_id, facts.name, but=site_id)
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


def _free_key(session: Session, household_id: int, parent_id: int | None, name: str, *, but: int | None = None) -> str:
    """Return a name without marks. Raises ``Refused`` when another place under the same parent is called so."""
    key = fold(name.strip())[:_LONGEST_NAME]
    rows = session.execute(
        select(Site.id).where(
            Site.household_id == household_id,
            Site.parent_id.is_not_distinct_from(parent_id),
            Site.name_key == key,
            Site.is_active,
        )
    ).scalars()
    if any(site_id != but for site_id in rows):
        raise _name_taken(name)
    return key


def _name_taken(name: str) -> Refused:
    message = (
        f"Đã có một nơi tên “{name.strip()}” ở đây. Hãy đặt tên khác, ví dụ thêm số hay hướng, để khỏi ghi nhầm sổ."
    )
    return Refused("site_name_taken", message, field="name")


def _lock(session: Session, household_id: int, site_id: int) -> Site:
    site = session.execute(
        select(Site).where(Site.id == site_id, Site.household_id == household_id, Site.is_active).with_for_update()
    ).scalar_one_or_none()
    if site is None:
        raise NotFound
    return site
