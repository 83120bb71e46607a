"""Tables of a recall in depth: what went into seasons, what was added, done, told and brought back.

Everything here only grows. ``trace_inputs`` is filled by a trigger of the migration from the sealed records themselves,
so that no record can be forgotten; it exists only because a sealed body cannot be searched.
"""

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base
from traceability.rules.recalls import OUTCOMES, REASONS, SOURCES, STEP_LABELS


def _one_of(column: str, values: object) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"  # type: ignore[attr-defined]


class Input(Base):
    """Something that went into a season (vật tư): a seed, feed, fertiliser, spray or drug, by its name and its batch.

    The keys are how names and batches are compared: case, spaces and (in batches) marks do not count.
    """

    __tablename__ = "trace_inputs"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("trace_records.id"), unique=True)
    season_id: Mapped[int] = mapped_column(ForeignKey("trace_seasons.id"), index=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    kind: Mapped[str] = mapped_column(String(32))
    product: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    batch: Mapped[str] = mapped_column(Text)
    batch_key: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        Index("ix_trace_inputs_batch", "batch_key", postgresql_where=text("batch_key <> ''")),
        Index("ix_trace_inputs_product", "household_id", "name_key"),
    )


class RecallAddition(Base):
    """A lot that an officer added to a recall under way, with what ties it to the recall."""

    __tablename__ = "trace_recall_additions"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("trace_recalls.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"))
    why: Mapped[str] = mapped_column(String(16))
    officer_party: Mapped[str] = mapped_column(String(26))
    officer_title: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    __table_args__ = (
        UniqueConstraint("recall_id", "lot_id"),
        CheckConstraint(_one_of("why", REASONS), name="why_is_known"),
    )


class RecallStep(Base):
    """Something that a recall demands and that was done (việc của đợt thu hồi), once each."""

    __tablename__ = "trace_recall_steps"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("trace_recalls.id"))
    step: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(300), server_default="")
    officer_party: Mapped[str] = mapped_column(String(26))
    officer_title: Mapped[str] = mapped_column(String(120))
    done_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("recall_id", "step"),
        CheckConstraint(_one_of("step", STEP_LABELS), name="step_is_known"),
    )


class RecallNotice(Base):
    """What the notice says beyond what the ledger knows (Circular 23/2018/TT-BYT). The newest row counts."""

    __tablename__ = "trace_recall_notices"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("trace_recalls.id"), index=True)
    packing: Mapped[str] = mapped_column(String(200))
    places: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(String(200))
    until_on: Mapped[date] = mapped_column(Date)
    officer_party: Mapped[str] = mapped_column(String(26))
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)


class RecallReturn(Base):
    """A line of the returns ledger: goods came back, or were dealt with. A wrong line is reversed, never changed.

    ``quantity`` is in the lot's unit. Nobody is named: ``reference`` is a parcel's number or a place.
    """

    __tablename__ = "trace_recall_returns"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("trace_recalls.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"))
    source: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    reference: Mapped[str] = mapped_column(String(120), server_default="")
    happened_on: Mapped[date] = mapped_column(Date)
    noted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    officer_party: Mapped[str] = mapped_column(String(26))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("trace_recall_returns.id"), unique=True)
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    __table_args__ = (
        CheckConstraint("quantity > 0", name="moves_something"),
        CheckConstraint("(source IS NULL) <> (outcome IS NULL)", name="comes_back_or_is_dealt_with"),
        CheckConstraint(f"source IS NULL OR {_one_of('source', SOURCES)}", name="source_is_known"),
        CheckConstraint(f"outcome IS NULL OR {_one_of('outcome', OUTCOMES)}", name="outcome_is_known"),
    )
