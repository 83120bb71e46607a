"""What households wish to change of what was verified, and accounts that wait: old beside new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from sellers.models import Household, HouseholdChange, PayoutAccount
from sellers.rules import BANKS, VERIFIED_FIELDS, is_same_holder

CHANGE_LABELS = {
    "asked": "Chờ xã xem",
    "accepted": "Xã đã đồng ý",
    "returned": "Xã trả lại",
    "withdrawn": "Hộ đã rút",
}


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A request of a household to change verified facts, and what became of it."""

    id: int
    household_id: int
    household_code: str
    household_name: str
    commune_id: int
    old: dict[str, str]
    new: dict[str, str]
    state: str
    asked_by: int
    asked_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    reason: str

    @property
    def label(self) -> str:
        """The state in words."""
        return CHANGE_LABELS[self.state]

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Each field that changes: its name, its label, the old words and the new."""
        return [
            (name, label, self.old.get(name, ""), self.new[name])
            for name, label in VERIFIED_FIELDS.items()
            if name in self.new
        ]


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account that a household named, masked; ``is_other_name`` when it is not in the verified name."""

    id: int
    household_id: int
    household_code: str
    household_name: str
    bank: str
    masked_number: str
    holder: str
    representative: str
    is_other_name: bool
    state: str
    set_at: datetime
    reason: str


def get_change(session: Session, change_id: int) -> ChangeView:
    """Return a request. Raises ``NotFound``; the caller compares the household."""
    row = session.execute(_changes().where(HouseholdChange.id == change_id)).one_or_none()
    if row is None:
        raise NotFound
    return _change(*row)


def list_changes(session: Session, household_id: int, limit: int = 20) -> Sequence[ChangeView]:
    """Return a household's requests, newest first."""
    rows = session.execute(
        _changes().where(HouseholdChange.household_id == household_id).order_by(HouseholdChange.id.desc()).limit(limit)
    )
    return [_change(*row) for row in rows]


def list_commune_changes(session: Session, commune_id: int) -> Sequence[ChangeView]:
    """Return the requests that wait for a commune's officer, oldest first. One statement."""
    rows = session.execute(
        _changes()
        .where(Household.commune_id == commune_id, HouseholdChange.state == "asked")
        .order_by(HouseholdChange.id)
    )
    return [_change(*row) for row in rows]


def _changes() -> Select[HouseholdChange, Household]:
    return (
        select(HouseholdChange, Household)
        .join(Household, Household.id == HouseholdChange.household_id)
        .execution_options(populate_existing=True)
    )


def _change(one: HouseholdChange, household: Household) -> ChangeView:
    return ChangeView(
        one.id, household.id, household.code, household.shown_name, household.commune_id, dict(one.old), dict(one.new),
        one.state, one.asked_by, one.asked_at, one.decided_by, one.decided_at, one.reason,
    )  # fmt: skip


def list_waiting_accounts(session: Session, commune_id: int) -> Sequence[AccountView]:
    """Return accounts in another name than the verified one that wait for a commune's officer. One statement."""
    rows = session.execute(
        _accounts()
        .where(Household.commune_id == commune_id, PayoutAccount.state == "waiting")
        .order_by(PayoutAccount.id)
    )
    return [_account(*row) for row in rows]


def list_accounts(session: Session, household_id: int, limit: int = 10) -> Sequence[AccountView]:
    """Return the accounts that a household named, newest first."""
    rows = session.execute(
        _accounts().where(PayoutAccount.household_id == household_id).order_by(PayoutAccount.id.desc()).limit(limit)
    )
    return [_account(*row) for row in rows]


def get_account(session: Session, account_id: int) -> AccountView:
    """Return an account, masked. Raises ``NotFound``; the caller compares the household."""
    row = session.execute(_accounts().where(PayoutAccount.id == account_id)).one_or_none()
    if row is None:
        raise NotFound
    return _account(*row)


def _accounts() -> Select[PayoutAccount, Household]:
    return (
        select(PayoutAccount, Household)
        .join(Household, Household.id == PayoutAccount.household_id)
        .execution_options(populate_existing=True)
    )


def _account(one: PayoutAccount, household: Household) -> AccountView:
    return AccountView(
        id=one.id,
        household_id=household.id,
        household_code=household.code,
        household_name=household.shown_name,
        bank=BANKS.get(one.bank_bin, one.bank_bin),
        masked_number=f"••••{one.account_number[-4:]}",
        holder=one.holder,
        representative=household.representative,
        is_other_name=not is_same_holder(
            one.holder, representative=household.representative, shown_name=household.shown_name, kind=household.kind
        ),
        state=one.state,
        set_at=one.set_at,
        reason=one.reason,
    )
