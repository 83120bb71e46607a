"""Moves amounts out of lots and gives new lots their codes: the two places where a race would show."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.core.clock import local_date
from marketplace.core.errors import Conflict
from marketplace.core.quantity import format_quantity
from traceability.models.custody import Lot, LotNumber
from traceability.queries.lots import LotView, get_lot
from traceability.queries.owners import CommuneCode
from traceability.rules.lots import check_enough, make_code


def take_from_lot(session: Session, lot: LotView, amount: Decimal) -> None:
    """Move ``amount`` out of a lot, or raise ``Refused`` saying how much is left.

    The update itself carries the condition, and the table's CHECK stands behind it.
    """
    taken = session.execute(
        update(Lot)
        .where(Lot.id == lot.id, Lot.quantity_out + amount <= Lot.quantity_made)
        .values(quantity_out=Lot.quantity_out + amount)
        .returning(Lot.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken is None:
        left = get_lot(session, lot.id).remaining
        check_enough(lot.code, amount, left, format_quantity(left, lot.unit))
        message = "Lô này vừa thay đổi. Hãy xem lại rồi gửi lại."
        raise Conflict("lot_changed", message)


def give_back_to_lot(session: Session, lot: LotView, amount: Decimal) -> bool:
    """Move ``amount`` back into a lot; False when more would come back than ever left."""
    given = session.execute(
        update(Lot)
        .where(Lot.id == lot.id, Lot.quantity_out >= amount)
        .values(quantity_out=Lot.quantity_out - amount)
        .returning(Lot.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return given is not None


def next_code(session: Session, commune: CommuneCode, now: datetime) -> str:
    """Return the next lot code of a commune in this month. Two who ask at once wait for each other."""
    month = f"{local_date(now):%y%m}"
    number = session.execute(
        insert(LotNumber)
        .values(commune_id=commune.id, month=month, last=1)
        .on_conflict_do_update(
            index_elements=[LotNumber.commune_id, LotNumber.month], set_={"last": LotNumber.last + 1}
        )
        .returning(LotNumber.last)
    ).scalar_one()
    return make_code(commune.province_code, commune.code, month, number)
