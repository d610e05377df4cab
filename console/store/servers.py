"""The tables of what is known about mail servers as such. See `console.store.models` for the conventions."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class ServerStanding(SQLModel, table=True):
    """A server that asked to be left alone, or that has refused as many sign-ins as it may for now.

    Nothing is sent there before `held_until`. `why` is retry-after or refusals.
    """

    __tablename__ = "server_standing"

    host: str = Field(max_length=253, primary_key=True)
    held_until: datetime
    why: str = Field(max_length=20)
    since: datetime


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
