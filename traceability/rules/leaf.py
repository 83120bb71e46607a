"""A leaf of the log: what is logged about one record or statement, and nothing that names a person.

The leaf holds the hash of the exact bytes that were stored, never of something rebuilt from them. The event hash of
CBV 2.0 is carried inside as an identity of what is public; it seals nothing (several different events share it). A
record's bytes hold a random event ID (122 bits), so a leaf does not let anybody guess a record that is not public. The
CBV hash leaves that ID out, so no leaf of such a record carries it.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marketplace.core.errors import Refused
from traceability.rules.seal import canonical_bytes

VERSION = 1
#: An entry bundle writes a leaf's length in two bytes (C2SP tlog-tiles).
MAX_BYTES = 65_535


@dataclass(frozen=True, slots=True)
class ChainLink:
    """Where a record stands in its household's own chain."""

    party: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """A person's signature (Ed25519) over the content, by a key that the log has announced."""

    key_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is logged. Hashes are raw bytes here and lower-case hexadecimal in the log; None is left out."""

    kind: str
    logged_at: datetime
    content_hash: bytes
    actor: str | None = None
    signature: Signature | None = None
    chain: ChainLink | None = None
    cbv_hash: str | None = None
    doc_hash: str | None = None
    capture_id: str | None = None
    private_commit: str | None = None
    corrects: bytes | None = None
    subject: str | None = None


def hash_content(content: bytes) -> bytes:
    """Return the hash under which content stands in its leaf: SHA-256 of its exact bytes."""
    return hashlib.sha256(content).digest()


def write_leaf(leaf: Leaf) -> bytes:
    """Return the bytes of a leaf (RFC 8785). Raises ``Refused`` when they do not fit an entry bundle."""
    fields: Mapping[str, Any] = {
        "v": VERSION,
        "kind": leaf.kind,
        "recordTime": write_time(leaf.logged_at),
        "contentHash": leaf.content_hash.hex(),
        "cbvHash": leaf.cbv_hash,
        "docHash": leaf.doc_hash,
        "captureID": leaf.capture_id,
        "privateCommit": leaf.private_commit,
        "actor": leaf.actor,
        "actorKeyId": leaf.signature.key_id if leaf.signature else None,
        "signature": base64.b64encode(leaf.signature.value).decode() if leaf.signature else None,
        "chain": {"party": leaf.chain.party, "seq": leaf.chain.seq, "hash": leaf.chain.hash.hex()}
        if leaf.chain
        else None,
        "corrects": leaf.corrects.hex() if leaf.corrects else None,
        "subject": leaf.subject,
    }
    written = canonical_bytes({name: value for name, value in fields.items() if value is not None})
    if len(written) > MAX_BYTES:
        message = "Mục này quá dài để ghi vào nhật ký minh bạch."
        raise Refused("leaf_too_long", message, bytes=len(written))
    return written


def write_time(moment: datetime) -> str:
    """Return a time as leaves and statements spell it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
