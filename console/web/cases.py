"""One case of the help desk in the reader's words, with its one button and the text for IT."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for

from console.discovery.addresses import shown_domain
from console.rules.permissions import Reach, reach
from console.rules.problems import Who
from console.rules.replies import LONGEST, tidy
from console.rules.texts import N_
from console.services.app_trouble import APP_PROBLEMS
from console.services.case import Case
from console.services.cases import INCIDENT
from console.services.context import Actor
from console.web import times
from console.web.current import context
from console.web.help_desk import LINK_LABELS, entry_of, provider_label, who_of
from console.web.texts import say, say_many
from console.web.wording import STAGE_LABELS, ProblemView

ENDED_LABELS = {
    "recovered": N_("Mended %(at)s, recovered by itself"),
    "reconnected": N_("Mended %(at)s, the owner signed in again"),
    "disabled": N_("Ended %(at)s, the inbox was switched off"),
    "removed": N_("Ended %(at)s, the inbox was removed"),
}
# The page on which a reconnect link is made; where this console has none, the text for the owner takes its place.
SEND_LINK = "sent_links.of_inbox"


@dataclass(frozen=True)
class CaseView:
    """A case in the reader's words. `button` is the one primary button."""

    case: Case
    problem: ProblemView
    who_label: str
    who_icon: str
    about: str
    since: datetime
    lasts: str
    over: str
    step: str
    letter: str
    for_it: str
    button: str
    server_where: str
    link: str
    link_at: datetime | None
    provider_label: str
    inboxes_url: str
    link_url: str
    server_text: str
    contact: str
    mine: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.case, name)

    @property
    def key(self) -> str:
        """The case's name in addresses."""
        return str(self.case.ref)

    @property
    def is_incident(self) -> bool:
        """Whether several inboxes share it."""
        return self.case.ref.kind == INCIDENT

    @property
    def first_name(self) -> str:
        """The owner's first name."""
        return self.case.owner.split(" ")[0]


def case_view(case: Case, actor: Actor) -> CaseView:
    """Return a case in the reader's words."""
    now = context().clock()
    admin = reach(actor.role, "integrations.manage") is not Reach.NONE
    provider = provider_label(case.provider) if case.provider else ""
    entry = entry_of(case.problem, case.host or provider, case.address, case.owner.split(" ")[0], case.provider)
    label, icon = who_of(case.who, entry)
    if case.who is Who.MAIL_ADMIN and case.domain:
        label = say(N_("Mail admin of %(domain)s"), domain=shown_domain(case.domain))
    incident = case.ref.kind == INCIDENT
    people = say_many("%(num)s person", "%(num)s people", case.people)
    about = (
        [case.host or shown_domain(case.domain) or provider, people]
        if incident
        else [case.owner, case.address, provider]
    )
    over = ""
    if case.ended_at is not None:
        sentence = ENDED_LABELS.get(case.ended_how, ENDED_LABELS["recovered"])
        over = say(sentence, at=_clock(case.ended_at))
    waits = incident and case.who is Who.AUTO
    step = say(
        N_("Wait. One inbox is tried again by itself, and all of them once it works; nobody has to sign in again.")
    )
    return CaseView(
        case=case,
        problem=entry,
        who_label=label,
        who_icon=icon,
        about=" · ".join(part for part in about if part),
        since=case.since,
        lasts=times.span((case.ended_at or now) - case.since),
        over=over,
        step=step if waits else entry.step,
        letter=entry.text_for_user or "" if not incident else "",
        for_it=_for_it(case, entry) if incident or case.who is Who.MAIL_ADMIN else "",
        button="" if over else _button(case, entry, admin),
        server_where=_where(case),
        link=say(LINK_LABELS[case.link.state]) if case.link else "",
        link_at=case.link.at if case.link else None,
        provider_label=provider,
        inboxes_url=url_for("inboxes.index", view="attention", q=case.domain or None)
        if not case.provider
        else url_for(
            "inboxes.index",
            view="attention",
            problem=case.problem,
            provider=case.provider,
            domain=case.domain or None,
        ),
        link_url=url_for(SEND_LINK, inbox_id=case.inbox_id) if case.inbox_id and can_send_link() else "",
        server_text=tidy(case.server_text[:LONGEST]),
        contact=case.contact if case.who is Who.MAIL_ADMIN else "",
        mine=case.handled.taken_by_id == actor.id,
    )


def _clock(at: datetime) -> str:
    return str(times.moment(at).striptags())


def _button(case: Case, entry: ProblemView, admin: bool) -> str:
    """Return the one primary button: copy-it, copy-user, link, test, integration, inbox or hand."""
    incident = case.ref.kind == INCIDENT
    if case.who is Who.MAIL_ADMIN:
        return "copy-it"
    if entry.code in APP_PROBLEMS or (case.level in {"app", "provider"} and case.who in {Who.US, Who.TEAM_ADMIN}):
        return "integration" if admin else "hand"
    if case.who in {Who.AUTO, Who.NOBODY} or entry.button == "test":
        return "test"
    if incident:
        return "copy-it"
    if case.who is Who.USER:
        return "link" if entry.button in {"reconnect", "trust", "edit"} and can_send_link() else "copy-user"
    return "inbox" if admin else "hand"


def can_send_link() -> bool:
    """Return whether this console sends reconnect links."""
    return SEND_LINK in current_app.view_functions


def _where(case: Case) -> str:
    host, _, rest = (case.server or case.host).partition(":")
    port = rest.partition(",")[0].strip()
    parts = [host]
    if port:
        parts.append(say(N_("port %(port)s"), port=port))
    if case.stage:
        parts.append(say(N_("stage %(stage)s"), stage=say(STAGE_LABELS.get(case.stage, case.stage))))
    return ", ".join(part for part in parts if part)


def _for_it(case: Case, entry: ProblemView) -> str:
    """Return what staff send to whoever looks after the mail server, ready to be pasted."""
    where = _where(case) or shown_domain(case.domain)
    many = say_many("%(num)s mailbox", "%(num)s mailboxes", case.inboxes)
    lines = [
        f"{entry.title} ({case.host or shown_domain(case.domain)})",
        "",
        entry.what,
        say(N_("Since: %(at)s"), at=times.exact(case.since)),
        say(N_("Affected: %(mailboxes)s"), mailboxes=case.address or many),
        say(N_("Server: %(where)s"), where=where) if where else "",
        say(N_("The server said: %(words)s"), words=tidy(case.server_text[:LONGEST])) if case.server_text else "",
        "",
        say(N_("What to do:")),
        *(f"- {line}" for line in (entry.steps or (entry.step,))),
        "",
        say(N_("We try again by ourselves; once it works, the mailboxes go on.")),
        say(N_("More: %(url)s"), url=context().config.base_url + url_for("help.show", code=entry.code)),
    ]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\n".join(kept)
