"""Households that may be one and the same: for officers, who are told where to look and nothing about anybody."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from marketplace.core.text import fold
from sellers.models import Commune, Household, IdentityCheck
from sellers.rules import was_verified as is_past_the_check


@dataclass(frozen=True, slots=True)
class Twin:
    """Another household that shares a telephone number, or the name of its representative in the same hamlet."""

    id: int
    code: str
    commune_name: str
    was_verified: bool
    has_same_phone: bool = False
    has_same_name: bool = False


def list_twins(session: Session, household_id: int) -> Sequence[Twin]:
    """Return other households with this one's telephone number, or its representative's name and hamlet. One statement.

    Names are compared without marks.
    """
    own, other = aliased(Household), aliased(Household)
    rows = session.execute(
        select(own.phone, own.representative, own.hamlet, own.commune_id, other, Commune.full_name)
        .select_from(own)
        .join(other, (other.phone == own.phone) | (other.commune_id == own.commune_id))
        .join(Commune, Commune.id == other.commune_id)
        .where(own.id == household_id, other.id != own.id, other.erased_at.is_(None))
        .order_by(other.id)
    )
    found = []
    for phone, representative, hamlet, commune_id, twin, commune_name in rows:
        has_same_name = twin.commune_id == commune_id and (fold(twin.representative), fold(twin.hamlet)) == (
            fold(representative),
            fold(hamlet),
        )
        if twin.phone == phone or has_same_name:
            found.append(
                Twin(
                    twin.id, twin.code, commune_name, is_past_the_check(twin.state), twin.phone == phone, has_same_name
                )
            )
    return found


def list_same_identity(session: Session, digits: str, *, but: int) -> Sequence[Twin]:
    """Return other households that an officer verified by the paper with this number.

    Hashes have a salt each, so only those with the same last digits are computed.
    """
    if not digits:
        return []
    rows = session.execute(
        select(IdentityCheck.number_hash, Household, Commune.full_name)
        .join(Household, Household.id == IdentityCheck.household_id)
        .join(Commune, Commune.id == Household.commune_id)
        .where(
            IdentityCheck.last4 == digits[-4:],
            IdentityCheck.is_accepted,
            IdentityCheck.number_hash.is_not(None),
            Household.id != but,
            Household.erased_at.is_(None),
        )
        .order_by(IdentityCheck.id)
    )
    return [
        Twin(twin.id, twin.code, commune_name, is_past_the_check(twin.state))
        for number_hash, twin, commune_name in rows
        if is_hash_of(number_hash or "", digits)
    ]


def is_hash_of(number_hash: str, digits: str) -> bool:
    """Say whether a salted hash is that of a number."""
    salt, _, wanted = number_hash.partition(":")
    return hmac.compare_digest(hash_number(digits, bytes.fromhex(salt)), wanted)


def hash_number(digits: str, salt: bytes) -> str:
    """Return the salted hash of a number, in hexadecimal."""
    return hashlib.scrypt(digits.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()
