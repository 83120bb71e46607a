"""Passwords: hashed with Argon2id (RFC 9106), compared in constant time, and in no list of known ones."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 8
LONGEST = 128
#: OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane; nobody has to wait for it.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: A password that nobody has. An unknown account is compared with it, and so takes as long as a known one.
_NOBODYS = _hasher.hash("khong-ai-dung-mat-khau-nay")
#: What lists of leaked passwords in Viet Nam begin with.
_KNOWN_TO_ALL = frozenset(
    {
        "matkhau123",
        "matkhau1",
        "password",
        "password1",
        "123456789",
        "1234567890",
        "12345678",
        "87654321",
        "qwertyui",
        "qwerty123",
        "iloveyou",
        "anhyeuem",
        "emyeuanh",
        "abcd1234",
        "1q2w3e4r",
        "vietnam123",
        "choque123",
    }
)


def hash_password(password: str) -> str:
    """Return an Argon2id hash in PHC format, with its salt and settings inside. Takes about 30 ms."""
    return _hasher.hash(_normalise(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password fits a hash. Without a hash the answer is no, after the same time."""
    try:
        _hasher.verify(password_hash or _NOBODYS, _normalise(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Return whether a hash was made with older settings than today's."""
    return _hasher.check_needs_rehash(password_hash)


def is_guessable(password: str, *own: str) -> bool:
    """Return whether a password is on every list, is almost one character, or is the person's own number."""
    plain = _normalise(password).casefold()
    if plain in _KNOWN_TO_ALL or len(set(plain)) <= 2:
        return True
    bare = "".join(ch for ch in plain if ch.isalnum())
    mine = ("".join(ch for ch in text.casefold() if ch.isalnum()) for text in own)
    return any(len(text) >= SHORTEST and bare in {text, text[::-1]} for text in mine)


def _normalise(password: str) -> str:
    # Composed or decomposed Vietnamese marks make the same password (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password)
