"""What traceability needs from outside: a hand that signs for an officer."""

from typing import Protocol


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
