"""What a recall does to orders: goods frozen, orders stopped, parcels called back, buyers told, money given back."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from logistics.queries import list_standings
from marketplace.core.errors import Refused
from orders.adapters.recalled_sales import RecalledSales
from orders.queries.orders import get_order
from orders.queries.recall import find_drill, list_letter_keys
from orders.services.deliver_consignment import follow_delivery, follow_handover
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import NOW, buy, get_money, list_events, list_parts, pack
from tests.factories.reactions import react
from tests.factories.sellers import make_household
from tests.factories.traceability import SIGNATORY, make_officer_actor, make_recall, make_verified_lot
from traceability.services.recall_work import Entry, note_return, reverse_return
from traceability.services.recalls import add_to_recall

#: Every table, and what a drill may add to.
_TABLES = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' "
    "ORDER BY table_name"
)
_OF_A_DRILL = {"trace_recalls", "trace_recall_lots", "orders_recall_drills", "core_outbox", "core_deliveries"}


@pytest.fixture
def offer(session, in_app):
    household_id = make_household(session)
    make_user(session, household_id=household_id)
    lot = make_verified_lot(session, household_id, amount=100)
    return make_offer(session, household_id, lot_id=lot.id, price=30_000, amount=50)


def pay(session, placed):
    """Have a transfer order paid, without the bank."""
    money = get_money(session, placed.order_id)
    from orders.ports import BankCredit
    from orders.services.settle_payment import settle_credit

    credit = BankCredit(f"c{placed.order_id}", money.amount_vnd, f"MB {money.transfer_code} CT", NOW, "FT")
    settle_credit(session=session, source="sepay", credit=credit, now=NOW)


def send(session, placed):
    part = list_parts(session, placed.order_id)[0]
    pack(session, part)
    follow_handover(session=session, consignment_ref=part.number, happened_at=NOW, now=NOW)
    return part.number


def deliver(session, placed):
    number = send(session, placed)
    follow_delivery(session=session, consignment_ref=number, happened_at=NOW, now=NOW)
    session.execute(
        text("UPDATE logistics_parcels SET state = 'delivered', ended_at = now() WHERE reference = :r"), {"r": number}
    )
    return number


def refunds(session, placed):
    session.expire_all()
    return [(one.amount_vnd, one.state) for one in get_order(session, placed.order_id).refunds]


def letters(session):
    rows = session.execute(text("SELECT key, recipient FROM core_notices WHERE key LIKE '%recall-%' ORDER BY id"))
    return [tuple(row) for row in rows]


def test_a_recall_does_everything_by_itself_and_once(session, offer):
    waiting = buy(session, {offer.offer_id: 1})
    packed = buy(session, {offer.offer_id: 1}, email="b@thu.example")
    pack(session, list_parts(session, packed.order_id)[0])
    under_way = buy(session, {offer.offer_id: 1}, email=None)
    on_its_way = send(session, under_way)
    recall = make_recall(session, offer.lot_id)
    tasks = react(session)
    for name in ("catalog.freeze_lots", "orders.stop_recalled", "orders.warn_recalled", "orders.warn_buyers"):
        assert name in tasks
    states = [list_parts(session, one.order_id)[0].state for one in (waiting, packed, under_way)]
    assert states == ["cancelled", "cancelled", "handed_over"]
    packed_number = list_parts(session, packed.order_id)[0].number
    standings = list_standings(session, [packed_number, on_its_way])
    # Both parcels were planned and nobody has told the carrier yet, so they never leave.
    assert {one.call_back for one in standings.values()} == {"done"}
    assert session.execute(text("SELECT bool_and(is_frozen) FROM catalog_stock")).scalar_one()
    # What was never packed needs no second letter; the post might still come for what was.
    assert letters(session) == [(f"order:{packed.order_id}:0:recall-{recall.id}", "b@thu.example")]
    stopped = f"order:{waiting.order_id}:{list_parts(session, waiting.order_id)[0].id}:stopped"
    keys = session.execute(text("SELECT key FROM core_notices")).scalars().all()
    assert stopped in keys
    assert set(list_letter_keys(session, recall)) == {stopped, letters(session)[0][0]}
    body = session.execute(text("SELECT body_text FROM core_notices WHERE key LIKE '%recall-%' LIMIT 1")).scalar_one()
    for words in ("Tồn dư thuốc", "hãy từ chối nhận", "Đừng ăn", offer.lot_code, "http://localhost/don/"):
        assert words in body
    assert "Bạn cần làm" not in body
    # Everything again, as after a lost message: nothing changes.
    before = list_events(session, "")
    for name in ("stop_recalled", "warn_recalled", "refund_delivered"):
        repeat(session, name, recall)
    react(session)
    assert len(letters(session)) == 1
    told_again = [name for name in list_events(session, "")[len(before) :] if name != "orders.buyers_warned"]
    assert told_again == ["test"] * 3


def repeat(session, name, recall):
    from sqlalchemy import insert

    from marketplace.core.models import Delivery, OutboxEvent
    from orders.tasks import recalls

    payload = {"recall_id": recall.id, "lot_ids": list(recall.lot_ids), "reason": recall.reason}
    outbox_id = session.execute(
        insert(OutboxEvent).values(name="test", payload=payload, relayed_at=NOW).returning(OutboxEvent.id)
    ).scalar_one()
    delivery_id = session.execute(
        insert(Delivery).values(outbox_id=outbox_id, task="test", queue="default", next_at=NOW).returning(Delivery.id)
    ).scalar_one()
    session.commit()
    getattr(recalls, name)(delivery_id=delivery_id, **payload)


@pytest.mark.parametrize(
    ("method", "state"), [("transfer", "by_hand"), ("cod", "by_hand")], ids=["transfer", "cash at the door"]
)
def test_what_was_delivered_is_paid_back_when_the_recall_says_so(session, offer, method, state):
    placed = buy(session, {offer.offer_id: 2}, method=method)
    if method == "transfer":
        pay(session, placed)
    deliver(session, placed)
    make_recall(session, offer.lot_id)
    react(session)
    assert refunds(session, placed) == [(60_000, state), (22_000, state)], "goods and their delivery, no more"
    money = get_money(session, placed.order_id)
    assert (money.received_vnd, money.refunded_vnd) == (82_000, 82_000)


def test_only_the_recalled_part_of_a_parcel_is_paid_back(session, offer):
    other = make_offer(
        session, offer.household_id, price=50_000, amount=10,
        lot_id=make_verified_lot(session, offer.household_id, produce="Cải bẹ").id, name="Cải bẹ",
    )  # fmt: skip
    placed = buy(session, {offer.offer_id: 1, other.offer_id: 1}, method="transfer")
    pay(session, placed)
    deliver(session, placed)
    first = make_recall(session, offer.lot_id)
    react(session)
    assert refunds(session, placed) == [(30_000, "by_hand")]
    add_to_recall(
        session=session, recall_id=first.id, lot_id=other.lot_id, why="officer", key=uuid.uuid4(), now=NOW,
        officer=make_officer_actor(first.commune_id), officer_title="Cán bộ", signatory=SIGNATORY,
    )  # fmt: skip
    react(session)
    assert refunds(session, placed) == [(30_000, "by_hand"), (50_000, "by_hand"), (22_000, "by_hand")]
    keys = [key for key, _ in letters(session)]
    prefix = f"order:{placed.order_id}:0:recall-{first.id}"
    assert keys == [prefix, f"{prefix}-2"], "a second letter, because a second lot joined"


def test_goods_are_paid_for_when_they_come_back_and_never_twice(session, offer):
    placed = buy(session, {offer.offer_id: 4}, method="transfer")
    pay(session, placed)
    number = deliver(session, placed)
    deliver(session, buy(session, {offer.offer_id: 20}))
    packed = buy(session, {offer.offer_id: 1})
    pack(session, list_parts(session, packed.order_id)[0])
    recall = make_recall(session, offer.lot_id, remedy="return")
    react(session)
    assert refunds(session, placed) == []
    officer = make_officer_actor(recall.commune_id)

    def bring(amount, reference, key=None):
        line = note_return(
            session=session, recall_id=recall.id, officer=officer, key=key or uuid.uuid4(), now=NOW,
            sales=RecalledSales(),
            entry=Entry(offer.lot_id, Decimal(amount), date(2026, 11, 20), source="buyer", reference=reference),
        )  # fmt: skip
        react(session)
        return line

    key = uuid.uuid4()
    line = bring("1.5", f" {number.lower()} ", key)
    assert bring("1.5", number, key) == line
    assert refunds(session, placed) == [(45_000, "by_hand")]
    bring("1", "Nhà văn hóa thôn 3")
    assert len(refunds(session, placed)) == 1, "nobody knows whose that was"
    bring("9", number)
    assert refunds(session, placed) == [(45_000, "by_hand"), (75_000, "by_hand")], "what the parcel held, no more"
    bring("1", number)
    assert len(refunds(session, placed)) == 2
    for amount, reference, field in (
        ("11.501", number, "quantity"), ("1", "DH-000000-1", "reference"), ("1", number[:-2], "reference"),
        ("1", list_parts(session, packed.order_id)[0].number, "reference"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            bring(amount, reference)
        assert refusal.value.field == field, (amount, reference)
    bring("11.5", number)
    reverse_return(session=session, recall_id=recall.id, line_id=line, officer=officer, key=uuid.uuid4(), now=NOW)
    react(session)
    assert len(refunds(session, placed)) == 2


def test_what_arrives_all_the_same_is_paid_back(session, offer):
    under_way = buy(session, {offer.offer_id: 1}, method="transfer")
    pay(session, under_way)
    number = send(session, under_way)
    stopped = buy(session, {offer.offer_id: 1})
    pack(session, list_parts(session, stopped.order_id)[0])
    stopped_number = list_parts(session, stopped.order_id)[0].number
    make_recall(session, offer.lot_id)
    react(session)
    assert refunds(session, under_way) == []
    for reference in (number, stopped_number):
        session.execute(text("UPDATE logistics_parcels SET state = 'delivered' WHERE reference = :r"), {"r": reference})
        follow_delivery(session=session, consignment_ref=reference, happened_at=NOW, now=NOW)
        parcel_delivered(session, reference)
        parcel_delivered(session, reference)
    assert refunds(session, under_way) == [(30_000, "by_hand"), (22_000, "by_hand")]
    assert refunds(session, stopped) == [(52_000, "by_hand")], "the buyer paid at the door for a stopped order"


def parcel_delivered(session, reference):
    from logistics.events import ParcelDelivered
    from marketplace.core.outbox import record_event

    record_event(
        session,
        ParcelDelivered(
            parcel_id=1, reference=reference, consignment_ref=reference, happened_at=NOW.isoformat(), state="delivered"
        ),
    )
    react(session)


def test_what_was_called_off_before_is_not_reached(session, offer):
    from orders.services.cancel_order import cancel_order

    gone = buy(session, {offer.offer_id: 1})
    cancel_order(session=session, order_token=gone.token, reason="Đổi ý", now=NOW - timedelta(hours=1))
    make_recall(session, offer.lot_id)
    react(session)
    assert letters(session) == []


def snapshot(session):
    """Return every row of every table, by table."""
    session.expire_all()
    return {
        name: sorted(repr(tuple(row)) for row in session.execute(text(f'SELECT * FROM "{name}"')))  # noqa: S608
        for name in session.execute(_TABLES).scalars()
    }


def test_a_drill_measures_everything_and_changes_nothing(session, offer):
    buy(session, {offer.offer_id: 1})
    buy(session, {offer.offer_id: 1}, email=None)
    deliver(session, buy(session, {offer.offer_id: 1}))
    react(session)
    before = snapshot(session)
    drill = make_recall(session, offer.lot_id, is_drill=True)
    tasks = react(session)
    assert tasks == ["orders.rehearse_recall"]
    after = snapshot(session)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == _OF_A_DRILL
    for name in changed:
        assert set(before[name]) <= set(after[name]), f"{name}: what was there stays as it was"
        assert len(after[name]) - len(before[name]) == 1, name
    found = find_drill(session, drill.id)
    assert found is not None
    assert (found.orders, found.parcels_out, found.letters, found.calls) == (3, 1, 2, 1)
    assert found.found_ms >= 0
    assert found.written_ms >= 0


def test_many_orders_are_stopped_and_paid_in_portions(session, offer, monkeypatch):
    from orders.services import cancel_order
    from orders.tasks import recalls

    monkeypatch.setattr(recalls, "_PORTION", 2)
    monkeypatch.setattr(cancel_order, "_PORTION", 2)
    open_orders = [buy(session, {offer.offer_id: 1}, email=f"o{n}@thu.example") for n in range(5)]
    delivered = [buy(session, {offer.offer_id: 1}, method="transfer", email=f"d{n}@thu.example") for n in range(5)]
    for placed in delivered:
        pay(session, placed)
        deliver(session, placed)
    make_recall(session, offer.lot_id)
    tasks = react(session)
    assert tasks.count("orders.stop_recalled") == 3
    assert tasks.count("orders.refund_recalled") == 3
    assert tasks.count("orders.warn_buyers") == 5
    assert {list_parts(session, one.order_id)[0].state for one in open_orders} == {"cancelled"}
    assert [sum(amount for amount, _ in refunds(session, one)) for one in delivered] == [52_000] * 5
    rows = session.execute(text("SELECT recipient, body_text FROM core_notices WHERE key LIKE '%recall-%'")).all()
    asked = {recipient for recipient, body in rows if "Bạn cần làm: Đừng ăn" in body and "Hoàn tiền ngay" in body}
    assert asked == {f"d{n}@thu.example" for n in range(5)}, "who never got the goods cannot bring them back"
