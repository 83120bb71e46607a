"""Company prefixes: a household claims one, its commune's officer looks at the paper, a co-operative lends its own."""

import uuid
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.outbox import record_event
from sellers import queries as sellers
from traceability.events import PrefixClaimed, PrefixDecided
from traceability.models.names import Gs1Loan, Gs1Prefix
from traceability.rules import statements
from traceability.rules.entries import check_length
from traceability.rules.gs1 import check_prefix, overlap
from traceability.services.chain import lock_chain
from traceability.services.log import log_statement

_MAX_PAPER, _MAX_REASON = 60, 300
#: Whoever gives or confirms a number holds this, so that two never get the same. Any fixed number will do.
_LOCK = 8_930_414


def lock_numbers(session: Session) -> None:
    """Hold what keeps two people from giving the same number, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def claim_prefix(
    *,
    session: Session,
    household_id: int,
    typed: str,
    paper_no: str,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> int:
    """Note that a household says GS1 gave it a company prefix; return the claim's id.

    Nothing can be numbered under it before an officer has seen the paper. Raises ``Refused`` for a number that cannot
    be one, or that is confirmed to be somebody else's.
    """
    known = session.execute(select(Gs1Prefix).where(Gs1Prefix.client_key == key)).scalar_one_or_none()
    if known is not None:
        if known.household_id != household_id:
            message = "Biểu mẫu này đã được dùng rồi. Hãy tải lại trang."
            raise Conflict("key_in_use", message)
        return known.id
    prefix = check_prefix(typed)
    paper_no = paper_no.strip()
    if not paper_no:
        message = "Hãy ghi số giấy chứng nhận quyền sử dụng mã số, mã vạch."
        raise Refused("paper_missing", message, field="paper_no")
    check_length(paper_no, "paper_no", _MAX_PAPER)
    _check_free(session, prefix, household_id)
    again = session.scalar(
        select(Gs1Prefix.id).where(
            Gs1Prefix.household_id == household_id,
            Gs1Prefix.prefix == prefix,
            Gs1Prefix.state != "refused",
        )
    )
    if again is not None:
        message = "Hộ đã khai mã này rồi."
        raise Refused("prefix_known", message, field="prefix")
    claim = Gs1Prefix(
        household_id=household_id,
        prefix=prefix,
        paper_no=paper_no,
        state="claimed",
        claimed_by=actor.party,
        claimed_at=now,
        client_key=key,
    )
    session.add(claim)
    session.flush()
    household = sellers.get_household(session, household_id)
    record_event(session, PrefixClaimed(claim.id, household_id, household.commune_id, prefix))
    return claim.id


def decide_prefix(
    *,
    session: Session,
    prefix_id: int,
    officer: Actor,
    officer_title: str,
    is_confirmed: bool,
    reason: str,
    now: datetime,
) -> None:
    """Confirm or refuse a claim of one's own commune. Deciding the same again changes nothing.

    A confirmation is published in the log. Raises ``NotFound`` outside one's commune, ``Refused`` without a reason for
    a refusal, ``Conflict`` when it was decided otherwise or the number turned out to be another's.
    """
    claim = session.get(Gs1Prefix, prefix_id)
    if claim is None or sellers.get_household(session, claim.household_id).commune_id != officer.commune_id:
        raise NotFound
    # Everybody who needs both takes the chain first, then the numbers.
    chain = lock_chain(session, claim.household_id)
    lock_numbers(session)
    session.refresh(claim)
    wanted = "confirmed" if is_confirmed else "refused"
    if claim.state == wanted:
        return
    if claim.state != "claimed":
        message = "Mã này đã được xem rồi. Hãy tải lại trang."
        raise Conflict("prefix_decided", message)
    reason = reason.strip()
    if is_confirmed:
        _check_free(session, claim.prefix, claim.household_id)
    elif not reason:
        message = "Hãy ghi lý do để hộ biết phải sửa gì."
        raise Refused("reason_missing", message, field="reason")
    check_length(reason, "reason", _MAX_REASON)
    claim.state, claim.decided_by, claim.decided_at = wanted, officer.party, now
    claim.reason = "" if is_confirmed else reason
    session.flush()
    if is_confirmed:
        log_statement(
            session,
            kind="master-data",
            content=statements.prefix_confirmed(
                prefix=claim.prefix,
                party=chain.party,
                officer=officer.party,
                officer_title=officer_title,
            ),
            actor_party=officer.party,
            now=now,
        )
    record_event(session, PrefixDecided(claim.id, claim.household_id, claim.prefix, is_confirmed, claim.reason))


def lend_prefix(
    *, session: Session, household_id: int, prefix_id: int, borrower_code: str, actor: Actor, now: datetime
) -> int:
    """Let another household number its goods under one's prefix; return the loan's id. Twice changes nothing."""
    prefix = _own(session, household_id, prefix_id)
    try:
        borrower = sellers.get_household_by_code(session, borrower_code)
    except NotFound as error:
        message = "Không tìm thấy hộ có mã này. Mã hộ nằm ở đầu trang “Hộ của tôi”."
        raise Refused("household_unknown", message, field="borrower") from error
    if borrower.id == household_id:
        message = "Đây là mã của chính hộ mình."
        raise Refused("lent_to_oneself", message, field="borrower")
    session.execute(
        insert(Gs1Loan)
        .values(prefix_id=prefix.id, household_id=borrower.id, lent_by=actor.party, lent_at=now)
        .on_conflict_do_nothing(
            index_elements=[Gs1Loan.prefix_id, Gs1Loan.household_id], index_where=Gs1Loan.ended_at.is_(None)
        )
    )
    return session.execute(
        select(Gs1Loan.id).where(
            Gs1Loan.prefix_id == prefix.id, Gs1Loan.household_id == borrower.id, Gs1Loan.ended_at.is_(None)
        )
    ).scalar_one()


def end_loan(*, session: Session, household_id: int, loan_id: int, now: datetime) -> None:
    """Lend a prefix no longer. Numbers that were given stay; raises ``NotFound`` for another's loan."""
    loan = session.execute(
        select(Gs1Loan)
        .join(Gs1Prefix, Gs1Prefix.id == Gs1Loan.prefix_id)
        .where(Gs1Loan.id == loan_id, Gs1Prefix.household_id == household_id)
        .with_for_update()
    ).scalar_one_or_none()
    if loan is None:
        raise NotFound
    session.execute(update(Gs1Loan).where(Gs1Loan.id == loan_id).values(ended_at=func.coalesce(Gs1Loan.ended_at, now)))


def _own(session: Session, household_id: int, prefix_id: int) -> Gs1Prefix:
    found = session.execute(
        select(Gs1Prefix).where(
            Gs1Prefix.id == prefix_id, Gs1Prefix.household_id == household_id, Gs1Prefix.state == "confirmed"
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def _check_free(session: Session, prefix: str, household_id: int) -> None:
    """Raise ``Refused`` when numbers under this prefix are confirmed to be somebody else's."""
    rows = session.execute(
        select(Gs1Prefix.prefix).where(
            Gs1Prefix.state == "confirmed",
            Gs1Prefix.household_id != household_id,
            func.left(Gs1Prefix.prefix, 7) == prefix[:7],
        )
    ).scalars()
    if any(overlap(prefix, other) for other in rows):
        message = "Mã này đã được xác nhận là của đơn vị khác. Hãy so lại từng chữ số với giấy chứng nhận."
        raise Refused("prefix_of_another", message, field="prefix")
