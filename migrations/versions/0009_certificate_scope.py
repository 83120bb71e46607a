"""what certificates are for, until when a gate stands, who saw a declared standard"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    # Papers that were handed in before name nothing that could be decided by, so they show on nothing: their
    # households hand them in again, and their communes look again.
    op.add_column(
        "sellers_certificates",
        sa.Column("produces", postgresql.ARRAY(sa.String(120)), server_default="{}", nullable=False),
    )
    op.add_column(
        "sellers_certificates",
        sa.Column("productions", postgresql.ARRAY(sa.String(16)), server_default="{}", nullable=False),
    )
    op.add_column(
        "sellers_certificates",
        sa.Column("sites", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_sellers_certificates_stars_are_for_named_products"),
        "sellers_certificates",
        "kind <> 'ocop' OR cardinality(productions) = 0",
    )
    op.add_column("trace_sale_gates", sa.Column("papers_until", sa.Date(), nullable=True))


def downgrade():
    op.drop_column("trace_sale_gates", "papers_until")
    op.drop_constraint(
        op.f("ck_sellers_certificates_stars_are_for_named_products"), "sellers_certificates", type_="check"
    )
    for column in ("sites", "productions", "produces"):
        op.drop_column("sellers_certificates", column)
