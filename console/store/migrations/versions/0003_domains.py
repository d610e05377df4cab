"""What account admins keep for mail domains, and work on many inboxes.

Revision: 0003, after 0002, 2026-11-25 13:25:00
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_domain",
        sa.Column("domain", sqlmodel.sql.sqltypes.AutoString(length=253), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("imap_host", sqlmodel.sql.sqltypes.AutoString(length=253), nullable=True),
        sa.Column("imap_port", sa.Integer(), nullable=True),
        sa.Column("imap_security", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("smtp_host", sqlmodel.sql.sqltypes.AutoString(length=253), nullable=True),
        sa.Column("smtp_port", sa.Integer(), nullable=True),
        sa.Column("smtp_security", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("username", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=True),
        sa.Column("smtp_username", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=True),
        sa.Column("exchange_url", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("members_may_change", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("tried_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'none' AND imap_host IS NULL AND smtp_host IS NULL AND exchange_url IS NULL)"
            " OR (kind = 'imap' AND imap_host IS NOT NULL AND imap_port IS NOT NULL AND imap_security IS NOT NULL"
            " AND smtp_host IS NOT NULL AND smtp_port IS NOT NULL AND smtp_security IS NOT NULL"
            " AND exchange_url IS NULL)"
            " OR (kind = 'exchange' AND exchange_url IS NOT NULL AND imap_host IS NULL AND smtp_host IS NULL)",
            name=op.f("ck_mail_domain_one_kind"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_mail_domain_by_id_person")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_mail_domain")),
    )
    op.create_table(
        "bulk_job",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=253), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("ended", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("stop_asked", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("undone_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("lease_token", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_bulk_job_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_job")),
    )
    with op.batch_alter_table("bulk_job", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_job_kind_target_created_at", ["kind", "target", "created_at"], unique=False)
        batch_op.create_index(
            "uq_bulk_job_under_way",
            ["kind", "target"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
    op.create_table(
        "bulk_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("problem", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_bulk_item_inbox_id_inbox")),
        sa.ForeignKeyConstraint(["job_id"], ["bulk_job.id"], name=op.f("fk_bulk_item_job_id_bulk_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_item")),
        sa.UniqueConstraint("job_id", "inbox_id", name=op.f("uq_bulk_item_job_id_inbox_id")),
    )
    with op.batch_alter_table("bulk_item", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_item_job_id_position", ["job_id", "position"], unique=False)
    with op.batch_alter_table("discovery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("without_default", sa.Boolean(), nullable=False, server_default=sa.false()),
        )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("domain", sqlmodel.sql.sqltypes.AutoString(length=253), nullable=False, server_default="")
        )
        batch_op.create_index("ix_inbox_domain", ["domain"], unique=False)
    # An address has one @: the console takes no other.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE inbox SET domain = substr(address, instr(address, '@') + 1)")
    else:
        op.execute("UPDATE inbox SET domain = split_part(address, '@', 2)")


def downgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_domain")
        batch_op.drop_column("domain")
    with op.batch_alter_table("discovery", schema=None) as batch_op:
        batch_op.drop_column("without_default")
    op.drop_table("bulk_item")
    op.drop_table("bulk_job")
    op.drop_table("mail_domain")
