"""Tables of the floor: outbox and its deliveries, inbox, ledger, photos, notices, failures of periodic tasks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


class OutboxEvent(Base):
    """A fact that has to reach others, written in the same transaction as the change itself."""

    __tablename__ = "core_outbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    relayed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (Index("ix_core_outbox_waiting", "id", postgresql_where=text("relayed_at IS NULL")),)


class Delivery(Base):
    """One reaction to one event: a task that must be done once. The broker only carries its number."""

    __tablename__ = "core_deliveries"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("core_outbox.id", ondelete="CASCADE"))
    task: Mapped[str] = mapped_column(String(96))
    queue: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("outbox_id", "task"),
        Index("ix_core_deliveries_due", "next_at", postgresql_where=text("done_at IS NULL AND failed_at IS NULL")),
        Index("ix_core_deliveries_failed", "failed_at", postgresql_where=text("failed_at IS NOT NULL")),
    )


class InboxMessage(Base):
    """A webhook as it came in: exact bytes, unique by who sent it and under which number."""

    __tablename__ = "core_inbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(String(32))
    external_id: Mapped[str] = mapped_column(String(200))
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_core_inbox_waiting", "id", postgresql_where=text("applied_at IS NULL")),
    )


class LedgerTransaction(Base):
    """One booking of the double-entry ledger; its postings sum to zero. Rows are never changed or removed."""

    __tablename__ = "core_ledger_transactions"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(String(128), unique=True)
    kind: Mapped[str] = mapped_column(String(48))
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LedgerPosting(Base):
    """One side of a booking. Debits are positive, credits negative, in đồng."""

    __tablename__ = "core_ledger_postings"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("core_ledger_transactions.id"), index=True)
    account: Mapped[str] = mapped_column(String(96), index=True)
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("amount_vnd <> 0", name="posting_moves_money"),)


class StoredPhoto(Base):
    """A photo, known by the SHA-256 of the cleaned full-size file; the files themselves lie in the media folder."""

    __tablename__ = "core_photos"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    stored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    #: The day on which the camera says that it was taken; nothing else of what the camera wrote is kept.
    taken_on: Mapped[date | None] = mapped_column(Date)
    #: When it was taken out because of a person on it; records keep its hash.
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Notice(Base):
    """A message to one person, unique by key so that a repeated task never tells anybody twice."""

    __tablename__ = "core_notices"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body_text: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str | None] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("state IN ('queued','sending','sent','unknown','failed')", name="state_is_known"),
        CheckConstraint("channel IN ('email','desk')", name="channel_is_known"),
    )


class TaskFailure(Base):
    """The last failure of a periodic task, for the operator's page."""

    __tablename__ = "core_task_failures"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task: Mapped[str] = mapped_column(String(96), unique=True)
    error: Mapped[str] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(Integer, server_default="1")
    failed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


#: What SQLAlchemy cannot say: run once, in the migration that creates the tables.
DDL = [
    """
    CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
        for table in ("core_ledger_transactions", "core_ledger_postings")
    ),
    """
    CREATE FUNCTION core_ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT sum(amount_vnd) FROM core_ledger_postings WHERE transaction_id = NEW.transaction_id) <> 0 THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    (
        "CREATE CONSTRAINT TRIGGER ledger_balances AFTER INSERT ON core_ledger_postings "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_ledger_balances()"
    ),
    """
    CREATE FUNCTION core_wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('outbox', '');
      RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER wake_relay AFTER INSERT ON core_outbox FOR EACH STATEMENT EXECUTE FUNCTION core_wake_relay()",
]
