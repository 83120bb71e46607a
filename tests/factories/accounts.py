"""People for tests."""

import itertools
from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.models import Membership
from marketplace.accounts.passwords import hash_password
from marketplace.accounts.queries import load_actor
from marketplace.accounts.rules import Actor, Role
from marketplace.accounts.services import create_user

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PASSWORD = "nong-san-que-minh"
_numbers = itertools.count(1)
_hash = hash_password(PASSWORD)


def make_user(
    session: Session,
    *,
    roles: Collection[Role] = (Role.BUYER,),
    household_id: int | None = None,
    commune_id: int | None = None,
    name: str = "Lê Thị Hoa",
    phone: str | None = None,
    email: str | None = None,
    title: str = "",
    now: datetime = NOW,
) -> int:
    """Return the id of a new person, whose password is ``PASSWORD``.

    With ``household_id`` the person belongs to it, or only helps it when HELPER is the role.
    """
    roles = set(roles)
    is_helper = Role.HELPER in roles and Role.HOUSEHOLD not in roles
    if household_id is not None and not is_helper:
        roles.add(Role.HOUSEHOLD)
    if phone is None and email is None:
        phone = f"+8498{next(_numbers):07d}"
    user_id = create_user(
        session=session,
        name=name,
        phone=phone,
        email=email,
        password_hash=_hash,
        roles=roles,
        now=now,
        commune_id=commune_id,
        title=title or ("Cán bộ nông nghiệp xã" if Role.OFFICER in roles else ""),
    )
    if household_id is not None:
        membership = Membership(
            user_id=user_id, household_id=household_id, kind="helper" if is_helper else "own", granted_at=now
        )
        if is_helper:
            owners = select(Membership.user_id).where(Membership.household_id == household_id, Membership.kind == "own")
            membership.granted_by = session.execute(owners.limit(1)).scalar_one_or_none()
        session.add(membership)
    session.flush()
    return user_id


def make_actor(session: Session, *, acting_for: int | None = None, **about: object) -> Actor:
    """Make a person (see ``make_user``) and return the actor behind his or her requests."""
    user_id = make_user(session, **about)  # type: ignore[arg-type]
    if acting_for is None and about.get("household_id"):
        acting_for = int(str(about["household_id"]))
    return load_actor(session, user_id, acting_for)
