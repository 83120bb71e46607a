"""recall in depth"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STEPS = "'buyers_told', 'chain_told', 'notice_sent', 'media_told', 'authority_told', 'finished', 'reported', 'closed'"
_REASONS = "'source', 'ancestor', 'season', 'batch', 'batch_number', 'site', 'officer'"
_SOURCES = "'buyer', 'parcel', 'household', 'shop'"
_OUTCOMES = "'fixed', 'other_use', 're_exported', 'destroyed'"
_ATTENTION = (
    "unsettled",
    "refused",
    "waybill_missing",
    "second_waybill",
    "unknown_code",
    "after_end",
    "cancel_refused",
    "cod_differs",
    "silent",
    "lost",
)
_APPEND_ONLY = (
    "trace_inputs",
    "trace_recall_additions",
    "trace_recall_steps",
    "trace_recall_notices",
    "trace_recall_returns",
)
#: Kinds of records that put something into a season.
_KINDS = "'incoming', 'planting', 'stocking', 'fertilising', 'feeding', 'watering', 'spraying', 'medicine'"

#: What a sealed body says that went in. Names are compared without case and spare blanks; batches also without marks.
_READ_INPUT = """
    INSERT INTO trace_inputs
      (record_id, season_id, household_id, kind, product, name_key, batch, batch_key, occurred_at)
    SELECT record.id, record.season_id, record.household_id,
      coalesce(said.body ->> 'cq:what', record.kind), said.product,
      lower(regexp_replace(btrim(said.product), '\\s+', ' ', 'g')), said.batch,
      upper(regexp_replace(said.batch, '[^[:alnum:]]', '', 'g')), record.occurred_at
    FROM {records} AS record,
      LATERAL (SELECT convert_from(record.body, 'UTF8')::jsonb AS body OFFSET 0) AS opened,
      LATERAL (
        SELECT opened.body,
          normalize(coalesce(opened.body ->> 'cq:name', opened.body ->> 'cq:product', '')) AS product,
          normalize(coalesce(opened.body ->> 'cq:supplierLot', '')) AS batch
      ) AS said
    WHERE record.season_id IS NOT NULL AND record.kind IN ({kinds}) AND (said.product <> '' OR said.batch <> '')
"""
_FUNCTION = f"""
    CREATE FUNCTION trace_read_inputs() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_READ_INPUT.format(records="added", kinds=_KINDS)};
      RETURN NULL;
    END $$
"""
_TRIGGER = (
    "CREATE TRIGGER read_inputs AFTER INSERT ON trace_records "
    "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION trace_read_inputs()"
)


def upgrade():
    op.add_column("trace_recalls", sa.Column("remedy", sa.String(16), server_default="refund", nullable=False))
    op.create_check_constraint(
        op.f("ck_trace_recalls_remedy_is_known"), "trace_recalls", "remedy IN ('refund', 'return')"
    )
    _add_call_back()
    op.create_table(
        "trace_inputs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("season_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("batch_key", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        _key("trace_inputs", "record_id", "trace_records"),
        _key("trace_inputs", "season_id", "trace_seasons"),
        _key("trace_inputs", "household_id", "sellers_households"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_inputs")),
        sa.UniqueConstraint("record_id", name=op.f("uq_trace_inputs_record_id")),
    )
    op.create_index(op.f("ix_trace_inputs_season_id"), "trace_inputs", ["season_id"])
    op.create_index("ix_trace_inputs_batch", "trace_inputs", ["batch_key"], postgresql_where=sa.text("batch_key <> ''"))
    op.create_index("ix_trace_inputs_product", "trace_inputs", ["household_id", "name_key"])
    op.create_table(
        "trace_recall_additions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("officer_party", sa.String(26), nullable=False),
        sa.Column("officer_title", sa.String(120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"why IN ({_REASONS})", name=op.f("ck_trace_recall_additions_why_is_known")),
        _key("trace_recall_additions", "recall_id", "trace_recalls"),
        _key("trace_recall_additions", "lot_id", "trace_lots"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_recall_additions")),
        sa.UniqueConstraint("recall_id", "lot_id", name=op.f("uq_trace_recall_additions_recall_id_lot_id")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_recall_additions_client_key")),
    )
    op.create_table(
        "trace_recall_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("note", sa.String(300), server_default="", nullable=False),
        sa.Column("officer_party", sa.String(26), nullable=False),
        sa.Column("officer_title", sa.String(120), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"step IN ({_STEPS})", name=op.f("ck_trace_recall_steps_step_is_known")),
        _key("trace_recall_steps", "recall_id", "trace_recalls"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_recall_steps")),
        sa.UniqueConstraint("recall_id", "step", name=op.f("uq_trace_recall_steps_recall_id_step")),
    )
    op.create_table(
        "trace_recall_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("packing", sa.String(200), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("officer_party", sa.String(26), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        _key("trace_recall_notices", "recall_id", "trace_recalls"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_recall_notices")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_recall_notices_client_key")),
    )
    op.create_index(op.f("ix_trace_recall_notices_recall_id"), "trace_recall_notices", ["recall_id"])
    op.create_table(
        "trace_recall_returns",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(16), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("quantity", sa.Numeric(12, 3), nullable=False),
        sa.Column("reference", sa.String(120), server_default="", nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_party", sa.String(26), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_trace_recall_returns_moves_something")),
        sa.CheckConstraint(
            "(source IS NULL) <> (outcome IS NULL)", name=op.f("ck_trace_recall_returns_comes_back_or_is_dealt_with")
        ),
        sa.CheckConstraint(
            f"source IS NULL OR source IN ({_SOURCES})", name=op.f("ck_trace_recall_returns_source_is_known")
        ),
        sa.CheckConstraint(
            f"outcome IS NULL OR outcome IN ({_OUTCOMES})", name=op.f("ck_trace_recall_returns_outcome_is_known")
        ),
        _key("trace_recall_returns", "recall_id", "trace_recalls"),
        _key("trace_recall_returns", "lot_id", "trace_lots"),
        _key("trace_recall_returns", "reverses_id", "trace_recall_returns"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_recall_returns")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_trace_recall_returns_reverses_id")),
        sa.UniqueConstraint("client_key", name=op.f("uq_trace_recall_returns_client_key")),
    )
    op.create_index(op.f("ix_trace_recall_returns_recall_id"), "trace_recall_returns", ["recall_id"])
    op.create_table(
        "orders_recall_drills",
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("lots", "orders", "parcels_out", "letters", "calls", "found_ms", "written_ms")
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        _key("orders_recall_drills", "recall_id", "trace_recalls"),
        sa.PrimaryKeyConstraint("recall_id", name=op.f("pk_orders_recall_drills")),
    )
    op.execute(_READ_INPUT.format(records="trace_records", kinds=_KINDS))
    op.execute(_FUNCTION)
    op.execute(_TRIGGER)
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
        )


def _add_call_back():
    """A parcel may be wanted back; a person may have to see to it."""
    op.add_column("logistics_parcels", sa.Column("call_back_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("logistics_parcels", sa.Column("call_back_tried_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("logistics_parcels", sa.Column("call_back", sa.String(16), nullable=True))
    op.add_column("logistics_parcels", sa.Column("call_back_reason", sa.String(300), nullable=True))
    op.create_check_constraint(
        op.f("ck_logistics_parcels_call_back_is_known"),
        "logistics_parcels",
        "call_back IS NULL OR call_back IN ('asked', 'done', 'refused', 'unknown')",
    )
    op.create_check_constraint(
        op.f("ck_logistics_parcels_call_back_has_a_moment"),
        "logistics_parcels",
        "(call_back IS NULL) = (call_back_asked_at IS NULL)",
    )
    op.create_index(
        "ix_logistics_parcels_call_back",
        "logistics_parcels",
        ["call_back_tried_at"],
        postgresql_where=sa.text("call_back IN ('asked', 'unknown')"),
    )
    _set_attention((*_ATTENTION, "call_back_refused"))


def _set_attention(values):
    name = op.f("ck_logistics_parcels_attention_is_known")
    op.drop_constraint(name, "logistics_parcels")
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    op.create_check_constraint(name, "logistics_parcels", f"attention IS NULL OR attention IN ({listed})")


def downgrade():
    op.execute("UPDATE logistics_parcels SET attention = NULL, attention_at = NULL WHERE attention = 'call_back_refused'")
    _set_attention(_ATTENTION)
    op.drop_index("ix_logistics_parcels_call_back", "logistics_parcels")
    op.drop_constraint(op.f("ck_logistics_parcels_call_back_has_a_moment"), "logistics_parcels")
    op.drop_constraint(op.f("ck_logistics_parcels_call_back_is_known"), "logistics_parcels")
    for column in ("call_back_asked_at", "call_back_tried_at", "call_back", "call_back_reason"):
        op.drop_column("logistics_parcels", column)
    op.drop_table("orders_recall_drills")
    op.execute("DROP TRIGGER read_inputs ON trace_records")
    op.execute("DROP FUNCTION trace_read_inputs()")
    for table in reversed(_APPEND_ONLY):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_trace_recalls_remedy_is_known"), "trace_recalls")
    op.drop_column("trace_recalls", "remedy")


def _key(table, column, target):
    """Return a foreign key under the name that the models give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
