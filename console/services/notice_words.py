"""The words of notices, made when they are sent: what a mail says in its reader's language, what a webhook is told.

Nothing here holds a server's text, and a problem's code only where programs read it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from sqlmodel import Session

from console.discovery.addresses import shown, shown_domain
from console.rules import expiry
from console.rules.letter import Letter, Line, Part
from console.rules.notices import Kind
from console.rules.problems import WHO_LABELS, Button, Problem, Who, problem
from console.rules.telling import filled
from console.rules.texts import N_
from console.services import notice_subjects as subjects
from console.services.cases import acting
from console.services.context import Context
from console.services.languages import speaker
from console.store.episodes import Episode, Incident
from console.store.models import Inbox
from console.store.notices import Notice

TEXT, TITLE, BUTTON, LINK, SMALL = Part.TEXT, Part.TITLE, Part.BUTTON, Part.LINK, Part.SMALL
EXPIRES: Mapping[str, str] = {
    expiry.CERTIFICATE: N_("Certificate of %(what)s"),
    expiry.EXCEPTION: N_("Trusted certificate of %(what)s"),
    expiry.SECRET: N_("Client secret of %(what)s"),
    expiry.GRANT_IDLE: N_("Unused permissions of %(what)s"),
    expiry.GRANT_TESTING: N_("Permissions of %(what)s in testing"),
}
INFORMED = N_(
    "There is a problem with your mailbox %(address)s that your IT has to mend; you need not do anything. Until then "
    "we can neither send nor log mail for you."
)
# Makes the link that reconnects one inbox, at the moment of sending; "" where there is none to be had.
Reconnect = Callable[[int], str]


class Gone(Exception):
    """What a notice is about is not there any more, so it is not sent."""


@dataclass(frozen=True)
class Said:
    """What one notice says: a head, what belongs below it, and where to go on."""

    head: str
    lines: tuple[Line, ...]
    url: str


class Words:
    """Speaks of notices in one language, over rows that are read with a constant number of queries."""

    def __init__(self, ctx: Context, session: Session, notices: Sequence[Notice], language: str) -> None:
        self._ctx, self.say, self._language = ctx, speaker(language), language
        self._zone = ZoneInfo(ctx.config.timezone)
        self.rows = subjects.read(session, notices)

    def letter(self, notice: Notice, reconnect: Reconnect | None = None) -> Letter:
        """Return the mail of one notice. Raises Gone."""
        if notice.kind == Kind.OWNER:
            return self._to_owner(notice, reconnect)
        if notice.kind == Kind.CLEAR:
            return self._all_clear(notice)
        said = self.said(notice)
        lines = (*said.lines, Line(BUTTON, self.say(N_("Open it in the console")), said.url), self._why_staff())
        return self._letter(said.head, lines)

    def digest(self, notices: Sequence[Notice]) -> Letter:
        """Return the daily mail with several notices. Raises Gone when none of them is left."""
        lines: list[Line] = []
        number = 0
        for notice in notices:
            try:
                said = self.said(notice)
            except Gone:
                continue
            number += 1
            lines += [Line(TITLE, said.head), *said.lines, Line(LINK, self.say(N_("Open it in the console")), said.url)]
        if not lines:
            raise Gone
        subject = self.say(N_("To look at today: %(number)s"), number=number)
        return self._letter(subject, (*lines, self._why_staff()))

    def said(self, notice: Notice) -> Said:
        """Return what a notice says to staff. Raises Gone."""
        if notice.incident_id is not None and notice.kind in {Kind.INCIDENT, Kind.INCIDENT_OVER, Kind.APP}:
            incident = self.rows.incidents.get(notice.incident_id)
            if incident is None:
                raise Gone
            return self._ended(incident) if notice.kind == Kind.INCIDENT_OVER else self._begun(incident)
        if notice.kind in {Kind.ADMIN_PROBLEM, Kind.USER_PROBLEM}:
            return self._of_one(notice)
        if notice.kind == Kind.PROBLEM_OVER:
            return self._of_one_over(notice)
        detail = notice.detail if isinstance(notice.detail, dict) else {}
        if notice.kind == Kind.APP:
            return self._of_app(notice, detail)
        if notice.kind == Kind.RADAR:
            return self._of_expiry(detail)
        if notice.kind == Kind.WEBHOOK_OFF:
            return self._of_webhook(detail)
        raise Gone

    def url(self, path: str) -> str:
        """Return an address of the console."""
        return f"{self._ctx.config.base_url}{path}"

    def _to_owner(self, notice: Notice, reconnect: Reconnect | None) -> Letter:
        inbox = self._inbox(notice)
        entry, detail = problem(notice.problem or ""), notice.detail if isinstance(notice.detail, dict) else {}
        acts, address = bool(detail.get("acts")), shown(inbox.address)
        text = self.say(entry.text_for_user or INFORMED, **self._about(inbox))
        subject = (
            N_("Your mailbox %(address)s needs your attention") if acts else N_("Trouble with your mailbox %(address)s")
        )
        lines = [Line(TEXT, text[:1].upper() + text[1:])]
        here = self.url(f"/inboxes/{inbox.id}")
        link = reconnect(inbox.id or 0) if acts and entry.button is Button.RECONNECT and reconnect else ""
        if link:
            lines.append(Line(BUTTON, self.say(N_("Reconnect the mailbox")), link))
        else:
            lines.append(Line(BUTTON, self.say(N_("Open it in the console")), here))
        lines.append(Line(LINK, self.say(N_("More about this problem")), self.url(f"/help/{entry.code}")))
        why = N_(
            "You get this because the mailbox %(address)s is yours and connected at %(organisation)s. You are told "
            "once, and once more when it works again."
        )
        lines.append(Line(SMALL, self.say(why, address=address, organisation=self._ctx.config.organisation)))
        if detail.get("recoverable"):
            out = N_("Trouble like this passes by itself. If you would rather not be told of it, say so here")
            lines.append(Line(LINK, self.say(out), self.url("/account")))
        return self._letter(self.say(subject, address=address), lines)

    def _all_clear(self, notice: Notice) -> Letter:
        if notice.incident_id is None:
            ids = [notice.inbox_id or 0]
        else:
            ids = self.rows.again.get((notice.incident_id, notice.person_id or 0), [])
        inboxes = [
            self.rows.inboxes[one]
            for one in ids
            if one in self.rows.inboxes and self.rows.inboxes[one].removed_at is None
        ]
        if not inboxes:
            raise Gone
        addresses = [shown(inbox.address) for inbox in inboxes]
        if len(addresses) == 1:
            subject = self.say(N_("Your mailbox %(address)s works again"), address=addresses[0])
            text = self.say(
                N_("Your mailbox %(address)s works again, and you need not do anything. We send and log mail for you."),
                address=addresses[0],
            )
            here = self.url(f"/inboxes/{inboxes[0].id}")
        else:
            subject = self.say(N_("Your mailboxes work again: %(number)s"), number=len(addresses))
            text = self.say(
                N_("These mailboxes work again, and you need not do anything: %(addresses)s."),
                addresses=", ".join(addresses),
            )
            here = self.url("/me")
        lines = [
            Line(TEXT, text),
            Line(BUTTON, self.say(N_("Open it in the console")), here),
            Line(SMALL, self.say(N_("You get this because we told you of the trouble before."))),
        ]
        return self._letter(subject, lines)

    def _begun(self, incident: Incident) -> Said:
        entry = problem(incident.problem)
        who = acting(incident.problem, incident.nature, incident.owners_told_from, self._ctx.clock())
        lines = [self._what(entry, incident), Line(TEXT, self._size(incident))]
        if who is entry.who:
            lines += self._who_and_step(entry)
        else:
            lines.append(self._who(who))
        if incident.owners_told_from is None:
            lines.append(Line(TEXT, self.say(N_("The owners of the inboxes were not told."))))
        title = filled(entry.title, self.say)
        head = self.say(N_("Incident at %(target)s: %(title)s"), target=self._target(incident), title=title)
        return Said(head, tuple(lines), self._incident_url(incident))

    def _ended(self, incident: Incident) -> Said:
        entry = problem(incident.problem)
        title = filled(entry.title, self.say)
        head = self.say(N_("Over at %(target)s: %(title)s"), target=self._target(incident), title=title)
        lines = (self._lasted(incident), Line(TEXT, self.say(N_("All its inboxes are checked as usual again."))))
        return Said(head, lines, self._incident_url(incident))

    def _of_one(self, notice: Notice) -> Said:
        inbox, entry = self._inbox(notice), problem(notice.problem or "")
        about = self._about(inbox)
        title = self._capital(self.say(entry.title, **about))
        head = self.say(N_("%(address)s: %(title)s"), address=about["address"], title=title)
        owner = self.rows.people.get(inbox.owner_id)
        lines = (
            Line(TEXT, self._capital(self.say(entry.what, **about))),
            Line(TEXT, self.say(N_("It is the inbox of %(name)s."), name=owner.name if owner else "")),
            *self._who_and_step(entry, owner.name if owner else "", **about),
        )
        return Said(head, lines, self.url(f"/inboxes/{inbox.id}"))

    def _of_one_over(self, notice: Notice) -> Said:
        inbox, episode = self._inbox(notice), self.rows.episodes.get(notice.episode_id or 0)
        if episode is None or episode.ended_at is None:
            raise Gone
        about = self._about(inbox)
        owner = self.rows.people.get(inbox.owner_id)
        title = self.say(problem(notice.problem or "").title, **about)
        lines = (
            Line(TEXT, self.say(N_("What it was: %(title)s."), title=title)),
            self._lasted(episode),
            Line(TEXT, self.say(N_("It is the inbox of %(name)s."), name=owner.name if owner else "")),
        )
        head = self.say(N_("%(address)s works again"), address=about["address"])
        return Said(head, lines, self.url(f"/inboxes/{inbox.id}"))

    def _lasted(self, one: Incident | Episode) -> Line:
        begin, end = self._time(one.began_at), self._time(one.ended_at or self._ctx.clock())
        return Line(TEXT, self.say(N_("It lasted from %(begin)s to %(end)s."), begin=begin, end=end))

    def _of_app(self, notice: Notice, detail: Mapping[str, Any]) -> Said:
        entry, slug = problem(notice.problem or ""), str(detail.get("provider"))
        family = self._ctx.families.get(slug)
        if family is None:
            raise Gone
        head = self.say(N_("%(provider)s does not accept the app of this console"), provider=self.say(family.label))
        wait = self.say(N_("Its inboxes wait; nobody has to sign in again."))
        lines = (Line(TEXT, filled(entry.what, self.say)), Line(TEXT, wait), *self._who_and_step(entry))
        return Said(head, lines, self.url(f"/integrations/{slug}"))

    def _of_expiry(self, detail: Mapping[str, Any]) -> Said:
        kind, what = str(detail.get("kind")), str(detail.get("what"))
        family = self._ctx.families.get(what)
        what = self.say(EXPIRES.get(kind, "%(what)s"), what=self.say(family.label) if family else shown_domain(what))
        try:
            on = date.fromisoformat(str(detail.get("date")))
        except ValueError:
            raise Gone from None
        day = format_date(on, "d MMM y", locale=self._language)
        head = self.say(N_("%(what)s runs out on %(day)s"), what=what, day=day)
        text = N_("Days that are left: %(days)s. Inboxes that stop then: %(inboxes)s.")
        left = self.say(text, days=detail.get("days"), inboxes=detail.get("inboxes"))
        return Said(head, (Line(TEXT, left),), self.url("/overview/expiring"))

    def _of_webhook(self, detail: Mapping[str, Any]) -> Said:
        head = self.say(N_("The webhook %(name)s was switched off"), name=detail.get("name", ""))
        why = {
            "gone": N_("Its address says that nobody wants these messages any more (410 Gone)."),
            "failures": N_("Twenty messages in a row were not taken. What was not taken is listed under Notices."),
        }.get(str(detail.get("why")), "")
        return Said(head, (Line(TEXT, self.say(why)),) if why else (), self.url("/settings/notices"))

    def _inbox(self, notice: Notice) -> Inbox:
        found: Inbox | None = self.rows.inboxes.get(notice.inbox_id or 0)
        if found is None or found.removed_at is not None:
            raise Gone
        return found

    def _about(self, inbox: Inbox) -> dict[str, str]:
        host = inbox.problem_host or inbox.host
        return {"address": shown(inbox.address), "host": shown_domain(host) if host else self.say(N_("the server"))}

    def _what(self, entry: Problem, incident: Incident) -> Line:
        host = self._target(incident) if incident.level == "host" else self.say(N_("the server"))
        return Line(TEXT, self._capital(self.say(entry.what, host=host, address=self.say(N_("the mailbox")))))

    def _who_and_step(self, entry: Problem, owner: str = "", **about: str) -> tuple[Line, ...]:
        values = {"host": self.say(N_("the server")), "address": self.say(N_("the mailbox")), **about}
        step = self.say(N_("Next step: %(step)s"), step=self._capital(self.say(entry.step, **values)))
        return self._who(entry.who, owner), Line(TEXT, step)

    def _who(self, who: Who, owner: str = "") -> Line:
        named = owner if owner and who is Who.USER else self.say(WHO_LABELS[who])
        return Line(TEXT, self.say(N_("Who must act: %(who)s."), who=named))

    def _size(self, incident: Incident) -> str:
        inboxes, people = self.rows.reach.get(incident.id or 0, (0, 0))
        return self.say(
            N_("Since %(since)s. Inboxes: %(inboxes)s, people: %(people)s."),
            since=self._time(incident.began_at),
            inboxes=inboxes,
            people=people,
        )

    def _target(self, incident: Incident) -> str:
        family = self._ctx.families.get(incident.target)
        return self.say(family.label) if family is not None else shown_domain(incident.target)

    def _incident_url(self, incident: Incident) -> str:
        return self.url(f"/help-desk?case=incident-{incident.id}")

    def _why_staff(self) -> Line:
        return Line(SMALL, self.say(N_("Who is told of what is set in the console under Settings, Notices.")))

    def _letter(self, subject: str, lines: Sequence[Line]) -> Letter:
        return Letter(subject, tuple(lines), self._language, self._ctx.config.organisation)

    def _time(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        return format_datetime(local, "d MMM y, HH:mm", locale=self._language) + f" {local.tzname()}"

    def _capital(self, text: str) -> str:
        # The name of a server and an address stay as they are.
        named = "." in text.split(" ", maxsplit=1)[0].rstrip(".,:")
        return text if named else text[:1].upper() + text[1:]
