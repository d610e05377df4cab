"""A link for templates as staff watch it: its steps, how it ended, and its address while it is fresh."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import session, url_for

from console.discovery.addresses import shown
from console.providers.consenting import consenting
from console.rules.texts import N_
from console.services import link_mail, link_rules, links
from console.services.link_views import LinkView
from console.services.links import Issued
from console.services.notice_rows import QUEUED, SENDING, SENT
from console.web.current import context
from console.web.texts import say
from console.web.wording import ProblemView, problem_view

MADE = "link-made"
# How long the one who made a link is shown its address.
SHOWN = timedelta(minutes=10)
# Milliseconds between two looks at a link: while nobody has opened it, while somebody goes through it, and after many
# looks without news.
SLOW, QUICK, SELDOM = 3000, 1500, 15000
MANY = 200

# Problems that signing in again mends, so that the text about them asks for it.
MENDED = frozenset({"reconnect", "move"})

HOW = {
    link_rules.BY_STAFF: N_("withdrawn"),
    link_rules.REPLACED: N_("a newer link took its place"),
    link_rules.RECOVERED: N_("the inbox works again without it"),
    link_rules.REMOVED: N_("the inbox was removed"),
    link_rules.MOVED_ON: N_("the inbox has another owner"),
    link_rules.DISABLED: N_("the inbox was switched off"),
    link_rules.DEACTIVATED: N_("its person was deactivated"),
    link_rules.TAKEN: N_("the address was connected"),
    link_rules.EXPIRED: N_("expired"),
}

# What the first step says while the mail with the link is in one of these states.
_MAILED = {
    "": N_("Sent by mail"),
    SENT: N_("Sent by mail"),
    QUEUED: N_("Goes by mail"),
    SENDING: N_("Goes by mail"),
}


@dataclass(frozen=True)
class LinkPage:
    """A link for templates. `steps` are all that lie on its way, with state done, now, failed or todo.

    `url` is its address, for a few minutes and for the one who made it; `letter` is the text to send with
    it, and `mails` says that the console can do that. `home` is where its buttons lead back to, "" for its own page.
    """

    link: LinkView
    address: str
    first_name: str
    steps: list[dict[str, Any]]
    sentence: str
    ended: str
    problem: ProblemView | None
    url: str
    letter: str
    mails: bool
    watch_url: str
    every: int
    home: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.link, name)


def remember(issued: Issued) -> None:
    """Note in the session of whoever made a link that it is theirs to copy; the link itself stays out of it."""
    session[MADE] = [issued.id, (context().clock() + SHOWN).isoformat()]


def marked(link: LinkView | None) -> str:
    """Return what tells one standing of a link from another."""
    if link is None:
        return ""
    last = link.steps[-1].at.isoformat() if link.steps else ""
    return f"{link.id}.{link.state}{'.late' if link.late else ''}.{link.mailed}.{len(link.steps)}.{last}"


def page_of(link: LinkView | None, *, turn: int | None = 0, home: str = "") -> LinkPage | None:
    """Return a link for templates, or None; `turn` counts the looks without news, None is one too many.

    `home` is the address of the page that shows it beside other things.
    """
    if link is None:
        return None
    family = consenting(context().families.get(link.provider))
    place, first = family.place if family is not None else "", link.owner_name.split(" ")[0]
    problem = problem_view(link.problem, address=shown(link.address), owner=first) if link.problem else None
    url = _fresh(link)
    about = problem_view(link.about, host=link.host, address=shown(link.address)) if url else None
    why = (about.text_for_user or "") if about is not None and about.button in MENDED else ""
    watched: dict[str, Any] = {"turn": (turn or 0) + 1, "seen": marked(link), "next": home or None}
    watch_url = url_for("sent_links.of_person", person_id=link.person_id, **watched)
    if link.inbox_id is not None:
        watch_url = url_for("sent_links.of_inbox", inbox_id=link.inbox_id, **watched)
    return LinkPage(
        link=link,
        address=shown(link.address),
        first_name=first,
        steps=_steps(link, place),
        sentence=_sentence(link, problem, place),
        ended=say(HOW.get(link.how, HOW[link_rules.DEACTIVATED])) if link.how else "",
        problem=problem,
        url=url,
        letter=_letter(link, url, first, why) if url else "",
        mails=bool(url) and link_mail.ready(context(), link.id),
        watch_url=watch_url if link.usable and turn is not None else "",
        every=SELDOM if (turn or 0) > MANY else SLOW if link.state == "sent" else QUICK,
        home=home,
    )


def _steps(link: LinkView, place: str) -> list[dict[str, Any]]:
    labels = {
        "sent": say(_MAILED.get(link.mailed, N_("Made")) if link.by_mail else N_("Made")),
        "started": say(N_("Started")),
        "away": say(N_("At %(place)s"), place=place or say(N_("the provider"))),
        "back": say(N_("Back") if place else N_("Password typed")),
        "connected": say(N_("Connected")),
    }
    taken = {step.name: step.at for step in link.steps}
    if not place and "away" not in taken:
        del labels["away"]
    if not link.provider and "back" not in taken:
        del labels["back"]  # How the person of a connect link signs in is not known before they chose.
    found = [{"name": name, "label": label, "at": taken.get(name)} for name, label in labels.items()]
    last = max((index for index, step in enumerate(found) if step["at"]), default=0)
    for index, step in enumerate(found):
        step["state"] = "done" if index < last or link.state == "connected" else "now" if index == last else "todo"
    if link.state == "failed":
        found[last]["state"] = "failed"
    elif not link.usable and link.state != "connected":
        found[last]["state"] = "done"
    return found


def _sentence(link: LinkView, problem: ProblemView | None, place: str) -> str:
    """Return where a link stands, in one sentence."""
    first = link.owner_name.split(" ")[0]
    if link.state == "failed":
        if problem is None:
            return say(N_("%(name)s has not finished; the last try was broken off."), name=first)
        return say(N_("The last try did not pass: %(problem)s. The link still works."), problem=problem.title)
    if link.state == "sent" and link.mailed not in {"", *_MAILED}:
        text = N_("The mail with it has not gone to %(name)s; Notices says why. Send the link in another way.")
        return say(text, name=first)
    if link.late:
        text = N_(
            "%(name)s left for %(place)s and has not come back; a sign-in there may take ten minutes. Some refusals "
            "are shown on a page of %(place)s itself: ask what it says. The link still works."
        )
        return say(text, name=first, place=place)
    sentences = {
        "sent": N_("%(name)s has not pressed Continue yet."),
        "started": N_("%(name)s pressed Continue and has not signed in yet."),
        "away": N_("%(name)s is signing in at %(place)s."),
        "back": N_("%(name)s is back; the sign-in is being checked.")
        if place
        else N_("%(name)s typed the password; it is being checked."),
        "connected": N_("%(name)s connected the inbox with it."),
        "expired": N_("It has expired."),
        "withdrawn": N_("It cannot be used any more: %(how)s."),
    }
    how = say(HOW.get(link.how, "")) if link.how else ""
    return say(sentences[link.state], name=first, place=place, how=how)


def _fresh(link: LinkView) -> str:
    """Return the address of a link that was just made here and that nobody has used; else ""."""
    made: Any = session.get(MADE)
    try:
        link_id, until = made
        fresh = link_id == link.id and context().clock() < datetime.fromisoformat(until)
    except (TypeError, ValueError):
        return ""
    return (links.url_of(context(), link.id) or "") if fresh and link.state == "sent" else ""


def _letter(link: LinkView, url: str, first: str, why: str) -> str:
    """Return the text that goes to the person with the link; `why` is what the catalogue says to them."""
    address, hours = shown(link.address), context().config.link_hours
    if not why:
        first_time = N_("Please connect your mailbox %(address)s.")
        again = N_("Your mailbox %(address)s has to be connected again.")
        why = say(again if link.inbox_id is not None else first_time, address=address)
    return "\n\n".join(
        (
            say(N_("Hello %(name)s,"), name=first),
            why,
            say(N_("Open this link and press Continue:")),
            url,
            say(N_("It takes about a minute. The link works once and for %(hours)s hours."), hours=hours),
        )
    )
