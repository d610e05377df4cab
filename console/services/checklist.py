"""What is still missing before the console can do all its work: only what it can really know.

Two things it can not know, and an account admin says so: that somebody keeps a copy of the keys, and that nobody here
needs an app at Google or Microsoft.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func
from sqlmodel import col, select

from console.rules.permissions import Reach, reach
from console.services import mail_server, settings
from console.services.context import Actor, Context, NotFound
from console.store.consents import OauthApp
from console.store.domains import MailDomain
from console.store.models import Inbox, Person

NAME = "checklist"
ItemName = Literal["admin", "keys", "inbox", "app", "mail", "people", "defaults"]
SAID = frozenset({"keys", "app"})
# With so many inboxes of one domain, typing its servers once more each time is what defaults are there for.
ALIKE = 2


@dataclass(frozen=True)
class Item:
    """One thing to set up. `what` is the domain that lacks defaults, or the address of the first admin."""

    name: ItemName
    done: bool
    what: str = ""
    at: datetime | None = None


def of(ctx: Context, actor: Actor) -> list[Item]:
    """Return what is set up and what is missing, for those who set things up; nothing for everybody else."""
    if reach(actor.role, "settings.manage") is not Reach.ALL:
        return []
    typed = [family.slug for family in ctx.families if family.password_based]
    with ctx.store.read() as session:
        said, mail = settings.read(session, NAME), mail_server.shown(ctx, session)
        apps = session.exec(select(func.count()).select_from(OauthApp)).one()
        people = session.exec(select(func.count()).select_from(Person)).one()
        first = session.exec(select(Person.email, Person.created_at).order_by(col(Person.id)).limit(1)).first()
        inboxes = session.exec(select(func.count()).where(col(Inbox.removed_at).is_(None))).one()
        kept = session.exec(select(func.count()).where(MailDomain.kind != "none")).one()
        lacking = session.exec(
            select(Inbox.domain)
            .outerjoin(MailDomain, col(MailDomain.domain) == col(Inbox.domain))
            .where(
                col(Inbox.removed_at).is_(None),
                col(Inbox.provider).in_(typed),
                func.coalesce(col(MailDomain.kind), "none") == "none",
            )
            .group_by(col(Inbox.domain))
            .having(func.count() >= ALIKE)
            .order_by(func.count().desc(), col(Inbox.domain))
            .limit(1)
        ).first()
    found = [
        Item("admin", True, *(first or ("", None))),
        Item("keys", said.get("keys") is True),
        Item("inbox", inboxes > 0),
        Item("app", bool(apps or ctx.apps) or said.get("app") is True),
        Item("mail", mail is not None),
        Item("people", people > 1),
    ]
    if kept or lacking:
        found.append(Item("defaults", lacking is None, lacking or ""))
    return found


def confirm(ctx: Context, actor: Actor, name: str) -> None:
    """Note that an account admin says an item is done, or not needed. Raises NotFound for any that the console sees."""
    if name not in SAID:
        raise NotFound
    with ctx.store.write() as session:
        known: dict[str, Any] = settings.read(session, NAME)
        settings.write(ctx, session, actor, NAME, {**known, name: True})
