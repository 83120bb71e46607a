"""The Celery application of the workers."""

from typing import Any

from celery import Celery, Task
from flask import Flask

from marketplace.core.tasks import TASK_QUEUES
from marketplace.reactions import DEFAULT

#: Longer than any task may run, so that a task under way is never handed to a second worker.
_VISIBILITY_S = 600
_HARD_LIMIT_S = 300


def make_celery(app: Flask) -> Celery:
    """Return a Celery application whose tasks run inside the Flask application's context."""

    class ContextTask(Task):
        """Runs in an application context of its own, so that the database session ends with the task."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("marketplace", task_cls=ContextTask)
    celery.conf.update(
        broker_url=app.config["BROKER_URL"],
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": _VISIBILITY_S,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        },
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_time_limit=_HARD_LIMIT_S,
        task_soft_time_limit=_HARD_LIMIT_S - 30,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=DEFAULT,
        task_routes={name: {"queue": queue} for name, queue in TASK_QUEUES.items()},
        task_create_missing_queues=True,
        timezone="Asia/Ho_Chi_Minh",
        worker_hijack_root_logger=False,
        # Our log lines are whole already; as warnings of Celery's they would carry two dates.
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
    )
    celery.set_default()
    return celery
