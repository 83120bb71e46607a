"""Tells sellers what a household grows and makes, from its seasons and lots."""

from sqlalchemy.orm import Session

from sellers.ports import Made
from traceability.queries.goods import list_names


class DiaryNames:
    """A ``FieldDiary`` on the tables of traceability."""

    def list_made(self, session: Session, household_id: int) -> Made:
        """Return what the household's diary and lots name, what was made last first."""
        names = list_names(session, household_id)
        return Made(
            tuple(dict.fromkeys(produce for produce, _ in names)), tuple(dict.fromkeys(way for _, way in names))
        )
