"""`console check`: the same check as everywhere, with a plain answer for scripts."""

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any

from sqlmodel import col, select

from console.providers.base import StageResult
from console.rules.problems import problem
from console.services import checks, switches
from console.services.check_results import Outcome
from console.services.context import Context
from console.store.models import CheckRecord, Inbox


def check(ctx: Context, address: str | None) -> list[dict[str, Any]] | None:
    """Check one inbox, or with None every one that is switched on; return what each brought, by address.

    Disabled inboxes are left out; None means that no connected inbox which is switched on has the address. An inbox
    that somebody else is checking right now is reported as last known.
    """
    with ctx.store.read() as session:
        wanted = select(Inbox.id).where(col(Inbox.removed_at).is_(None), ~switches.is_off()).order_by(Inbox.address)
        if address is not None:
            wanted = wanted.where(Inbox.address == address)
        ids = [inbox_id for inbox_id in session.exec(wanted) if inbox_id is not None]
    if address is not None and not ids:
        return None
    outcomes = _run(ctx, ids)
    with ctx.store.read() as session:
        rows = session.exec(select(Inbox).where(col(Inbox.id).in_(ids)).order_by(Inbox.address)).all()
        results = []
        for inbox in rows:
            outcome = outcomes.get(inbox.id or 0)
            if outcome is not None:
                stages = outcome.trial.stages
            else:
                last = session.exec(
                    select(CheckRecord)
                    .where(CheckRecord.inbox_id == inbox.id)
                    .order_by(col(CheckRecord.id).desc())
                    .limit(1)
                ).first()
                stages = tuple(StageResult.from_dict(stage) for stage in last.stages) if last else ()
            results.append(_result(inbox, stages))
    return results


def _run(ctx: Context, ids: list[int]) -> dict[int, Outcome | None]:
    """Check the inboxes, as many at once as their servers have room for; None for those that somebody else checks.

    Where workers take the room, it is tried again for as long as any check comes through.
    """
    found: dict[int, Outcome | None] = dict.fromkeys(ids)
    with ctx.store.read() as session:
        hosts = dict(session.exec(select(Inbox.id, Inbox.host).where(col(Inbox.id).in_(ids))).all())
    gates = {host: BoundedSemaphore(ctx.config.checks_per_host) for host in set(hosts.values())}

    def run(inbox_id: int) -> Outcome | None:
        with gates[hosts[inbox_id]]:
            return checks.run(ctx, inbox_id, checks.SHELL)

    with ThreadPoolExecutor(ctx.config.check_threads) as pool:
        while left := [inbox_id for inbox_id, outcome in found.items() if outcome is None]:
            now = dict(zip(left, pool.map(run, left), strict=True))
            found |= now
            if not any(now.values()):
                break
    return found


def _result(inbox: Inbox, stages: tuple[StageResult, ...]) -> dict[str, Any]:
    return {
        "address": inbox.address,
        "health": inbox.health,
        "problem": inbox.problem,
        "who": problem(inbox.problem).who.value if inbox.problem else None,
        "stages": [
            {"name": stage.name, "state": stage.state, "ms": stage.ms, "problem": stage.problem} for stage in stages
        ],
    }
