"""Service values dressed for templates: problems, stages and rows with their texts translated and filled in."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from console.discovery.addresses import shown
from console.providers.base import StageResult
from console.rules.permissions import ROLE_LABELS, Role
from console.rules.problems import WHO_ICONS, WHO_LABELS, Kind, Retry, Who, problem
from console.rules.texts import N_
from console.services.app_trouble import APP_PROBLEMS
from console.services.inboxes import InboxRow
from console.web.current import context
from console.web.link_actions import LINK_ACTIONS
from console.web.texts import say

HEALTH_LABELS = {
    "healthy": N_("Healthy"),
    "degraded": N_("Degraded"),
    "failing": N_("Failing"),
    "needs-sign-in": N_("Needs sign-in"),
}
STAGE_LABELS = {
    "consent": N_("Get the permission"),
    "find-server": N_("Find server"),
    "reach": N_("Reach it"),
    "secure": N_("Secure it"),
    "methods": N_("See how to sign in"),
    "sign-in": N_("Sign in"),
    "version": N_("Check the version"),
    "open-inbox": N_("Open the inbox"),
    "find-sent": N_("Find Sent"),
    "smtp-reach": N_("Reach the outgoing server"),
    "smtp-secure": N_("Secure outgoing mail"),
    "smtp-sign-in": N_("Sign in to send"),
    "send": N_("Check that mail may be sent"),
    "aliases": N_("Learn aliases"),
}
TRIGGER_LABELS = {
    "button": N_("asked for by a person"),
    "schedule": N_("on schedule"),
    "shell": N_("from the command line"),
    "wizard": N_("while connecting"),
    "defaults": N_("after domain defaults were applied"),
}
ACTION_LABELS = {
    "inbox.connect": (N_("Connected"), "plug-connected"),
    "inbox.continued-for": (N_("Disclosure continued on behalf of the owner"), "user"),
    "inbox.reconnect": (N_("Reconnected"), "key"),
    "inbox.edit": (N_("Settings changed"), "adjustments"),
    "inbox.defaults": (N_("Domain defaults applied"), "world"),
    "inbox.defaults-undone": (N_("Domain defaults taken back"), "arrow-back-up"),
    "inbox.disable": (N_("Disabled"), "circle-minus"),
    "inbox.enable": (N_("Enabled"), "player-play"),
    "inbox.remove": (N_("Removed"), "trash"),
    "reconnect.start": (N_("Reconnect begun"), "key"),
    **LINK_ACTIONS,
    "inbox.move": (N_("Reconnected with another provider"), "key"),
    "campaign.leave-out": (N_("Left out of the campaign"), "minus"),
    "campaign.take-in": (N_("Taken into the campaign again"), "plus"),
    "move.start": (N_("Reconnect with another provider begun"), "key"),
    "certificate.trust": (N_("Certificate trusted"), "certificate"),
    "certificate.withdraw": (N_("Trust in a certificate withdrawn"), "certificate"),
    "disclosure.before": (N_("Disclosure accepted"), "check"),
    "inbox.revoke": (N_("Access at the provider ended"), "key"),
    "disclosure.after": (N_("Disclosure after connecting read"), "check"),
}
STATE_ICONS = {
    "healthy": "circle-check-filled",
    "degraded": "alert-triangle-filled",
    "failing": "square-rounded-x-filled",
    "needs-sign-in": "key-filled",
}


@dataclass(frozen=True)
class ProblemView:
    """A catalogue entry in the reader's words."""

    code: str
    title: str
    what: str
    step: str
    steps: tuple[str, ...]
    who: str
    who_label: str
    who_icon: str
    button: str
    kind: str
    text_for_user: str | None


def problem_view(code: str | None, *, host: str = "", address: str = "", owner: str = "") -> ProblemView | None:
    """Return the entry for `code` with host and address filled in; "the server" stands where no host is known."""
    if code is None:
        return None
    entry = problem(code)
    values = {"host": host or say(N_("the server")), "address": address}
    label = say(WHO_LABELS[entry.who])
    if entry.who is Who.USER and owner:
        label = owner

    def told(text: str) -> str:
        found = say(text, **values)
        return found if host else found[:1].upper() + found[1:]

    return ProblemView(
        code=code,
        title=told(entry.title),
        what=told(entry.what),
        step=told(entry.step),
        steps=tuple(told(line) for line in entry.steps),
        who=entry.who.value,
        who_label=label,
        who_icon=WHO_ICONS[entry.who],
        button=entry.button.value,
        kind=entry.kind.value,
        text_for_user=say(entry.text_for_user, **values) if entry.text_for_user else None,
    )


def mended_by(found: ProblemView | None, slug: str) -> ProblemView | None:
    """Return a problem of a provider's app with who must act: what an account admin typed, an account admin mends."""
    if found is None or found.code not in APP_PROBLEMS or slug in context().apps:
        return found
    step = N_(
        "An account admin makes a new secret at the provider, or corrects the app there, and types it in under "
        "Integrations."
    )
    return replace(found, who_label=say(ROLE_LABELS[Role.ADMIN]), who_icon="user-shield", step=say(step))


@dataclass(frozen=True)
class StageView:
    """One rung of the ladder."""

    slug: str
    label: str
    state: str
    detail: str
    ms: int | None
    problem: ProblemView | None
    warning: bool


def stage_views(stages: tuple[StageResult, ...], **about: str) -> list[StageView]:
    """Return the stages in the reader's words. A failed stage after which others ran is a warning."""
    ran = [index for index, stage in enumerate(stages) if stage.state in {"passed", "failed", "running"}]
    last = ran[-1] if ran else -1
    return [
        StageView(
            slug=stage.name,
            label=say(STAGE_LABELS.get(stage.name, stage.name)),
            state=stage.state,
            detail=say(stage.detail, **stage.values) if stage.detail else "",
            ms=stage.ms,
            problem=problem_view(stage.problem, **{**about, "host": stage.host or about.get("host", "")})
            if stage.state == "failed"
            else None,
            warning=stage.state == "failed"
            and (index < last or (stage.problem is not None and problem(stage.problem).kind is Kind.WARNING)),
        )
        for index, stage in enumerate(stages)
    ]


@dataclass(frozen=True)
class RowView:
    """An inbox row for templates."""

    row: InboxRow
    problem: ProblemView | None
    health_label: str
    off_text: str | None
    stopped_since: datetime | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def key(self) -> str:
        """The address as it is stored and compared."""
        return self.row.address

    @property
    def address(self) -> str:
        """The address as people write it."""
        return shown(self.row.address)

    @property
    def provider_label(self) -> str:
        """The provider's name."""
        return say(self.row.provider_label)

    @property
    def incident_url(self) -> str | None:
        """Where help desk works on the incident that the inbox is in."""
        return f"/help-desk?case=incident-{self.row.incident.id}" if self.row.incident else None


def row_view(row: InboxRow) -> RowView:
    """Return a row in the reader's words."""
    found = mended_by(
        problem_view(row.problem, host=row.host, address=shown(row.address), owner=row.owner_first_name), row.provider
    )
    stopped = (
        row.problem_since
        if row.problem and problem(row.problem).retry is Retry.STOP and row.next_check is None
        else None
    )
    return RowView(
        row,
        found,
        say(HEALTH_LABELS.get(row.health, row.health)),
        say(N_("Nothing is checked, sent or read")) if row.switch == "off" else None,
        stopped,
    )


def role_label(role: str) -> str:
    """Return a role in the reader's words."""
    return say(ROLE_LABELS[Role(role)])
