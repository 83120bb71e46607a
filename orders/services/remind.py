"""Orders that a household leaves unanswered: the commune is asked to phone, once; then they end by themselves.

A household whose goods are on hold cannot answer: its time does not run.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.queries import list_household_user_ids, list_officer_user_ids
from marketplace.core.forms import format_phone
from marketplace.core.notices import put_on_desk
from orders.models import Consignment
from orders.rules.states import ConsignmentState
from orders.services.deliver_consignment import decline_consignment, lock_own
from sellers.queries import get_household
from traceability.rules.entries import SYSTEM_ACTOR

_BATCH = 100
#: After the household's own time for its answer; the officers have been asked to phone meanwhile.
LAST_WAIT = timedelta(hours=48)
_NO_ANSWER = "Hộ không trả lời trong thời hạn"


def remind_unanswered(*, session: Session, now: datetime) -> int:
    """Put a notice on the desks of the household and of its commune's officers; return for how many orders."""
    due = (
        session.execute(
            select(Consignment)
            .where(
                Consignment.state == ConsignmentState.TO_ACCEPT,
                Consignment.accept_before_at < now,
                Consignment.reminded_at.is_(None),
                Consignment.held_at.is_(None),
            )
            .order_by(Consignment.id)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    for consignment in due:
        household = get_household(session, consignment.household_id)
        hours = LAST_WAIT // timedelta(hours=1)
        wait = f"Nếu {hours} giờ nữa vẫn chưa có trả lời, đơn tự hủy và người mua được hoàn tiền."
        answer = (f"Hãy nhận hoặc từ chối đơn {consignment.number}. {wait}", f"/don-hang/{consignment.id}")
        told = dict.fromkeys(list_household_user_ids(session, household.id), answer)
        # An officer does not see the buyer's order; the household's page has what is needed to ring.
        call = (
            f"Hộ {household.shown_name} chưa nhận hay từ chối đơn {consignment.number}. Hãy gọi"
            f" {format_phone(household.phone)} để giúp hộ trả lời người mua. {wait}"
        )
        for user_id in list_officer_user_ids(session, household.commune_id):
            told.setdefault(user_id, (call, f"/xa/ho/{household.code}"))
        for user_id, (words, link) in told.items():
            put_on_desk(
                session,
                key=f"unanswered:{consignment.id}:{user_id}",
                user_id=user_id,
                subject=f"Đơn {consignment.number} chưa được trả lời",
                text=words,
                link=link,
                now=now,
            )
        consignment.reminded_at = now
    return len(due)


def list_unanswered(session: Session, now: datetime) -> Sequence[tuple[int, int]]:
    """Return (household, consignment) of those that nobody has answered for too long."""
    rows = session.execute(
        select(Consignment.household_id, Consignment.id)
        .where(
            Consignment.state == ConsignmentState.TO_ACCEPT,
            Consignment.accept_before_at < now - LAST_WAIT,
            Consignment.reminded_at.is_not(None),
            Consignment.held_at.is_(None),
        )
        .order_by(Consignment.id)
        .limit(_BATCH)
    )
    return [(household_id, consignment_id) for household_id, consignment_id in rows]


def end_unanswered(*, session: Session, household_id: int, consignment_id: int, now: datetime) -> None:
    """Decline for a household that does not answer: the goods are freed, and what was paid goes back."""
    # Under the lock: the household may answer at this very moment, and then it has the word. While its goods are on
    # hold it cannot answer, so nobody waits for it.
    _, consignment = lock_own(session, household_id, consignment_id)
    if consignment.state == ConsignmentState.TO_ACCEPT and consignment.held_at is None:
        decline_consignment(
            session=session,
            household_id=household_id,
            consignment_id=consignment_id,
            reason=_NO_ANSWER,
            actor=SYSTEM_ACTOR,
            now=now,
        )
