"""Web addresses that are told of what happens: setting them up, switching them off, and what came of a test."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, select

from console.providers.web import Target
from console.providers.webhook import PREFIX, key_of
from console.rules.notices import STAFF_KINDS, Kind
from console.rules.permissions import may
from console.rules.replies import tidy
from console.rules.texts import N_
from console.services import audit, notice_withdrawal
from console.services.context import Actor, Context, NotFound, Refused
from console.store.models import Person
from console.store.notices import Notice, Webhook

# Where a notice keeps what its target was told last, in its detail.
TOLD = "told"
BY_HAND, BY_410, BY_FAILURES = "by-hand", "gone", "failures"
MOST = 20
QUEUED, RUNNING, DONE = "queued", "running", "done"
# After so long a page says that no worker is there, and another worker may take a test over.
PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True)
class HookTest:
    """The newest test: whether it is waited for, and what came of it. `status` is None where no answer came."""

    waiting: bool
    at: datetime | None
    status: int | None = None
    problem: str | None = None
    ms: int | None = None


@dataclass(frozen=True)
class HookView:
    """A webhook as pages show it, without its secret."""

    id: int
    name: str
    url: str
    kinds: tuple[Kind, ...]
    revision: int
    by: str
    at: datetime
    off_at: datetime | None
    off_why: str
    failures: int
    resting_until: datetime | None
    told_at: datetime | None
    outcome: str
    test: HookTest | None


@dataclass(frozen=True)
class Message:
    """One thing that a webhook was told or is to be told. `name` is its webhook-id.

    `at` and `body` are the time and the JSON of the newest attempt, None before the first one.
    """

    id: int
    name: str
    kind: str
    state: str
    outcome: str
    attempts: int
    created_at: datetime
    not_before: datetime
    at: datetime | None
    body: dict[str, Any] | None


def suggested_secret() -> str:
    """Return a new secret to offer for a webhook; it is known nowhere until somebody saves it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def all_of(ctx: Context) -> list[HookView]:
    """Return all webhooks that are not removed, by name."""
    now = ctx.clock()
    with ctx.store.read() as session:
        rows = session.exec(
            select(Webhook, Person.name)
            .join(Person, col(Person.id) == col(Webhook.by_id))
            .where(col(Webhook.removed_at).is_(None))
            .order_by(col(Webhook.name), col(Webhook.id))
        ).all()
    return [_view(row, name, now) for row, name in rows]


def get(ctx: Context, hook_id: int) -> HookView:
    """Return one webhook. Raises NotFound."""
    found = next((one for one in all_of(ctx) if one.id == hook_id), None)
    if found is None:
        raise NotFound
    return found


def messages(ctx: Context, actor: Actor, hook_id: int, limit: int = 20) -> list[Message]:
    """Return what a webhook was told last, newest first. Raises NotFound for whoever may not see it."""
    _managed(actor)
    with ctx.store.read() as session:
        rows = session.exec(
            select(Notice).where(Notice.webhook_id == hook_id).order_by(col(Notice.id).desc()).limit(limit)
        ).all()
    return [_message(row) for row in rows]


def _message(row: Notice) -> Message:
    detail = row.detail if isinstance(row.detail, Mapping) else {}
    told = detail.get(TOLD)
    at, body = (told.get("at"), told.get("body")) if isinstance(told, Mapping) else (None, None)
    return Message(
        row.id or 0,
        message_name(row.once),
        row.kind,
        row.state,
        row.outcome,
        row.attempts,
        row.created_at,
        row.not_before,
        datetime.fromisoformat(str(at)) if at else None,
        body if isinstance(body, dict) else None,
    )


def message_name(once: str) -> str:
    """Return the webhook-id of a notice, the same over all attempts; a dot would end it where it is signed."""
    return "msg_" + once.replace(":", "_").replace(".", "_")


def save(
    ctx: Context,
    actor: Actor,
    hook_id: int | None,
    *,
    name: str,
    url: str,
    secret: str,
    kinds: Iterable[str],
    revision: int | None = None,
) -> int:
    """Add a webhook, or change one; an empty `secret` keeps the stored one as long as the address stays.

    Raises Refused, with the field; NotFound.
    """
    _managed(actor)
    name, url, now = tidy(name)[:80], url.strip(), ctx.clock()
    wanted = [kind.value for kind in STAFF_KINDS if kind.value in set(kinds)]
    if not name:
        raise Refused(N_("Type a name, such as the one of the chat or the ticket system."), field="name")
    _refuse_address(url)
    if not wanted:
        raise Refused(N_("Choose at least one thing to tell."), field="kinds")
    if secret:
        try:
            key_of(secret)
        except ValueError:
            text = N_("Type a secret of 24 to 64 characters, or whsec_ and as many bytes in base64.")
            raise Refused(text, field="secret") from None
    with ctx.store.write() as session:
        row = _row(session, hook_id) if hook_id is not None else None
        if row is not None and revision is not None and revision != row.revision:
            raise Refused(
                N_("Somebody else changed this webhook meanwhile. Look at it again, then save."), field="name"
            )
        if not secret and (row is None or _elsewhere(row.url, url)):
            # Whoever may name the address must not have messages signed with a secret that they do not know.
            raise Refused(N_("Type the secret of this address."), field="secret")
        if row is None:
            if len(session.exec(select(Webhook.id).where(col(Webhook.removed_at).is_(None))).all()) >= MOST:
                raise Refused(N_("These are more than %(most)s webhooks."), field="name", most=MOST)
            row = Webhook(name=name, url=url, kinds=wanted, sealed="", key_id="", revision=0, by_id=actor.id, at=now)
            session.add(row)
            session.flush()
        row.name, row.url, row.kinds, row.by_id, row.at = name, url, wanted, actor.id, now
        row.revision += 1
        # What came of the address and the secret before says nothing about these.
        row.failures, row.resting_until, row.told_at, row.outcome, row.test = 0, None, None, "", None
        if secret:
            row.sealed = ctx.vault.seal({"secret": secret}, row=row_name(row.id))
            row.key_id = ctx.vault.key_id
        session.add(row)
        other = set(STAFF_KINDS) - set(row.kinds)
        mine = and_(col(Notice.webhook_id) == row.id, col(Notice.kind).in_(other))
        notice_withdrawal.withdraw_where(session, mine, "unwanted")
        host = Target.read(url).host
        audit.record(session, actor, "webhook.save", ("webhook", row.id, name), now, host=host, new_secret=bool(secret))
        found = row.id or 0
    ctx.enqueue("call-webhooks")
    return found


def switch(ctx: Context, actor: Actor, hook_id: int, *, on: bool) -> None:
    """Switch a webhook on or off. Raises NotFound."""
    _managed(actor)
    now = ctx.clock()
    with ctx.store.write() as session:
        row = _row(session, hook_id)
        row.off_at, row.off_why = (None, "") if on else (now, BY_HAND)
        row.failures, row.resting_until = 0, None
        session.add(row)
        audit.record(session, actor, f"webhook.{'on' if on else 'off'}", ("webhook", row.id, row.name), now)
    ctx.enqueue("call-webhooks")


def remove(ctx: Context, actor: Actor, hook_id: int) -> str:
    """Remove a webhook and wipe its secret; return its name. Raises NotFound."""
    _managed(actor)
    now = ctx.clock()
    with ctx.store.write() as session:
        row = _row(session, hook_id)
        row.removed_at, row.sealed = now, ""
        session.add(row)
        audit.record(session, actor, "webhook.remove", ("webhook", row.id, row.name), now)
        return row.name


def ask_test(ctx: Context, actor: Actor, hook_id: int) -> None:
    """Have a worker send a test message. Raises NotFound."""
    _managed(actor)
    with ctx.store.write() as session:
        row = _row(session, hook_id)
        row.test = {"state": QUEUED, "asked_at": ctx.clock().isoformat()}
        session.add(row)
    ctx.enqueue("call-webhooks")


def row_name(hook_id: int | None) -> str:
    """Return the name of the row that the secret of a webhook is sealed for."""
    return f"webhook:{hook_id}"


def _refuse_address(url: str) -> None:
    """Refuse what is no web address. Whether it may be reached is decided whenever it is: names change."""
    try:
        Target.read(url)
    except ValueError:
        raise Refused(N_("Type a web address, such as https://chat.example.com/hooks/1."), field="url") from None


def _elsewhere(before: str, after: str) -> bool:
    return Target.read(before).origin != Target.read(after).origin


def _row(session: Session, hook_id: int) -> Webhook:
    row = session.get(Webhook, hook_id, with_for_update=True)
    if row is None or row.removed_at is not None:
        raise NotFound
    return row


def _managed(actor: Actor) -> None:
    if not may(actor.role, "notices.manage", own=False):
        raise NotFound


def _view(row: Webhook, by: str, now: datetime) -> HookView:
    known = set(row.kinds) if isinstance(row.kinds, list) else set()
    return HookView(
        id=row.id or 0,
        name=row.name,
        url=row.url,
        kinds=tuple(kind for kind in STAFF_KINDS if kind.value in known),
        revision=row.revision,
        by=by,
        at=row.at,
        off_at=row.off_at,
        off_why=row.off_why,
        failures=row.failures,
        resting_until=row.resting_until,
        told_at=row.told_at,
        outcome=row.outcome,
        test=_test(row.test, now),
    )


def _test(value: Any, now: datetime) -> HookTest | None:
    if not isinstance(value, Mapping):
        return None
    try:
        asked = datetime.fromisoformat(str(value["asked_at"]))
        waiting = value["state"] != DONE and now < asked + PATIENCE
        done = value.get("at")
        return HookTest(
            waiting,
            datetime.fromisoformat(str(done)) if done else None,
            value.get("status"),
            value.get("problem"),
            value.get("ms"),
        )
    except (KeyError, TypeError, ValueError):
        return None
