"""The radar's lines for templates: what ends when, what to do about it, and where."""

from dataclasses import dataclass

from flask import url_for

from console.rules import expiry
from console.rules.expiry import Expiry
from console.rules.permissions import Reach, reach
from console.rules.texts import N_
from console.web.current import actor, context
from console.web.texts import say, say_many
from console.web.times import date_words

# How many lines of the radar stand on the page; the rest is a list of its own.
RADAR_LINES = 5


@dataclass(frozen=True)
class ExpiryView:
    """One line of the radar. `url` is where it is mended, empty where the reader cannot go there."""

    found: Expiry
    title: str
    on: str
    amount: str
    unit: str
    tone: str
    inboxes: str
    kind: str
    step: str
    url: str


def expiry_views(found: list[Expiry]) -> list[ExpiryView]:
    """Return the lines of the radar in the reader's words."""
    return [_expiry(one) for one in found]


TITLES = {
    expiry.CERTIFICATE: N_("Certificate of %(what)s"),
    expiry.EXCEPTION: N_("Trusted certificate of %(what)s"),
    expiry.SECRET: N_("Client secret of %(what)s"),
    expiry.GRANT_IDLE: N_("Unused permissions of %(what)s"),
    expiry.GRANT_TESTING: N_("Permissions of %(what)s in testing"),
}
KINDS = {
    expiry.CERTIFICATE: N_("Certificate of a server"),
    expiry.EXCEPTION: N_("Exception"),
    expiry.SECRET: N_("Client secret"),
    expiry.GRANT_IDLE: N_("Permission that nobody uses"),
    expiry.GRANT_TESTING: N_("Permission of an app in testing"),
}
STEPS = {
    expiry.CERTIFICATE: N_("Whoever runs the server renews it; inboxes go on by themselves."),
    expiry.EXCEPTION: N_("Have the server's certificate put right, or trust it once more."),
    expiry.SECRET: N_("Make a new one at the provider and put it in; nobody has to sign in again."),
    expiry.GRANT_IDLE: N_("Enable the inboxes, or remove them. Once it has ended, their owners sign in again."),
    expiry.GRANT_TESTING: N_("Publish the app at the provider; until then people sign in again every few days."),
}


def _expiry(one: Expiry) -> ExpiryView:
    family = context().families.get(one.what)
    what = say(family.label) if family else one.what.removesuffix(":443").removesuffix(":993")
    if one.ended:
        amount, unit, tone = "", say(N_("ended")), "failing"
    elif one.days <= 0:
        amount, unit, tone = "", say(N_("today")), "degraded"
    else:
        amount = str(one.days)
        unit = say_many("day", "days", one.days)
        tone = "degraded" if one.threshold in {3, 14} else ""
    inboxes = say_many("%(num)s inbox", "%(num)s inboxes", one.inboxes)
    return ExpiryView(
        one,
        say(TITLES[one.kind], what=what),
        date_words(one.on),
        amount,
        unit,
        tone,
        inboxes,
        say(KINDS[one.kind]),
        say(STEPS[one.kind]),
        _mended_at(one),
    )


def _mended_at(one: Expiry) -> str:
    if one.kind in {expiry.SECRET, expiry.GRANT_TESTING}:
        return url_for("integrations.show", slug=one.what) if _sees_apps() else ""
    if one.kind == expiry.GRANT_IDLE:
        return url_for("inboxes.index", health="disabled", provider=one.what)
    if one.inbox_id is not None:
        return url_for("inboxes.show", inbox_id=one.inbox_id)
    if one.kind == expiry.EXCEPTION:
        return url_for("exceptions.index", domain=one.domain or None)
    return url_for("domains.show", domain=one.domain) if one.domain else url_for("domains.index")


def _sees_apps() -> bool:
    return reach(actor().role, "integrations.see") is Reach.ALL
