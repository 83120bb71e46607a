"""identity: checked changes, one place for each name, prefixes that never meet, erasures that wait for duties"""

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None

_NOW = sa.DateTime(timezone=True)
_SUBJECTS = "'household', 'site', 'product-class', 'certificate'"
_RANGE = (
    "int8range(prefix::bigint * power(10, 12 - length(prefix))::bigint, "
    "(prefix::bigint + 1) * power(10, 12 - length(prefix))::bigint)"
)


def upgrade():
    op.create_table(
        "sellers_household_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("old", postgresql.JSONB(), nullable=False),
        sa.Column("new", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(12), server_default="asked", nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", _NOW, nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", _NOW, nullable=True),
        sa.Column("reason", sa.String(300), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('asked','accepted','returned','withdrawn')",
            name=op.f("ck_sellers_household_changes_state_is_known"),
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_at IS NULL)", name=op.f("ck_sellers_household_changes_decision_has_its_time")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["sellers_households.id"],
            name=op.f("fk_sellers_household_changes_household_id_sellers_households"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers_household_changes")),
    )
    op.create_index(op.f("ix_sellers_household_changes_household_id"), "sellers_household_changes", ["household_id"])
    op.create_index(
        "uq_sellers_household_changes_open",
        "sellers_household_changes",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(
        "ix_sellers_identity_checks_last4",
        "sellers_identity_checks",
        ["last4"],
        postgresql_where=sa.text("last4 <> ''"),
    )
    op.add_column("sellers_payout_accounts", sa.Column("state", sa.String(12), server_default="used", nullable=False))
    op.add_column("sellers_payout_accounts", sa.Column("decided_by", sa.BigInteger(), nullable=True))
    op.add_column("sellers_payout_accounts", sa.Column("decided_at", _NOW, nullable=True))
    op.add_column("sellers_payout_accounts", sa.Column("reason", sa.String(300), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_sellers_payout_accounts_state_is_known"),
        "sellers_payout_accounts",
        "state IN ('used','waiting','returned','withdrawn')",
    )
    op.create_index(
        "uq_sellers_payout_accounts_open",
        "sellers_payout_accounts",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.add_column("sellers_sites", sa.Column("name_key", sa.String(80), nullable=True))
    _fill_name_keys()
    op.alter_column("sellers_sites", "name_key", nullable=False)
    op.create_index(
        "uq_sellers_sites_name",
        "sellers_sites",
        ["household_id", "parent_id", "name_key"],
        unique=True,
        postgresql_where=sa.text("is_active"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("uq_trace_gs1_prefixes_confirmed", table_name="trace_gs1_prefixes")
    op.execute(
        "ALTER TABLE trace_gs1_prefixes ADD CONSTRAINT no_prefix_holds_anothers_numbers "
        f"EXCLUDE USING gist (({_RANGE}) WITH &&) WHERE (state = 'confirmed')"
    )
    _check("trace_master_versions", "subject_is_known", f"subject IN ({_SUBJECTS}, 'household-change')")
    op.add_column("trace_erasures", sa.Column("approved_by", sa.BigInteger(), nullable=True))
    op.add_column("trace_erasures", sa.Column("approved_at", _NOW, nullable=True))
    op.add_column("trace_erasures", sa.Column("paid_out_at", _NOW, nullable=True))
    op.add_column("trace_erasures", sa.Column("paid_out_by", sa.BigInteger(), nullable=True))
    _check("trace_erasures", "state_is_known", "state IN ('asked','waiting','done','refused')")
    op.create_check_constraint(
        op.f("ck_trace_erasures_waiting_is_approved"), "trace_erasures", "state <> 'waiting' OR approved_at IS NOT NULL"
    )
    _check(
        "trace_erasures",
        "nothing_stays_of_what_was_typed",
        "state IN ('asked','waiting') OR (wanted = '' AND note = '')",
    )
    _index_waiting("state IN ('asked','waiting')")


def downgrade():
    op.execute("UPDATE trace_erasures SET state = 'asked' WHERE state = 'waiting'")
    _index_waiting("state = 'asked'")
    _check("trace_erasures", "nothing_stays_of_what_was_typed", "state = 'asked' OR (wanted = '' AND note = '')")
    op.drop_constraint(op.f("ck_trace_erasures_waiting_is_approved"), "trace_erasures", type_="check")
    _check("trace_erasures", "state_is_known", "state IN ('asked','done','refused')")
    for column in ("paid_out_by", "paid_out_at", "approved_at", "approved_by"):
        op.drop_column("trace_erasures", column)
    op.execute("DELETE FROM trace_master_versions WHERE subject = 'household-change'")
    _check("trace_master_versions", "subject_is_known", f"subject IN ({_SUBJECTS})")
    op.execute("ALTER TABLE trace_gs1_prefixes DROP CONSTRAINT no_prefix_holds_anothers_numbers")
    op.create_index(
        "uq_trace_gs1_prefixes_confirmed",
        "trace_gs1_prefixes",
        ["prefix"],
        unique=True,
        postgresql_where=sa.text("state = 'confirmed'"),
    )
    op.drop_index("uq_sellers_sites_name", table_name="sellers_sites")
    op.drop_column("sellers_sites", "name_key")
    op.drop_index("uq_sellers_payout_accounts_open", table_name="sellers_payout_accounts")
    op.drop_constraint(op.f("ck_sellers_payout_accounts_state_is_known"), "sellers_payout_accounts", type_="check")
    op.execute("DELETE FROM sellers_payout_accounts WHERE state <> 'used'")
    for column in ("reason", "decided_at", "decided_by", "state"):
        op.drop_column("sellers_payout_accounts", column)
    op.drop_index("ix_sellers_identity_checks_last4", table_name="sellers_identity_checks")
    op.drop_table("sellers_household_changes")


def _check(table, name, condition):
    """Put a check of the same name with another condition."""
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _index_waiting(condition):
    op.drop_index("ix_trace_erasures_waiting", table_name="trace_erasures")
    op.create_index("ix_trace_erasures_waiting", "trace_erasures", ["id"], postgresql_where=sa.text(condition))


def _fill_name_keys():
    """Write every site's name without marks; of two equal ones the later keeps its number in the key."""
    sites = sa.table(
        "sellers_sites", *(sa.column(name) for name in ("id", "household_id", "parent_id", "name", "name_key", "is_active"))
    )
    connection, taken = op.get_bind(), set()
    rows = connection.execute(
        sa.select(sites.c.id, sites.c.household_id, sites.c.parent_id, sites.c.name, sites.c.is_active).order_by(sites.c.id)
    ).all()
    for site_id, household_id, parent_id, name, is_active in rows:
        key = _fold(name)
        if is_active and (household_id, parent_id, key) in taken:
            key = f"{key[:60]} #{site_id}"
        if is_active:
            taken.add((household_id, parent_id, key))
        connection.execute(sa.update(sites).where(sites.c.id == site_id).values(name_key=key))


def _fold(name):
    loose = unicodedata.normalize("NFD", " ".join(name.casefold().split()))
    bare = "".join(ch for ch in loose if not unicodedata.combining(ch))
    return bare.replace("đ", "d")[:80]
