"""The table of reconnect and connect links. See `console.store.models` for the conventions."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class ReconnectLink(SQLModel, table=True):
    """A single-use link with which one person reconnects one inbox, or connects one address, without signing in here.

    Of its token only a hash is kept, and the `seed` that makes the token together with the console's signing key, so
    that a mail about it can be sent later. A link with an `inbox_id` reconnects it, one without connects `address` for
    `person_id`. `about` is the problem that the inbox had when the link was made, `by_mail` that it goes to its person
    by mail. It is used up by the browser that pressed Continue (`started_at`, `browser_hash`); what happens from there
    on is told by its times. `withdrawn_how` is by-staff, replaced, recovered, removed, moved-on, disabled, deactivated
    or taken.
    """

    __tablename__ = "reconnect_link"
    __table_args__ = (
        Index("ix_reconnect_link_inbox_id_created_at", "inbox_id", "created_at"),
        Index("ix_reconnect_link_draft_id", "draft_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    seed: str = Field(max_length=32)
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")
    person_id: int = Field(foreign_key="person.id")
    address: str = Field(max_length=254)
    about: str | None = Field(default=None, max_length=60)
    by_id: int | None = Field(default=None, foreign_key="person.id")
    by_mail: bool = False
    created_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_how: str = Field(default="", max_length=20)
    started_at: datetime | None = None
    browser_hash: str = Field(default="", max_length=64)
    draft_id: str | None = Field(default=None, max_length=32)
    left_at: datetime | None = None
    back_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str | None = Field(default=None, max_length=60)
    connected_at: datetime | None = None
