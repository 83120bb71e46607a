"""Tables of what lets a lot be sold: the gate's last word on each lot, declared standards, permitted ingredients.

Also the versions of what the public sees of households, sites, kinds of produce and certificates: the log holds a
salted commitment to each version, the content and its salt lie here and go when somebody is erased.
"""

import uuid
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
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base

SUBJECTS = ("household", "site", "product-class", "certificate", "household-change")


class SaleGate(Base):
    """The gate's last word on a lot that was put on sale (cổng trước khi bán). The shop's own trigger reads it.

    ``claims`` are the certificates that the names and descriptions of its goods claim, as the shop last said.
    ``papers_until`` is the last day on which the certificates that the answer rests on are in date: an open gate is
    shut from the day after, whether or not anybody has asked it again by then.
    """

    __tablename__ = "trace_sale_gates"
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), primary_key=True, autoincrement=False)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    version: Mapped[str] = mapped_column(String(40))
    is_open: Mapped[bool] = mapped_column()
    missing: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default="{}")
    claims: Mapped[list[str]] = mapped_column(ARRAY(String(16)), server_default="{}")
    papers_until: Mapped[date | None] = mapped_column(Date)
    checked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("is_open = (cardinality(missing) = 0)", name="open_when_nothing_is_missing"),
        Index("ix_trace_sale_gates_open", "lot_id", postgresql_where=text("is_open")),
    )


class DeclaredStandard(Base):
    """A standard that a household says it keeps for one kind of production (tiêu chuẩn áp dụng). The newest counts."""

    __tablename__ = "trace_declared_standards"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    template: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(120), server_default="")
    declared_by: Mapped[str] = mapped_column(String(26))
    declared_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)
    __table_args__ = (Index("ix_trace_declared_standards_newest", "household_id", "template", text("id DESC")),)


class IngredientNames(Base):
    """A list of active ingredients that an operator loaded (danh mục hoạt chất). The newest counts."""

    __tablename__ = "trace_ingredient_lists"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    version: Mapped[str] = mapped_column(String(60), unique=True)
    source: Mapped[str] = mapped_column(String(200))
    names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)


class MasterVersion(Base):
    """One version of what the public sees of a household, a site, a kind of produce or a certificate.

    The log holds SHA-256(salt || content). ``content`` and ``salt`` are emptied by an erasure; the log stays valid.
    """

    __tablename__ = "trace_master_versions"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject: Mapped[str] = mapped_column(String(16))
    #: What the version is of, in numbers of our own tables (or the URI of a kind of produce); never in the log.
    subject_ref: Mapped[str] = mapped_column(String(200))
    household_id: Mapped[int | None] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    #: Random name or URI under which it stands in the log.
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16), server_default="")
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(String(64))
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("subject", "subject_ref", "version"),
        CheckConstraint(f"subject IN ({', '.join(repr(one) for one in SUBJECTS)})", name="subject_is_known"),
        CheckConstraint("version > 0", name="version_counts_from_one"),
        CheckConstraint(
            "(erased_at IS NULL) = (content IS NOT NULL) AND (content IS NULL) = (salt IS NULL)",
            name="content_goes_with_its_salt",
        ),
    )


class Erasure(Base):
    """A request that a person's data be erased, and what became of it (yêu cầu xóa dữ liệu).

    ``wanted`` holds what the operator typed to find the person; it is emptied when the erasure is done. An approved
    request is ``waiting`` as long as duties under law go first; a task that beat starts erases once they have ended.
    """

    __tablename__ = "trace_erasures"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject: Mapped[str] = mapped_column(String(16))
    #: The account or the household; empty for somebody who is only named.
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    wanted: Mapped[str] = mapped_column(String(120), server_default="")
    reason: Mapped[str] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(String(300), server_default="")
    photos: Mapped[list[str]] = mapped_column(ARRAY(String(64)), server_default="{}")
    asked_by: Mapped[int] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(String(12), server_default="asked")
    approved_by: Mapped[int | None] = mapped_column(BigInteger)
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    #: When an operator noted that the household got all the money of its sales.
    paid_out_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    paid_out_by: Mapped[int | None] = mapped_column(BigInteger)
    done_by: Mapped[int | None] = mapped_column(BigInteger)
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    destroyed: Mapped[int] = mapped_column(Integer, server_default="0")
    #: What the law makes us keep, in a sentence, and until when; or why the request was refused.
    kept_reason: Mapped[str] = mapped_column(String(300), server_default="")
    kept_until: Mapped[date | None] = mapped_column(Date)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)
    __table_args__ = (
        CheckConstraint("subject IN ('account','household','named')", name="subject_is_known"),
        CheckConstraint("state IN ('asked','waiting','done','refused')", name="state_is_known"),
        CheckConstraint("state <> 'waiting' OR approved_at IS NOT NULL", name="waiting_is_approved"),
        CheckConstraint("(state = 'done') = (entry_id IS NOT NULL)", name="done_is_logged"),
        CheckConstraint(
            "state IN ('asked','waiting') OR (wanted = '' AND note = '')", name="nothing_stays_of_what_was_typed"
        ),
        Index("ix_trace_erasures_waiting", "id", postgresql_where=text("state IN ('asked','waiting')")),
    )
