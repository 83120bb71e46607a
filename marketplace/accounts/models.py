"""Tables of people, of who may act for which household, and of what was done for others."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


class User(Base):
    """Người dùng: somebody who signs in by phone number or e-mail address.

    ``party`` is the random name (ULID) that stands for the person in sealed records. ``session_key`` is what
    a signed-in browser holds; a new one ends every session.
    """

    __tablename__ = "accounts_users"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    #: E.164 (ITU-T), e.g. +84912345678.
    phone: Mapped[str | None] = mapped_column(String(16), unique=True)
    #: Lower case.
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(255))
    session_key: Mapped[str] = mapped_column(String(64), unique=True)
    party: Mapped[str] = mapped_column(String(26), unique=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(16)))
    #: The territory of an officer.
    commune_id: Mapped[int | None] = mapped_column(ForeignKey("sellers_communes.id"), index=True)
    #: What an officer is called in public: "Cán bộ nông nghiệp xã Tân Ninh".
    title: Mapped[str] = mapped_column(String(120), server_default="")
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    #: When the person agreed to the rules and to what is done with personal data (Law 91/2025/QH15).
    agreed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    #: When the person's data was erased; the row stays, with nothing in it that says who it was.
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("phone IS NOT NULL OR email IS NOT NULL OR erased_at IS NOT NULL", name="can_be_reached"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint(
            "roles <@ ARRAY['buyer','household','helper','officer','operator']::varchar[]",
            name="roles_are_known",
        ),
        CheckConstraint("NOT ('officer' = ANY(roles)) OR commune_id IS NOT NULL", name="officer_has_a_commune"),
    )


class Membership(Base):
    """Who belongs to a household, or was allowed by it to help. Ended, never deleted."""

    __tablename__ = "accounts_memberships"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts_users.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_users.id"))
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("kind IN ('own','helper')", name="kind_is_known"),
        Index(
            "uq_accounts_memberships_current",
            "user_id",
            "household_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class ActingEntry(Base):
    """Làm hộ: something that a helper or officer did for a household, for the household to see."""

    __tablename__ = "accounts_acting_log"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts_users.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    as_role: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(80))
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (Index("ix_accounts_acting_log_household", "household_id", "id"),)
