"""Seasons, as the diary shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from traceability.models.custody import Season

SEASON_NOT_FOUND = "Không tìm thấy vụ này."


@dataclass(frozen=True, slots=True)
class SeasonView:
    """A season, batch or flock (vụ, lứa, mẻ)."""

    id: int
    household_id: int
    site_id: int
    produce: str
    template: str
    transformation_id: str
    started_on: date
    closed_on: date | None

    @property
    def is_open(self) -> bool:
        """Whether entries may still be added."""
        return self.closed_on is None


_COLUMNS = tuple(getattr(Season, name) for name in SeasonView.__dataclass_fields__)


def view_season(season: Season) -> SeasonView:
    """Turn a row into its view."""
    return SeasonView(*(getattr(season, name) for name in SeasonView.__dataclass_fields__))


def get_season(session: Session, season_id: int, *, household_id: int | None = None) -> SeasonView:
    """Return a season, of that household only when one is given. Raises ``NotFound``."""
    statement = select(*_COLUMNS).where(Season.id == season_id)
    if household_id is not None:
        statement = statement.where(Season.household_id == household_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("season_not_found", SEASON_NOT_FOUND)
    return SeasonView(*row)


def list_seasons(session: Session, household_id: int, *, is_open: bool | None = None) -> Sequence[SeasonView]:
    """Return the seasons of a household, newest first."""
    statement = select(*_COLUMNS).where(Season.household_id == household_id)
    if is_open is not None:
        statement = statement.where(Season.closed_on.is_(None) if is_open else Season.closed_on.is_not(None))
    rows = session.execute(statement.order_by(Season.started_on.desc(), Season.id.desc()).limit(200))
    return [SeasonView(*row) for row in rows]
