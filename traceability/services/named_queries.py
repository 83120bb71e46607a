"""Owners keep queries under names; page tokens are given back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from traceability.errors import EpcisProblem
from traceability.models.epcis import NamedQuery, SpentPageToken

#: So many queries an owner may keep.
MAX_QUERIES = 500


def keep_query(
    *,
    session: Session,
    owner_party: str,
    name: str,
    query: Mapping[str, Any],
    prefixes: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep a query that could be read (``read_query``), with what the prefixes in it stand for.

    Raises ``EpcisProblem``: ResourceAlreadyExistsException for a name in use, QueryTooComplexException for too many.
    """
    kept = session.scalar(select(func.count()).select_from(NamedQuery).where(NamedQuery.owner_party == owner_party))
    if (kept or 0) >= MAX_QUERIES:
        detail = f"An owner keeps at most {MAX_QUERIES} queries. Delete one first."
        raise EpcisProblem("QueryTooComplexException", detail)
    new = session.scalar(
        insert(NamedQuery)
        .values(owner_party=owner_party, name=name, query=dict(query), prefixes=dict(prefixes), created_at=now)
        .on_conflict_do_nothing(index_elements=[NamedQuery.owner_party, NamedQuery.name])
        .returning(NamedQuery.id)
    )
    if new is None:
        detail = f"There is a query {name!r} already. Delete it first, or choose another name."
        raise EpcisProblem("ResourceAlreadyExistsException", detail)


def drop_query(*, session: Session, owner_party: str, name: str) -> bool:
    """Delete a query of an owner; False when there is none of that name."""
    dropped = session.scalar(
        delete(NamedQuery)
        .where(NamedQuery.owner_party == owner_party, NamedQuery.name == name)
        .returning(NamedQuery.id)
    )
    return dropped is not None


def spend_token(*, session: Session, token_hash: bytes, expires_at: datetime, now: datetime) -> bool:
    """Make a page token useless; False when it was so already. Tokens that ran out are forgotten meanwhile."""
    session.execute(delete(SpentPageToken).where(SpentPageToken.expires_at < now))
    spent = session.scalar(
        insert(SpentPageToken)
        .values(hash=token_hash, expires_at=expires_at)
        .on_conflict_do_nothing(index_elements=[SpentPageToken.hash])
        .returning(SpentPageToken.hash)
    )
    return spent is not None
