"""How Celery tasks are declared: an explicit name, a queue, keyword arguments, one domain call, done once."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from inspect import signature
from typing import Any, TypeVar

import structlog
from celery import shared_task
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.models import TaskFailure
from marketplace.core.outbox import lock_delivery, note_failure

QUEUES = ("default", "outside", "search")
#: Task name -> queue; wiring turns it into Celery's routes.
TASK_QUEUES: dict[str, str] = {}

Function = TypeVar("Function", bound=Callable[..., Any])
log = structlog.get_logger(__name__)


def task(name: str, *, queue: str) -> Callable[[Function], Function]:
    """Declare a Celery task with an explicit name and queue. Its arguments are keyword-only.

    A failure is written down before it is raised: on its delivery when it has one, else in the table of
    failures of periodic tasks, where the operator sees it.
    """
    if queue not in QUEUES:
        message = f"queue {queue!r} has no worker"
        raise ValueError(message)

    def declare(function: Function) -> Function:
        TASK_QUEUES[name] = queue
        is_reaction = "delivery_id" in signature(function).parameters

        def run(**arguments: Any) -> Any:
            delivery_id = arguments.get("delivery_id") if is_reaction else arguments.pop("delivery_id", None)
            structlog.contextvars.bind_contextvars(task=name, delivery_id=delivery_id)
            try:
                result = function(**arguments)
                if not is_reaction and delivery_id is not None:
                    # The operator asked for what the clock asks for, which knows nothing of deliveries.
                    with once(delivery_id):
                        pass
            except Exception:
                _write_down_failure(name, delivery_id)
                raise
            else:
                return result
            finally:
                structlog.contextvars.clear_contextvars()

        run.__doc__ = function.__doc__
        shared_task(name=name)(run)
        return function

    return declare


@contextmanager
def once(delivery_id: int) -> Iterator[Session | None]:
    """Open the transaction of a reaction and close its delivery with it; yields None when it was done before."""
    with transaction() as session:
        delivery = lock_delivery(session, delivery_id)
        if delivery is None:
            yield None
            return
        yield session
        delivery.done_at = utcnow()
        delivery.last_error = None


def _write_down_failure(name: str, delivery_id: int | None) -> None:
    error = traceback.format_exc(limit=-6)
    now = utcnow()
    log.exception("task_failed", task=name)  # noqa: LOG004 - called where the exception is caught
    with transaction() as session:
        if delivery_id is not None:
            note_failure(session, delivery_id, error, now)
        else:
            _note_periodic_failure(session, name, error, now)


def _note_periodic_failure(session: Session, name: str, error: str, now: datetime) -> None:
    row = insert(TaskFailure).values(task=name, error=error[:4000], failed_at=now)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[TaskFailure.task],
            set_={
                "error": row.excluded.error,
                "failed_at": row.excluded.failed_at,
                "resolved_at": None,
                "failures": func.coalesce(TaskFailure.failures, 0) + 1,
            },
        )
    )
