"""The Celery application of the workers, and the processes that run it."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from celery import Celery, Task
from flask import Flask

from marketplace.core.tasks import TASK_QUEUES
from marketplace.embedded.become import end_with_parent
from marketplace.reactions import DEFAULT, SEARCH

#: Longer than any task may run, so that a task under way is never handed to a second worker.
_VISIBILITY_S = 600
_HARD_LIMIT_S = 300
#: What a worker loads when it starts; loaded before the fork, it is in memory once.
_LOADED_LATE = ("celery.apps.worker", "celery.bin.worker", "celery.concurrency.prefork", "kombu.transport.redis")


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


def run_workers(celery: Celery, groups: Sequence[str], concurrency: int) -> int:
    """Run a worker for each group of queues, e.g. ``default,outside``, until SIGTERM or SIGINT; return the exit code.

    Several are forked from this process, so that what was loaded is in memory once. They end together.
    """
    if len(groups) == 1:
        return _work(celery, groups[0], concurrency)
    for name in _LOADED_LATE:
        import_module(name)
    gc.collect()
    gc.freeze()
    return _fork_each([lambda queues=queues: _work(celery, queues, concurrency) for queues in groups])  # type: ignore[misc]


def _work(celery: Celery, queues: str, concurrency: int) -> int:
    # The search index has one writer, so that queue has one process; others share the memory of their parent.
    pool = ["--pool", "solo"] if queues == SEARCH else ["--pool", "prefork", "--concurrency", str(concurrency)]
    gc.collect()
    gc.freeze()
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    try:
        celery.worker_main(["--quiet", "worker", "--hostname", f"{queues}@%h", "--queues", queues, *pool, *quiet])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _fork_each(works: Sequence[Callable[[], int]]) -> int:
    """Do each work in a child, and wait. SIGTERM goes on to all; when one ends, the others are asked to end too."""
    # Signals are held back and taken one by one: none can come between a look at the children and the wait for them.
    # A terminal tells the children of Ctrl-C itself.
    awaited = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    # Ignored, as some parents leave it to us, it would never come.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    children: set[int] = set()
    for work in works:
        child = os.fork()
        if not child:
            end_with_parent(signal.SIGTERM)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _end_at_once(work)
        children.add(child)
    worst, is_ending = 0, False
    while children:
        is_asked = signal.sigwait(awaited) == signal.SIGTERM
        ended = _reap(children)
        worst = max(worst, *ended) if ended else worst
        if (is_asked or ended) and not is_ending:
            is_ending = True
            for child in children:
                os.kill(child, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return worst


def _reap(children: set[int]) -> list[int]:
    """Take the children that have ended out of the set; return their codes."""
    codes = []
    for child in list(children):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            children.discard(child)
            codes.append(abs(os.waitstatus_to_exitcode(status)))
    return codes


def _end_at_once(work: Callable[[], int]) -> None:
    """Do a forked child's work and end it without what the parent wanted to do at its own end."""
    code = 1
    try:
        code = work()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
