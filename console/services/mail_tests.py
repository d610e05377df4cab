"""A test of the mail server: a person asks, a worker sends one mail to them, and every stage of it is told.

The newest one is kept. A password that was refused is not sent again by a test either.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from console.providers import trial
from console.providers.base import Certificate, StageResult
from console.providers.letters import Envelope, message
from console.providers.submission import Mail, Submission
from console.rules.letter import Letter, Line, Part
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import mail_server, mail_standing, settings
from console.services.context import Actor, Context, NotFound, Refused
from console.services.languages import speaker
from console.store import insert_into
from console.store.notices import Setting
from console.store.vault import KeyMissing

NAME = "mail-test"
QUEUED, RUNNING, DONE = "queued", "running", "done"
# After so long a page says that no worker is there.
PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True)
class MailTest:
    """The newest test. `outdated` is one of a server that was changed since; `certificate` is one that was refused."""

    waiting: bool
    to: str
    at: datetime | None
    stages: tuple[StageResult, ...]
    problem: str | None
    server_text: str
    certificate: Certificate | None
    outdated: bool


def begin(ctx: Context, actor: Actor) -> None:
    """Have a worker send a mail to the actor's own address. Raises Refused, NotFound."""
    if not may(actor.role, "notices.manage", own=False):
        raise NotFound
    now = ctx.clock()
    with ctx.store.write() as session:
        if mail_server.shown(ctx, session) is None:
            raise Refused(N_("There is no mail server to test yet. Type it first, and save."))
        known = mail_standing.trouble(ctx, session)
        if known is not None and known.retry_at is None:
            raise Refused(N_("The server refused this password. Type it anew and save, then test."))
        value = {"state": QUEUED, "to": actor.email, "asked_at": now.isoformat()}
        _put(session, value, now)
    ctx.enqueue("notify")


def newest(ctx: Context) -> MailTest | None:
    """Return the newest test, if there was any."""
    now = ctx.clock()
    with ctx.store.read() as session:
        value = settings.read(session, NAME)
        try:
            server = mail_server.in_use(ctx, session)
        except KeyMissing:
            server = None
    try:
        asked = datetime.fromisoformat(value["asked_at"])
        done = value["state"] == DONE
        shown = value.get("certificate")
        return MailTest(
            waiting=not done and now < asked + PATIENCE,
            to=str(value["to"]),
            at=datetime.fromisoformat(value["at"]) if value.get("at") else None,
            stages=tuple(StageResult.from_dict(stage) for stage in value.get("stages") or ()),
            problem=value.get("problem"),
            server_text=str(value.get("server_text") or ""),
            certificate=Certificate.from_dict(shown) if shown else None,
            outdated=done and (server is None or value.get("mark") != mail_server.mark(ctx, server)),
        )
    except (KeyError, TypeError, ValueError):
        return None


def waiting(ctx: Context) -> bool:
    """Return whether a test waits for a worker."""
    now = ctx.clock()
    with ctx.store.read() as session:
        return _asked(settings.read(session, NAME), now)


def run(ctx: Context) -> None:
    """Carry a test out, if one waits."""
    now = ctx.clock()
    with ctx.store.write() as session:
        row = session.exec(select(Setting).where(col(Setting.name) == NAME).with_for_update()).first()
        if row is None or not isinstance(row.value, dict) or not _asked(row.value, now):
            return
        value = dict(row.value)
        try:
            server = mail_server.in_use(ctx, session)
        except KeyMissing:
            server = None
        token = mail_standing.take(ctx, session, server, now, waits=False) if server is not None else None
        if server is None or token is None:
            return  # Somebody talks to the server just now; the next tick asks again.
        row.value = {**value, "state": RUNNING, "begun_at": now.isoformat()}
        session.add(row)
    say = speaker(ctx.config.language)
    lines = (
        Line(Part.TEXT, say(N_("Mail from this console arrives here. Notices will come in this form."))),
        Line(Part.BUTTON, say(N_("Open the settings")), f"{ctx.config.base_url}/settings/notices"),
        Line(Part.SMALL, say(N_("Somebody pressed Send a test in the settings of the console."))),
    )
    letter = Letter(say(N_("A test from the console")), lines, ctx.config.language, ctx.config.organisation)
    key = f"test.{int(now.timestamp())}"
    envelope = Envelope(server.sender, server.sender_name, value["to"], key, now)
    mail = Mail(value["to"], lambda: message(letter, envelope))
    found = trial.run(Submission([mail], told=True), server.mailbox(), ctx.dialer)
    mail_standing.give_back(ctx, server, token, found)
    done = ctx.clock()
    with ctx.store.write() as session:
        ended: dict[str, Any] = {
            "state": DONE,
            "to": value["to"],
            "asked_at": value["asked_at"],
            "at": done.isoformat(),
            "stages": [stage.to_dict() for stage in found.stages],
            "problem": found.problem,
            "server_text": found.server_text[:400],
            "certificate": found.certificate.to_dict() if found.certificate else None,
            "mark": mail_server.mark(ctx, server),
        }
        _put(session, ended, done)


def _asked(value: dict[str, Any], now: datetime) -> bool:
    try:
        asked = datetime.fromisoformat(value["asked_at"])
        begun = datetime.fromisoformat(value["begun_at"]) if value.get("begun_at") else None
        state = value["state"]
    except (KeyError, TypeError, ValueError):
        return False
    return now < asked + 2 * mail_standing.LEASE and (
        state == QUEUED or (state == RUNNING and begun is not None and begun + mail_standing.LEASE < now)
    )


def _put(session: Session, value: dict[str, Any], now: datetime) -> None:
    known = insert_into(session, Setting).values({"name": NAME, "value": value, "revision": 1, "at": now})
    session.execute(known.on_conflict_do_update(index_elements=["name"], set_={"value": value, "at": now}))
