"""Signed notes: text with lines of signatures below it (C2SP signed-note; cosignatures as in C2SP tlog-cosignature).

Lines of keys that we do not know are kept and ignored, so that a note may carry signatures of later kinds (ML-DSA-44
has 0x06) beside ours. Keys are written as the Go implementation of notes writes them.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

#: Signature types (C2SP signed-note): a plain signature, and a witness's signature with a time.
ED25519 = 0x01
COSIGNATURE = 0x04
_TYPES = (ED25519, COSIGNATURE)
_KEY_BYTES, _TIME_BYTES, _SIGNATURE_BYTES = 32, 8, 64
_PRIVATE = "PRIVATE+KEY+"
_MARK = "\u2014 "
_MAX_CHARS, _MAX_LINES = 1_000_000, 256
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class NoteError(ValueError):
    """This is no note, no key, or no signature that could be relied on."""


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A line below a note: whose it says it is, the key's number, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def to_text(self) -> str:
        """Return the line as it stands in a note."""
        return f"{_MARK}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"

    @property
    def cosigned_at(self) -> int:
        """When a witness says that it signed: seconds since 1970. Only for lines of type 0x04."""
        return int.from_bytes(self.signature[:_TIME_BYTES], "big")


@dataclass(frozen=True, slots=True)
class Note:
    """A note: its text (with the last newline), the lines that were verified, and all the others."""

    text: str
    verified: tuple[SignatureLine, ...]
    others: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key that signs notes."""

    name: str
    public_key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The key's number, four bytes: an identifier, not a proof."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public_key).digest()[:4]

    @classmethod
    def from_text(cls, text: str) -> "Verifier":
        """Read a verifier key (vkey): name, number and public key, joined by plus signs. Raises ``NoteError``."""
        name, key_id, kind, key = _read_key(text)
        verifier = cls(name, key, kind)
        if verifier.key_id.hex() != key_id:
            raise NoteError("the key's number is not that of the key")
        return verifier

    def to_text(self) -> str:
        """Return the key as a vkey."""
        key = base64.b64encode(bytes([self.kind]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def signed(self, line: SignatureLine) -> bool:
        """Say whether a line claims to be of this key."""
        return (line.name, line.key_id) == (self.name, self.key_id)

    def is_valid(self, text: str, signature: bytes) -> bool:
        """Say whether a signature over a note's text is this key's."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            stamp, signature = signature[:_TIME_BYTES], signature[_TIME_BYTES:]
            if len(stamp) != _TIME_BYTES or stamp[0] & 0x80:
                return False
            message = _cosigned(text, int.from_bytes(stamp, "big"))
        if len(signature) != _SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A key that signs notes. Its text form is a secret."""

    name: str
    seed: bytes
    kind: int = ED25519

    @classmethod
    def from_text(cls, text: str) -> "Signer":
        """Read a private key as ``to_text`` writes it. Raises ``NoteError``."""
        if not text.startswith(_PRIVATE):
            raise NoteError("this is no private key")
        name, key_id, kind, seed = _read_key(text.removeprefix(_PRIVATE))
        signer = cls(name, seed, kind)
        if signer.verifier().key_id.hex() != key_id:
            raise NoteError("the key's number is not that of the key")
        return signer

    def to_text(self) -> str:
        """Return the private key as text."""
        seed = base64.b64encode(bytes([self.kind]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier().key_id.hex()}+{seed}"

    def verifier(self) -> Verifier:
        """Return the public half."""
        public = self._key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Verifier(self.name, public, self.kind)

    def sign(self, text: str, at: int | None = None) -> SignatureLine:
        """Sign a note's text. A cosignature needs the time: whole seconds since 1970."""
        if self.kind == COSIGNATURE:
            if at is None:
                raise NoteError("a cosignature tells its time")
            signature = at.to_bytes(_TIME_BYTES, "big") + self._key().sign(_cosigned(text, at))
        else:
            signature = self._key().sign(text.encode())
        return SignatureLine(self.name, self.verifier().key_id, signature)

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def new_signer(name: str, kind: int = ED25519) -> Signer:
    """Make a new key."""
    _check_name(name)
    seed = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return Signer(name, seed, kind)


def sign_note(text: str, signers: Sequence[Signer], at: int | None = None) -> str:
    """Return a note over a text. Raises ``NoteError`` for text that cannot be one."""
    _check_text(text)
    return text + "\n" + "".join(signer.sign(text, at).to_text() for signer in signers)


def split_note(note: str) -> tuple[str, list[SignatureLine]]:
    """Return a note's text and its lines; nothing is verified. Raises ``NoteError``."""
    if len(note) > _MAX_CHARS:
        raise NoteError("the note is too long")
    body, gap, below = note.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise NoteError("the note has no signatures")
    text = body + "\n"
    _check_text(text)
    lines = below.removesuffix("\n").split("\n")
    if len(lines) > _MAX_LINES:
        raise NoteError("the note has too many signatures")
    return text, [_read_line(line) for line in lines]


def open_note(note: str, verifiers: Sequence[Verifier]) -> Note:
    """Return a note whose text is signed by at least one of these keys.

    Raises ``NoteError`` when it is not, or when a line of one of these keys is false.
    """
    text, lines = split_note(note)
    verified: list[SignatureLine] = []
    others = []
    for line in lines:
        known = next((one for one in verifiers if one.signed(line)), None)
        if known is None:
            others.append(line)
        elif not known.is_valid(text, line.signature):
            message = f"the signature of {line.name} is false"
            raise NoteError(message)
        elif all(not known.signed(one) for one in verified):
            verified.append(line)
    if not verified:
        raise NoteError("none of the expected keys has signed")
    return Note(text, tuple(verified), tuple(others))


def read_base64(text: str) -> bytes:
    """Return what standard base64 (RFC 4648, 4) spells, in its one canonical spelling. Raises ``NoteError``."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("this is no base64") from error
    if base64.b64encode(found).decode() != text:
        raise NoteError("this base64 has a second spelling")
    return found


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _read_key(text: str) -> tuple[str, str, int, bytes]:
    # A name holds no plus sign, base64 may.
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NoteError("this is no key of a note")
    name, key_id, encoded = parts
    _check_name(name)
    if not _KEY_ID.fullmatch(key_id):
        raise NoteError("the key's number has eight hexadecimal digits")
    key = read_base64(encoded)
    if not key or key[0] not in _TYPES:
        raise NoteError("this kind of key is not known here")
    if len(key) != 1 + _KEY_BYTES:
        raise NoteError("the key has a wrong length")
    return name, key_id, key[0], key[1:]


def _read_line(line: str) -> SignatureLine:
    name, gap, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not gap:
        raise NoteError("a line below the note is no signature")
    _check_name(name)
    raw = read_base64(encoded)
    if len(raw) < 5:
        raise NoteError("a signature is too short")
    return SignatureLine(name, raw[:4], raw[4:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() or ord(char) < 0x20 for char in name):
        raise NoteError("a key's name is not empty and has no space and no plus sign")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("a note's text ends with a newline and has no other control characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NoteError("a note is UTF-8") from error
