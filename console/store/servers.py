"""The tables of what is known about mail servers as such. See `console.store.models` for the conventions."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Hold(SQLModel, table=True):
    """Something that nothing is sent to before `until`: a server that asked to be left alone, or was refused enough.

    `level` is host (`target` is its name), app (what a provider asked of the organisation's app as a whole; its slug)
    or inbox (its id). `why` is asked, throttled or refusals.
    """

    level: str = Field(max_length=10, primary_key=True)
    target: str = Field(max_length=253, primary_key=True)
    until: datetime
    why: str = Field(max_length=20)
    since: datetime


class RefusedSignIn(SQLModel, table=True):
    """A sign-in that a server refused, by the address of the mailbox; kept for as long as it is counted."""

    __tablename__ = "refused_sign_in"
    __table_args__ = (
        Index("ix_refused_sign_in_address_at", "address", "at"),
        Index("ix_refused_sign_in_host_at", "host", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(max_length=254)
    host: str = Field(max_length=253)
    at: datetime


class ServerStanding(SQLModel, table=True):
    """A server that checks go to, and how many of them in a row it left without any answer.

    Whoever takes room for checks at a server locks its row first.
    """

    __tablename__ = "server_standing"

    host: str = Field(max_length=253, primary_key=True)
    unanswered: int = 0


class SeenCertificate(SQLModel, table=True):
    """A certificate that a mail server showed to a check, and when first and last.

    A change of a server's certificate is a second row.
    """

    __tablename__ = "seen_certificate"
    __table_args__ = (Index("ix_seen_certificate_not_after", "not_after"),)

    host: str = Field(max_length=253, primary_key=True)
    port: int = Field(primary_key=True)
    sha256: str = Field(max_length=95, primary_key=True)
    subject: str = Field(default="", max_length=400)
    issuer: str = Field(default="", max_length=400)
    not_after: datetime
    first_seen_at: datetime
    last_seen_at: datetime
