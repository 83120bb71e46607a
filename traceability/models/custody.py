"""Tables of the chain of custody.

Records, verifications and lot links are append-only: the database itself refuses to change or remove them (``DDL``).
What a person may have erased (names of suppliers, free notes) lies apart in ``trace_private_details``; the sealed
body holds only a salted commitment to it.
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
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


def _in(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Chain(Base):
    """The head of one household's chain of records (sổ ghi). Whoever appends holds its row lock.

    ``party`` is the random name under which the household stands in sealed records.
    """

    __tablename__ = "trace_chains"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), unique=True)
    party: Mapped[str] = mapped_column(String(26), unique=True)
    head_seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    head_hash: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (CheckConstraint("octet_length(head_hash) = 32", name="hash_is_sha256"),)


class Place(Base):
    """The random name under which a site (nơi sản xuất) stands in sealed records."""

    __tablename__ = "trace_places"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sellers_sites.id"), unique=True)
    ulid: Mapped[str] = mapped_column(String(26), unique=True)


class Season(Base):
    """A season, batch or flock (vụ, lứa, mẻ): everything between what came in and what was harvested."""

    __tablename__ = "trace_seasons"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sellers_sites.id"), index=True)
    produce: Mapped[str] = mapped_column(String(120))
    template: Mapped[str] = mapped_column(String(16))
    transformation_id: Mapped[str] = mapped_column(String(26), unique=True)
    started_on: Mapped[date] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    __table_args__ = (
        CheckConstraint("closed_on IS NULL OR closed_on >= started_on", name="closes_after_start"),
        CheckConstraint(
            _in(
                "template",
                "rice",
                "vegetable",
                "fruit",
                "pig",
                "poultry",
                "fish",
                "processed",
                "honey",
                "cattle",
                "craft",
            ),
            name="template_is_known",
        ),
    )


class Lot(Base):
    """A lot (lô): a quantity of one produce with one history."""

    __tablename__ = "trace_lots"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    commune_id: Mapped[int] = mapped_column(ForeignKey("sellers_communes.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sellers_sites.id"))
    season_id: Mapped[int | None] = mapped_column(ForeignKey("trace_seasons.id"), index=True)
    origin: Mapped[str] = mapped_column(String(16))
    produce: Mapped[str] = mapped_column(String(120), index=True)
    #: The GTIN under which it was sealed from the beginning. One that came later is an alias (``trace_aliases``).
    gtin: Mapped[str | None] = mapped_column(String(14))
    template: Mapped[str] = mapped_column(String(16))
    unit: Mapped[str] = mapped_column(String(16))
    quantity_made: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    #: Everything that left: split, merged, packed, made into something, lost, listed for sale.
    quantity_out: Mapped[Decimal] = mapped_column(Numeric(12, 3), server_default="0")
    state: Mapped[str] = mapped_column(String(32))
    made_on: Mapped[date] = mapped_column(Date)
    best_before_on: Mapped[date | None] = mapped_column(Date)
    grade: Mapped[str | None] = mapped_column(String(60))
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    #: When the day of making was written down last: a corrected day counts from its correction.
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    hold_reason: Mapped[str | None] = mapped_column(Text)
    recall_id: Mapped[int | None] = mapped_column(
        ForeignKey("trace_recalls.id", use_alter=True, name="fk_trace_lots_recall_id_trace_recalls"),
        index=True,
    )
    __table_args__ = (
        CheckConstraint("quantity_made > 0", name="makes_something"),
        CheckConstraint("quantity_out BETWEEN 0 AND quantity_made", name="no_more_leaves_than_was_made"),
        CheckConstraint(
            _in("state", "recorded", "awaiting_verification", "verified", "sent_back", "held", "recalled"),
            name="state_is_known",
        ),
        CheckConstraint(
            _in("origin", "harvest", "slaughter", "making", "packing", "split", "merge"),
            name="origin_is_known",
        ),
        CheckConstraint("best_before_on IS NULL OR best_before_on >= made_on", name="expires_after_made"),
        Index("ix_trace_lots_household_state", "household_id", "state"),
        Index("ix_trace_lots_commune_state", "commune_id", "state", "requested_at"),
    )


class LotNumber(Base):
    """The last number given to a lot in one commune and month."""

    __tablename__ = "trace_lot_numbers"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    commune_id: Mapped[int] = mapped_column(ForeignKey("sellers_communes.id"))
    month: Mapped[str] = mapped_column(String(4))
    last: Mapped[int] = mapped_column(Integer)
    __table_args__ = (UniqueConstraint("commune_id", "month"),)


class Record(Base):
    """A record (bản ghi): one sealed entry of the diary or of the chain of custody.

    ``body`` is the exact bytes that were sealed (RFC 8785); ``hash`` = SHA-256(prev_hash || body). The other columns
    repeat what the body says, for finding it. ``household_id`` is for whom it was entered, ``entered_by`` by whom.
    An EPCIS error declaration repeats its event's ID, so ``event_id`` alone is not unique.
    """

    __tablename__ = "trace_records"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    event_id: Mapped[uuid.UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(32))
    season_id: Mapped[int | None] = mapped_column(ForeignKey("trace_seasons.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("trace_lots.id"))
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("trace_records.id"))
    #: Last calendar day (Viet Nam) of the waiting period that this spray or medicine started.
    waiting_until: Mapped[date | None] = mapped_column(Date)
    photo_count: Mapped[int] = mapped_column(Integer, server_default="0")
    entered_by: Mapped[str] = mapped_column(String(26))
    entered_role: Mapped[str] = mapped_column(String(16))
    is_helper: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = (
        UniqueConstraint("household_id", "seq"),
        CheckConstraint("seq > 0", name="seq_counts_from_one"),
        CheckConstraint("octet_length(hash) = 32 AND octet_length(prev_hash) = 32", name="hash_is_sha256"),
        CheckConstraint("hash = sha256(prev_hash || body)", name="hash_seals_the_body"),
        Index(
            "ix_trace_records_season",
            "season_id",
            "occurred_at",
            postgresql_where=text("season_id IS NOT NULL"),
        ),
        Index("ix_trace_records_lot", "lot_id", postgresql_where=text("lot_id IS NOT NULL")),
        Index("ix_trace_records_corrects", "corrects_id", postgresql_where=text("corrects_id IS NOT NULL")),
        Index(
            "ix_trace_records_waiting",
            "season_id",
            "waiting_until",
            postgresql_where=text("waiting_until IS NOT NULL"),
        ),
    )


class RecordPhoto(Base):
    """A photo of a record, by its SHA-256: for finding a picture that serves twice."""

    __tablename__ = "trace_record_photos"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("trace_records.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    __table_args__ = (UniqueConstraint("record_id", "sha256"),)


class RecordLot(Base):
    """Which lots a record is about, when it is about several (a parcel, a merge), and how much of each."""

    __tablename__ = "trace_record_lots"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("trace_records.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    __table_args__ = (UniqueConstraint("record_id", "lot_id"),)


class PrivateDetail(Base):
    """What a record says that may name a person (supplier, free note): beside the seal, bound by a salted hash.

    ``content`` and ``salt`` are emptied when somebody has the right to be forgotten; the seal stays valid.
    """

    __tablename__ = "trace_private_details"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("trace_records.id"), unique=True)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint(
            "(erased_at IS NULL) = (content IS NOT NULL) AND (content IS NULL) = (salt IS NULL)",
            name="content_goes_with_its_salt",
        ),
    )


class LotLink(Base):
    """An edge of the lot graph: so much of the parent went into the child. ``supplied``: from another household."""

    __tablename__ = "trace_lot_links"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    #: In the parent's unit; empty for ``supplied``, where the parent's own household says what left it.
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    record_id: Mapped[int] = mapped_column(ForeignKey("trace_records.id"), index=True)
    __table_args__ = (
        UniqueConstraint("parent_id", "child_id", "record_id"),
        CheckConstraint("parent_id <> child_id", name="no_lot_is_its_own_parent"),
        CheckConstraint("quantity > 0", name="moves_something"),
        CheckConstraint(_in("kind", "split", "merge", "packing", "making", "supplied"), name="kind_is_known"),
    )


class Verification(Base):
    """A commune officer's decision on a lot (xác nhận). The reason lies with the private details of its record."""

    __tablename__ = "trace_verifications"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    commune_id: Mapped[int] = mapped_column(ForeignKey("sellers_communes.id"))
    decision: Mapped[str] = mapped_column(String(16))
    officer_party: Mapped[str] = mapped_column(String(26))
    #: As the household and buyers read it, e.g. "Cán bộ xã Tân Ninh".
    officer_title: Mapped[str] = mapped_column(String(120))
    record_id: Mapped[int] = mapped_column(ForeignKey("trace_records.id"), unique=True)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (CheckConstraint(_in("decision", "verified", "sent_back"), name="decision_is_known"),)


class Recall(Base):
    """A recall (thu hồi): from one lot to every lot that came out of it."""

    __tablename__ = "trace_recalls"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    commune_id: Mapped[int] = mapped_column(ForeignKey("sellers_communes.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    instruction: Mapped[str] = mapped_column(Text)
    #: How a buyer's money comes back.
    remedy: Mapped[str] = mapped_column(String(16), server_default="refund")
    is_drill: Mapped[bool] = mapped_column(server_default=text("false"))
    officer_party: Mapped[str] = mapped_column(String(26))
    officer_title: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[uuid.UUID] = mapped_column(unique=True)
    __table_args__ = (CheckConstraint(_in("remedy", "refund", "return"), name="remedy_is_known"),)


class RecallLot(Base):
    """A lot that a recall reached, and how many steps from the first."""

    __tablename__ = "trace_recall_lots"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("trace_recalls.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    __table_args__ = (UniqueConstraint("recall_id", "lot_id"),)


class Parcel(Base):
    """The random names under which a parcel and its consignment stand in sealed records; the shop's own stay here."""

    __tablename__ = "trace_parcels"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    parcel_ref: Mapped[str] = mapped_column(String(80), unique=True)
    consignment_ref: Mapped[str] = mapped_column(String(80))
    parcel_ulid: Mapped[str] = mapped_column(String(26), unique=True)
    consignment_ulid: Mapped[str] = mapped_column(String(26))
    #: Its GS1 number (18 digits), when the household has a prefix of its own or may use one.
    sscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    #: The record of its packing.
    record_id: Mapped[int] = mapped_column(ForeignKey("trace_records.id"), unique=True)


#: What SQLAlchemy cannot say: run once, in the migration that creates the tables.
DDL = [
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
    for table in (
        "trace_records",
        "trace_record_lots",
        "trace_verifications",
        "trace_lot_links",
        "trace_recall_lots",
    )
]
