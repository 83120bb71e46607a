"""The relay: takes facts from the outbox to the broker. Small on purpose; as many as you like may run at once."""

import signal
import threading
from datetime import timedelta

import psycopg
import structlog
from celery import Celery
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from marketplace.config import Settings
from marketplace.core.clock import utcnow
from marketplace.core.outbox import claim_due, expand_events
from marketplace.reactions import REACTIONS

#: Longest sleep when nobody wakes us: deliveries that fell silent become due by the clock alone.
_IDLE_S = 1.0
log = structlog.get_logger(__name__)


class Relay:
    """Moves outbox rows on until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = create_engine(settings.database_url, pool_size=1, max_overflow=0, pool_pre_ping=True)
        self._celery = Celery(broker=settings.broker_url, set_as_current=False)
        self._celery.conf.broker_connection_retry_on_startup = True
        self._stop = threading.Event()
        self._lease = timedelta(seconds=settings.relay_lease_seconds)

    def stop(self, *_: object) -> None:
        """Finish the round under way, then end."""
        self._stop.set()

    def run(self) -> None:
        """Run until stopped; a lost database or broker is waited for."""
        while not self._stop.is_set():
            try:
                self._run_while_connected()
            except Exception as error:  # noqa: BLE001 - nothing may end the relay but its owner
                log.warning("relay_waits", error=str(error)[:200])
                self._stop.wait(2)

    def _run_while_connected(self) -> None:
        address = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as listener:
            listener.execute("LISTEN outbox")
            while not self._stop.is_set():
                if not self.run_once():
                    # Ends at the first notification, or after the idle time.
                    list(listener.notifies(timeout=_IDLE_S, stop_after=1))

    def run_once(self) -> int:
        """Do one round; return how much there was to do.

        What is claimed is committed before it is sent: a crash in between leaves a lease that runs out, never a
        message about something that was rolled back.
        """
        with Session(self._engine) as session, session.begin():
            taken = expand_events(session, REACTIONS, utcnow())
        with Session(self._engine) as session, session.begin():
            claimed = claim_due(session, utcnow(), self._lease)
        for dispatch in claimed:
            self._celery.send_task(
                dispatch.task, kwargs={**dispatch.payload, "delivery_id": dispatch.delivery_id}, queue=dispatch.queue
            )
        return taken + len(claimed)


def run_relay(settings: Settings) -> None:
    """Run a relay in this process until SIGTERM or SIGINT."""
    relay = Relay(settings)
    signal.signal(signal.SIGTERM, relay.stop)
    signal.signal(signal.SIGINT, relay.stop)
    log.info("relay_started")
    relay.run()
