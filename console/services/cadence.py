"""How often each provider's inboxes are checked: from the configuration, as an account admin set it, or by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, update
from sqlmodel import Session, col, select

from console.rules import cadence as judge
from console.rules.capabilities import BEYOND
from console.rules.health import Health
from console.rules.permissions import may
from console.rules.texts import N_
from console.services import settings, switches
from console.services.context import Actor, Context, NotFound, Refused
from console.store.models import Inbox

NAME = "checks"
CONFIGURATION, HERE, DEFAULT = "configuration", "here", "default"
# Inboxes that are pulled in come in so many groups, each at a time of its own.
GROUPS = 20
OUT_OF_BOUNDS = N_("Type whole minutes from 1 to 1440, which is a day.")


@dataclass(frozen=True)
class Interval:
    """How often, and where that comes from: configuration, here or default. `own` is False for what follows all."""

    every: timedelta
    source: str
    own: bool = True


@dataclass(frozen=True)
class Line:
    """One provider on the page of settings."""

    slug: str
    label: str
    icon: str
    interval: Interval
    inboxes: int

    @property
    def an_hour(self) -> int:
        """How many checks an hour its inboxes take."""
        return judge.an_hour(self.inboxes, self.interval.every)


@dataclass(frozen=True)
class Cadence:
    """What is set, and what it means. `stored` says who changed it last and in which revision."""

    general: Interval
    lines: list[Line]
    stored: settings.Stored

    @property
    def inboxes(self) -> int:
        """How many inboxes are checked."""
        return sum(line.inboxes for line in self.lines)

    @property
    def an_hour(self) -> int:
        """How many checks an hour that takes."""
        return sum(line.an_hour for line in self.lines)


class Intervals:
    """The intervals of all providers, from one look at what is set.

    What the configuration sets wins, and what is set for one provider wins over what is set for all.
    """

    def __init__(self, ctx: Context, value: Mapping[str, Any]) -> None:
        by_provider = value.get("providers")
        self._here = by_provider if isinstance(by_provider, dict) else {}
        self._fixed = ctx.config.check_every_by_provider
        self.general = self._general(ctx, value.get("every"))

    def of(self, slug: str) -> Interval:
        """Return the interval of one provider's inboxes."""
        if slug in self._fixed:
            return Interval(timedelta(seconds=self._fixed[slug]), CONFIGURATION)
        here = judge.sensible(self._here.get(slug))
        return Interval(here, HERE) if here else Interval(self.general.every, self.general.source, own=False)

    def every(self, slug: str) -> timedelta:
        """Return how often one provider's inboxes are checked."""
        return self.of(slug).every

    @staticmethod
    def _general(ctx: Context, typed: object) -> Interval:
        if "check_every" in ctx.config.model_fields_set:
            return Interval(timedelta(seconds=ctx.config.check_every), CONFIGURATION)
        here = judge.sensible(typed)
        return Interval(here, HERE) if here else Interval(timedelta(seconds=ctx.config.check_every), DEFAULT)


def intervals(ctx: Context, session: Session | None = None) -> Intervals:
    """Return the intervals of all providers, in one query at most."""
    if session is None:
        with ctx.store.read() as own:
            return intervals(ctx, own)
    return Intervals(ctx, settings.read(session, NAME))


def every(ctx: Context, session: Session | None, provider: str) -> timedelta:
    """Return how often the healthy inboxes of a provider are checked; for many inboxes, ask `intervals` once."""
    return intervals(ctx, session).every(provider)


def shown(ctx: Context, value: Mapping[str, Any] | None = None) -> Cadence:
    """Return what is set and what it means; with `value`, what it would mean if that were set here."""
    with ctx.store.read() as session:
        stored = settings.stored(session, NAME)
        counts: dict[str, int] = dict(
            session.exec(
                select(col(Inbox.provider), func.count())
                .where(col(Inbox.removed_at).is_(None), ~switches.is_off())
                .group_by(col(Inbox.provider))
            ).all()
        )
    found = Intervals(ctx, stored.value if value is None else value)
    lines = [
        Line(family.slug, family.label, family.icon, found.of(family.slug), counts.get(family.slug, 0))
        for family in ctx.families
    ]
    return Cadence(found.general, lines, stored)


def value_of(ctx: Context, general: int | None, own: Mapping[str, int | None]) -> dict[str, Any]:
    """Return what is stored for intervals in minutes, for all and by provider; None follows what counts without it.

    What the configuration sets is left out. Raises Refused with "every", or the slug, as its field.
    """
    for field, minutes in {"every": general, **own}.items():
        if minutes is not None and judge.sensible(minutes * 60) is None:
            raise Refused(OUT_OF_BOUNDS, field=field)
    found: dict[str, Any] = {}
    if general is not None and "check_every" not in ctx.config.model_fields_set:
        found["every"] = general * 60
    fixed = ctx.config.check_every_by_provider
    providers = {
        slug: minutes * 60
        for slug, minutes in own.items()
        if minutes is not None and ctx.families.get(slug) is not None and slug not in fixed
    }
    return {**found, "providers": providers} if providers else found


def change(
    ctx: Context, actor: Actor, general: int | None, own: Mapping[str, int | None], *, revision: int | None
) -> Cadence:
    """Set the intervals as `value_of` takes them, and return what counts then.

    Inboxes that would wait longer than their new interval are pulled in, each at a time of its own. Raises NotFound,
    Refused.
    """
    if not may(actor.role, "settings.manage", own=False):
        raise NotFound
    value = value_of(ctx, general, own)
    with ctx.store.write() as session:
        before = intervals(ctx, session)
        settings.write(ctx, session, actor, NAME, value, revision=revision)
        after = Intervals(ctx, value)
        for family in ctx.families:
            if after.every(family.slug) < before.every(family.slug):
                _pull_in(ctx, session, family.slug, after.every(family.slug))
    return shown(ctx)


def mend(ctx: Context, now: datetime) -> None:
    """Make the inboxes due that would be checked later than any may: a clock that was wrong has said so."""
    with ctx.store.write() as session:
        session.execute(
            update(Inbox)
            .where(col(Inbox.removed_at).is_(None), col(Inbox.next_check) > now + judge.FARTHEST)
            .values(next_check=now)
            .execution_options(synchronize_session=False)
        )


def _pull_in(ctx: Context, session: Session, slug: str, wait: timedelta) -> None:
    """Let no inbox of a provider that nothing is wrong with wait longer than its new interval."""
    now = ctx.clock()
    for group in range(GROUPS):
        session.execute(
            update(Inbox)
            .where(
                col(Inbox.provider) == slug,
                col(Inbox.removed_at).is_(None),
                col(Inbox.next_check) > judge.latest(now, wait),
                # Whoever waits for a server to come back waits for that, and not for the clock of the healthy; where it
                # is one for sending only, the inbox is read as often as any.
                or_(
                    and_(col(Inbox.health).in_((Health.HEALTHY, Health.DEGRADED)), col(Inbox.strikes) == 0),
                    col(Inbox.problem_stage).in_(BEYOND),
                ),
                col(Inbox.id) % GROUPS == group,
            )
            .values(next_check=now + wait * ((group + ctx.jitter()) / GROUPS))
            .execution_options(synchronize_session=False)
        )
