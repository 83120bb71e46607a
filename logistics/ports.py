"""What we ask of a carrier, in our own words. An outside call ends done, refused or unknown.

Unknown is not failure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """A person at a place. ``line`` is house, street and hamlet; commune and province carry today's names."""

    name: str
    phone: str
    line: str
    commune_name: str
    province_name: str

    @property
    def text(self) -> str:
        """The whole address on one line."""
        return ", ".join(part for part in (self.line, self.commune_name, self.province_name) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelSpec:
    """What goes from whom to whom. It is frozen with the first attempt, so that a repetition says the same.

    Weight in grams; money in whole đồng. ``cod_vnd`` already holds everything that the buyer pays at the
    door. An empty ``service`` lets the carrier's price list decide; ``max_transit_hours`` is what the goods
    endure.
    """

    sender: PostalAddress
    recipient: PostalAddress
    weight_g: int
    cod_vnd: int
    declared_vnd: int
    contents: str
    note: str = ""
    service: str = ""
    max_transit_hours: int | None = None


def store_spec(spec: ParcelSpec) -> dict[str, Any]:
    """Return a spec as JSON-ready data."""
    return asdict(spec)


def read_spec(stored: Mapping[str, Any]) -> ParcelSpec:
    """Return stored data as a spec."""
    return ParcelSpec(
        **{
            **stored,
            "sender": PostalAddress(**stored["sender"]),
            "recipient": PostalAddress(**stored["recipient"]),
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a service asks (đồng, taxes and surcharges in) and how long it takes (hours.

    None when nobody says). ``is_estimate`` marks a price of our own table: the carrier had not answered in
    time.
    """

    carrier: str
    service: str
    service_name: str
    fee_vnd: int
    transit_hours: int | None
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """A parcel that the carrier holds. Without ``waybill`` it will tell the number in its next message."""

    waybill: str | None
    fee_vnd: int | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label to print: a file, or an address at the carrier that works until ``expires_at``."""

    media_type: str
    content: bytes | None = None
    url: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that a carrier said about a parcel.

    ``state`` is ours (see ``rules.states``); None when we do not know the carrier's ``code``.
    ``happened_at`` is the carrier's clock, in UTC. ``cod_vnd`` is what the carrier means to collect, which
    proves no payment.
    """

    reference: str
    waybill: str
    code: str
    state: str | None
    label: str
    happened_at: datetime
    place: str = ""
    reason_code: str = ""
    reason: str = ""
    is_returning: bool = False
    cod_vnd: int | None = None
    fee_vnd: int | None = None


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The carrier did it and says what came of it."""

    value: T


@dataclass(frozen=True, slots=True)
class RefusedByCarrier:
    """The carrier understood and said no: nothing happened there. ``reason`` is in its own words."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it happened: the answer was lost. Never to be repeated blindly."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The carrier was not reached at all: nothing happened there, and asking again is safe."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The carrier offers no such thing."""


class Carrier(Protocol):
    """A carrier. Every call goes over the network, so none belongs inside a transaction."""

    @property
    def code(self) -> str:
        """Short name in our tables, such as ``viettelpost``."""
        ...

    @property
    def title(self) -> str:
        """Name for people, such as ``Viettel Post``."""
        ...

    def quote(self, spec: ParcelSpec) -> Done[Sequence[Quote]] | RefusedByCarrier | Unknown | NotSent:
        """Price a parcel: every service, or with ``spec.service`` that one to the đồng."""
        ...

    def create(self, reference: str, spec: ParcelSpec) -> Done[Booking] | RefusedByCarrier | Unknown | NotSent:
        """Make sure that one parcel stands under ``reference``, never a second.

        When one stands there already, its booking is returned (without waybill where the carrier keeps it
        back).
        """
        ...

    def cancel(self, waybill: str, reason: str) -> Done[None] | RefusedByCarrier | Unknown | NotSent:
        """Call a parcel off; a refusal is normal once the postman has it."""
        ...

    def send_back(self, waybill: str, reason: str) -> Done[None] | RefusedByCarrier | Unknown | NotSent:
        """Have a parcel that could not be delivered go back to its sender; refused as long as it is on its way out."""
        ...

    def label(self, waybill: str) -> Done[Label] | RefusedByCarrier | Unknown | NotSent:
        """Fetch the label."""
        ...

    def track(self, waybill: str) -> Done[Sequence[Word]] | RefusedByCarrier | Unknown | NotSent | Unsupported:
        """Ask for everything said about a parcel so far."""
        ...

    def check_webhook(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """Return the message's own key, by which repetitions show. Raises ``ForgedWebhook``."""
        ...

    def read_webhook(self, body: bytes) -> Sequence[Word]:
        """Return what a checked message says; empty for kinds we do not know.

        Raises ``UnreadableWebhook``.
        """
        ...
