"""Keys of other systems are issued and revoked. A key is told once, when it is made; here only its hash is kept."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound, Refused
from marketplace.core.ids import new_ulid
from traceability.models.epcis import ApiKey
from traceability.queries.api_keys import KeyView, list_owners, view_key
from traceability.rules.epcis_access import MARKET_PARTY

_PREFIX = "cq_"
_RANDOM_BYTES = 32
_HINT = 8


@dataclass(frozen=True, slots=True)
class Scopes:
    """What a key may do. Whatever is not named is refused."""

    may_capture: bool = False
    may_query: bool = False
    may_publish: bool = False


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that was just issued. ``secret`` is None when this form was sent before: it is told only once."""

    key: KeyView
    secret: str | None


def hash_key(secret: str) -> bytes:
    """Return under what a key is kept. It has 256 random bits, so a plain SHA-256 gives nothing away."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def issue_key(
    *,
    session: Session,
    owner_party: str | None,
    owner_name: str,
    purpose: str,
    scopes: Scopes,
    issued_by: str,
    client_key: uuid.UUID,
    now: datetime,
) -> IssuedKey:
    """Issue a key to an owner who has one already (``owner_party``), to the market itself, or to a new one (None).

    Raises ``Refused`` for a key that may do nothing, or publish without capturing.
    """
    known = session.scalar(select(ApiKey).where(ApiKey.client_key == client_key))
    if known is not None:
        return IssuedKey(view_key(known), None)
    _check(scopes)
    party, name = _owner(session, owner_party, owner_name)
    secret = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    key = session.scalar(
        insert(ApiKey)
        .values(
            owner_party=party,
            owner_name=name,
            purpose=purpose,
            hint=secret[:_HINT],
            key_hash=hash_key(secret),
            may_capture=scopes.may_capture,
            may_query=scopes.may_query,
            may_publish=scopes.may_publish,
            created_at=now,
            created_by=issued_by,
            client_key=client_key,
        )
        .on_conflict_do_nothing(index_elements=[ApiKey.client_key])
        .returning(ApiKey)
    )
    if key is None:
        return IssuedKey(view_key(session.scalars(select(ApiKey).where(ApiKey.client_key == client_key)).one()), None)
    return IssuedKey(view_key(key), secret)


def revoke_key(*, session: Session, key_id: int, now: datetime) -> None:
    """End a key for good. Doing it twice changes nothing. Raises ``NotFound``."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now))
    if session.scalar(select(ApiKey.id).where(ApiKey.id == key_id)) is None:
        raise NotFound("key_not_found", "Không tìm thấy khóa này.")


def _check(scopes: Scopes) -> None:
    if not (scopes.may_capture or scopes.may_query):
        message = "Hãy chọn ít nhất một việc mà khóa này được làm: gửi sự kiện hoặc xem sự kiện."
        raise Refused("key_may_do_nothing", message, field="may_query")
    if scopes.may_publish and not scopes.may_capture:
        message = "Muốn công bố sự kiện thì khóa phải được phép gửi sự kiện."
        raise Refused("key_publishes_nothing", message, field="may_publish")


def _owner(session: Session, party: str | None, name: str) -> tuple[str, str]:
    if party is None:
        if not name.strip():
            message = "Hãy ghi tên đơn vị dùng khóa."
            raise Refused("owner_missing", message, field="owner_name")
        return new_ulid(), name.strip()
    if party == MARKET_PARTY:
        return party, "Chợ này"
    names = dict(list_owners(session))
    if party not in names:
        message = "Không tìm thấy đơn vị này. Hãy chọn lại."
        raise Refused("owner_unknown", message, field="owner")
    return party, names[party]
