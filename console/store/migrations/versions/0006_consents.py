"""Apps at providers, sign-ins there, and what they gave: account, aliases, permissions.

Revision: 0006, after 0005, 2026-11-25 14:45:00
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    string, times = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "oauth_app",
        sa.Column("provider", string(length=40), nullable=False),
        sa.Column("client_id", string(length=255), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("key_id", string(length=16), nullable=False),
        sa.Column("tenant", string(length=253), nullable=False),
        sa.Column("audience", string(length=20), nullable=False),
        sa.Column("secret_expires_on", sa.Date(), nullable=True),
        sa.Column("publishing", string(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", times(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_oauth_app_by_id_person")),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_oauth_app")),
    )
    op.create_table(
        "app_standing",
        sa.Column("provider", string(length=40), nullable=False),
        sa.Column("fingerprint", string(length=64), nullable=False),
        sa.Column("problem", string(length=60), nullable=True),
        sa.Column("server_text", string(length=400), nullable=False),
        sa.Column("since", times(), nullable=True),
        sa.Column("canary_id", sa.Integer(), nullable=True),
        sa.Column("canary_at", times(), nullable=True),
        sa.Column("test_state", string(length=20), nullable=False),
        sa.Column("test_by_id", sa.Integer(), nullable=True),
        sa.Column("test_asked_at", times(), nullable=True),
        sa.Column("lease_until", times(), nullable=True),
        sa.Column("lease_token", string(length=40), nullable=True),
        sa.Column("tested", string(length=64), nullable=False),
        sa.Column("tested_at", times(), nullable=True),
        sa.Column("outcome", string(length=20), nullable=False),
        sa.Column("outcome_text", string(length=400), nullable=False),
        sa.Column("outcome_values", sa.JSON(), nullable=True),
        sa.Column("outcome_problem", string(length=60), nullable=True),
        sa.Column("outcome_server_text", string(length=400), nullable=False),
        sa.ForeignKeyConstraint(["test_by_id"], ["person.id"], name=op.f("fk_app_standing_test_by_id_person")),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_app_standing")),
    )
    op.create_table(
        "consent",
        sa.Column("state_hash", string(length=64), nullable=False),
        sa.Column("draft_id", string(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("provider", string(length=40), nullable=False),
        sa.Column("address", string(length=254), nullable=False),
        sa.Column("client_id", string(length=255), nullable=False),
        sa.Column("browser_hash", string(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("key_id", string(length=16), nullable=False),
        sa.Column("created_at", times(), nullable=False),
        sa.Column("expires_at", times(), nullable=False),
        sa.Column("used_at", times(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id_person")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index("ix_consent_expires_at", ["expires_at"], unique=False)
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", string(length=255), nullable=True))
        batch_op.add_column(sa.Column("aliases", sa.JSON(), nullable=True))
    inbox = sa.table("inbox", sa.column("aliases", sa.JSON()))
    op.execute(inbox.update().values(aliases=[]))
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.alter_column("aliases", existing_type=sa.JSON(), nullable=False)
        batch_op.create_index(
            "uq_inbox_subject_connected",
            ["provider", "subject"],
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("client_id", string(length=255), nullable=True))
        batch_op.add_column(sa.Column("granted", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("renewing_at", times(), nullable=True))
    credential = sa.table(
        "credential",
        sa.column("revision", sa.Integer()),
        sa.column("client_id", sa.String()),
        sa.column("granted", sa.JSON()),
    )
    op.execute(credential.update().values(revision=1, client_id="", granted=[]))
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.alter_column("revision", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("client_id", existing_type=string(length=255), nullable=False)
        batch_op.alter_column("granted", existing_type=sa.JSON(), nullable=False)
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_at", times(), nullable=True))
        batch_op.add_column(sa.Column("granted", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_column("granted")
        batch_op.drop_column("left_at")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        for column in ("renewing_at", "granted", "client_id", "revision"):
            batch_op.drop_column(column)
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("uq_inbox_subject_connected")
        batch_op.drop_column("aliases")
        batch_op.drop_column("subject")
    op.drop_table("consent")
    op.drop_table("app_standing")
    op.drop_table("oauth_app")
