"""gates and erasure"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NOW = sa.DateTime(timezone=True)
_APPEND_ONLY = ("trace_declared_standards", "trace_ingredient_lists")

#: What SQLAlchemy cannot say. The shop's rows stand behind the gate as well: nothing comes on the shelf, more of it or
#: out of its freeze, unless the gate's last word on its lot is yes.
STATEMENTS = [
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
        for table in _APPEND_ONLY
    ),
    """
    CREATE FUNCTION catalog_stock_passes_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM trace_sale_gates WHERE lot_id = NEW.lot_id AND is_open) THEN
        RAISE EXCEPTION 'lot % has not passed the gate before sale', NEW.lot_id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    (
        "CREATE TRIGGER passes_the_gate BEFORE INSERT ON catalog_stock "
        "FOR EACH ROW EXECUTE FUNCTION catalog_stock_passes_the_gate()"
    ),
    (
        "CREATE TRIGGER passes_the_gate_again BEFORE UPDATE OF listed, is_frozen ON catalog_stock "
        "FOR EACH ROW WHEN (NEW.listed > OLD.listed OR (OLD.is_frozen AND NOT NEW.is_frozen)) "
        "EXECUTE FUNCTION catalog_stock_passes_the_gate()"
    ),
    # What was on sale before there was a gate stays until the gate is asked about it (each night, and at any change).
    """
    INSERT INTO trace_sale_gates (lot_id, household_id, version, is_open, checked_at)
    SELECT l.id, l.household_id, 'before-the-gate', true, now()
    FROM trace_lots l WHERE EXISTS (SELECT FROM catalog_stock s WHERE s.lot_id = l.id)
    """,
]


def upgrade():
    op.create_table(
        "trace_sale_gates",
        sa.Column("lot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("missing", postgresql.ARRAY(sa.String(40)), server_default="{}", nullable=False),
        sa.Column("claims", postgresql.ARRAY(sa.String(16)), server_default="{}", nullable=False),
        sa.Column("checked_at", _NOW, nullable=False),
        sa.CheckConstraint(
            "is_open = (cardinality(missing) = 0)", name=op.f("ck_trace_sale_gates_open_when_nothing_is_missing")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lots.id"], name=op.f("fk_trace_sale_gates_lot_id_trace_lots")),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["sellers_households.id"],
            name=op.f("fk_trace_sale_gates_household_id_sellers_households"),
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_trace_sale_gates")),
    )
    op.create_index(op.f("ix_trace_sale_gates_household_id"), "trace_sale_gates", ["household_id"])
    op.create_index("ix_trace_sale_gates_open", "trace_sale_gates", ["lot_id"], postgresql_where=sa.text("is_open"))
    op.create_table(
        "trace_declared_standards",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("template", sa.String(16), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("number", sa.String(120), server_default="", nullable=False),
        sa.Column("declared_by", sa.String(26), nullable=False),
        sa.Column("declared_at", _NOW, nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["sellers_households.id"],
            name=op.f("fk_trace_declared_standards_household_id_sellers_households"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_declared_standards_entry_id_trace_log_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_declared_standards")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_declared_standards_client_key")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_trace_declared_standards_entry_id")),
    )
    op.create_index(
        "ix_trace_declared_standards_newest",
        "trace_declared_standards",
        ["household_id", "template", sa.text("id DESC")],
    )
    op.create_table(
        "trace_ingredient_lists",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("version", sa.String(60), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("loaded_at", _NOW, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_ingredient_lists_entry_id_trace_log_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_ingredient_lists")),
        sa.UniqueConstraint("version", name=op.f("uq_trace_ingredient_lists_version")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_trace_ingredient_lists_entry_id")),
    )
    op.create_table(
        "trace_master_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_ref", sa.String(200), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), server_default="", nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", _NOW, nullable=False),
        sa.Column("erased_at", _NOW, nullable=True),
        sa.CheckConstraint(
            "subject IN ('household', 'site', 'product-class', 'certificate')",
            name=op.f("ck_trace_master_versions_subject_is_known"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_trace_master_versions_version_counts_from_one")),
        sa.CheckConstraint(
            "(erased_at IS NULL) = (content IS NOT NULL) AND (content IS NULL) = (salt IS NULL)",
            name=op.f("ck_trace_master_versions_content_goes_with_its_salt"),
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["sellers_households.id"],
            name=op.f("fk_trace_master_versions_household_id_sellers_households"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_master_versions_entry_id_trace_log_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_master_versions")),
        sa.UniqueConstraint(
            "subject", "subject_ref", "version", name=op.f("uq_trace_master_versions_subject_subject_ref_version")
        ),
        sa.UniqueConstraint("entry_id", name=op.f("uq_trace_master_versions_entry_id")),
    )
    op.create_index(op.f("ix_trace_master_versions_household_id"), "trace_master_versions", ["household_id"])
    op.create_table(
        "trace_erasures",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("wanted", sa.String(120), server_default="", nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("note", sa.String(300), server_default="", nullable=False),
        sa.Column("photos", postgresql.ARRAY(sa.String(64)), server_default="{}", nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", _NOW, nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(12), server_default="asked", nullable=False),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", _NOW, nullable=True),
        sa.Column("destroyed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kept_reason", sa.String(300), server_default="", nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "subject IN ('account','household','named')", name=op.f("ck_trace_erasures_subject_is_known")
        ),
        sa.CheckConstraint("state IN ('asked','done','refused')", name=op.f("ck_trace_erasures_state_is_known")),
        sa.CheckConstraint("(state = 'done') = (entry_id IS NOT NULL)", name=op.f("ck_trace_erasures_done_is_logged")),
        sa.CheckConstraint(
            "state = 'asked' OR (wanted = '' AND note = '')",
            name=op.f("ck_trace_erasures_nothing_stays_of_what_was_typed"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["trace_log_entries.id"], name=op.f("fk_trace_erasures_entry_id_trace_log_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_erasures")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_erasures_client_key")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_trace_erasures_entry_id")),
    )
    op.create_index(
        "ix_trace_erasures_waiting", "trace_erasures", ["id"], postgresql_where=sa.text("state = 'asked'")
    )
    op.add_column("core_photos", sa.Column("removed_at", _NOW, nullable=True))
    op.add_column("accounts_users", sa.Column("erased_at", _NOW, nullable=True))
    op.add_column("sellers_households", sa.Column("erased_at", _NOW, nullable=True))
    op.drop_constraint(op.f("ck_accounts_users_can_be_reached"), "accounts_users", type_="check")
    op.create_check_constraint(
        op.f("ck_accounts_users_can_be_reached"),
        "accounts_users",
        "phone IS NOT NULL OR email IS NOT NULL OR erased_at IS NOT NULL",
    )
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade():
    op.execute("DROP TRIGGER passes_the_gate_again ON catalog_stock")
    op.execute("DROP TRIGGER passes_the_gate ON catalog_stock")
    op.execute("DROP FUNCTION catalog_stock_passes_the_gate()")
    op.drop_constraint(op.f("ck_accounts_users_can_be_reached"), "accounts_users", type_="check")
    op.create_check_constraint(
        op.f("ck_accounts_users_can_be_reached"), "accounts_users", "phone IS NOT NULL OR email IS NOT NULL"
    )
    op.drop_column("sellers_households", "erased_at")
    op.drop_column("accounts_users", "erased_at")
    op.drop_column("core_photos", "removed_at")
    for table in (
        "trace_erasures",
        "trace_master_versions",
        "trace_ingredient_lists",
        "trace_declared_standards",
        "trace_sale_gates",
    ):
        op.drop_table(table)
