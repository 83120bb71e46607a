"""Tables of GS1 numbers: who may use which prefix, which product bears which GTIN, and what is called what since when.

A number once given is never given again or taken back (``trace_gtins``, ``trace_aliases`` and ``trace_packs`` only
grow): it may be printed on goods that are still on somebody's shelf.
"""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base

#: The numbers that a company prefix holds, as a range.
PREFIX_RANGE = (
    "int8range(prefix::bigint * power(10, 12 - length(prefix))::bigint, "
    "(prefix::bigint + 1) * power(10, 12 - length(prefix))::bigint)"
)


class Gs1Prefix(Base):
    """A GS1 company prefix (mã doanh nghiệp GS1) that a household claims, and what an officer found in its papers.

    Anybody may claim, so that nobody can keep a number from its owner; only one claim on a number is ever confirmed.
    """

    __tablename__ = "trace_gs1_prefixes"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    prefix: Mapped[str] = mapped_column(String(12))
    #: Number of the paper by which GS1 gave it (giấy chứng nhận quyền sử dụng mã số, mã vạch).
    paper_no: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(12), server_default="claimed")
    claimed_by: Mapped[str] = mapped_column(String(26))
    claimed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str | None] = mapped_column(String(26))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    #: How many SSCCs have been made from it.
    parcels_numbered: Mapped[int] = mapped_column(BigInteger, server_default="0")
    __table_args__ = (
        CheckConstraint("state IN ('claimed', 'confirmed', 'refused')", name="state_is_known"),
        CheckConstraint("prefix ~ '^[0-9]{7,11}$'", name="prefix_is_digits"),
        CheckConstraint("(state = 'claimed') = (decided_at IS NULL)", name="decision_has_its_time"),
        # No two confirmed prefixes hold the same numbers: as ranges of 12 digits they never meet.
        ExcludeConstraint(
            (text(PREFIX_RANGE), "&&"),
            name="no_prefix_holds_anothers_numbers",
            using="gist",
            where=text("state = 'confirmed'"),
        ),
    )


class Gs1Loan(Base):
    """Leave to number one's goods under another's prefix (cho dùng chung): a co-operative's for its members."""

    __tablename__ = "trace_gs1_loans"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    prefix_id: Mapped[int] = mapped_column(ForeignKey("trace_gs1_prefixes.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    lent_by: Mapped[str] = mapped_column(String(26))
    lent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        Index(
            "uq_trace_gs1_loans_open",
            "prefix_id",
            "household_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class ProductNumber(Base):
    """The GTIN of what a household makes in one unit: lots made from then on are sealed under it."""

    __tablename__ = "trace_gtins"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    prefix_id: Mapped[int] = mapped_column(ForeignKey("trace_gs1_prefixes.id"), index=True)
    produce: Mapped[str] = mapped_column(String(120))
    #: The produce as it stands in addresses of ours: spellings of one name are one product.
    class_slug: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(16))
    gtin: Mapped[str] = mapped_column(String(14), unique=True)
    assigned_by: Mapped[str] = mapped_column(String(26))
    assigned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)
    __table_args__ = (
        UniqueConstraint("household_id", "class_slug", "unit"),
        CheckConstraint("gtin ~ '^[0-9]{14}$'", name="gtin_is_digits"),
    )


class Alias(Base):
    """A GS1 key that a thing got later, beside the name under which it stands in sealed records (tên gọi thêm).

    Both lead to the same thing for ever. ``entry_id`` is the statement in the log that says so.
    """

    __tablename__ = "trace_aliases"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    uri: Mapped[str] = mapped_column(String(300), unique=True)
    alias: Mapped[str] = mapped_column(String(300), unique=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("trace_lots.id"), unique=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sellers_sites.id"), unique=True)
    named_by: Mapped[str] = mapped_column(String(26))
    named_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    entry_id: Mapped[int] = mapped_column(ForeignKey("trace_log_entries.id"), unique=True)
    __table_args__ = (
        CheckConstraint("kind IN ('lot', 'party', 'place')", name="kind_is_known"),
        CheckConstraint("(kind = 'lot') = (lot_id IS NOT NULL)", name="lot_is_named"),
        CheckConstraint("(kind = 'place') = (site_id IS NOT NULL)", name="place_is_named"),
        CheckConstraint("uri <> alias", name="names_differ"),
    )


class Pack(Base):
    """A pack with a number of its own (tem có số riêng), printed on request; a copied sticker shows by it."""

    __tablename__ = "trace_packs"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    serial: Mapped[str] = mapped_column(String(20), unique=True)
    issued_by: Mapped[str] = mapped_column(String(26))
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    #: The sheet on which it was printed: asking for a sheet twice prints the same numbers.
    client_key: Mapped[uuid.UUID] = mapped_column(index=True)
