"""One case of the help desk in the reader's words, with its one button and the text for IT."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

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
from console.web.help_desk import entry_of, inboxes_of, provider_label, who_of
from console.web.incidents import IncidentView
from console.web.texts import say, say_many
from console.web.wording import STAGE_LABELS, ProblemView

ENDED_LABELS = {
    "recovered": N_("Mended %(at)s, recovered by itself"),
    "reconnected": N_("Mended %(at)s, the owner signed in again"),
    "disabled": N_("Ended %(at)s, the inbox was switched off"),
    "removed": N_("Ended %(at)s, the inbox was removed"),
}
# Problems that a sign-in of the owner mends.
BY_SIGNING_IN = frozenset({"reconnect", "move"})


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
    provider_label: str
    inboxes_url: str
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


def case_view(case: Case, actor: Actor, incident: IncidentView | None = None) -> CaseView:
    """Return a case in the reader's words; `incident` is what is known about one beside."""
    now = context().clock()
    admin = reach(actor.role, "integrations.manage") is not Reach.NONE
    provider = provider_label(case.provider) if case.provider else ""
    entry = entry_of(case.problem, case.host or provider, case.address, case.owner.split(" ")[0], case.provider)
    label, icon = who_of(case.who, entry)
    if case.who is Who.MAIL_ADMIN and case.domain:
        label = say(N_("Mail admin of %(domain)s"), domain=shown_domain(case.domain))
    people = say_many("%(num)s person", "%(num)s people", case.people)
    about = [case.owner, case.address, provider]
    if case.ref.kind == INCIDENT:
        about = [case.host or shown_domain(case.domain) or provider, people]
    over = ""
    if case.ended_at is not None:
        sentence = ENDED_LABELS.get(case.ended_how, ENDED_LABELS["recovered"])
        over = say(sentence, at=_clock(case.ended_at))
    lead = incident.lead if incident is not None and case.who is Who.AUTO else ""
    return CaseView(
        case=case,
        problem=entry,
        who_label=label,
        who_icon=icon,
        about=" · ".join(part for part in about if part),
        since=case.since,
        lasts=times.span((case.ended_at or now) - case.since),
        over=over,
        step=lead or entry.step,
        letter=entry.text_for_user or "" if case.ref.kind != INCIDENT else "",
        for_it=_for_it(case, entry, incident),
        button="" if over else _button(case, entry, admin),
        server_where=_where(case),
        provider_label=provider,
        inboxes_url=inboxes_of(case.ref.id, case.problem, case.target),
        server_text=tidy(case.server_text[:LONGEST]),
        contact=case.contact if case.who is Who.MAIL_ADMIN else "",
        mine=case.handled.taken_by_id == actor.id,
    )


def _clock(at: datetime) -> str:
    return str(times.moment(at).striptags())


def _button(case: Case, entry: ProblemView, admin: bool) -> str:
    """Return the one primary button: copy-it, copy-user, link, test, integration, inbox or hand; "" where one waits."""
    incident = case.ref.kind == INCIDENT
    if case.who is Who.MAIL_ADMIN:
        return "copy-it"
    if entry.code in APP_PROBLEMS or (case.level in {"app", "provider"} and case.who in {Who.US, Who.TEAM_ADMIN}):
        return "integration" if admin else "hand"
    if case.who in {Who.AUTO, Who.NOBODY}:
        return "test" if entry.button == "test" and not incident else ""
    if entry.button == "test":
        return "test"
    if incident:
        return "copy-it"
    if case.who is Who.USER:
        return "link" if entry.button in BY_SIGNING_IN and case.inbox_id is not None else "copy-user"
    return "inbox" if admin else "hand"


def _where(case: Case) -> str:
    # An address in place of a name (IPv6) holds colons of its own.
    host, _, rest = case.server.partition(":") if case.server else (case.host, "", "")
    port = rest.partition(",")[0].strip()
    parts = [host]
    if port:
        parts.append(say(N_("port %(port)s"), port=port))
    if case.stage:
        parts.append(say(N_("stage %(stage)s"), stage=say(STAGE_LABELS.get(case.stage, case.stage))))
    return ", ".join(part for part in parts if part)


def _for_it(case: Case, entry: ProblemView, incident: IncidentView | None) -> str:
    """Return what staff send to whoever looks after the mail server, ready to be pasted; "" where nobody has to act."""
    if incident is not None or case.who is not Who.MAIL_ADMIN:
        return incident.text_for_it if incident is not None else ""
    where = _where(case) or shown_domain(case.domain)
    lines = [
        f"{entry.title} ({case.host or shown_domain(case.domain)})",
        "",
        entry.what,
        say(N_("Since: %(at)s"), at=times.exact(case.since)),
        say(N_("Affected: %(mailboxes)s"), mailboxes=case.address),
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
