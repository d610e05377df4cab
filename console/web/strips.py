"""Strips of thirty days, drawn here as SVG: what looks how is said by classes, since no style may stand in a page.

The height of a bar repeats its colour, so that a strip reads in grey and in print.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.rules.problems import problem
from console.rules.texts import N_
from console.services.days import Day, ProviderDay, worse
from console.services.inboxes import InboxRow
from console.web.texts import say, say_many
from console.web.times import date_words
from console.web.wording import HEALTH_LABELS

LIST, PAGE, PROVIDER = (120, 20), (520, 40), (460, 28)
# How high the bar of a health stands, as a share of the strip; what is disabled or unknown has a line of 3 px.
HEIGHTS = {"healthy": 0.45, "degraded": 0.75, "failing": 1.0, "needs-sign-in": 1.0}
LINE = 3
# From the bottom of a provider's column upwards.
STACKED = ("failing", "needs-sign-in", "degraded")
TODAY = {
    "degraded": N_("degraded today"),
    "failing": N_("failing today"),
    "needs-sign-in": N_("needs sign-in today"),
    "disabled": N_("disabled today"),
}


@dataclass(frozen=True)
class DayView:
    """One day in words. `health` is "none" where nothing is known."""

    on: str
    health: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Strip:
    """A drawing, what it says, and the same day by day, the newest first."""

    svg: Markup
    text: str
    days: list[DayView]
    first: str
    healthy: int = 0
    known: int = 0


def of_inbox(days: Sequence[Day], row: InboxRow, size: tuple[int, int] = LIST) -> Strip:
    """Return the strip of one inbox. Today's bar is never better than what the inbox shows now."""
    shown = [*days]
    if shown:
        now = "disabled" if row.switch == "off" else row.health
        last = shown[-1]
        if last.health is None or worse(now, last.health) != last.health:
            shown[-1] = Day(last.on, now, row.problem)
    known = [day for day in shown if day.health not in {None, "disabled"}]
    healthy = sum(day.health == "healthy" for day in known)
    text = say_many(
        "%(healthy)s of %(num)s day healthy", "%(healthy)s of %(num)s days healthy", len(known), healthy=healthy
    )
    today = TODAY.get(shown[-1].health or "") if shown else None
    if today:
        text = f"{text}, {say(today)}"
    views = [_view(day) for day in reversed(shown)]
    return Strip(
        _bars([view.health for view in reversed(views)], size, text), text, views, views[-1].on, healthy, len(known)
    )


def _view(day: Day) -> DayView:
    labels = {**HEALTH_LABELS, "disabled": N_("Disabled")}
    label = say(labels[day.health]) if day.health in labels else say(N_("Nothing known"))
    detail = ""
    if day.problem and day.health not in {None, "healthy", "disabled"}:
        detail = say(problem(day.problem).title, host=say(N_("the server")), address="")
        detail = detail[:1].upper() + detail[1:]
    return DayView(date_words(day.on), day.health or "none", label, detail)


def _bars(healths: Sequence[str], size: tuple[int, int], text: str) -> Markup:
    width, height = size
    step = width / max(1, len(healths))
    bar = round(step * (0.75 if step < 6 else 0.8), 2)
    boxes: dict[str, list[str]] = {}
    for index, health in enumerate(healths):
        x, tall = round(index * step, 2), round(height * HEIGHTS.get(health, 0), 2) or LINE
        found = boxes.setdefault(health if health in HEIGHTS or health == "disabled" else "none", [])
        if health == "needs-sign-in":
            # Cut in two, so that it is no failing bar in another colour.
            top, gap = round(height * 0.28, 2), max(1.5, height / 20)
            found += [_box(x, 0, bar, top), _box(x, top + gap, bar, round(height - top - gap, 2))]
        else:
            found.append(_box(x, round(height - tall, 2), bar, tall))
    return _svg(size, text, boxes)


def of_provider(days: Sequence[ProviderDay], label: str) -> Strip:
    """Return the strip of a provider: the share of its inboxes that had a problem, day by day."""
    width, height = PROVIDER
    step = width / max(1, len(days))
    bar = round(step * 0.8, 2)
    boxes: dict[str, list[str]] = {}
    for index, day in enumerate(days):
        x, base = round(index * step, 2), float(height)
        if not day.known:
            boxes.setdefault("none", []).append(_box(x, height - LINE, bar, LINE))
            continue
        boxes.setdefault("track", []).append(_box(x, 0, bar, height))
        for health in STACKED:
            if number := day.counts.get(health, 0):
                tall = min(max(float(LINE), round(height * number / day.known, 2)), base)
                base = round(base - tall, 2)
                boxes.setdefault(health, []).append(_box(x, base, bar, tall))
    known, healthy = sum(day.known for day in days), sum(day.healthy for day in days)
    text = say(N_("%(provider)s: nothing known yet"), provider=label)
    if known:
        values = {"provider": label, "share": share(healthy, known)}
        seen = sum(day.known > 0 for day in days)
        if seen == len(days):
            text = say(N_("%(provider)s: %(share)s healthy over the last 30 days"), **values)
        else:
            text = say_many(
                "%(provider)s: %(share)s healthy on the one day that is known",
                "%(provider)s: %(share)s healthy over the %(num)s days that are known",
                seen,
                **values,
            )
        today = days[-1]
        if ill := today.known - today.healthy:
            with_problem = say(N_("%(number)s of %(known)s with a problem today"), number=ill, known=today.known)
            text = f"{text}, {with_problem}"
    views = [
        DayView(
            date_words(day.on),
            "none" if not day.known else "healthy" if day.known == day.healthy else "degraded",
            say(N_("%(number)s of %(known)s"), number=day.known - day.healthy, known=day.known) if day.known else "",
        )
        for day in reversed(days)
    ]
    drawn = _svg(PROVIDER, text, boxes)
    return Strip(drawn, text, views, views[-1].on if views else "", healthy, known)


def shares(numbers: Sequence[tuple[str, int]], size: tuple[int, int] = (1000, 6)) -> Markup:
    """Return one bar whose parts are as long as their numbers; what is there is seen, however little it is."""
    width, height = size
    present = [(name, number) for name, number in numbers if number]
    total, gap, least = sum(number for _, number in present), 2.0, 6.0
    room = width - gap * max(0, len(present) - 1)
    wide = {name: max(least, room * number / total) for name, number in present}
    scale = room / sum(wide.values()) if wide else 1
    boxes, x = {}, 0.0
    for name, length in wide.items():
        boxes[name] = [_box(round(x, 2), 0, round(length * scale, 2), height)]
        x += length * scale + gap
    return _svg(size, "", boxes)


def share(part: int, whole: int) -> str:
    """Return a share in per cent: "99.4 %"; never 100 % where something is missing."""
    if not whole or part == whole:
        return "100 %" if whole else ""
    return f"{min(99.9, round(100 * part / whole, 1)):.1f} %"


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:g} {y:g}h{width:g}v{height:g}h-{width:g}z"


def _svg(size: tuple[int, int], text: str, boxes: dict[str, list[str]]) -> Markup:
    width, height = size
    # The tracks come first, so that what fills them lies on top.
    paths = [
        Markup('<path class="c-bar-{}" d="{}"/>').format(name, "".join(boxes[name]))
        for name in sorted(boxes, key=lambda name: name != "track")
    ]
    told = Markup('role="img" aria-label="{}"').format(text) if text else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="c-strip" viewBox="0 0 {0} {1}" width="{0}" height="{1}" preserveAspectRatio="none" {2}>{3}</svg>'
    ).format(width, height, told, Markup("").join(paths))
