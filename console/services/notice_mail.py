"""Hands notices over by mail: a batch over one connection, each at most once.

A notice is marked as being sent before its first byte leaves. When nothing is known of it after that, because a worker
died or the connection was cut, it is not sent again but listed as such. What is wrong with the server itself leaves the
notices where they are, and the server alone for a while.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import Session, col, select

from console.providers import trial
from console.providers.letters import Envelope, message
from console.providers.submission import Fate, Mail, Submission
from console.rules.notices import LONGEST_WAIT, MAIL_BACK_OFF, Kind, back_off, quiet_until
from console.services import links, mail_server, mail_standing, notice_rules, notice_withdrawal
from console.services.context import Context, NotFound, Refused
from console.services.mail_server import MailServer
from console.services.notice_rows import BY_HAND, FAILED, HELD, MAIL, QUEUED, SENDING, SENT, UNSENT, WITHDRAWN
from console.services.notice_told import told_of
from console.services.notice_words import Gone, Words
from console.store import insert_into
from console.store.notices import Notice, RefusedAddress
from console.store.vault import KeyMissing

# One connection carries so many, and the server gets no more than so many a minute.
BATCH, MOST_A_MINUTE = 10, 60
# What one daily mail holds at most; the rest goes in another.
LONGEST_DIGEST = 100
NO_SERVER, NOT_KNOWN, ADDRESS_REFUSED, GAVE_UP, MESSAGE_REFUSED = (
    "no-server",
    "not-known",
    "address-refused",
    "gave-up",
    "message-refused",
)


@dataclass
class _Job:
    """One mail that is to go: the notices in it, more than one for a daily mail.

    `gone` says that there is nothing left that it could tell.
    """

    ids: tuple[int, ...]
    address: str
    digest: bool
    mail: Mail = field(init=False)
    gone: bool = False


def waiting(ctx: Context) -> bool:
    """Return whether there is anything to do for a worker: to send, to hold, to let go on, or left by a dead one."""
    now = ctx.clock()
    by_mail = col(Notice.channel) == MAIL
    lost = and_(by_mail, col(Notice.state) == SENDING, _left(now))
    with ctx.store.read() as session:
        due = session.exec(select(Notice.id).where(or_(and_(*_due(now)), lost)).limit(1)).first() is not None
        held = session.exec(select(Notice.id).where(by_mail, col(Notice.state) == HELD).limit(1)).first() is not None
        if not due and not held:
            return False
        server = _usable(ctx, session)
        if isinstance(server, str):
            return due
        known = mail_standing.standing(ctx, session, server)
        return known is None or not mail_standing.rests(known, now)


def run(ctx: Context, going_on: Callable[[], bool] = lambda: True) -> None:
    """Send what is due, batch after batch, until nothing is left, the server is in trouble or the minute is full."""
    while going_on():
        with ctx.store.write() as session:
            claimed = _claim(ctx, session, ctx.clock())
        if claimed is None:
            return
        server, token, jobs = claimed
        for job in jobs:
            job.mail = _mail(ctx, server, token, job)
        found = trial.run(Submission([job.mail for job in jobs]), server.mailbox(), ctx.dialer) if jobs else None
        mail_standing.give_back(ctx, server, token, found)
        _release(ctx, token)
        if not jobs or found is None or found.failed:
            return


def _claim(ctx: Context, session: Session, now: datetime) -> tuple[MailServer, str, list[_Job]] | None:
    """Settle what needs no connection, and lease the server and the next batch; None where nothing can be sent now."""
    _settle(session, now)
    notice_withdrawal.withdraw(session, now)
    server = _usable(ctx, session)
    if isinstance(server, str):
        _move(session, QUEUED, HELD, server)
        return None
    _move(session, HELD, QUEUED, "")
    _keep_quiet(ctx, session, now)
    room = min(BATCH, MOST_A_MINUTE - _lately(session, now))
    if room <= 0 or session.exec(select(Notice.id).where(*_due(now)).limit(1)).first() is None:
        return None
    token = mail_standing.take(ctx, session, server, now)
    if token is None:
        return None
    jobs = _singles(session, now, room)
    if len(jobs) < room:
        jobs += _digests(session, now, room - len(jobs))
    ids = [one for job in jobs for one in job.ids]
    session.execute(
        update(Notice)
        .where(col(Notice.id).in_(ids))
        .values(lease_until=now + mail_standing.LEASE, lease_token=token)
        .execution_options(synchronize_session=False)
    )
    return server, token, jobs


def _usable(ctx: Context, session: Session) -> MailServer | str:
    """Return the server, or as a code why there is none that anything could be handed to."""
    try:
        server = mail_server.in_use(ctx, session)
    except KeyMissing:
        return "key-missing"
    if server is None:
        return NO_SERVER
    known = mail_standing.standing(ctx, session, server)
    return known.problem if known is not None and known.retry_at is None else server


def _settle(session: Session, now: datetime) -> None:
    """End what a dead worker left behind, what goes to an address that is refused, and waits that no clock means."""
    by_mail = col(Notice.channel) == MAIL
    lost = and_(by_mail, col(Notice.state) == SENDING, _left(now))
    refused = and_(by_mail, col(Notice.state).in_(UNSENT), col(Notice.address).in_(select(RefusedAddress.address)))
    far = and_(by_mail, col(Notice.state).in_(UNSENT), col(Notice.not_before) > now + LONGEST_WAIT)
    for condition, values in (
        (lost, {"state": FAILED, "outcome": NOT_KNOWN, "lease_until": None, "lease_token": None}),
        (refused, {"state": FAILED, "outcome": ADDRESS_REFUSED}),
        (far, {"not_before": now}),
    ):
        session.execute(update(Notice).where(condition).values(values).execution_options(synchronize_session=False))


def _move(session: Session, old: str, new: str, outcome: str) -> None:
    session.execute(
        update(Notice)
        .where(col(Notice.channel) == MAIL, col(Notice.state) == old)
        .values(state=new, outcome=outcome)
        .execution_options(synchronize_session=False)
    )


def _keep_quiet(ctx: Context, session: Session, now: datetime) -> None:
    """Put off what waits for the end of quiet hours, if they hold now; this is decided anew at every batch."""
    quiet = notice_rules.read(session).quiet
    until = quiet_until(now, ZoneInfo(ctx.config.timezone), quiet)
    if quiet is None or until is None:
        return
    waits = [kind.value for kind in Kind if quiet.holds(kind, digest=False)]
    session.execute(
        update(Notice)
        .where(
            *_due(now),
            or_(col(Notice.digest).is_(True), col(Notice.kind).in_(waits)),
            # Whoever sends a link may be on the phone with its owner.
            ~col(Notice.once).startswith(BY_HAND),
        )
        .values(not_before=until)
        .execution_options(synchronize_session=False)
    )


def _due(now: datetime) -> tuple[Any, ...]:
    return (
        col(Notice.channel) == MAIL,
        col(Notice.state) == QUEUED,
        col(Notice.not_before) <= now,
        or_(col(Notice.lease_until).is_(None), _left(now)),
    )


def _left(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a lease is over, or was taken before the clock was set back."""
    return or_(col(Notice.lease_until) < now, col(Notice.lease_until) > now + mail_standing.LEASE)


def _lately(session: Session, now: datetime) -> int:
    """Return how many mails went in the last minute; a daily mail counts as many times as it holds notices."""
    return session.exec(
        select(func.count()).where(
            col(Notice.channel) == MAIL, col(Notice.sent_at) > now - timedelta(minutes=1), col(Notice.sent_at) <= now
        )
    ).one()


def _singles(session: Session, now: datetime, room: int) -> list[_Job]:
    rows = session.exec(
        select(Notice.id, Notice.address)
        .where(*_due(now), col(Notice.digest).is_(False))
        .order_by(col(Notice.not_before), col(Notice.id))
        .limit(room)
    ).all()
    return [_Job((notice_id or 0,), address, digest=False) for notice_id, address in rows]


def _digests(session: Session, now: datetime, room: int) -> list[_Job]:
    due = (*_due(now), col(Notice.digest).is_(True))
    addresses = session.exec(
        select(Notice.address).where(*due).distinct().order_by(col(Notice.address)).limit(room)
    ).all()
    found: dict[str, list[int]] = {}
    rows = select(Notice.id, Notice.address).where(*due, col(Notice.address).in_(addresses)).order_by(col(Notice.id))
    for notice_id, address in session.exec(rows):
        ids = found.setdefault(address, [])
        if len(ids) < LONGEST_DIGEST:
            ids.append(notice_id or 0)
    return [_Job(tuple(ids), address, digest=True) for address, ids in found.items()]


def _mail(ctx: Context, server: MailServer, token: str, job: _Job) -> Mail:
    return Mail(
        job.address,
        make=lambda: _made(ctx, server, token, job),
        after=lambda mail: _note(ctx, token, job, mail),
    )


def _made(ctx: Context, server: MailServer, token: str, job: _Job) -> bytes | None:
    """Return the bytes of a mail, marked as being sent; None when it is not to be sent any more."""
    language = ctx.config.language
    with ctx.store.read() as session:
        rows = session.exec(select(Notice).where(col(Notice.id).in_(job.ids)).order_by(col(Notice.id))).all()
        words = Words(ctx, session, rows, language)
    try:
        letter = words.digest(rows) if job.digest else words.letter(rows[0], lambda inbox_id: _link(ctx, inbox_id))
        key = hmac.new(ctx.signing_key.encode(), f"notice {job.ids}".encode(), hashlib.sha256).hexdigest()[:32]
        envelope = Envelope(server.sender, server.sender_name, job.address, f"notice.{key}", ctx.clock())
        data = message(letter, envelope)
    except (Gone, NotFound, IndexError):
        job.gone = True
        return None
    except ValueError:
        _fail_address(ctx, token, job)
        return None
    return data if _marked(ctx, server, token, job) else None


def _link(ctx: Context, inbox_id: int) -> str:
    """Return a new reconnect link; "" where a reconnect makes no sense just now. Raises NotFound."""
    try:
        return links.issue(ctx, None, inbox_id, by_mail=True).url
    except Refused:
        return ""


def _marked(ctx: Context, server: MailServer, token: str, job: _Job) -> bool:
    """Mark all notices of a mail as being sent; return False, with nothing marked, when it is not to go like this.

    One of them may be true no longer, or another worker's, and the server may have been changed or removed meanwhile.
    """
    try:
        with ctx.store.write() as session:
            if not mail_standing.still_in_use(ctx, session, server):
                raise Gone
            marked = session.exec(
                update(Notice)
                .where(col(Notice.id).in_(job.ids), col(Notice.state) == QUEUED, col(Notice.lease_token) == token)
                .values(state=SENDING)
                .returning(col(Notice.id))
                .execution_options(synchronize_session=False)
            ).all()
            if len(marked) != len(job.ids):
                raise Gone
    except Gone:
        return False
    return True


def _fail_address(ctx: Context, token: str, job: _Job) -> None:
    with ctx.store.write() as session:
        _update(session, token, job, {"state": FAILED, "outcome": ADDRESS_REFUSED})


def _note(ctx: Context, token: str, job: _Job, mail: Mail) -> None:
    """Write down what became of a mail, as soon as it is known."""
    now, text = ctx.clock(), mail.server_text[:400]
    with ctx.store.write() as session:
        if mail.fate is Fate.SENT:
            _update(session, token, job, {"state": SENT, "sent_at": now, "outcome": "", "server_text": text})
            _told(session, job, now)
        elif mail.fate is Fate.UNKNOWN:
            _update(session, token, job, {"state": FAILED, "sent_at": now, "outcome": NOT_KNOWN, "server_text": text})
        elif mail.fate is Fate.NO_SUCH:
            _update(session, token, job, {"state": FAILED, "outcome": ADDRESS_REFUSED, "server_text": text})
            known = insert_into(session, RefusedAddress).values(address=job.address, at=now, server_text=text)
            session.execute(known.on_conflict_do_nothing())
        elif mail.fate is Fate.REFUSED:
            _update(session, token, job, {"state": FAILED, "outcome": MESSAGE_REFUSED, "server_text": text})
        elif mail.fate in {Fate.LATER, Fate.UNTRIED}:
            _again_later(session, token, job, text, now)
        elif mail.fate is Fate.DROPPED and job.gone:
            _update(session, token, job, {"state": WITHDRAWN, "outcome": "over"})
        # What was dropped and is still true waits for the next batch.


def _again_later(session: Session, token: str, job: _Job, text: str, now: datetime) -> None:
    rows = session.exec(
        select(Notice).where(col(Notice.id).in_(job.ids), Notice.lease_token == token).with_for_update()
    ).all()
    for row in rows:
        row.attempts += 1
        row.state, row.outcome, row.server_text = QUEUED, "later", text
        row.not_before = now + back_off(MAIL_BACK_OFF, row.attempts)
        if row.attempts > len(MAIL_BACK_OFF):
            row.state, row.outcome = FAILED, GAVE_UP
        row.lease_until = row.lease_token = None
        session.add(row)


def _update(session: Session, token: str, job: _Job, values: dict[str, Any]) -> None:
    session.execute(
        update(Notice)
        .where(col(Notice.id).in_(job.ids), col(Notice.lease_token) == token, col(Notice.state).in_((QUEUED, SENDING)))
        .values(**values, attempts=col(Notice.attempts) + 1, lease_until=None, lease_token=None)
        .execution_options(synchronize_session=False)
    )


def _told(session: Session, job: _Job, now: datetime) -> None:
    """Note on episodes and incidents that people were told of them, or that they are over."""
    for notice in session.exec(select(Notice).where(col(Notice.id).in_(job.ids), Notice.state == SENT)):
        told_of(session, notice, now)


def _release(ctx: Context, token: str) -> None:
    """Give back what a batch did not come to; what is marked as being sent keeps its lease until it is over."""
    with ctx.store.write() as session:
        session.execute(
            update(Notice)
            .where(col(Notice.lease_token) == token, col(Notice.state) == QUEUED)
            .values(lease_until=None, lease_token=None)
            .execution_options(synchronize_session=False)
        )
