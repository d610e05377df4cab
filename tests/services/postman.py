"""A mail server that takes notices, refuses them or hangs up as a test says, and episodes to tell of."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from typing import Any

from sqlmodel import select

from console.lab.ports import free_port
from console.lab.smtp_server import SmtpServer, Taken, serving
from console.services import episodes, mail_settings, notice_plan
from console.services.context import Actor, Context
from console.services.work import Work
from console.store.episodes import Episode, Incident
from console.store.notices import Notice
from tests.peers.certificates import HOST, Certificates, Identity

PASSWORD = "postage"


@dataclass
class Postman(SmtpServer):
    """Takes everything for everybody who knows the password, unless told otherwise."""

    refuse: dict[str, str] = field(default_factory=dict)
    senders: dict[str, str] = field(default_factory=dict)
    message: str = ""

    def refusal(self, login: str, password: str) -> str:
        """Refuse wrong passwords in Postfix's words."""
        return "" if password == PASSWORD else "535 5.7.8 Error: authentication failed: authentication failure"

    def sender_refusal(self, address: str) -> str:
        """Refuse the senders that a test names."""
        return self.senders.get(address, "")

    def recipient_refusal(self, address: str) -> str:
        """Refuse the recipients that a test names."""
        return self.refuse.get(address, "")

    def message_refusal(self, mail: Taken) -> str:
        """Refuse every message as a test says."""
        return self.message

    @property
    def recipients(self) -> list[str]:
        """Who got mail, in order."""
        return [address for mail in self.mails for address in mail.recipients]

    def read(self, number: int = -1) -> Any:
        """Return one mail, taken apart."""
        return email.message_from_bytes(self.mails[number].data, policy=policy.default)

    def text(self, number: int = -1) -> str:
        """Return the plain text of one mail."""
        return str(self.read(number).get_body(("plain",)).get_content())


@contextmanager
def postman(certificates: Certificates, identity: Identity | None = None) -> Iterator[Postman]:
    """Serve one, at the address that its certificate names."""
    with serving(Postman(free_port(), free_port(), free_port()), (identity or certificates.good).context()) as server:
        yield server


def set_up(ctx: Context, admin: Actor, server: Postman, *, password: str = PASSWORD, **changes: Any) -> None:
    """Set the mail server up as an admin does."""
    known = {
        "host": HOST,
        "port": server.starttls,
        "security": "starttls",
        "username": "console",
        "sender": "console@acme.test",
        "sender_name": "Acme inboxes",
    }
    mail_settings.save(ctx, admin, password=password, **{**known, **changes})


def episode(ctx: Context, inbox_id: int, problem: str = "bad-credentials", **columns: Any) -> int:
    """Have an inbox be wrong since a few minutes ago, and ripe to be told."""
    now = ctx.clock()
    known = {"health": "failing", "began_at": now, "changed_at": now - episodes.PATIENCE, "ripe_at": now}
    with ctx.store.write() as session:
        row = Episode(inbox_id=inbox_id, problem=problem, **{**known, **columns})
        session.add(row)
        session.flush()
        return row.id or 0


def incident(ctx: Context, *episodes: int, problem: str = "server-unavailable", **columns: Any) -> int:
    """Have episodes share an incident, an outage that is old enough to be told unless `columns` say otherwise."""
    now = ctx.clock()
    known = {
        "level": "host",
        "target": "mail.acme.test",
        "nature": "outage",
        "began_at": now - timedelta(minutes=20),
        "opened_at": now,
        "changed_at": now,
    }
    with ctx.store.write() as session:
        row = Incident(problem=problem, **{**known, **columns})
        session.add(row)
        session.flush()
        for one in episodes:
            session.get_one(Episode, one).incident_id = row.id
        return row.id or 0


def change(ctx: Context, table: Any, row_id: int, **columns: Any) -> None:
    """Set columns of an episode, an incident or a notice behind the console's back."""
    with ctx.store.write() as session:
        row = session.get_one(table, row_id)
        for name, value in columns.items():
            setattr(row, name, value)


def end(ctx: Context, episode_id: int, how: str = "recovered") -> None:
    """End an episode now."""
    change(ctx, Episode, episode_id, ended_at=ctx.clock(), ended_how=how)


def notices(ctx: Context, **where: Any) -> list[Notice]:
    """Return the notices for which these columns hold, oldest first."""
    with ctx.store.read() as session:
        return list(session.exec(select(Notice).filter_by(**where).order_by(Notice.id)))


def states(ctx: Context, **where: Any) -> list[tuple[str, str, str]]:
    """Return kind, state and outcome of notices, oldest first."""
    return [(one.kind, one.state, one.outcome) for one in notices(ctx, **where)]


def round_of(work: Work) -> None:
    """Look what is to be told, and send what may be sent; episodes and incidents stay as a test made them."""
    notice_plan.look(work._ctx)
    work.notify()
