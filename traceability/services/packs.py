"""Numbers for single packs, printed on request: a copied sticker then shows by its number."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Conflict, Refused
from marketplace.core.ids import new_code
from traceability.models.names import Pack
from traceability.queries.lots import get_lot
from traceability.rules.lots import check_usable
from traceability.rules.scans import count_packs
from traceability.services.chain import lock_chain

#: Nine random characters (45 bits) and a check character: nobody guesses the number of another pack.
_RANDOM_LENGTH = 9
#: Spoilt sheets are printed again, so up to twice as many numbers as packs are given; a small lot may fill a sheet.
_PER_PACK, _AT_LEAST = 2, 130


def issue_packs(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    count: int,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> Sequence[str]:
    """Give so many packs of a lot a number each; return the numbers. The same key gives the same ones again.

    Raises ``NotFound`` for another household's lot, ``Refused`` for a held or recalled one and for more numbers than
    the lot can have packs.
    """
    lock_chain(session, household_id)
    lot = get_lot(session, lot_id, household_id=household_id)
    known = session.execute(select(Pack.lot_id, Pack.serial).where(Pack.client_key == key).order_by(Pack.id)).all()
    if known:
        if any(other != lot.id for other, _ in known):
            message = "Biểu mẫu này đã được dùng rồi. Hãy tải lại trang."
            raise Conflict("key_in_use", message)
        return [serial for _, serial in known]
    check_usable(lot.state, lot.code)
    issued = session.scalar(select(func.count()).select_from(Pack).where(Pack.lot_id == lot.id)) or 0
    most = max(_AT_LEAST, _PER_PACK * count_packs(lot.quantity_made, lot.unit))
    if count < 1 or issued + count > most:
        message = f"Lô này đã cấp {issued} số tem riêng, chỉ cấp được nhiều nhất {most} số. Hãy in tem chung của lô."
        raise Refused("too_many_packs", message, issued=issued, most=most)
    serials = [new_code(_RANDOM_LENGTH) for _ in range(count)]
    session.execute(
        insert(Pack),
        [
            {"lot_id": lot.id, "serial": serial, "issued_by": actor.party, "issued_at": now, "client_key": key}
            for serial in serials
        ],
    )
    return serials
