"""Tables of baskets, orders and money."""

from datetime import datetime
from decimal import Decimal
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
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base

#: States of a consignment whose goods are still with the household.
_AT_HOUSEHOLD = "('waiting','to_accept','accepted','packed')"


class Basket(Base):
    """Giỏ hàng: what somebody means to buy. A basket that became an order keeps its number and is finished."""

    __tablename__ = "orders_baskets"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    #: Who it goes to and where: typed at checkout, gone with the basket.
    recipient: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class BasketLine(Base):
    """One offer in a basket."""

    __tablename__ = "orders_basket_lines"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("orders_baskets.id", ondelete="CASCADE"))
    offer_id: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    __table_args__ = (
        UniqueConstraint("basket_id", "offer_id"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
    )


class BasketQuote(Base):
    """What a carrier asks for one household's parcel to the basket's address."""

    __tablename__ = "orders_basket_quotes"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("orders_baskets.id", ondelete="CASCADE"))
    household_id: Mapped[int] = mapped_column(BigInteger)
    carrier: Mapped[str] = mapped_column(String(24))
    service: Mapped[str] = mapped_column(String(24))
    service_name: Mapped[str] = mapped_column(String(80))
    fee_vnd: Mapped[int] = mapped_column(BigInteger)
    transit_hours: Mapped[int | None] = mapped_column(Integer)
    is_estimate: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    parcel_g: Mapped[int] = mapped_column(Integer)
    quoted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("basket_id", "household_id"),
        CheckConstraint("fee_vnd >= 0", name="fee_is_not_negative"),
    )


class Order(Base):
    """Đơn hàng: what a buyer placed at once, from one household or several."""

    __tablename__ = "orders_orders"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_users.id"), index=True)
    state: Mapped[str] = mapped_column(String(24))
    payment_method: Mapped[str] = mapped_column(String(16))
    buyer_name: Mapped[str] = mapped_column(String(80))
    buyer_phone: Mapped[str] = mapped_column(String(20))
    buyer_email: Mapped[str | None] = mapped_column(String(254))
    commune_id: Mapped[int] = mapped_column(BigInteger)
    commune_name: Mapped[str] = mapped_column(String(80))
    province_name: Mapped[str] = mapped_column(String(80))
    address_line: Mapped[str] = mapped_column(String(200))
    address_note: Mapped[str] = mapped_column(String(200), server_default="")
    goods_vnd: Mapped[int] = mapped_column(BigInteger)
    shipping_vnd: Mapped[int] = mapped_column(BigInteger)
    total_vnd: Mapped[int] = mapped_column(BigInteger)
    #: What Law 19/2023/QH15, article 37, wants shown before a distance sale, frozen as it was shown.
    disclosure: Mapped[dict[str, Any]] = mapped_column(JSONB)
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    pay_before_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cancel_reason: Mapped[str | None] = mapped_column(String(300))
    __table_args__ = (
        CheckConstraint("goods_vnd >= 0 AND shipping_vnd >= 0", name="amounts_are_not_negative"),
        CheckConstraint("total_vnd = goods_vnd + shipping_vnd", name="total_adds_up"),
        CheckConstraint("payment_method IN ('cod','transfer','card')", name="payment_method_is_known"),
        CheckConstraint(
            "state IN ('awaiting_payment','confirmed','completed','cancelled','expired')", name="state_is_known"
        ),
        Index("ix_orders_orders_unpaid", "pay_before_at", postgresql_where=text("state = 'awaiting_payment'")),
    )


class Consignment(Base):
    """Kiện của hộ: the part of an order that one household delivers."""

    __tablename__ = "orders_consignments"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders_orders.id"), index=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"))
    household_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16))
    goods_vnd: Mapped[int] = mapped_column(BigInteger)
    shipping_vnd: Mapped[int] = mapped_column(BigInteger)
    carrier: Mapped[str] = mapped_column(String(24))
    service: Mapped[str] = mapped_column(String(24))
    service_name: Mapped[str] = mapped_column(String(80))
    parcel_g: Mapped[int] = mapped_column(Integer)
    accept_before_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    packed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    handed_over_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_reason: Mapped[str | None] = mapped_column(String(300))
    #: Its goods may not be handed to a buyer for now: since when, why in public words, and how long it waits for them.
    held_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    held_reason: Mapped[str | None] = mapped_column(String(600))
    held_until_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("order_id", "household_id"),
        CheckConstraint("goods_vnd >= 0 AND shipping_vnd >= 0", name="amounts_are_not_negative"),
        CheckConstraint(
            "state IN ('waiting','to_accept','accepted','packed','handed_over','delivered','declined','cancelled',"
            "'returned','lost')",
            name="state_is_known",
        ),
        CheckConstraint("(held_at IS NULL) = (held_reason IS NULL)", name="hold_has_a_reason"),
        CheckConstraint(
            f"(held_until_at IS NOT NULL) = (held_at IS NOT NULL AND state IN {_AT_HOUSEHOLD})",
            name="hold_before_handover_has_an_end",
        ),
        CheckConstraint(
            f"held_at IS NULL OR state IN {_AT_HOUSEHOLD} OR state IN ('handed_over','delivered')",
            name="what_ended_is_not_on_hold",
        ),
        Index("ix_orders_consignments_desk", "household_id", "state", "id"),
        Index("ix_orders_consignments_open", "id", postgresql_where=text(f"state IN {_AT_HOUSEHOLD}")),
        Index("ix_orders_consignments_held", "id", postgresql_where=text("held_at IS NOT NULL")),
        Index("ix_orders_consignments_unanswered", "accept_before_at", postgresql_where=text("state = 'to_accept'")),
    )


class OrderLine(Base):
    """One product in a consignment, as it was when it was bought."""

    __tablename__ = "orders_lines"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    consignment_id: Mapped[int] = mapped_column(ForeignKey("orders_consignments.id"), index=True)
    offer_id: Mapped[int] = mapped_column(BigInteger)
    product_id: Mapped[int] = mapped_column(BigInteger, index=True)
    slug: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(120))
    unit: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    unit_price_vnd: Mapped[int] = mapped_column(BigInteger)
    total_vnd: Mapped[int] = mapped_column(BigInteger)
    tax_class: Mapped[str] = mapped_column(String(16))
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        CheckConstraint("quantity > 0 AND unit_price_vnd >= 0 AND total_vnd >= 0", name="line_makes_sense"),
    )


class LineLot(Base):
    """From which lot, and how much of it: the link that a recall follows to the buyer."""

    __tablename__ = "orders_line_lots"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("orders_lines.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    lot_code: Mapped[str] = mapped_column(String(40))
    #: In units of sale.
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    #: The same in the lot's own unit.
    lot_amount: Mapped[Decimal] = mapped_column(Numeric(12, 3))


class Payment(Base):
    """Thanh toán: the money of one order."""

    __tablename__ = "orders_payments"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders_orders.id"), unique=True)
    method: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    received_vnd: Mapped[int] = mapped_column(BigInteger, server_default="0")
    refunded_vnd: Mapped[int] = mapped_column(BigInteger, server_default="0")
    #: Names the attempt towards the gateway, so that a repeated call finds the same payment.
    attempt_key: Mapped[str] = mapped_column(String(26), unique=True)
    transfer_code: Mapped[str | None] = mapped_column(String(16), unique=True)
    gateway_reference: Mapped[str | None] = mapped_column(String(80), unique=True)
    received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_is_positive"),
        CheckConstraint("refunded_vnd >= 0 AND refunded_vnd <= received_vnd", name="never_refunds_more_than_came"),
        CheckConstraint("state IN ('due','pending','paid','expired','void')", name="state_is_known"),
    )


class Credit(Base):
    """A transfer that reached the account, matched or not. No money is ever ignored."""

    __tablename__ = "orders_credits"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(80))
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[str] = mapped_column(String(500))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("orders_payments.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (UniqueConstraint("source", "external_id"),)


class Refund(Base):
    """Hoàn tiền: money that goes back. The row is written first and reserves the balance."""

    __tablename__ = "orders_refunds"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("orders_payments.id"), index=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(16))
    gateway_reference: Mapped[str | None] = mapped_column(String(80))
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_is_positive"),
        CheckConstraint("state IN ('requested','by_hand','done','refused')", name="state_is_known"),
    )


class RecallDrill(Base):
    """Diễn tập thu hồi: whom a drill would have reached, and how long finding them and writing to them took."""

    __tablename__ = "orders_recall_drills"
    recall_id: Mapped[int] = mapped_column(ForeignKey("trace_recalls.id"), primary_key=True)
    lots: Mapped[int] = mapped_column(Integer)
    orders: Mapped[int] = mapped_column(Integer)
    parcels_out: Mapped[int] = mapped_column(Integer)
    letters: Mapped[int] = mapped_column(Integer)
    calls: Mapped[int] = mapped_column(Integer)
    found_ms: Mapped[int] = mapped_column(Integer)
    written_ms: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Change(Base):
    """One line of an order's history: what happened, when, and by which role."""

    __tablename__ = "orders_changes"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders_orders.id"), index=True)
    consignment_id: Mapped[int | None] = mapped_column(BigInteger)
    what: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text, server_default="")
    by_role: Mapped[str] = mapped_column(String(16))
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


#: What SQLAlchemy cannot say: run once, in the migration that adds the columns.
DDL = [
    """
    CREATE FUNCTION orders_refuse_step_on_hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the goods of consignment % are on hold', NEW.number USING ERRCODE = 'check_violation';
    END $$
    """,
    # A consignment on hold is neither offered to its household, nor accepted, nor packed.
    """
    CREATE TRIGGER goods_are_on_hold BEFORE UPDATE OF state ON orders_consignments FOR EACH ROW
    WHEN (OLD.held_at IS NOT NULL AND NEW.held_at IS NOT NULL AND OLD.state <> NEW.state
    AND NEW.state IN ('to_accept','accepted','packed')) EXECUTE FUNCTION orders_refuse_step_on_hold()
    """,
]
