"""Orders that a household leaves unanswered: the commune is asked to phone, once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.queries import list_household_user_ids, list_officer_user_ids
from marketplace.core.notices import put_on_desk
from orders.models import Consignment
from orders.rules.states import ConsignmentState
from sellers.queries import get_household

_BATCH = 100


def remind_unanswered(*, session: Session, now: datetime) -> int:
    """Put a notice on the desks of the household and of its commune's officers; return for how many orders."""
    due = (
        session.execute(
            select(Consignment)
            .where(
                Consignment.state == ConsignmentState.TO_ACCEPT,
                Consignment.accept_before_at < now,
                Consignment.reminded_at.is_(None),
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
        people = [
            *list_household_user_ids(session, household.id),
            *list_officer_user_ids(session, household.commune_id),
        ]
        for user_id in people:
            put_on_desk(
                session,
                key=f"unanswered:{consignment.id}:{user_id}",
                user_id=user_id,
                subject=f"Đơn {consignment.number} chưa được trả lời",
                text=(
                    f"Hộ {household.shown_name} chưa nhận hay từ chối đơn {consignment.number}. "
                    "Hãy gọi điện để giúp hộ trả lời người mua."
                ),
                link=f"/don-hang/{consignment.id}",
                now=now,
            )
        consignment.reminded_at = now
    return len(due)
