"""Counts attempts in the database, so that limits hold over restarts and over all processes."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from console.store import insert_into
from console.store.models import Throttle

WINDOW = timedelta(minutes=15)
# What one subscriber is given at least (RFC 6177); within it, addresses cost nothing to change.
SUBNET = 64


def _window(now: datetime) -> datetime:
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def client(ip: str) -> str:
    """Return what stands for the client at `ip` in a bucket: the address, or the network of /64 of an IPv6 address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), SUBNET), strict=False))


def count(session: Session, bucket: str, now: datetime) -> int:
    """Return the attempts counted for `bucket` in this window and the one before: no window edge doubles the limit."""
    windows = (_window(now), _window(now) - WINDOW)
    total = session.exec(
        select(func.coalesce(func.sum(Throttle.count), 0)).where(
            Throttle.bucket == bucket, col(Throttle.window_start).in_(windows)
        )
    ).one()
    return int(total)


def add(session: Session, bucket: str, now: datetime) -> int:
    """Count one attempt and return the total of `count`. Concurrent callers each get a different total."""
    window = _window(now)
    session.execute(
        insert_into(session, Throttle)
        .values(bucket=bucket, window_start=window, count=1)
        .on_conflict_do_update(index_elements=["bucket", "window_start"], set_={"count": col(Throttle.count) + 1})
    )
    return count(session, bucket, now)


def give_back(session: Session, bucket: str, now: datetime) -> None:
    """Take one counted attempt back, after it turned out to be a good one."""
    session.execute(
        update(Throttle)
        .where(col(Throttle.bucket) == bucket, col(Throttle.window_start) == _window(now), col(Throttle.count) > 0)
        .values(count=col(Throttle.count) - 1)
    )


def forget(session: Session, bucket: str) -> None:
    """Drop what was counted for `bucket`."""
    session.execute(delete(Throttle).where(col(Throttle.bucket) == bucket))


def prune(session: Session, now: datetime) -> None:
    """Drop windows that no limit looks at any more."""
    session.execute(delete(Throttle).where(col(Throttle.window_start) < _window(now) - 2 * WINDOW))
