"""The wizard for templates: its steps, its draft and its verification."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for

from console.discovery.addresses import shown
from console.providers.base import Certificate, Provider, Settings, SettingsUnreadable
from console.providers.consenting import Consenting, consenting
from console.rules.permissions import Reach, reach
from console.rules.problems import WHO_LABELS, Button, Kind, Who, problem
from console.rules.texts import N_
from console.services import draft as draft_states
from console.services import verification
from console.services.consents import CONSENT
from console.services.draft import DraftView
from console.web.by_link import told_by_link
from console.web.current import maybe_actor
from console.web.texts import say
from console.web.wording import ProblemView, StageView, mended_by, problem_view, stage_views

STEPS = (
    ("start", N_("Start")),
    ("address", N_("Address")),
    ("expect", N_("What to expect")),
    ("settings", N_("Sign-in settings")),
    ("verify", N_("Verify")),
    ("done", N_("Done")),
)
RECONNECT_STEPS = ("settings", "verify", "done")
# Another provider has another disclosure.
MOVE_STEPS = ("expect", *RECONNECT_STEPS)
# Whose inbox it is was settled with the link.
LINK_STEPS = ("address", *MOVE_STEPS)


@dataclass(frozen=True)
class DraftPage:
    """A draft for templates."""

    draft: DraftView
    address: str
    kept_until: datetime
    leave_url: str
    away_url: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.draft, name)


def page_of(draft: DraftView) -> DraftPage:
    """Return a draft for templates."""
    # Who comes by a link leaves by closing the page; the link stays usable.
    leave_url = "" if draft.linked else url_for(".leave", draft_id=draft.id)
    return DraftPage(draft, shown(draft.address or ""), draft.kept_until, leave_url, away_url(draft))


def sheet_url(draft: DraftView) -> str:
    """Return the page to send to IT; who comes by a link gets its text and no page of the console."""
    if draft.linked:
        return url_for("reconnect.sheet", draft_id=draft.id)
    return url_for("integrations.sheet", slug=draft.provider)


def away_url(draft: DraftView) -> str:
    """Return the address that leads to the sign-in at the provider."""
    return url_for("reconnect.away" if draft.linked else "consent.leave", draft_id=draft.id)


def steps_of(current: str, draft: DraftView | None) -> list[dict[str, Any]]:
    """Return the step bar; a reconnect has fewer steps."""
    fewer: tuple[str, ...] = LINK_STEPS if draft and draft.linked else ()
    if draft and (draft.moves_from or draft.reconnects):
        fewer = MOVE_STEPS if draft.moves_from else RECONNECT_STEPS
    slugs = [slug for slug, _ in STEPS if not fewer or slug in fewer]
    at, closed = slugs.index(current), draft is None or draft.state in draft_states.BUSY_OR_OVER
    labels = dict(STEPS)
    if draft is not None and draft.consents:
        labels["settings"] = N_("Sign-in")
    elif draft is not None and draft.linked and draft.reconnects:
        labels["settings"] = N_("Password")
    found = []
    for index, slug in enumerate(slugs):
        state = "current" if index == at else "done" if index < at else "todo"
        url = None
        if not closed and draft is not None and slug not in {"start", "done"} and state == "done":
            url = url_for(f".{slug}", draft_id=draft.id)
        found.append({"slug": slug, "label": say(labels[slug]), "state": state, "url": url})
    return found


def where(draft: DraftView) -> str:
    """Return the step that a draft waits at."""
    if draft.state == draft_states.PASSED:
        return "done"
    if draft.state != draft_states.OPEN:
        return "verify"
    if draft.inbox_id is not None and draft.moves_from is None:
        return "settings"
    if draft.address is None or draft.provider is None:
        return "address"
    return "settings" if draft.accepted else "expect"


@dataclass(frozen=True)
class RunView:
    """A verification for templates. `place` is where people sign in who type no password here, else "".

    `ways` are the ways on of those who sign in elsewhere, the best first: again, leave, sheet and other.
    """

    state: str
    stages: list[StageView]
    stopped_at_text: str | None
    summary: str
    needs_password: bool
    can_again: bool
    can_keep_receives_only: bool
    certificate: Certificate | None
    may_trust: bool
    says_why: bool
    problem: ProblemView | None
    server_text: str
    place: str = ""
    ways: tuple[str, ...] = ()


def run_of(draft: DraftView, family: Provider) -> RunView:
    """Return what the ladder shows of a draft to the signed-in person."""
    stages = list(draft.stages)
    failed = [index for index, stage in enumerate(stages) if stage.state == "failed"]
    refused = draft.problem is not None and problem(draft.problem).kind is Kind.REFUSAL
    state = {draft_states.QUEUED: "running"}.get(draft.state, draft.state)
    if state == draft_states.FAILED and draft.problem is None:
        state = "expired"
    where = stages[failed[-1]].host if failed else ""
    elsewhere, person = consenting(family), maybe_actor()
    about = {
        "host": where or _said(family.host, draft),
        "address": shown(draft.address or ""),
        "owner": draft.owner_name.split(" ")[0],
    }
    can_again = state in {"failed", "waiting", "interrupted", "expired"} and not refused and draft.has_password
    shown_stages = [_here(stage, draft) for stage in stage_views(draft.stages, **about)]
    if elsewhere is not None:
        shown_stages = [_reasons(stage, elsewhere, draft) for stage in shown_stages]
    return RunView(
        state=state,
        stages=shown_stages,
        stopped_at_text=say(
            N_("Stopped at step %(step)s of %(steps)s. Nothing is stored until all steps pass."),
            step=failed[-1] + 1,
            steps=len(stages),
        )
        if failed and state in {"failed", "waiting"}
        else None,
        summary=" · ".join(part for part in (say(family.label), _said(family.summary, draft)) if part),
        # With more than one password to type again, the settings step is the place for it.
        needs_password=elsewhere is None
        and not draft.has_password
        and not refused
        and len(family.destinations(draft.settings)) == 1,
        can_again=can_again,
        can_keep_receives_only=verification.can_keep(draft.state, stages) and draft.has_password,
        certificate=draft.certificate if draft.state == draft_states.WAITING else None,
        may_trust=draft.may_trust,
        says_why=person is not None and reach(person.role, "exceptions.manage") is Reach.ALL,
        problem=_told(problem_view(draft.problem, **about), draft),
        server_text=draft.server_text,
        place=elsewhere.place if elsewhere else "",
        ways=_ways(draft, can_again=can_again, at_consent=bool(failed) and stages[failed[0]].name == CONSENT)
        if elsewhere
        else (),
    )


def unhurried(found: ProblemView | None) -> ProblemView | None:
    """Return a problem as it is in the wizard, where nothing is tried again by itself."""
    if found is None or found.who != Who.AUTO.value:
        return found
    text = N_("Wait a few minutes, then go on here. Nothing is lost meanwhile.")
    return replace(found, who_label=say(WHO_LABELS[Who.NOBODY]), step=say(text), steps=())


def _here(stage: StageView, draft: DraftView) -> StageView:
    return replace(stage, problem=_told(stage.problem, draft))


def _told(found: ProblemView | None, draft: DraftView) -> ProblemView | None:
    found = mended_by(unhurried(found), draft.provider or "")
    return told_by_link(found, draft, shown(draft.address or ""))


def _reasons(stage: StageView, family: Consenting, draft: DraftView) -> StageView:
    """Return the stage of the permission with what was not given by its reason: nobody knows the provider's names."""
    kept = next((one for one in draft.stages if one.name == stage.slug), None)
    names = str(kept.values.get("scopes", "")).split(", ") if kept is not None and stage.slug == CONSENT else []
    reasons = [say(scope.reason) for scope in family.scopes if scope.name in names]
    return replace(stage, detail=say(N_("Not given: %(scopes)s"), scopes=" ".join(reasons))) if reasons else stage


def _ways(draft: DraftView, *, can_again: bool, at_consent: bool) -> tuple[str, ...]:
    """Return how a person goes on whose sign-in happens at the provider, the best way first.

    A code that was sent may be spent, so after the first stage a fresh sign-in comes before another try. What no try
    can mend leads to another way; a reconnect has none. What an administrator has to allow goes to IT first.
    """
    entry = problem(draft.problem) if draft.problem else None
    other = () if draft.reconnects else ("other",)
    if entry is not None and entry.kind is Kind.BROKEN and entry.button is Button.NONE:
        return (*other, "leave")
    if entry is not None and entry.kind is Kind.REFUSAL and entry.who is Who.MAIL_ADMIN:
        return ("sheet", "leave", *other)
    again = ("again",) if can_again else ()
    return ("leave", *again, *other) if at_consent else (*again, "leave", *other)


def _said(tell: Callable[[Settings], str], draft: DraftView) -> str:
    """Return what a family says about the draft's settings; nothing as long as a sign-in has not brought any."""
    try:
        return tell(draft.settings)
    except SettingsUnreadable:
        return ""
