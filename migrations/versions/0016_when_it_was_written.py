"""when a harvest was written down, and photos that serve twice or are older than the work"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "trace_lots",
        sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.execute("UPDATE trace_lots SET written_at = created_at")
    op.add_column("core_photos", sa.Column("taken_on", sa.Date(), nullable=True))
    op.create_table(
        "trace_record_photos",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["trace_records.id"], name=op.f("fk_trace_record_photos_record_id_trace_records")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_record_photos")),
        sa.UniqueConstraint("record_id", "sha256", name=op.f("uq_trace_record_photos_record_id_sha256")),
    )
    op.create_index(op.f("ix_trace_record_photos_record_id"), "trace_record_photos", ["record_id"])
    op.create_index(op.f("ix_trace_record_photos_sha256"), "trace_record_photos", ["sha256"])
    op.execute(
        "INSERT INTO trace_record_photos (record_id, sha256) SELECT DISTINCT id, photo FROM trace_records, "
        "jsonb_array_elements_text(convert_from(body, 'UTF8')::jsonb -> 'cq:photos') AS photo WHERE photo_count > 0 "
        "AND kind <> 'declaration'"
    )


def downgrade():
    op.drop_table("trace_record_photos")
    op.drop_column("core_photos", "taken_on")
    op.drop_column("trace_lots", "written_at")
