"""Goods that leave a lot for the shop, and goods that come back unsold."""

import uuid
from collections.abc import Callable, Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Refused
from marketplace.core.quantity import format_quantity
from traceability.models.custody import Lot
from traceability.models.gates import SaleGate
from traceability.queries.lots import LotView, get_lot
from traceability.queries.story import sum_on_sale
from traceability.rules import events_custody
from traceability.rules.entries import check_amount
from traceability.rules.lots import is_sellable
from traceability.rules.sale_gate import Result
from traceability.services.balance import give_back_to_lot, take_from_lot
from traceability.services.chain import Draft, append_record, find_replay, lock_chain
from traceability.services.sale_gate import pass_gate


def commit_to_sale(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    quantity: Decimal,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
    claims: Collection[str] = (),
) -> LotView:
    """Put part of a lot on sale: it leaves the lot, and that is sealed with what the gate said.

    ``claims`` are the certificates that name and description of the goods claim (``claims.find_claims``). Raises
    ``Refused``: ``lot_not_sellable`` unless the lot is verified and within its date, ``lot_incomplete_for_sale`` with
    everything that the gate misses, ``not_enough_left``.
    """

    def move(lot: LotView) -> Result:
        if not is_sellable(lot.state, lot.best_before_on, local_date(now)):
            message = f"Lô {lot.code} chưa được bán: cần xã xác nhận và còn hạn sử dụng."
            raise Refused("lot_not_sellable", message, lot=lot.code, state=lot.state)
        result = pass_gate(session, lot, claims=claims, now=now)
        take_from_lot(session, lot, quantity)
        return result

    return _move(session, household_id, lot_id, quantity, "listed", move, key=key, actor=actor, now=now)


def return_from_sale(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    quantity: Decimal,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> LotView:
    """Take goods off sale that were never handed over: they are back in the lot, and that is sealed.

    Raises ``Refused`` (``more_than_is_on_sale``). A held or recalled lot takes its goods back all the same.
    """

    def move(lot: LotView) -> None:
        on_sale = sum_on_sale(session, lot.id)
        if quantity > on_sale or not give_back_to_lot(session, lot, quantity):
            message = f"Lô {lot.code} chỉ có {format_quantity(on_sale, lot.unit)} đang bày bán."
            raise Refused("more_than_is_on_sale", message, lot=lot.code, on_sale=str(on_sale))

    return _move(session, household_id, lot_id, quantity, "unlisted", move, key=key, actor=actor, now=now)


def lock_lots_for_handover(*, session: Session, household_id: int, lot_ids: Collection[int]) -> None:
    """Keep lots of a household as they are until the transaction ends: nobody holds, recalls or stops them meanwhile.

    Whoever asks afterwards whether they may be handed over has an answer that still holds when goods are packed. The
    household's chain comes first and the lots in the order of their ids, as everywhere.
    """
    lock_chain(session, household_id)
    ids = sorted(set(lot_ids))
    session.execute(select(Lot.id).where(Lot.id.in_(ids)).order_by(Lot.id).with_for_update(read=True))
    gates = select(SaleGate.lot_id).where(SaleGate.lot_id.in_(ids)).order_by(SaleGate.lot_id)
    session.execute(gates.with_for_update(read=True))


def _move(  # noqa: PLR0917 - the arguments of the two use cases
    session: Session,
    household_id: int,
    lot_id: int,
    quantity: Decimal,
    kind: str,
    move: Callable[[LotView], Result | None],
    *,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> LotView:
    chain = lock_chain(session, household_id)
    lot = get_lot(session, lot_id, household_id=household_id)
    if find_replay(session, chain, key) is not None:
        return lot
    check_amount(quantity, None, field="quantity")
    gate = move(lot)
    goods = events_custody.lot_portion(lot.produce, lot.code, quantity, lot.unit, lot.gtin)
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.sale(stamp, kind, goods, lot.code, gate),
            occurred_at=now,
            site_id=lot.site_id,
            lots={lot.id: quantity},
        ),
        actor=actor,
        key=key,
        now=now,
    )
    return get_lot(session, lot_id)
