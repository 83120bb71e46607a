"""Processes killed by SIGKILL between any two steps of an order: it finishes all the same, and nothing twice."""

from collections.abc import Callable, Iterator

import pytest

from marketplace.app import create_app
from marketplace.config import from_environment
from marketplace.core.db import db
from marketplace.embedded.stack import Stack
from tests.concurrency.market import Market, Sale, eventually
from traceability.queries.chain import verify_chain

#: Outside, the bank tells its news again for half an hour; here for forty seconds.
_ENVIRON = {"RATE_LIMITS": "0", "RELAY_LEASE_SECONDS": "1", "SIMULATORS_RETRY_SCALE": "0.02"}
_LETTERS = [
    "Hộ đã nhận đơn ",
    "Kiện hàng  đang trên đường",
    "Kiện hàng  đã giao",
    "Đã nhận tiền cho đơn ",
    "Đơn hàng  của bạn",
]
Step = Callable[[Sale], None]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    data_dir = tmp_path_factory.mktemp("crash") / "data"
    with Stack(data_dir=data_dir, seed=False, fsync=False, environ=_ENVIRON) as stack:
        app = create_app(from_environment({**stack.env}))
        market = Market(stack, app)
        yield market
        market.close()
        with app.app_context():
            db.engine.dispose()


def finish(market: Market, *sales: Sale) -> None:
    """Wait until the orders are at their end and all is quiet, then count everything."""
    for sale in sales:
        eventually(lambda sale=sale: market.state(sale) == ("completed", "delivered"), f"{sale.reference} is delivered")
    eventually(market.is_quiet, "all is quiet")
    for sale in sales:
        assert_once(market, sale)
    with market.session() as session:
        assert verify_chain(session, market.household_id).is_intact
    assert market.count("core_deliveries WHERE failed_at IS NOT NULL") == 0


def assert_letters(market: Market, sale: Sale, wanted: list[str]) -> None:
    """Each letter was written once and none went out twice.

    One that was on its way when the worker died may have arrived or not; it stands before the operator then.
    """
    sent = market.letters(sale)
    assert len(set(sent)) == len(sent)
    assert {*sent, *market.letters_in_doubt(sale)} == set(wanted)
    assert market.count("core_notices WHERE recipient = :email", email=sale.email) == len(wanted)


def assert_once(market: Market, sale: Sale) -> None:
    """Nothing is missing and nothing is there twice: parcel, letters, money, records, notices."""
    assert [parcel["status"] for parcel in market.parcels(sale)] == [501]
    assert_letters(market, sale, _LETTERS)
    order = market.order(sale)
    assert (order.payment.state, order.payment.received_vnd, order.refunds) == ("paid", sale.total_vnd, ())
    booked = market.rows(
        "SELECT p.account, sum(p.amount_vnd), count(*) FROM core_ledger_postings p"
        " JOIN core_ledger_transactions t ON t.id = p.transaction_id"
        " JOIN orders_credits c ON t.reference = 'credit:sepay:' || c.external_id"
        " JOIN orders_payments y ON y.id = c.payment_id WHERE y.order_id = :id GROUP BY p.account ORDER BY p.account",
        id=sale.order_id,
    )
    assert booked == [("bank:main", sale.total_vnd, 1), ("orders:buyers", -sale.total_vnd, 1)]
    kinds = market.rows(
        "SELECT r.kind FROM trace_records r JOIN trace_parcels p"
        " ON strpos(lower(convert_from(r.body, 'UTF8')), lower(p.parcel_ulid)) > 0"
        " WHERE p.parcel_ref = :ref ORDER BY r.id",
        ref=sale.reference,
    )
    assert [kind for (kind,) in kinds] == ["parcel_packed", "parcel_shipped", "parcel_delivered"]
    changes = market.rows("SELECT what FROM orders_changes WHERE order_id = :id ORDER BY id", id=sale.order_id)
    assert [what for (what,) in changes] == ["placed", "paid", "accept", "pack", "hand_over", "deliver"]
    assert market.count("core_notices WHERE key LIKE :key", key=f"new-order:{sale.consignment_id}:%") == 1
    assert market.count("catalog_reservations WHERE holder = :h AND state = 'consumed'", h=sale.reference[:-2]) == 1


def walk(market: Market, interrupt: Callable[[], object]) -> list[Sale]:
    """Take two orders through every step, with something that happens right after each of them."""
    sales = [market.place(), market.place()]
    interrupt()
    steps: list[tuple[Step, Callable[[Sale], bool]]] = [
        (market.transfer, lambda sale: market.state(sale) == ("confirmed", "to_accept")),
        (market.accept, lambda sale: market.state(sale) == ("confirmed", "accepted")),
        (market.pack, market.is_booked),
        (market.deliver, lambda sale: market.state(sale) == ("completed", "delivered")),
    ]
    for do, is_done in steps:
        for sale in sales:
            do(sale)
        interrupt()
        for sale in sales:
            eventually(lambda sale=sale, is_done=is_done: is_done(sale), f"{do.__name__} of {sale.reference}")
    return sales


def test_an_order_without_any_crash(market: Market) -> None:
    sales = walk(market, lambda: None)
    finish(market, *sales)
    assert [market.letters(sale) for sale in sales] == [_LETTERS] * len(sales)


@pytest.mark.parametrize("name", ["worker", "relay"])
def test_killed_right_after_every_step(market: Market, name: str) -> None:
    finish(market, *walk(market, lambda: market.cut(name)))


def test_the_web_server_killed_at_every_step(market: Market) -> None:
    """The bank and the carrier find nobody at home and tell their news again."""
    finish(market, *walk(market, lambda: market.cut("web")))
    eventually(market.stack.web_answers, "the shop answers")


def hold(market: Market, name: str, operation: str, kind: str) -> None:
    """Let the next such call stay without an answer for longer than its caller will live."""
    market.control(name, "faults", operation=operation, kind=kind, seconds=60)


def walk_on(market: Market, sale: Sale) -> None:
    """Take an order whose parcel is packed to its end."""
    eventually(lambda: market.is_booked(sale), "the parcel is booked")
    market.deliver(sale)
    finish(market, sale)


def packed(market: Market) -> Sale:
    sale = market.place()
    market.transfer(sale)
    eventually(lambda: market.state(sale) == ("confirmed", "to_accept"), "the order is paid")
    market.accept(sale)
    market.pack(sale)
    return sale


def test_killed_while_the_carrier_has_the_order_but_we_do_not_know(market: Market) -> None:
    hold(market, "viettelpost", "createOrder", "timeout_after")
    sale = packed(market)
    eventually(lambda: market.parcels(sale), "the carrier has the parcel")
    market.cut("worker")
    walk_on(market, sale)
    calls = [call for call in market.requests("viettelpost", "createOrder") if sale.reference in call["body"]]
    assert calls[0]["fault"] == "timeout_after"


def test_killed_before_the_carrier_has_the_order(market: Market) -> None:
    asked = len(market.requests("viettelpost", "createOrder"))
    hold(market, "viettelpost", "createOrder", "timeout_before")
    sale = packed(market)
    eventually(lambda: len(market.requests("viettelpost", "createOrder")) > asked, "the carrier is asked")
    market.stack.kill("worker")
    assert market.parcels(sale) == []
    # Nobody asks again while the question might still be under way. Those two minutes pass here.
    market.run("UPDATE logistics_parcels SET asked_at = asked_at - interval '3 minutes' WHERE reference = :r",
               r=sale.reference)  # fmt: skip
    market.stack.start_process("worker")
    walk_on(market, sale)


def test_killed_while_a_letter_is_handed_over(market: Market) -> None:
    """The mail server has it, we do not know: it is not sent again, and the operator sees that."""
    hold(market, "mail", "smtp", "timeout_after")
    sale = market.place()
    eventually(lambda: market.letters(sale), "the letter is at the mail server")
    market.cut("worker")
    market.transfer(sale)
    eventually(lambda: market.state(sale) == ("confirmed", "to_accept"), "the order is paid")
    market.accept(sale)
    market.pack(sale)
    walk_on(market, sale)
    states = market.rows("SELECT state FROM core_notices WHERE recipient = :email ORDER BY id", email=sale.email)
    assert [state for (state,) in states] == ["sending", "sent", "sent", "sent", "sent"]


def test_killed_while_money_goes_back(market: Market) -> None:
    """The gateway has refunded, we do not know: the same question finds the same refund."""
    sale = market.place(method="card")
    reference = market.pay_by_card(sale)
    eventually(lambda: market.state(sale) == ("confirmed", "to_accept"), "the order is paid")
    hold(market, "stripe", "create_refund", "timeout_after")
    market.cancel(sale)
    eventually(lambda: market.refunds(reference), "the gateway has refunded")
    market.cut("worker")
    eventually(lambda: [one.state for one in market.order(sale).refunds] == ["done"], "the refund is noted")
    eventually(market.is_quiet, "all is quiet")
    assert [one["amount"] for one in market.refunds(reference)] == [sale.total_vnd]
    booked = market.rows(
        "SELECT t.kind, p.amount_vnd FROM core_ledger_postings p JOIN core_ledger_transactions t"
        " ON t.id = p.transaction_id WHERE p.account = 'gateway:stripe' ORDER BY p.id"
    )
    assert booked == [("payment", sale.total_vnd), ("refund", -sale.total_vnd)]
    assert_letters(market, sale, ["Đã nhận tiền cho đơn ", "Đơn  đã hủy", "Đơn hàng  của bạn"])
