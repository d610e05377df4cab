"""The tables. Rows hold codes, never sentences.

Times are aware UTC; JSON columns are replaced, never edited in place.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlmodel import Field, SQLModel

from console.store.columns import Json

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


def _json() -> Any:
    return Column(Json, nullable=False)


class Person(SQLModel, table=True):
    """Somebody who signs in to the console. `session_epoch` grows to end all sessions and links at once.

    `name_key` is the name case-folded, to search and sort by; it follows the name by itself. `told_of_recoverable` says
    that they want to be told of problems that heal without them.
    """

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=120)
    name_key: str = Field(default="", max_length=360)
    role: str = Field(max_length=20)
    password_hash: str | None = Field(default=None, max_length=255)
    session_epoch: int = 1
    personal_email: bool = True
    active: bool = True
    created_at: datetime
    last_sign_in_at: datetime | None = None
    told_of_recoverable: bool = True


# Databases fold letters beyond ASCII only in some locales (PostgreSQL's C and SQLite do not), so Python does it.
@event.listens_for(Person, "before_insert")
@event.listens_for(Person, "before_update")
def _fold_name(_mapper: object, _connection: object, person: Person) -> None:
    person.name_key = person.name.casefold()


class EndedSession(SQLModel, table=True):
    """A session that was signed out; kept until its cookie, of which there may be copies, would have expired."""

    __tablename__ = "ended_session"

    id: str = Field(max_length=32, primary_key=True)
    at: datetime = Field(index=True)


class SetUpLink(SQLModel, table=True):
    """The one-time link that creates the first account admin; a newer start voids the older ones."""

    __tablename__ = "set_up_link"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime
    voided_at: datetime | None = None


class Throttle(SQLModel, table=True):
    """How often something was tried within one window; shared by all processes and kept over restarts."""

    bucket: str = Field(max_length=120, primary_key=True)
    window_start: datetime = Field(primary_key=True)
    count: int = 0


class Inbox(SQLModel, table=True):
    """One connected mailbox. A removed inbox stays as history; its address is then free again.

    `domain` is the address's, as A-label; it follows the address by itself. `subject` is the account's identity at a
    provider with a sign-in of its own; an account is connected once, as an address is. `aliases` are the other
    addresses that the mailbox sends as. `proofs` tell by capability when it was last shown to work, `flaws` what is
    wrong with it. `full_due` is when a check goes through every stage again; `attempts` counts the sign-ins that were
    tried since the problem stands.
    """

    __table_args__ = (
        Index(
            "uq_inbox_address_connected",
            "address",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(
            "uq_inbox_subject_connected",
            "provider",
            "subject",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_inbox_due", "next_check", "id"),
        Index(
            "ix_inbox_wanted",
            "next_check",
            sqlite_where=text("wanted_by IS NOT NULL"),
            postgresql_where=text("wanted_by IS NOT NULL"),
        ),
        Index("ix_inbox_owner_id_address", "owner_id", "address"),
        Index("ix_inbox_domain", "domain"),
    )

    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = Field(foreign_key="person.id")
    address: str = Field(max_length=254)
    domain: str = Field(default="", max_length=253)
    provider: str = Field(max_length=40)
    host: str = Field(default="", max_length=253)
    subject: str | None = Field(default=None, max_length=255)
    aliases: Any = Field(default_factory=list, sa_column=_json())
    settings: Any = Field(sa_column=_json())
    automation: bool = False
    receives_only: str | None = Field(default=None, max_length=60)
    revision: int = 1
    health: str = Field(max_length=20)
    problem: str | None = Field(default=None, max_length=60)
    problem_stage: str | None = Field(default=None, max_length=40)
    problem_host: str = Field(default="", max_length=253)
    problem_since: datetime | None = None
    server_text: str = Field(default="", max_length=400)
    strikes: int = 0
    proofs: Any = Field(sa_column=_json())
    flaws: Any = Field(default_factory=dict, sa_column=_json())
    checked_at: datetime | None = None
    full_due: datetime | None = None
    attempts: int = 0
    proven_until: datetime | None = None
    next_check: datetime | None = None
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)
    wanted_by: str | None = Field(default=None, max_length=20)
    connected_at: datetime
    connected_by_id: int = Field(foreign_key="person.id")
    removed_at: datetime | None = None


@event.listens_for(Inbox, "before_insert")
@event.listens_for(Inbox, "before_update")
def _take_domain(_mapper: object, _connection: object, inbox: Inbox) -> None:
    inbox.domain = inbox.address.rpartition("@")[2]


class Credential(SQLModel, table=True):
    """The sealed secret of an inbox, the domains it may be sent to, and the problem by channel where it was refused.

    What a sign-in at a provider gave belongs to the app `client_id` there and carries the permissions `granted`.
    `revision` grows whenever the secret changes. `renewing_at` is set while a renewal is under way whose answer is not
    saved yet; the provider may have ended the old secret by then.
    """

    inbox_id: int = Field(sa_column=Column(ForeignKey("inbox.id"), primary_key=True, autoincrement=False))
    sealed: str = Field(sa_column=Column(Text, nullable=False))
    key_id: str = Field(max_length=16)
    typed_for: Any = Field(sa_column=_json())
    typed_at: datetime
    refused: Any = Field(sa_column=_json())
    revision: int = 1
    client_id: str = Field(default="", max_length=255)
    granted: Any = Field(default_factory=list, sa_column=_json())
    renewing_at: datetime | None = None


class TrustedCertificate(SQLModel, table=True):
    """An exception: a certificate or a private authority that a person chose to trust though it does not verify.

    It belongs to one inbox or to one mail domain (`domain`, as A-label), counts for `host` only, and ends at `until`.
    `kind` is certificate or authority; an authority counts at every port (`port` is 0) and is kept as `pem`.
    """

    __tablename__ = "trusted_certificate"
    __table_args__ = (
        UniqueConstraint("inbox_id", "host", "port"),
        UniqueConstraint("domain", "host", "port"),
        CheckConstraint("(inbox_id IS NULL) <> (domain IS NULL)", name="level"),
    )

    id: int | None = Field(default=None, primary_key=True)
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")
    domain: str | None = Field(default=None, max_length=253)
    kind: str = Field(default="certificate", max_length=20)
    host: str = Field(max_length=253)
    port: int
    sha256: str = Field(max_length=95)
    subject: str = Field(max_length=400)
    issuer: str = Field(max_length=400)
    not_before: datetime
    not_after: datetime
    pem: str = Field(default="", sa_column=Column(Text, nullable=False))
    why: str = Field(default="", max_length=300)
    by_id: int = Field(foreign_key="person.id")
    at: datetime
    until: datetime


class SwitchedOff(SQLModel, table=True):
    """Something is switched off: who, when and why. `level` is inbox, owner or provider; levels add up."""

    __tablename__ = "switched_off"
    __table_args__ = (UniqueConstraint("level", "target"),)

    id: int | None = Field(default=None, primary_key=True)
    level: str = Field(max_length=20)
    target: str = Field(max_length=80)
    by_id: int = Field(foreign_key="person.id")
    at: datetime
    why: str = Field(default="", max_length=300)


class CheckRecord(SQLModel, table=True):
    """One finished check of an inbox, with its stages; kept for a few days.

    `full` says that it was to go through every stage, not only as far as the inbox.
    """

    __tablename__ = "check_record"
    __table_args__ = (Index("ix_check_record_inbox_id_started_at", "inbox_id", "started_at"),)

    id: int | None = Field(default=None, primary_key=True)
    inbox_id: int = Field(foreign_key="inbox.id")
    trigger: str = Field(max_length=20)
    started_at: datetime
    finished_at: datetime
    revision: int
    full: bool = True
    health: str = Field(max_length=20)
    problem: str | None = Field(default=None, max_length=60)
    server_text: str = Field(default="", max_length=400)
    stages: Any = Field(sa_column=_json())


class Draft(SQLModel, table=True):
    """One way through the connect wizard, or one reconnect.

    Waits a day. The password in it is sealed and short-lived. `link_id` is the link that it was begun with, for whom
    nobody is signed in. `moves_from` is the family that the inbox had when a reconnect with another one began.
    `left_at` is when the browser was last sent to the provider and did not come back yet; `granted` is what is known
    about the account that signed in there, beside the sealed secret: subject, scopes, aliases and client_id. In the
    state given-up it is no draft any more, but the permission of one, until a worker has given it back to the provider.
    """

    __table_args__ = (Index("ix_draft_state_lease_until", "state", "lease_until"),)

    id: str = Field(max_length=32, primary_key=True)
    by_id: int = Field(foreign_key="person.id")
    owner_id: int = Field(foreign_key="person.id")
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")
    link_id: int | None = Field(default=None, foreign_key="reconnect_link.id")
    moves_from: str | None = Field(default=None, max_length=40)
    provider: str | None = Field(default=None, max_length=40)
    address: str | None = Field(default=None, max_length=254)
    automation: bool = False
    discovery_id: str | None = Field(default=None, max_length=32)
    settings: Any = Field(sa_column=_json())
    pins: Any = Field(sa_column=_json())
    disclosure_version: str | None = Field(default=None, max_length=20)
    disclosure_at: datetime | None = None
    sealed: str | None = Field(default=None, sa_column=Column(Text))
    key_id: str | None = Field(default=None, max_length=16)
    typed_at: datetime | None = None
    left_at: datetime | None = None
    granted: Any = Field(default=None, sa_column=Column(Json))
    state: str = Field(default="open", max_length=20)
    run: int = 0
    stages: Any = Field(sa_column=_json())
    problem: str | None = Field(default=None, max_length=60)
    server_text: str = Field(default="", max_length=400)
    certificate: Any = Field(default=None, sa_column=Column(Json))
    attempted: Any = Field(sa_column=_json())
    receives_only: str | None = Field(default=None, max_length=60)
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)
    created_at: datetime
    expires_at: datetime


class Acceptance(SQLModel, table=True):
    """Who accepted which disclosure, in which version and language, for which inbox, when."""

    __table_args__ = (Index("ix_acceptance_inbox_id_person_id", "inbox_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    on_behalf_of_id: int | None = Field(default=None, foreign_key="person.id")
    inbox_id: int | None = Field(default=None, foreign_key="inbox.id")
    address: str = Field(max_length=254)
    provider: str = Field(max_length=40)
    moment: str = Field(max_length=10)
    version: str = Field(max_length=20)
    language: str = Field(max_length=10)
    at: datetime


class AuditEntry(SQLModel, table=True):
    """Who did what to which thing, when and from where. Never holds a secret."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_target_type_target_id", "target_type", "target_id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    actor_id: int | None = Field(default=None, foreign_key="person.id")
    actor_name: str = Field(max_length=120)
    action: str = Field(max_length=60)
    target_type: str = Field(max_length=30)
    target_id: str = Field(max_length=40)
    target_label: str = Field(max_length=254)
    detail: Any = Field(sa_column=_json())
    ip: str = Field(default="", max_length=45)


class WorkerPulse(SQLModel, table=True):
    """When a worker last said that it is alive."""

    __tablename__ = "worker_pulse"

    name: str = Field(max_length=120, primary_key=True)
    at: datetime
