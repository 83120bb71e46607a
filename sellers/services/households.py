"""A household joins, is checked by its commune, and keeps its own facts in order."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_code
from marketplace.core.outbox import record_event
from sellers.events import HouseholdChanged, HouseholdVerified
from sellers.models import Commune, Household, IdentityCheck, PayoutAccount
from sellers.rules import BANKS, HOUSEHOLD_KINDS, IDENTITY_METHODS, HouseholdState, next_household_state


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
    """Add a household as a draft; return its id. A repeated form key returns the first one's id."""
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
    *, session: Session, household_id: int, facts: HouseholdFacts, photo_sha256: str | None = None
) -> None:
    """Change what a household says of itself. Its commune stays: another commune means another check."""
    household = _lock(session, household_id)
    household.shown_name = facts.shown_name.strip()
    household.representative = facts.representative.strip()
    household.phone = facts.phone
    household.hamlet = facts.hamlet.strip()
    household.address_line = facts.address_line.strip()
    household.pickup_note = facts.pickup_note.strip()
    household.story = facts.story.strip()
    household.tax_code = facts.tax_code
    if photo_sha256:
        household.photo_sha256 = photo_sha256
    session.flush()
    record_event(session, HouseholdChanged(household_id=household_id))


def submit_identity(*, session: Session, household_id: int) -> None:
    """Ask the commune to check who the household is. Asking again changes nothing."""
    household = _lock(session, household_id)
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
) -> None:
    """Write down an officer's check, only of the officer's commune and never of a household of one's own.

    A card's number is kept as its last four digits and a salted hash. Raises ``NotFound`` and ``Refused``.
    """
    household = _lock(session, household_id)
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
    household.state = next_household_state(HouseholdState(household.state), "verify" if is_accepted else "reject")
    digits = "".join(ch for ch in number if ch.isalnum())
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
    household = _lock(session, household_id)
    step = "suspend" if is_suspended else "restore"
    household.state = next_household_state(HouseholdState(household.state), step)
    session.flush()
    record_event(session, HouseholdChanged(household_id=household_id))


def set_payout_account(
    *,
    session: Session,
    household_id: int,
    bank_bin: str,
    account_number: str,
    holder: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Say where a household's money goes. Helpers cannot; every change stays on record."""
    if actor.is_helper or actor.user_id is None or actor.household_id != household_id:
        raise NotFound
    if bank_bin not in BANKS:
        message = "Hãy chọn một ngân hàng trong danh sách."
        raise Refused("bank_bin", message, field="bank_bin")
    if not (account_number.isascii() and account_number.isalnum() and 4 <= len(account_number) <= 19):
        message = "Số tài khoản cần từ 4 đến 19 chữ số, không có dấu."
        raise Refused("account_number", message, field="account_number")
    session.execute(
        pg_insert(PayoutAccount).values(
            household_id=household_id,
            bank_bin=bank_bin,
            account_number=account_number,
            holder=holder.strip(),
            set_by=actor.user_id,
            set_at=now,
        )
    )


def _lock(session: Session, household_id: int) -> Household:
    household = session.execute(
        select(Household).where(Household.id == household_id).with_for_update()
    ).scalar_one_or_none()
    if household is None:
        raise NotFound
    return household


def _salted(digits: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{hashlib.scrypt(digits.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()}"
