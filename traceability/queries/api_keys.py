"""Keys of other systems: whose they are, and what they may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import LargeBinary, Select, bindparam, select
from sqlalchemy.orm import Session

from traceability.models.epcis import ApiKey


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key, without the key itself: ``hint`` is how it begins."""

    id: int
    owner_party: str
    owner_name: str
    purpose: str
    hint: str
    may_capture: bool
    may_query: bool
    may_publish: bool
    created_at: datetime
    revoked_at: datetime | None


def find_key(session: Session, key_hash: bytes) -> KeyView | None:
    """Return the key with this SHA-256, unless it was revoked. One statement."""
    key = session.execute(_in_force(), {"key_hash": key_hash}).scalar_one_or_none()
    return None if key is None else view_key(key)


@cache
def _in_force() -> Select[ApiKey]:
    """Return the statement of ``find_key``; every request with a key runs it, so it is built once."""
    return select(ApiKey).where(
        ApiKey.key_hash == bindparam("key_hash", type_=LargeBinary), ApiKey.revoked_at.is_(None)
    )


def list_keys(session: Session) -> Sequence[KeyView]:
    """Return all keys, newest first."""
    return [view_key(key) for key in session.scalars(select(ApiKey).order_by(ApiKey.id.desc()))]


def list_owners(session: Session) -> Sequence[tuple[str, str]]:
    """Return (party, name) of everybody who has a key or had one, by name."""
    found = select(ApiKey.owner_party, ApiKey.owner_name).order_by(ApiKey.owner_name, ApiKey.id)
    return list({party: (party, name) for party, name in session.execute(found)}.values())


def view_key(key: ApiKey) -> KeyView:
    """Turn a row into its view."""
    return KeyView(
        id=key.id,
        owner_party=key.owner_party,
        owner_name=key.owner_name,
        purpose=key.purpose,
        hint=key.hint,
        may_capture=key.may_capture,
        may_query=key.may_query,
        may_publish=key.may_publish,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )
