"""the log that nobody can rewrite"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: What SQLAlchemy cannot say: rows that only grow, and a queue that forgets none of them.
STATEMENTS = [
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
        for table in ("trace_log_entries", "trace_log_positions", "trace_log_checkpoints")
    ),
    """
    CREATE FUNCTION trace_log_queue() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO trace_log_waiting (entry_id) SELECT id FROM added;
      RETURN NULL;
    END $$
    """,
    (
        "CREATE TRIGGER queue_for_the_log AFTER INSERT ON trace_log_entries "
        "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION trace_log_queue()"
    ),
]


def upgrade():
    op.create_table(
        "trace_log_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('event', 'error-declaration', 'verification', 'master-data', 'certificate', 'key', 'policy', "
            "'recall', 'erasure')",
            name=op.f("ck_trace_log_entries_kind_is_known"),
        ),
        sa.CheckConstraint(
            "octet_length(leaf) BETWEEN 2 AND 65535", name=op.f("ck_trace_log_entries_leaf_fits_an_entry_bundle")
        ),
        sa.CheckConstraint("octet_length(content_hash) = 32", name=op.f("ck_trace_log_entries_hash_is_sha256")),
        sa.CheckConstraint(
            "content IS NULL OR sha256(content) = content_hash",
            name=op.f("ck_trace_log_entries_hash_seals_the_content"),
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["trace_records.id"], name=op.f("fk_trace_log_entries_record_id_trace_records")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_trace_log_entries_lot_id_trace_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_log_entries")),
        sa.UniqueConstraint("record_id", name=op.f("uq_trace_log_entries_record_id")),
    )
    op.create_index(op.f("ix_trace_log_entries_content_hash"), "trace_log_entries", ["content_hash"])
    op.create_index(
        "ix_trace_log_entries_lot", "trace_log_entries", ["lot_id"], postgresql_where=sa.text("lot_id IS NOT NULL")
    )
    op.create_table(
        "trace_log_waiting",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_log_waiting_entry_id_trace_log_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_trace_log_waiting")),
    )
    op.create_table(
        "trace_log_positions",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("place >= 0", name=op.f("ck_trace_log_positions_place_counts_from_nought")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_log_positions_entry_id_trace_log_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_trace_log_positions")),
        sa.UniqueConstraint("place", name=op.f("uq_trace_log_positions_place")),
    )
    op.create_table(
        "trace_log_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(root) = 32", name=op.f("ck_trace_log_checkpoints_root_is_sha256")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_trace_log_checkpoints")),
    )
    op.create_table(
        "trace_signing_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("party", sa.String(26), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("revoked_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(public_key) = 32", name=op.f("ck_trace_signing_keys_key_is_ed25519")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_signing_keys_entry_id_trace_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_entry_id"],
            ["trace_log_entries.id"],
            name=op.f("fk_trace_signing_keys_revoked_entry_id_trace_log_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_signing_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_trace_signing_keys_key_id")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_trace_signing_keys_entry_id")),
    )
    op.create_index(op.f("ix_trace_signing_keys_party"), "trace_signing_keys", ["party"])
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade():
    for table in (
        "trace_signing_keys",
        "trace_log_checkpoints",
        "trace_log_positions",
        "trace_log_waiting",
        "trace_log_entries",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION trace_log_queue()")
