"""scans and aliases"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("trace_gtins", "trace_aliases", "trace_packs")
_TABLES = (
    "trace_gs1_prefixes",
    "trace_gs1_loans",
    "trace_gtins",
    "trace_aliases",
    "trace_packs",
    "trace_scan_counts",
    "trace_scan_devices",
    "trace_scan_salts",
    "trace_sightings",
    "trace_scan_alarms",
)


def upgrade():
    op.add_column("trace_lots", sa.Column("gtin", sa.String(14), nullable=True))
    op.add_column("trace_parcels", sa.Column("sscc", sa.String(18), nullable=True))
    op.create_index(op.f("ix_trace_lots_produce"), "trace_lots", ["produce"])
    op.create_unique_constraint(op.f("uq_trace_parcels_sscc"), "trace_parcels", ["sscc"])
    op.create_table(
        "trace_gs1_prefixes",
        _id(),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("prefix", sa.String(12), nullable=False),
        sa.Column("paper_no", sa.String(60), nullable=False),
        sa.Column("state", sa.String(12), server_default="claimed", nullable=False),
        sa.Column("claimed_by", sa.String(26), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(26), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(300), server_default="", nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("parcels_numbered", sa.BigInteger(), server_default="0", nullable=False),
        _check("trace_gs1_prefixes", "state_is_known", "state IN ('claimed', 'confirmed', 'refused')"),
        _check("trace_gs1_prefixes", "prefix_is_digits", "prefix ~ '^[0-9]{7,11}$'"),
        _check("trace_gs1_prefixes", "decision_has_its_time", "(state = 'claimed') = (decided_at IS NULL)"),
        _key("trace_gs1_prefixes", "household_id", "sellers_households"),
        _unique("trace_gs1_prefixes", "client_key"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_gs1_prefixes")),
    )
    op.create_index(op.f("ix_trace_gs1_prefixes_household_id"), "trace_gs1_prefixes", ["household_id"])
    op.create_index(
        "uq_trace_gs1_prefixes_confirmed",
        "trace_gs1_prefixes",
        ["prefix"],
        unique=True,
        postgresql_where=sa.text("state = 'confirmed'"),
    )
    op.create_table(
        "trace_gs1_loans",
        _id(),
        sa.Column("prefix_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("lent_by", sa.String(26), nullable=False),
        sa.Column("lent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _key("trace_gs1_loans", "prefix_id", "trace_gs1_prefixes"),
        _key("trace_gs1_loans", "household_id", "sellers_households"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_gs1_loans")),
    )
    op.create_index(op.f("ix_trace_gs1_loans_household_id"), "trace_gs1_loans", ["household_id"])
    op.create_index(
        "uq_trace_gs1_loans_open",
        "trace_gs1_loans",
        ["prefix_id", "household_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "trace_gtins",
        _id(),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("prefix_id", sa.BigInteger(), nullable=False),
        sa.Column("produce", sa.String(120), nullable=False),
        sa.Column("class_slug", sa.String(60), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("assigned_by", sa.String(26), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        _check("trace_gtins", "gtin_is_digits", "gtin ~ '^[0-9]{14}$'"),
        _key("trace_gtins", "household_id", "sellers_households"),
        _key("trace_gtins", "prefix_id", "trace_gs1_prefixes"),
        _key("trace_gtins", "entry_id", "trace_log_entries"),
        _unique("trace_gtins", "gtin"),
        _unique("trace_gtins", "entry_id"),
        _unique("trace_gtins", "household_id", "class_slug", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_gtins")),
    )
    op.create_index(op.f("ix_trace_gtins_prefix_id"), "trace_gtins", ["prefix_id"])
    op.create_table(
        "trace_aliases",
        _id(),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("uri", sa.String(300), nullable=False),
        sa.Column("alias", sa.String(300), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("named_by", sa.String(26), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        _check("trace_aliases", "kind_is_known", "kind IN ('lot', 'party', 'place')"),
        _check("trace_aliases", "lot_is_named", "(kind = 'lot') = (lot_id IS NOT NULL)"),
        _check("trace_aliases", "place_is_named", "(kind = 'place') = (site_id IS NOT NULL)"),
        _check("trace_aliases", "names_differ", "uri <> alias"),
        _key("trace_aliases", "household_id", "sellers_households"),
        _key("trace_aliases", "lot_id", "trace_lots"),
        _key("trace_aliases", "site_id", "sellers_sites"),
        _key("trace_aliases", "entry_id", "trace_log_entries"),
        *(_unique("trace_aliases", column) for column in ("uri", "alias", "lot_id", "site_id", "entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_aliases")),
    )
    op.create_index(op.f("ix_trace_aliases_household_id"), "trace_aliases", ["household_id"])
    op.create_table(
        "trace_packs",
        _id(),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.String(20), nullable=False),
        sa.Column("issued_by", sa.String(26), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        _key("trace_packs", "lot_id", "trace_lots"),
        _unique("trace_packs", "serial"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_packs")),
    )
    op.create_index(op.f("ix_trace_packs_lot_id"), "trace_packs", ["lot_id"])
    op.create_index(op.f("ix_trace_packs_client_key"), "trace_packs", ["client_key"])
    _make_scans()
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
        )


def _make_scans():
    op.create_table(
        "trace_scan_counts",
        sa.Column("lot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pack_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        _check("trace_scan_counts", "devices_scan", "scans > 0 AND devices BETWEEN 0 AND scans"),
        _key("trace_scan_counts", "lot_id", "trace_lots"),
        sa.PrimaryKeyConstraint("lot_id", "hour_at", "pack_id", name=op.f("pk_trace_scan_counts")),
    )
    op.create_index("ix_trace_scan_counts_hour", "trace_scan_counts", ["hour_at"])
    op.create_table(
        "trace_scan_devices",
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pack_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day_on", "lot_id", "pack_id", "device", name=op.f("pk_trace_scan_devices")),
    )
    op.create_table(
        "trace_scan_salts",
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        _check("trace_scan_salts", "salt_is_long", "octet_length(salt) = 32"),
        sa.PrimaryKeyConstraint("day_on", name=op.f("pk_trace_scan_salts")),
    )
    op.create_table(
        "trace_sightings",
        _id(),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("pack_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("reports", sa.Integer(), server_default="1", nullable=False),
        _check("trace_sightings", "somebody_reports", "reports > 0"),
        _key("trace_sightings", "lot_id", "trace_lots"),
        sa.ForeignKeyConstraint(
            ["province_code"],
            ["sellers_provinces.code"],
            name=op.f("fk_trace_sightings_province_code_sellers_provinces"),
        ),
        _unique("trace_sightings", "lot_id", "pack_id", "province_code", "seen_on"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_sightings")),
    )
    op.create_index(op.f("ix_trace_sightings_lot_id"), "trace_sightings", ["lot_id"])
    op.create_table(
        "trace_scan_alarms",
        _id(),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("pack_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(26), nullable=True),
        _check("trace_scan_alarms", "kind_is_known", "kind IN ('sold_out', 'too_many', 'many_places')"),
        _check("trace_scan_alarms", "closing_has_its_hand", "(closed_at IS NULL) = (closed_by IS NULL)"),
        _key("trace_scan_alarms", "lot_id", "trace_lots"),
        _unique("trace_scan_alarms", "lot_id", "pack_id", "kind"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_scan_alarms")),
    )
    op.create_index(
        "ix_trace_scan_alarms_open",
        "trace_scan_alarms",
        ["lot_id"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade():
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_constraint(op.f("uq_trace_parcels_sscc"), "trace_parcels", type_="unique")
    op.drop_index(op.f("ix_trace_lots_produce"), "trace_lots")
    op.drop_column("trace_parcels", "sscc")
    op.drop_column("trace_lots", "gtin")


def _id():
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _check(table, name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _unique(table, *columns):
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _key(table, column, target):
    """Return a foreign key under the name that the models give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
