"""Private authorities, exceptions of whole domains with their reason and end, and tests of servers.

Revision: 0004, after 0003, 2026-11-25 13:30:00
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What an exception for a certificate that has ended already gets, as `console.services.trusted` gives it.
GRACE = timedelta(days=30)


def upgrade() -> None:
    text, times = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    with op.batch_alter_table("trusted_certificate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("domain", text(length=253), nullable=True))
        batch_op.add_column(sa.Column("kind", text(length=20), nullable=True))
        batch_op.add_column(sa.Column("pem", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("why", text(length=300), nullable=True))
        batch_op.add_column(sa.Column("until", times(), nullable=True))
    known = sa.table(
        "trusted_certificate",
        sa.column("kind", sa.String()),
        sa.column("pem", sa.Text()),
        sa.column("why", sa.String()),
        sa.column("until", times()),
        sa.column("not_after", times()),
    )
    now = datetime.now(UTC)
    op.execute(known.update().values(kind="certificate", pem="", why="", until=known.c.not_after))
    op.execute(known.update().where(known.c.not_after <= now).values(until=now + GRACE))
    with op.batch_alter_table("trusted_certificate", schema=None) as batch_op:
        batch_op.alter_column("inbox_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("kind", existing_type=text(length=20), nullable=False)
        batch_op.alter_column("pem", existing_type=sa.Text(), nullable=False)
        batch_op.alter_column("why", existing_type=text(length=300), nullable=False)
        batch_op.alter_column("until", existing_type=times(), nullable=False)
        batch_op.create_unique_constraint(op.f("uq_trusted_certificate_domain_host_port"), ["domain", "host", "port"])
        batch_op.create_check_constraint(op.f("ck_trusted_certificate_level"), "(inbox_id IS NULL) <> (domain IS NULL)")
    op.create_table(
        "server_test",
        sa.Column("id", text(length=32), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("domain", text(length=253), nullable=False),
        sa.Column("servers", sa.JSON(), nullable=False),
        sa.Column("state", text(length=20), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("lease_until", times(), nullable=True),
        sa.Column("lease_token", text(length=40), nullable=True),
        sa.Column("created_at", times(), nullable=False),
        sa.Column("finished_at", times(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_server_test_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_test")),
    )
    with op.batch_alter_table("server_test", schema=None) as batch_op:
        batch_op.create_index("ix_server_test_state_lease_until", ["state", "lease_until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("server_test", schema=None) as batch_op:
        batch_op.drop_index("ix_server_test_state_lease_until")
    op.drop_table("server_test")
    # What the older console cannot hold would be read there as a pin, so it goes.
    op.execute("DELETE FROM trusted_certificate WHERE domain IS NOT NULL OR kind <> 'certificate'")
    with op.batch_alter_table("trusted_certificate", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_trusted_certificate_level"), type_="check")
        batch_op.drop_constraint(op.f("uq_trusted_certificate_domain_host_port"), type_="unique")
        for column in ("until", "why", "pem", "kind", "domain"):
            batch_op.drop_column(column)
        batch_op.alter_column("inbox_id", existing_type=sa.Integer(), nullable=False)
