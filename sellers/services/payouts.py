"""Where a household's money goes: in the verified name at once, in another name after an officer has looked."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.outbox import record_event
from sellers.events import PayoutAccountDecided, PayoutAccountSet
from sellers.models import PayoutAccount
from sellers.rules import BANKS, check_account_number, is_same_holder, was_verified
from sellers.services.household_changes import (
    MAX_REASON,
    lock_household,
    lock_household_of,
    refuse_own_household,
)


def set_payout_account(
    *,
    session: Session,
    household_id: int,
    bank_bin: str,
    account_number: str,
    holder: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Say where a household's money goes; return whether it goes there from now on. Helpers cannot say so.

    Every change stays on record. After the commune verified the household, an account in another name than the
    verified one waits for an officer, and money goes on to the account before. The same again changes nothing.
    """
    if actor.is_helper or actor.user_id is None or actor.household_id != household_id:
        raise NotFound
    if bank_bin not in BANKS:
        message = "Hãy chọn một ngân hàng trong danh sách."
        raise Refused("bank_bin", message, field="bank_bin")
    number = check_account_number(account_number)
    household = lock_household(session, household_id)
    is_own = is_same_holder(
        holder, representative=household.representative, shown_name=household.shown_name, kind=household.kind
    )
    state = "used" if is_own or not was_verified(household.state) else "waiting"
    newest = session.execute(
        select(PayoutAccount)
        .where(PayoutAccount.household_id == household_id, PayoutAccount.state.in_(("used", "waiting")))
        .order_by(PayoutAccount.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    wanted = (bank_bin, number, holder.strip())
    if newest is not None and (newest.bank_bin, newest.account_number, newest.holder) == wanted:
        return newest.state == "used"
    waiting = session.execute(
        select(PayoutAccount).where(PayoutAccount.household_id == household_id, PayoutAccount.state == "waiting")
    ).scalar_one_or_none()
    if waiting is not None:
        waiting.state, waiting.decided_by, waiting.decided_at = "withdrawn", actor.user_id, now
        session.flush()
    account = PayoutAccount(
        household_id=household_id,
        bank_bin=bank_bin,
        account_number=number,
        holder=holder.strip(),
        set_by=actor.user_id,
        set_at=now,
        state=state,
    )
    session.add(account)
    session.flush()
    record_event(session, PayoutAccountSet(account.id, household_id, household.commune_id, state))
    return state == "used"


def decide_payout_account(
    *,
    session: Session,
    household_id: int,
    account_id: int,
    officer: Actor,
    is_accepted: bool,
    reason: str,
    own_household_ids: frozenset[int],
    now: datetime,
) -> None:
    """Let a household's money go to an account in another name, or send it back. The same again changes nothing.

    Raises ``NotFound`` outside the officer's commune, ``Refused`` for one's own household and without a reason either
    way, ``Conflict`` when the household changed it meanwhile.
    """
    lock_household_of(session, household_id, officer)
    account = session.execute(
        select(PayoutAccount)
        .where(PayoutAccount.id == account_id, PayoutAccount.household_id == household_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if account is None:
        raise NotFound
    refuse_own_household(officer, household_id, own_household_ids, account.set_by)
    state = "used" if is_accepted else "returned"
    if account.state == state and account.decided_by is not None:
        return
    if account.state != "waiting":
        message = "Hộ đã đổi tài khoản này. Hãy tải lại trang để xem tài khoản mới."
        raise Conflict("account_changed", message)
    if not reason.strip():
        message = "Hãy ghi lý do: vì sao tiền của hộ được về tài khoản đứng tên người khác, hoặc vì sao trả lại."
        raise Refused("reason_missing", message, field="reason")
    account.state, account.decided_by, account.decided_at = state, officer.user_id, now
    account.reason = reason.strip()[:MAX_REASON]
    session.flush()
    record_event(session, PayoutAccountDecided(account.id, household_id, state))
