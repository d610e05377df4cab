"""Who is told beside the owners of inboxes: account admins, help desk, other addresses and webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from console.rules.notices import Kind, Party, When, next_digest
from console.rules.permissions import Role
from console.services import notice_rules
from console.services.context import Context
from console.services.notice_rules import Rules
from console.store.models import Person
from console.store.notices import Notice, Webhook

_PARTIES = {Role.ADMIN.value: Party.ADMIN, Role.HELP_DESK.value: Party.HELP_DESK}
STAFF = tuple(_PARTIES)


@dataclass(frozen=True)
class Recipient:
    """One recipient and when they are told. `tag` names them in the name of a notice."""

    tag: str
    address: str = ""
    person_id: int | None = None
    webhook_id: int | None = None
    digest_at: datetime | None = None

    def columns(self) -> dict[str, Any]:
        """Return what a notice to them holds."""
        found: dict[str, Any] = {
            "channel": "webhook" if self.webhook_id else "mail",
            "address": self.address,
            "person_id": self.person_id,
            "webhook_id": self.webhook_id,
        }
        return found | ({"digest": True, "not_before": self.digest_at} if self.digest_at else {})


@dataclass(frozen=True)
class Recipients:
    """Everybody who may be told, read once for a whole look."""

    rules: Rules
    people: Mapping[int, tuple[str, Party]]
    webhooks: Mapping[int, frozenset[str]]
    digest_at: datetime

    def of(self, kind: Kind) -> list[Recipient]:
        """Return who is told of a kind, each address once: at once where anything says so."""
        found: dict[str, Recipient] = {}
        wanted = [(person_id, address, party) for person_id, (address, party) in self.people.items()]
        for person_id, address, party in [*wanted, *((None, address, Party.EXTRA) for address in self.rules.extra)]:
            one = self._by_mail(kind, person_id, address, party)
            if one is not None and (address not in found or one.digest_at is None):
                found[address] = one
        hooks = [
            Recipient(f"h{webhook_id}", webhook_id=webhook_id)
            for webhook_id, kinds in self.webhooks.items()
            if kind in kinds or kind is Kind.WEBHOOK_OFF
        ]
        return [*found.values(), *hooks]

    def again(self, notice: Notice, kind: Kind) -> Recipient | None:
        """Return the recipient of an earlier notice for one of `kind`, or None where they are not told of those."""
        if notice.webhook_id is not None:
            kinds = self.webhooks.get(notice.webhook_id, frozenset())
            return Recipient(f"h{notice.webhook_id}", webhook_id=notice.webhook_id) if kind in kinds else None
        if notice.person_id is not None and notice.person_id not in self.people:
            return None
        address, party = self.people.get(notice.person_id or 0, (notice.address, Party.EXTRA))
        return self._by_mail(kind, notice.person_id, address, party)

    def _by_mail(self, kind: Kind, person_id: int | None, address: str, party: Party) -> Recipient | None:
        # That a webhook went off concerns those who set webhooks up, whatever else they want to hear.
        usual = When.AT_ONCE if party is Party.ADMIN else When.NEVER
        when = self.rules.when[party].get(kind, usual)
        if when is When.NEVER:
            return None
        tag = f"p{person_id}" if person_id is not None else notice_rules.address_tag(address)
        return Recipient(tag, address, person_id, digest_at=self.digest_at if when is When.DIGEST else None)


def read(ctx: Context, session: Session, now: datetime) -> Recipients:
    """Return everybody who may be told, in three queries."""
    rules = notice_rules.read(session)
    people = session.exec(
        select(Person.id, Person.email, Person.role).where(col(Person.role).in_(_PARTIES), col(Person.active).is_(True))
    ).all()
    hooks = session.exec(
        select(Webhook.id, Webhook.kinds).where(col(Webhook.removed_at).is_(None), col(Webhook.off_at).is_(None))
    ).all()
    return Recipients(
        rules,
        {person_id: (email, _PARTIES[role]) for person_id, email, role in people if person_id is not None},
        {
            hook_id: frozenset(kinds if isinstance(kinds, list) else ())
            for hook_id, kinds in hooks
            if hook_id is not None
        },
        next_digest(now, ZoneInfo(ctx.config.timezone), rules.digest_at),
    )
