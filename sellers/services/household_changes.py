"""What a verified household changes goes back to its commune: asked, then accepted or returned by an officer."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.outbox import record_event
from sellers.events import HouseholdChangeAsked, HouseholdChanged, HouseholdChangeDecided
from sellers.models import Household, HouseholdChange

#: Whoever gives a household a telephone number holds this, so that two never get the same. Any fixed number will do.
_LOCK = 8_930_511
MAX_REASON = 300


def lock_household(session: Session, household_id: int) -> Household:
    """Lock a household until the transaction ends and return it. Raises ``NotFound``."""
    household = session.execute(
        select(Household)
        .where(Household.id == household_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if household is None:
        raise NotFound
    return household


def lock_names(session: Session) -> None:
    """Hold what keeps one household from being there twice, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def refuse_taken_phone(session: Session, phone: str, *, but: int | None = None) -> None:
    """Raise ``Refused`` when another household has this telephone number; say nothing about that household."""
    taken = select(Household.id).where(Household.phone == phone, Household.erased_at.is_(None))
    if but is not None:
        taken = taken.where(Household.id != but)
    if session.execute(taken.limit(1)).first() is not None:
        message = (
            "Dường như hộ này đã có trên chợ: số điện thoại đã được dùng cho một hộ. Hãy hỏi cán bộ xã hoặc người điều "
            "hành chợ, hoặc nhờ chủ hộ thêm bạn vào hộ."
        )
        raise Refused("household_exists", message, field="phone")


def ask_change(
    *, session: Session, household: Household, wanted: Mapping[str, str], actor: Actor, now: datetime
) -> bool:
    """Ask the commune for what differs from the words in force; return whether something waits now. Repeatable.

    A household has one open request: another wish replaces it, and wishing for the words in force withdraws it.
    """
    old = {name: getattr(household, name) or "" for name in wanted}
    new = {name: value for name, value in wanted.items() if value != old[name]}
    open_one = session.execute(
        select(HouseholdChange)
        .where(HouseholdChange.household_id == household.id, HouseholdChange.state == "asked")
        .with_for_update()
    ).scalar_one_or_none()
    if open_one is not None and open_one.new == new:
        return True
    if open_one is not None:
        _end(session, open_one, "withdrawn", by=actor.user_id or 0, reason="", now=now)
    if not new:
        return False
    change = HouseholdChange(
        household_id=household.id,
        old={name: old[name] for name in new},
        new=new,
        state="asked",
        asked_by=actor.user_id or 0,
        asked_at=now,
    )
    session.add(change)
    session.flush()
    record_event(session, HouseholdChangeAsked(change.id, household.id, household.commune_id))
    return True


def decide_change(
    *,
    session: Session,
    household_id: int,
    change_id: int,
    officer: Actor,
    is_accepted: bool,
    reason: str,
    own_household_ids: frozenset[int],
    now: datetime,
) -> None:
    """Put a household's new words in force, or send them back with a reason. Deciding the same again changes nothing.

    Raises ``NotFound`` outside the officer's commune, ``Refused`` for one's own household, without a reason for sending
    back or when the number is another's by now, ``Conflict`` when the request has ended otherwise.
    """
    household = lock_household_of(session, household_id, officer)
    change = session.execute(
        select(HouseholdChange)
        .where(HouseholdChange.id == change_id, HouseholdChange.household_id == household_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if change is None:
        raise NotFound
    refuse_own_household(officer, household_id, own_household_ids, change.asked_by)
    state = "accepted" if is_accepted else "returned"
    if change.state == state:
        return
    if change.state != "asked":
        message = "Hộ đã rút hoặc sửa yêu cầu này. Hãy tải lại trang để xem yêu cầu mới."
        raise Conflict("change_ended", message)
    if not is_accepted and not reason.strip():
        message = "Hãy viết lý do để hộ biết cần bổ sung gì."
        raise Refused("reason_missing", message, field="reason")
    if is_accepted:
        _put_in_force(session, household, change.new)
    _end(session, change, state, by=officer.user_id or 0, reason=reason.strip()[:MAX_REASON], now=now)


def _put_in_force(session: Session, household: Household, new: Mapping[str, str]) -> None:
    if "phone" in new:
        lock_names(session)
        refuse_taken_phone(session, new["phone"], but=household.id)
    for name, value in new.items():
        setattr(household, name, (value or None) if name == "tax_code" else value)
    session.flush()
    record_event(session, HouseholdChanged(household_id=household.id))


def lock_household_of(session: Session, household_id: int, officer: Actor) -> Household:
    """Lock a household of an officer's commune and return it. Raises ``NotFound`` for any other."""
    household = lock_household(session, household_id)
    if officer.commune_id is None or household.commune_id != officer.commune_id or officer.user_id is None:
        raise NotFound
    return household


def refuse_own_household(officer: Actor, household_id: int, own_household_ids: frozenset[int], asked_by: int) -> None:
    """Raise ``Refused`` when an officer would decide for the own household, or on what he or she asked for."""
    if household_id in own_household_ids or officer.user_id == asked_by:
        message = "Bạn là người của hộ này nên phải để cán bộ khác xem."
        raise Refused("own_household", message)


def _end(session: Session, change: HouseholdChange, state: str, *, by: int, reason: str, now: datetime) -> None:
    change.state, change.decided_by, change.decided_at, change.reason = state, by, now, reason
    session.flush()
    record_event(session, HouseholdChangeDecided(change.id, change.household_id, state))
