"""When an inbox is checked next, and why then: what its page says below the last check."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from console.rules import capabilities
from console.rules.problems import Kind, Retry, problem
from console.services import holds, room, standing
from console.services.context import Context
from console.services.holds import Held
from console.services.incidents import Membership
from console.store.models import Inbox

APP, INCIDENT, CANARY, HELD, STOPPED, DUE, USUAL, SOON, HOURLY, DAILY = (
    "app",
    "incident",
    "canary",
    "held",
    "stopped",
    "due",
    "usual",
    "soon",
    "hourly",
    "daily",
)
_BY_RETRY = {Retry.BACKOFF: SOON, Retry.HOURLY: HOURLY, Retry.DAILY: DAILY, Retry.STOP: USUAL}


@dataclass(frozen=True)
class Outlook:
    """When an inbox is checked next (`at`, None where it waits for a person), and why then.

    `kind` is app (its provider does not take the organisation's app), incident (it waits while another inbox is tried
    for all of its incident, at `at`, None where none of them may be), canary (it is that other one), held (`held` says
    by what), stopped (`attempts` sign-ins were sent since the problem stands, `since` then), due, usual (`every` so
    often), soon (after a failure that passes), hourly or daily.

    Of an inbox that is read as ever while the rest waits, `sending` says for what, as another outlook of kind incident
    or held.
    """

    kind: str
    at: datetime | None
    every: timedelta
    attempts: int = 0
    since: datetime | None = None
    held: Held | None = None
    sending: "Outlook | None" = None


def of_inbox(
    ctx: Context,
    session: Session,
    inbox: Inbox,
    every: timedelta,
    app_refused: bool,
    now: datetime,
    incident: Membership | None = None,
) -> Outlook:
    """Return when an inbox that is switched on is checked next, and why then, and what its sending waits for.

    `every` is how often healthy inboxes of its provider are checked; `app_refused` says that the organisation's app at
    the provider is not taken; `incident` is the one that the inbox is in.
    """
    found = _of_reading(ctx, session, inbox, every, app_refused, now, incident)
    if found.kind in {APP, INCIDENT, CANARY, HELD, STOPPED}:
        return found
    if incident is not None and incident.sending_waits:
        return replace(found, sending=Outlook(INCIDENT, incident.next_try, every))
    held = room.sending_held(ctx, session, inbox, now) if inbox.receives_only is None else None
    return found if held is None else replace(found, sending=Outlook(HELD, held.until, every, held=held))


def _of_reading(
    ctx: Context,
    session: Session,
    inbox: Inbox,
    every: timedelta,
    app_refused: bool,
    now: datetime,
    incident: Membership | None,
) -> Outlook:
    attempts, since, at = inbox.attempts, inbox.problem_since, inbox.next_check
    held = holds.of_inbox(ctx, session, inbox, now)
    if incident is not None and (incident.waits or incident.tried):
        turn = incident.next_try
        if turn is not None and held is not None:
            turn = max(turn, held.until)
        return Outlook(CANARY if incident.tried else INCIDENT, turn, every, attempts, since)
    if held is not None and at is not None:
        return Outlook(HELD, max(at, held.until), every, attempts, since, held)
    if at is None:
        return Outlook(STOPPED, None, every, attempts, since)
    if app_refused:
        return Outlook(APP, at, every, attempts, since)
    if at <= now:
        return Outlook(DUE, at, every, attempts, since)
    # Only what keeps even a short check from passing decides when the next one is.
    blocking = capabilities.blocking(standing.of(inbox))
    entry = problem(blocking.problem) if blocking is not None else None
    kind = USUAL if entry is None or entry.kind is Kind.WARNING else _BY_RETRY[entry.retry]
    return Outlook(kind, at, every, attempts, since)
