"""One draft of the wizard: its states, how long its password lives, and how it is fetched."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, or_
from sqlmodel import Session, col, select

from console.providers.base import Certificate, Provider, StageResult
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import exceptions
from console.services.context import Actor, NotFound, Refused
from console.store.links import ReconnectLink
from console.store.models import Draft, Inbox, Person

BEFORE, AFTER = "before", "after"
KEPT = timedelta(days=1)
PASSWORD_KEPT = timedelta(minutes=15)
# Checks under way that one person may have; a worker carries out eight.
AT_ONCE = 3
OPEN, QUEUED, RUNNING, WAITING, FAILED, PASSED, INTERRUPTED = (
    "open",
    "queued",
    "running",
    "waiting",
    "failed",
    "passed",
    "interrupted",
)
# Not a draft that anybody goes on with, but the permission of one that is over; see `giving_back`.
GIVEN_UP = "given-up"
# While a check is under way, and once the inbox stands, the steps before it take nothing more.
BUSY_OR_OVER = frozenset({QUEUED, RUNNING, PASSED})


@dataclass(frozen=True)
class DraftView:
    """A draft as its pages show it.

    `consents` says that the sign-in happens at the provider, where others type settings; `left_at` is when the browser
    was sent there, while it has not come back. `has_password` says that what was typed, or came from there, still lies
    sealed in the draft. `moves_from` is the family that the inbox has so far where another one is to take over.
    `linked` says that it was begun by a link: its address is settled, and a reconnect keeps its servers.
    """

    id: str
    by_id: int
    owner_id: int
    owner_name: str
    on_behalf: bool
    inbox_id: int | None
    reconnects: bool
    provider: str | None
    address: str | None
    automation: bool
    settings: dict[str, Any]
    accepted: bool
    state: str
    stages: tuple[StageResult, ...]
    problem: str | None
    server_text: str
    certificate: Certificate | None
    may_trust: bool
    has_password: bool
    kept_until: datetime
    discovery_id: str | None = None
    consents: bool = False
    left_at: datetime | None = None
    moves_from: str | None = None
    linked: bool = False


def fetch(session: Session, actor: Actor, draft_id: str, now: datetime, *, lock: bool = False) -> Draft:
    """Return the row of one of the actor's own drafts. Raises NotFound.

    Whoever comes by a link reaches the drafts of that link while it counts, and nobody else does. A link that has
    run out still shows what is being checked, and what it connected.
    """
    if not draft_id.isprintable():
        raise NotFound  # PostgreSQL takes no NUL, and no draft has such a name.
    wanted = select(Draft).where(
        Draft.id == draft_id,
        Draft.by_id == actor.id,
        Draft.link_id == actor.link_id,
        col(Draft.expires_at) > now,
    )
    if actor.link_id is not None:
        wanted = wanted.where(
            exists().where(
                col(ReconnectLink.id) == actor.link_id,
                col(ReconnectLink.withdrawn_at).is_(None),
                or_(col(ReconnectLink.expires_at) > now, col(Draft.state).in_(BUSY_OR_OVER)),
            )
        )
    draft = session.exec(wanted.with_for_update() if lock else wanted).first()
    # Whoever lost the role that let them begin a draft for somebody else has lost the draft too.
    if draft is None or not may(actor.role, "inbox.connect", own=draft.owner_id == actor.id):
        raise NotFound
    return draft


def view_of(session: Session, draft: Draft, family: Provider | None, role: str, now: datetime) -> DraftView:
    """Return a draft row of this family as its pages show it to somebody of this role."""
    owner = session.get(Person, draft.owner_id)
    return DraftView(
        id=draft.id,
        by_id=draft.by_id,
        owner_id=draft.owner_id,
        owner_name=owner.name if owner else "",
        on_behalf=draft.owner_id != draft.by_id,
        inbox_id=draft.inbox_id,
        # A new inbox comes with an accepted disclosure; a reconnect asks for none again, except with another provider.
        reconnects=draft.inbox_id is not None and (draft.state != PASSED or draft.disclosure_version is None),
        provider=draft.provider,
        address=draft.address,
        automation=draft.automation,
        settings=draft.settings if isinstance(draft.settings, dict) else {},
        accepted=draft.disclosure_version is not None,
        state=draft.state,
        stages=tuple(StageResult.from_dict(stage) for stage in draft.stages or ()),
        problem=draft.problem,
        server_text=draft.server_text,
        certificate=Certificate.from_dict(draft.certificate) if draft.certificate else None,
        # Only where a certificate is shown is the question asked of the store.
        may_trust=bool(draft.certificate) and exceptions.may_trust(session, role),
        has_password=password_lives(draft, now),
        kept_until=draft.expires_at,
        discovery_id=draft.discovery_id,
        consents=family is not None and family.consents,
        left_at=draft.left_at,
        moves_from=draft.moves_from,
        linked=draft.link_id is not None,
    )


def unread(draft: Draft) -> bool:
    """Return whether the disclosure of the draft's provider has to be accepted before anything goes on."""
    return draft.disclosure_version is None and (draft.inbox_id is None or draft.moves_from is not None)


def fits(draft: Draft, inbox: Inbox) -> bool:
    """Return whether a reconnect is still about the inbox as it is: nobody moved it to another family meanwhile."""
    return inbox.address == draft.address and inbox.provider in {draft.provider, draft.moves_from}


def password_lives(draft: Draft, now: datetime) -> bool:
    """Return whether the sealed password may still be used: 15 minutes after it was typed it may not."""
    return draft.sealed is not None and draft.typed_at is not None and now < draft.typed_at + PASSWORD_KEPT


def wipe(draft: Draft) -> None:
    """Forget the password."""
    draft.sealed = draft.key_id = draft.typed_at = None


def refuse_busy(draft: Draft) -> None:
    """Raise Refused while a check of this draft is under way."""
    if draft.state in {QUEUED, RUNNING}:
        raise Refused(N_("A check of this inbox is under way. Wait for it to end."))


def refuse_many(session: Session, draft: Draft) -> None:
    """Raise Refused while several checks of this person are under way: nobody must hold up everybody else."""
    others = select(func.count(col(Draft.id))).where(
        Draft.by_id == draft.by_id, Draft.id != draft.id, col(Draft.state).in_([QUEUED, RUNNING])
    )
    if session.exec(others).one() >= AT_ONCE:
        raise Refused(N_("Several inboxes of yours are being checked. Wait for one of them to end, then try again."))


def queue(draft: Draft, family: Provider, *, before: tuple[str, ...] = ()) -> None:
    """Make the draft a run that a worker picks up; `before` are stages that come before the family's own."""
    draft.run += 1
    draft.state, draft.problem, draft.server_text, draft.certificate = QUEUED, None, "", None
    draft.attempted = {}
    draft.stages = [StageResult(name).to_dict() for name in (*before, *family.stages)]
    draft.lease_until = draft.lease_token = None
