"""What a domain's defaults would change: which inboxes differ, in what, and whose password could not go along."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from console.providers.base import Provider, Settings, SettingsUnreadable
from console.rules.domain_defaults import Kind
from console.rules.health import Health, displayed, known
from console.services import credentials, switches
from console.services.context import Context
from console.services.default_settings import Defaults, settings_for
from console.store.models import Credential, Inbox, Person


@dataclass(frozen=True)
class Change:
    """One setting that would be another. Values may be marked texts; an empty one was not readable."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """One inbox that would be changed.

    `waits` says that its password may not be sent to the new servers, or was refused before, so that its owner has to
    type it again. `proven` says that its sign-in works now.
    """

    inbox_id: int
    address: str
    owner: str
    changes: tuple[Change, ...]
    waits: bool
    off: bool
    proven: bool


@dataclass(frozen=True)
class Preview:
    """What applying would do: the inboxes that differ, of how many that these defaults are for.

    `others` counts the domain's inboxes of other families, which stay as they are. `mark` stands for exactly this
    list, so that nobody applies another one than was shown.
    """

    differences: tuple[Difference, ...]
    total: int
    others: int
    mark: str

    @property
    def waiting(self) -> int:
        """How many would wait for their owners."""
        return sum(one.waits for one in self.differences)


def preview(ctx: Context, domain: str, wanted: Defaults) -> Preview:
    """Return what applying `wanted` to a mail domain (A-label) would change, in two queries; no secret is opened."""
    with ctx.store.read() as session:
        return look(ctx, session, domain, wanted)


def look(ctx: Context, session: Session, domain: str, wanted: Defaults) -> Preview:
    """Do what `preview` does inside an open transaction."""
    rows = session.exec(
        select(Inbox, Person.name, switches.is_off())
        .join(Person, col(Person.id) == col(Inbox.owner_id))
        .where(Inbox.domain == domain, col(Inbox.removed_at).is_(None))
        .order_by(Inbox.address)
    ).all()
    credential = {
        inbox_id: (typed_for, refused)
        for inbox_id, typed_for, refused in session.exec(
            select(Credential.inbox_id, Credential.typed_for, Credential.refused)
            .join(Inbox, col(Inbox.id) == col(Credential.inbox_id))
            .where(Inbox.domain == domain, col(Inbox.removed_at).is_(None))
        )
    }
    family = ctx.families.get(wanted.kind)
    ours = [row for row in rows if row[0].provider == wanted.kind]
    found: list[Difference] = []
    if family is not None:
        now = ctx.clock()
        for inbox, owner, off in ours:
            one = _difference(family, wanted, inbox, *credential.get(inbox.id or 0, (None, None)), now)
            if one is not None:
                found.append(Difference(inbox.id or 0, inbox.address, owner, one[0], one[1], bool(off), one[2]))
    return Preview(tuple(found), len(ours), len(rows) - len(ours), _mark(wanted, found))


def _difference(
    family: Provider, wanted: Defaults, inbox: Inbox, typed_for: Any, refused: Any, now: datetime
) -> tuple[tuple[Change, ...], bool, bool] | None:
    after = settings_for(wanted, family, inbox.address, inbox.settings)
    if after == inbox.settings:
        return None
    waits = not credentials.covers(typed_for, family, after) or bool(refused)
    health = known(inbox.health)
    proven = displayed(health, inbox.proven_until, now, inbox.checked_at) is Health.HEALTHY
    return _changes(family, inbox.settings, after), waits, proven


def _changes(family: Provider, before: Settings, after: Settings) -> tuple[Change, ...]:
    try:
        old = dict(family.servers(before))
    except SettingsUnreadable:
        old = {}
    return tuple(
        Change(label, old.get(label, ""), value) for label, value in family.servers(after) if old.get(label) != value
    )


def _mark(wanted: Defaults, found: list[Difference]) -> str:
    listed = [wanted.to_dict(), sorted(one.inbox_id for one in found)]
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()[:24]


def nothing() -> Preview:
    """Return the preview of a domain for which nothing is kept."""
    return Preview((), 0, 0, _mark(Defaults(kind=Kind.NONE), []))
