"""Tables of the log: what is to be logged, in which place it stands, and what was signed about it.

Everything here only grows, and each new entry queues itself: triggers of the migration see to both. The tree itself
lies in files (C2SP tlog-tiles) that the keeper writes from these rows; its signing key lies outside the database.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base

KINDS = (
    "event",
    "error-declaration",
    "verification",
    "master-data",
    "certificate",
    "key",
    "policy",
    "recall",
    "erasure",
)


class LogEntry(Base):
    """Something that goes into the log (mục nhật ký minh bạch): the leaf's exact bytes.

    ``content`` holds a statement's bytes. A record's bytes stay with the record, a captured event's with the event.
    """

    __tablename__ = "trace_log_entries"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("trace_records.id"), unique=True)
    #: The lot whose page shows this statement.
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("trace_lots.id"))
    logged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="kind_is_known"),
        CheckConstraint("octet_length(leaf) BETWEEN 2 AND 65535", name="leaf_fits_an_entry_bundle"),
        CheckConstraint("octet_length(content_hash) = 32", name="hash_is_sha256"),
        CheckConstraint("content IS NULL OR sha256(content) = content_hash", name="hash_seals_the_content"),
        Index("ix_trace_log_entries_lot", "lot_id", postgresql_where=text("lot_id IS NOT NULL")),
    )


class LogWaiting(Base):
    """Entries that have no place in the log yet. A trigger puts them here, so that none can be forgotten."""

    __tablename__ = "trace_log_waiting"
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), primary_key=True, autoincrement=False)


class LogPosition(Base):
    """The place of an entry in the log, counted from nought, given once and for ever."""

    __tablename__ = "trace_log_positions"
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(BigInteger, unique=True)
    __table_args__ = (CheckConstraint("place >= 0", name="place_counts_from_nought"),)


class LogCheckpoint(Base):
    """A signed checkpoint that was published: for the consistency of what anybody may still hold."""

    __tablename__ = "trace_log_checkpoints"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (CheckConstraint("octet_length(root) = 32", name="root_is_sha256"),)


class SigningKey(Base):
    """A key that an officer signs with (khóa ký): its public half, and the entry that announced it.

    Only for finding it: whoever checks a signature believes the log, not this table.
    """

    __tablename__ = "trace_signing_keys"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    party: Mapped[str] = mapped_column(String(26), index=True)
    key_id: Mapped[str] = mapped_column(String(16), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)
    revoked_entry_id: Mapped[int | None] = mapped_column(ForeignKey("trace_log_entries.id"))
    announced_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (CheckConstraint("octet_length(public_key) = 32", name="key_is_ed25519"),)
