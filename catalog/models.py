"""Tables of what is for sale."""

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base


class Product(Base):
    """Sản phẩm: something that a household makes and sells under one name."""

    __tablename__ = "catalog_products"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("sellers_households.id"), index=True)
    form_key: Mapped[uuid.UUID | None] = mapped_column(Uuid, unique=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    other_names: Mapped[str] = mapped_column(String(200), server_default="")
    category: Mapped[str] = mapped_column(String(32), index=True)
    unit: Mapped[str] = mapped_column(String(8))
    #: How much of a lot one unit of sale takes, e.g. 0.5 (kg) for a bunch of 500 g.
    content_amount: Mapped[Decimal] = mapped_column(Numeric(12, 3), server_default="1")
    content_unit: Mapped[str] = mapped_column(String(8))
    description: Mapped[str] = mapped_column(Text, server_default="")
    parcel_g: Mapped[int] = mapped_column(Integer)
    max_days_in_transit: Mapped[int] = mapped_column(Integer)
    tax_class: Mapped[str] = mapped_column(String(16))
    may_inspect: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    rating_sum: Mapped[int] = mapped_column(Integer, server_default="0")
    rating_count: Mapped[int] = mapped_column(Integer, server_default="0")
    sold_count: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("content_amount > 0", name="content_is_positive"),
        CheckConstraint("parcel_g BETWEEN 1 AND 50000", name="parcel_weight_is_carriable"),
        CheckConstraint("max_days_in_transit BETWEEN 0 AND 60", name="transit_days_make_sense"),
    )


class ProductPhoto(Base):
    """A photo of a product; the first one is its face."""

    __tablename__ = "catalog_product_photos"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("catalog_products.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(Integer)
    __table_args__ = (UniqueConstraint("product_id", "sha256"),)


class Offer(Base):
    """Hàng bán: a product as it is for sale now, at one price."""

    __tablename__ = "catalog_offers"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("catalog_products.id", ondelete="CASCADE"), unique=True)
    price_vnd: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("price_vnd > 0", name="price_is_positive"),
        CheckConstraint("state IN ('draft','on_sale','paused','withdrawn')", name="state_is_known"),
    )


class Stock(Base):
    """Goods of one lot on one offer, counted in units of sale."""

    __tablename__ = "catalog_stock"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("catalog_offers.id", ondelete="CASCADE"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("trace_lots.id"), index=True)
    lot_code: Mapped[str] = mapped_column(String(40))
    listed: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    reserved: Mapped[Decimal] = mapped_column(Numeric(12, 3), server_default="0")
    sold: Mapped[Decimal] = mapped_column(Numeric(12, 3), server_default="0")
    harvested_on: Mapped[date] = mapped_column(Date)
    best_before_on: Mapped[date | None] = mapped_column(Date)
    is_frozen: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    __table_args__ = (
        UniqueConstraint("offer_id", "lot_id"),
        CheckConstraint("reserved >= 0 AND sold >= 0 AND reserved + sold <= listed", name="stock_is_never_oversold"),
        Index("ix_catalog_stock_newest", text("harvested_on DESC"), text("id DESC")),
    )


class Listing(Base):
    """One act of putting goods of a lot on sale, or (``units`` below zero) of taking them back.

    Known by its form's key, so that a repetition changes nothing.
    """

    __tablename__ = "catalog_listings"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    form_key: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("catalog_offers.id", ondelete="CASCADE"), index=True)
    lot_id: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    listed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Reservation(Base):
    """Goods of one lot held for one order."""

    __tablename__ = "catalog_reservations"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    stock_id: Mapped[int] = mapped_column(ForeignKey("catalog_stock.id"), index=True)
    offer_id: Mapped[int] = mapped_column(BigInteger)
    lot_id: Mapped[int] = mapped_column(BigInteger, index=True)
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    state: Mapped[str] = mapped_column(String(16))
    held_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("holder", "stock_id"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("state IN ('held','consumed','released')", name="state_is_known"),
    )


class Review(Base):
    """Stars and words of a buyer to whom the goods were delivered."""

    __tablename__ = "catalog_reviews"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("catalog_products.id", ondelete="CASCADE"))
    consignment_ref: Mapped[str] = mapped_column(String(64))
    stars: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(1000), server_default="")
    signed_as: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("product_id", "consignment_ref"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_are_one_to_five"),
        Index("ix_catalog_reviews_newest", "product_id", text("id DESC")),
    )
