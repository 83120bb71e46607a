"""Orders forget who bought and who sold, once the time is over for which the law wants them kept. Sums stay."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from orders.models import Basket, Consignment, Order


def forget_buyer(*, session: Session, user_id: int, shown_as: str) -> int:
    """Empty the recipient of a buyer's orders; return how many. Amounts, goods and lots stay. Repeatable."""
    done = session.execute(
        update(Order)
        .where(Order.user_id == user_id, Order.buyer_name != shown_as)
        .values(
            buyer_name=shown_as, buyer_phone="", buyer_email=None, address_line="", address_note="", cancel_reason=None
        )
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(done)


def forget_baskets(*, session: Session, before: datetime) -> int:
    """Delete baskets that nobody has touched since ``before`` and that became no order; return how many.

    An address typed at checkout stands in them.
    """
    gone = session.execute(
        delete(Basket)
        .where(Basket.order_id.is_(None), Basket.changed_at < before)
        .returning(Basket.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def forget_seller(*, session: Session, household_id: int, shown_as: str) -> int:
    """Empty a household's name in orders and in what was disclosed of it; return how many orders. Repeatable."""
    rows = session.execute(
        select(Order)
        .join(Consignment, Consignment.order_id == Order.id)
        .where(Consignment.household_id == household_id)
        .order_by(Order.id)
    ).scalars()
    orders = rows.unique().all()
    for order in orders:
        sellers = [
            seller
            if seller.get("household_id") != household_id
            else {
                "household_id": household_id,
                "shown_name": shown_as,
                "name": shown_as,
                "address": "",
                "phone": "",
                "tax_code": "",
            }
            for seller in order.disclosure.get("sellers", [])
        ]
        order.disclosure = {**order.disclosure, "sellers": sellers}
    session.flush()
    session.execute(
        update(Consignment)
        .where(Consignment.household_id == household_id)
        .values(household_name=shown_as)
        .execution_options(synchronize_session=False)
    )
    return len(orders)
