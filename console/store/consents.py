"""The tables of apps at providers and of sign-ins there. See `console.store.models` for the conventions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from console.store.columns import Json


class OauthApp(SQLModel, table=True):
    """The organisation's own app at one provider, as an admin typed it. The secret is sealed for `app:` and the slug.

    `revision` grows with every change. `publishing` is testing or production.
    """

    __tablename__ = "oauth_app"

    provider: str = Field(max_length=40, primary_key=True)
    client_id: str = Field(max_length=255)
    sealed: str = Field(sa_column=Column(Text, nullable=False))
    key_id: str = Field(max_length=16)
    tenant: str = Field(default="", max_length=253)
    audience: str = Field(default="", max_length=20)
    secret_expires_on: date | None = None
    publishing: str = Field(default="production", max_length=20)
    revision: int = 1
    by_id: int = Field(foreign_key="person.id")
    at: datetime


class AppStanding(SQLModel, table=True):
    """What is known about the app of a provider, wherever the app comes from.

    `problem` is set while the provider does not take the app; then only the inbox `canary_id` is checked, at
    `canary_at`. `fingerprint` tells which app and secret that is about. The columns from `test_state` on are the last
    test of the app: queued, running or done, empty when there was none.
    """

    __tablename__ = "app_standing"

    provider: str = Field(max_length=40, primary_key=True)
    fingerprint: str = Field(default="", max_length=64)
    problem: str | None = Field(default=None, max_length=60)
    server_text: str = Field(default="", max_length=400)
    since: datetime | None = None
    canary_id: int | None = None
    canary_at: datetime | None = None
    test_state: str = Field(default="", max_length=20)
    test_by_id: int | None = Field(default=None, foreign_key="person.id")
    test_asked_at: datetime | None = None
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)
    tested: str = Field(default="", max_length=64)
    tested_at: datetime | None = None
    outcome: str = Field(default="", max_length=20)
    outcome_text: str = Field(default="", max_length=400)
    outcome_values: Any = Field(default=None, sa_column=Column(Json))
    outcome_problem: str | None = Field(default=None, max_length=60)
    outcome_server_text: str = Field(default="", max_length=400)


class Consent(SQLModel, table=True):
    """A browser that was sent to a provider to sign in, until it comes back, once, within ten minutes.

    Of the state and of the browser's session only hashes are here; the PKCE verifier and the nonce are sealed for
    `consent:` and the hash of the state, and wiped when it is used.
    """

    __table_args__ = (Index("ix_consent_expires_at", "expires_at"),)

    state_hash: str = Field(max_length=64, primary_key=True)
    draft_id: str = Field(max_length=32)
    person_id: int = Field(foreign_key="person.id")
    provider: str = Field(max_length=40)
    address: str = Field(max_length=254)
    client_id: str = Field(max_length=255)
    browser_hash: str = Field(max_length=64)
    sealed: str = Field(sa_column=Column(Text, nullable=False))
    key_id: str = Field(max_length=16)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
