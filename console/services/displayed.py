"""What an inbox shows as, in SQL: the same answers that `inboxes.row_of` gives for one, for counts and filters."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from console.rules.alike import Nature
from console.rules.health import AHEAD, Health
from console.services import app_trouble, incidents, switches
from console.services.episodes import open_of
from console.store.episodes import Episode, Incident
from console.store.models import Inbox

DISABLED = "disabled"
# Worst first; what is switched off comes last, because nothing is wrong with it.
WORST_FIRST = (
    Health.FAILING.value,
    Health.NEEDS_SIGN_IN.value,
    Health.DEGRADED.value,
    Health.HEALTHY.value,
    DISABLED,
)
STALE, UNREADABLE = "proof-stale", "settings-unreadable"


def health(now: datetime) -> ColumnElement[Any]:
    """Return the expression of the health that an inbox shows at `now`; "disabled" where it is switched off."""
    held = _holding().is_not(None)
    return case(
        (switches.is_off(), DISABLED),
        (_unknown(), Health.FAILING.value),
        (_waits_for_app(), Health.DEGRADED.value),
        (and_(held, col(Inbox.health) == Health.NEEDS_SIGN_IN.value), Health.FAILING.value),
        (and_(held, col(Inbox.health) == Health.HEALTHY.value), Health.DEGRADED.value),
        (held, col(Inbox.health)),
        (_stale(now), Health.DEGRADED.value),
        else_=col(Inbox.health),
    )


def problem(now: datetime) -> ColumnElement[Any]:
    """Return the expression of the problem that an inbox shows at `now`; NULL where it has none."""
    return case(
        (_unknown(), UNREADABLE),
        (switches.is_off(), col(Inbox.problem)),
        (_waits_for_app(), app_trouble.problem_of_inbox()),
        (_holding().is_not(None), _holding()),
        (_stale(now), STALE),
        else_=col(Inbox.problem),
    )


def rank(health: ColumnElement[Any] | Mapped[str]) -> ColumnElement[Any]:
    """Return the expression of how bad a health is: 0 for disabled, 1 for healthy, more for worse."""
    worst = len(WORST_FIRST) - 1
    return case({name: worst - index for index, name in enumerate(WORST_FIRST)}, value=health, else_=worst)


def _unknown() -> ColumnElement[bool]:
    return col(Inbox.health).not_in([one.value for one in Health])


def _waits_for_app() -> ColumnElement[bool]:
    return and_(
        col(Inbox.health).in_([Health.HEALTHY.value, Health.DEGRADED.value]),
        app_trouble.problem_of_inbox().is_not(None),
    )


def _holding() -> ColumnElement[Any]:
    """Return the expression of the cause of the incident that holds an inbox; see `incidents.Membership`."""
    return (
        select(Incident.problem)
        .join(Episode, col(Episode.incident_id) == col(Incident.id))
        .where(
            open_of(col(Inbox.id)),
            incidents.unfinished(),
            col(Incident.nature) != Nature.SHARED.value,
            col(Incident.owners_told_from).is_(None),
        )
        .correlate(Inbox)
        .scalar_subquery()
    )


def _stale(now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Inbox.health) == Health.HEALTHY.value,
        or_(
            col(Inbox.proven_until).is_(None),
            col(Inbox.proven_until) < now,
            # Checked in the future: the clock was set back.
            col(Inbox.checked_at) > now + AHEAD,
        ),
    )
