"""epcis events"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: What SQLAlchemy cannot say: what was captured stays as it came.
STATEMENTS = [
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
    for table in ("trace_epcis_events", "trace_event_contexts")
]


def upgrade():
    op.create_table(
        "trace_api_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_party", sa.String(length=26), nullable=False),
        sa.Column("owner_name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("may_capture", sa.Boolean(), nullable=False),
        sa.Column("may_query", sa.Boolean(), nullable=False),
        sa.Column("may_publish", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.CheckConstraint("may_capture OR NOT may_publish", name=op.f("ck_trace_api_keys_who_publishes_captures")),
        sa.CheckConstraint("octet_length(key_hash) = 32", name=op.f("ck_trace_api_keys_hash_is_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_api_keys")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_api_keys_client_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_trace_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_trace_api_keys_owner_party"), "trace_api_keys", ["owner_party"])
    op.create_table(
        "trace_event_contexts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("hash = sha256(content)", name=op.f("ck_trace_event_contexts_hash_seals_the_content")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_event_contexts")),
        sa.UniqueConstraint("hash", name=op.f("uq_trace_event_contexts_hash")),
    )
    op.create_table(
        "trace_named_queries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_party", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prefixes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_named_queries")),
        sa.UniqueConstraint("owner_party", "name", name=op.f("uq_trace_named_queries_owner_party_name")),
    )
    op.create_table(
        "trace_spent_page_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_trace_spent_page_tokens")),
    )
    op.create_index(op.f("ix_trace_spent_page_tokens_expires_at"), "trace_spent_page_tokens", ["expires_at"])
    op.create_table(
        "trace_event_names",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("scope", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_event_names")),
    )
    op.create_index("ix_trace_event_names_listing", "trace_event_names", ["kind", "scope", "name"])
    op.create_table(
        "trace_captures",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_party", sa.String(length=26), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("proceeds", sa.Boolean(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("doc_hash", sa.LargeBinary(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.CheckConstraint(
            "captured_count BETWEEN 0 AND event_count", name=op.f("ck_trace_captures_captures_no_more_than_there_is")
        ),
        sa.CheckConstraint(
            "finished_at IS NULL OR started_at IS NOT NULL", name=op.f("ck_trace_captures_finishes_after_start")
        ),
        sa.CheckConstraint("sha256(document) = doc_hash", name=op.f("ck_trace_captures_hash_seals_the_document")),
        sa.ForeignKeyConstraint(["key_id"], ["trace_api_keys.id"], name=op.f("fk_trace_captures_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_captures")),
        sa.UniqueConstraint("capture_id", name=op.f("uq_trace_captures_capture_id")),
    )
    op.create_index("ix_trace_captures_owner", "trace_captures", ["owner_party", "id"])
    op.create_table(
        "trace_epcis_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("capture_id", sa.BigInteger(), nullable=True),
        sa.Column("context_id", sa.BigInteger(), nullable=True),
        sa.Column("log_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("owner_party", sa.String(length=26), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("is_id_given", sa.Boolean(), nullable=False),
        sa.Column("is_declaration", sa.Boolean(), nullable=False),
        sa.Column("cbv_hash", sa.String(length=120), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("biz_step", sa.Text(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("read_point", sa.Text(), nullable=True),
        sa.Column("biz_location", sa.Text(), nullable=True),
        sa.Column("terms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "(content IS NULL) <> (record_id IS NULL)", name=op.f("ck_trace_epcis_events_bytes_lie_in_one_place")
        ),
        sa.CheckConstraint(
            "(content IS NULL) = (log_entry_id IS NULL)", name=op.f("ck_trace_epcis_events_what_is_captured_is_logged")
        ),
        sa.ForeignKeyConstraint(["capture_id"], ["trace_captures.id"], name=op.f("fk_trace_epcis_events_capture_id")),
        sa.ForeignKeyConstraint(
            ["context_id"], ["trace_event_contexts.id"], name=op.f("fk_trace_epcis_events_context_id")
        ),
        sa.ForeignKeyConstraint(
            ["log_entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_epcis_events_log_entry_id")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["trace_records.id"], name=op.f("fk_trace_epcis_events_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_epcis_events")),
        sa.UniqueConstraint("log_entry_id", name=op.f("uq_trace_epcis_events_log_entry_id")),
        sa.UniqueConstraint("record_id", name=op.f("uq_trace_epcis_events_record_id")),
    )
    op.create_index(op.f("ix_trace_epcis_events_capture_id"), "trace_epcis_events", ["capture_id"])
    op.create_index(op.f("ix_trace_epcis_events_cbv_hash"), "trace_epcis_events", ["cbv_hash"])
    op.create_index(op.f("ix_trace_epcis_events_event_id"), "trace_epcis_events", ["event_id"])
    op.create_index("ix_trace_epcis_events_happened", "trace_epcis_events", ["happened_at", "id"])
    op.create_index("ix_trace_epcis_events_recorded", "trace_epcis_events", ["recorded_at", "id"])
    op.create_index("ix_trace_epcis_events_terms", "trace_epcis_events", ["terms"], postgresql_using="gin")
    op.create_index(
        "uq_trace_epcis_events_owner_event",
        "trace_epcis_events",
        ["owner_party", "event_id"],
        unique=True,
        postgresql_where=sa.text("NOT is_declaration"),
    )
    # Rare terms are what is asked for: without more statistics they look as common as any.
    op.execute("ALTER TABLE trace_epcis_events ALTER COLUMN terms SET STATISTICS 2000")
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade():
    for table in (
        "trace_epcis_events",
        "trace_captures",
        "trace_spent_page_tokens",
        "trace_named_queries",
        "trace_event_names",
        "trace_event_contexts",
        "trace_api_keys",
    ):
        op.drop_table(table)
