"""Holding goods for an order: reserve, consume, release. Never more than there is, whoever comes at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Numeric,
    Select,
    and_,
    any_,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from catalog.errors import NotOnSale, NotSoldForNow, OutOfStock
from catalog.events import OfferChanged
from catalog.models import Offer, Product, Reservation, Stock
from catalog.rules import OfferState, Pick, Shelf, pick_first_to_expire, total_picked
from marketplace.core.clock import local_date
from marketplace.core.outbox import record_event
from traceability.queries.lots import explain_unsellable, find_unsellable
from traceability.rules.obstacles import PASSING, Obstacle

_SOMETHING = "Mặt hàng này"


@dataclass(frozen=True, slots=True)
class HeldLot:
    """Goods of one lot that are held for an order, in units of sale."""

    offer_id: int
    lot_id: int
    lot_code: str
    quantity: Decimal


def reserve(*, session: Session, holder: str, wanted: Mapping[int, Decimal], now: datetime) -> list[HeldLot]:
    """Hold goods for ``holder`` (an order's reference), from the lots that expire first.

    ``wanted`` maps offer ids to amounts in units of sale. Rows are locked in primary-key order, so two
    baskets never wait for each other in a circle. Raises ``NotOnSale``, ``NotSoldForNow`` or ``OutOfStock``, holding
    nothing.
    """
    today = local_date(now)
    asked = {"offer_ids": sorted(wanted)}
    rows = session.execute(_locked_stock(), asked).all()
    offers = {row.id: row for row in session.execute(_named_offers(), asked)}
    unsellable = find_unsellable(session, [row.lot_id for row in rows], today)
    codes = {row.id: row.lot_code for row in rows}
    picks: dict[int, list[Pick]] = {}
    for offer_id, amount in sorted(wanted.items()):
        offer = offers.get(offer_id)
        if offer is None or offer.state != OfferState.ON_SALE:
            is_paused = offer is not None and offer.state == OfferState.PAUSED
            raise NotOnSale(offer_id, offer.name if offer else _SOMETHING, is_paused=is_paused)
        shelves = [
            Shelf(row.id, row.lot_id, row.free, row.best_before_on, row.harvested_on)
            for row in rows
            if row.offer_id == offer_id and not row.is_frozen and row.lot_id not in unsellable
        ]
        picks[offer_id] = pick_first_to_expire(shelves, amount)
        free = sum((shelf.free for shelf in shelves), Decimal(0))
        if total_picked(picks[offer_id]) < amount:
            if free <= 0:
                taken = {shelf.stock_id for shelf in shelves}
                back = [row.lot_id for row in rows if row.offer_id == offer_id and row.free > 0 and row.id not in taken]
                _explain_none(session, offer_id, offer.name, back, today)
            raise OutOfStock(offer_id, offer.name, free, offer.unit)
        if free == amount:
            # The last of it: search must not offer what nobody can buy any more.
            record_event(session, OfferChanged(product_id=offer.product_id))
    _move_stock(session, [pick for chosen in picks.values() for pick in chosen])
    session.execute(
        insert(Reservation),
        [
            {
                "holder": holder, "stock_id": pick.stock_id, "offer_id": offer_id, "lot_id": pick.lot_id,
                "quantity": pick.quantity, "state": "held", "held_at": now,
            }
            for offer_id, chosen in picks.items()
            for pick in chosen
        ],
    )  # fmt: skip
    return [
        HeldLot(offer_id, pick.lot_id, codes[pick.stock_id], pick.quantity)
        for offer_id, chosen in picks.items()
        for pick in chosen
    ]


# Every order runs these three, and building them takes longer than running them: they are built once.
@cache
def _locked_stock() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Stock.id, Stock.offer_id, Stock.lot_id, Stock.lot_code, Stock.harvested_on, Stock.best_before_on,
            (Stock.listed - Stock.reserved - Stock.sold).label("free"), Stock.is_frozen,
        )
        .where(Stock.offer_id == any_(bindparam("offer_ids", type_=ARRAY(BigInteger))))
        .order_by(Stock.id)
        .with_for_update(of=Stock)
    )  # fmt: skip


@cache
def _named_offers() -> Select[*tuple[Any, ...]]:
    return (
        select(Offer.id, Offer.product_id, Product.name, Product.unit, Offer.state)
        .join(Product, Product.id == Offer.product_id)
        .where(Offer.id == any_(bindparam("offer_ids", type_=ARRAY(BigInteger))))
    )


@cache
def _raise_reserved() -> ReturningUpdate[Any]:
    taken = (
        func.unnest(bindparam("stock_ids", type_=ARRAY(BigInteger)), bindparam("amounts", type_=ARRAY(Numeric(12, 3))))
        .table_valued(column("stock_id", BigInteger), column("quantity", Numeric(12, 3)))
        .render_derived(name="taken")
    )
    return (
        update(Stock)
        .where(
            and_(
                Stock.id == taken.c.stock_id,
                Stock.is_frozen.is_(False),
                Stock.listed - Stock.reserved - Stock.sold >= taken.c.quantity,
            )
        )
        .values(reserved=Stock.reserved + taken.c.quantity)
        .returning(Stock.id)
        .execution_options(synchronize_session=False)
    )


def _move_stock(session: Session, picks: Sequence[Pick]) -> None:
    """Raise what is reserved, only where that much is still free; the table's own CHECK stands behind it."""
    given = {"stock_ids": [pick.stock_id for pick in picks], "amounts": [pick.quantity for pick in picks]}
    moved = session.execute(_raise_reserved(), given).all()
    if len(moved) != len(picks):
        raise OutOfStock(0, _SOMETHING, Decimal(0), "")


def _explain_none(session: Session, offer_id: int, name: str, lot_ids: Collection[int], today: date) -> None:
    """Say why nothing of an offer can be bought, when these lots of it lie there: they are not sold out."""
    obstacles = {one.obstacle for one in explain_unsellable(session, lot_ids, today)}
    if obstacles & PASSING or (lot_ids and not obstacles):
        raise NotSoldForNow(offer_id, name)
    if Obstacle.RECALLED in obstacles:
        raise NotOnSale(offer_id, name)


def lock_held(*, session: Session, holders: Collection[str]) -> None:
    """Lock whatever is held for several orders, before any of it is released: again in primary-key order."""
    held = select(Reservation.stock_id).where(Reservation.holder.in_(holders), Reservation.state == "held")
    session.execute(select(Stock.id).where(Stock.id.in_(held)).order_by(Stock.id).with_for_update())


def release(*, session: Session, holder: str, offer_ids: Sequence[int] | None = None) -> int:
    """Let go of what is held for ``holder`` (of some offers, when given); return how many lots were freed."""
    return _settle(session, holder, offer_ids, to="released")


def consume(*, session: Session, holder: str, offer_ids: Sequence[int] | None = None) -> int:
    """Turn what is held into what is sold (the goods are packed); return how many lots it came from."""
    return _settle(session, holder, offer_ids, to="consumed")


def _settle(session: Session, holder: str, offer_ids: Sequence[int] | None, *, to: str) -> int:
    wanted = select(Reservation.id, Reservation.stock_id, Reservation.quantity, Reservation.offer_id).where(
        Reservation.holder == holder, Reservation.state == "held"
    )
    if offer_ids is not None:
        wanted = wanted.where(Reservation.offer_id.in_(offer_ids))
    # Stock first and in key order, as in reserve(): the same order everywhere is what rules out deadlocks.
    stock_ids = select(wanted.subquery().c.stock_id)
    session.execute(select(Stock.id).where(Stock.id.in_(stock_ids)).order_by(Stock.id).with_for_update())
    held = session.execute(wanted.order_by(Reservation.id).with_for_update()).all()
    for _, stock_id, quantity, _ in held:
        change = {"reserved": Stock.reserved - quantity}
        if to == "consumed":
            change["sold"] = Stock.sold + quantity
        session.execute(update(Stock).where(Stock.id == stock_id).values(**change))
    if held:
        session.execute(update(Reservation).where(Reservation.id.in_([row.id for row in held])).values(state=to))
        _announce(session, {row.offer_id for row in held}, sold=to == "consumed")
    return len(held)


def _announce(session: Session, offer_ids: set[int], *, sold: bool) -> None:
    product_ids = session.execute(select(Offer.product_id).where(Offer.id.in_(offer_ids))).scalars().all()
    if sold:
        session.execute(update(Product).where(Product.id.in_(product_ids)).values(sold_count=Product.sold_count + 1))
    for product_id in sorted(product_ids):
        record_event(session, OfferChanged(product_id=product_id))
