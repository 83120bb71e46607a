"""Who gets an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the goods and where. ``typed_place`` keeps what was typed before a commune was picked."""

    name: str
    phone: str
    email: str | None
    commune_id: int
    commune_name: str
    province_name: str
    address_line: str
    address_note: str = ""
    typed_place: str = ""


def read_recipient(stored: Mapping[str, Any]) -> Recipient:
    """Return a stored recipient as a value."""
    return Recipient(**stored)
