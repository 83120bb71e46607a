"""Versions of what the public sees, and officers' keys: what the log says of them, for whoever checks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from traceability.models.gates import Erasure, MasterVersion
from traceability.models.log import LogEntry, LogPosition, SigningKey

#: Requests to change what was verified name people; everybody sees the commitment, nobody what is behind it.
_NOT_PUBLIC = frozenset({"household-change"})


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version: its commitment in the log (SHA-256 of salt and content), and both while nobody was erased.

    Content and salt of what names people are left out.
    """

    subject: str
    name: str
    version: int
    status: str
    commitment: str
    content: str | None
    salt: str | None
    place: int | None
    recorded_at: datetime
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyView:
    """An officer's key: whose office it signs for, since when, and whether it was revoked."""

    party: str
    key_id: str
    title: str
    commune: str
    announced_at: datetime
    revoked_at: datetime | None
    reason: str


def list_versions(session: Session, household_id: int) -> Sequence[VersionView]:
    """Return every version of a household, its sites, its kinds of produce and its certificates, oldest first."""
    rows = session.execute(
        select(MasterVersion, LogPosition.place)
        .outerjoin(LogPosition, LogPosition.entry_id == MasterVersion.entry_id)
        .where(MasterVersion.household_id == household_id)
        .order_by(MasterVersion.id)
        .execution_options(populate_existing=True)
    )
    return [
        VersionView(
            subject=one.subject,
            name=one.name,
            version=one.version,
            status=one.status,
            commitment=one.commitment,
            content=one.content.decode() if one.content is not None and one.subject not in _NOT_PUBLIC else None,
            salt=one.salt.hex() if one.salt is not None and one.subject not in _NOT_PUBLIC else None,
            place=place,
            recorded_at=one.recorded_at,
            erased_at=one.erased_at,
        )
        for one, place in rows
    ]


@dataclass(frozen=True, slots=True)
class FactView:
    """The newest version of a household or of a certificate; nothing of either is left after an erasure."""

    content: bytes | None
    salt: bytes | None


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """What a proof file tells of a household: the newest versions by place, and where erasures stand in the log."""

    versions: dict[int, FactView]
    erasures: frozenset[int]

    @property
    def places(self) -> list[int]:
        """All the places."""
        return [*self.versions, *self.erasures]


def list_facts(session: Session, household_id: int, size: int) -> HouseholdFacts:
    """Return the newest versions of a household and of its certificates, and the erasures of that household.

    Newest among the first ``size`` entries of the log: what a checkpoint of that size proves. Versions that an erasure
    has emptied are left out as long as the erasure itself waits for its place. Two statements.
    """
    newest = (
        select(LogPosition.place, MasterVersion.content, MasterVersion.salt)
        .join(LogPosition, LogPosition.entry_id == MasterVersion.entry_id)
        .where(MasterVersion.household_id == household_id, MasterVersion.subject.in_(("household", "certificate")))
        .where(LogPosition.place < size)
        .ext(distinct_on(MasterVersion.subject, MasterVersion.subject_ref))
        .order_by(MasterVersion.subject, MasterVersion.subject_ref, MasterVersion.version.desc())
    )
    versions = {place: FactView(content, salt) for place, content, salt in session.execute(newest)}
    erasures = session.scalars(
        select(func.coalesce(LogPosition.place, size))
        .select_from(Erasure)
        .join(LogEntry, LogEntry.id == Erasure.entry_id)
        .outerjoin(LogPosition, LogPosition.entry_id == LogEntry.id)
        .where(Erasure.subject == "household", Erasure.subject_id == household_id, LogEntry.kind == "erasure")
    ).all()
    if any(place >= size for place in erasures):
        versions = {place: one for place, one in versions.items() if one.content and one.salt}
    return HouseholdFacts(versions, frozenset(place for place in erasures if place < size))


def list_keys(session: Session) -> Sequence[KeyView]:
    """Return officers' keys, those in force first, the newest of them on top."""
    rows = session.execute(
        select(SigningKey, LogEntry.content)
        .join(LogEntry, LogEntry.id == SigningKey.entry_id)
        .order_by(SigningKey.revoked_entry_id.is_not(None), SigningKey.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    ended = _endings(session, [key.revoked_entry_id for key, _ in rows if key.revoked_entry_id is not None])
    found = []
    for key, content in rows:
        told = json.loads(content or b"{}")
        revoked_at, reason = ended.get(key.revoked_entry_id or 0, (None, ""))
        found.append(
            KeyView(
                key.party,
                key.key_id,
                str(told.get("title", "")),
                str(told.get("commune", "")),
                key.announced_at,
                revoked_at,
                reason,
            )
        )
    return found


def _endings(session: Session, entry_ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    rows = session.execute(select(LogEntry.id, LogEntry.content, LogEntry.logged_at).where(LogEntry.id.in_(entry_ids)))
    ended: dict[int, tuple[datetime, str]] = {}
    for entry_id, content, logged_at in rows:
        told: dict[str, Any] = json.loads(content or b"{}")
        ended[entry_id] = (logged_at, str(told.get("reason", "")))
    return ended
