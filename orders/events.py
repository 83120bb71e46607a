"""What has happened to orders, consignments and payments."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """A buyer placed an order; its goods are held."""

    name: ClassVar[str] = "orders.order_placed"
    order_id: int


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """An order is paid, or is paid on delivery: the households may start."""

    name: ClassVar[str] = "orders.order_confirmed"
    order_id: int


@dataclass(frozen=True, slots=True)
class OrderExpired:
    """Nobody paid in time; the goods are free again."""

    name: ClassVar[str] = "orders.order_expired"
    order_id: int


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """The buyer (or a recall) stopped an order."""

    name: ClassVar[str] = "orders.order_cancelled"
    order_id: int


@dataclass(frozen=True, slots=True)
class ConsignmentAccepted:
    """A household promised its part of an order."""

    name: ClassVar[str] = "orders.consignment_accepted"
    consignment_id: int


@dataclass(frozen=True, slots=True)
class ConsignmentDeclined:
    """A household cannot deliver its part of an order."""

    name: ClassVar[str] = "orders.consignment_declined"
    consignment_id: int


@dataclass(frozen=True, slots=True)
class ConsignmentStopped:
    """A part of an order was stopped, by a recall or with the whole order."""

    name: ClassVar[str] = "orders.consignment_stopped"
    consignment_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConsignmentHeld:
    """A part of an order waits: its goods may not be handed to a buyer for now. Times are ISO."""

    name: ClassVar[str] = "orders.consignment_held"
    consignment_id: int
    held_at: str
    held_until_at: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConsignmentResumed:
    """Goods that were on hold since ``held_at`` (ISO) may be handed to a buyer again, or be used by who has them."""

    name: ClassVar[str] = "orders.consignment_resumed"
    consignment_id: int
    held_at: str


@dataclass(frozen=True, slots=True)
class ConsignmentGivenUp:
    """A part of an order that waited for its goods was ended: by the clock (``system``), its buyer, or the operator."""

    name: ClassVar[str] = "orders.consignment_given_up"
    consignment_id: int
    by_role: str


@dataclass(frozen=True, slots=True)
class HeldGoodsAreOut:
    """Goods that are on hold since ``held_at`` (ISO) are with the carrier or with their buyer."""

    name: ClassVar[str] = "orders.held_goods_are_out"
    consignment_id: int
    held_at: str
    is_called_back: bool


@dataclass(frozen=True, slots=True)
class ConsignmentPacked:
    """The goods are in a parcel; the carrier may be called."""

    name: ClassVar[str] = "orders.consignment_packed"
    consignment_id: int


@dataclass(frozen=True, slots=True)
class ConsignmentHandedOver:
    """The carrier has the parcel."""

    name: ClassVar[str] = "orders.consignment_handed_over"
    consignment_id: int


@dataclass(frozen=True, slots=True)
class ConsignmentDelivered:
    """The parcel is at the buyer's."""

    name: ClassVar[str] = "orders.consignment_delivered"
    consignment_id: int


@dataclass(frozen=True, slots=True)
class ConsignmentReturned:
    """The parcel went back to the household."""

    name: ClassVar[str] = "orders.consignment_returned"
    consignment_id: int


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """Money for an order is in."""

    name: ClassVar[str] = "orders.payment_received"
    payment_id: int


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """Money has to go back to a buyer."""

    name: ClassVar[str] = "orders.refund_requested"
    refund_id: int


@dataclass(frozen=True, slots=True)
class BuyersWarned:
    """The buyers of these orders are to be told of a recall."""

    name: ClassVar[str] = "orders.buyers_warned"
    recall_id: int
    order_ids: list[int]


@dataclass(frozen=True, slots=True)
class RecallRefundsLeft:
    """A recall owes money to so many buyers that paying goes on behind this consignment."""

    name: ClassVar[str] = "orders.recall_refunds_left"
    recall_id: int
    after: int


@dataclass(frozen=True, slots=True)
class RecallStopsLeft:
    """A recall reaches so many orders that stopping them goes on in another transaction."""

    name: ClassVar[str] = "orders.recall_stops_left"
    recall_id: int
    lot_ids: list[int]
    reason: str
