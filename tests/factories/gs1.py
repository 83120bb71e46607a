"""GS1 numbers for tests, given the way households and officers give them."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from sellers.queries import get_household
from tests.factories.traceability import NOW, OFFICER_TITLE, make_keeper, make_officer_actor
from traceability.services.gs1_numbers import assign_gtin
from traceability.services.gs1_prefixes import claim_prefix, decide_prefix

PREFIX = "893850123"
GTIN = "08938501230010"


def make_prefix(session: Session, household_id: int, prefix: str = PREFIX, now: datetime = NOW) -> int:
    """Return the id of a company prefix that an officer has confirmed."""
    prefix_id = claim_prefix(
        session=session,
        household_id=household_id,
        typed=prefix,
        paper_no="GS1-2026-0042",
        actor=make_keeper(household_id),
        key=uuid.uuid4(),
        now=now,
    )
    decide_prefix(
        session=session,
        prefix_id=prefix_id,
        officer=make_officer_actor(get_household(session, household_id).commune_id),
        officer_title=OFFICER_TITLE,
        is_confirmed=True,
        reason="",
        now=now,
    )
    return prefix_id


def make_gtin(
    session: Session, household_id: int, product_key: str = "rau-muong.kg", gtin: str = GTIN, now: datetime = NOW
) -> str:
    """Return the GTIN that a household gave to something of which it has lots."""
    return assign_gtin(
        session=session,
        household_id=household_id,
        product_key=product_key,
        typed=gtin,
        actor=make_keeper(household_id),
        now=now,
    )
