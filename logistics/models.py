"""Tables of parcels, of the carrier's words about them, and of the cash that it owes us."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from logistics.rules.states import UNDER_WAY, UNSETTLED, Attention, CallBack, CodState, ParcelState
from marketplace.core.base import Base


def _one_of(
    column: str,
    values: type[ParcelState] | type[CodState] | type[Attention] | type[CallBack] | frozenset[ParcelState],
) -> str:
    return f"{column} IN ({', '.join(sorted(repr(str(value)) for value in values))})"


class Parcel(Base):
    """Bưu gửi: one parcel under our own reference, from the moment it is planned."""

    __tablename__ = "logistics_parcels"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(String(50), unique=True)
    consignment_ref: Mapped[str] = mapped_column(String(50), index=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(24))
    service: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(32))
    #: The carrier's clock for its word behind the state; our own clock where there is no such word.
    state_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    carrier_code: Mapped[str] = mapped_column(String(24), server_default="")
    waybill: Mapped[str | None] = mapped_column(String(50))
    spec: Mapped[dict[str, Any]] = mapped_column(JSONB)
    weight_g: Mapped[int] = mapped_column(Integer)
    cod_vnd: Mapped[int] = mapped_column(BigInteger)
    fee_vnd: Mapped[int | None] = mapped_column(BigInteger)
    #: How often the carrier was asked to take the parcel, and when last. A question under way leaves
    #: its time here.
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    heard_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cancel_asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cancel_tried_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    #: When the parcel was first wanted back, what came of it (``CallBack``), and in the carrier's words why not.
    call_back_asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    call_back_tried_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    call_back: Mapped[str | None] = mapped_column(String(16))
    call_back_reason: Mapped[str | None] = mapped_column(String(300))
    refusal: Mapped[str | None] = mapped_column(String(300))
    attention: Mapped[str | None] = mapped_column(String(32))
    attention_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    label_media_type: Mapped[str | None] = mapped_column(String(64))
    label_content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    label_url: Mapped[str | None] = mapped_column(Text)
    label_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    booked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("carrier", "waybill"),
        CheckConstraint(_one_of("state", ParcelState), name="state_is_known"),
        CheckConstraint(f"attention IS NULL OR {_one_of('attention', Attention)}", name="attention_is_known"),
        CheckConstraint(f"call_back IS NULL OR {_one_of('call_back', CallBack)}", name="call_back_is_known"),
        CheckConstraint("(call_back IS NULL) = (call_back_asked_at IS NULL)", name="call_back_has_a_moment"),
        CheckConstraint("weight_g > 0", name="weight_is_positive"),
        CheckConstraint("cod_vnd >= 0 AND coalesce(fee_vnd, 0) >= 0", name="money_is_not_negative"),
        CheckConstraint(
            "(label_content IS NULL AND label_url IS NULL) OR label_media_type IS NOT NULL",
            name="label_has_a_kind",
        ),
        Index("ix_logistics_parcels_state", "state", "id"),
        Index("ix_logistics_parcels_unsettled", "asked_at", postgresql_where=text(_one_of("state", UNSETTLED))),
        Index("ix_logistics_parcels_under_way", "heard_at", postgresql_where=text(_one_of("state", UNDER_WAY))),
        Index(
            "ix_logistics_parcels_call_back",
            "call_back_tried_at",
            postgresql_where=text("call_back IN ('asked', 'unknown')"),
        ),
        Index("ix_logistics_parcels_attention", "attention_at", postgresql_where=text("attention IS NOT NULL")),
    )


class Movement(Base):
    """A word of the carrier about a parcel, kept for ever; the same word twice is one row."""

    __tablename__ = "logistics_movements"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("logistics_parcels.id"))
    carrier_code: Mapped[str] = mapped_column(String(24))
    #: Ours; NULL for a code that we do not know.
    state: Mapped[str | None] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(200))
    waybill: Mapped[str] = mapped_column(String(50), server_default="")
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    place: Mapped[str] = mapped_column(String(200), server_default="")
    reason_code: Mapped[str] = mapped_column(String(24), server_default="")
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    is_returning: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    cod_vnd: Mapped[int | None] = mapped_column(BigInteger)
    #: False for a word about another waybill than ours: kept, but no part of this parcel's story.
    counts: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    content_key: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("parcel_id", "content_key"),
        CheckConstraint(f"state IS NULL OR {_one_of('state', ParcelState)}", name="state_is_known"),
    )


class CodReceivable(Base):
    """Tiền thu hộ: what the carrier collects at the door for us, one row for each parcel with cash."""

    __tablename__ = "logistics_cod_receivables"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("logistics_parcels.id"), unique=True)
    carrier: Mapped[str] = mapped_column(String(24))
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    collected_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    remitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    statement: Mapped[str | None] = mapped_column(String(80))
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_is_positive"),
        CheckConstraint(_one_of("state", CodState), name="state_is_known"),
        CheckConstraint(
            "(state IN ('collected', 'remitted')) = (collected_at IS NOT NULL)", name="collected_has_a_moment"
        ),
        CheckConstraint("(state = 'remitted') = (remitted_at IS NOT NULL)", name="remitted_has_a_moment"),
        Index("ix_logistics_cod_receivables_open", "collected_at", postgresql_where=text("state = 'collected'")),
    )


#: Words of a carrier are evidence: once stored they stay.
DDL = [
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON logistics_movements "
        "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
    ),
]
