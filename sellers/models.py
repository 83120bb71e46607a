"""Tables of places, households and what they hold."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


class Province(Base):
    """Tỉnh, thành phố: the upper of the two levels since 1 July 2025."""

    __tablename__ = "sellers_provinces"
    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    sort_key: Mapped[str] = mapped_column(String(200))


class Commune(Base):
    """Xã, phường, đặc khu: the lower level. Codes move between releases, so the name is kept beside them."""

    __tablename__ = "sellers_communes"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(5), unique=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("sellers_provinces.code"), index=True)
    full_name: Mapped[str] = mapped_column(String(80))
    short_name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(100))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    former_names: Mapped[list[str]] = mapped_column(ARRAY(String(160)), server_default="{}")
    data_version: Mapped[str] = mapped_column(String(60))


class PlaceTerm(Base):
    """A name that leads to a commune: its own, or that of an old commune with its old district."""

    __tablename__ = "sellers_place_terms"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    commune_id: Mapped[int] = mapped_column(ForeignKey("sellers_communes.id", ondelete="CASCADE"), index=True)
    #: Folded words between spaces, e.g. " van son trieu son thanh hoa ".
    words: Mapped[str] = mapped_column(String(240))
    #: Folded short name, for the best match first.
    name: Mapped[str] = mapped_column(String(80), index=True)
    formerly: Mapped[str | None] = mapped_column(String(160))
    is_default: Mapped[bool] = mapped_column(server_default=text("true"))


class Household(Base):
    """Hộ, hợp tác xã: a selling family or co-operative."""

    __tablename__ = "sellers_households"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    form_key: Mapped[uuid.UUID | None] = mapped_column(Uuid, unique=True)
    #: As the household wishes to be shown to the public.
    shown_name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(16))
    representative: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(20))
    commune_id: Mapped[int] = mapped_column(ForeignKey("sellers_communes.id"), index=True)
    hamlet: Mapped[str] = mapped_column(String(80), server_default="")
    address_line: Mapped[str] = mapped_column(String(160), server_default="")
    pickup_note: Mapped[str] = mapped_column(String(160), server_default="")
    story: Mapped[str] = mapped_column(Text, server_default="")
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    tax_code: Mapped[str | None] = mapped_column(String(14))
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("kind IN ('household','cooperative')", name="kind_is_known"),
        CheckConstraint("state IN ('draft','identity_pending','verified','suspended')", name="state_is_known"),
    )


class IdentityCheck(Base):
    """How an officer made sure who a household is. No picture of a card; the number only as a salted hash."""

    __tablename__ = "sellers_identity_checks"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    method: Mapped[str] = mapped_column(String(32))
    last4: Mapped[str] = mapped_column(String(4), server_default="")
    number_hash: Mapped[str | None] = mapped_column(String(128))
    checked_by: Mapped[int] = mapped_column(BigInteger)
    is_accepted: Mapped[bool] = mapped_column()
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    checked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    #: Two households of one person are found by the last digits first; only those hashes are then computed.
    __table_args__ = (Index("ix_sellers_identity_checks_last4", "last4", postgresql_where=text("last4 <> ''")),)


class HouseholdChange(Base):
    """Yêu cầu thay đổi: what a household that its commune has verified wishes to change of what was verified.

    ``old`` and ``new`` hold the fields that differ. The old words stay in force until an officer has accepted the new.
    """

    __tablename__ = "sellers_household_changes"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    old: Mapped[dict[str, str]] = mapped_column(JSONB)
    new: Mapped[dict[str, str]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(12), server_default="asked")
    asked_by: Mapped[int] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    __table_args__ = (
        CheckConstraint("state IN ('asked','accepted','returned','withdrawn')", name="state_is_known"),
        CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decision_has_its_time"),
        Index(
            "uq_sellers_household_changes_open", "household_id", unique=True, postgresql_where=text("state = 'asked'")
        ),
    )


class Site(Base):
    """Nơi sản xuất: a field, orchard, pond, barn or pen. Pens stand in barns."""

    __tablename__ = "sellers_sites"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("sellers_sites.id"), index=True)
    form_key: Mapped[uuid.UUID | None] = mapped_column(Uuid, unique=True)
    ulid: Mapped[str] = mapped_column(String(26), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(80))
    #: The name without marks and case: no two places under one parent are told apart by those alone.
    name_key: Mapped[str] = mapped_column(String(80))
    area_m2: Mapped[int | None] = mapped_column(Integer)
    capacity_heads: Mapped[int | None] = mapped_column(Integer)
    planting_area_code: Mapped[str | None] = mapped_column(String(40))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    __table_args__ = (
        CheckConstraint(
            "kind IN ('field','orchard','pond','barn','pen','workshop','cold_store')", name="kind_is_known"
        ),
        CheckConstraint("area_m2 > 0", name="area_is_positive"),
        CheckConstraint("capacity_heads > 0", name="capacity_is_positive"),
        Index(
            "uq_sellers_sites_name",
            "household_id",
            "parent_id",
            "name_key",
            unique=True,
            postgresql_where=text("is_active"),
            postgresql_nulls_not_distinct=True,
        ),
    )


class Certificate(Base):
    """Giấy chứng nhận: claimed by a household, seen by an officer, gone at its expiry."""

    __tablename__ = "sellers_certificates"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    form_key: Mapped[uuid.UUID | None] = mapped_column(Uuid, unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(60))
    issuer: Mapped[str] = mapped_column(String(120))
    #: What the paper says of its scope, word for word. It decides nothing; the three lists below do.
    scope: Mapped[str] = mapped_column(String(200), server_default="")
    produces: Mapped[list[str]] = mapped_column(ARRAY(String(120)), server_default="{}")
    productions: Mapped[list[str]] = mapped_column(ARRAY(String(16)), server_default="{}")
    sites: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    stars: Mapped[int | None] = mapped_column(Integer)
    issued_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    entered_by: Mapped[int] = mapped_column(BigInteger)
    verified_by: Mapped[int | None] = mapped_column(BigInteger)
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    has_told_expiry: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = (
        CheckConstraint("state IN ('claimed','verified','rejected')", name="state_is_known"),
        CheckConstraint("kind <> 'ocop' OR cardinality(productions) = 0", name="stars_are_for_named_products"),
        Index("ix_sellers_certificates_valid", "household_id", "state"),
    )


class PayoutAccount(Base):
    """Where a household's money goes. A change is a new row, so that it can be traced.

    Money goes to the newest row that is ``used``. An account in another name than the verified one is ``waiting`` until
    an officer has looked at it.
    """

    __tablename__ = "sellers_payout_accounts"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    bank_bin: Mapped[str] = mapped_column(String(6))
    account_number: Mapped[str] = mapped_column(String(19))
    holder: Mapped[str] = mapped_column(String(80))
    set_by: Mapped[int] = mapped_column(BigInteger)
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    state: Mapped[str] = mapped_column(String(12), server_default="used")
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    __table_args__ = (
        UniqueConstraint("household_id", "account_number", "set_at"),
        CheckConstraint("state IN ('used','waiting','returned','withdrawn')", name="state_is_known"),
        Index(
            "uq_sellers_payout_accounts_open", "household_id", unique=True, postgresql_where=text("state = 'waiting'")
        ),
    )
