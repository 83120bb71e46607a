"""What the entries of a market's log mean: leaves in JSON, keys of people, signed statements.

A leaf tells the SHA-256 of the exact content, when it was logged, and who signed. Keys of officers are announced in the
log itself, by statements that the market's office key signs; which keys are the office's is certified by the log's key.
So whoever can write into the market's database, and holds neither key, can add no officer.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from transparency.note import NoteError, Verifier, open_note, read_base64

KINDS = frozenset(
    {"event", "error-declaration", "verification", "master-data", "certificate", "key", "policy", "recall", "erasure"}
)
#: Nobody believes these without a signature.
SIGNED_KINDS = frozenset({"key", "verification", "recall", "erasure"})
#: What only an officer can decide; the market's office cannot sign it in his or her place.
_OFFICERS_DEEDS = {"verification": "verify", "recall": "recall"}
#: How far the clocks of web servers, and transactions that took long, may put entries out of order.
CLOCK_SLACK = timedelta(minutes=10)
_OFFICE_HEADER = "choque-office-keys/1"


class EntryError(ValueError):
    """An entry is not what it claims to be; the message is a plain sentence about it."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """Where a record stands in its household's own chain."""

    party: str
    seq: int


@dataclass(frozen=True, slots=True)
class LeafView:
    """A leaf, read. Hashes and names of keys are hexadecimal."""

    index: int
    raw: bytes
    kind: str
    logged_at: datetime
    content_hash: str
    actor: str | None
    key_id: str | None
    signature: bytes | None
    chain: ChainLink | None
    #: The content hash of the record that this entry declares wrong.
    corrects: str | None = None


def read_leaf(index: int, raw: bytes) -> LeafView:
    """Read a leaf. Raises ``EntryError``."""
    try:
        fields = json.loads(raw)
        chain = fields.get("chain")
        signature = fields.get("signature")
        leaf = LeafView(
            index=index,
            raw=raw,
            kind=str(fields["kind"]),
            logged_at=datetime.fromisoformat(fields["recordTime"]),
            content_hash=str(fields["contentHash"]),
            actor=fields.get("actor"),
            key_id=fields.get("actorKeyId"),
            signature=base64.b64decode(signature, validate=True) if signature is not None else None,
            chain=ChainLink(str(chain["party"]), int(chain["seq"])) if chain is not None else None,
            corrects=str(fields["corrects"]) if "corrects" in fields else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        message = f"entry {index} is no leaf that can be read"
        raise EntryError(message) from error
    if fields.get("v") != 1 or leaf.kind not in KINDS or leaf.logged_at.tzinfo is None:
        message = f"entry {index} is of a kind that is not known here"
        raise EntryError(message)
    return leaf


def check_content(leaf: LeafView, content: bytes) -> None:
    """Check that a leaf is about this content. Raises ``EntryError``."""
    if hashlib.sha256(content).hexdigest() != leaf.content_hash:
        message = f"entry {leaf.index}: the content is not the one that was logged"
        raise EntryError(message)


def read_statement(leaf: LeafView, content: bytes) -> Mapping[str, Any]:
    """Read a statement in plain JSON. Raises ``EntryError``."""
    try:
        told = json.loads(content)
    except ValueError as error:
        message = f"entry {leaf.index}: the statement cannot be read"
        raise EntryError(message) from error
    if not isinstance(told, dict):
        message = f"entry {leaf.index}: the statement is no object"
        raise EntryError(message)
    return told


def format_office_keys(origin: str, public_keys: Sequence[bytes]) -> str:
    """Return the text with which a log's key certifies the keys of the market's office."""
    lines = [f"{name_key(key)} {base64.b64encode(key).decode()}" for key in public_keys]
    return "\n".join([_OFFICE_HEADER, origin, *lines]) + "\n"


def read_office_keys(note: str, origin: str, *verifiers: Verifier) -> dict[str, bytes]:
    """Return the office's keys by name, from a note that the log's key signed. Raises ``NoteError``."""
    text = open_note(note, verifiers).text
    header, named, *lines = text.removesuffix("\n").split("\n")
    if header != _OFFICE_HEADER or named != origin:
        raise NoteError("this does not certify the office's keys of this log")
    keys = [read_base64(line.partition(" ")[2]) for line in lines]
    return {name_key(key): key for key in keys}


def name_key(public_key: bytes) -> str:
    """Return the name of a person's key: the first eight bytes of its SHA-256, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()[:16]


@dataclass(slots=True)
class _PersonsKey:
    party: str
    public_key: bytes
    announced: int
    title: str
    revoked: int | None = None


@dataclass(slots=True)
class Keyring:
    """Keys of people, as the log announces and revokes them. Fill it in the order of the log."""

    office: Mapping[str, bytes]
    _keys: dict[str, _PersonsKey] = field(default_factory=dict)

    def learn(self, leaf: LeafView, content: bytes) -> None:
        """Take note of an announced or revoked key. Raises ``EntryError`` when the office has not signed it."""
        office_key = self.office.get(leaf.key_id or "")
        if office_key is None or leaf.signature is None:
            message = f"entry {leaf.index}: this key was announced without the signature of the market's office"
            raise EntryError(message)
        _verify(leaf, content, office_key)
        told = read_statement(leaf, content)
        try:
            public_key = base64.b64decode(told["publicKey"], validate=True)
            key_id, party, action, title = told["keyId"], told["party"], told["action"], told["title"]
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            message = f"entry {leaf.index}: the announced key cannot be read"
            raise EntryError(message) from error
        if name_key(public_key) != key_id:
            message = f"entry {leaf.index}: the announced key has another name"
            raise EntryError(message)
        known = self._keys.get(key_id)
        if action == "revoke":
            if known is not None and known.revoked is None:
                known.revoked = leaf.index
        elif known is None:
            self._keys[key_id] = _PersonsKey(str(party), public_key, leaf.index, str(title))
        elif known.party != party:
            message = f"entry {leaf.index}: this key is somebody else's already"
            raise EntryError(message)

    def check_signature(self, leaf: LeafView, content: bytes) -> str:
        """Check who signed an entry; return the signer's title. Raises ``EntryError``."""
        if leaf.key_id is None or leaf.signature is None:
            message = f"entry {leaf.index}: nobody has signed this {leaf.kind}"
            raise EntryError(message)
        office_key = self.office.get(leaf.key_id)
        if office_key is not None:
            deed = _OFFICERS_DEEDS.get(leaf.kind)
            if deed is not None:
                message = f"entry {leaf.index}: the office cannot {deed} a lot"
                raise EntryError(message)
            _verify(leaf, content, office_key)
            return "the market's office"
        key = self._keys.get(leaf.key_id)
        if key is None or key.announced >= leaf.index:
            message = f"entry {leaf.index}: signed by a key that the log had not announced"
            raise EntryError(message)
        if key.revoked is not None and key.revoked < leaf.index:
            message = f"entry {leaf.index}: signed by a key that had been revoked"
            raise EntryError(message)
        if key.party != leaf.actor:
            message = f"entry {leaf.index}: signed by another person's key"
            raise EntryError(message)
        _verify(leaf, content, key.public_key)
        return key.title


def check_order(leaves: Sequence[LeafView], kept_size: int) -> None:
    """Check that what was entered behind a checkpoint that somebody kept claims no time from before it.

    Leaves are given in the order of the log; those below ``kept_size`` stand as they were when the checkpoint was kept.
    Raises ``EntryError``.
    """
    latest: LeafView | None = None
    for leaf in leaves:
        if latest is not None and leaf.index >= kept_size and leaf.logged_at < latest.logged_at - CLOCK_SLACK:
            raise EntryError(_tell_backdated(leaf, latest))
        if latest is None or leaf.logged_at > latest.logged_at:
            latest = leaf


def check_chain_order(leaves: Sequence[LeafView]) -> None:
    """Check that in a household's own chain nothing claims a time from before what stands in front of it.

    Leaves are given in the order of the log. Raises ``EntryError``.
    """
    latest: dict[str, LeafView] = {}
    for leaf in leaves:
        if leaf.chain is None:
            continue
        before = latest.get(leaf.chain.party)
        if before is not None and leaf.logged_at < before.logged_at - CLOCK_SLACK:
            raise EntryError(_tell_backdated(leaf, before))
        if before is None or leaf.logged_at > before.logged_at:
            latest[leaf.chain.party] = leaf


def _tell_backdated(leaf: LeafView, before: LeafView) -> str:
    return (
        f"entry {leaf.index} claims to be of {leaf.logged_at:%Y-%m-%d %H:%M}, "
        f"but stands behind entry {before.index} of {before.logged_at:%Y-%m-%d %H:%M}: it was backdated"
    )


def _verify(leaf: LeafView, content: bytes, public_key: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(leaf.signature or b"", content)
    except (InvalidSignature, ValueError) as error:
        message = f"entry {leaf.index}: the signature is false"
        raise EntryError(message) from error
