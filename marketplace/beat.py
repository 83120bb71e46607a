"""What is asked for at fixed times, and the process that asks. It knows tasks by name only, so it stays small."""

from typing import Any

from celery import Celery
from celery.schedules import crontab

from marketplace.reactions import DEFAULT, OUTSIDE, SEARCH


def _ask(task: str, queue: str, when: float | crontab) -> dict[str, Any]:
    return {"task": task, "schedule": when, "options": {"queue": queue}}


#: Waits of more than some minutes live in tables; these entries only ask "is anything due?". Numbers are seconds.
SCHEDULE: dict[str, dict[str, Any]] = {
    entry["task"]: entry
    for entry in (
        _ask("core.settle_notices", DEFAULT, 60.0),
        _ask("orders.release_unpaid", DEFAULT, 60.0),
        _ask("orders.ask_gateway", OUTSIDE, 300.0),
        _ask("orders.remind_unanswered", DEFAULT, 600.0),
        _ask("orders.watch_holds", DEFAULT, 300.0),
        _ask("sellers.expire_certificates", DEFAULT, crontab(hour=0, minute=10)),
        _ask("traceability.watch_sensors", DEFAULT, 300.0),
        _ask("traceability.thin_readings", DEFAULT, crontab(hour=1, minute=20)),
        _ask("traceability.review_gates", DEFAULT, crontab(hour=0, minute=20)),
        _ask("desk.run_waiting_erasures", DEFAULT, 3600.0),
        _ask("desk.finish_erasures", DEFAULT, crontab(hour=1, minute=40)),
        _ask("traceability.verify_chains", DEFAULT, crontab(hour=2, minute=0)),
        _ask("traceability.weigh_scans", DEFAULT, 3600.0),
        _ask("traceability.forget_scan_devices", DEFAULT, crontab(hour=0, minute=5)),
        _ask("orders.forget_baskets", DEFAULT, crontab(hour=2, minute=20)),
        _ask("core.prune_outbox", DEFAULT, crontab(hour=2, minute=40)),
        _ask("search.rebuild_nightly", SEARCH, crontab(hour=3, minute=0)),
        _ask("logistics.settle_unknown", OUTSIDE, 120.0),
        _ask("logistics.poll_silent", OUTSIDE, 3600.0),
    )
}


def make_beat(broker_url: str) -> Celery:
    """Return the Celery application that asks."""
    celery = Celery("marketplace", set_as_current=False)
    celery.conf.update(
        broker_url=broker_url,
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=DEFAULT,
        timezone="Asia/Ho_Chi_Minh",
        beat_schedule=SCHEDULE,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return celery
