"""The seal: canonical bytes, the chain of hashes, and salted commitments to what stays outside.

Bytes follow RFC 8785 (JSON Canonicalization Scheme) and are made once, here; afterwards they are only ever copied.
A hash covers the previous hash and those bytes, so a record cannot be changed, dropped or moved without every later
hash changing. (The event hash of CBV 2.0 would not do: it is an identity, and several different events share it.)
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import rfc8785

#: What the first record of a chain follows.
GENESIS = bytes(32)


def canonical_bytes(content: dict[str, Any]) -> bytes:
    """Return the one spelling of a JSON object under RFC 8785."""
    return rfc8785.dumps(content)


def seal(prev_hash: bytes, body: bytes) -> bytes:
    """Return the hash of a record: SHA-256 over the previous record's hash (32 bytes) and this body."""
    return hashlib.sha256(prev_hash + body).digest()


def commit(salt: bytes, content: bytes) -> str:
    """Return the hexadecimal commitment to private content: SHA-256 over a random salt and its canonical bytes.

    Destroying the salt and the content leaves the seal valid and the content beyond guessing.
    """
    return hashlib.sha256(salt + content).hexdigest()


def find_break(links: Iterable[tuple[int, bytes, bytes, bytes]]) -> int | None:
    """Walk a chain of (seq, prev_hash, hash, body) in order; return the first seq that does not fit, or None."""
    expected_seq, expected_prev = 1, GENESIS
    for seq, prev_hash, own_hash, body in links:
        if seq != expected_seq or prev_hash != expected_prev or seal(prev_hash, body) != own_hash:
            return expected_seq
        expected_seq, expected_prev = seq + 1, own_hash
    return None
