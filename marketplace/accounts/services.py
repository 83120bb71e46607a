"""Use cases of people: joining, changing a password, letting somebody help, working for a household."""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.accounts.errors import AlreadyMember, LoginTaken, NoLogin, NoSuchHelper
from marketplace.accounts.events import AccountClosed
from marketplace.accounts.models import ActingEntry, Membership, User
from marketplace.accounts.queries import may_act_for
from marketplace.accounts.rules import Actor, Role
from marketplace.core.errors import NotFound
from marketplace.core.ids import new_ulid
from marketplace.core.outbox import record_event


def create_user(
    *,
    session: Session,
    name: str,
    phone: str | None,
    email: str | None,
    password_hash: str,
    roles: Collection[Role],
    now: datetime,
    commune_id: int | None = None,
    title: str = "",
    agreed_at: datetime | None = None,
) -> int:
    """Add a person; return the id. Raises ``LoginTaken``.

    ``phone`` is E.164; ``password_hash`` comes from ``passwords.hash_password``; ``commune_id`` and ``title``
    are an officer's territory and public title; ``agreed_at`` is when the person agreed to the rules.
    """
    user_id = session.execute(
        pg_insert(User)
        .values(
            name=name.strip(),
            phone=phone,
            email=email.strip().lower() if email else None,
            password_hash=password_hash,
            session_key=secrets.token_hex(32),
            party=new_ulid(),
            roles=sorted({role.value for role in roles}),
            commune_id=commune_id,
            title=title.strip(),
            agreed_at=agreed_at,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(User.id)
    ).scalar_one_or_none()
    if user_id is None:
        raise LoginTaken("phone" if phone else "email")
    return user_id


def register_user(
    *,
    session: Session,
    name: str,
    phone: str | None,
    email: str | None,
    password_hash: str,
    now: datetime,
) -> int | None:
    """Add somebody who joins by himself or herself and agreed to the rules; return the id.

    Returns None when the number or address is taken: the page must not tell the difference.
    """
    try:
        return create_user(
            session=session,
            name=name,
            phone=phone,
            email=email,
            password_hash=password_hash,
            roles=(Role.BUYER,),
            now=now,
            agreed_at=now,
        )
    except LoginTaken:
        return None


def change_password(*, session: Session, user_id: int, password_hash: str) -> str:
    """Set a new password and end every session; return the key for the one that goes on."""
    session_key = secrets.token_hex(32)
    session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash, session_key=session_key))
    return session_key


def refresh_hash(*, session: Session, user_id: int, password_hash: str) -> None:
    """Replace a hash of older settings by one of today's; sessions go on."""
    session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


def edit_profile(*, session: Session, user_id: int, name: str, phone: str | None, email: str | None) -> None:
    """Change a person's name, number (E.164) and address. Raises ``LoginTaken`` and ``NoLogin``."""
    email = email.strip().lower() if email else None
    if phone is None and email is None:
        raise NoLogin
    for field, column, value in (("phone", User.phone, phone), ("email", User.email, email)):
        if value is None:
            continue
        taken = session.execute(select(User.id).where(column == value, User.id != user_id)).first()
        if taken is not None:
            raise LoginTaken(field)
    session.execute(update(User).where(User.id == user_id).values(name=name.strip(), phone=phone, email=email))


def join_household(*, session: Session, user_id: int, household_id: int, now: datetime) -> None:
    """Make a person a household's own, and let him or her work for it. Repeating it changes nothing."""
    _add_member(session, user_id, household_id, "own", None, now)
    _add_role(session, user_id, Role.HOUSEHOLD)


def grant_helper(*, session: Session, household_id: int, phone: str, granted_by: int, now: datetime) -> int:
    """Let somebody help a household, found by phone (E.164). Raises ``NoSuchHelper``, ``AlreadyMember``."""
    user_id = session.execute(select(User.id).where(User.phone == phone, User.is_active)).scalar_one_or_none()
    if user_id is None:
        raise NoSuchHelper
    if may_act_for(session, user_id, household_id) == "own":
        raise AlreadyMember
    _add_member(session, user_id, household_id, "helper", granted_by, now)
    _add_role(session, user_id, Role.HELPER)
    return user_id


def revoke_helper(*, session: Session, household_id: int, user_id: int, now: datetime) -> None:
    """End somebody's help at once. Raises ``NotFound`` when that person does not help this household."""
    ended = session.execute(
        update(Membership)
        .where(
            Membership.household_id == household_id,
            Membership.user_id == user_id,
            Membership.kind == "helper",
            Membership.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(Membership.id)
    ).scalar_one_or_none()
    if ended is None:
        raise NotFound


def start_acting(*, session: Session, user_id: int, household_id: int, now: datetime) -> bool:
    """Let a person work for a household from now on; return whether it is somebody else's.

    The choice itself is kept by the browser's session and checked anew in every request. Raises ``NotFound``
    for a household that the person neither belongs to, nor helps, nor looks after as an officer.
    """
    kind = may_act_for(session, user_id, household_id)
    if kind is None:
        raise NotFound
    if kind == "own":
        return False
    _write_down(session, user_id, household_id, kind, "Bắt đầu làm hộ", now)
    return True


def stop_acting(*, session: Session, actor: Actor, now: datetime) -> None:
    """Write down that somebody stopped working for a household; nothing for one's own."""
    note_acting(session=session, actor=actor, what="Thôi làm hộ", now=now)


def note_acting(*, session: Session, actor: Actor, what: str, now: datetime) -> None:
    """Write down what a helper or officer did for a household; what its own people do needs no note."""
    if actor.user_id is None or actor.household_id is None or not actor.is_helper:
        return
    kind = may_act_for(session, actor.user_id, actor.household_id)
    if kind is not None:
        _write_down(session, actor.user_id, actor.household_id, kind, what, now)


def close_account(*, session: Session, user_id: int, now: datetime) -> None:
    """Bar somebody from signing in, end every session and every help; repeating it changes nothing.

    Raises ``NotFound``. What the person entered stays, under the random name.
    """
    user = session.execute(select(User).where(User.id == user_id).with_for_update()).scalar_one_or_none()
    if user is None:
        raise NotFound
    if not user.is_active:
        return
    user.is_active = False
    user.session_key = secrets.token_hex(32)
    session.flush()
    session.execute(
        update(Membership).where(Membership.user_id == user_id, Membership.ended_at.is_(None)).values(ended_at=now)
    )
    record_event(session, AccountClosed(user_id=user_id, party=user.party))


def erase_account(*, session: Session, user_id: int, shown_as: str, now: datetime) -> None:
    """Empty everything that says who a person is, and close the account. The row stays under its random name.

    Repeatable. Raises ``NotFound``.
    """
    close_account(session=session, user_id=user_id, now=now)
    session.execute(
        update(User)
        .where(User.id == user_id, User.erased_at.is_(None))
        .values(
            name=shown_as,
            phone=None,
            email=None,
            password_hash="",
            roles=[],
            commune_id=None,
            title="",
            agreed_at=None,
            erased_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _write_down(  # noqa: PLR0917 - who, for whom, as what, what, when
    session: Session, user_id: int, household_id: int, as_role: str, what: str, now: datetime
) -> None:
    session.execute(
        insert(ActingEntry).values(
            user_id=user_id, household_id=household_id, as_role=as_role, what=what[:80], happened_at=now
        )
    )


def _add_member(  # noqa: PLR0917 - one argument for each column
    session: Session, user_id: int, household_id: int, kind: str, granted_by: int | None, now: datetime
) -> None:
    session.execute(
        pg_insert(Membership)
        .values(user_id=user_id, household_id=household_id, kind=kind, granted_by=granted_by, granted_at=now)
        .on_conflict_do_nothing()
    )


def _add_role(session: Session, user_id: int, role: Role) -> None:
    user = session.execute(select(User).where(User.id == user_id).with_for_update()).scalar_one()
    if role.value not in user.roles:
        user.roles = sorted({*user.roles, role.value})
        session.flush()
