"""consignments on hold"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE = "orders_consignments"
_AT_HOUSEHOLD = "('waiting','to_accept','accepted','packed')"
_CHECKS = {
    "hold_has_a_reason": "(held_at IS NULL) = (held_reason IS NULL)",
    "hold_before_handover_has_an_end": (
        f"(held_until_at IS NOT NULL) = (held_at IS NOT NULL AND state IN {_AT_HOUSEHOLD})"
    ),
    "what_ended_is_not_on_hold": (
        f"held_at IS NULL OR state IN {_AT_HOUSEHOLD} OR state IN ('handed_over','delivered')"
    ),
}
_FUNCTION = """
    CREATE FUNCTION orders_refuse_step_on_hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the goods of consignment % are on hold', NEW.number USING ERRCODE = 'check_violation';
    END $$
"""
_TRIGGER = (
    "CREATE TRIGGER goods_are_on_hold BEFORE UPDATE OF state ON orders_consignments FOR EACH ROW "
    "WHEN (OLD.held_at IS NOT NULL AND NEW.held_at IS NOT NULL AND OLD.state <> NEW.state "
    "AND NEW.state IN ('to_accept','accepted','packed')) EXECUTE FUNCTION orders_refuse_step_on_hold()"
)


def upgrade():
    op.add_column(_TABLE, sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(_TABLE, sa.Column("held_reason", sa.String(600), nullable=True))
    op.add_column(_TABLE, sa.Column("held_until_at", sa.DateTime(timezone=True), nullable=True))
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{_TABLE}_{name}"), _TABLE, condition)
    op.create_index(
        "ix_orders_consignments_open", _TABLE, ["id"], postgresql_where=sa.text(f"state IN {_AT_HOUSEHOLD}")
    )
    op.create_index("ix_orders_consignments_held", _TABLE, ["id"], postgresql_where=sa.text("held_at IS NOT NULL"))
    op.execute(_FUNCTION)
    op.execute(_TRIGGER)


def downgrade():
    op.execute(f"DROP TRIGGER goods_are_on_hold ON {_TABLE}")
    op.execute("DROP FUNCTION orders_refuse_step_on_hold()")
    op.drop_index("ix_orders_consignments_held", table_name=_TABLE)
    op.drop_index("ix_orders_consignments_open", table_name=_TABLE)
    for name in reversed(_CHECKS):
        op.drop_constraint(op.f(f"ck_{_TABLE}_{name}"), _TABLE, type_="check")
    for column in ("held_until_at", "held_reason", "held_at"):
        op.drop_column(_TABLE, column)
