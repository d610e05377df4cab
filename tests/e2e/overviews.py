"""A larger company for the pictures of the overview and of the list: four providers, thirty days, three incidents."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select

from console.services import days
from console.store.consents import OauthApp
from console.store.episodes import Episode, InboxDay, Incident
from console.store.models import Credential, Inbox, SwitchedOff
from console.store.servers import SeenCertificate
from tests import placed
from tests.e2e.cast import HOME, TODAY, Cast

NAMES = (
    "agnes", "albert", "alma", "asger", "astrid", "august", "bodil", "carl", "clara", "ebba", "ellen", "elliot",
    "emma", "esther", "frida", "gustav", "hannah", "hugo", "ingrid", "jonathan", "josefine", "karla", "konrad",
    "laura", "liva", "ludvig", "malthe", "marie", "mathilde", "noah", "olivia", "oscar", "otto", "rosa", "selma",
    "storm", "thea", "valdemar", "vigga", "villads",
)  # fmt: skip
DOWN: dict[str, Any] = {"health": "failing", "problem": "tls-expired", "problem_host": "mail.hansen-vvs.example"}
BLOCKED: dict[str, Any] = {"health": "needs-sign-in", "problem": "oauth-org-policy-blocked", "next_check": None}
BUSY: dict[str, Any] = {"health": "degraded", "problem": "server-unavailable", "problem_host": "graph.microsoft.com"}
LONE: dict[str, Any] = {"health": "needs-sign-in", "problem": "oauth-grant-revoked", "next_check": None}


def fleet(cast: Cast) -> None:
    """Connect forty inboxes more, bring some into incidents, and give every inbox its thirty days."""
    people = [cast.people[name] for name in ("Freja", "Ida", "Mikkel", "Sofie", "Nora", "Lukas", "Anton", "Maja")]
    made: dict[str, list[int]] = {"down": [], "blocked": [], "busy": []}
    for number, name in enumerate(NAMES):
        provider, domain, columns = "gmail", HOME, {}
        kind = ""
        if number % 4 == 1:
            provider, domain = "microsoft", "nordhavn.example"
            kind = "busy" if number < 24 else "blocked" if number < 36 else ""
            columns = {"busy": BUSY, "blocked": BLOCKED}.get(kind, {})
        elif number % 8 == 2:
            provider, domain = "exchange", "fjordlab.example"
        elif number % 8 == 6:
            provider, domain, kind, columns = "imap", "hansen-vvs.example", "down", DOWN
        elif number == 16:
            columns = LONE
        inbox_id = _inbox(cast, people[number % len(people)], f"{name}@{domain}", provider, **columns)
        if kind:
            made[kind].append(inbox_id)
    now = TODAY
    _incident(cast, made["down"], DOWN, now - timedelta(hours=1, minutes=12), level="host",
              target="mail.hansen-vvs.example", nature="shared")  # fmt: skip
    _incident(cast, made["blocked"], BLOCKED, now - timedelta(hours=17), level="domain", target="nordhavn.example",
              nature="refusals", owners_told_from=now - timedelta(hours=16))  # fmt: skip
    _incident(cast, made["busy"], BUSY, now - timedelta(minutes=22), level="provider", target="microsoft",
              nature="outage", canary_id=made["busy"][0], canary_at=now + timedelta(minutes=3))  # fmt: skip
    _lately(cast)
    _month(cast)
    _ends(cast)


def _inbox(cast: Cast, owner: Any, address: str, provider: str, **columns: Any) -> int:
    family = cast.ctx.families[provider]
    settings: Any = family.suggest(address).settings
    if provider == "imap":
        host = "mail.hansen-vvs.example"
        settings = {**settings, "imap_host": host, "smtp_host": host}
    since = TODAY - timedelta(hours=1) if columns else None
    return placed.inbox(
        cast.ctx, owner, address, provider=provider, settings=settings, connected_at=TODAY - timedelta(days=120),
        checked_at=TODAY - timedelta(minutes=len(address) % 14 + 1), host="", problem_since=since, **columns,
    )  # fmt: skip


def _incident(cast: Cast, inboxes: list[int], standing: dict[str, Any], began: datetime, **columns: Any) -> None:
    with cast.ctx.store.write() as session:
        row = Incident(problem=standing["problem"], began_at=began, opened_at=began, changed_at=began, **columns)
        session.add(row)
        session.flush()
        for inbox_id in inboxes:
            # What the services know of them already is this incident's now.
            session.execute(delete(Episode).where(col(Episode.inbox_id) == inbox_id))
            session.add(
                Episode(
                    inbox_id=inbox_id, incident_id=row.id, problem=standing["problem"], health=standing["health"],
                    began_at=began, changed_at=began,
                )
            )  # fmt: skip


def _lately(cast: Cast) -> None:
    with cast.ctx.store.write() as session:
        first = session.exec(select(Inbox.id).order_by(col(Inbox.id)).limit(1)).one()
        for number, how in enumerate(["recovered"] * 11 + ["reconnected"] * 3):
            at = TODAY - timedelta(hours=number + 1)
            session.add(
                Episode(inbox_id=first or 0, problem="connection-timeout", health="degraded", began_at=at,
                        changed_at=at, ended_at=at, ended_how=how)
            )  # fmt: skip


def _month(cast: Cast) -> None:
    """Give every connected inbox thirty days that look like life: long good times, a bad day, a bad week."""
    days.keep_up(cast.ctx, TODAY)
    span = days.span(cast.ctx, TODAY)
    with cast.ctx.store.write() as session:
        session.execute(delete(InboxDay).where(col(InboxDay.day) < span[-1]))
        for inbox in session.exec(select(Inbox).where(col(Inbox.removed_at).is_(None))).all():
            for index, day in enumerate(span[:-1]):
                if day >= _day(inbox.connected_at):
                    session.add(
                        InboxDay(
                            inbox_id=inbox.id or 0, day=day, provider=inbox.provider, health=_was(inbox, index, day)
                        )
                    )


def _was(inbox: Inbox, index: int, day: date) -> str:
    chance = ((inbox.id or 0) * 31 + index * 17) % 97
    if inbox.health != "healthy" and inbox.problem != "server-unavailable" and index >= 28:
        return inbox.health
    if inbox.provider == "microsoft" and index == 12:
        return "failing" if chance < 20 else "degraded" if chance < 60 else "healthy"
    if inbox.provider == "gmail" and index == 17 and chance < 40:
        return "degraded"
    return {3: "degraded", 40: "failing", 71: "needs-sign-in"}.get(chance, "healthy") if index % 3 else "healthy"


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _ends(cast: Cast) -> None:
    with cast.ctx.store.write() as session:
        session.merge(
            OauthApp(provider="microsoft", client_id="8d1f6c2e", sealed="", key_id="", by_id=cast.people["Maja"].id,
                     at=TODAY, secret_expires_on=date(2026, 12, 6))
        )  # fmt: skip
        session.merge(
            SeenCertificate(
                host="mail.hansen-vvs.example", port=993, sha256="AB", subject="", issuer="",
                not_after=TODAY - timedelta(hours=1, minutes=12), first_seen_at=TODAY - timedelta(days=90),
                last_seen_at=TODAY,
            )
        )  # fmt: skip
        session.merge(
            SeenCertificate(
                host=f"mail.{HOME}", port=993, sha256="CD", subject="", issuer="",
                not_after=TODAY + timedelta(days=26), first_seen_at=TODAY - timedelta(days=64), last_seen_at=TODAY,
            )
        )  # fmt: skip


def dispersed(cast: Cast) -> None:
    """Take away what `fleet` brought, so that it shows nowhere else."""
    with cast.ctx.store.write() as session:
        ids = [
            row
            for row in session.exec(select(Inbox.id).where(col(Inbox.address).in_(_addresses()))).all()
            if row is not None
        ]
        session.execute(delete(Episode))
        session.execute(delete(Incident))
        session.execute(delete(InboxDay))
        session.execute(delete(SeenCertificate))
        session.execute(delete(OauthApp))
        session.execute(delete(Credential).where(col(Credential.inbox_id).in_(ids)))
        session.execute(delete(SwitchedOff).where(col(SwitchedOff.target).in_([str(one) for one in ids])))
        session.execute(delete(Inbox).where(col(Inbox.id).in_(ids)))


def _addresses() -> list[str]:
    domains = (HOME, "nordhavn.example", "fjordlab.example", "hansen-vvs.example")
    return [f"{name}@{domain}" for name in NAMES for domain in domains]


def emptied(cast: Cast) -> None:
    """Show the console as it is before anybody has connected an inbox."""
    with cast.ctx.store.write() as session:
        session.execute(update(Inbox).where(col(Inbox.removed_at).is_(None)).values(removed_at=TODAY))


def filled(cast: Cast) -> None:
    """Take `emptied` back."""
    with cast.ctx.store.write() as session:
        session.execute(update(Inbox).where(col(Inbox.removed_at) == TODAY).values(removed_at=None))
