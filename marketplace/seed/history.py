"""Orders of the past weeks and of today, moved on by the same use cases that shop, households and carriers use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from catalog.queries import list_household_cards
from catalog.services.guard import freeze_lots
from catalog.services.review import review_product
from logistics.ports import Booking, Done, Word
from logistics.queries import list_parcels
from logistics.services.book import settle_booking
from logistics.services.hear import apply_words
from marketplace.accounts.queries import get_title, list_household_user_ids, load_actor
from marketplace.core.clock import VN_TZ
from marketplace.core.registry import resolve
from marketplace.seed.accounts import BUYERS, People
from marketplace.seed.diaries import RECALLED
from marketplace.seed.dice import dice, key
from marketplace.seed.goods import load_goods
from marketplace.seed.history_plans import ORDERS, OrderPlan
from marketplace.seed.households import plan_households
from orders.ports import BankCredit, CardPayment, CardState
from orders.queries.orders import OrderView, get_order
from orders.rules.amounts import PricedLine, parcel_weight
from orders.rules.recipients import Recipient
from orders.services.cancel_order import cancel_order, stop_for_recall
from orders.services.deliver_consignment import (
    accept_consignment,
    decline_consignment,
    follow_delivery,
    follow_handover,
    follow_return,
    pack_consignment,
)
from orders.services.fill_basket import Quote, open_basket, set_line, set_recipient
from orders.services.place_order import Windows, place_order
from orders.services.settle_payment import expire_unpaid, settle_card, settle_credit
from sellers.queries import get_commune_by_code
from traceability.ports import Signatory
from traceability.queries.lots import find_lot_by_code
from traceability.services.recalls import recall_lot

_CARRIER, _SERVICE = "viettelpost", "VCN"
_WINDOWS = Windows(payment=timedelta(hours=24), acceptance=timedelta(hours=24))
_PLACES = (
    ("00070", "Số 12 phố Hàng Bè"), ("14797", "Số 45 đường Lê Hoàn"), ("26740", "Số 8 hẻm 21 đường Nguyễn Huệ"),
    ("14797", "Số 3 ngõ 19 phố Tân Hương"), ("16531", "Số 77 đường Nguyễn Du"),
)  # fmt: skip
#: Hours after the order at which each step happened; orders of today squeeze them into the hours there are.
_HOURS = {"pay": 1, "expire": 26, "cancel": 2, "decline": 5, "accept": 3, "pack": 9, "book": 9.2, "pick_up": 15,
          "travel": 26, "fail": 45, "deliver": 45, "lose": 90, "return": 110, "review": 70}  # fmt: skip
#: Step of a parcel -> (state, the carrier's code, its words, where).
_WORDS = {
    "pick_up": ("picked_up", "200", "Nhận từ bưu tá - Bưu cục gốc", "Bưu cục Thanh Hóa"),
    "travel": ("in_transit", "300", "Đang vận chuyển", "Trung tâm khai thác miền Bắc"),
    "fail": ("delivery_failed", "507", "Khách hàng đến bưu cục nhận nhưng chưa tới", "Bưu cục phát"),
    "deliver": ("delivered", "501", "Thành công - Phát thành công", "Bưu cục phát"),
    "return": ("returned", "504", "Thành công - Chuyển trả người gửi", "Bưu cục Thanh Hóa"),
    "lose": ("lost", "508", "Thất lạc, đã lập biên bản", "Trung tâm khai thác miền Bắc"),
}


@dataclass(frozen=True, slots=True)
class _Sold:
    """A product as an order needs it."""

    offer_id: int
    product_id: int
    household_id: int


@dataclass(slots=True)
class _Market:
    """What the steps of all orders share."""

    session: Session
    people: People
    shelf: dict[str, _Sold]
    orders: dict[int, int] = field(default_factory=dict)


def list_order_plans() -> tuple[OrderPlan, ...]:
    """Return every order that will be made."""
    return ORDERS


def make_history(session: Session, people: People, now: datetime, tell: Callable[[], None]) -> list[str]:
    """Place every order and move it on, step by step in the order of time; then recall one lot.

    Returns the parcels that were packed and not booked yet.
    """
    market = _Market(session, people, _read_shelf(session, people))
    steps: list[tuple[datetime, int, str]] = []
    for place, plan in enumerate(ORDERS):
        moments = _moments(plan, place, now)
        words = ("place", *plan.steps, *(("review",) if plan.reviews else ()))
        steps += [(moment, place, word) for moment, word in zip(moments, words, strict=True)]
    for moment, place, word in sorted(steps):
        _take_step(market, ORDERS[place], place, word, moment)
        if word == "place":
            tell()
    _recall(market, now - timedelta(minutes=2))
    return [
        consignment.number
        for place, plan in enumerate(ORDERS)
        if plan.steps[-1:] == ("pack",)
        for consignment in get_order(session, market.orders[place]).consignments
    ]


def _moments(plan: OrderPlan, place: int, now: datetime) -> list[datetime]:
    words = ("place", *plan.steps, *(("review",) if plan.reviews else ()))
    if plan.days_ago == 0:
        # After yesterday's work was entered, and before now.
        evening = (now.astimezone(VN_TZ) - timedelta(days=1)).replace(hour=20, minute=0, second=0, microsecond=0)
        start = max(evening, now - timedelta(hours=8)) + timedelta(minutes=place)
        gap = (now - timedelta(minutes=20) - start) / (len(words) + 1)
        return [start + gap * step for step in range(len(words))]
    placed = now - timedelta(days=plan.days_ago, minutes=place * 7)
    return [placed + timedelta(hours=_HOURS.get(word, 0)) for word in words]


def _read_shelf(session: Session, people: People) -> dict[str, _Sold]:
    wanted = {slug for plan in ORDERS for slug, _ in plan.goods}
    names = {goods.name: goods.slug for goods in load_goods()}
    shelf = {}
    for plan in plan_households():
        if not wanted & {goods.slug for goods in plan.goods}:
            continue
        for card in list_household_cards(session, people.households[plan.code]):
            shelf[names[card.name]] = _Sold(card.offer_id, card.product_id, people.households[plan.code])
    return shelf


def _take_step(market: _Market, plan: OrderPlan, place: int, word: str, now: datetime) -> None:
    if word == "place":
        market.orders[place] = _place(market, plan, place, now)
        return
    order = get_order(market.session, market.orders[place])
    if word in {"pay", "cancel", "expire"}:
        _settle(market.session, plan, order, word, place, now)
    elif word in {"accept", "decline", "pack"}:
        _desk(market.session, plan, order, word, now)
    elif word == "review":
        _review(market, plan, order, now)
    else:
        for consignment in order.consignments:
            _carry(market.session, consignment.number, word, place, now)


def _place(market: _Market, plan: OrderPlan, place: int, now: datetime) -> int:
    session = market.session
    basket_id, token = open_basket(session=session, token=None, now=now)
    lines: dict[int, list[PricedLine]] = {}
    for slug, amount in plan.goods:
        sold = market.shelf[slug]
        set_line(session=session, basket_id=basket_id, offer_id=sold.offer_id, quantity=Decimal(amount), now=now)
        goods = next(goods for goods in load_goods() if goods.slug == slug)
        lines.setdefault(sold.household_id, []).append(
            PricedLine(sold.offer_id, sold.household_id, Decimal(amount), goods.price_vnd, goods.parcel_g)
        )
    name, email, phone = BUYERS[plan.buyer]
    code, line = _PLACES[plan.buyer]
    commune = get_commune_by_code(session, code)
    hours = 24 if plan.days_ago == 0 else 48
    quotes = [
        Quote(
            household_id=household_id,
            carrier=_CARRIER,
            service=_SERVICE,
            service_name="Chuyển phát nhanh",
            fee_vnd=22_000 + weight // 500 * 2_500,
            transit_hours=hours,
            is_estimate=False,
            parcel_g=weight,
        )
        for household_id, weight in ((one, parcel_weight(own)) for one, own in lines.items())
    ]
    recipient = Recipient(name, phone, email, commune.id, commune.full_name, commune.province_name, line)
    set_recipient(session=session, basket_id=basket_id, recipient=recipient, quotes=quotes, now=now)
    goods_vnd = sum(
        round(next(g.price_vnd for g in load_goods() if g.slug == slug) * Decimal(amount))
        for slug, amount in plan.goods
    )
    placed = place_order(
        session=session, basket_token=token, payment_method=plan.method,
        total_shown=goods_vnd + sum(quote.fee_vnd for quote in quotes),
        user_id=market.people.buyers[plan.buyer] if place % 3 else None, windows=_WINDOWS, now=now,
    )  # fmt: skip
    return placed.order_id


def _settle(session: Session, plan: OrderPlan, order: OrderView, word: str, place: int, now: datetime) -> None:  # noqa: PLR0917
    if word == "cancel":
        cancel_order(session=session, order_token=order.token, reason=plan.reason, now=now)
    elif word == "expire":
        expire_unpaid(session=session, order_id=order.id, now=now)
    elif plan.method == "card":
        payment = order.payment
        card = CardPayment(
            reference=f"pi_seed_{place:03d}", client_secret="", state=CardState.PAID, amount_vnd=payment.amount_vnd,
            received_vnd=payment.amount_vnd, attempt_key=payment.attempt_key,
        )  # fmt: skip
        settle_card(session=session, card=card, now=now)
    else:
        payment = order.payment
        credit = BankCredit(
            external_id=f"seed-{place:03d}", amount_vnd=payment.amount_vnd,
            content=f"{payment.transfer_code} thanh toan",
            account_number="0123456789", reference=f"FT{place:06d}",
        )  # fmt: skip
        settle_credit(session=session, source="sepay", credit=credit, now=now)


def _desk(session: Session, plan: OrderPlan, order: OrderView, word: str, now: datetime) -> None:
    for consignment in order.consignments:
        actor = load_actor(
            session, list_household_user_ids(session, consignment.household_id)[0], consignment.household_id
        )
        if word == "decline":
            decline_consignment(
                session=session, household_id=consignment.household_id, consignment_id=consignment.id,
                reason=plan.reason, actor=actor, now=now,
            )  # fmt: skip
            continue
        step = accept_consignment if word == "accept" else pack_consignment
        step(
            session=session, household_id=consignment.household_id, consignment_id=consignment.id, actor=actor, now=now
        )


def _carry(session: Session, number: str, word: str, place: int, now: datetime) -> None:
    parcel = list_parcels(session, [number])[number]
    if word == "book":
        waybill = f"VTP{dice('waybill', place, number[-1]).randrange(10**9, 10**10)}"
        settle_booking(session=session, parcel_id=parcel.id, outcome=Done(Booking(waybill, 24_000)), now=now)
        return
    state, code, label, where = _WORDS[word]
    said = Word(
        reference=number,
        waybill=parcel.waybill or "",
        code=code,
        state=state,
        label=label,
        happened_at=now,
        place=where,
    )
    apply_words(session=session, carrier=_CARRIER, words=[said], now=now)
    if word == "pick_up":
        follow_handover(session=session, consignment_ref=number, happened_at=now, now=now)
    elif word == "deliver":
        follow_delivery(session=session, consignment_ref=number, happened_at=now, now=now)
    elif word in {"return", "lose"}:
        follow_return(session=session, consignment_ref=number, happened_at=now, is_lost=word == "lose", now=now)


def _review(market: _Market, plan: OrderPlan, order: OrderView, now: datetime) -> None:
    by_product = {
        line.product_id: consignment.number for consignment in order.consignments for line in consignment.lines
    }
    for (slug, _), (stars, words) in zip(plan.goods, plan.reviews, strict=True):
        product_id = market.shelf[slug].product_id
        review_product(
            session=market.session, product_id=product_id, consignment_ref=by_product[product_id], stars=stars,
            words=words, signed_as=order.buyer_name.rsplit(" ", maxsplit=1)[-1], now=now,
        )  # fmt: skip


def _recall(market: _Market, now: datetime) -> None:
    """Call the older lot of one product back, after buyers have it and while an order still waits."""
    session = market.session
    place = next(place for place, plan in enumerate(ORDERS) if plan.goods[0][0] == RECALLED)
    (line,) = get_order(session, market.orders[place]).consignments[0].lines
    lot = find_lot_by_code(session, line.lots[0][0])
    if lot is None:
        return
    commune = next(plan.commune_code for plan in plan_households() if plan.code == RECALLED)
    officer_id = market.people.officers[commune]
    recall = recall_lot(
        session=session, lot_id=lot.id, officer=load_actor(session, officer_id),
        officer_title=get_title(session, officer_id),
        reason="Mẫu lưu của mẻ này vượt ngưỡng nấm men, nghi do nắp hũ hở.",
        instruction="Ngừng ăn, giữ nguyên hũ và chụp ảnh gửi cho xã. Tiền hàng sẽ được hoàn lại.",
        is_drill=False, key=key("recall", RECALLED), now=now, signatory=resolve(Signatory),
    )  # fmt: skip
    freeze_lots(session=session, lot_ids=recall.lot_ids)
    stop_for_recall(session=session, lot_ids=recall.lot_ids, reason=recall.reason, now=now)
