"""An order that has come to a state, by the services that lead there."""

from datetime import timedelta

from orders.services.cancel_order import cancel_order, stop_for_recall
from orders.services.deliver_consignment import (
    accept_consignment,
    decline_consignment,
    follow_delivery,
    follow_handover,
    follow_return,
)
from orders.services.settle_payment import expire_unpaid
from tests.factories.orders import NOW, buy, get_money, list_parts, pack
from traceability.rules.entries import SYSTEM_ACTOR


def paid(session, placed):
    from orders.ports import BankCredit
    from orders.services.settle_payment import settle_credit

    money = get_money(session, placed.order_id)
    line = BankCredit(f"{placed.order_id}", money.amount_vnd, f"x {money.transfer_code} y", "0123456789", "FT1")
    settle_credit(session=session, source="sepay", credit=line, now=NOW)


def bring(session, offer, state):
    """Return an order that has come to a state."""
    method = {"card": "card", **dict.fromkeys(("awaiting", "paid", "expired", "refunded"), "transfer")}.get(
        state, "cod"
    )
    placed = buy(session, {offer.offer_id: 1}, method=method)
    part = list_parts(session, placed.order_id)[0]
    own = {"household_id": part.household_id, "consignment_id": part.id, "actor": SYSTEM_ACTOR, "now": NOW}
    news = {"consignment_ref": part.number, "happened_at": NOW, "now": NOW}
    steps = {
        "paid": lambda: paid(session, placed),
        "accepted": lambda: accept_consignment(session=session, **own),
        "declined": lambda: decline_consignment(session=session, reason="Mưa lớn, không hái được", **own),
        "packed": lambda: pack(session, part),
        "handed_over": lambda: follow_handover(session=session, **news),
        "delivered": lambda: follow_delivery(session=session, **news),
        "returned": lambda: follow_return(session=session, is_lost=False, **news),
        "lost": lambda: follow_return(session=session, is_lost=True, **news),
        "cancelled": lambda: cancel_order(session=session, order_token=placed.token, reason="Đổi ý", now=NOW),
        "expired": lambda: expire_unpaid(session=session, order_id=placed.order_id, now=NOW + timedelta(hours=2)),
        "recalled": lambda: stop_for_recall(session=session, lot_ids=[offer.lot_id], reason="Tồn dư thuốc", now=NOW),
    }
    for step in WAYS.get(state, (state,)):
        steps.get(step, lambda: None)()
    session.commit()
    return placed


#: Which steps lead to a state, where it is more than the one of that name.
WAYS = {
    "handed_over": ("packed", "handed_over"),
    "delivered": ("packed", "handed_over", "delivered"),
    "returned": ("packed", "handed_over", "returned"),
    "lost": ("packed", "lost"),
    "refunded": ("paid", "cancelled"),
}
