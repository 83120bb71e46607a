"""What traceability needs from outside: a hand that signs for an officer, and what buyers have of a recalled lot."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy.orm import Session


class Signatory(Protocol):
    """Keeps officers' signing keys, outside the database."""

    def public_key(self, party: str) -> bytes:
        """Return the public half (Ed25519, 32 bytes) of a person's key, which is made on first use."""

    def sign(self, party: str, content: bytes) -> bytes:
        """Return the person's signature (64 bytes, RFC 8032) over the exact bytes."""

    def renew(self, party: str, old: bytes) -> bytes:
        """Put away the key whose public half is ``old`` for good, and return the public half of a new one.

        When another key is there by now, that one stays.
        """


class Sales(Protocol):
    """Knows what left in parcels, and whether its buyers were told."""

    def sum_sold(self, session: Session, lot_ids: Collection[int]) -> Mapping[int, Decimal]:
        """Return how much of each lot left its household in parcels, in the lot's own unit."""

    def is_parcel_of(self, session: Session, number: str, lot_id: int) -> bool:
        """Whether a parcel of that number holds goods of the lot."""

    def told_at(self, session: Session, recall_id: int) -> datetime | None:
        """Return when the last buyer of a recall was written to; None while one was not, or has to be phoned."""
