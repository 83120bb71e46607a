"""the tables of the first release"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: What SQLAlchemy cannot say: append-only tables, a ledger that balances, and the call that wakes the relay.
STATEMENTS = [
    """
    CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_ledger_transactions FOR EACH "
        "STATEMENT EXECUTE FUNCTION core_refuse_change()"
    ),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_ledger_postings FOR EACH "
        "STATEMENT EXECUTE FUNCTION core_refuse_change()"
    ),
    """
    CREATE FUNCTION core_ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT sum(amount_vnd) FROM core_ledger_postings WHERE transaction_id = NEW.transaction_id) <> 0 THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    (
        "CREATE CONSTRAINT TRIGGER ledger_balances AFTER INSERT ON core_ledger_postings DEFERRABLE INITIALLY "
        "DEFERRED FOR EACH ROW EXECUTE FUNCTION core_ledger_balances()"
    ),
    """
    CREATE FUNCTION core_wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('outbox', '');
      RETURN NULL;
    END $$
    """,
    ("CREATE TRIGGER wake_relay AFTER INSERT ON core_outbox FOR EACH STATEMENT EXECUTE FUNCTION core_wake_relay()"),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trace_records FOR EACH STATEMENT "
        "EXECUTE FUNCTION core_refuse_change()"
    ),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trace_record_lots FOR EACH "
        "STATEMENT EXECUTE FUNCTION core_refuse_change()"
    ),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trace_verifications FOR EACH "
        "STATEMENT EXECUTE FUNCTION core_refuse_change()"
    ),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trace_lot_links FOR EACH STATEMENT"
        " EXECUTE FUNCTION core_refuse_change()"
    ),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trace_recall_lots FOR EACH "
        "STATEMENT EXECUTE FUNCTION core_refuse_change()"
    ),
    (
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON logistics_movements FOR EACH "
        "STATEMENT EXECUTE FUNCTION core_refuse_change()"
    ),
]
FUNCTIONS = ("core_refuse_change", "core_ledger_balances", "core_wake_relay")


def upgrade() -> None:
    op.create_table(
        "core_inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_inbox")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_core_inbox_source_external_id")),
    )
    op.create_index(
        "ix_core_inbox_waiting", "core_inbox", ["id"], unique=False, postgresql_where=sa.text("applied_at IS NULL")
    )
    op.create_table(
        "core_ledger_transactions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_ledger_transactions")),
        sa.UniqueConstraint("reference", name=op.f("uq_core_ledger_transactions_reference")),
    )
    op.create_table(
        "core_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("link", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('email','desk')", name=op.f("ck_core_notices_channel_is_known")),
        sa.CheckConstraint(
            "state IN ('queued','sending','sent','unknown','failed')", name=op.f("ck_core_notices_state_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_core_notices_key")),
    )
    op.create_index(op.f("ix_core_notices_user_id"), "core_notices", ["user_id"], unique=False)
    op.create_table(
        "core_outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "occurred_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_outbox")),
    )
    op.create_index(
        "ix_core_outbox_waiting", "core_outbox", ["id"], unique=False, postgresql_where=sa.text("relayed_at IS NULL")
    )
    op.create_table(
        "core_photos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_photos")),
        sa.UniqueConstraint("sha256", name=op.f("uq_core_photos_sha256")),
    )
    op.create_table(
        "core_task_failures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task", sa.String(length=96), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="1", nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_task_failures")),
        sa.UniqueConstraint("task", name=op.f("uq_core_task_failures_task")),
    )
    op.create_table(
        "orders_baskets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("recipient", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_baskets")),
        sa.UniqueConstraint("token", name=op.f("uq_orders_baskets_token")),
    )
    op.create_index(op.f("ix_orders_baskets_changed_at"), "orders_baskets", ["changed_at"], unique=False)
    op.create_table(
        "sellers_provinces",
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sort_key", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sellers_provinces")),
    )
    op.create_table(
        "core_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.String(length=96), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["core_outbox.id"], name=op.f("fk_core_deliveries_outbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_deliveries")),
        sa.UniqueConstraint("outbox_id", "task", name=op.f("uq_core_deliveries_outbox_id_task")),
    )
    op.create_index(
        "ix_core_deliveries_due",
        "core_deliveries",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_index(
        "ix_core_deliveries_failed",
        "core_deliveries",
        ["failed_at"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NOT NULL"),
    )
    op.create_table(
        "core_ledger_postings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=96), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_vnd <> 0", name=op.f("ck_core_ledger_postings_posting_moves_money")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["core_ledger_transactions.id"], name=op.f("fk_core_ledger_postings_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_ledger_postings")),
    )
    op.create_index(op.f("ix_core_ledger_postings_account"), "core_ledger_postings", ["account"], unique=False)
    op.create_index(
        op.f("ix_core_ledger_postings_transaction_id"), "core_ledger_postings", ["transaction_id"], unique=False
    )
    op.create_table(
        "orders_basket_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("basket_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders_basket_lines_quantity_is_positive")),
        sa.ForeignKeyConstraint(
            ["basket_id"], ["orders_baskets.id"], name=op.f("fk_orders_basket_lines_basket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_basket_lines")),
        sa.UniqueConstraint("basket_id", "offer_id", name=op.f("uq_orders_basket_lines_basket_id_offer_id")),
    )
    op.create_table(
        "orders_basket_quotes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("basket_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("carrier", sa.String(length=24), nullable=False),
        sa.Column("service", sa.String(length=24), nullable=False),
        sa.Column("service_name", sa.String(length=80), nullable=False),
        sa.Column("fee_vnd", sa.BigInteger(), nullable=False),
        sa.Column("transit_hours", sa.Integer(), nullable=True),
        sa.Column("is_estimate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("parcel_g", sa.Integer(), nullable=False),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fee_vnd >= 0", name=op.f("ck_orders_basket_quotes_fee_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["basket_id"], ["orders_baskets.id"], name=op.f("fk_orders_basket_quotes_basket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_basket_quotes")),
        sa.UniqueConstraint("basket_id", "household_id", name=op.f("uq_orders_basket_quotes_basket_id_household_id")),
    )
    op.create_table(
        "sellers_communes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=False),
        sa.Column("full_name", sa.String(length=80), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("former_names", postgresql.ARRAY(sa.String(length=160)), server_default="{}", nullable=False),
        sa.Column("data_version", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_code"], ["sellers_provinces.code"], name=op.f("fk_sellers_communes_province_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_communes")),
        sa.UniqueConstraint("code", name=op.f("uq_sellers_communes_code")),
    )
    op.create_index(op.f("ix_sellers_communes_province_code"), "sellers_communes", ["province_code"], unique=False)
    op.create_table(
        "accounts_users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("session_key", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=26), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String(length=16)), nullable=False),
        sa.Column("commune_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(length=120), server_default="", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT ('officer' = ANY(roles)) OR commune_id IS NOT NULL",
            name=op.f("ck_accounts_users_officer_has_a_commune"),
        ),
        sa.CheckConstraint(
            "roles <@ ARRAY['buyer','household','helper','officer','operator']::varchar[]",
            name=op.f("ck_accounts_users_roles_are_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_accounts_users_email_is_lower_case")),
        sa.CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name=op.f("ck_accounts_users_can_be_reached")),
        sa.ForeignKeyConstraint(["commune_id"], ["sellers_communes.id"], name=op.f("fk_accounts_users_commune_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_users")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_users_email")),
        sa.UniqueConstraint("party", name=op.f("uq_accounts_users_party")),
        sa.UniqueConstraint("phone", name=op.f("uq_accounts_users_phone")),
        sa.UniqueConstraint("session_key", name=op.f("uq_accounts_users_session_key")),
    )
    op.create_index(op.f("ix_accounts_users_commune_id"), "accounts_users", ["commune_id"], unique=False)
    op.create_table(
        "sellers_households",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=True),
        sa.Column("shown_name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("representative", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("commune_id", sa.BigInteger(), nullable=False),
        sa.Column("hamlet", sa.String(length=80), server_default="", nullable=False),
        sa.Column("address_line", sa.String(length=160), server_default="", nullable=False),
        sa.Column("pickup_note", sa.String(length=160), server_default="", nullable=False),
        sa.Column("story", sa.Text(), server_default="", nullable=False),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("tax_code", sa.String(length=14), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('household','cooperative')", name=op.f("ck_sellers_households_kind_is_known")),
        sa.CheckConstraint(
            "state IN ('draft','identity_pending','verified','suspended')",
            name=op.f("ck_sellers_households_state_is_known"),
        ),
        sa.ForeignKeyConstraint(["commune_id"], ["sellers_communes.id"], name=op.f("fk_sellers_households_commune_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_households")),
        sa.UniqueConstraint("code", name=op.f("uq_sellers_households_code")),
        sa.UniqueConstraint("form_key", name=op.f("uq_sellers_households_form_key")),
    )
    op.create_index(op.f("ix_sellers_households_commune_id"), "sellers_households", ["commune_id"], unique=False)
    op.create_table(
        "sellers_place_terms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("commune_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.String(length=240), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("formerly", sa.String(length=160), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["commune_id"], ["sellers_communes.id"], name=op.f("fk_sellers_place_terms_commune_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_place_terms")),
    )
    op.create_index(op.f("ix_sellers_place_terms_commune_id"), "sellers_place_terms", ["commune_id"], unique=False)
    op.create_index(op.f("ix_sellers_place_terms_name"), "sellers_place_terms", ["name"], unique=False)
    op.create_table(
        "trace_lot_numbers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("commune_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.String(length=4), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["commune_id"], ["sellers_communes.id"], name=op.f("fk_trace_lot_numbers_commune_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_lot_numbers")),
        sa.UniqueConstraint("commune_id", "month", name=op.f("uq_trace_lot_numbers_commune_id_month")),
    )
    op.create_table(
        "accounts_acting_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("as_role", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_accounts_acting_log_household_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_acting_log_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_acting_log")),
    )
    op.create_index("ix_accounts_acting_log_household", "accounts_acting_log", ["household_id", "id"], unique=False)
    op.create_table(
        "accounts_memberships",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("granted_by", sa.BigInteger(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('own','helper')", name=op.f("ck_accounts_memberships_kind_is_known")),
        sa.ForeignKeyConstraint(["granted_by"], ["accounts_users.id"], name=op.f("fk_accounts_memberships_granted_by")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_accounts_memberships_household_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_memberships")),
    )
    op.create_index(
        op.f("ix_accounts_memberships_household_id"), "accounts_memberships", ["household_id"], unique=False
    )
    op.create_index(
        "uq_accounts_memberships_current",
        "accounts_memberships",
        ["user_id", "household_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "catalog_products",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("other_names", sa.String(length=200), server_default="", nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("content_amount", sa.Numeric(precision=12, scale=3), server_default="1", nullable=False),
        sa.Column("content_unit", sa.String(length=8), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("parcel_g", sa.Integer(), nullable=False),
        sa.Column("max_days_in_transit", sa.Integer(), nullable=False),
        sa.Column("tax_class", sa.String(length=16), nullable=False),
        sa.Column("may_inspect", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("rating_sum", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sold_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("content_amount > 0", name=op.f("ck_catalog_products_content_is_positive")),
        sa.CheckConstraint(
            "max_days_in_transit BETWEEN 0 AND 60", name=op.f("ck_catalog_products_transit_days_make_sense")
        ),
        sa.CheckConstraint("parcel_g BETWEEN 1 AND 50000", name=op.f("ck_catalog_products_parcel_weight_is_carriable")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_catalog_products_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_products")),
        sa.UniqueConstraint("form_key", name=op.f("uq_catalog_products_form_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_catalog_products_slug")),
    )
    op.create_index(op.f("ix_catalog_products_category"), "catalog_products", ["category"], unique=False)
    op.create_index(op.f("ix_catalog_products_household_id"), "catalog_products", ["household_id"], unique=False)
    op.create_table(
        "logistics_parcels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(length=50), nullable=False),
        sa.Column("consignment_ref", sa.String(length=50), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("carrier", sa.String(length=24), nullable=False),
        sa.Column("service", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carrier_code", sa.String(length=24), server_default="", nullable=False),
        sa.Column("waybill", sa.String(length=50), nullable=True),
        sa.Column("spec", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("cod_vnd", sa.BigInteger(), nullable=False),
        sa.Column("fee_vnd", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=300), nullable=True),
        sa.Column("attention", sa.String(length=32), nullable=True),
        sa.Column("attention_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("label_media_type", sa.String(length=64), nullable=True),
        sa.Column("label_content", sa.LargeBinary(), nullable=True),
        sa.Column("label_url", sa.Text(), nullable=True),
        sa.Column("label_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "attention IS NULL OR attention IN ('after_end', 'cancel_refused', 'cod_differs', 'lost', 'refused', 'second_waybill', 'silent', 'unknown_code', 'unsettled', 'waybill_missing')",
            name=op.f("ck_logistics_parcels_attention_is_known"),
        ),
        sa.CheckConstraint(
            "state IN ('available_for_pickup', 'booked', 'booking', 'cancelled', 'collecting', 'damaged', 'delivered', 'delivery_failed', 'in_transit', 'lost', 'out_for_delivery', 'picked_up', 'pickup_failed', 'planned', 'refused', 'return_pending', 'returned', 'returning', 'unknown')",
            name=op.f("ck_logistics_parcels_state_is_known"),
        ),
        sa.CheckConstraint(
            "(label_content IS NULL AND label_url IS NULL) OR label_media_type IS NOT NULL",
            name=op.f("ck_logistics_parcels_label_has_a_kind"),
        ),
        sa.CheckConstraint(
            "cod_vnd >= 0 AND coalesce(fee_vnd, 0) >= 0", name=op.f("ck_logistics_parcels_money_is_not_negative")
        ),
        sa.CheckConstraint("weight_g > 0", name=op.f("ck_logistics_parcels_weight_is_positive")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_logistics_parcels_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_parcels")),
        sa.UniqueConstraint("carrier", "waybill", name=op.f("uq_logistics_parcels_carrier_waybill")),
        sa.UniqueConstraint("reference", name=op.f("uq_logistics_parcels_reference")),
    )
    op.create_index(
        "ix_logistics_parcels_attention",
        "logistics_parcels",
        ["attention_at"],
        unique=False,
        postgresql_where=sa.text("attention IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_logistics_parcels_consignment_ref"), "logistics_parcels", ["consignment_ref"], unique=False
    )
    op.create_index(op.f("ix_logistics_parcels_household_id"), "logistics_parcels", ["household_id"], unique=False)
    op.create_index("ix_logistics_parcels_state", "logistics_parcels", ["state", "id"], unique=False)
    op.create_index(
        "ix_logistics_parcels_under_way",
        "logistics_parcels",
        ["heard_at"],
        unique=False,
        postgresql_where=sa.text(
            "state IN ('available_for_pickup', 'booked', 'collecting', 'delivery_failed', 'in_transit', 'out_for_delivery', 'picked_up', 'pickup_failed', 'return_pending', 'returning')"
        ),
    )
    op.create_index(
        "ix_logistics_parcels_unsettled",
        "logistics_parcels",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('booking', 'planned', 'unknown')"),
    )
    op.create_table(
        "orders_orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("payment_method", sa.String(length=16), nullable=False),
        sa.Column("buyer_name", sa.String(length=80), nullable=False),
        sa.Column("buyer_phone", sa.String(length=20), nullable=False),
        sa.Column("buyer_email", sa.String(length=254), nullable=True),
        sa.Column("commune_id", sa.BigInteger(), nullable=False),
        sa.Column("commune_name", sa.String(length=80), nullable=False),
        sa.Column("province_name", sa.String(length=80), nullable=False),
        sa.Column("address_line", sa.String(length=200), nullable=False),
        sa.Column("address_note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("goods_vnd", sa.BigInteger(), nullable=False),
        sa.Column("shipping_vnd", sa.BigInteger(), nullable=False),
        sa.Column("total_vnd", sa.BigInteger(), nullable=False),
        sa.Column("disclosure", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pay_before_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=300), nullable=True),
        sa.CheckConstraint(
            "payment_method IN ('cod','transfer','card')", name=op.f("ck_orders_orders_payment_method_is_known")
        ),
        sa.CheckConstraint(
            "state IN ('awaiting_payment','confirmed','completed','cancelled','expired')",
            name=op.f("ck_orders_orders_state_is_known"),
        ),
        sa.CheckConstraint(
            "goods_vnd >= 0 AND shipping_vnd >= 0", name=op.f("ck_orders_orders_amounts_are_not_negative")
        ),
        sa.CheckConstraint("total_vnd = goods_vnd + shipping_vnd", name=op.f("ck_orders_orders_total_adds_up")),
        sa.ForeignKeyConstraint(["user_id"], ["accounts_users.id"], name=op.f("fk_orders_orders_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_orders_number")),
        sa.UniqueConstraint("token", name=op.f("uq_orders_orders_token")),
    )
    op.create_index(op.f("ix_orders_orders_placed_at"), "orders_orders", ["placed_at"], unique=False)
    op.create_index(
        "ix_orders_orders_unpaid",
        "orders_orders",
        ["pay_before_at"],
        unique=False,
        postgresql_where=sa.text("state = 'awaiting_payment'"),
    )
    op.create_index(op.f("ix_orders_orders_user_id"), "orders_orders", ["user_id"], unique=False)
    op.create_table(
        "sellers_certificates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("scope", sa.String(length=200), server_default="", nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("verified_by", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("has_told_expiry", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "state IN ('claimed','verified','rejected')", name=op.f("ck_sellers_certificates_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_sellers_certificates_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_certificates")),
        sa.UniqueConstraint("form_key", name=op.f("uq_sellers_certificates_form_key")),
    )
    op.create_index("ix_sellers_certificates_valid", "sellers_certificates", ["household_id", "state"], unique=False)
    op.create_table(
        "sellers_identity_checks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("last4", sa.String(length=4), server_default="", nullable=False),
        sa.Column("number_hash", sa.String(length=128), nullable=True),
        sa.Column("checked_by", sa.BigInteger(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_sellers_identity_checks_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_identity_checks")),
    )
    op.create_index(
        op.f("ix_sellers_identity_checks_household_id"), "sellers_identity_checks", ["household_id"], unique=False
    )
    op.create_table(
        "sellers_payout_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("bank_bin", sa.String(length=6), nullable=False),
        sa.Column("account_number", sa.String(length=19), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_sellers_payout_accounts_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_payout_accounts")),
        sa.UniqueConstraint(
            "household_id",
            "account_number",
            "set_at",
            name=op.f("uq_sellers_payout_accounts_household_id_account_number_set_at"),
        ),
    )
    op.create_index(
        op.f("ix_sellers_payout_accounts_household_id"), "sellers_payout_accounts", ["household_id"], unique=False
    )
    op.create_table(
        "sellers_sites",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("form_key", sa.Uuid(), nullable=True),
        sa.Column("ulid", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("area_m2", sa.Integer(), nullable=True),
        sa.Column("capacity_heads", sa.Integer(), nullable=True),
        sa.Column("planting_area_code", sa.String(length=40), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('field','orchard','pond','barn','pen','workshop')", name=op.f("ck_sellers_sites_kind_is_known")
        ),
        sa.CheckConstraint("area_m2 > 0", name=op.f("ck_sellers_sites_area_is_positive")),
        sa.CheckConstraint("capacity_heads > 0", name=op.f("ck_sellers_sites_capacity_is_positive")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_sellers_sites_household_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["sellers_sites.id"], name=op.f("fk_sellers_sites_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_sites")),
        sa.UniqueConstraint("form_key", name=op.f("uq_sellers_sites_form_key")),
        sa.UniqueConstraint("ulid", name=op.f("uq_sellers_sites_ulid")),
    )
    op.create_index(op.f("ix_sellers_sites_household_id"), "sellers_sites", ["household_id"], unique=False)
    op.create_index(op.f("ix_sellers_sites_parent_id"), "sellers_sites", ["parent_id"], unique=False)
    op.create_table(
        "trace_chains",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("party", sa.String(length=26), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(head_hash) = 32", name=op.f("ck_trace_chains_hash_is_sha256")),
        sa.ForeignKeyConstraint(["household_id"], ["sellers_households.id"], name=op.f("fk_trace_chains_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_chains")),
        sa.UniqueConstraint("household_id", name=op.f("uq_trace_chains_household_id")),
        sa.UniqueConstraint("party", name=op.f("uq_trace_chains_party")),
    )
    op.create_table(
        "catalog_offers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft','on_sale','paused','withdrawn')", name=op.f("ck_catalog_offers_state_is_known")
        ),
        sa.CheckConstraint("price_vnd > 0", name=op.f("ck_catalog_offers_price_is_positive")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["catalog_products.id"], name=op.f("fk_catalog_offers_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_offers")),
        sa.UniqueConstraint("product_id", name=op.f("uq_catalog_offers_product_id")),
    )
    op.create_table(
        "catalog_product_photos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["catalog_products.id"],
            name=op.f("fk_catalog_product_photos_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_product_photos")),
        sa.UniqueConstraint("product_id", "sha256", name=op.f("uq_catalog_product_photos_product_id_sha256")),
    )
    op.create_index(
        op.f("ix_catalog_product_photos_product_id"), "catalog_product_photos", ["product_id"], unique=False
    )
    op.create_table(
        "catalog_reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("consignment_ref", sa.String(length=64), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("signed_as", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_catalog_reviews_stars_are_one_to_five")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["catalog_products.id"], name=op.f("fk_catalog_reviews_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_reviews")),
        sa.UniqueConstraint(
            "product_id", "consignment_ref", name=op.f("uq_catalog_reviews_product_id_consignment_ref")
        ),
    )
    op.create_index(
        "ix_catalog_reviews_newest", "catalog_reviews", ["product_id", sa.literal_column("id DESC")], unique=False
    )
    op.create_table(
        "logistics_cod_receivables",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("carrier", sa.String(length=24), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statement", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "(state = 'remitted') = (remitted_at IS NOT NULL)",
            name=op.f("ck_logistics_cod_receivables_remitted_has_a_moment"),
        ),
        sa.CheckConstraint(
            "(state IN ('collected', 'remitted')) = (collected_at IS NOT NULL)",
            name=op.f("ck_logistics_cod_receivables_collected_has_a_moment"),
        ),
        sa.CheckConstraint(
            "state IN ('awaiting', 'collected', 'remitted', 'void')",
            name=op.f("ck_logistics_cod_receivables_state_is_known"),
        ),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_logistics_cod_receivables_amount_is_positive")),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["logistics_parcels.id"], name=op.f("fk_logistics_cod_receivables_parcel_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_cod_receivables")),
        sa.UniqueConstraint("parcel_id", name=op.f("uq_logistics_cod_receivables_parcel_id")),
    )
    op.create_index(
        "ix_logistics_cod_receivables_open",
        "logistics_cod_receivables",
        ["collected_at"],
        unique=False,
        postgresql_where=sa.text("state = 'collected'"),
    )
    op.create_table(
        "logistics_movements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("carrier_code", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("waybill", sa.String(length=50), server_default="", nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=200), server_default="", nullable=False),
        sa.Column("reason_code", sa.String(length=24), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("is_returning", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cod_vnd", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state IS NULL OR state IN ('available_for_pickup', 'booked', 'booking', 'cancelled', 'collecting', 'damaged', 'delivered', 'delivery_failed', 'in_transit', 'lost', 'out_for_delivery', 'picked_up', 'pickup_failed', 'planned', 'refused', 'return_pending', 'returned', 'returning', 'unknown')",
            name=op.f("ck_logistics_movements_state_is_known"),
        ),
        sa.ForeignKeyConstraint(["parcel_id"], ["logistics_parcels.id"], name=op.f("fk_logistics_movements_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_movements")),
        sa.UniqueConstraint("parcel_id", "content_key", name=op.f("uq_logistics_movements_parcel_id_content_key")),
    )
    op.create_table(
        "orders_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("consignment_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("by_role", sa.String(length=16), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders_orders.id"], name=op.f("fk_orders_changes_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_changes")),
    )
    op.create_index(op.f("ix_orders_changes_order_id"), "orders_changes", ["order_id"], unique=False)
    op.create_table(
        "orders_consignments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("household_name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("goods_vnd", sa.BigInteger(), nullable=False),
        sa.Column("shipping_vnd", sa.BigInteger(), nullable=False),
        sa.Column("carrier", sa.String(length=24), nullable=False),
        sa.Column("service", sa.String(length=24), nullable=False),
        sa.Column("service_name", sa.String(length=80), nullable=False),
        sa.Column("parcel_g", sa.Integer(), nullable=False),
        sa.Column("accept_before_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=300), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting','to_accept','accepted','packed','handed_over','delivered','declined','cancelled','returned','lost')",
            name=op.f("ck_orders_consignments_state_is_known"),
        ),
        sa.CheckConstraint(
            "goods_vnd >= 0 AND shipping_vnd >= 0", name=op.f("ck_orders_consignments_amounts_are_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_orders_consignments_household_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders_orders.id"], name=op.f("fk_orders_consignments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_consignments")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_consignments_number")),
        sa.UniqueConstraint("order_id", "household_id", name=op.f("uq_orders_consignments_order_id_household_id")),
    )
    op.create_index("ix_orders_consignments_desk", "orders_consignments", ["household_id", "state", "id"], unique=False)
    op.create_index(op.f("ix_orders_consignments_order_id"), "orders_consignments", ["order_id"], unique=False)
    op.create_index(
        "ix_orders_consignments_unanswered",
        "orders_consignments",
        ["accept_before_at"],
        unique=False,
        postgresql_where=sa.text("state = 'to_accept'"),
    )
    op.create_table(
        "orders_payments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("received_vnd", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_vnd", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempt_key", sa.String(length=26), nullable=False),
        sa.Column("transfer_code", sa.String(length=16), nullable=True),
        sa.Column("gateway_reference", sa.String(length=80), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('due','pending','paid','expired','void')", name=op.f("ck_orders_payments_state_is_known")
        ),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_orders_payments_amount_is_positive")),
        sa.CheckConstraint(
            "refunded_vnd >= 0 AND refunded_vnd <= received_vnd",
            name=op.f("ck_orders_payments_never_refunds_more_than_came"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders_orders.id"], name=op.f("fk_orders_payments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_payments")),
        sa.UniqueConstraint("attempt_key", name=op.f("uq_orders_payments_attempt_key")),
        sa.UniqueConstraint("gateway_reference", name=op.f("uq_orders_payments_gateway_reference")),
        sa.UniqueConstraint("order_id", name=op.f("uq_orders_payments_order_id")),
        sa.UniqueConstraint("transfer_code", name=op.f("uq_orders_payments_transfer_code")),
    )
    op.create_table(
        "trace_places",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("ulid", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sellers_sites.id"], name=op.f("fk_trace_places_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_places")),
        sa.UniqueConstraint("site_id", name=op.f("uq_trace_places_site_id")),
        sa.UniqueConstraint("ulid", name=op.f("uq_trace_places_ulid")),
    )
    op.create_table(
        "trace_seasons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("produce", sa.String(length=120), nullable=False),
        sa.Column("template", sa.String(length=16), nullable=False),
        sa.Column("transformation_id", sa.String(length=26), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "template IN ('rice', 'vegetable', 'fruit', 'pig', 'poultry', 'fish', 'processed', 'honey', 'cattle', 'craft')",
            name=op.f("ck_trace_seasons_template_is_known"),
        ),
        sa.CheckConstraint(
            "closed_on IS NULL OR closed_on >= started_on", name=op.f("ck_trace_seasons_closes_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_trace_seasons_household_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sellers_sites.id"], name=op.f("fk_trace_seasons_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_seasons")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_seasons_client_key")),
        sa.UniqueConstraint("transformation_id", name=op.f("uq_trace_seasons_transformation_id")),
    )
    op.create_index(op.f("ix_trace_seasons_household_id"), "trace_seasons", ["household_id"], unique=False)
    op.create_index(op.f("ix_trace_seasons_site_id"), "trace_seasons", ["site_id"], unique=False)
    op.create_table(
        "catalog_listings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["catalog_offers.id"], name=op.f("fk_catalog_listings_offer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_listings")),
        sa.UniqueConstraint("form_key", name=op.f("uq_catalog_listings_form_key")),
    )
    op.create_index(op.f("ix_catalog_listings_offer_id"), "catalog_listings", ["offer_id"], unique=False)
    op.create_table(
        "orders_credits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(length=500), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["orders_payments.id"], name=op.f("fk_orders_credits_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_credits")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_orders_credits_source_external_id")),
    )
    op.create_index(op.f("ix_orders_credits_payment_id"), "orders_credits", ["payment_id"], unique=False)
    op.create_table(
        "orders_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("consignment_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("unit_price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("total_vnd", sa.BigInteger(), nullable=False),
        sa.Column("tax_class", sa.String(length=16), nullable=False),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "quantity > 0 AND unit_price_vnd >= 0 AND total_vnd >= 0", name=op.f("ck_orders_lines_line_makes_sense")
        ),
        sa.ForeignKeyConstraint(
            ["consignment_id"], ["orders_consignments.id"], name=op.f("fk_orders_lines_consignment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_lines")),
    )
    op.create_index(op.f("ix_orders_lines_consignment_id"), "orders_lines", ["consignment_id"], unique=False)
    op.create_index(op.f("ix_orders_lines_product_id"), "orders_lines", ["product_id"], unique=False)
    op.create_table(
        "orders_refunds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("gateway_reference", sa.String(length=80), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested','by_hand','done','refused')", name=op.f("ck_orders_refunds_state_is_known")
        ),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_orders_refunds_amount_is_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["orders_payments.id"], name=op.f("fk_orders_refunds_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_refunds")),
        sa.UniqueConstraint("key", name=op.f("uq_orders_refunds_key")),
    )
    op.create_index(op.f("ix_orders_refunds_payment_id"), "orders_refunds", ["payment_id"], unique=False)
    op.create_table(
        "trace_lots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("commune_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("season_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("produce", sa.String(length=120), nullable=False),
        sa.Column("template", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("quantity_made", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("quantity_out", sa.Numeric(precision=12, scale=3), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("best_before_on", sa.Date(), nullable=True),
        sa.Column("grade", sa.String(length=60), nullable=True),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("recall_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "origin IN ('harvest', 'slaughter', 'making', 'packing', 'split', 'merge')",
            name=op.f("ck_trace_lots_origin_is_known"),
        ),
        sa.CheckConstraint(
            "state IN ('recorded', 'awaiting_verification', 'verified', 'sent_back', 'held', 'recalled')",
            name=op.f("ck_trace_lots_state_is_known"),
        ),
        sa.CheckConstraint(
            "best_before_on IS NULL OR best_before_on >= made_on", name=op.f("ck_trace_lots_expires_after_made")
        ),
        sa.CheckConstraint("quantity_made > 0", name=op.f("ck_trace_lots_makes_something")),
        sa.CheckConstraint(
            "quantity_out BETWEEN 0 AND quantity_made", name=op.f("ck_trace_lots_no_more_leaves_than_was_made")
        ),
        sa.ForeignKeyConstraint(["commune_id"], ["sellers_communes.id"], name=op.f("fk_trace_lots_commune_id")),
        sa.ForeignKeyConstraint(["household_id"], ["sellers_households.id"], name=op.f("fk_trace_lots_household_id")),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["trace_recalls.id"], name="fk_trace_lots_recall_id_trace_recalls", use_alter=True
        ),
        sa.ForeignKeyConstraint(["season_id"], ["trace_seasons.id"], name=op.f("fk_trace_lots_season_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sellers_sites.id"], name=op.f("fk_trace_lots_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_lots")),
        sa.UniqueConstraint("code", name=op.f("uq_trace_lots_code")),
    )
    op.create_index("ix_trace_lots_commune_state", "trace_lots", ["commune_id", "state", "requested_at"], unique=False)
    op.create_index("ix_trace_lots_household_state", "trace_lots", ["household_id", "state"], unique=False)
    op.create_index(op.f("ix_trace_lots_recall_id"), "trace_lots", ["recall_id"], unique=False)
    op.create_index(op.f("ix_trace_lots_season_id"), "trace_lots", ["season_id"], unique=False)
    op.create_table(
        "catalog_stock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_code", sa.String(length=40), nullable=False),
        sa.Column("listed", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=12, scale=3), server_default="0", nullable=False),
        sa.Column("sold", sa.Numeric(precision=12, scale=3), server_default="0", nullable=False),
        sa.Column("harvested_on", sa.Date(), nullable=False),
        sa.Column("best_before_on", sa.Date(), nullable=True),
        sa.Column("is_frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "reserved >= 0 AND sold >= 0 AND reserved + sold <= listed",
            name=op.f("ck_catalog_stock_stock_is_never_oversold"),
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_catalog_stock_lot_id")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["catalog_offers.id"], name=op.f("fk_catalog_stock_offer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_stock")),
        sa.UniqueConstraint("offer_id", "lot_id", name=op.f("uq_catalog_stock_offer_id_lot_id")),
    )
    op.create_index(op.f("ix_catalog_stock_lot_id"), "catalog_stock", ["lot_id"], unique=False)
    op.create_index(
        "ix_catalog_stock_newest",
        "catalog_stock",
        [sa.literal_column("harvested_on DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "orders_line_lots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_code", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("lot_amount", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["orders_lines.id"], name=op.f("fk_orders_line_lots_line_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_orders_line_lots_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_line_lots")),
    )
    op.create_index(op.f("ix_orders_line_lots_line_id"), "orders_line_lots", ["line_id"], unique=False)
    op.create_index(op.f("ix_orders_line_lots_lot_id"), "orders_line_lots", ["lot_id"], unique=False)
    op.create_table(
        "trace_recalls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("commune_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("officer_party", sa.String(length=26), nullable=False),
        sa.Column("officer_title", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["commune_id"], ["sellers_communes.id"], name=op.f("fk_trace_recalls_commune_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_trace_recalls_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_recalls")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_recalls_client_key")),
    )
    op.create_index(op.f("ix_trace_recalls_commune_id"), "trace_recalls", ["commune_id"], unique=False)
    op.create_index(op.f("ix_trace_recalls_lot_id"), "trace_recalls", ["lot_id"], unique=False)
    op.create_table(
        "trace_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("season_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.Column("waiting_until", sa.Date(), nullable=True),
        sa.Column("photo_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("entered_by", sa.String(length=26), nullable=False),
        sa.Column("entered_role", sa.String(length=16), nullable=False),
        sa.Column("is_helper", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("hash = sha256(prev_hash || body)", name=op.f("ck_trace_records_hash_seals_the_body")),
        sa.CheckConstraint(
            "octet_length(hash) = 32 AND octet_length(prev_hash) = 32", name=op.f("ck_trace_records_hash_is_sha256")
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_trace_records_seq_counts_from_one")),
        sa.ForeignKeyConstraint(["corrects_id"], ["trace_records.id"], name=op.f("fk_trace_records_corrects_id")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_trace_records_household_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_trace_records_lot_id")),
        sa.ForeignKeyConstraint(["season_id"], ["trace_seasons.id"], name=op.f("fk_trace_records_season_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_records")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_records_client_key")),
        sa.UniqueConstraint("household_id", "seq", name=op.f("uq_trace_records_household_id_seq")),
    )
    op.create_index(
        "ix_trace_records_corrects",
        "trace_records",
        ["corrects_id"],
        unique=False,
        postgresql_where=sa.text("corrects_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_trace_records_event_id"), "trace_records", ["event_id"], unique=False)
    op.create_index(
        "ix_trace_records_lot",
        "trace_records",
        ["lot_id"],
        unique=False,
        postgresql_where=sa.text("lot_id IS NOT NULL"),
    )
    op.create_index(
        "ix_trace_records_season",
        "trace_records",
        ["season_id", "occurred_at"],
        unique=False,
        postgresql_where=sa.text("season_id IS NOT NULL"),
    )
    op.create_index(
        "ix_trace_records_waiting",
        "trace_records",
        ["season_id", "waiting_until"],
        unique=False,
        postgresql_where=sa.text("waiting_until IS NOT NULL"),
    )
    op.create_table(
        "catalog_reservations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("stock_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('held','consumed','released')", name=op.f("ck_catalog_reservations_state_is_known")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_catalog_reservations_quantity_is_positive")),
        sa.ForeignKeyConstraint(["stock_id"], ["catalog_stock.id"], name=op.f("fk_catalog_reservations_stock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_reservations")),
        sa.UniqueConstraint("holder", "stock_id", name=op.f("uq_catalog_reservations_holder_stock_id")),
    )
    op.create_index(op.f("ix_catalog_reservations_lot_id"), "catalog_reservations", ["lot_id"], unique=False)
    op.create_index(op.f("ix_catalog_reservations_stock_id"), "catalog_reservations", ["stock_id"], unique=False)
    op.create_table(
        "trace_lot_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('split', 'merge', 'packing', 'making', 'supplied')", name=op.f("ck_trace_lot_links_kind_is_known")
        ),
        sa.CheckConstraint("parent_id <> child_id", name=op.f("ck_trace_lot_links_no_lot_is_its_own_parent")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_trace_lot_links_moves_something")),
        sa.ForeignKeyConstraint(["child_id"], ["trace_lots.id"], name=op.f("fk_trace_lot_links_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["trace_lots.id"], name=op.f("fk_trace_lot_links_parent_id")),
        sa.ForeignKeyConstraint(["record_id"], ["trace_records.id"], name=op.f("fk_trace_lot_links_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_lot_links")),
        sa.UniqueConstraint(
            "parent_id", "child_id", "record_id", name=op.f("uq_trace_lot_links_parent_id_child_id_record_id")
        ),
    )
    op.create_index(op.f("ix_trace_lot_links_child_id"), "trace_lot_links", ["child_id"], unique=False)
    op.create_index(op.f("ix_trace_lot_links_parent_id"), "trace_lot_links", ["parent_id"], unique=False)
    op.create_index(op.f("ix_trace_lot_links_record_id"), "trace_lot_links", ["record_id"], unique=False)
    op.create_table(
        "trace_parcels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("parcel_ref", sa.String(length=80), nullable=False),
        sa.Column("consignment_ref", sa.String(length=80), nullable=False),
        sa.Column("parcel_ulid", sa.String(length=26), nullable=False),
        sa.Column("consignment_ulid", sa.String(length=26), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["sellers_households.id"], name=op.f("fk_trace_parcels_household_id")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["trace_records.id"], name=op.f("fk_trace_parcels_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_parcels")),
        sa.UniqueConstraint("parcel_ref", name=op.f("uq_trace_parcels_parcel_ref")),
        sa.UniqueConstraint("parcel_ulid", name=op.f("uq_trace_parcels_parcel_ulid")),
        sa.UniqueConstraint("record_id", name=op.f("uq_trace_parcels_record_id")),
    )
    op.create_index(op.f("ix_trace_parcels_household_id"), "trace_parcels", ["household_id"], unique=False)
    op.create_table(
        "trace_private_details",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(erased_at IS NULL) = (content IS NOT NULL) AND (content IS NULL) = (salt IS NULL)",
            name=op.f("ck_trace_private_details_content_goes_with_its_salt"),
        ),
        sa.ForeignKeyConstraint(["record_id"], ["trace_records.id"], name=op.f("fk_trace_private_details_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_private_details")),
        sa.UniqueConstraint("record_id", name=op.f("uq_trace_private_details_record_id")),
    )
    op.create_table(
        "trace_recall_lots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_trace_recall_lots_lot_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["trace_recalls.id"], name=op.f("fk_trace_recall_lots_recall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_recall_lots")),
        sa.UniqueConstraint("recall_id", "lot_id", name=op.f("uq_trace_recall_lots_recall_id_lot_id")),
    )
    op.create_index(op.f("ix_trace_recall_lots_lot_id"), "trace_recall_lots", ["lot_id"], unique=False)
    op.create_table(
        "trace_record_lots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_trace_record_lots_lot_id")),
        sa.ForeignKeyConstraint(["record_id"], ["trace_records.id"], name=op.f("fk_trace_record_lots_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_record_lots")),
        sa.UniqueConstraint("record_id", "lot_id", name=op.f("uq_trace_record_lots_record_id_lot_id")),
    )
    op.create_index(op.f("ix_trace_record_lots_lot_id"), "trace_record_lots", ["lot_id"], unique=False)
    op.create_table(
        "trace_verifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("commune_id", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("officer_party", sa.String(length=26), nullable=False),
        sa.Column("officer_title", sa.String(length=120), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('verified', 'sent_back')", name=op.f("ck_trace_verifications_decision_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["commune_id"], ["sellers_communes.id"], name=op.f("fk_trace_verifications_commune_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_trace_verifications_lot_id")),
        sa.ForeignKeyConstraint(["record_id"], ["trace_records.id"], name=op.f("fk_trace_verifications_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_verifications")),
        sa.UniqueConstraint("record_id", name=op.f("uq_trace_verifications_record_id")),
    )
    op.create_index(op.f("ix_trace_verifications_lot_id"), "trace_verifications", ["lot_id"], unique=False)
    # Lots and recalls point at one another, so this key comes when both are there.
    op.create_foreign_key(
        op.f("fk_trace_lots_recall_id_trace_recalls"), "trace_lots", "trace_recalls", ["recall_id"], ["id"]
    )
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_constraint(op.f("fk_trace_lots_recall_id_trace_recalls"), "trace_lots", type_="foreignkey")
    op.drop_index(op.f("ix_trace_verifications_lot_id"), table_name="trace_verifications")
    op.drop_table("trace_verifications")
    op.drop_index(op.f("ix_trace_record_lots_lot_id"), table_name="trace_record_lots")
    op.drop_table("trace_record_lots")
    op.drop_index(op.f("ix_trace_recall_lots_lot_id"), table_name="trace_recall_lots")
    op.drop_table("trace_recall_lots")
    op.drop_table("trace_private_details")
    op.drop_index(op.f("ix_trace_parcels_household_id"), table_name="trace_parcels")
    op.drop_table("trace_parcels")
    op.drop_index(op.f("ix_trace_lot_links_record_id"), table_name="trace_lot_links")
    op.drop_index(op.f("ix_trace_lot_links_parent_id"), table_name="trace_lot_links")
    op.drop_index(op.f("ix_trace_lot_links_child_id"), table_name="trace_lot_links")
    op.drop_table("trace_lot_links")
    op.drop_index(op.f("ix_catalog_reservations_stock_id"), table_name="catalog_reservations")
    op.drop_index(op.f("ix_catalog_reservations_lot_id"), table_name="catalog_reservations")
    op.drop_table("catalog_reservations")
    op.drop_index(
        "ix_trace_records_waiting", table_name="trace_records", postgresql_where=sa.text("waiting_until IS NOT NULL")
    )
    op.drop_index(
        "ix_trace_records_season", table_name="trace_records", postgresql_where=sa.text("season_id IS NOT NULL")
    )
    op.drop_index("ix_trace_records_lot", table_name="trace_records", postgresql_where=sa.text("lot_id IS NOT NULL"))
    op.drop_index(op.f("ix_trace_records_event_id"), table_name="trace_records")
    op.drop_index(
        "ix_trace_records_corrects", table_name="trace_records", postgresql_where=sa.text("corrects_id IS NOT NULL")
    )
    op.drop_table("trace_records")
    op.drop_index(op.f("ix_trace_recalls_lot_id"), table_name="trace_recalls")
    op.drop_index(op.f("ix_trace_recalls_commune_id"), table_name="trace_recalls")
    op.drop_table("trace_recalls")
    op.drop_index(op.f("ix_orders_line_lots_lot_id"), table_name="orders_line_lots")
    op.drop_index(op.f("ix_orders_line_lots_line_id"), table_name="orders_line_lots")
    op.drop_table("orders_line_lots")
    op.drop_index("ix_catalog_stock_newest", table_name="catalog_stock")
    op.drop_index(op.f("ix_catalog_stock_lot_id"), table_name="catalog_stock")
    op.drop_table("catalog_stock")
    op.drop_index(op.f("ix_trace_lots_season_id"), table_name="trace_lots")
    op.drop_index(op.f("ix_trace_lots_recall_id"), table_name="trace_lots")
    op.drop_index("ix_trace_lots_household_state", table_name="trace_lots")
    op.drop_index("ix_trace_lots_commune_state", table_name="trace_lots")
    op.drop_table("trace_lots")
    op.drop_index(op.f("ix_orders_refunds_payment_id"), table_name="orders_refunds")
    op.drop_table("orders_refunds")
    op.drop_index(op.f("ix_orders_lines_product_id"), table_name="orders_lines")
    op.drop_index(op.f("ix_orders_lines_consignment_id"), table_name="orders_lines")
    op.drop_table("orders_lines")
    op.drop_index(op.f("ix_orders_credits_payment_id"), table_name="orders_credits")
    op.drop_table("orders_credits")
    op.drop_index(op.f("ix_catalog_listings_offer_id"), table_name="catalog_listings")
    op.drop_table("catalog_listings")
    op.drop_index(op.f("ix_trace_seasons_site_id"), table_name="trace_seasons")
    op.drop_index(op.f("ix_trace_seasons_household_id"), table_name="trace_seasons")
    op.drop_table("trace_seasons")
    op.drop_table("trace_places")
    op.drop_table("orders_payments")
    op.drop_index(
        "ix_orders_consignments_unanswered",
        table_name="orders_consignments",
        postgresql_where=sa.text("state = 'to_accept'"),
    )
    op.drop_index(op.f("ix_orders_consignments_order_id"), table_name="orders_consignments")
    op.drop_index("ix_orders_consignments_desk", table_name="orders_consignments")
    op.drop_table("orders_consignments")
    op.drop_index(op.f("ix_orders_changes_order_id"), table_name="orders_changes")
    op.drop_table("orders_changes")
    op.drop_table("logistics_movements")
    op.drop_index(
        "ix_logistics_cod_receivables_open",
        table_name="logistics_cod_receivables",
        postgresql_where=sa.text("state = 'collected'"),
    )
    op.drop_table("logistics_cod_receivables")
    op.drop_index("ix_catalog_reviews_newest", table_name="catalog_reviews")
    op.drop_table("catalog_reviews")
    op.drop_index(op.f("ix_catalog_product_photos_product_id"), table_name="catalog_product_photos")
    op.drop_table("catalog_product_photos")
    op.drop_table("catalog_offers")
    op.drop_table("trace_chains")
    op.drop_index(op.f("ix_sellers_sites_parent_id"), table_name="sellers_sites")
    op.drop_index(op.f("ix_sellers_sites_household_id"), table_name="sellers_sites")
    op.drop_table("sellers_sites")
    op.drop_index(op.f("ix_sellers_payout_accounts_household_id"), table_name="sellers_payout_accounts")
    op.drop_table("sellers_payout_accounts")
    op.drop_index(op.f("ix_sellers_identity_checks_household_id"), table_name="sellers_identity_checks")
    op.drop_table("sellers_identity_checks")
    op.drop_index("ix_sellers_certificates_valid", table_name="sellers_certificates")
    op.drop_table("sellers_certificates")
    op.drop_index(op.f("ix_orders_orders_user_id"), table_name="orders_orders")
    op.drop_index(
        "ix_orders_orders_unpaid", table_name="orders_orders", postgresql_where=sa.text("state = 'awaiting_payment'")
    )
    op.drop_index(op.f("ix_orders_orders_placed_at"), table_name="orders_orders")
    op.drop_table("orders_orders")
    op.drop_index(
        "ix_logistics_parcels_unsettled",
        table_name="logistics_parcels",
        postgresql_where=sa.text("state IN ('booking', 'planned', 'unknown')"),
    )
    op.drop_index(
        "ix_logistics_parcels_under_way",
        table_name="logistics_parcels",
        postgresql_where=sa.text(
            "state IN ('available_for_pickup', 'booked', 'collecting', 'delivery_failed', 'in_transit', 'out_for_delivery', 'picked_up', 'pickup_failed', 'return_pending', 'returning')"
        ),
    )
    op.drop_index("ix_logistics_parcels_state", table_name="logistics_parcels")
    op.drop_index(op.f("ix_logistics_parcels_household_id"), table_name="logistics_parcels")
    op.drop_index(op.f("ix_logistics_parcels_consignment_ref"), table_name="logistics_parcels")
    op.drop_index(
        "ix_logistics_parcels_attention",
        table_name="logistics_parcels",
        postgresql_where=sa.text("attention IS NOT NULL"),
    )
    op.drop_table("logistics_parcels")
    op.drop_index(op.f("ix_catalog_products_household_id"), table_name="catalog_products")
    op.drop_index(op.f("ix_catalog_products_category"), table_name="catalog_products")
    op.drop_table("catalog_products")
    op.drop_index(
        "uq_accounts_memberships_current",
        table_name="accounts_memberships",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_accounts_memberships_household_id"), table_name="accounts_memberships")
    op.drop_table("accounts_memberships")
    op.drop_index("ix_accounts_acting_log_household", table_name="accounts_acting_log")
    op.drop_table("accounts_acting_log")
    op.drop_table("trace_lot_numbers")
    op.drop_index(op.f("ix_sellers_place_terms_name"), table_name="sellers_place_terms")
    op.drop_index(op.f("ix_sellers_place_terms_commune_id"), table_name="sellers_place_terms")
    op.drop_table("sellers_place_terms")
    op.drop_index(op.f("ix_sellers_households_commune_id"), table_name="sellers_households")
    op.drop_table("sellers_households")
    op.drop_index(op.f("ix_accounts_users_commune_id"), table_name="accounts_users")
    op.drop_table("accounts_users")
    op.drop_index(op.f("ix_sellers_communes_province_code"), table_name="sellers_communes")
    op.drop_table("sellers_communes")
    op.drop_table("orders_basket_quotes")
    op.drop_table("orders_basket_lines")
    op.drop_index(op.f("ix_core_ledger_postings_transaction_id"), table_name="core_ledger_postings")
    op.drop_index(op.f("ix_core_ledger_postings_account"), table_name="core_ledger_postings")
    op.drop_table("core_ledger_postings")
    op.drop_index(
        "ix_core_deliveries_failed", table_name="core_deliveries", postgresql_where=sa.text("failed_at IS NOT NULL")
    )
    op.drop_index(
        "ix_core_deliveries_due",
        table_name="core_deliveries",
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.drop_table("core_deliveries")
    op.drop_table("sellers_provinces")
    op.drop_index(op.f("ix_orders_baskets_changed_at"), table_name="orders_baskets")
    op.drop_table("orders_baskets")
    op.drop_table("core_task_failures")
    op.drop_table("core_photos")
    op.drop_index("ix_core_outbox_waiting", table_name="core_outbox", postgresql_where=sa.text("relayed_at IS NULL"))
    op.drop_table("core_outbox")
    op.drop_index(op.f("ix_core_notices_user_id"), table_name="core_notices")
    op.drop_table("core_notices")
    op.drop_table("core_ledger_transactions")
    op.drop_index("ix_core_inbox_waiting", table_name="core_inbox", postgresql_where=sa.text("applied_at IS NULL"))
    op.drop_table("core_inbox")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
