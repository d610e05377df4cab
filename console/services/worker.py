"""Whether a worker lives."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from console.services.context import Context
from console.store.models import WorkerPulse


def last_pulse(ctx: Context) -> datetime | None:
    """Return when any worker last said that it is alive."""
    with ctx.store.read() as session:
        return session.exec(select(func.max(col(WorkerPulse.at)))).one()
