"""The market that is attacked: lots of every state, a log, and a stranger who kept one older checkpoint."""

import io
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.core.photos import store_photo
from tests.factories.log import KeptMarket
from tests.factories.traceability import make_keeper, make_recall
from traceability.queries.lots import LotView, get_lot
from traceability.rules.entries import PackEntry, WorkEntry
from traceability.services.diary import record_work
from traceability.services.lots import pack_lot
from traceability.services.master_data import log_household
from transparency.note import Verifier

#: Makes a database from another one (or from nothing) and returns its address.
CopyDatabase = Callable[[str | None], str]


@dataclass(slots=True)
class Stranger:
    """What somebody outside holds: the log's key, one older checkpoint, and the codes on the packs that were bought."""

    vkey: Verifier
    kept: str
    lots: list[str]


@dataclass(slots=True)
class Stage:
    """A market at rest. Every attack gets a copy of its own."""

    market: KeptMarket
    stranger: Stranger
    early: Path
    copy_database: CopyDatabase
    folder: Path
    _copies: int = field(default=0)

    def copy(self) -> KeptMarket:
        """Return a copy of everything: the database, the tiles, the keys, the photos."""
        self._copies += 1
        self.market.close()
        url = self.copy_database(self.market.settings.database_url)
        return KeptMarket(url, self.market.copy_files(self.folder / f"copy-{self._copies}"))


def build_stage(folder: Path, copy_database: CopyDatabase) -> Stage:
    """Let a market live for a while: a lot, a checkpoint that nobody keeps, a lot, one that is kept, more lots.

    The first two are verified. Then come a held one, a recalled one, packs of a lot that nobody verified, and last such
    a lot itself.
    """
    market = KeptMarket(copy_database(None), folder / "market")
    lots = [_add_lot(market, "green")]
    with market.begin() as session:
        log_household(session=session, household_id=market.household_id, now=datetime.now(UTC))
    market.keep()
    early = Path(shutil.copytree(market.settings.log_dir, folder / "early"))
    lots.append(_add_lot(market, "red"))
    market.keep()
    kept, vkey = market.note, market.verifier
    lots += [_hold(market, _add_lot(market, "yellow")), _recall(market, _add_lot(market, "white"))]
    lots.append(_pack(market, _add_lot(market, "gray", is_verified=False)))
    lots.append(_add_lot(market, "blue", is_verified=False))
    market.keep()
    return Stage(market, Stranger(vkey, kept, [lot.code for lot in lots]), early, copy_database, folder)


def _add_lot(market: KeptMarket, colour: str, *, is_verified: bool = True) -> LotView:
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(picture, "PNG")
    with market.begin() as session:
        photo = store_photo(
            session, picture.getvalue(), media_dir=market.settings.media_dir, now=datetime.now(UTC)
        ).sha256
    return market.add_lot(photo=photo, is_verified=is_verified)


def _hold(market: KeptMarket, lot: LotView) -> LotView:
    """Let the household write down late what it sprayed the day before the harvest."""
    entry = WorkEntry(
        kind="spraying",
        happened_on=lot.made_on - timedelta(days=1),
        product="Thuốc Bt",
        target="sâu tơ",
        waiting_days=7,
    )
    with market.begin() as session:
        record_work(**_household(market, session), season_id=lot.season_id or 0, entry=entry)
        held = get_lot(session, lot.id)
    assert held.state == "held"
    return held


def _recall(market: KeptMarket, lot: LotView) -> LotView:
    with market.begin() as session:
        make_recall(session, lot.id, now=datetime.now(UTC), officer=market.officer, signatory=market.signatory)
    return lot


def _pack(market: KeptMarket, lot: LotView) -> LotView:
    amount = Decimal(10)
    entry = PackEntry(
        happened_on=lot.made_on, taken=amount, amount=amount, unit="kg", best_before_on=lot.made_on + timedelta(days=5)
    )
    with market.begin() as session:
        return pack_lot(**_household(market, session), lot_id=lot.id, entry=entry)


def _household(market: KeptMarket, session: Session) -> dict[str, Any]:
    return {
        "session": session,
        "household_id": market.household_id,
        "actor": make_keeper(market.household_id),
        "key": uuid.uuid4(),
        "now": datetime.now(UTC),
    }


class Administrator:
    """A superuser of the database: triggers, foreign keys and CHECKs are no obstacle."""

    def __init__(self, market: KeptMarket) -> None:
        self.market = market
        self.run(
            """
            DO $$ DECLARE one record; BEGIN
              FOR one IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint
                         WHERE contype = 'c' AND conrelid::regclass::text LIKE 'trace%'
              LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.owner, one.conname); END LOOP;
            END $$
            """
        )

    def run(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """Run one statement past everything that protects the tables; return its rows."""
        with self.market.begin() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            found = session.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []
