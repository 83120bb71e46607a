"""Tables of the EPCIS repository: who may ask, what was captured, and by what each event is found.

Captured bytes are kept as they came and are never changed. Our own records are events of the same repository; their
bytes stay with the record.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


class ApiKey(Base):
    """A key of another system (khóa kết nối). Only its SHA-256 is kept: the key has 256 random bits, so that is enough.

    Keys with the same ``owner_party`` belong to the same owner and see the same events.
    """

    __tablename__ = "trace_api_keys"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_party: Mapped[str] = mapped_column(String(26), index=True)
    owner_name: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(200))
    #: The first letters of the key, to tell it from others.
    hint: Mapped[str] = mapped_column(String(12))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    may_capture: Mapped[bool] = mapped_column()
    may_query: Mapped[bool] = mapped_column()
    #: May capture events that anybody sees.
    may_publish: Mapped[bool] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(String(26))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    __table_args__ = (
        CheckConstraint("octet_length(key_hash) = 32", name="hash_is_sha256"),
        CheckConstraint("may_capture OR NOT may_publish", name="who_publishes_captures"),
    )


class Capture(Base):
    """A capture job: the document as it came, and what became of it."""

    __tablename__ = "trace_captures"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    capture_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("trace_api_keys.id"))
    owner_party: Mapped[str] = mapped_column(String(26))
    is_public: Mapped[bool] = mapped_column()
    proceeds: Mapped[bool] = mapped_column()
    document: Mapped[bytes] = mapped_column(LargeBinary)
    doc_hash: Mapped[bytes] = mapped_column(LargeBinary)
    event_count: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    captured_count: Mapped[int] = mapped_column(Integer, server_default="0")
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    __table_args__ = (
        CheckConstraint("sha256(document) = doc_hash", name="hash_seals_the_document"),
        CheckConstraint("captured_count BETWEEN 0 AND event_count", name="captures_no_more_than_there_is"),
        CheckConstraint("finished_at IS NULL OR started_at IS NOT NULL", name="finishes_after_start"),
        Index("ix_trace_captures_owner", "owner_party", "id"),
    )


class EventContext(Base):
    """A JSON-LD context under which captured events are read, kept once."""

    __tablename__ = "trace_event_contexts"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: The exact ``@context`` value, as canonical JSON.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (CheckConstraint("hash = sha256(content)", name="hash_seals_the_content"),)


class EpcisEvent(Base):
    """An event of the repository: captured here (``content``), or one of our own records (``record_id``).

    ``content`` is the event as it came, in the one spelling of RFC 8785. An error declaration repeats the ID of the
    event it is about, so only other events have an ID of their own, each among its owner's.
    """

    __tablename__ = "trace_epcis_events"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("trace_records.id"), unique=True)
    capture_id: Mapped[int | None] = mapped_column(ForeignKey("trace_captures.id"), index=True)
    context_id: Mapped[int | None] = mapped_column(ForeignKey("trace_event_contexts.id"))
    log_entry_id: Mapped[int | None] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    owner_party: Mapped[str] = mapped_column(String(26))
    is_public: Mapped[bool] = mapped_column()
    event_id: Mapped[str] = mapped_column(Text, index=True)
    #: False when the event came without an ID: ``event_id`` is its CBV hash then, and is added to every answer.
    is_id_given: Mapped[bool] = mapped_column()
    is_declaration: Mapped[bool] = mapped_column()
    cbv_hash: Mapped[str] = mapped_column(String(120), index=True)
    event_type: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    biz_step: Mapped[str | None] = mapped_column(Text)
    disposition: Mapped[str | None] = mapped_column(Text)
    read_point: Mapped[str | None] = mapped_column(Text)
    biz_location: Mapped[str | None] = mapped_column(Text)
    terms: Mapped[list[str]] = mapped_column(ARRAY(Text))
    numbers: Mapped[dict[str, list[float]]] = mapped_column(JSONB)
    __table_args__ = (
        CheckConstraint("(content IS NULL) <> (record_id IS NULL)", name="bytes_lie_in_one_place"),
        CheckConstraint("(content IS NULL) = (log_entry_id IS NULL)", name="what_is_captured_is_logged"),
        Index(
            "uq_trace_epcis_events_owner_event",
            "owner_party",
            "event_id",
            unique=True,
            postgresql_where=text("NOT is_declaration"),
        ),
        Index("ix_trace_epcis_events_happened", "happened_at", "id"),
        Index("ix_trace_epcis_events_recorded", "recorded_at", "id"),
        Index("ix_trace_epcis_events_terms", "terms", postgresql_using="gin"),
    )


class EventName(Base):
    """Something that events speak of: a step, a place, an item ... for the listings of the interface.

    ``scope`` says to whom it may be listed: nobody in particular (empty: it stands in a public event), or one owner.
    Derived from events, so nothing is unique here: two captures never wait for one another because both are the first
    to name a step. Readers take each name once.
    """

    __tablename__ = "trace_event_names"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    scope: Mapped[str] = mapped_column(String(26))
    name: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_trace_event_names_listing", "kind", "scope", "name"),)


class NamedQuery(Base):
    """A query that an owner keeps under a name."""

    __tablename__ = "trace_named_queries"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_party: Mapped[str] = mapped_column(String(26))
    name: Mapped[str] = mapped_column(String(120))
    query: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: What the prefixes in names of extension fields stand for.
    prefixes: Mapped[dict[str, str]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (UniqueConstraint("owner_party", "name"),)


class SpentPageToken(Base):
    """A page token that its holder gave back before it ran out."""

    __tablename__ = "trace_spent_page_tokens"
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
