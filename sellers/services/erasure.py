"""A household's own facts are erased. The row stays, for records and orders point at it, with nobody's name in it."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from marketplace.core.outbox import record_event
from sellers.events import HouseholdChanged
from sellers.models import Certificate, Household, HouseholdChange, IdentityCheck, PayoutAccount, Site
from sellers.rules import SITE_KINDS, HouseholdState


def erase_household(*, session: Session, household_id: int, shown_as: str, now: datetime) -> list[str]:
    """Empty everything that says who a household is; return the photos that showed it. Repeatable.

    It cannot sell any more. ``shown_as`` is what pages say where its name stood. Raises ``NotFound``.
    """
    household = session.execute(
        select(Household).where(Household.id == household_id).with_for_update()
    ).scalar_one_or_none()
    if household is None:
        raise NotFound
    if household.erased_at is not None:
        return []
    photos = [household.photo_sha256] if household.photo_sha256 else []
    papers = session.scalars(select(Certificate.photo_sha256).where(Certificate.household_id == household_id))
    photos += [photo for photo in papers if photo]
    household.shown_name = shown_as
    household.representative = shown_as
    household.phone = household.hamlet = household.address_line = household.pickup_note = household.story = ""
    household.photo_sha256 = household.tax_code = None
    household.state = HouseholdState.SUSPENDED
    household.erased_at = now
    session.flush()
    session.execute(
        update(IdentityCheck)
        .where(IdentityCheck.household_id == household_id)
        .values(last4="", number_hash=None, reason="")
    )
    session.execute(
        update(Certificate)
        .where(Certificate.household_id == household_id)
        .values(number="", scope="", produces=[], photo_sha256=None, reason="", state="rejected")
    )
    session.execute(
        update(HouseholdChange).where(HouseholdChange.household_id == household_id).values(old={}, new={}, reason="")
    )
    session.execute(
        update(HouseholdChange)
        .where(HouseholdChange.household_id == household_id, HouseholdChange.state == "asked")
        .values(state="withdrawn", decided_at=now)
    )
    session.execute(delete(PayoutAccount).where(PayoutAccount.household_id == household_id))
    for site in session.scalars(select(Site).where(Site.household_id == household_id)).all():
        site.name = SITE_KINDS.get(site.kind, site.kind)
        # Places of one kind would else have one name.
        site.name_key = site.ulid.lower()
        site.planting_area_code = None
    session.flush()
    record_event(session, HouseholdChanged(household_id=household_id))
    return photos
