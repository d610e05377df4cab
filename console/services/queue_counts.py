"""How many cases are open: expressions that other statements take along."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, true
from sqlmodel import col, select

from console.services.cases import EPISODE, INCIDENT, handling_of, ripe, sleeping
from console.store.cases import Handling
from console.store.episodes import Episode, Incident

_ANY = true()


def open_count(now: datetime) -> Any:
    """Return the expression of how many cases are open and awake."""
    return open_incidents(now) + open_singles(now)


def handed_count(now: datetime) -> Any:
    """Return the expression of how many open cases were handed to the account admins and taken by none of them yet."""
    left = and_(col(Handling.handed_at).is_not(None), col(Handling.taken_by_id).is_(None))
    return open_incidents(now, left) + open_singles(now, left)


def open_incidents(now: datetime, only: ColumnElement[bool] = _ANY) -> Any:
    """Return the expression of how many incidents are open and awake, of those of which `only` is true."""
    return (
        select(func.count(col(Incident.id)))
        .outerjoin(Handling, handling_of(INCIDENT))
        .where(col(Incident.ended_at).is_(None), sleeping(INCIDENT, now) == 0, only)
        .scalar_subquery()
    )


def open_singles(now: datetime, only: ColumnElement[bool] = _ANY) -> Any:
    """Return the expression of how many single problems are ripe and awake, of those of which `only` is true."""
    return (
        select(func.count(col(Episode.id)))
        .outerjoin(Incident, col(Incident.id) == col(Episode.incident_id))
        .outerjoin(Handling, handling_of(EPISODE))
        .where(ripe(now), sleeping(EPISODE, now) == 0, only)
        .scalar_subquery()
    )
