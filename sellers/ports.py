"""What sellers needs to be told by the packages that stand on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Made:
    """What a household makes: the names of its produce, and its kinds of production."""

    produces: Sequence[str] = ()
    productions: Sequence[str] = ()


class FieldDiary(Protocol):
    """Knows what a household grows and makes."""

    def list_made(self, session: Session, household_id: int) -> Made:
        """Return what the household's diary and lots name, what was made last first."""
