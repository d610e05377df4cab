"""Notices in the reader's words: the list, and one line of an inbox's time line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.discovery.addresses import shown
from console.rules.notices import Kind
from console.rules.problems import problem
from console.rules.telling import filled
from console.rules.texts import N_
from console.services.notices import NoticeRow
from console.web.texts import say

LONGEST_TIMELINE = 25
STATE_LABELS = {
    "sent": N_("Sent"),
    "queued": N_("Waits to be sent"),
    "held": N_("Held in the console"),
    "failed": N_("Not sent"),
    "withdrawn": N_("Withdrawn"),
}
STATE_ICONS = {
    "sent": "check",
    "queued": "clock",
    "held": "clock-pause",
    "failed": "alert-triangle-filled",
    "withdrawn": "minus",
}
OUTCOMES = {
    "no-server": N_("There is no mail server"),
    "later": N_("The server wants it later"),
    "not-known": N_("It is not known whether it was sent: the connection ended in the middle"),
    "address-refused": N_("The address is refused"),
    "message-refused": N_("The server refused the message"),
    "gave-up": N_("The server did not take it for a day"),
    "under-way": N_("Being sent now"),
    "over": N_("It was over before it could be sent"),
    "incident": N_("It belongs to an incident now"),
    "again": N_("It went wrong again before it could be sent"),
    "changed": N_("It changed before it could be sent"),
    "removed": N_("What it is about, or for, was removed"),
    "moved-on": N_("The inbox has another owner now"),
    "left": N_("The person was deactivated"),
    "off": N_("The webhook is switched off"),
    "unwanted": N_("Nobody there wants to hear of it any more"),
}
SHORT_KINDS = {
    Kind.OWNER: N_("Problem, told to the owner"),
    Kind.CLEAR: N_("Works again, told to the owner"),
    Kind.INCIDENT: N_("Incident"),
    Kind.INCIDENT_OVER: N_("Incident over"),
    Kind.ADMIN_PROBLEM: N_("Problem that an admin mends"),
    Kind.USER_PROBLEM: N_("Problem that the owner mends"),
    Kind.PROBLEM_OVER: N_("Problem over"),
    Kind.RADAR: N_("Expiry"),
    Kind.APP: N_("App not taken"),
    Kind.WEBHOOK_OFF: N_("Webhook off"),
}


@dataclass(frozen=True)
class NoticeView:
    """A notice for templates."""

    row: NoticeRow
    kind_label: str
    about: str
    state_label: str
    state_icon: str
    why: str
    how: str
    later: datetime | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def notice_view(row: NoticeRow, now: datetime) -> NoticeView:
    """Return a notice in the reader's words."""
    title = filled(problem(row.problem).title, say) if row.problem else ""
    how = N_("Webhook") if row.channel == "webhook" else N_("Daily mail") if row.digest else N_("Mail")
    about = shown(row.inbox) if row.inbox else str(row.detail.get("what") or row.detail.get("name") or "")
    return NoticeView(
        row=row,
        kind_label=say(SHORT_KINDS[Kind(row.kind)]) if row.kind in set(Kind) else row.kind,
        about=" · ".join(part for part in (about, title) if part),
        state_label=say(STATE_LABELS.get(row.state, row.state)),
        state_icon=STATE_ICONS.get(row.state, "circle"),
        why=why(row),
        how=say(how),
        later=row.not_before if row.state == "queued" and row.not_before > now else None,
    )


def why(row: NoticeRow) -> str:
    """Return why a notice is not sent, or not yet, in words; the title of a problem where one stands in the way."""
    if row.outcome in OUTCOMES:
        found = say(OUTCOMES[row.outcome])
    elif row.outcome.startswith("http-"):
        found = say(N_("The address answered %(status)s"), status=row.outcome.removeprefix("http-"))
    elif row.outcome:
        found = filled(problem(row.outcome).title, say)
    else:
        found = ""
    if row.detail.get("itself") and row.channel == "mail":
        itself = say(N_("It goes to the very mailbox that it is about; the owner also sees it in the console"))
        found = f"{found}. {itself}" if found else itself
    return found


def kinds() -> list[tuple[str, str]]:
    """Return the kinds to filter by, with their words."""
    return [(kind.value, say(label)) for kind, label in SHORT_KINDS.items()]


def happening(row: NoticeRow) -> dict[str, Any]:
    """Return a notice as one line of an inbox's time line: "Notice sent to Mette, by mail, once per episode"."""
    if row.state == "sent":
        text = say(N_("Notice sent to %(who)s"), who=row.told)
    else:
        state = say(STATE_LABELS.get(row.state, row.state))
        text = say(N_("Notice to %(who)s: %(state)s"), who=row.told, state=state[:1].lower() + state[1:])
    by = {"webhook": N_("by webhook")}.get(row.channel, N_("by mail"))
    over = row.kind in {Kind.CLEAR, Kind.PROBLEM_OVER}
    once = N_("once, when it was over") if over else N_("once per episode")
    detail = ", ".join(part for part in (say(by), say(once), why(row)) if part)
    return {"at": row.at, "icon": "mail" if row.state == "sent" else "clock", "text": text, "detail": detail}


def with_notices(lines: list[dict[str, Any]], rows: Sequence[NoticeRow]) -> list[dict[str, Any]]:
    """Return the lines of an inbox's time line with what people were told among them, newest first."""
    return sorted([*lines, *map(happening, rows)], key=lambda line: line["at"], reverse=True)[:LONGEST_TIMELINE]
