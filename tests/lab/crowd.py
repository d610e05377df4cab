"""A console with hundreds of inboxes beside the lab, both with one clock, and a worker that goes on by the minute."""

from __future__ import annotations

import email
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from pathlib import Path

from sqlmodel import func, select

from console import Console, assemble, create_app
from console.config import load
from console.lab import serving
from console.lab.accounts import Account
from console.lab.mail_server import HOST, POST
from console.lab.mail_server import PASSWORD as MAIL_PASSWORD
from console.lab.serving import CONTOSO, GOOGLE_APP, MICROSOFT_APP, Lab
from console.providers.base import Secret
from console.rules.permissions import Role
from console.services import apps, credentials, mail_settings
from console.services.context import Actor, Context
from console.services.work import Work
from console.store.episodes import Episode, Incident
from console.store.models import Credential, Inbox
from tests import placed
from tests.browser import Browser
from tests.conftest import Clock
from tests.services import practice

CHECK_EVERY = timedelta(minutes=15)
# Those who are there beside the crowd.
FIRST = (Account(POST, "The console"),)


@dataclass
class Crowd:
    """The console, the lab, the clock that both have, the two admins, the owners and their inboxes."""

    console: Console
    lab: Lab
    clock: Clock
    admins: tuple[Actor, ...]
    owners: tuple[Actor, ...]
    work: Work
    browser: Callable[[], Browser]
    ids: list[int] = field(default_factory=list)

    @property
    def ctx(self) -> Context:
        return self.console.ctx

    def mailboxes(self, number: int) -> None:
        """Connect so many mailboxes of the lab's mail company, whose checks are spread over a quarter of an hour."""
        addresses = [f"box{n:03}@harbour.test" for n in range(number)]
        for address in addresses:
            self.lab.mail.place.accounts[address] = Account(address, address)
        imap, smtp = self.lab.mail.imap.tls, self.lab.mail.smtp.tls
        family, now = self.ctx.families["imap"], self.clock()
        with self.ctx.store.write() as session:
            rows = []
            for n, address in enumerate(addresses):
                typed = {
                    "imap_host": HOST,
                    "imap_port": imap,
                    "imap_security": "tls",
                    "smtp_host": HOST,
                    "smtp_port": smtp,
                    "smtp_security": "tls",
                    "username": address,
                    "smtp_username": None,
                }
                rows.append(self._inbox(n, number, address, "imap", HOST, typed))
            session.add_all(rows)
            session.flush()
            for row in rows:
                session.add(
                    Credential(
                        inbox_id=row.id,
                        sealed=credentials.seal(self.ctx, Secret(password=MAIL_PASSWORD), f"inbox:{row.id}"),
                        key_id=self.ctx.vault.key_id,
                        typed_for=credentials.typed_for(family, row.settings),
                        typed_at=now,
                        refused={},
                    )
                )
            self.ids = [row.id or 0 for row in rows]

    def refuse_passwords(self) -> None:
        """Let the mail company refuse the password of everybody but the console's own account."""
        for address in self.lab.mail.place.accounts:
            if address != POST:
                self.lab.mail.place.switch("wrong-password", address)

    def accounts(self, slug: str, number: int) -> None:
        """Set the app of a provider up, and connect so many of its accounts, spread likewise."""
        client_id, secret = {"gmail": GOOGLE_APP, "microsoft": MICROSOFT_APP}[slug]
        more = {"tenant": CONTOSO.id, "audience": "common"} if slug == "microsoft" else {}
        apps.save(self.ctx, self.admins[0], slug, client_id=client_id, client_secret=secret, **more)
        addresses = practice.welcome(self.lab, slug, number)
        first = self.owners[0]
        self.ids = practice.place(self.ctx, self.lab, first, slug, *addresses)
        with self.ctx.store.write() as session:
            for n, inbox_id in enumerate(self.ids):
                row, like = session.get_one(Inbox, inbox_id), self._inbox(n, number, "", "", "", {})
                for name in ("owner_id", "proofs", "checked_at", "proven_until", "next_check", "full_due"):
                    setattr(row, name, getattr(like, name))

    def _inbox(self, n: int, number: int, address: str, provider: str, host: str, typed: dict[str, object]) -> Inbox:
        now = self.clock()
        stages = ("sign-in", "open-inbox", "find-sent", "submit", "aliases", "read", "send", "sent", "refresh")
        return Inbox(
            owner_id=self.owners[n % len(self.owners)].id,
            address=address,
            provider=provider,
            host=host,
            settings=typed,
            health="healthy",
            proofs=dict.fromkeys(stages, now.isoformat()),
            checked_at=now,
            proven_until=now + timedelta(hours=1),
            next_check=now + CHECK_EVERY * n / number,
            full_due=now + timedelta(hours=6),
            connected_at=now,
            connected_by_id=self.admins[0].id,
        )

    def pass_time(self, minutes: float, *, step: float = 1, each: Callable[[], None] = lambda: None) -> None:
        """Let minutes pass while one worker does what it does; `each` is called after every step."""
        for _ in range(round(minutes / step)):
            self.clock.advance(minutes=step)
            self.work.tick()
            self.work.sweep()
            # What jobs wake a worker for right away.
            self.clock.advance(seconds=2)
            self.work.watch()
            self.work.notify()
            self.clock.advance(seconds=-2)
            each()

    def incidents(self) -> list[Incident]:
        """Return all incidents, oldest first."""
        with self.ctx.store.read() as session:
            return list(session.exec(select(Incident).order_by(Incident.id)).all())

    def members(self) -> int:
        """Count the inboxes that are in an incident now."""
        with self.ctx.store.read() as session:
            return session.exec(
                select(func.count()).where(Episode.ended_at == None, Episode.incident_id != None)  # noqa: E711
            ).one()

    def healths(self) -> dict[str, int]:
        """Count the inboxes by health."""
        with self.ctx.store.read() as session:
            return Counter(session.exec(select(Inbox.health)).all())

    def ever_asked_to_sign_in(self) -> bool:
        """Return whether an inbox needs a sign-in now, or an episode of it is about that."""
        with self.ctx.store.read() as session:
            found = session.exec(select(Episode.id).where(Episode.health == "needs-sign-in").limit(1)).first()
        return found is not None or "needs-sign-in" in self.healths()

    @property
    def mails(self) -> list[tuple[str, str, str]]:
        """The mails that the lab's server took: to whom, subject, text."""
        read = [(mail.recipients, email.message_from_bytes(mail.data, policy=policy.default)) for mail in self._taken]
        return [
            (recipient, str(mail["Subject"]), str(mail.get_body(("plain",)).get_content()))
            for recipients, mail in read
            for recipient in recipients
        ]

    @property
    def _taken(self) -> list:
        return self.lab.mail.smtp.mails

    @property
    def told(self) -> list[str]:
        """Who got mail, in order."""
        return [recipient for recipient, _, _ in self.mails]

    @property
    def told_owners(self) -> list[str]:
        """Which owners got mail, in order."""
        return [recipient for recipient in self.told if recipient.startswith("owner")]


@contextmanager
def crowd(database: Path, folder: Path, password_hash: str, **settings: str) -> Iterator[Crowd]:
    """Run a console on this database beside a lab, with a mail server for notices, two admins and five owners."""
    clock = Clock()
    with serving.running([practice.LAB_ORIGIN], clock=clock, mail_accounts=FIRST) as lab:
        typed = {name: value for name, value in lab.environment().items() if "CLIENT" not in name}
        config = load(
            {
                "CONSOLE_INSTANCE": str(folder),
                "CONSOLE_DATABASE_URL": f"sqlite:///{database}",
                "CONSOLE_SECRET_KEY": "only for tests, and long enough for them",
                "CONSOLE_ORGANISATION": "Acme A/S",
                "CONSOLE_BASE_URL": practice.LAB_ORIGIN,
                "CONSOLE_CHECKS_PER_HOST": "16",
                "CONSOLE_CHECK_THREADS": "8",
                **typed,
                **settings,
            }
        )
        console = assemble(config, clock=clock, jitter=lambda: 0.5)
        app = create_app(console=console)
        ctx = console.ctx
        admins = tuple(
            placed.person(ctx, f"{name}@acme.test", name=name.title(), role=Role.ADMIN, password_hash=password_hash)
            for name in ("alice", "anton")
        )
        owners = tuple(
            placed.person(ctx, f"owner{n}@acme.test", name=f"Owner {n}", password_hash=password_hash) for n in range(5)
        )
        mail_settings.save(
            ctx,
            admins[0],
            host=HOST,
            port=lab.mail.smtp.tls,
            security="tls",
            username=POST,
            password=MAIL_PASSWORD,
            sender=POST,
            sender_name="Acme inboxes",
        )
        try:
            yield Crowd(console, lab, clock, admins, owners, Work(ctx), lambda: Browser(app))
        finally:
            console.close()
