"""Orders for tests, placed the way buyers place them."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from orders.models import Consignment, Payment
from orders.queries.basket import find_basket
from orders.rules.recipients import Recipient
from orders.services.deliver_consignment import accept_consignment, pack_consignment
from orders.services.fill_basket import Quote, open_basket, set_line, set_recipient
from orders.services.place_order import Placed, Windows, place_order
from tests.factories.sellers import make_commune
from traceability.rules.entries import SYSTEM_ACTOR

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
WINDOWS = Windows(payment=timedelta(minutes=45), acceptance=timedelta(hours=24))
FEE = 22_000


def make_recipient(session: Session, **changes: object) -> Recipient:
    """Return somebody in a commune that exists."""
    commune_id = make_commune(session)
    values: dict[str, object] = {
        "name": "Nguyễn Thị Lan",
        "phone": "+84912345678",
        "email": "lan@thu.example",
        "commune_id": commune_id,
        "commune_name": "Xã Tân Ninh",
        "province_name": "Tỉnh Thanh Hóa",
        "address_line": "Thôn 3",
    }
    return Recipient(**{**values, **changes})  # type: ignore[arg-type]


def fill_basket(
    session: Session, wanted: Mapping[int, Decimal | int], *, now: datetime = NOW, fee: int = FEE, **recipient: object
) -> str:
    """Return the token of a basket with these amounts by offer, an address, and a quote for each household."""
    basket_id, token = open_basket(session=session, token=None, now=now)
    for offer_id, amount in wanted.items():
        set_line(session=session, basket_id=basket_id, offer_id=offer_id, quantity=Decimal(amount), now=now)
    view = find_basket(session, token)
    assert view is not None
    quotes = [
        Quote(part.household_id, "viettelpost", "VCN", "Chuyển phát nhanh", fee, 48, False, part.parcel_g)
        for part in view.parts
    ]
    set_recipient(
        session=session,
        basket_id=basket_id,
        recipient=make_recipient(session, **recipient),
        quotes=quotes,
        now=now,
    )
    return token


def total_of(session: Session, token: str) -> int:
    """Return what a basket costs with delivery."""
    view = find_basket(session, token)
    assert view is not None
    return view.amounts.total_vnd


def buy(
    session: Session,
    wanted: Mapping[int, Decimal | int],
    *,
    method: str = "cod",
    user_id: int | None = None,
    now: datetime = NOW,
    **recipient: object,
) -> Placed:
    """Place an order for these amounts by offer."""
    token = fill_basket(session, wanted, now=now, **recipient)
    return place_order(
        session=session,
        basket_token=token,
        payment_method=method,
        total_shown=total_of(session, token),
        user_id=user_id,
        windows=WINDOWS,
        now=now,
    )


def list_parts(session: Session, order_id: int) -> list[Consignment]:
    """Return an order's consignments as they stand."""
    session.expire_all()
    return list(
        session.execute(select(Consignment).where(Consignment.order_id == order_id).order_by(Consignment.id)).scalars()
    )


def get_money(session: Session, order_id: int) -> Payment:
    """Return an order's payment as it stands."""
    session.expire_all()
    return session.execute(select(Payment).where(Payment.order_id == order_id)).scalar_one()


def pack(session: Session, part: Consignment, *, actor: Actor = SYSTEM_ACTOR, now: datetime = NOW) -> None:
    """Let a household accept and pack its part."""
    arguments = {
        "session": session,
        "household_id": part.household_id,
        "consignment_id": part.id,
        "actor": actor,
        "now": now,
    }
    accept_consignment(**arguments)  # type: ignore[arg-type]
    pack_consignment(**arguments)  # type: ignore[arg-type]


def free_of(session: Session, offer_id: int) -> Decimal:
    """Return how much of an offer can still be bought."""
    free = text("SELECT sum(listed - reserved - sold) FROM catalog_stock WHERE offer_id = :id")
    return Decimal(session.execute(free, {"id": offer_id}).scalar_one())


def sold_of(session: Session, offer_id: int) -> Decimal:
    """Return how much of an offer has gone to buyers."""
    sold = text("SELECT sum(sold) FROM catalog_stock WHERE offer_id = :id")
    return Decimal(session.execute(sold, {"id": offer_id}).scalar_one())


def list_events(session: Session, prefix: str = "orders.") -> list[str]:
    """Return the names of events in the outbox, in order."""
    rows = session.execute(
        text("SELECT name FROM core_outbox WHERE name LIKE :prefix ORDER BY id"), {"prefix": f"{prefix}%"}
    )
    return list(rows.scalars())


def new_key() -> uuid.UUID:
    """Return a fresh form key."""
    return uuid.uuid4()
