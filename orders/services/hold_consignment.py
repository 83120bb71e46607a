"""Goods that may not be handed to a buyer: each step asks, and a consignment whose goods are stopped waits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.core.clock import local_date
from marketplace.core.outbox import record_event
from orders.errors import GoodsOnHold
from orders.events import ConsignmentHeld
from orders.models import Change, Consignment, LineLot, OrderLine
from orders.rules.holds import AT_HOUSEHOLD, tell_reason, tell_refusal, wait_until
from traceability.queries.lots import UnsellableLot, explain_unsellable, list_lots
from traceability.services.sale import lock_lots_for_handover


def list_consignment_lots(session: Session, consignment_id: int) -> list[int]:
    """Return the lots that a consignment's goods come from, by id."""
    return list(
        session.scalars(
            select(LineLot.lot_id)
            .join(OrderLine, OrderLine.id == LineLot.line_id)
            .where(OrderLine.consignment_id == consignment_id)
            .distinct()
            .order_by(LineLot.lot_id)
        )
    )


def find_stopped_lots(session: Session, consignment_id: int, now: datetime) -> Sequence[UnsellableLot]:
    """Return the lots of a consignment that may not be handed to a buyer now."""
    return explain_unsellable(session, list_consignment_lots(session, consignment_id), local_date(now))


def check_goods(*, session: Session, consignment: Consignment, step: str, now: datetime) -> None:
    """Raise ``GoodsOnHold`` when goods of a consignment may not be handed to a buyer now.

    The lots stay as they are until the transaction ends, so that nothing is packed between a hold and its news.
    """
    lot_ids = list_consignment_lots(session, consignment.id)
    lock_lots_for_handover(session=session, household_id=consignment.household_id, lot_ids=lot_ids)
    stopped = explain_unsellable(session, lot_ids, local_date(now))
    if stopped:
        until = consignment.held_until_at or find_end(session, consignment.id, now)
        raise GoodsOnHold(tell_refusal(step, stopped, until, now), lots=[one.code for one in stopped])


def find_end(session: Session, consignment_id: int, since: datetime) -> datetime:
    """Return until when a consignment may wait that is on hold since a moment."""
    lots = list_lots(session, list_consignment_lots(session, consignment_id))
    return wait_until(since, [lot.best_before_on for lot in lots.values()])


def put_on_hold(*, session: Session, consignment: Consignment, stopped: Sequence[UnsellableLot], now: datetime) -> None:
    """Let a consignment wait whose goods are still with the household. Again it changes the reason only."""
    reason = tell_reason(stopped)
    if consignment.held_at is not None:
        consignment.held_reason = reason
        session.flush()
        return
    until = find_end(session, consignment.id, now)
    consignment.held_until_at = until
    _note(session, consignment, reason, now)
    if until > now:
        event = ConsignmentHeld(consignment.id, now.isoformat(), until.isoformat(), reason)
        record_event(session, event)


def mark_held_outside(
    *, session: Session, consignment: Consignment, stopped: Sequence[UnsellableLot], now: datetime
) -> None:
    """Note that goods are on hold which have left their household: nothing waits for them, people are told."""
    _note(session, consignment, tell_reason(stopped), now)


def clear_hold(consignment: Consignment) -> None:
    """Let a consignment no longer wait: its goods came free, or it has ended."""
    consignment.held_at = consignment.held_reason = consignment.held_until_at = None


def is_waiting_for_goods(consignment: Consignment) -> bool:
    """Say whether a consignment waits for goods that are still with its household."""
    return consignment.held_at is not None and consignment.state in AT_HOUSEHOLD


def _note(session: Session, consignment: Consignment, reason: str, now: datetime) -> None:
    consignment.held_at, consignment.held_reason = now, reason
    session.execute(
        insert(Change).values(
            order_id=consignment.order_id,
            consignment_id=consignment.id,
            what="held",
            detail=reason,
            by_role="system",
            happened_at=now,
        )
    )
    session.flush()
