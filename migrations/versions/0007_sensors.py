"""sensors"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MEASURES = "'temperature', 'humidity', 'ammonia', 'oxygen', 'ph', 'light'"
_SITE_KINDS = "'field','orchard','pond','barn','pen','workshop'"


def upgrade():
    _name_site_kinds(f"{_SITE_KINDS},'cold_store'")
    op.create_table(
        "trace_devices",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("ulid", sa.String(26), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("measure", sa.String(16), nullable=False),
        sa.Column("low_limit", sa.Numeric(9, 3), nullable=False),
        sa.Column("high_limit", sa.Numeric(9, 3), nullable=False),
        sa.Column("patience_minutes", sa.Integer(), nullable=False),
        sa.Column("silence_hours", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=True),
        sa.Column("key_hint", sa.String(12), nullable=False),
        sa.Column("key_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(26), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("renewal_key", sa.Uuid(), nullable=True),
        sa.Column("last_reading_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_value", sa.Numeric(9, 3), nullable=True),
        sa.Column("last_side", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"measure IN ({_MEASURES})", name=op.f("ck_trace_devices_measure_is_known")),
        sa.CheckConstraint("low_limit < high_limit", name=op.f("ck_trace_devices_range_is_not_empty")),
        sa.CheckConstraint("patience_minutes BETWEEN 5 AND 720", name=op.f("ck_trace_devices_patience_is_sane")),
        sa.CheckConstraint("silence_hours BETWEEN 1 AND 72", name=op.f("ck_trace_devices_silence_is_sane")),
        sa.CheckConstraint("last_side BETWEEN -1 AND 1", name=op.f("ck_trace_devices_side_is_known")),
        sa.CheckConstraint("octet_length(key_hash) = 32", name=op.f("ck_trace_devices_hash_is_sha256")),
        _key("trace_devices", "household_id", "sellers_households"),
        _key("trace_devices", "site_id", "sellers_sites"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_devices")),
        sa.UniqueConstraint("ulid", name=op.f("uq_trace_devices_ulid")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_trace_devices_key_hash")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_devices_client_key")),
    )
    op.create_index(op.f("ix_trace_devices_household_id"), "trace_devices", ["household_id"])
    op.create_index(op.f("ix_trace_devices_site_id"), "trace_devices", ["site_id"])
    op.create_table(
        "trace_sensor_readings",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Numeric(9, 3), nullable=False),
        sa.Column("side", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("side BETWEEN -1 AND 1", name=op.f("ck_trace_sensor_readings_side_is_known")),
        _key("trace_sensor_readings", "device_id", "trace_devices"),
        sa.PrimaryKeyConstraint("device_id", "measured_at", "value", name=op.f("pk_trace_sensor_readings")),
    )
    op.create_index("ix_trace_sensor_readings_measured", "trace_sensor_readings", ["measured_at"])
    op.create_table(
        "trace_sensor_days",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("min_value", sa.Numeric(9, 3), nullable=False),
        sa.Column("max_value", sa.Numeric(9, 3), nullable=False),
        sa.Column("sum_of_values", sa.Numeric(15, 3), nullable=False),
        sa.Column("reading_count", sa.Integer(), nullable=False),
        sa.Column("covered_seconds", sa.Integer(), nullable=False),
        sa.Column("low_seconds", sa.Integer(), nullable=False),
        sa.Column("high_seconds", sa.Integer(), nullable=False),
        sa.Column("low_limit", sa.Numeric(9, 3), nullable=False),
        sa.Column("high_limit", sa.Numeric(9, 3), nullable=False),
        sa.Column("is_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "min_value <= max_value AND reading_count > 0", name=op.f("ck_trace_sensor_days_has_readings")
        ),
        sa.CheckConstraint(
            "low_seconds >= 0 AND high_seconds >= 0 AND low_seconds + high_seconds <= covered_seconds "
            "AND covered_seconds <= 86400",
            name=op.f("ck_trace_sensor_days_times_fit_a_day"),
        ),
        _key("trace_sensor_days", "device_id", "trace_devices"),
        sa.PrimaryKeyConstraint("device_id", "measured_on", name=op.f("pk_trace_sensor_days")),
    )
    op.create_index(
        "ix_trace_sensor_days_open", "trace_sensor_days", ["measured_on"], postgresql_where=sa.text("NOT is_closed")
    )
    op.create_table(
        "trace_sensor_alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extreme_value", sa.Numeric(9, 3), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('high', 'low', 'silent')", name=op.f("ck_trace_sensor_alerts_kind_is_known")),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_trace_sensor_alerts_ends_after_start")
        ),
        sa.CheckConstraint(
            "(kind = 'silent') = (extreme_value IS NULL)",
            name=op.f("ck_trace_sensor_alerts_value_goes_with_its_kind"),
        ),
        _key("trace_sensor_alerts", "device_id", "trace_devices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_sensor_alerts")),
    )
    op.create_index(op.f("ix_trace_sensor_alerts_device_id"), "trace_sensor_alerts", ["device_id"])
    op.create_index(
        "uq_trace_sensor_alerts_open",
        "trace_sensor_alerts",
        ["device_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade():
    for table in ("trace_sensor_alerts", "trace_sensor_days", "trace_sensor_readings", "trace_devices"):
        op.drop_table(table)
    _name_site_kinds(_SITE_KINDS)


def _name_site_kinds(kinds):
    name = op.f("ck_sellers_sites_kind_is_known")
    op.drop_constraint(name, "sellers_sites", type_="check")
    op.create_check_constraint(name, "sellers_sites", f"kind IN ({kinds})")


def _key(table, column, target):
    """Return a foreign key under the name that the models give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
