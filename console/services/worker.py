"""Whether a worker lives."""

from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from console.store.models import WorkerPulse


def last_pulse() -> Any:
    """Return the expression of when any worker last said that it is alive; NULL where none ever did."""
    return select(func.max(col(WorkerPulse.at))).scalar_subquery()
