"""A market whose log is kept: an application on a database of its own, and a keeper that does a round when told."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, select, table, text
from sqlalchemy.orm import Session

from marketplace.core.db import db
from marketplace.keeper import Keeper
from tests.conftest import make_app, make_settings
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import make_lot, make_officer_actor, make_verified_lot
from traceability.adapters.key_folder import KeyFolder
from traceability.queries.lots import LotView
from transparency.audit import AuditTrust, audit_log
from transparency.checkpoint import Checkpoint, open_checkpoint
from transparency.lot_proof import Trust, check_lot_proof
from transparency.note import Verifier
from transparency.report import Report


class KeptMarket:
    """What it shows to the public is read through its pages alone (``get``, ``fetch``, ``bundle``)."""

    def __init__(self, database_url: str, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.settings = make_settings(database_url, folder, **environment)
        self.app = make_app(self.settings)
        self.engine = create_engine(database_url)
        self.client = self.app.test_client()
        self.signatory = KeyFolder(self.settings.keys_dir / "officers")
        self.household_id = 0

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()
        with self.app.app_context():
            db.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A real transaction."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def add_lot(self, now: datetime | None = None, *, is_verified: bool = True, **about: Any) -> LotView:
        """Let the household harvest a lot and the commune verify it: six or seven entries for the log."""
        with self.begin() as session:
            if not self.household_id:
                self.household_id = make_household(session)
                self.officer = make_officer_actor(
                    session.connection().exec_driver_sql("SELECT commune_id FROM sellers_households").scalar_one()
                )
            # A place of its own: what was sprayed on another field does not reach it.
            about.setdefault("site_id", make_site(session, self.household_id))
            if not is_verified:
                return make_lot(session, self.household_id, now=now or datetime.now(UTC), **about)
            return make_verified_lot(
                session,
                self.household_id,
                officer=self.officer,
                signatory=self.signatory,
                now=now or datetime.now(UTC),
                **about,
            )

    def keep(self, rounds: int = 1) -> bool:
        """Let a keeper start, do its rounds and stop."""
        return Keeper(self.settings).keep(rounds=rounds)

    def count(self, name: str) -> int:
        """Return how many rows a table has."""
        with self.begin() as session:
            return session.scalar(select(func.count()).select_from(table(name))) or 0

    def alter(self, statements: str, **values: object) -> None:
        """Do what only a superuser can: past triggers and foreign keys."""
        with self.begin() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements.split(";"):
                session.execute(text(statement), values)

    def get(self, path: str) -> bytes | None:
        """Return what the market answers, or None for 404."""
        with self.client.get(path) as answer:
            assert answer.status_code in {200, 404}, f"{path}: {answer.status}"
            return answer.get_data() if answer.status_code == 200 else None

    def look(self, path: str) -> bytes | None:
        """Return what the market answers, or None for any error: one that was attacked may be broken."""
        with self.client.get(path) as answer:
            return answer.get_data() if answer.status_code == 200 else None

    def fetch(self, path: str) -> bytes | None:
        """Return a file of the log (``transparency.tiles.Fetch``)."""
        return self.get(f"/log/{path}")

    @property
    def note(self) -> str:
        """The newest published checkpoint."""
        return (self.fetch("checkpoint") or b"").decode()

    @property
    def verifier(self) -> Verifier:
        """The log's key, as the market shows it."""
        return Verifier.from_text((self.fetch("vkey") or b"").decode().strip())

    @property
    def checkpoint(self) -> Checkpoint:
        """The newest published checkpoint, its signature checked."""
        return open_checkpoint(self.note, self.verifier)[0]

    def bundle(self, code: str, since: int | None = None) -> dict[str, Any]:
        """Download the proof file of a lot."""
        path = f"/lo/{code}/bang-chung.json" + (f"?since={since}" if since else "")
        found: dict[str, Any] = json.loads(self.get(path) or b"null")
        return found

    def check_lot(self, code: str, verifier: Verifier, since: str) -> Report:
        """Check the downloaded proof file of a lot, as somebody who kept a key and a checkpoint."""
        size = open_checkpoint(since, verifier)[0].size
        path = f"/lo/{code}/bang-chung.json?since={size}"
        return check_lot_proof(self.get(path) or b"", Trust(vkey=verifier, since=since))

    def audit(self, verifier: Verifier, since: str | None = None) -> Report:
        """Audit the whole log through the market's pages."""
        return audit_log(self.fetch, AuditTrust(verifier, since=since))

    def copy_files(self, folder: Path) -> Path:
        """Copy tiles, keys and photos; return the folder of the copy."""
        return Path(shutil.copytree(self.folder, folder))
