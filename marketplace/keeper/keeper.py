"""The process that keeps the log: one at a time, until it is stopped."""

import fcntl
import os
import signal
import threading
from pathlib import Path

import structlog
from sqlalchemy import Connection, create_engine
from sqlalchemy.orm import Session

from marketplace.config import Settings
from marketplace.keeper.cosigning import Cosigners
from marketplace.keeper.files import KeeperFiles
from marketplace.keeper.keeping import Keeping, LogContradictedError
from traceability.services.sequence import take_keeping
from transparency.note import NoteError
from transparency.policy import Policy
from transparency.tiles import TileError

#: Seconds between rounds when there is nothing to do.
_IDLE_S = 0.5
_RETRY_S, _TROUBLE_S = 2.0, 10.0
log = structlog.get_logger(__name__)


class Keeper:
    """Keeps one log. A second one on the same database, or on the same keys, waits until the first is gone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files = KeeperFiles(settings.log_dir, settings.keys_dir)
        # One connection for everything: with it goes the lock, and without it nothing can be placed.
        self._engine = create_engine(settings.database_url, pool_size=1, max_overflow=0, pool_pre_ping=True)
        self._stop = threading.Event()
        self._policy_text = Path(settings.log_policy).read_text("utf-8") if settings.log_policy else ""
        policy = Policy.parse(self._policy_text) if self._policy_text else Policy()
        self._cosigners = Cosigners(policy, settings.keys_dir / "witnesses")

    def stop(self, *_: object) -> None:
        """Finish the round under way, then end."""
        self._stop.set()

    def run(self) -> None:
        """Run until stopped. A lost database is waited for; a contradiction is told again and again, never signed."""
        while not self._stop.is_set():
            try:
                if not self.keep():
                    self._stop.wait(_RETRY_S)
            except (LogContradictedError, TileError, NoteError) as error:
                log.error("log_contradicted", error=str(error))  # noqa: TRY400 - the sentence says it all
                self._stop.wait(_TROUBLE_S)
            except Exception as error:  # noqa: BLE001 - nothing may end the keeper but its owner
                log.warning("keeper_waits", error=str(error)[:200])
                self._stop.wait(_RETRY_S)

    def keep(self, *, rounds: int | None = None) -> bool:
        """Do so many rounds, or go on until stopped; False when somebody else is at it.

        Raises ``LogContradictedError``, ``TileError`` or ``NoteError`` when something contradicts what was signed.
        """
        self._files.make()
        lock = os.open(self._files.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with self._engine.connect() as connection:
                if not _take(lock, connection):
                    return False
                self._do_rounds(connection, rounds)
        finally:
            # The lock in the database goes with its connection.
            self._engine.dispose()
            os.close(lock)
        return True

    def _do_rounds(self, connection: Connection, rounds: int | None) -> None:
        keeping = Keeping(
            connection,
            self._files,
            origin=self._settings.log_origin,
            policy_text=self._policy_text,
            cosigners=self._cosigners,
        )
        done = 0
        while rounds is None or done < rounds:
            is_busy = keeping.do_round()
            done += 1
            if self._stop.is_set():
                return
            if not is_busy and rounds is None:
                self._stop.wait(_IDLE_S)


def _take(lock: int, connection: Connection) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    with Session(connection) as session, session.begin():
        return take_keeping(session)


def run_keeper(settings: Settings) -> None:
    """Keep the log in this process until SIGTERM or SIGINT."""
    keeper = Keeper(settings)
    signal.signal(signal.SIGTERM, keeper.stop)
    signal.signal(signal.SIGINT, keeper.stop)
    log.info("keeper_started")
    keeper.run()
