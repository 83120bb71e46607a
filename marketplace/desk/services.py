"""What the operator may do about stuck work."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace.core.models import Notice, TaskFailure
from marketplace.core.notices import NoticeQueued
from marketplace.core.outbox import ask_for_task, record_event
from marketplace.core.tasks import TASK_QUEUES


def forget_task_failure(*, session: Session, failure_id: int, now: datetime) -> bool:
    """Mark the failure of a periodic task as seen; it comes back by itself if the task fails again."""
    changed = session.execute(
        update(TaskFailure)
        .where(TaskFailure.id == failure_id, TaskFailure.resolved_at.is_(None))
        .values(resolved_at=now)
        .returning(TaskFailure.id)
    ).scalar_one_or_none()
    return changed is not None


def run_task_now(*, session: Session, failure_id: int, now: datetime) -> bool:
    """Have a periodic task that failed done at once; False for a failure that was seen already or no such task."""
    task = session.execute(
        select(TaskFailure.task)
        .where(TaskFailure.id == failure_id, TaskFailure.resolved_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    if task is None or task not in TASK_QUEUES:
        return False
    forget_task_failure(session=session, failure_id=failure_id, now=now)
    ask_for_task(session, task=task, queue=TASK_QUEUES[task], reason="operator", now=now)
    return True


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
