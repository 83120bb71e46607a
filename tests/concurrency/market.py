"""The running market for tests of crashes: its processes, its tables, and the simulated world around it."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import redis
import stripe
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.registry import resolve
from marketplace.embedded.stack import Stack
from orders.ports import PaymentGateway
from orders.queries.orders import OrderView, get_order
from orders.services.cancel_order import cancel_order
from orders.services.deliver_consignment import accept_consignment, pack_consignment
from orders.services.settle_payment import remember_gateway_payment
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import buy, list_parts
from tests.factories.sellers import make_household
from tests.factories.traceability import make_keeper, make_verified_lot

_LIMIT_S = 40
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Sale:
    """One order of the test: who ordered, and the one parcel in it."""

    order_id: int
    email: str
    consignment_id: int
    reference: str
    household_id: int
    transfer_code: str
    total_vnd: int


def eventually(look: Callable[[], Any], why: str, *, limit_s: float = _LIMIT_S) -> Any:
    """Wait for something that happens in another process; return what was seen."""
    deadline = time.monotonic() + limit_s
    while not (found := look()):
        if time.monotonic() > deadline:
            message = f"{why}: not within {limit_s:.0f} s"
            raise AssertionError(message)
        time.sleep(0.05)
    return found


class Market:
    """The stack with a household that has a lot of greens on sale."""

    def __init__(self, stack: Stack, app: Flask) -> None:
        self.stack, self.app = stack, app
        self.http = httpx.Client(base_url=stack.simulators_url, trust_env=False, timeout=10)
        self.broker = redis.Redis.from_url(stack.env["BROKER_URL"])
        self._stripe = stripe.StripeClient(
            stack.env["STRIPE_SECRET_KEY"], base_addresses={"api": stack.env["STRIPE_API_BASE"]}
        )
        now = utcnow()
        with self.session() as session:
            self.household_id = make_household(session, now=now)
            make_user(session, household_id=self.household_id, now=now)
            lot = make_verified_lot(session, self.household_id, amount=100, now=now)
            self.offer = make_offer(session, self.household_id, lot_id=lot.id, amount=100, price=30_000, now=now)

    def close(self) -> None:
        self.http.close()
        self.broker.close()

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.app.app_context(), transaction() as session:
            yield session

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        with self.session() as session:
            return [tuple(row) for row in session.execute(text(statement), values)]

    def count(self, statement: str, **values: object) -> int:
        return int(self.rows(f"SELECT count(*) FROM {statement}", **values)[0][0])  # noqa: S608 - the tests' own words

    # What people and the world outside do

    def place(self, method: str = "transfer") -> Sale:
        email = f"lan{next(_numbers)}@thu.example"
        with self.session() as session:
            placed = buy(session, {self.offer.offer_id: 1}, method=method, now=utcnow(), email=email)
            part = list_parts(session, placed.order_id)[0]
            order = get_order(session, placed.order_id)
            code = order.payment.transfer_code or ""
            return Sale(placed.order_id, email, part.id, part.number, part.household_id, code, order.total_vnd)

    def transfer(self, sale: Sale) -> None:
        self.control("sepay", "transfers", amount=sale.total_vnd, content=sale.transfer_code)

    def pay_by_card(self, sale: Sale) -> str:
        """Open a card payment as the card page does, and let the buyer's card be charged; return its reference."""
        payment = self.order(sale).payment
        with self.app.app_context():
            card = resolve(PaymentGateway).open_payment(
                attempt_key=payment.attempt_key, amount_vnd=payment.amount_vnd, order_number=sale.reference[:-2]
            )
        with self.session() as session:
            remember_gateway_payment(session=session, payment_id=payment.id, reference=card.reference)
        self._stripe.v1.payment_intents.confirm(card.reference, {"payment_method": "pm_card_visa"})
        return card.reference

    def refunds(self, reference: str) -> list[Any]:
        """Return what the gateway has sent back of a payment."""
        return list(self._stripe.v1.refunds.list({"payment_intent": reference}).data)

    def cancel(self, sale: Sale) -> None:
        token = self.order(sale).token
        with self.session() as session:
            cancel_order(session=session, order_token=token, reason="", now=utcnow())

    def accept(self, sale: Sale) -> None:
        self._do(accept_consignment, sale)

    def pack(self, sale: Sale) -> None:
        self._do(pack_consignment, sale)

    def deliver(self, sale: Sale) -> None:
        self.control("viettelpost", f"parcels/{sale.reference}/run", script="happy")

    def _do(self, use_case: Callable[..., None], sale: Sale) -> None:
        with self.session() as session:
            use_case(
                session=session, household_id=sale.household_id, consignment_id=sale.consignment_id,
                actor=make_keeper(sale.household_id), now=utcnow(),
            )  # fmt: skip

    def requests(self, name: str, operation: str) -> list[Any]:
        """Return the calls that a simulator has seen."""
        found = self.http.get(f"/{name}/__sim/requests", params={"operation": operation, "limit": 500}).json()
        return list(found["requests"])

    def run(self, statement: str, **values: object) -> None:
        with self.session() as session:
            session.execute(text(statement), values)

    def control(self, name: str, path: str, **data: object) -> Any:
        answer = self.http.post(f"/{name}/__sim/{path}", json=data)
        assert answer.is_success, answer.text
        return answer.json()

    # Power cuts

    def cut(self, name: str) -> None:
        """Kill a process and everything it started, as a power cut does, and start it anew."""
        self.stack.kill(name)
        self.stack.start_process(name)

    # What came of it

    def order(self, sale: Sale) -> OrderView:
        with self.session() as session:
            return get_order(session, sale.order_id)

    def state(self, sale: Sale) -> tuple[str, str]:
        order = self.order(sale)
        return order.state, order.consignments[0].state

    def parcels(self, sale: Sale) -> list[dict[str, Any]]:
        """Return what the carrier holds under our reference."""
        found = self.http.get("/viettelpost/__sim/parcels", params={"reference": sale.reference}).json()
        return list(found["parcels"])

    def is_booked(self, sale: Sale) -> bool:
        return bool(
            self.count("logistics_parcels WHERE reference = :r AND waybill IS NOT NULL", r=sale.reference)
            and self.parcels(sale)
        )

    def letters(self, sale: Sale) -> list[str]:
        """Return the subjects of the letters that the buyer got, without the order's number."""
        found = self.http.get("/mail/api/messages", params={"to": sale.email}).json()["messages"]
        return sorted(
            letter["subject"].replace(sale.reference, "").replace(sale.reference[:-2], "") for letter in found
        )

    def letters_in_doubt(self, sale: Sale) -> list[str]:
        """Return the subjects of letters of which nobody knows whether they went out: the operator sees them."""
        rows = self.rows(
            "SELECT subject FROM core_notices WHERE recipient = :email AND state IN ('sending', 'unknown')",
            email=sale.email,
        )
        return [subject.replace(sale.reference, "").replace(sale.reference[:-2], "") for (subject,) in rows]

    def is_quiet(self) -> bool:
        """Say whether every fact has had its consequences and no message waits at the broker."""
        waiting = self.count("core_outbox WHERE relayed_at IS NULL") + self.count(
            "core_deliveries WHERE done_at IS NULL AND failed_at IS NULL"
        )
        return waiting == 0 and not any(self.broker.llen(queue) for queue in ("default", "outside", "search"))
