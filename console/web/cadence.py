"""How often is checked, in the reader's words, and the form that asks for it."""

from datetime import timedelta
from typing import Any

from markupsafe import Markup, escape
from wtforms import Form, StringField
from wtforms.validators import StopValidation

from console.config import Config
from console.rules.cadence import REFUSED_AN_HOUR, TYPED_AN_HOUR
from console.rules.health import BACK_OFF
from console.rules.texts import N_
from console.services import outlook
from console.services.cadence import CONFIGURATION, HERE, OUT_OF_BOUNDS, Cadence, Interval
from console.services.holds import Held
from console.services.outlook import Outlook
from console.services.settings import Stored
from console.web import times
from console.web.current import context
from console.web.panel import tell
from console.web.texts import lazy, say, say_many

LONGEST_NUMBER = 8
_OUTLOOKS = {
    outlook.APP: N_("Waits until %(provider)s takes the app of this console again; one inbox is tried every 3 min."),
    outlook.INCIDENT: N_("Waits with its incident: one inbox is tried for all of them, %(when)s."),
    outlook.CANARY: N_("Tried for all inboxes of its incident, %(when)s."),
    outlook.DUE: N_("The next check is due; a worker takes it up in its turn."),
    outlook.USUAL: N_("Next check %(when)s; an inbox of %(provider)s is checked every %(every)s."),
    outlook.SOON: N_("Next try %(when)s. The wait grows with every failure in a row: %(steps)s and then %(last)s min."),
    outlook.HOURLY: N_("Next try %(when)s: once an hour while this lasts."),
    outlook.DAILY: N_("Next try %(when)s: once a day while this lasts."),
}


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


def held_words(held: Held) -> Markup:
    """Return what is left alone, until when and why, in a sentence."""
    return _marked(held.sentence, until=times.clock(held.until), target=say(held.target))


def limits_of(config: Config) -> list[dict[str, str]]:
    """Return what checks keep to beside the interval: what it is about, and what counts."""
    return [
        {
            "label": say(N_("Something is wrong that passes")),
            "text": say(N_("The next try comes after %(steps)s and then every %(last)s min."), **_steps()),
        },
        {
            "label": say(N_("Somebody else has to mend it")),
            "text": say(N_("One try an hour or a day, by the problem.")),
        },
        {
            "label": say(N_("The owner has to sign in")),
            "text": say(N_("No try at all until then; a refused password is never sent again.")),
        },
        {
            "label": say(N_("At one server at once")),
            "text": say_many(
                N_("%(num)s connection, over all workers (CONSOLE_CHECKS_PER_HOST)."),
                N_("%(num)s connections, over all workers (CONSOLE_CHECKS_PER_HOST)."),
                config.checks_per_host,
            ),
        },
        {
            "label": say(N_("Refused sign-ins of a mailbox")),
            "text": say(
                N_("%(most)s an hour, then it is left alone; up to %(typed)s with passwords that a person types."),
                most=REFUSED_AN_HOUR,
                typed=TYPED_AN_HOUR,
            ),
        },
        {
            "label": say(N_("Refused sign-ins at a server")),
            "text": say(
                N_(
                    "The first of each mailbox, and %(most)s an hour beyond; then the server is left alone. From "
                    "%(most)s on, mailboxes are tried one after the other (CONSOLE_REFUSED_SIGN_INS_PER_HOST)."
                ),
                most=config.refused_sign_ins_per_host,
            ),
        },
    ]


def _steps() -> dict[str, object]:
    minutes = [round(step.total_seconds() / 60) for step in BACK_OFF]
    return {"steps": ", ".join(str(step) for step in minutes[:-1]), "last": minutes[-1]}


def outlook_view(found: Outlook, provider: str) -> dict[str, Any]:
    """Return when an inbox of this provider (its name) is checked next and why then, and what was tried so far."""
    text = _outlook_words(found, provider)
    if found.sending is not None:
        rest = _outlook_words(found.sending, provider)
        text = Markup("{} {}").format(text, _marked(N_("Only reading is checked: %(why)s"), why=rest))
    rest_waits = found.sending is not None
    return {"kind": found.kind, "text": text, "attempts": attempts_words(found), "rest_waits": rest_waits}


def _outlook_words(found: Outlook, provider: str) -> Markup:
    # A turn that has come is taken up within moments.
    soonest = context().clock() + timedelta(seconds=1)
    coming = times.when(found.at and max(found.at, soonest))
    values = {"when": coming, "every": interval_words(found.every), "provider": provider}
    if found.kind == outlook.HELD and found.held is not None:
        return held_words(found.held)
    if found.kind == outlook.INCIDENT and found.at is None:
        return escape(say(N_("Waits with its incident: none of its inboxes is tried by itself.")))
    if found.kind == outlook.STOPPED:
        return _marked(N_("Not checked by itself: %(attempts)s."), attempts=attempts_words(found))
    return _marked(_OUTLOOKS[found.kind], **values, **_steps())


def attempts_words(found: Outlook) -> Markup:
    """Return "0 attempts since 09:12": the sign-ins that were sent since the problem stands."""
    number = say_many(N_("%(num)s attempt"), N_("%(num)s attempts"), found.attempts)
    if found.since is None:
        return escape(number)
    return _marked(N_("%(attempts)s since %(since)s"), attempts=number, since=times.since_when(found.since))


def _marked(text: str, **values: object) -> Markup:
    """Return a marked text as markup, with its values, which are escaped unless they are markup themselves."""
    return Markup(say(text)) % values  # noqa: S704  # The texts are our own.


def _minutes(every: timedelta) -> str:
    return str(round(every.total_seconds() / 60))


def _row(one: Interval, stored: Stored) -> dict[str, Any]:
    """Return an interval with where it comes from."""
    fixed = one.source == CONFIGURATION and one.own
    every = interval_words(one.every)
    if not one.own:
        source = say(N_("every %(every)s, as all providers"), every=every)
    elif fixed:
        source = say(N_("set by the operator in the configuration"))
    elif one.source == HERE:
        source = _marked(N_("set here, last by %(name)s, %(when)s"), name=stored.by, when=times.when(stored.at))
    else:
        source = say(N_("every %(every)s, the default"), every=every)
    return {"every": every, "fixed": fixed, "source": source, "from": one.source if one.own else ""}


def tell_what_rests(held: Held | None) -> None:
    """Tell whoever pressed *Test now* why sending is not tested with the rest; nothing where all is."""
    if held is not None:
        why = say(held.sentence, until=held.until, target=held.target)
        tell(N_("Only reading is tested now: %(why)s"), kind="warn", why=why)
