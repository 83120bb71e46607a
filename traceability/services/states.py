"""Moves a lot from one state to the next, by the table in ``rules.lots``."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace.core.errors import Conflict
from traceability.models.custody import Lot
from traceability.queries.lots import LotView
from traceability.rules.lots import LotState, LotStep, next_state


def move_lot(session: Session, lot: LotView, step: LotStep, **values: Any) -> LotState:
    """Take one step with a lot that was just read. Raises ``Conflict`` when the table or somebody else says no."""
    state = next_state(lot.state, step)
    moved = session.execute(
        update(Lot)
        .where(Lot.id == lot.id, Lot.state == lot.state)
        .values(state=state, **values)
        .returning(Lot.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if moved is None:
        message = "Lô này vừa được người khác xử lý. Hãy xem lại."
        raise Conflict("lot_changed", message)
    return state
