"""Inboxes that move to another family, one by one or in campaigns.

Revision: 0007, after 0006, 2026-11-25 17:40:00
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    string, times = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "campaign",
        sa.Column("id", string(length=32), nullable=False),
        sa.Column("domain", string(length=253), nullable=False),
        sa.Column("provider", string(length=40), nullable=False),
        sa.Column("note", string(length=500), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", times(), nullable=False),
        sa.Column("finished_at", times(), nullable=True),
        sa.Column("stopped_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_campaign_by_id_person")),
        sa.ForeignKeyConstraint(["stopped_by_id"], ["person.id"], name=op.f("fk_campaign_stopped_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.create_index(
            "uq_campaign_under_way",
            ["domain"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.create_index("ix_campaign_domain_created_at", ["domain", "created_at"], unique=False)
    op.create_table(
        "campaign_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", string(length=32), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("state", string(length=20), nullable=False),
        sa.Column("problem", string(length=60), nullable=True),
        sa.Column("asked_at", times(), nullable=True),
        sa.Column("ask_after", times(), nullable=True),
        sa.Column("why", string(length=300), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", times(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_campaign_item_by_id_person")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_item_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_campaign_item_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_item")),
        sa.UniqueConstraint("campaign_id", "inbox_id", name=op.f("uq_campaign_item_campaign_id_inbox_id")),
    )
    with op.batch_alter_table("campaign_item", schema=None) as batch_op:
        batch_op.create_index("ix_campaign_item_inbox_id", ["inbox_id"], unique=False)
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moves_from", string(length=40), nullable=True))
    with op.batch_alter_table("mail_domain", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moved_to", string(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("mail_domain", schema=None) as batch_op:
        batch_op.drop_column("moved_to")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_column("moves_from")
    op.drop_table("campaign_item")
    op.drop_table("campaign")
