"""The tables of campaigns that move the inboxes of a domain. See `console.store.models` for the conventions."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Campaign(SQLModel, table=True):
    """A mail domain (A-label) whose inboxes their owners are asked to reconnect with another family, `provider`.

    One at a time runs for a domain. `note` is what the admin tells the owners. `stopped_by_id` is None when it ended
    because every inbox was through.
    """

    __table_args__ = (
        Index(
            "uq_campaign_under_way",
            "domain",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_campaign_domain_created_at", "domain", "created_at"),
    )

    id: str = Field(max_length=32, primary_key=True)
    domain: str = Field(max_length=253)
    provider: str = Field(max_length=40)
    note: str = Field(default="", max_length=500)
    by_id: int = Field(foreign_key="person.id")
    created_at: datetime
    finished_at: datetime | None = None
    stopped_by_id: int | None = Field(default=None, foreign_key="person.id")


class CampaignItem(SQLModel, table=True):
    """One inbox of a campaign: waiting, failed (the last try, with its `problem`), moved or excepted, and since when.

    `asked_at` is when its owner was last asked, by whatever channel; before `ask_after` they are not asked again.
    `why` and `by_id` are of an exception.
    """

    __tablename__ = "campaign_item"
    __table_args__ = (UniqueConstraint("campaign_id", "inbox_id"), Index("ix_campaign_item_inbox_id", "inbox_id"))

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: str = Field(foreign_key="campaign.id", max_length=32)
    inbox_id: int = Field(foreign_key="inbox.id")
    state: str = Field(default="waiting", max_length=20)
    problem: str | None = Field(default=None, max_length=60)
    asked_at: datetime | None = None
    ask_after: datetime | None = None
    why: str = Field(default="", max_length=300)
    by_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime | None = None
