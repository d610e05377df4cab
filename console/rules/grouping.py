"""From inboxes that dropped to incidents: what is one cause, at the narrowest level that explains the drops.

A group becomes an incident as soon as three of its inboxes or a fifth of it, whichever is more, fail alike. An outage
has many signs; refusals are a wave once so many say the same, and then others that are refused belong to it. A wider
group explains more than a narrower one within it only when the rest of it, on its own, has reached that threshold too:
a server that is down says nothing about its provider, two of them may.

Who is checked less often than once in that quarter of an hour cannot fail in it: a fifth is one of those that are
looked at within it, by how often they are checked, or their sending is.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from console.rules.alike import CERTIFICATE, Nature, alike, says
from console.rules.capabilities import FULL_EVERY

HOST, DOMAIN, APP, PROVIDER = "host", "domain", "app", "provider"
# From narrow to wide.
LEVELS = (HOST, DOMAIN, APP, PROVIDER)
FEWEST, ONE_IN = 3, 5
# What fails alike within so long is counted together.
WITHIN = timedelta(minutes=15)


class Place(NamedTuple):
    """Where an inbox belongs: its server, its mail domain, the app it signs in with, its provider; empty for none."""

    host: str
    domain: str
    app: str
    provider: str

    def at(self, level: str) -> str:
        """Return which one it is of a level."""
        return self[LEVELS.index(level)]


@dataclass(frozen=True)
class Drop:
    """An inbox that fails: where it belongs, its problem, and the incident it is in already.

    `recent` says that it began to fail so within the last quarter of an hour: only that counts for a threshold.
    `problem_host` is the server that the problem is about, which may be another than that of its place. `seldom` says
    that only a full check could find it, such as that nothing can be sent.
    """

    inbox_id: int
    place: Place
    problem: str
    incident_id: int | None = None
    recent: bool = True
    problem_host: str = ""
    seldom: bool = False


@dataclass(frozen=True)
class Known:
    """An incident that is open and takes more inboxes in. `kind` is that of `alike`."""

    id: int
    level: str
    target: str
    kind: str


@dataclass(frozen=True)
class Plan:
    """What becomes of one group: the incident it is (None for a new one), its place, and who joins it.

    `swallowed` are other incidents that turned out to be this one.
    """

    incident_id: int | None
    level: str
    target: str
    kind: str
    joining: frozenset[int]
    swallowed: frozenset[int] = frozenset()


@dataclass(eq=False)
class _Group:
    known: Known | None
    level: str
    target: str
    recent: set[Drop] = field(default_factory=set)
    joining: set[int] = field(default_factory=set)
    swallowed: set[int] = field(default_factory=set)

    def holds(self, place: Place) -> bool:
        return place.at(self.level) == self.target

    def takes(self, drop: Drop) -> bool:
        return _where(drop, self.level) == self.target

    def take(self, drop: Drop) -> None:
        self.joining.add(drop.inbox_id)
        if drop.recent:
            self.recent.add(drop)

    @property
    def changed(self) -> bool:
        known = self.known
        return bool(self.joining or self.swallowed) or known is None or (known.level, known.target) != self.place

    @property
    def place(self) -> tuple[str, str]:
        return self.level, self.target


def needed(size: float) -> int:
    """Return how many of a group of this size have to fail alike to be one incident."""
    return max(FEWEST, math.ceil(round(size / ONE_IN, 6)))


def share(every: timedelta) -> float:
    """Return which part of the inboxes that are checked so often is looked at `WITHIN` the time that counts."""
    return min(1.0, WITHIN / every)


def shows_within(size: int, every: timedelta) -> timedelta:
    """Return how long after the first a wave over a group shows, when each of `size` is checked so often.

    A fifth is added, by which checks are spread. A group that is too small for an incident never shows one.
    """
    if size < FEWEST:
        return timedelta(0)
    return min(WITHIN, every * (needed(size * share(every)) / size) * 1.2)


def group(
    drops: Iterable[Drop],
    known: Iterable[Known],
    sizes: Mapping[Place, int],
    every: Mapping[str, timedelta] = MappingProxyType({}),
) -> list[Plan]:
    """Return what has to change so that every inbox is where it belongs; an inbox is in one incident at a time.

    `sizes` are the numbers of connected, switched-on inboxes by place, `every` is how often a provider's are checked,
    for those that are checked less often than usual.
    """
    often = {place: number * share(every.get(place.provider, WITHIN)) for place, number in sizes.items()}
    full = {place: min(often[place], number * share(FULL_EVERY)) for place, number in sizes.items()}
    by_kind: dict[str, list[Drop]] = {}
    for drop in drops:
        if (kind := alike(drop.problem)) is not None:
            by_kind.setdefault(kind, []).append(drop)
    incidents = list(known)
    return [
        plan
        for kind, found in sorted(by_kind.items())
        for plan in _of_kind(kind, found, [incident for incident in incidents if incident.kind == kind], often, full)
    ]


def _of_kind(
    kind: str, drops: list[Drop], known: list[Known], often: Mapping[Place, float], full: Mapping[Place, float]
) -> Iterator[Plan]:
    groups, by_id = _known_groups(known)
    for drop in drops:
        if drop.recent and drop.incident_id in by_id:
            by_id[drop.incident_id].recent.add(drop)
    free = [drop for drop in drops if drop.incident_id is None and (drop.recent or kind != Nature.REFUSALS)]
    free = _join(free, groups)
    if kind in CERTIFICATE:
        targets = {_where(drop, HOST) for drop in free} - {""}
        groups += [_Group(None, HOST, target) for target in sorted(targets)]
    else:
        for level in LEVELS:
            for target in sorted({drop.place.at(level) for drop in drops} - {""}):
                _widen(level, target, free, groups, often, full)
                free = _join(free, groups)
    _join(free, groups)
    for group in groups:
        if group.changed:
            yield Plan(
                group.known.id if group.known else None,
                group.level,
                group.target,
                kind,
                frozenset(group.joining),
                frozenset(group.swallowed),
            )


def _known_groups(known: list[Known]) -> tuple[list[_Group], dict[int, _Group]]:
    """Return a group for each place, and those by incident: two of one place are the older."""
    by_place: dict[tuple[str, str], _Group] = {}
    by_id: dict[int, _Group] = {}
    for incident in sorted(known, key=lambda one: one.id):
        group = by_place.setdefault(
            (incident.level, incident.target), _Group(incident, incident.level, incident.target)
        )
        if group.known is not incident:
            group.swallowed.add(incident.id)
        by_id[incident.id] = group
    return list(by_place.values()), by_id


def _where(drop: Drop, level: str) -> str:
    if level == HOST and drop.problem in CERTIFICATE:
        return drop.problem_host or drop.place.host
    return drop.place.at(level)


def _join(free: list[Drop], groups: list[_Group]) -> list[Drop]:
    """Put every drop into the narrowest group that takes it, and return those that none takes."""
    narrow = sorted(groups, key=lambda group: LEVELS.index(group.level))
    left = []
    for drop in free:
        group = next((group for group in narrow if group.takes(drop)), None)
        if group is None:
            left.append(drop)
        else:
            group.take(drop)
    return left


def _number(failing: list[Drop]) -> int:
    """Return how many count together: of refusals only what says the same, as each may have a reason of its own."""
    if any(alike(drop.problem) != Nature.REFUSALS for drop in failing):
        return len(failing)
    return max(Counter(says(drop.problem) for drop in failing).values(), default=0)


def _widen(
    level: str,
    target: str,
    free: list[Drop],
    groups: list[_Group],
    often: Mapping[Place, float],
    full: Mapping[Place, float],
) -> None:
    """Make a group of this level and target, out of the narrower ones within it, if that explains more than they do."""
    if any(group.place == (level, target) for group in groups):
        return
    within = [
        group
        for group in groups
        if LEVELS.index(group.level) < LEVELS.index(level)
        and group.recent
        and all(drop.place.at(level) == target for drop in group.recent)
    ]
    largest = max(within, key=lambda group: len(group.recent), default=None)
    failing = [drop for drop in free if drop.recent and drop.place.at(level) == target]
    failing += [drop for group in within if group is not largest for drop in group.recent]
    rest = [place for place in often if place.at(level) == target and (largest is None or not largest.holds(place))]
    seldom = [drop for drop in failing if drop.seldom]
    if _number(failing) < needed(sum(often[place] for place in rest)) and (
        not seldom or _number(seldom) < needed(sum(full[place] for place in rest))
    ):
        return
    kept = min((group for group in within if group.known), key=lambda group: group.known.id, default=None)  # type: ignore[union-attr]
    wider = kept or _Group(None, level, target)
    wider.level, wider.target = level, target
    for group in within:
        if group is wider:
            continue
        wider.recent |= group.recent
        wider.joining |= group.joining
        if group.known is not None:
            wider.swallowed |= {group.known.id, *group.swallowed}
        groups.remove(group)
    if kept is None:
        groups.append(wider)
