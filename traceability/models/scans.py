"""Tables of scans: how often the QR code of a lot or a pack was opened. Nobody is in them.

No address, no account and no browser is kept. To tell many visitors from one who comes often, a hash under the salt of
the day is kept until the day is over; then hash and salt are gone, and only the sums stay.
"""

from datetime import date, datetime

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
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


class ScanCount(Base):
    """Openings of a lot's or a pack's QR code in one hour (lượt quét). ``pack_id`` is 0 for the lot's own code."""

    __tablename__ = "trace_scan_counts"
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), primary_key=True, autoincrement=False)
    hour_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    pack_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scans: Mapped[int] = mapped_column(Integer)
    #: Different devices that came for the first time on that day, as far as they could be told apart.
    devices: Mapped[int] = mapped_column(Integer)
    __table_args__ = (
        CheckConstraint("scans > 0 AND devices BETWEEN 0 AND scans", name="devices_scan"),
        Index("ix_trace_scan_counts_hour", "hour_at"),
    )


class ScanDevice(Base):
    """That some device opened a code today: a salted hash that nothing leads back from, deleted after the day."""

    __tablename__ = "trace_scan_devices"
    day_on: Mapped[date] = mapped_column(Date, primary_key=True)
    lot_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    pack_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    device: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class ScanSalt(Base):
    """The random salt of one day, deleted with the hashes made under it."""

    __tablename__ = "trace_scan_salts"
    day_on: Mapped[date] = mapped_column(Date, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (CheckConstraint("octet_length(salt) = 32", name="salt_is_long"),)


class Sighting(Base):
    """Where somebody says he or she met a sticker (nơi gặp tem): a province, of one's own accord, and the day."""

    __tablename__ = "trace_sightings"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    pack_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    province_code: Mapped[str] = mapped_column(ForeignKey("sellers_provinces.code"))
    seen_on: Mapped[date] = mapped_column(Date)
    reports: Mapped[int] = mapped_column(Integer, server_default="1")
    __table_args__ = (
        UniqueConstraint("lot_id", "pack_id", "province_code", "seen_on"),
        CheckConstraint("reports > 0", name="somebody_reports"),
    )


class ScanAlarm(Base):
    """A suspicion that stickers of a lot were copied (nghi tem bị chép), until an officer closes it."""

    __tablename__ = "trace_scan_alarms"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"))
    pack_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    kind: Mapped[str] = mapped_column(String(20))
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_by: Mapped[str | None] = mapped_column(String(26))
    __table_args__ = (
        UniqueConstraint("lot_id", "pack_id", "kind"),
        CheckConstraint("kind IN ('sold_out', 'too_many', 'many_places')", name="kind_is_known"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closing_has_its_hand"),
        Index("ix_trace_scan_alarms_open", "lot_id", postgresql_where=text("closed_at IS NULL")),
    )
