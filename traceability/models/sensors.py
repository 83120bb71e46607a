"""Tables of the sensors in barns, pens, ponds and cold stores.

Single readings are kept for some days only; one row of figures for each device and day is kept for ever. None of this
is sealed: what is said of a lot is sealed once, as a record, when the lot is made.
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
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


class Device(Base):
    """A sensor (cảm biến) at a place of a household: what it measures, which values are allowed, its key.

    ``ulid`` is the name under which it stands in sealed records. Of the key only its SHA-256 is kept: it has 192 random
    bits, so that is enough. ``heard_at`` is the last time that the device itself called; a file that somebody uploads
    does not move it. ``last_side`` says where the latest reading lay: -1 below the range, 0 inside, 1 above.
    """

    __tablename__ = "trace_devices"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sellers_sites.id"), index=True)
    ulid: Mapped[str] = mapped_column(String(26), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    measure: Mapped[str] = mapped_column(String(16))
    low_limit: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    high_limit: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    #: How long values may lie outside the range before somebody is told.
    patience_minutes: Mapped[int] = mapped_column(Integer)
    #: How long the device may be silent before somebody is told.
    silence_hours: Mapped[int] = mapped_column(Integer)
    key_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    #: The first letters of the key, to tell it from others.
    key_hint: Mapped[str] = mapped_column(String(12))
    key_made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(String(26))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    #: The form that renewed the key last, so that sending it twice renews once.
    renewal_key: Mapped[uuid.UUID | None] = mapped_column()
    last_reading_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_value: Mapped[Decimal | None] = mapped_column(Numeric(9, 3))
    last_side: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    heard_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint(
            "measure IN ('temperature', 'humidity', 'ammonia', 'oxygen', 'ph', 'light')", name="measure_is_known"
        ),
        CheckConstraint("low_limit < high_limit", name="range_is_not_empty"),
        CheckConstraint("patience_minutes BETWEEN 5 AND 720", name="patience_is_sane"),
        CheckConstraint("silence_hours BETWEEN 1 AND 72", name="silence_is_sane"),
        CheckConstraint("last_side BETWEEN -1 AND 1", name="side_is_known"),
        CheckConstraint("octet_length(key_hash) = 32", name="hash_is_sha256"),
    )


class SensorReading(Base):
    """One value at one moment (whole seconds). The same value at the same moment exists once, however often it comes.

    ``side`` is judged by the range that held when the reading came in, so a new range never rewrites what was.
    """

    __tablename__ = "trace_sensor_readings"
    device_id: Mapped[int] = mapped_column(ForeignKey("trace_devices.id"), primary_key=True, autoincrement=False)
    measured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(9, 3), primary_key=True)
    side: Mapped[int] = mapped_column(SmallInteger)
    __table_args__ = (
        CheckConstraint("side BETWEEN -1 AND 1", name="side_is_known"),
        Index("ix_trace_sensor_readings_measured", "measured_at"),
    )


class SensorDay(Base):
    """The figures of one device and one calendar day of Viet Nam. A closed day has lost its readings and stays.

    Times are seconds: how long readings stood for anything at all, and how much of that lay below and above the range.
    """

    __tablename__ = "trace_sensor_days"
    device_id: Mapped[int] = mapped_column(ForeignKey("trace_devices.id"), primary_key=True, autoincrement=False)
    measured_on: Mapped[date] = mapped_column(Date, primary_key=True)
    min_value: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    max_value: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    sum_of_values: Mapped[Decimal] = mapped_column(Numeric(15, 3))
    reading_count: Mapped[int] = mapped_column(Integer)
    covered_seconds: Mapped[int] = mapped_column(Integer)
    low_seconds: Mapped[int] = mapped_column(Integer)
    high_seconds: Mapped[int] = mapped_column(Integer)
    low_limit: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    high_limit: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    is_closed: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = (
        CheckConstraint("min_value <= max_value AND reading_count > 0", name="has_readings"),
        CheckConstraint(
            "low_seconds >= 0 AND high_seconds >= 0 AND low_seconds + high_seconds <= covered_seconds "
            "AND covered_seconds <= 86400",
            name="times_fit_a_day",
        ),
        Index("ix_trace_sensor_days_open", "measured_on", postgresql_where=text("NOT is_closed")),
    )


class SensorAlert(Base):
    """Something was wrong for longer than allowed (báo động): values too high or too low, or a silent device."""

    __tablename__ = "trace_sensor_alerts"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("trace_devices.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    #: The value farthest outside the range; empty for a silent device.
    extreme_value: Mapped[Decimal | None] = mapped_column(Numeric(9, 3))
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("kind IN ('high', 'low', 'silent')", name="kind_is_known"),
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ends_after_start"),
        CheckConstraint("(kind = 'silent') = (extreme_value IS NULL)", name="value_goes_with_its_kind"),
        Index(
            "uq_trace_sensor_alerts_open",
            "device_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
