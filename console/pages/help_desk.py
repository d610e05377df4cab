"""The help desk: the queue of what is wrong, one case in full, and what staff do about it."""

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from wtforms import Field, Form, StringField, TextAreaField

from console.discovery.domains import a_label
from console.rules.explain import explain
from console.rules.problems import CATALOGUE, UNKNOWN
from console.rules.replies import LONGEST, tidy
from console.rules.scrubbing import without_secrets
from console.rules.texts import N_
from console.services import cases, desk, handlings, links, queue, queue_choices, queue_filters
from console.services.cases import Ref
from console.services.context import NotFound, Refused
from console.services.desk import Desk
from console.services.queue_filters import Filters
from console.web import times
from console.web.cadence import tell_what_rests
from console.web.cases import case_view
from console.web.current import actor, context
from console.web.forms import LONGEST_ECHO, read
from console.web.guard import allows
from console.web.happenings import happening_view, incident_lines
from console.web.help_desk import address_of
from console.web.htmx import vary, wants_fragment
from console.web.incidents import IncidentView, incident_view
from console.web.panel import go, invalid, panel, tell
from console.web.problems import entry_view
from console.web.queue import queue_view
from console.web.sent_links import page_of, remember
from console.web.steady import Part, part
from console.web.texts import lazy, say

pages = Blueprint("help_desk", __name__, url_prefix="/help-desk")

PARTS = ("count", "filters", "queue", "case", "around", "notes")
ACTIONS = {
    "give-back": (handlings.give_back, N_("Given back.")),
    "wake": (handlings.wake, N_("The case is awake again.")),
    "hand": (handlings.hand, N_("Handed to the account admins.")),
    "take-back": (handlings.take_back, N_("Taken back from the account admins.")),
}


class NoteForm(Form):
    text = TextAreaField(lazy(N_("Add a note for the next colleague")))


class SnoozeForm(Form):
    choice = StringField("")
    until = StringField(lazy(N_("Until")))


class TextForm(Form):
    text = StringField(lazy(N_("Paste an error that a user reads out")))


def _filters() -> Filters:
    given = request.args

    def kept(name: str) -> str:
        # It is shown as it was typed, so nothing in it may turn or break what stands around it.
        return tidy(given.get(name, "")[:253])

    page = given.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    taken, whose = kept("taken"), kept("who")
    return Filters(
        who=whose if whose in {one.value for one in queue_filters.WHO} else "",
        domain=a_label(kept("domain")) if kept("domain") else "",
        provider=kept("provider"),
        problem=kept("problem"),
        taken=taken if taken in {queue_choices.ME, queue_filters.NOBODY, queue_filters.ADMINS} else "",
        asleep=given.get("asleep") == "1",
        q=kept("q"),
        page=min(max(number, 1), queue.LAST_PAGE),
    )


@pages.get("")
@allows("help-desk.see")
def index() -> Response:
    chosen = cases.named(request.args.get("case", ""))
    if request.args.get("case") and chosen is None:
        abort(404)
    code = request.args.get("explain", "")
    entry = CATALOGUE.get(code)
    explained = entry_view(entry, request.args.get("of", "")) if entry else None
    try:
        values = _values(chosen)
    except _Moved as moved:
        tell(N_("This inbox is part of an incident now. Its notes are kept there."))
        return go(address_of(_filters(), moved.to, was=str(chosen)))
    return panel("help_desk/index.html", "help_desk/_desk.html", **values, entry=explained, said="", text="")


class _Moved(Exception):
    """The case that was asked for has become part of another one."""

    def __init__(self, to: Ref) -> None:
        super().__init__(str(to))
        self.to = to


def _values(chosen: Ref | None, **forms: Form) -> dict[str, Any]:
    """Return what the page shows, with `forms` of it as they were filled in. Raises NotFound, _Moved."""
    found = desk.look(context(), actor(), _filters(), chosen)
    assert found is not None, "only a known mark is answered with nothing"
    return _shown(found, chosen, **forms)


def _shown(found: Desk, chosen: Ref | None, *, note: Form | None = None, snooze: Form | None = None) -> dict[str, Any]:
    """Return what the page shows of what was read. Raises _Moved."""
    person, filters, selected, case = actor(), found.queue.filters, found.selected, found.case
    if case is not None and case.part_of is not None:
        raise _Moved(case.part_of)
    about = incident_view(found.incident) if found.incident else None
    shown = case_view(case, person, about) if case else None
    link = None
    if case and found.link and found.link.created_at >= case.since:
        link = page_of(found.link, home=url_for("help_desk.index", case=str(case.ref)))
    listed, act = queue_view(found.queue, person, selected, found.others), _act(filters, selected)
    parts = {
        "count": part("help_desk/_count.html", queue=listed),
        "filters": part("help_desk/_filters.html", queue=listed),
        "queue": part("help_desk/_queue.html", queue=listed, case=shown),
        "case": part("help_desk/_case.html", case=shown, act=act, snooze=snooze or SnoozeForm()),
        "around": part("help_desk/_around.html", case=shown, act=act, lines=_lines(found, about), link=link),
        "notes": part("help_desk/_notes.html", case=shown),
    }
    return {
        "parts": parts,
        "poll": _poll(
            filters,
            selected,
            parts,
            mark=found.mark,
            checking=shown is not None and shown.checking,
        ),
        "case": shown,
        "link": link,
        "ask_url": address_of(filters, chosen, "help_desk.ask"),
        "opened": chosen is not None,
        # What was being typed about an inbox goes along when the inbox becomes part of an incident.
        "was": cases.named(request.args.get("was", "")),
        "all_url": address_of(filters),
        "q": filters.q,
        "note": note or NoteForm(),
        "act": act,
    }


def _lines(found: Desk, incident: IncidentView | None) -> list[dict[str, Any]]:
    """Return what happened around a case, newest first."""
    lines = [happening_view(one) for one in found.happened]
    if incident is not None:
        lines = sorted([*lines, *incident_lines(incident)], key=lambda line: line["at"], reverse=True)
    return lines


def _act(filters: Filters, ref: Ref | None) -> Any:
    """Return what makes the addresses of actions on this case, with the filters that the person has set."""
    return lambda name: address_of(filters, None, "help_desk.act", ref=str(ref), name=name)


def _poll(
    filters: Filters, selected: Ref | None, parts: dict[str, Part], *, mark: str, checking: bool
) -> dict[str, str]:
    marks = ".".join(one.mark for one in parts.values())
    return {
        "url": address_of(filters, selected, "help_desk.now", seen=marks, mark=mark),
        "every": "2s" if checking else "8s",
    }


@pages.get("/now")
@allows("help-desk.see")
def now() -> Response:
    """Answer the page that asks whether anything has changed: with the parts that have, or with nothing."""
    chosen = cases.named(request.args.get("case", ""))
    if not wants_fragment():
        return go(address_of(_filters(), chosen))
    seen = dict(zip(PARTS, request.args.get("seen", "").split("."), strict=False))
    try:
        found = desk.look(context(), actor(), _filters(), chosen, known=request.args.get("mark", ""))
        if found is None:
            return vary(make_response("", 204))
        values = _shown(found, chosen)
    except NotFound:
        return make_response("", 204)
    except _Moved as moved:
        return _lead_on(address_of(_filters(), moved.to, was=str(chosen)))
    if chosen is None and values["case"] is not None:
        return _lead_on(address_of(_filters()))
    changed = {name: one for name, one in values["parts"].items() if seen.get(name) != one.mark}
    # Where nothing that one reads has changed, the new mark alone goes back.
    return vary(make_response(render_template("help_desk/_now.html", changed=changed, poll=values["poll"])))


def _lead_on(address: str) -> Response:
    """Have the page show another case than the one that is open, or a first one."""
    response = make_response("", 204)
    response.headers["HX-Location"] = json.dumps({"path": address, "target": "#desk", "swap": "outerHTML"})
    return vary(response)


@pages.post("/explain")
@allows("problems.explain")
def ask() -> Response:
    text = (read(TextForm).text.data or "").replace("\0", "").strip()
    chosen = cases.named(request.args.get("case", ""))
    if not text:
        return go(address_of(_filters(), chosen))
    found = explain(text)
    if found.code != UNKNOWN and not wants_fragment():
        return go(address_of(_filters(), chosen, explain=found.code, of=found.provider, _anchor="explained"))
    entry = entry_view(found.problem, found.provider)
    # It stands in no address and is kept nowhere; what nobody knows comes back to be tried with more said about it.
    shown = without_secrets("\n".join(map(tidy, text[:LONGEST].splitlines())))
    if wants_fragment():
        return panel("help_desk/index.html", "help_desk/_explained.html", entry=entry, said=found.said, text=shown)
    values = _values(chosen)
    return invalid("help_desk/index.html", **values, entry=entry, said=found.said, text=shown)


@pages.post("/<ref>/<name>")
@allows("help-desk.work")
def act(ref: str, name: str) -> Response:
    """Do something about a case; whatever becomes of it, the person comes back to the case and is told."""
    case, filters = cases.named(ref), _filters()
    if case is None:
        abort(404)
    here = address_of(filters, case)
    try:
        if name == "note":
            return _note(case, here)
        if name == "snooze":
            return _snooze(case, filters)
        told = _done(case, name)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **_spelled(refused))
        return go(here)
    if told:
        tell(told)
    return go(here)


def _done(case: Ref, name: str) -> str:
    ctx, person = context(), actor()
    if name in ACTIONS:
        do, sentence = ACTIONS[name]
        do(ctx, person, case)
        return sentence
    if name == "take":
        holder = request.form.get("from", "")
        held_by = int(holder) if holder.isascii() and holder.isdigit() and len(holder) < 10 else None
        handlings.take(ctx, person, case, held_by=held_by)
        return N_("Yours.")
    if name == "link":
        remember(links.issue(ctx, person, handlings.to_link(ctx, person, case)))
        return ""
    if name != "test":
        abort(404)
    tell_what_rests(handlings.test(ctx, person, case))
    return ""


def _note(case: Ref, here: str) -> Response:
    form = read(NoteForm)
    try:
        handlings.note(context(), actor(), case, form.text.data or "")
    except Refused as refused:
        form.text.data = (form.text.data or "")[: 4 * handlings.LONGEST_NOTE]
        return _again(case, form.text, refused, note=form)
    return go(here)


def _snooze(case: Ref, filters: Filters) -> Response:
    ctx, form = context(), read(SnoozeForm)
    try:
        wakes = handlings.until(ctx, form.choice.data or "", form.until.data or "")
    except Refused as refused:
        form.until.data = (form.until.data or "")[:LONGEST_ECHO]
        return _again(case, form.until, refused, snooze=form)
    handlings.snooze(ctx, actor(), case, wakes)
    tell(
        N_("It sleeps until %(at)s, or until it gets worse or recovers."),
        at=times.moment(wakes).striptags(),
        undo={
            "action_url": address_of(filters, None, "help_desk.act", ref=str(case), name="wake"),
            "label": say(N_("Wake it")),
        },
    )
    # What sleeps leaves the queue, and the next case takes its place on the screen.
    return go(address_of(filters))


def _again(case: Ref, field: Field, refused: Refused, **forms: Form) -> Response:
    """Show the case again with what was typed and what is wrong with it: nothing that was typed is lost."""
    field.errors = [say(refused.sentence, **_spelled(refused))]
    field.data = field.data.replace("\x00", "")
    try:
        values = _values(case, **forms)
    except _Moved as moved:
        return go(address_of(_filters(), moved.to))
    return invalid("help_desk/index.html", "help_desk/_desk.html", **values, entry=None, said="", text="")


def _spelled(refused: Refused) -> dict[str, Any]:
    return {
        name: times.moment(value).striptags() if isinstance(value, datetime) else value
        for name, value in refused.values.items()
    }
