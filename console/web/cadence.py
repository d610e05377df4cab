"""How often is checked, in the reader's words, and the form that asks for it."""

from datetime import timedelta
from typing import Any

from wtforms import Form, StringField
from wtforms.validators import StopValidation

from console.rules.texts import N_
from console.services.cadence import CONFIGURATION, HERE, OUT_OF_BOUNDS, Cadence, Interval
from console.services.settings import Stored
from console.web import times
from console.web.texts import lazy, say, say_many

LONGEST_NUMBER = 8


class Minutes(StringField):
    """Whole minutes, or nothing; `minutes` is what was typed, once the form was validated."""

    minutes: int | None = None

    def pre_validate(self, form: Any) -> None:
        """Read what was typed. Raises StopValidation for what is no number."""
        text = self.data = (self.data or "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
            raise StopValidation(OUT_OF_BOUNDS)
        self.minutes = int(text) if text else None


def form_of(found: Cadence) -> type[Form]:
    """Return the form: a field for all providers, and one for each by its slug."""
    fields = {"every": Minutes(lazy(N_("All providers, in minutes")))}
    for line in found.lines:
        fields[line.slug] = Minutes(lazy(N_("%(provider)s, in minutes")))
    return type("CadenceForm", (Form,), fields)


def filled(found: Cadence) -> dict[str, str]:
    """Return the form's data: what was set here."""
    lines = {line.slug: line.interval for line in found.lines if line.interval.own}
    return {name: _minutes(one.every) for name, one in {"every": found.general, **lines}.items() if one.source == HERE}


def typed(form: Form) -> tuple[int | None, dict[str, int | None]]:
    """Return what a validated form holds: minutes for all, and by provider."""
    minutes = {field.name: field.minutes for field in form if isinstance(field, Minutes)}
    return minutes.pop("every", None), minutes


def page_of(found: Cadence) -> dict[str, Any]:
    """Return what the page shows of what counts now."""
    return {
        "revision": found.stored.revision,
        "general": _row(found.general, found.stored),
        "lines": [
            {
                "slug": line.slug,
                "label": say(line.label),
                "icon": line.icon,
                "inboxes": line.inboxes,
                **_row(line.interval, found.stored),
            }
            for line in found.lines
        ],
    }


def load_of(found: Cadence) -> dict[str, Any]:
    """Return what the intervals mean: a sentence for all, and the numbers by provider."""
    return {
        "text": load_words(found),
        "lines": [
            {"label": say(line.label), "every": interval_words(line.interval.every), "an_hour": line.an_hour}
            for line in found.lines
            if line.inboxes
        ],
    }


def load_words(found: Cadence) -> str:
    """Return what the intervals mean in a sentence, such as "About 480 checks an hour for 120 inboxes"."""
    if not found.inboxes:
        return say(N_("No inbox is checked yet."))
    inboxes = say_many(N_("%(num)s inbox"), N_("%(num)s inboxes"), found.inboxes)
    one, many = N_("About %(num)s check an hour for %(inboxes)s."), N_("About %(num)s checks an hour for %(inboxes)s.")
    return say_many(one, many, found.an_hour, inboxes=inboxes)


def interval_words(every: timedelta) -> str:
    """Return "15 min", "90 s", "2 h"."""
    seconds = round(every.total_seconds())
    if seconds % 3600 == 0:
        return say(N_("%(number)s h"), number=seconds // 3600)
    if seconds % 60 == 0:
        return say(N_("%(number)s min"), number=seconds // 60)
    return say(N_("%(number)s s"), number=seconds)


def _minutes(every: timedelta) -> str:
    return str(round(every.total_seconds() / 60))


def _row(one: Interval, stored: Stored) -> dict[str, Any]:
    """Return an interval with where it comes from."""
    fixed = one.source == CONFIGURATION and one.own
    if not one.own:
        source = say(N_("as all providers"))
    elif fixed:
        source = say(N_("set by the operator in the configuration"))
    elif one.source == HERE:
        source = say(N_("set here, last by %(name)s, %(when)s"), name=stored.by, when=times.when(stored.at))
    else:
        source = say(N_("as delivered"))
    return {"every": interval_words(one.every), "fixed": fixed, "source": source, "from": one.source if one.own else ""}
