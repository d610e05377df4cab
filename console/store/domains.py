"""The table of mail domains. See `console.store.models` for the conventions."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

_OF_ONE_KIND = (
    "(kind = 'none' AND imap_host IS NULL AND smtp_host IS NULL AND exchange_url IS NULL)"
    " OR (kind = 'imap' AND imap_host IS NOT NULL AND imap_port IS NOT NULL AND imap_security IS NOT NULL"
    " AND smtp_host IS NOT NULL AND smtp_port IS NOT NULL AND smtp_security IS NOT NULL AND exchange_url IS NULL)"
    " OR (kind = 'exchange' AND exchange_url IS NOT NULL AND imap_host IS NULL AND smtp_host IS NULL)"
)


class MailDomain(SQLModel, table=True):
    """A mail domain (A-label) and what account admins keep for it: nothing yet, IMAP + SMTP, or Exchange, never both.

    `kind` is none or the slug of the family whose settings these are. `username` and `smtp_username` are templates of
    Mail Autoconfig (%EMAILADDRESS%, %EMAILLOCALPART%, %EMAILDOMAIN%); without `smtp_username` outgoing mail signs in as
    incoming mail does. `tried_at` is when somebody last had an inbox of the domain verified.
    `moved_to` is the family where discovery last found the mailboxes of inboxes that are connected with another one.
    """

    __tablename__ = "mail_domain"
    __table_args__ = (CheckConstraint(_OF_ONE_KIND, name="one_kind"),)

    domain: str = Field(max_length=253, primary_key=True)
    kind: str = Field(default="none", max_length=20)
    imap_host: str | None = Field(default=None, max_length=253)
    imap_port: int | None = None
    imap_security: str | None = Field(default=None, max_length=20)
    smtp_host: str | None = Field(default=None, max_length=253)
    smtp_port: int | None = None
    smtp_security: str | None = Field(default=None, max_length=20)
    username: str | None = Field(default=None, max_length=320)
    smtp_username: str | None = Field(default=None, max_length=320)
    exchange_url: str | None = Field(default=None, max_length=500)
    note: str = Field(default="", max_length=500)
    members_may_change: bool = True
    revision: int = 0
    by_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime | None = None
    tried_at: datetime | None = None
    moved_to: str | None = Field(default=None, max_length=40)
