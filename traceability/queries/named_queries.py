"""Queries that owners keep under names, and page tokens that were given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from traceability.models.epcis import NamedQuery, SpentPageToken


@dataclass(frozen=True, slots=True)
class NamedQueryView:
    """A query of an owner: parameters as they came, and what the prefixes in their names stand for."""

    name: str
    query: Mapping[str, Any]
    prefixes: Mapping[str, str]
    created_at: datetime


def find_named_query(session: Session, name: str, *, owner_party: str) -> NamedQueryView | None:
    """Return an owner's query by its name."""
    row = session.execute(_select(owner_party).where(NamedQuery.name == name)).one_or_none()
    return None if row is None else NamedQueryView(*row)


def list_named_queries(
    session: Session, *, owner_party: str, after: str | None, limit: int
) -> Sequence[NamedQueryView]:
    """Return an owner's queries by name, from after one on."""
    found = _select(owner_party)
    if after is not None:
        found = found.where(NamedQuery.name > after)
    return [NamedQueryView(*row) for row in session.execute(found.order_by(NamedQuery.name).limit(limit))]


def is_token_spent(session: Session, token_hash: bytes) -> bool:
    """Say whether a page token was given back."""
    return bool(session.scalar(select(exists().where(SpentPageToken.hash == token_hash))))


def _select(owner_party: str) -> Any:
    return select(NamedQuery.name, NamedQuery.query, NamedQuery.prefixes, NamedQuery.created_at).where(
        NamedQuery.owner_party == owner_party
    )
