"""Identifiers: random ones that cannot be guessed, sortable ones, and check characters for codes read aloud."""

import secrets
import time

#: Crockford's base 32: no I, L, O or U, so that a code survives handwriting and the telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH = 26
_AMBIGUOUS = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def new_ulid() -> str:
    """Return a fresh ULID: 48 bits of milliseconds, then 80 random bits, 26 base-32 characters."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(ALPHABET[(value >> (5 * place)) & 31] for place in range(_ULID_LENGTH - 1, -1, -1))


def new_token() -> str:
    """Return a URL-safe secret of 192 random bits, for links that stand in for a password."""
    return secrets.token_urlsafe(24)


def new_code(length: int) -> str:
    """Return ``length`` random base-32 characters followed by their check character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return body + check_character(body)


def normalise_code(typed: str) -> str:
    """Return a typed code in capitals, without spaces or dashes, with look-alike letters put right."""
    return "".join(ch for ch in typed.upper() if ch.isalnum()).translate(_AMBIGUOUS)


def check_character(body: str) -> str:
    """Return the check character of a base-32 body: any one wrong character and any swap of two neighbours shows.

    Each place has an odd weight (a unit modulo 32), and neighbouring weights differ by two times an odd number,
    so a swap is missed only when the two characters differ by exactly sixteen.
    """
    total = sum(ALPHABET.index(ch) * (2 * place + 3) for place, ch in enumerate(body))
    return ALPHABET[total % 32]


def is_checked_code(code: str) -> bool:
    """Say whether the last character of a normalised code is the check character of the rest."""
    return len(code) > 1 and all(ch in ALPHABET for ch in code) and check_character(code[:-1]) == code[-1]
