"""Celery entry points of the floor: sending letters, settling those whose sender died, clearing old facts away."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app

from marketplace.core import notices
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.errors import Unavailable
from marketplace.core.outbox import prune_told
from marketplace.core.ports import Mailer
from marketplace.core.registry import resolve
from marketplace.core.tasks import once, task

#: Facts that everybody was told are kept for so long, for somebody to look into what happened.
_KEEP_FACTS = timedelta(days=30)


@task("core.send_notice", queue="outside")
def send_notice(*, delivery_id: int, notice_id: int, **_: object) -> None:
    """Send one queued e-mail. It is marked before the mail server is called, so it is never sent twice."""
    domain = urlsplit(current_app.config["PUBLIC_URL"]).hostname or "localhost"
    with transaction() as session:
        letter = notices.start_sending(session, notice_id, domain)
    sending = None
    if letter is not None:
        try:
            sending = resolve(Mailer).send(letter)
        except Unavailable:
            with transaction() as session:
                notices.finish_sending(session, notice_id, None, utcnow())
            raise
    with once(delivery_id) as session_or_none:
        if session_or_none is not None and letter is not None:
            notices.finish_sending(session_or_none, notice_id, sending, utcnow())


@task("core.settle_notices", queue="default")
def settle_notices(**_: object) -> None:
    """Turn letters whose sender died half-way into ``unknown``, for the operator to decide."""
    with transaction() as session:
        notices.settle_stuck(session, utcnow())


@task("core.prune_outbox", queue="default")
def prune_outbox(**_: object) -> None:
    """Delete old facts that everybody was told; one short transaction after the other."""
    while True:
        with transaction() as session:
            if not prune_told(session, utcnow() - _KEEP_FACTS):
                return
