"""Domains for templates: the list and the panes of one domain, in the reader's words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from console.discovery.addresses import shown
from console.rules.domain_defaults import KIND_LABELS, LOCAL, WHOLE, Kind
from console.rules.texts import N_
from console.services import bulk
from console.services.bulk import JobView
from console.services.default_settings import Defaults
from console.services.defaults import DomainRow
from console.services.differences import Preview
from console.web.texts import say, say_many
from console.web.wording import problem_view

SECURITY_LABELS = {"tls": "TLS", "starttls": "STARTTLS"}
LISTED = 25


@dataclass(frozen=True)
class DomainLine:
    """A domain of the list for templates."""

    row: DomainRow
    url: str
    here: bool
    what: str
    health: str
    health_label: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def line_of(row: DomainRow, here: str | None) -> DomainLine:
    """Return a domain of the list; `here` is the one that is open."""
    if row.kind is Kind.NONE:
        what = say(KIND_LABELS[row.kind])
    elif row.by:
        what = say(N_("%(kind)s, set by %(name)s"), kind=say(KIND_LABELS[row.kind]), name=row.by.split(" ")[0])
    else:
        what = say(KIND_LABELS[row.kind])
    health, label = "", ""
    if row.attention:
        health = "degraded"
        label = say_many("%(num)s needs attention", "%(num)s need attention", row.attention)
    elif row.healthy:
        health, label = "healthy", say_many("%(num)s healthy", "%(num)s healthy", row.healthy)
    elif row.disabled:
        health, label = "disabled", say_many("%(num)s disabled", "%(num)s disabled", row.disabled)
    return DomainLine(row, url_for("domains.show", domain=row.domain), row.domain == here, what, health, label)


def name_form(template: str | None) -> str:
    """Return the form of a user name in words."""
    if template in {None, "", WHOLE}:
        return say(N_("full address"))
    return say(N_("part before @")) if template == LOCAL else template or ""


def facts_of(defaults: Defaults) -> list[dict[str, str]]:
    """Return what is kept for a domain, as label and value."""
    if defaults.kind is Kind.NONE:
        return []
    rows: list[tuple[str, str]] = []
    if defaults.kind is Kind.EXCHANGE:
        rows.append((N_("Exchange address"), defaults.exchange_url or ""))
        rows.append((N_("User name"), name_form(defaults.username)))
    else:
        rows += [
            (N_("Incoming"), _server(defaults.imap_host, defaults.imap_port, defaults.imap_security)),
            (N_("Outgoing"), _server(defaults.smtp_host, defaults.smtp_port, defaults.smtp_security)),
            (N_("User name"), name_form(defaults.username)),
            (
                N_("Outgoing sign-in"),
                say(N_("the same as incoming"))
                if defaults.smtp_username is None
                else say(N_("of its own, %(form)s"), form=name_form(defaults.smtp_username)),
            ),
        ]
    rows.append(
        (N_("Members"), say(N_("may change these")) if defaults.members_may_change else say(N_("use exactly these")))
    )
    if defaults.note:
        rows.append((N_("Note to users"), defaults.note))
    return [{"label": say(label), "value": value} for label, value in rows]


def _server(host: str | None, port: int | None, security: str | None) -> str:
    name = f"[{host}]" if host and ":" in host else host
    return f"{name}:{port}, {SECURITY_LABELS.get(security or '', security)}"


@dataclass(frozen=True)
class ChangesView:
    """What would change, for templates. `rows` has one line per setting; `more` counts the inboxes left out."""

    preview: Preview
    rows: list[dict[str, Any]]
    more: int
    summary: str
    notes: list[str]
    apply_label: str

    @property
    def mark(self) -> str:
        """What stands for exactly this list."""
        return self.preview.mark

    @property
    def number(self) -> int:
        """How many inboxes would be changed."""
        return len(self.preview.differences)


def _apart(before: str, after: str) -> tuple[str, str]:
    """Leave the server's name out where it is the same: 587, STARTTLS becomes 465, TLS."""
    host, colon, old = before.rpartition(":")
    if colon and after.startswith(f"{host}:"):
        return old, after.removeprefix(f"{host}:")
    return before, after


def changes_of(preview: Preview) -> ChangesView:
    """Return a preview in the reader's words."""
    number, rows = len(preview.differences), []
    for one in preview.differences[:LISTED]:
        for index, change in enumerate(one.changes):
            before, after = _apart(say(change.before), say(change.after))
            rows.append(
                {
                    "address": shown(one.address) if index == 0 else "",
                    "key": one.address,
                    "owner": one.owner if index == 0 else "",
                    "url": url_for("inboxes.show", inbox_id=one.inbox_id),
                    "waits": one.waits and index == 0,
                    "off": one.off and index == 0,
                    "setting": say(change.label),
                    "before": before or say(N_("not readable")),
                    "after": after,
                    "first": index == 0,
                }
            )
    if not preview.total:
        summary = say(N_("no inbox on this domain yet"))
    elif not number:
        summary = say_many(
            "%(num)s inbox has these settings already", "all %(num)s inboxes have these settings", preview.total
        )
    else:
        summary = say(N_("%(number)s of %(total)s inboxes differ"), number=number, total=preview.total)
    notes = []
    if preview.waiting:
        notes.append(
            say_many(
                "%(num)s inbox will wait for its owner: a password goes only to the domain it was typed for, and a"
                " refused one is not tried again.",
                "%(num)s inboxes will wait for their owners: a password goes only to the domain it was typed for, and a"
                " refused one is not tried again.",
                preview.waiting,
            )
        )
    if preview.others:
        notes.append(
            say_many(
                "%(num)s inbox here is connected another way and stays as it is.",
                "%(num)s inboxes here are connected another way and stay as they are.",
                preview.others,
            )
        )
    return ChangesView(
        preview,
        rows,
        max(0, number - LISTED),
        summary,
        notes,
        say_many("Save and apply to %(num)s", "Save and apply to %(num)s", number) if number else "",
    )


# Codes of items and jobs in the reader's words; the state that stands beside lends icon and colour.
ITEM_STATES = {
    "waiting": (N_("not yet"), "neutral"),
    "changed": (N_("changed, signing in"), "checking"),
    "passed": (N_("signed in"), "healthy"),
    "refused": (N_("sign-in refused"), "needs-sign-in"),
    "failed": (N_("did not pass"), "failing"),
    "owner": (N_("waits for its owner"), "needs-sign-in"),
    "off": (N_("changed, switched off"), "disabled"),
    "same": (N_("had these settings already"), "neutral"),
    "gone": (N_("removed meanwhile"), "neutral"),
    "edited": (N_("changed by somebody meanwhile"), "neutral"),
    "back": (N_("has its settings back"), "neutral"),
    "kept": (N_("edited since, left alone"), "neutral"),
}
ENDED = {
    "asked": N_("Stopped. What was changed stays changed."),
    "first-failed": N_("The first inbox did not pass, so no other was tried. Look at it, or take the change back."),
    "refused-twice": N_("Stopped at the second refused sign-in, before more accounts are locked."),
    "failed-in-a-row": N_("Stopped after three inboxes in a row that did not pass."),
    "access-lost": N_("Stopped: whoever started this may not do so any more."),
}
SHOWN_FOR = timedelta(days=7)


@dataclass(frozen=True)
class JobPanel:
    """The applying of defaults for templates."""

    job: JobView
    title: str
    text: str
    progress: str
    rows: list[dict[str, Any]]
    more: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.job, name)


def job_of(job: JobView, now: datetime) -> JobPanel | None:
    """Return a job for templates, or None when it ended so long ago that nobody asks."""
    if job.finished_at is not None and now - job.finished_at > SHOWN_FOR:
        return None
    counts = job.counts
    if job.under_way:
        title = N_("Taking the change back") if job.state == bulk.UNDOING else N_("Applying to inboxes")
        text = N_("Stops after the inbox it is at.") if job.stop_asked else N_("You can leave this page; it goes on.")
    elif job.state == bulk.UNDONE:
        title, text = N_("Taken back"), N_("The inboxes have the settings from before. The defaults stay saved.")
    elif job.state == bulk.STOPPED:
        title, text = N_("Stopped"), ENDED.get(job.ended, ENDED["asked"])
    else:
        title, text = N_("Applied"), N_("Every inbox that could be tried signed in.")
        if counts[bulk.REFUSED] or counts[bulk.FAILED]:
            text = N_("Some inboxes did not pass; look at them, or take the change back.")
        elif not counts[bulk.PASSED]:
            text = N_("No inbox could be tried; what that waits for stands beside each.")
    rows = []
    for item in job.items:
        label, state = ITEM_STATES[item.state]
        found = problem_view(item.problem, address=shown(item.address)) if item.problem else None
        rows.append(
            {
                "address": shown(item.address),
                "key": item.address,
                "owner": item.owner,
                "url": url_for("inboxes.show", inbox_id=item.inbox_id),
                "code": item.state,
                "state": state,
                "label": say(label),
                "problem": found.title if found else "",
            }
        )
    return JobPanel(
        job,
        say(title),
        say(text),
        say(N_("%(done)s of %(total)s"), done=job.handled, total=job.total),
        rows,
        max(0, job.total - len(job.items)),
    )
