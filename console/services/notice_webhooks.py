"""Delivers notices to webhooks, on a thread of their own: a target that hangs delays no mail and no check.

Every message has one id over all attempts. What is not taken is tried again up to a day later; a target that does not
take one rests before it is tried with another. One that says 410, or takes nothing twenty times, is switched off.
"""

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from console.providers import webhook
from console.providers.webhook import Answer
from console.rules.notices import HOOK_BACK_OFF, LONGEST_WAIT, Kind, back_off
from console.services import audit, notice_plan, notice_withdrawal
from console.services.context import Context
from console.services.notice_payloads import payload
from console.services.notice_rows import FAILED, HELD, QUEUED, SENT, UNSENT, WEBHOOK, WITHDRAWN, About
from console.services.notice_told import told_of
from console.services.notice_words import Gone, Words
from console.services.webhooks import BY_410, BY_FAILURES, DONE, PATIENCE, RUNNING, TOLD, message_name, row_name
from console.services.webhooks import QUEUED as ASKED
from console.store.notices import Notice, Webhook
from console.store.vault import KeyMissing

# One attempt ends within ten seconds; after this a worker that died is taken to be dead.
LEASE = timedelta(seconds=30)
MOST_FAILURES = 20
# A target is told so many things before the next one has its turn.
TURN = 10


def waiting(ctx: Context) -> bool:
    """Return whether a webhook is to be told of something, or to be tested."""
    now = ctx.clock()
    with ctx.store.read() as session:
        if session.exec(select(Notice.id).where(*_due(now)).limit(1)).first() is not None:
            return True
        tests = session.exec(select(Webhook.test).where(_on(), col(Webhook.test).is_not(None))).all()
    return any(_asked(test, now) for test in tests)


def run(ctx: Context, going_on: Callable[[], bool] = lambda: True) -> None:
    """Test what is to be tested, then tell every target what is due, in turns."""
    _tests(ctx)
    while going_on():
        now = ctx.clock()
        with ctx.store.write() as session:
            _settle(session, now)
            notice_withdrawal.withdraw(session, now)
            hooks = session.exec(
                select(Notice.webhook_id).where(*_due(now)).distinct().order_by(col(Notice.webhook_id))
            ).all()
        if not hooks:
            return
        for hook_id in hooks:
            _turn(ctx, hook_id or 0, going_on)


def _turn(ctx: Context, hook_id: int, going_on: Callable[[], bool]) -> None:
    for _ in range(TURN):
        if not going_on() or not _tell_one(ctx, hook_id):
            return


def _on() -> Any:
    return and_(col(Webhook.removed_at).is_(None), col(Webhook.off_at).is_(None))


def _due(now: datetime) -> tuple[Any, ...]:
    ready = select(Webhook.id).where(
        _on(),
        or_(
            col(Webhook.resting_until).is_(None),
            col(Webhook.resting_until) <= now,
            col(Webhook.resting_until) > now + LONGEST_WAIT,
        ),
    )
    return (
        col(Notice.channel) == WEBHOOK,
        col(Notice.state).in_(UNSENT),
        col(Notice.not_before) <= now,
        # A lease from before the clock was set back holds nothing.
        or_(col(Notice.lease_until).is_(None), col(Notice.lease_until) < now, col(Notice.lease_until) > now + LEASE),
        col(Notice.webhook_id).in_(ready),
    )


def _settle(session: Session, now: datetime) -> None:
    """Hold what is for a target that is off, withdraw what is for a removed one, and end waits that no clock means."""
    mine = and_(col(Notice.channel) == WEBHOOK, col(Notice.state).in_(UNSENT))
    off = select(Webhook.id).where(col(Webhook.off_at).is_not(None))
    removed = select(Webhook.id).where(col(Webhook.removed_at).is_not(None))
    for condition, values in (
        (and_(mine, col(Notice.webhook_id).in_(removed)), {"state": WITHDRAWN, "outcome": "removed"}),
        (and_(mine, col(Notice.state) == QUEUED, col(Notice.webhook_id).in_(off)), {"state": HELD, "outcome": "off"}),
        (and_(mine, col(Notice.not_before) > now + LONGEST_WAIT), {"not_before": now}),
    ):
        session.execute(update(Notice).where(condition).values(values).execution_options(synchronize_session=False))


def _tell_one(ctx: Context, hook_id: int) -> bool:
    """Tell a target of one thing; return whether it may be told of another right away."""
    now, token = ctx.clock(), secrets.token_urlsafe(18)
    with ctx.store.write() as session:
        notice = session.exec(
            select(Notice)
            .where(*_due(now), Notice.webhook_id == hook_id)
            .order_by(col(Notice.not_before), col(Notice.id))
            .limit(1)
            .with_for_update()
        ).first()
        if notice is None:
            return False
        notice.lease_until, notice.lease_token = now + LEASE, token
        session.add(notice)
        hook = session.get_one(Webhook, hook_id)
        try:
            secret = ctx.vault.unseal(hook.sealed, row=row_name(hook.id))["secret"]
            said = payload(Words(ctx, session, [notice], "en"), notice)
            known = notice.detail if isinstance(notice.detail, dict) else {}
            notice.detail = {**known, TOLD: {"at": now.isoformat(), "body": said}}
        except KeyMissing:
            hook.resting_until, hook.outcome = now + back_off(HOOK_BACK_OFF, 3), "key-missing"
            session.add(hook)
            return False
        except Gone:
            notice.state, notice.outcome = WITHDRAWN, "over"
            return True
    found = webhook.post(ctx.dialer, hook.url, secret, message_name(notice.once), now, _body(said))
    with ctx.store.write() as session:
        _note(ctx, session, notice.id or 0, token, hook, found)
    return found.taken


def _body(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _note(ctx: Context, session: Session, notice_id: int, token: str, asked: Webhook, found: Answer) -> None:
    now = ctx.clock()
    hook = session.get_one(Webhook, asked.id, with_for_update=True)
    row = session.exec(
        select(Notice).where(Notice.id == notice_id, Notice.lease_token == token).with_for_update()
    ).first()
    outcome = found.problem or ("" if found.taken else f"http-{found.status}")
    # What one address answered says nothing about another that was saved meanwhile, nor about one that is off.
    meant = hook.revision == asked.revision and hook.off_at is None and hook.removed_at is None
    if meant:
        hook.told_at, hook.outcome = now, outcome
    if meant and found.taken:
        hook.failures, hook.resting_until = 0, None
    elif meant:
        hook.failures += 1
        wait = back_off(HOOK_BACK_OFF, hook.failures)
        hook.resting_until = now + max(wait, timedelta(seconds=found.retry_after or 0))
        if found.status == webhook.GONE or hook.failures >= MOST_FAILURES:
            _switch_off(ctx, session, hook, BY_410 if found.status == webhook.GONE else BY_FAILURES, now)
    session.add(hook)
    if row is None:
        return
    row.attempts += 1
    row.outcome, row.lease_until, row.lease_token = outcome, None, None
    if found.taken:
        row.state, row.sent_at = SENT, now
        told_of(session, row, now)
    elif row.attempts > len(HOOK_BACK_OFF):
        row.state = FAILED
    else:
        row.state, row.not_before = QUEUED, now + back_off(HOOK_BACK_OFF, row.attempts)
    session.add(row)


def _switch_off(ctx: Context, session: Session, hook: Webhook, why: str, now: datetime) -> None:
    hook.off_at, hook.off_why = now, why
    session.add(hook)
    session.flush()
    audit.record(session, None, "webhook.off", ("webhook", hook.id, hook.name), now, why=why)
    base = f"webhook-off:{hook.id}:{now:%Y%m%d%H%M%S}"
    about = About(base, Kind.WEBHOOK_OFF, detail=(("name", hook.name), ("why", why)))
    notice_plan.for_staff(ctx, session, [about], now)


def _asked(test: Any, now: datetime) -> bool:
    """Return whether a test waits for a worker: nobody began it, or whoever did has not come back in time."""
    if not isinstance(test, dict) or test.get("state") == DONE:
        return False
    try:
        begun = datetime.fromisoformat(str(test["begun_at"])) if test.get("begun_at") else None
        asked = datetime.fromisoformat(str(test["asked_at"]))
    except (KeyError, ValueError):
        return False
    return now < asked + PATIENCE and (test.get("state") == ASKED or (begun is not None and begun + LEASE < now))


def _tests(ctx: Context) -> None:
    now = ctx.clock()
    with ctx.store.write() as session:
        rows = session.exec(
            select(Webhook)
            .where(col(Webhook.removed_at).is_(None), col(Webhook.test).is_not(None))
            .order_by(col(Webhook.id))
            .with_for_update()
        ).all()
        mine = [row for row in rows if _asked(row.test, now)]
        for row in mine:
            row.test = {**row.test, "state": RUNNING, "begun_at": now.isoformat()}
            session.add(row)
    for row in mine:
        _test(ctx, row)


def _test(ctx: Context, hook: Webhook) -> None:
    now, started = ctx.clock(), ctx.dialer.monotonic()
    said = {"kind": "test", "title": "Test", "url": f"{ctx.config.base_url}/settings/notices"}
    text = f"This is a test of {ctx.config.organisation}.\n{said['url']}"
    stamp = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    body = _body({"type": "test", "timestamp": stamp, "text": text, "data": said})
    try:
        secret = ctx.vault.unseal(hook.sealed, row=row_name(hook.id))["secret"]
        found = webhook.post(ctx.dialer, hook.url, secret, f"msg_test_{secrets.token_hex(12)}", now, body)
    except KeyMissing:
        found = Answer(None, "key-missing")
    took = round((ctx.dialer.monotonic() - started) * 1000)
    with ctx.store.write() as session:
        row = session.get_one(Webhook, hook.id, with_for_update=True)
        if row.revision != hook.revision or row.test != hook.test:
            return  # It was saved anew, or is tested again.
        done = {
            "state": DONE,
            "at": ctx.clock().isoformat(),
            "status": found.status,
            "problem": found.problem,
            "ms": took,
        }
        row.test = {**hook.test, **done}
        session.add(row)
