"""What is added about a lot after it was made: a picture of the produce, its brand, its best-before day."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Refused
from traceability.models.custody import Lot
from traceability.queries.lots import LotView, get_lot
from traceability.rules import events_custody
from traceability.rules.entries import check_best_before, check_photos, check_text
from traceability.services.chain import Draft, append_record, find_replay, lock_chain
from traceability.services.sale_gate import review_gates


def add_lot_details(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    photos: tuple[str, ...],
    brand: str,
    best_before_on: date | None,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> LotView:
    """Seal what was still missing about a lot. A repeated key changes nothing.

    A best-before day is given once: a lot that has one keeps it (``best_before_is_set``). Raises ``NotFound``,
    ``Refused`` (``nothing_added``, ``photo_unknown``).
    """
    chain = lock_chain(session, household_id)
    lot = get_lot(session, lot_id, household_id=household_id)
    if find_replay(session, chain, key) is not None:
        return lot
    brand = brand.strip()
    check_text(brand, "brand")
    check_photos(photos)
    if not (photos or brand or best_before_on):
        message = "Hãy thêm ảnh, nhãn hiệu hoặc hạn sử dụng."
        raise Refused("nothing_added", message, field="photos")
    if best_before_on is not None and lot.best_before_on is not None:
        message = f"Lô này đã ghi hạn {lot.best_before_on:%d/%m/%Y} nên không đổi được nữa."
        raise Refused("best_before_is_set", message, field="best_before_on")
    check_best_before(best_before_on, lot.made_on)
    goods = events_custody.lot_portion(lot.produce, lot.code, lot.quantity_made, lot.unit, lot.gtin)
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.details(stamp, goods, lot.code, brand, best_before_on),
            occurred_at=now,
            site_id=lot.site_id,
            lot_id=lot.id,
            photos=photos,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    values: dict[str, Any] = {}
    if best_before_on is not None:
        values["best_before_on"] = best_before_on
    if photos and lot.photo_sha256 is None:
        values["photo_sha256"] = photos[0]
    if values:
        session.execute(
            update(Lot).where(Lot.id == lot.id).values(**values).execution_options(synchronize_session=False)
        )
    review_gates(session=session, lot_ids=[lot.id], now=now)
    return get_lot(session, lot_id)
