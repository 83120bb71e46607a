"""Tasks that a recall sets off: goods frozen, orders stopped, parcels called back, buyers told, money given back."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import current_app, render_template

from catalog.services.guard import freeze_lots
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.notices import queue_email
from marketplace.core.outbox import record_event
from marketplace.core.tasks import once, task
from orders.events import RecallRefundsLeft, RecallStopsLeft
from orders.queries.recall import Reached, count_reached, letter_key, list_reached
from orders.services.cancel_order import stop_for_recall, warn_buyers
from orders.services.follow_recall import call_back_parcels, refund_late_delivery, refund_recalled, refund_returned
from orders.services.rehearse_recall import Rehearsal, note_rehearsal
from traceability.queries.recalls import RecallView, get_recall

#: So many orders are stopped, or paid back, in one transaction.
_PORTION = 100


@dataclass(frozen=True, slots=True)
class _Letter:
    key: str
    recipient: str
    subject: str
    text: str
    html: str


@task("orders.stop_recalled", queue="default")
def stop_recalled(*, delivery_id: int, lot_ids: list[int], reason: str, recall_id: int = 0, **_: object) -> None:
    """Stop open orders with goods of recalled lots, and call back what is under way.

    The shelf is frozen first: that waits for every order that is being placed right now, so that none is overlooked.
    """
    # A transaction of its own: whoever packs holds an order and waits for the shelf, and we go the other way.
    with transaction() as session:
        freeze_lots(session=session, lot_ids=lot_ids)
    with once(delivery_id) as undone:
        if undone is None:
            return
        stopped = stop_for_recall(session=undone, lot_ids=lot_ids, reason=reason, now=utcnow(), limit=_PORTION)
        if len(stopped) == _PORTION:
            record_event(undone, RecallStopsLeft(recall_id=recall_id, lot_ids=lot_ids, reason=reason))
            return
        call_back_parcels(session=undone, lot_ids=lot_ids, now=utcnow())


@task("orders.refund_recalled", queue="default")
def refund_delivered(*, delivery_id: int, recall_id: int, after: int = 0, **_: object) -> None:
    """Give money back for delivered goods, if the recall promises that."""
    with once(delivery_id) as session:
        if session is None:
            return
        last = refund_recalled(
            session=session, recall=get_recall(session, recall_id), now=utcnow(), limit=_PORTION, after=after
        )
        if last is not None:
            record_event(session, RecallRefundsLeft(recall_id=recall_id, after=last))


@task("orders.refund_late_delivery", queue="default")
def refund_after_delivery(*, delivery_id: int, consignment_ref: str, **_: object) -> None:
    """Give money back for recalled goods that the carrier delivered all the same."""
    with once(delivery_id) as session:
        if session is not None:
            refund_late_delivery(session=session, consignment_ref=consignment_ref, now=utcnow())


@task("orders.refund_returned", queue="default")
def refund_brought(
    *, delivery_id: int, recall_id: int, lot_id: int, line_id: int, quantity: str, reference: str, **_: object
) -> None:
    """Give money back for recalled goods that a buyer brought."""
    with once(delivery_id) as session:
        if session is not None:
            recall = get_recall(session, recall_id)
            refund_returned(session, recall, lot_id, line_id, Decimal(quantity), reference, utcnow())


@task("orders.warn_recalled", queue="default")
def warn_recalled(*, delivery_id: int, recall_id: int, **_: object) -> None:
    """Have every buyer of a recall's lots told, as soon as it begins or grows."""
    with once(delivery_id) as session:
        if session is not None:
            warn_buyers(session=session, recall=get_recall(session, recall_id))


@task("orders.warn_buyers", queue="default")
def write_to_buyers(*, delivery_id: int, recall_id: int, order_ids: list[int], **_: object) -> None:
    """Write to the buyers of these orders: one letter for each order and recall."""
    with once(delivery_id) as session:
        if session is None:
            return
        recall = get_recall(session, recall_id)
        for letter in _write_letters(recall, list_reached(session, recall, order_ids=order_ids)):
            queue_email(
                session,
                key=letter.key,
                recipient=letter.recipient,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                now=utcnow(),
            )


@task("orders.rehearse_recall", queue="default")
def rehearse(*, delivery_id: int, recall_id: int, **_: object) -> None:
    """Do everything for a drill that a recall would do up to the first letter sent, and note how long it took."""
    with once(delivery_id) as session:
        if session is None:
            return
        began = time.perf_counter()
        recall = get_recall(session, recall_id)
        reached = list_reached(session, recall)
        figures = count_reached(session, recall)
        found = time.perf_counter()
        letters = _write_letters(recall, reached)
        written = time.perf_counter()
        note_rehearsal(
            session=session,
            recall_id=recall_id,
            done=Rehearsal(
                lots=len(recall.lot_ids),
                orders=figures.orders,
                parcels_out=figures.parcels_out,
                letters=len(letters),
                calls=figures.to_phone,
                found_ms=round((found - began) * 1000),
                written_ms=round((written - found) * 1000),
                ended_at=utcnow(),
            ),
        )


def _write_letters(recall: RecallView, reached: Sequence[Reached]) -> list[_Letter]:
    by_order: dict[int, list[Reached]] = {}
    for one in reached:
        if one.buyer_email and not one.is_stopped:
            by_order.setdefault(one.order_id, []).append(one)
    return [_write_letter(recall, lines) for lines in by_order.values()]


def _write_letter(recall: RecallView, lines: Sequence[Reached]) -> _Letter:
    first = lines[0]
    out = [one for one in lines if one.is_out]
    goods = list(dict.fromkeys(f"{one.product_name} (lô {one.lot_code})" for one in out or lines))
    subject = f"THU HỒI: {goods[0]}"
    facts: Mapping[str, object] = {
        "recall": recall,
        "order_number": first.order_number,
        "link": f"{current_app.config['PUBLIC_URL']}/don/{first.order_token}",
        "subject": subject,
        "goods": goods,
        "is_out": bool(out),
    }
    return _Letter(
        key=letter_key(recall.id, first.order_id, len({one.lot_id for one in lines}), recall.notice_after),
        recipient=first.buyer_email or "",
        subject=subject,
        text=render_template("orders/letters/recall.txt", **facts),
        html=render_template("orders/letters/recall.html", **facts),
    )
