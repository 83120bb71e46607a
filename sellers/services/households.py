"""A household joins, is checked by its commune, and keeps its own facts in order."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_code
from marketplace.core.outbox import record_event
from sellers.events import HouseholdChanged, HouseholdVerified
from sellers.models import Commune, Household, IdentityCheck
from sellers.queries.twins import hash_number, list_same_identity, list_twins
from sellers.rules import (
    HOUSEHOLD_KINDS,
    IDENTITY_METHODS,
    VERIFIED_FIELDS,
    HouseholdState,
    check_identity_number,
    digest_facts,
    next_household_state,
    was_verified,
)
from sellers.services.household_changes import ask_change, lock_household, lock_names, refuse_taken_phone


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """What a household says of itself: ``shown_name`` to the public, the rest to its commune and the post."""

    shown_name: str
    representative: str
    phone: str
    hamlet: str
    address_line: str
    pickup_note: str = ""
    story: str = ""
    tax_code: str | None = None


def register_household(
    *,
    session: Session,
    facts: HouseholdFacts,
    kind: str,
    commune_id: int,
    form_key: uuid.UUID | None,
    now: datetime,
) -> int:
    """Add a household as a draft; return its id. A repeated form key returns the first one's id.

    Raises ``Refused`` when the telephone number is another household's. A namesake in the same hamlet may be somebody
    else; the officer's check stops there.
    """
    if kind not in HOUSEHOLD_KINDS:
        message = "Hãy chọn hộ gia đình hoặc hợp tác xã."
        raise Refused("household_kind", message, field="kind")
    if session.execute(select(Commune.id).where(Commune.id == commune_id)).first() is None:
        message = "Hãy chọn xã, phường trong danh sách."
        raise Refused("commune_unknown", message, field="commune_code")
    if form_key is not None:
        known = session.execute(select(Household.id).where(Household.form_key == form_key)).scalar_one_or_none()
        if known is not None:
            return known
    lock_names(session)
    refuse_taken_phone(session, facts.phone)
    return session.execute(
        insert(Household)
        .values(
            code=f"H{new_code(6)}",
            form_key=form_key,
            kind=kind,
            commune_id=commune_id,
            state=HouseholdState.DRAFT,
            created_at=now,
            shown_name=facts.shown_name.strip(),
            representative=facts.representative.strip(),
            phone=facts.phone,
            hamlet=facts.hamlet.strip(),
            address_line=facts.address_line.strip(),
            pickup_note=facts.pickup_note.strip(),
            story=facts.story.strip(),
            tax_code=facts.tax_code,
        )
        .returning(Household.id)
    ).scalar_one()


def edit_household(
    *,
    session: Session,
    household_id: int,
    facts: HouseholdFacts,
    actor: Actor,
    now: datetime,
    photo_sha256: str | None = None,
) -> bool:
    """Change what a household says of itself; return whether something waits for its commune.

    What an officer has verified changes only when an officer has accepted it. Its commune stays: another commune means
    another check.
    """
    household = lock_household(session, household_id)
    told = _told(facts)
    is_waiting = False
    if facts.phone != household.phone:
        lock_names(session)
        refuse_taken_phone(session, facts.phone, but=household_id)
    if was_verified(household.state):
        is_waiting = ask_change(
            session=session,
            household=household,
            wanted={name: told[name] or "" for name in VERIFIED_FIELDS},
            actor=actor,
            now=now,
        )
    else:
        for name in VERIFIED_FIELDS:
            setattr(household, name, told[name])
    household.pickup_note = facts.pickup_note.strip()
    household.story = facts.story.strip()
    if photo_sha256:
        household.photo_sha256 = photo_sha256
    session.flush()
    record_event(session, HouseholdChanged(household_id=household_id))
    return is_waiting


def _told(facts: HouseholdFacts) -> dict[str, str | None]:
    return {
        "shown_name": facts.shown_name.strip(),
        "representative": facts.representative.strip(),
        "phone": facts.phone,
        "hamlet": facts.hamlet.strip(),
        "address_line": facts.address_line.strip(),
        "tax_code": facts.tax_code,
    }


def submit_identity(*, session: Session, household_id: int) -> None:
    """Ask the commune to check who the household is. Asking again changes nothing."""
    household = lock_household(session, household_id)
    if household.state == HouseholdState.IDENTITY_PENDING:
        return
    household.state = next_household_state(HouseholdState(household.state), "submit")


def check_identity(
    *,
    session: Session,
    household_id: int,
    officer: Actor,
    method: str,
    number: str,
    is_accepted: bool,
    reason: str,
    own_household_ids: frozenset[int],
    now: datetime,
    seen: str = "",
) -> None:
    """Write down an officer's check, only of the officer's commune and never of a household of one's own.

    A card's number is kept as its last four digits and a salted hash. ``seen`` is the digest of the facts that the
    officer has read. A household that is there already is not verified a second time; a namesake in the same hamlet
    takes the officer's own reason. Raises ``NotFound`` and ``Refused``.
    """
    household = lock_household(session, household_id)
    if officer.commune_id is None or household.commune_id != officer.commune_id or officer.user_id is None:
        raise NotFound
    if household_id in own_household_ids:
        message = "Bạn là người của hộ này nên phải để cán bộ khác xác minh."
        raise Refused("own_household", message)
    if method not in IDENTITY_METHODS:
        message = "Hãy chọn cách xác minh."
        raise Refused("identity_method", message, field="method")
    if not is_accepted and not reason.strip():
        message = "Hãy viết lý do để hộ biết cần bổ sung gì."
        raise Refused("reason_missing", message, field="reason")
    state = next_household_state(HouseholdState(household.state), "verify" if is_accepted else "reject")
    facts = {name: getattr(household, name) for name in VERIFIED_FIELDS}
    if seen and seen != digest_facts(facts):
        message = "Hộ vừa sửa hồ sơ sau khi bạn mở trang. Hãy đọc lại hồ sơ ở trên rồi bấm lần nữa."
        raise Refused("household_changed", message)
    if is_accepted and not number.strip():
        message = "Hãy nhập số giấy tờ bạn đã xem."
        raise Refused("identity_number", message, field="number")
    digits = check_identity_number(method, number, local_date(now)) if number.strip() else ""
    if is_accepted:
        _refuse_twin(session, household, digits, reason)
    household.state = state
    session.execute(
        insert(IdentityCheck).values(
            household_id=household_id,
            method=method,
            last4=digits[-4:],
            number_hash=_salted(digits) if digits else None,
            checked_by=officer.user_id,
            is_accepted=is_accepted,
            reason=reason.strip()[:300],
            checked_at=now,
        )
    )
    if is_accepted:
        record_event(session, HouseholdVerified(household_id=household_id))


def suspend_household(*, session: Session, household_id: int, is_suspended: bool) -> None:
    """Bar a household from selling, or let it sell again."""
    household = lock_household(session, household_id)
    step = "suspend" if is_suspended else "restore"
    household.state = next_household_state(HouseholdState(household.state), step)
    session.flush()
    record_event(session, HouseholdChanged(household_id=household_id))


def _refuse_twin(session: Session, household: Household, digits: str, reason: str) -> None:
    lock_names(session)
    for twin in list_twins(session, household.id):
        if twin.has_same_phone and twin.was_verified:
            message = f"Hộ {twin.code} ({twin.commune_name}) đã được xác minh với cùng số điện thoại này."
            raise Refused("household_twice", message, household=twin.code)
        if twin.has_same_name and not reason.strip():
            message = (
                f"Cùng thôn đã có hộ {twin.code} cùng tên người đại diện. Nếu là hai người khác nhau, hãy ghi vào "
                "ô lý do vì sao bạn biết."
            )
            raise Refused("household_namesake", message, field="reason", household=twin.code)
    for twin in list_same_identity(session, digits, but=household.id):
        message = f"Hộ {twin.code} ({twin.commune_name}) đã được xác minh bằng đúng số giấy tờ này."
        raise Refused("household_twice", message, field="number", household=twin.code)


def _salted(digits: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{hash_number(digits, salt)}"
