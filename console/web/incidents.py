"""Incidents in the reader's words: where, who must act, the one next step, the time line, and a text for IT."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.discovery.addresses import shown
from console.rules.alike import Nature
from console.rules.texts import N_
from console.services.incident_views import IncidentCard, Line
from console.web.current import context
from console.web.texts import say, say_many
from console.web.times import exact
from console.web.wording import STAGE_LABELS, ProblemView, mended_by, problem_view

PLACES = {
    "host": N_("the server %(target)s"),
    "domain": N_("the mail domain %(target)s"),
    "app": N_("the app at %(target)s"),
    "provider": N_("everything at %(target)s"),
}
STATES = {
    "open": (N_("Going on"), "alert-triangle-filled"),
    "recovering": (N_("Recovering"), "refresh"),
    "over": (N_("Over"), "circle-check"),
}


@dataclass(frozen=True)
class IncidentView:
    """An incident card with its words. `problem` is the cause, `lead` one sentence on what the console does now."""

    card: IncidentCard
    problem: ProblemView
    place: str
    state_label: str
    state_icon: str
    lead: str
    told: str
    timeline: list[dict[str, Any]]
    text_for_it: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.card, name)


def incident_view(card: IncidentCard) -> IncidentView:
    """Return an incident in the reader's words."""
    found = mended_by(problem_view(card.problem, host=card.host), card.provider)
    assert found is not None
    place = say(PLACES.get(card.level, "%(target)s"), target=card.target_label)
    label, icon = STATES.get(card.state, STATES["open"])
    return IncidentView(
        card=card,
        problem=found,
        place=place,
        state_label=say(label),
        state_icon=icon,
        lead=_lead(card),
        told=_told(card),
        timeline=[{"at": line.at, "icon": _icon(line), "text": _line(card, line)} for line in card.timeline],
        text_for_it=_text_for_it(card, found, place),
    )


def _lead(card: IncidentCard) -> str:
    if card.state == "over":
        return say(N_("It is over."))
    if card.problem == "switched-off":
        if card.acts_name:
            return say(N_("%(name)s switched it off. Nothing is checked until it is on again."), name=card.acts_name)
        return say(N_("Nothing is checked until it is on again."))
    if card.state == "recovering":
        return say_many(
            N_("One inbox got through; %(num)s other follows."),
            N_("One inbox got through; %(num)s others follow."),
            card.inboxes,
        )
    if card.owners_told_from is not None:
        return say(N_("It lasted, so it is real: each inbox shows its own problem, and its owner is told."))
    if card.canary is None or not card.canary.address:
        return say(N_("The inboxes wait. Test one of them by hand when the cause is mended; the others follow."))
    return say(
        N_("Wait. We try %(address)s for all of them; the others follow by themselves."),
        address=shown(card.canary.address),
    )


def _told(card: IncidentCard) -> str:
    if card.held:
        return say(N_("Owners are told nothing."))
    return say(N_("%(told)s of %(people)s owners told"), told=card.told, people=max(card.people, card.told))


def _icon(line: Line) -> str:
    if line.what == "canary":
        return "check" if line.values.get("result") == "passed" else "x"
    return {
        "opened": "alert-triangle-filled",
        "passed": "check",
        "cause-gone": "check",
        "over": "circle-check",
        "real": "send",
        "joined": "plus",
        "left": "minus",
        "relapsed": "alert-triangle-filled",
    }.get(line.what, "arrow-right")


def _line(card: IncidentCard, line: Line) -> str:
    values = line.values
    number = values.get("inboxes") if isinstance(values.get("inboxes"), int) else 0
    if line.what == "canary":
        cause = problem_view(str(values["problem"]), host=card.host) if values.get("problem") else None
        if values.get("result") == "passed":
            return say(N_("One inbox was tried for all and got through"))
        if cause is not None:
            return say(N_("One inbox was tried for all: %(problem)s"), problem=cause.title)
        return say(N_("One inbox is tried for all"))
    if line.what == "joined":
        return say_many(N_("%(num)s more inbox joined"), N_("%(num)s more inboxes joined"), number or 0)
    if line.what == "left":
        return say_many(
            N_("%(num)s inbox left it, with a problem of its own"),
            N_("%(num)s inboxes left it, each with a problem of its own"),
            number or 0,
        )
    if line.what == "widened":
        return say(
            N_("Widened from %(before)s to %(after)s"),
            before=_place(values.get("from_level"), values.get("from")),
            after=_place(values.get("level"), values.get("to")),
        )
    if line.what == "swallowed-one":
        return say(
            N_("The incident of %(place)s became part of it"), place=_place(values.get("level"), values.get("target"))
        )
    texts = {
        "opened": N_("Opened"),
        "swallowed": N_("Became part of a wider incident"),
        "passed": N_("One inbox got through; the others follow"),
        "cause-gone": N_("The cause was mended; the inboxes follow"),
        "relapsed": N_("Too many failed as before; one is tried for all again"),
        "turned": N_("The server answers again, but refuses sign-ins"),
        "real": N_("It lasted an hour: owners are told"),
        "over": N_("Over"),
    }
    return say(texts.get(line.what, line.what))


def _place(level: Any, target: Any) -> str:
    family = context().families.get(str(target))
    return say(PLACES.get(str(level), "%(target)s"), target=say(family.label) if family is not None else target)


def _text_for_it(card: IncidentCard, found: ProblemView, place: str) -> str:
    """Return what a mail admin is sent: what, since when, which server, what it said, what to do. Plain text."""
    lines = [
        say(N_("%(title)s: %(place)s"), title=found.title, place=place),
        "",
        found.what,
        "",
        _row(N_("Since"), exact(card.since)),
    ]
    if card.ended_at is not None:
        lines.append(_row(N_("Over since"), exact(card.ended_at)))
    mailboxes = say_many(N_("%(num)s mailbox"), N_("%(num)s mailboxes"), max(card.inboxes, card.most_inboxes))
    lines.append(_row(N_("Affected"), mailboxes))
    if card.host:
        lines.append(_row(N_("Server"), card.host))
    if card.stage:
        lines.append(_row(N_("Step that fails"), say(STAGE_LABELS.get(card.stage, card.stage))))
    if card.server_text:
        lines.append(_row(N_("The server said"), card.server_text))
    tried = _last_try(card)
    if tried is not None:
        lines.append(_row(N_("Last tried"), exact(tried)))
    lines += ["", say(N_("What to do"))]
    steps = found.steps or (found.step,)
    lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    if card.nature == Nature.OUTAGE:
        lines += ["", say(N_("No password is at fault. The mailboxes go on by themselves when the server answers."))]
    return "\n".join(lines) + "\n"


def _row(label: str, value: str) -> str:
    return f"{say(label)}: {value}"


def _last_try(card: IncidentCard) -> datetime | None:
    return next((line.at for line in reversed(card.timeline) if line.what == "canary"), None)
