"""The double-entry ledger: append-only, balanced by the database, idempotent by reference."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.core.models import LedgerPosting, LedgerTransaction


def post(session: Session, *, reference: str, kind: str, postings: Sequence[tuple[str, int]], now: datetime) -> bool:
    """Book ``postings`` (account, đồng; debit positive, credit negative) under a unique reference.

    Returns False, and books nothing, when the reference was booked before. Raises ``ValueError`` when the
    postings do not sum to zero.
    """
    if not postings or sum(amount for _, amount in postings) != 0:
        message = f"ledger postings of {reference} must sum to zero"
        raise ValueError(message)
    booked = session.execute(
        pg_insert(LedgerTransaction)
        .values(reference=reference, kind=kind, posted_at=now)
        .on_conflict_do_nothing()
        .returning(LedgerTransaction.id)
    ).scalar_one_or_none()
    if booked is None:
        return False
    session.execute(
        insert(LedgerPosting),
        [
            {"transaction_id": booked, "account": account, "amount_vnd": amount}
            for account, amount in postings
            if amount
        ],
    )
    return True


def balance(session: Session, account: str) -> int:
    """Return the balance of an account in đồng (debits less credits)."""
    total = select(func.coalesce(func.sum(LedgerPosting.amount_vnd), 0)).where(LedgerPosting.account == account)
    return int(session.execute(total).scalar_one())


def list_balances(session: Session) -> list[tuple[str, int]]:
    """Return every account with its balance in đồng, by name."""
    rows = session.execute(
        select(LedgerPosting.account, func.sum(LedgerPosting.amount_vnd))
        .group_by(LedgerPosting.account)
        .order_by(LedgerPosting.account)
    )
    return [(account, int(total)) for account, total in rows]
