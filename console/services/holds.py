"""Who is left alone, and until when: servers that asked for it, and mailboxes and servers that refused enough.

Every refused sign-in is counted, whoever sent it. A mailbox is not signed in to a fourth time within an hour. At a
server, the first refusal of each mailbox within an hour is free, because a password that is wrong now is found out in
no other way; what is refused beyond that is counted, and when it is as much as is configured, the server is left alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, or_, update
from sqlmodel import Session, col, select

from console.providers.base import Provider
from console.providers.trial import Trial
from console.rules import cadence as judge
from console.rules import capabilities
from console.rules.health import AHEAD
from console.rules.texts import N_
from console.services.check_results import Outcome
from console.services.context import Context, Refused
from console.store import insert_into
from console.store.models import Draft, Inbox
from console.store.servers import Hold, RefusedSignIn

HOST, APP, INBOX = "host", "app", "inbox"
ASKED, THROTTLED, REFUSALS = "asked", "throttled", "refusals"
# A throttled mailbox lately seen makes the next one at the same server a matter of the server.
LATELY = judge.WINDOW
MOST_SHOWN = 50
SENTENCES = {
    (HOST, ASKED): N_(
        "%(target)s asked to be left alone until %(until)s. Nobody has to act; the checks go on by themselves then."
    ),
    (HOST, THROTTLED): N_(
        "%(target)s finds this console too busy; it is left alone until %(until)s. Nobody has to act."
    ),
    (HOST, REFUSALS): N_("Paused until %(until)s: too many refused sign-ins at %(target)s. Nobody has to act."),
    (APP, ASKED): N_(
        "%(target)s asked this console to wait until %(until)s. Nobody has to act; the checks go on by themselves then."
    ),
    (INBOX, ASKED): N_(
        "The server asked to leave this mailbox alone until %(until)s. Nobody has to act; it is checked then."
    ),
    (INBOX, THROTTLED): N_(
        "The server finds this mailbox too busy; it is left alone until %(until)s and then checked. Nobody has to act."
    ),
    (INBOX, REFUSALS): N_(
        "Paused until %(until)s: too many refused sign-ins of this mailbox. More of them could lock the account."
    ),
}
TYPED = N_(
    "Too many sign-ins of this mailbox were refused. Wait until %(until)s before you try again: more of them could "
    "lock the account."
)


@dataclass(frozen=True)
class Held:
    """Until when something is left alone, and why; `target` is what a person knows it by."""

    level: str
    target: str
    why: str
    until: datetime

    @property
    def sentence(self) -> str:
        """What people are told (marked), with the values `until` and `target`."""
        return SENTENCES.get((self.level, self.why), SENTENCES[HOST, ASKED])


def _counts(now: datetime) -> ColumnElement[bool]:
    # A hold that would last longer than any may, or that is yet to begin, was written by a clock that was wrong.
    return and_(col(Hold.until) > now, col(Hold.until) <= now + judge.LONGEST_HOLD, col(Hold.since) <= now + AHEAD)


def _of_inbox() -> ColumnElement[bool]:
    return or_(
        and_(col(Hold.level) == HOST, col(Hold.target) == col(Inbox.host)),
        and_(col(Hold.level) == APP, col(Hold.target) == col(Inbox.provider)),
        and_(col(Hold.level) == INBOX, col(Hold.target) == cast(col(Inbox.id), String)),
    )


def waits(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an inbox, its server or its provider's sign-in is left alone for now."""
    return exists().where(_of_inbox(), _counts(now))


def of_inbox(ctx: Context, session: Session, inbox: Inbox, now: datetime) -> Held | None:
    """Return what holds an inbox the longest, or None where nothing does."""
    rows = session.exec(
        select(Hold).join(Inbox, _of_inbox()).where(col(Inbox.id) == inbox.id, _counts(now)).order_by(col(Hold.until))
    ).all()
    return _held(ctx, rows[-1]) if rows else None


def of_inboxes(session: Session, ids: Sequence[int], now: datetime) -> dict[int, datetime]:
    """Return until when those of the inboxes are left alone that are, in one query."""
    rows = session.exec(
        select(Inbox.id, func.max(Hold.until))
        .join(Hold, _of_inbox())
        .where(col(Inbox.id).in_(ids), _counts(now))
        .group_by(col(Inbox.id))
    ).all()
    return {inbox_id: until for inbox_id, until in rows if inbox_id is not None}


def current(ctx: Context) -> list[Held]:
    """Return the servers and apps that are left alone now, those that wait longest first; a page of them at most."""
    with ctx.store.read() as session:
        rows = session.exec(
            select(Hold)
            .where(col(Hold.level).in_((HOST, APP)), _counts(ctx.clock()))
            .order_by(col(Hold.until).desc(), col(Hold.target))
            .limit(MOST_SHOWN)
        ).all()
    return [_held(ctx, row) for row in rows]


def of_hosts(session: Session, hosts: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Return until when those of the servers are left alone that are."""
    rows = session.exec(
        select(Hold.target, Hold.until).where(Hold.level == HOST, col(Hold.target).in_(hosts), _counts(now))
    ).all()
    return dict(rows)


def of_servers(ctx: Context, session: Session, hosts: Collection[str], now: datetime) -> Held | None:
    """Return what holds one of these servers the longest, or None where none is left alone."""
    rows = session.exec(
        select(Hold)
        .where(Hold.level == HOST, col(Hold.target).in_(hosts), _counts(now))
        .order_by(col(Hold.until).desc(), col(Hold.target))
        .limit(1)
    ).all()
    return _held(ctx, rows[0]) if rows else None


def refusing(ctx: Context, session: Session, now: datetime) -> frozenset[str]:
    """Return the servers that have refused so many sign-ins within the hour that they are met gently."""
    return frozenset(
        session.exec(
            select(RefusedSignIn.host)
            .where(_lately(now))
            .group_by(col(RefusedSignIn.host))
            .having(func.count() >= ctx.config.refused_sign_ins_per_host)
        )
    )


def refuse_while_held(ctx: Context, session: Session, inbox: Inbox, now: datetime) -> None:
    """Raise Refused, with the time, while an inbox is left alone."""
    held = of_inbox(ctx, session, inbox, now)
    if held is not None:
        raise Refused(held.sentence, until=held.until, target=held.target)


def refuse_typed(session: Session, address: str, now: datetime) -> None:
    """Raise Refused when so many sign-ins of a mailbox were refused that not even a new password may be tried."""
    until = judge.free_again(_times(session, address, now), judge.TYPED_AN_HOUR, now)
    if until is not None:
        raise Refused(TYPED, until=until)


def note(ctx: Context, session: Session, inbox: Inbox, outcome: Outcome) -> None:
    """Count what a check was refused, and keep what the server asked for. The inbox's next check follows."""
    found, now = outcome.trial, outcome.finished_at
    if not found.failed or inbox.id is None:
        return
    wait = judge.hold(found.problem, found.retry_after, found.server_text)
    outgoing = _outgoing(ctx, inbox, found)
    if wait is not None and outgoing and judge.about_the_server(found.problem):
        # The mailbox is read elsewhere, which goes on.
        _hold(session, HOST, outgoing, now + wait, ASKED, now)
    elif wait is not None:
        why = THROTTLED if judge.throttles(found.problem) else ASKED
        _hold(session, INBOX, str(inbox.id), now + wait, why, now)
        _later(ctx, inbox, now + wait)
        place = _place(session, inbox, outcome.task.family, found, now)
        if place is not None:
            _hold(session, *place, now + wait, why, now)
    if _refused(found):
        family = outcome.task.family
        # What renews the sign-in at a provider stands for the provider.
        host = inbox.host if family is not None and family.consents else found.problem_host or inbox.host
        until = _count(ctx, session, inbox.address, host, now)
        if until is not None:
            _hold(session, INBOX, str(inbox.id), until, REFUSALS, now)
            _later(ctx, inbox, until)


def note_run(ctx: Context, session: Session, draft: Draft, found: Trial) -> None:
    """Count what a run of the wizard was refused; the schedule leaves the inbox it is about alone as after its own.

    What it sent to the servers of an inbox that has a problem is told with that: they count it too.
    """
    if draft.inbox_id is not None and draft.moves_from is None and found.attempted:
        session.execute(
            update(Inbox)
            .where(col(Inbox.id) == draft.inbox_id, col(Inbox.problem).is_not(None))
            .values(attempts=col(Inbox.attempts) + len(found.attempted))
        )
    if not _refused(found):
        return
    now = ctx.clock()
    until = _count(ctx, session, draft.address or "", found.problem_host, now)
    if until is not None and draft.inbox_id is not None:
        _hold(session, INBOX, str(draft.inbox_id), until, REFUSALS, now)


def forget(session: Session, inbox_id: int) -> None:
    """Leave an inbox alone no longer: its new password was accepted."""
    session.execute(delete(Hold).where(col(Hold.level) == INBOX, col(Hold.target) == str(inbox_id)))


def prune(ctx: Context, now: datetime) -> None:
    """Drop what is over, and what a clock that was wrong has written."""
    with ctx.store.write() as session:
        session.execute(delete(Hold).where(~_counts(now)))
        session.execute(delete(RefusedSignIn).where(~_lately(now)))


def _held(ctx: Context, row: Hold) -> Held:
    family = ctx.families.get(row.target) if row.level == APP else None
    return Held(row.level, family.label if family else row.target, row.why, row.until)


def _refused(found: Trial) -> bool:
    """Return whether the last thing that was sent was refused; what never got an answer was not."""
    return bool(found.attempted) and found.attempted[-1] not in found.accepted and judge.refuses(found.problem)


def _lately(now: datetime) -> ColumnElement[bool]:
    return and_(col(RefusedSignIn.at) > now - judge.WINDOW, col(RefusedSignIn.at) <= now)


def _times(session: Session, address: str, now: datetime) -> Sequence[datetime]:
    return session.exec(
        select(RefusedSignIn.at)
        .where(RefusedSignIn.address == address, _lately(now))
        .order_by(col(RefusedSignIn.at).desc())
        .limit(judge.TYPED_AN_HOUR)
    ).all()


def _count(ctx: Context, session: Session, address: str, host: str, now: datetime) -> datetime | None:
    """Count one refused sign-in; return until when the schedule leaves the mailbox alone, None where it need not."""
    session.add(RefusedSignIn(address=address, host=host, at=now))
    session.flush()
    allowed = ctx.config.refused_sign_ins_per_host
    total, mailboxes = session.exec(
        select(func.count(), func.count(func.distinct(RefusedSignIn.address))).where(
            RefusedSignIn.host == host, _lately(now)
        )
    ).one()
    if total - mailboxes >= allowed:
        first = (
            select(func.min(RefusedSignIn.id))
            .where(RefusedSignIn.host == host, _lately(now))
            .group_by(col(RefusedSignIn.address))
        )
        repeated = session.exec(
            select(RefusedSignIn.at)
            .where(RefusedSignIn.host == host, _lately(now), col(RefusedSignIn.id).not_in(first))
            .order_by(col(RefusedSignIn.at).desc())
            .limit(allowed)
        ).all()
        until = judge.free_again(repeated, allowed, now)
        if until is not None:
            _hold(session, HOST, host, until, REFUSALS, now)
    return judge.free_again(_times(session, address, now), judge.REFUSED_AN_HOUR, now)


def _outgoing(ctx: Context, inbox: Inbox, found: Trial) -> str:
    """Return the server that a check stopped at which only sends; empty for any other."""
    family = ctx.families.get(inbox.provider)
    beyond = found.problem_stage in capabilities.BEYOND and found.problem_host not in {"", inbox.host}
    return found.problem_host if beyond and family is not None and not family.consents else ""


def _place(
    session: Session, inbox: Inbox, family: Provider | None, found: Trial, now: datetime
) -> tuple[str, str] | None:
    """Return the level and target that a wish to be left alone counts for beyond the inbox, if it does."""
    wide = judge.about_the_server(found.problem)
    if not wide and judge.throttles(found.problem):
        wide = (
            session.exec(
                select(Inbox.id)
                .where(
                    Inbox.host == inbox.host,
                    col(Inbox.id) != inbox.id,
                    col(Inbox.removed_at).is_(None),
                    Inbox.problem == found.problem,
                    col(Inbox.checked_at) > now - LATELY,
                )
                .limit(1)
            ).first()
            is not None
        )
    if not wide:
        return None
    if found.problem_host in {"", inbox.host}:
        return HOST, inbox.host
    # The service that renews what a sign-in gave is one for all inboxes of the provider.
    return (APP, inbox.provider) if family is not None and family.consents else None


def _hold(session: Session, level: str, target: str, until: datetime, why: str, now: datetime) -> None:
    """Leave something alone until then; what holds it longer already goes on doing so."""
    row = insert_into(session, Hold).values(level=level, target=target, until=until, why=why, since=now)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["level", "target"],
            set_={"until": until, "why": why, "since": now},
            where=or_(~_counts(now), col(Hold.until) < until),
        )
    )


def _later(ctx: Context, inbox: Inbox, until: datetime) -> None:
    if inbox.next_check is not None and inbox.next_check < until:
        # Not all at the same moment, and not before.
        inbox.next_check = until + judge.WINDOW * 0.05 * ctx.jitter()
