"""Facts about parcels that others may react to. Times are ISO 8601 with an offset; money is whole đồng."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelEvent:
    """What every event of a parcel tells."""

    name: ClassVar[str]
    parcel_id: int
    reference: str
    consignment_ref: str
    happened_at: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelPlanned(ParcelEvent):
    """A parcel waits to be booked with its carrier."""

    name: ClassVar[str] = "logistics.parcel_planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelBooked(ParcelEvent):
    """The carrier knows the parcel and will collect it."""

    name: ClassVar[str] = "logistics.parcel_booked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelBookingRefused(ParcelEvent):
    """The carrier does not take the parcel; ``reason`` is in its own words."""

    name: ClassVar[str] = "logistics.parcel_booking_refused"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelMoved(ParcelEvent):
    """The parcel came into a state that is not an end."""

    name: ClassVar[str] = "logistics.parcel_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelDelivered(ParcelEvent):
    """The recipient has the parcel."""

    name: ClassVar[str] = "logistics.parcel_delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelReturned(ParcelEvent):
    """The sender has the parcel back."""

    name: ClassVar[str] = "logistics.parcel_returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelLost(ParcelEvent):
    """The carrier lost or destroyed the parcel (``state`` says which)."""

    name: ClassVar[str] = "logistics.parcel_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelCancelAsked(ParcelEvent):
    """Somebody asked to stop the parcel; the carrier has not answered yet."""

    name: ClassVar[str] = "logistics.parcel_cancel_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelCallBackAsked(ParcelEvent):
    """Somebody wants the parcel back, wherever it is; the carrier has not answered yet."""

    name: ClassVar[str] = "logistics.parcel_call_back_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelCancelled(ParcelEvent):
    """The parcel was called off before the carrier moved it."""

    name: ClassVar[str] = "logistics.parcel_cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodCollected(ParcelEvent):
    """The carrier took the buyer's cash at the door and owes it to us."""

    name: ClassVar[str] = "logistics.cod_collected"
    amount_vnd: int
