"""Reads of people: who they are, for whom they act, and who has to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Session

from marketplace.accounts.models import ActingEntry, Membership, User
from marketplace.accounts.rules import ANONYMOUS, Actor, Role

#: The little that this floor reads of the package above it: a household's name, code and place.
_households = table(
    "sellers_households", column("id"), column("shown_name"), column("code"), column("hamlet"), column("commune_id")
)
_communes = table("sellers_communes", column("id"), column("full_name"))


@dataclass(frozen=True, slots=True)
class Person:
    """A person with what signing in needs."""

    id: int
    name: str
    phone: str | None
    email: str | None
    password_hash: str
    session_key: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody who belongs to a household or helps it."""

    user_id: int
    name: str
    phone: str | None
    kind: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class HelpedHousehold:
    """A household that a person may work for. ``kind`` is own, helper or officer."""

    household_id: int
    name: str
    kind: str
    code: str
    hamlet: str
    commune: str

    @property
    def place(self) -> str:
        """Hamlet and commune, which tell neighbours of one name apart."""
        return ", ".join(part for part in (self.hamlet, self.commune) if part)


@dataclass(frozen=True, slots=True)
class ActingView:
    """Something done for a household by somebody else."""

    name: str
    as_role: str
    what: str
    happened_at: datetime


def load_actor(session: Session, user_id: int, acting_for: int | None = None) -> Actor:
    """Return the person behind a request with the household acted for. One statement.

    The household is ``acting_for``, the one that the person chose, as long as he or she still belongs to it,
    helps it, or is an officer of its commune; else the person's own, if there is one. Somebody not here
    any more, or barred, is nobody.
    """
    row = session.execute(_by_id(), {"user_id": user_id, "acting_for": acting_for}).one_or_none()
    return _actor(row) if row is not None else ANONYMOUS


def find_person_and_actor(
    session: Session, session_key: str, acting_for: int | None = None
) -> tuple[Person, Actor] | None:
    """Return the person whose browser holds this key, and as whom (see ``load_actor``). One statement."""
    row = session.execute(_by_session_key(), {"session_key": session_key, "acting_for": acting_for}).one_or_none()
    if row is None:
        return None
    return Person(*(getattr(row, name) for name in _OF_PERSON)), _actor(row)


def _actor(row: Row[Any]) -> Actor:
    if not row.is_active:
        return ANONYMOUS
    return Actor(
        user_id=row.id,
        party=row.party,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles),
        household_id=row.household_id,
        household_name=row.household_name,
        is_helper=row.household_id is not None and row.kind != "own",
        commune_id=row.commune_id if Role.OFFICER in row.roles else None,
    )


_OF_PERSON = tuple(Person.__dataclass_fields__)
#: Columns and not the entity: every request of somebody signed in reads them, and nothing changes them there.
_OF_BOTH = tuple(getattr(User, name) for name in (*_OF_PERSON, "party", "roles", "commune_id"))


@cache
def _by_id() -> Select[*tuple[Any, ...]]:
    return _actor_and(User.id == bindparam("user_id"))


@cache
def _by_session_key() -> Select[*tuple[Any, ...]]:
    return _actor_and(User.session_key == bindparam("session_key"))


def _actor_and(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the statement that reads a person with the household acted for; each request of his runs it."""
    is_member = and_(
        Membership.user_id == User.id,
        Membership.household_id == _households.c.id,
        Membership.ended_at.is_(None),
    )
    is_chosen = _households.c.id == bindparam("acting_for", type_=BigInteger)
    officer_may = and_(is_chosen, _is_officer(), _households.c.commune_id == User.commune_id)
    chosen = (
        select(
            _households.c.id.label("household_id"),
            _households.c.shown_name.label("household_name"),
            func.coalesce(Membership.kind, "officer").label("kind"),
        )
        .select_from(_households)
        .outerjoin(Membership, is_member)
        .where(or_(and_(Membership.id.is_not(None), or_(is_chosen, Membership.kind == "own")), officer_may))
        .order_by(case((is_chosen, 0), else_=1), _households.c.id)
        .limit(1)
        .correlate(User)
        .lateral()
    )
    return (
        select(*_OF_BOTH, chosen.c.household_id, chosen.c.household_name, chosen.c.kind)
        .outerjoin(chosen, chosen.c.household_id.is_not(None))
        .where(condition)
    )


def _is_officer() -> ColumnElement[bool]:
    return func.array_position(User.roles, Role.OFFICER.value).is_not(None)


def _is_operator() -> ColumnElement[bool]:
    return func.array_position(User.roles, Role.OPERATOR.value).is_not(None)


def find_person(session: Session, *, phone: str | None = None, email: str | None = None) -> Person | None:
    """Return a person by phone (E.164) or e-mail address."""
    if phone is None and email is None:
        return None
    condition = User.phone == phone if phone is not None else User.email == (email or "").lower()
    return _person(session.execute(select(User).where(condition)).scalar_one_or_none())


def find_person_by_id(session: Session, user_id: int) -> Person | None:
    """Return a person by id."""
    return _person(session.get(User, user_id))


def _person(user: User | None) -> Person | None:
    if user is None:
        return None
    return Person(user.id, user.name, user.phone, user.email, user.password_hash, user.session_key, user.is_active)


def count_operators(session: Session, *, without: int) -> int:
    """Return how many people run the market, one of them left out."""
    return session.scalar(select(func.count()).where(_is_operator(), User.is_active, User.id != without)) or 0


def get_party(session: Session, user_id: int) -> str:
    """Return the random name under which sealed records know a person, also one whose account is closed."""
    return session.execute(select(User.party).where(User.id == user_id)).scalar_one_or_none() or ""


def get_title(session: Session, user_id: int) -> str:
    """Return what an officer is called in public; never a person's name."""
    return session.execute(select(User.title).where(User.id == user_id)).scalar_one_or_none() or "Cán bộ xã"


def list_officer_user_ids(session: Session, commune_id: int) -> list[int]:
    """Return the officers of a commune."""
    wanted = select(User.id).where(User.commune_id == commune_id, _is_officer(), User.is_active)
    return list(session.execute(wanted.order_by(User.id)).scalars())


def list_operator_user_ids(session: Session) -> list[int]:
    """Return the people who run the market."""
    wanted = select(User.id).where(_is_operator(), User.is_active)
    return list(session.execute(wanted.order_by(User.id)).scalars())


def list_household_user_ids(session: Session, household_id: int) -> list[int]:
    """Return everybody who belongs to a household or helps it."""
    wanted = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.household_id == household_id, Membership.ended_at.is_(None), User.is_active)
    )
    return list(session.execute(wanted.order_by(Membership.user_id)).scalars())


def list_members(session: Session, household_id: int) -> Sequence[MemberView]:
    """Return a household's people, its own first."""
    rows = session.execute(
        select(User.id, User.name, User.phone, Membership.kind, Membership.granted_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.household_id == household_id, Membership.ended_at.is_(None))
        .order_by(Membership.kind.desc(), Membership.id)
    )
    return [MemberView(*row) for row in rows]


def list_helped_households(session: Session, user_id: int) -> Sequence[HelpedHousehold]:
    """Return the households that a person belongs to or helps."""
    rows = session.execute(
        select(
            _households.c.id,
            _households.c.shown_name,
            Membership.kind,
            _households.c.code,
            _households.c.hamlet,
            _communes.c.full_name,
        )
        .join(Membership, Membership.household_id == _households.c.id)
        .join(_communes, _communes.c.id == _households.c.commune_id)
        .where(Membership.user_id == user_id, Membership.ended_at.is_(None))
        .order_by(Membership.kind.desc(), _households.c.shown_name)
    )
    return [HelpedHousehold(*row) for row in rows]


def may_act_for(session: Session, user_id: int, household_id: int) -> str | None:
    """Return as what a person may work for a household (own, helper, officer), or None."""
    kind = session.execute(
        select(Membership.kind).where(
            Membership.user_id == user_id,
            Membership.household_id == household_id,
            Membership.ended_at.is_(None),
        )
    ).scalar_one_or_none()
    if kind is not None:
        return kind
    is_officer = exists(
        select(User.id).where(
            User.id == user_id,
            _is_officer(),
            User.commune_id == _households.c.commune_id,
        )
    )
    found = session.execute(
        select(_households.c.id).where(_households.c.id == household_id, is_officer)
    ).scalar_one_or_none()
    return "officer" if found is not None else None


def list_acting_log(session: Session, household_id: int, limit: int = 50) -> Sequence[ActingView]:
    """Return what others did for a household, newest first."""
    rows = session.execute(
        select(User.name, ActingEntry.as_role, ActingEntry.what, ActingEntry.happened_at)
        .join(User, User.id == ActingEntry.user_id)
        .where(ActingEntry.household_id == household_id)
        .order_by(ActingEntry.id.desc())
        .limit(limit)
    )
    return [ActingView(*row) for row in rows]
