"""Episodes and incidents, notices, links, help desk's work, and what is known about servers.

Revision: 0008, after 0007, 2026-11-30 14:00:00
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    string, times = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "seen_certificate",
        sa.Column("host", string(length=253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("sha256", string(length=95), nullable=False),
        sa.Column("subject", string(length=400), nullable=False),
        sa.Column("issuer", string(length=400), nullable=False),
        sa.Column("not_after", times(), nullable=False),
        sa.Column("first_seen_at", times(), nullable=False),
        sa.Column("last_seen_at", times(), nullable=False),
        sa.PrimaryKeyConstraint("host", "port", "sha256", name=op.f("pk_seen_certificate")),
    )
    with op.batch_alter_table("seen_certificate", schema=None) as batch_op:
        batch_op.create_index("ix_seen_certificate_not_after", ["not_after"], unique=False)

    op.create_table(
        "server_standing",
        sa.Column("host", string(length=253), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_server_standing")),
    )
    op.create_table(
        "hold",
        sa.Column("level", string(length=10), nullable=False),
        sa.Column("target", string(length=253), nullable=False),
        sa.Column("until", times(), nullable=False),
        sa.Column("why", string(length=20), nullable=False),
        sa.Column("since", times(), nullable=False),
        sa.PrimaryKeyConstraint("level", "target", name=op.f("pk_hold")),
    )
    op.create_table(
        "refused_sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", string(length=254), nullable=False),
        sa.Column("host", string(length=253), nullable=False),
        sa.Column("at", times(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_sign_in")),
    )
    with op.batch_alter_table("refused_sign_in", schema=None) as batch_op:
        batch_op.create_index("ix_refused_sign_in_address_at", ["address", "at"], unique=False)
        batch_op.create_index("ix_refused_sign_in_host_at", ["host", "at"], unique=False)

    op.create_table(
        "case_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", string(length=20), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", times(), nullable=False),
        sa.Column("text", string(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_case_note_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.create_index("ix_case_note_kind_case_id", ["kind", "case_id"], unique=False)

    op.create_table(
        "handling",
        sa.Column("kind", string(length=20), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_at", times(), nullable=True),
        sa.Column("snoozed_until", times(), nullable=True),
        sa.Column("snoozed_by_id", sa.Integer(), nullable=True),
        sa.Column("snoozed_problem", string(length=60), nullable=False),
        sa.Column("snoozed_weight", sa.Integer(), nullable=False),
        sa.Column("handed_at", times(), nullable=True),
        sa.Column("handed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["handed_by_id"], ["person.id"], name=op.f("fk_handling_handed_by_id_person")),
        sa.ForeignKeyConstraint(["snoozed_by_id"], ["person.id"], name=op.f("fk_handling_snoozed_by_id_person")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["person.id"], name=op.f("fk_handling_taken_by_id_person")),
        sa.PrimaryKeyConstraint("kind", "case_id", name=op.f("pk_handling")),
    )
    op.create_table(
        "setting",
        sa.Column("name", string(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("key_id", string(length=16), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", times(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_setting_by_id_person")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "watch",
        sa.Column("name", string(length=20), nullable=False),
        sa.Column("last_at", times(), nullable=False),
        sa.Column("even_since", times(), nullable=False),
        sa.Column("lease_until", times(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watch")),
    )
    op.create_table(
        "inbox_day",
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("provider", string(length=40), nullable=False),
        sa.Column("health", string(length=20), nullable=False),
        sa.Column("problem", string(length=60), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_inbox_day_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("inbox_id", "day", name=op.f("pk_inbox_day")),
    )
    with op.batch_alter_table("inbox_day", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_day_day_provider_health", ["day", "provider", "health"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("level", string(length=20), nullable=False),
        sa.Column("target", string(length=253), nullable=False),
        sa.Column("problem", string(length=60), nullable=False),
        sa.Column("nature", string(length=20), nullable=False),
        sa.Column("state", string(length=20), nullable=False),
        sa.Column("began_at", times(), nullable=False),
        sa.Column("opened_at", times(), nullable=False),
        sa.Column("changed_at", times(), nullable=False),
        sa.Column("ended_at", times(), nullable=True),
        sa.Column("server_text", string(length=400), nullable=False),
        sa.Column("stage", string(length=40), nullable=True),
        sa.Column("canary_id", sa.Integer(), nullable=True),
        sa.Column("canary_at", times(), nullable=True),
        sa.Column("canary_tries", sa.JSON(), nullable=False),
        sa.Column("owners_told_from", times(), nullable=True),
        sa.Column("weighed_at", times(), nullable=True),
        sa.Column("told_at", times(), nullable=True),
        sa.Column("all_clear_at", times(), nullable=True),
        sa.Column("recovering_from", times(), nullable=True),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("through", sa.Integer(), nullable=False),
        sa.Column("most_inboxes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["canary_id"], ["inbox.id"], name=op.f("fk_incident_canary_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index("ix_incident_ended_at_began_at", ["ended_at", "began_at"], unique=False)
        batch_op.create_index(
            "uq_incident_open",
            ["level", "target", "problem"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND owners_told_from IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND owners_told_from IS NULL"),
        )

    op.create_table(
        "reconnect_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", string(length=64), nullable=False),
        sa.Column("seed", string(length=32), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("address", string(length=254), nullable=False),
        sa.Column("about", string(length=60), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("created_at", times(), nullable=False),
        sa.Column("expires_at", times(), nullable=False),
        sa.Column("withdrawn_at", times(), nullable=True),
        sa.Column("withdrawn_how", string(length=20), nullable=False),
        sa.Column("started_at", times(), nullable=True),
        sa.Column("browser_hash", string(length=64), nullable=False),
        sa.Column("draft_id", string(length=32), nullable=True),
        sa.Column("left_at", times(), nullable=True),
        sa.Column("back_at", times(), nullable=True),
        sa.Column("failed_at", times(), nullable=True),
        sa.Column("problem", string(length=60), nullable=True),
        sa.Column("connected_at", times(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_reconnect_link_by_id_person")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_reconnect_link_inbox_id_inbox")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reconnect_link_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconnect_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_reconnect_link_token_hash")),
    )
    with op.batch_alter_table("reconnect_link", schema=None) as batch_op:
        batch_op.create_index("ix_reconnect_link_draft_id", ["draft_id"], unique=False)
        batch_op.create_index("ix_reconnect_link_inbox_id_created_at", ["inbox_id", "created_at"], unique=False)

    op.create_table(
        "episode",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("problem", string(length=60), nullable=False),
        sa.Column("health", string(length=20), nullable=False),
        sa.Column("began_at", times(), nullable=False),
        sa.Column("changed_at", times(), nullable=False),
        sa.Column("turned_at", times(), nullable=True),
        sa.Column("ripe_at", times(), nullable=True),
        sa.Column("ended_at", times(), nullable=True),
        sa.Column("ended_how", string(length=20), nullable=False),
        sa.Column("weighed_for", string(length=60), nullable=True),
        sa.Column("told_at", times(), nullable=True),
        sa.Column("clear_at", times(), nullable=True),
        sa.Column("own_at", times(), nullable=True),
        sa.Column("tried_at", times(), nullable=True),
        sa.Column("try_token", string(length=40), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_episode_inbox_id_inbox")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_episode_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode")),
    )
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.create_index("ix_episode_ended_at_began_at", ["ended_at", "began_at"], unique=False)
        batch_op.create_index("ix_episode_inbox_id_began_at", ["inbox_id", "began_at"], unique=False)
        batch_op.create_index("ix_episode_incident_id", ["incident_id"], unique=False)
        batch_op.create_index(
            "uq_episode_open",
            ["inbox_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "refused_address",
        sa.Column("address", string(length=254), nullable=False),
        sa.Column("at", times(), nullable=False),
        sa.Column("server_text", string(length=400), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_refused_address")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", string(length=80), nullable=False),
        sa.Column("url", string(length=2048), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("key_id", string(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", times(), nullable=False),
        sa.Column("off_at", times(), nullable=True),
        sa.Column("off_why", string(length=20), nullable=False),
        sa.Column("removed_at", times(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resting_until", times(), nullable=True),
        sa.Column("told_at", times(), nullable=True),
        sa.Column("outcome", string(length=60), nullable=False),
        sa.Column("test", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_webhook_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("once", string(length=120), nullable=False),
        sa.Column("kind", string(length=40), nullable=False),
        sa.Column("channel", string(length=20), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("address", string(length=254), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=True),
        sa.Column("episode_id", sa.Integer(), nullable=True),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("problem", string(length=60), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("state", string(length=20), nullable=False),
        sa.Column("created_at", times(), nullable=False),
        sa.Column("not_before", times(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", times(), nullable=True),
        sa.Column("outcome", string(length=60), nullable=False),
        sa.Column("server_text", string(length=400), nullable=False),
        sa.Column("lease_until", times(), nullable=True),
        sa.Column("lease_token", string(length=40), nullable=True),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_notice_episode_id_episode")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_notice_inbox_id_inbox")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_notice_incident_id_incident")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_notice_webhook_id_webhook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("once", name=op.f("uq_notice_once")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_inbox_id_created_at", ["inbox_id", "created_at"], unique=False)
        batch_op.create_index("ix_notice_episode_id", ["episode_id"], unique=False)
        batch_op.create_index("ix_notice_incident_id", ["incident_id"], unique=False)
        batch_op.create_index("ix_notice_state_not_before", ["state", "not_before"], unique=False)
        batch_op.create_index("ix_notice_webhook_id", ["webhook_id"], unique=False)
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.add_column(sa.Column("link_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_draft_link_id_reconnect_link"), "reconnect_link", ["link_id"], ["id"])
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("flaws", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("full_due", times(), nullable=True))
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=True))
    inbox = sa.table("inbox", sa.column("flaws", sa.JSON()), sa.column("attempts", sa.Integer()))
    op.execute(inbox.update().values(flaws={}, attempts=0))
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.alter_column("flaws", existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column("attempts", existing_type=sa.Integer(), nullable=False)
        batch_op.create_index(
            "ix_inbox_wanted",
            ["next_check"],
            unique=False,
            sqlite_where=sa.text("wanted_by IS NOT NULL"),
            postgresql_where=sa.text("wanted_by IS NOT NULL"),
        )
    with op.batch_alter_table("check_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("full", sa.Boolean(), nullable=True))
    check_record = sa.table("check_record", sa.column("full", sa.Boolean()))
    op.execute(check_record.update().values(full=True))
    with op.batch_alter_table("check_record", schema=None) as batch_op:
        batch_op.alter_column("full", existing_type=sa.Boolean(), nullable=False)
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_of_recoverable", sa.Boolean(), nullable=True))
    person = sa.table("person", sa.column("told_of_recoverable", sa.Boolean()))
    op.execute(person.update().values(told_of_recoverable=True))
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.alter_column("told_of_recoverable", existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("told_of_recoverable")
    with op.batch_alter_table("check_record", schema=None) as batch_op:
        batch_op.drop_column("full")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_wanted")
        for column in ("attempts", "full_due", "flaws"):
            batch_op.drop_column(column)
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_draft_link_id_reconnect_link"), type_="foreignkey")
        batch_op.drop_column("link_id")
    for table in (
        "notice",
        "webhook",
        "refused_address",
        "episode",
        "reconnect_link",
        "incident",
        "watch",
        "inbox_day",
        "setting",
        "handling",
        "case_note",
        "refused_sign_in",
        "hold",
        "server_standing",
        "seen_certificate",
    ):
        op.drop_table(table)
