"""What the operator may do about stuck work."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace.core.models import Notice, TaskFailure
from marketplace.core.notices import NoticeQueued
from marketplace.core.outbox import record_event


def forget_task_failure(*, session: Session, failure_id: int, now: datetime) -> bool:
    """Mark the failure of a periodic task as seen; it comes back by itself if the task fails again."""
    changed = session.execute(
        update(TaskFailure)
        .where(TaskFailure.id == failure_id, TaskFailure.resolved_at.is_(None))
        .values(resolved_at=now)
        .returning(TaskFailure.id)
    ).scalar_one_or_none()
    return changed is not None


def send_letter_again(*, session: Session, notice_id: int) -> bool:
    """Queue a letter again that failed or of which nobody knows: a person decides that, never a program."""
    changed = session.execute(
        update(Notice)
        .where(Notice.id == notice_id, Notice.state.in_(("unknown", "failed")))
        .values(state="queued")
        .returning(Notice.id)
    ).scalar_one_or_none()
    if changed is None:
        return False
    record_event(session, NoticeQueued(notice_id=changed))
    return True
