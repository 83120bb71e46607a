"""Writes what goes into the log, in the transaction of the change itself. The keeper gives it its place and signs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from marketplace.core.base import plain_insert
from marketplace.core.ids import new_ulid
from traceability.models.custody import Record
from traceability.models.log import LogEntry, SigningKey
from traceability.ports import Signatory
from traceability.rules import statements
from traceability.rules.epcis_access import is_public_record
from traceability.rules.leaf import ChainLink, Leaf, Signature, hash_content, write_leaf
from traceability.rules.seal import canonical_bytes


@dataclass(frozen=True, slots=True)
class ForeignEvent:
    """An event that somebody else captured here, as the log needs to know it. Private ones come without a CBV hash."""

    content: bytes
    cbv_hash: str | None
    is_declaration: bool


def log_record(
    session: Session, record: Record, *, party: str, commitment: str | None, cbv_hash: str | None, now: datetime
) -> int:
    """Log a sealed record; return the entry's id. ``party`` is the household's random name.

    The CBV hash leaves the random event ID out, so a stranger could try amounts until one fits: the leaf of a record
    that is not public goes without.
    """
    corrected, is_public = None, is_public_record(record.kind)
    if record.corrects_id is not None:
        corrected, kind = session.execute(select(Record.body, Record.kind).where(Record.id == record.corrects_id)).one()
        is_public = is_public and is_public_record(kind)
    return _add(
        session,
        Leaf(
            kind="error-declaration" if record.kind == "declaration" else "event",
            logged_at=now,
            content_hash=hash_content(record.body),
            actor=record.entered_by,
            chain=ChainLink(party, record.seq, record.hash),
            cbv_hash=cbv_hash if is_public else None,
            private_commit=commitment,
            corrects=hash_content(corrected) if corrected is not None else None,
        ),
        record_id=record.id,
    )


def log_events(
    session: Session,
    events: Sequence[ForeignEvent],
    *,
    doc_hash: str | None,
    capture_id: str | None,
    actor: str,
    now: datetime,
) -> Sequence[int]:
    """Log events that somebody else captured here; return the entries' ids in the order of the events.

    Their exact bytes stay with the events. One statement for each thousand.
    """
    if not events:
        return []
    leaves = [
        Leaf(
            kind="error-declaration" if event.is_declaration else "event",
            logged_at=now,
            content_hash=hash_content(event.content),
            actor=actor,
            cbv_hash=event.cbv_hash,
            doc_hash=doc_hash,
            capture_id=capture_id,
        )
        for event in events
    ]
    rows = [
        {
            "kind": leaf.kind,
            "leaf": write_leaf(leaf),
            "content_hash": leaf.content_hash,
            "logged_at": leaf.logged_at,
        }
        for leaf in leaves
    ]
    return session.scalars(_new_entries(), rows).all()


def log_statement(
    session: Session,
    *,
    kind: str,
    content: Mapping[str, Any],
    actor_party: str | None,
    now: datetime,
    lot_id: int | None = None,
    subject: str | None = None,
    signature_by: Signatory | None = None,
) -> int:
    """Log a statement in plain JSON; return the entry's id. Nothing in it may name a person.

    ``signature_by`` signs for ``actor_party``, whose key has been announced (``announce_key``). A statement without an
    ``id`` gets a random one, so that nobody can guess it from its hash.
    """
    written = canonical_bytes({"id": new_ulid(), **content})
    signature = None
    if signature_by is not None and actor_party is not None:
        key_id = statements.name_key(signature_by.public_key(actor_party))
        signature = Signature(key_id, signature_by.sign(actor_party, written))
    leaf = Leaf(
        kind=kind,
        logged_at=now,
        content_hash=hash_content(written),
        actor=actor_party,
        signature=signature,
        subject=subject,
    )
    return _add(session, leaf, content=written, lot_id=lot_id)


def announce_key(session: Session, *, party: str, title: str, commune: str, signatory: Signatory, now: datetime) -> str:
    """Make sure that the log has announced an officer's key, and return its name.

    The office signs the announcement, so that nobody becomes an officer by writing into the database. The key cannot be
    revoked until the transaction ends: what it signs here stands in the log before its revocation.
    """
    public_key = signatory.public_key(party)
    key_id = statements.name_key(public_key)
    known = session.execute(
        select(SigningKey.id, SigningKey.revoked_entry_id).where(SigningKey.key_id == key_id).with_for_update(read=True)
    ).one_or_none()
    if known is not None and known.revoked_entry_id is not None:
        # Whoever may still decide gets a new key; the revoked one never signs again.
        public_key = signatory.renew(party, public_key)
        key_id = statements.name_key(public_key)
        known = None
    if known is None:
        entry_id = log_statement(
            session,
            kind="key",
            content=statements.key_announced(
                party=party, public_key=public_key, title=title, commune=commune, valid_from=now
            ),
            actor_party=statements.OFFICE,
            now=now,
            signature_by=signatory,
        )
        session.execute(
            insert(SigningKey).values(
                party=party, key_id=key_id, public_key=public_key, entry_id=entry_id, announced_at=now
            )
        )
    return key_id


def revoke_keys_of(
    session: Session, *, party: str, by: str | None, reason: str, signatory: Signatory, now: datetime
) -> int:
    """Log that an officer's keys sign for nobody from now on; return how many that were. Repeatable.

    The office signs it, as it signed the announcement. ``by`` is the random name of the operator who asked, ``reason``
    a code. What was signed before stays valid.
    """
    keys = session.execute(
        select(SigningKey)
        .where(SigningKey.party == party, SigningKey.revoked_entry_id.is_(None))
        .order_by(SigningKey.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars()
    revoked = 0
    for key in keys.all():
        announced = session.scalar(select(LogEntry.content).where(LogEntry.id == key.entry_id))
        told = json.loads(announced or b"{}")
        content = statements.key_announced(
            party=party,
            public_key=key.public_key,
            title=str(told.get("title", "")),
            commune=str(told.get("commune", "")),
            valid_from=now,
            action="revoke",
        )
        key.revoked_entry_id = log_statement(
            session,
            kind="key",
            content={**content, "reason": reason, **({"by": by} if by else {})},
            actor_party=statements.OFFICE,
            now=now,
            subject=party,
            signature_by=signatory,
        )
        revoked += 1
    session.flush()
    return revoked


def _add(
    session: Session,
    leaf: Leaf,
    *,
    content: bytes | None = None,
    record_id: int | None = None,
    lot_id: int | None = None,
) -> int:
    return session.execute(
        _new_entry(),
        {
            "kind": leaf.kind,
            "leaf": write_leaf(leaf),
            "content_hash": leaf.content_hash,
            "content": content,
            "record_id": record_id,
            "lot_id": lot_id,
            "logged_at": leaf.logged_at,
        },
    ).scalar_one()


@cache
def _new_entry() -> ReturningInsert[int]:
    return plain_insert(LogEntry).returning(LogEntry.id)


@cache
def _new_entries() -> ReturningInsert[int]:
    return plain_insert(LogEntry).returning(LogEntry.id, sort_by_parameter_order=True)
