"""From a household's part of an order to the parcel that the post carries."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from logistics.ports import ParcelSpec, PostalAddress
from marketplace.core.quantity import format_quantity

_MAX_CONTENTS = 120
#: Carriers take 150 bytes, and a Vietnamese letter has up to three.
_MAX_LINE_BYTES = 150


class Sender(Protocol):
    """Where the post collects."""

    @property
    def name(self) -> str: ...

    @property
    def phone(self) -> str: ...

    @property
    def line(self) -> str: ...

    @property
    def hamlet(self) -> str: ...

    @property
    def commune_name(self) -> str: ...

    @property
    def province_name(self) -> str: ...


class Bought(Protocol):
    """One line of goods."""

    @property
    def name(self) -> str: ...

    @property
    def unit(self) -> str: ...

    @property
    def quantity(self) -> Decimal: ...


class Placed(Protocol):
    """An order: to whom, and how it is paid."""

    @property
    def payment_method(self) -> str: ...

    @property
    def buyer_name(self) -> str: ...

    @property
    def buyer_phone(self) -> str: ...

    @property
    def commune_name(self) -> str: ...

    @property
    def province_name(self) -> str: ...

    @property
    def address_line(self) -> str: ...

    @property
    def address_note(self) -> str: ...


class Part(Protocol):
    """A household's part of an order. Money in đồng."""

    @property
    def goods_vnd(self) -> int: ...

    @property
    def shipping_vnd(self) -> int: ...

    @property
    def parcel_g(self) -> int: ...

    @property
    def service(self) -> str: ...


def cod_amount(order: Placed, part: Part) -> int:
    """Return what the postman collects for one part, in đồng: its goods and its own delivery, or nothing."""
    return part.goods_vnd + part.shipping_vnd if order.payment_method == "cod" else 0


def make_shipment(order: Placed, part: Part, lines: Sequence[Bought], sender: Sender) -> ParcelSpec:
    """Return the parcel of one household's part."""
    return ParcelSpec(
        sender=address_of(sender),
        recipient=PostalAddress(
            name=order.buyer_name,
            phone=order.buyer_phone,
            line=order.address_line,
            commune_name=order.commune_name,
            province_name=order.province_name,
        ),
        weight_g=part.parcel_g,
        cod_vnd=cod_amount(order, part),
        declared_vnd=part.goods_vnd,
        contents=describe(lines),
        note=order.address_note,
        service=part.service,
    )


def address_of(sender: Sender) -> PostalAddress:
    """Return a household's pick-up address as the post wants it."""
    line = ", ".join(text for text in (sender.line, sender.hamlet) if text)
    return PostalAddress(
        name=sender.name,
        phone=sender.phone,
        line=line.encode()[:_MAX_LINE_BYTES].decode(errors="ignore").rstrip(),
        commune_name=sender.commune_name,
        province_name=sender.province_name,
    )


def describe(lines: Sequence[Bought]) -> str:
    """Return what is in a parcel, short enough for a label: ``Cam Vân Du 5 kg; Mắm tôm 2 hũ``."""
    text = "; ".join(f"{line.name} {format_quantity(line.quantity, line.unit)}" for line in lines)
    return text if len(text) <= _MAX_CONTENTS else text[: _MAX_CONTENTS - 1].rstrip() + "…"
