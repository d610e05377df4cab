"""Settings, Notices, dressed for templates."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.discovery.addresses import shown, shown_domain
from console.rules.notices import KIND_LABELS, Kind
from console.rules.permissions import ROLE_LABELS, Role
from console.rules.problems import WHO_ICONS, Who, problem
from console.rules.telling import filled
from console.rules.texts import N_
from console.services.mail_server import MailServer
from console.services.mail_standing import Standing
from console.services.mail_tests import MailTest
from console.services.notice_rows import QUEUED, SENDING, SENT
from console.services.webhooks import HookView, Message
from console.web.notices import OUTCOMES, STATE_ICONS, STATE_LABELS
from console.web.texts import say
from console.web.wording import ProblemView, StageView, problem_view, stage_views

# What a test of the mail server does beyond what a check of an inbox does.
STAGES = {
    "smtp-sender": N_("Have the sender taken"),
    "smtp-recipient": N_("Have the recipient taken"),
    "smtp-message": N_("Hand the mail over"),
}
OFF = {
    "by-hand": N_("Switched off by hand"),
    "gone": N_("Switched off: the address says that nobody wants these messages any more (410)"),
    "failures": N_("Switched off: twenty messages in a row were not taken"),
}


def server_view(server: MailServer | None, standing: Standing | None) -> dict[str, Any]:
    """Return the mail server for a page, without its password."""
    if server is None:
        return {"exists": False, "fixed": False}
    sender = f"{server.sender_name} <{shown(server.sender)}>"
    facts = [
        {"label": say(N_("Server")), "value": f"{shown_domain(server.host)}:{server.port}, {_security(server)}"},
        {"label": say(N_("User name")), "value": server.username or say(N_("nobody is signed in"))},
        {"label": say(N_("Sender")), "value": sender},
    ]
    if server.pin:
        trusted = say(N_("exactly one is trusted: %(sha256)s"), sha256=server.pin)
        facts.append({"label": say(N_("Certificate")), "value": trusted})
    return {
        "exists": True,
        "fixed": server.fixed,
        "facts": facts,
        "problem": about(standing.problem, server.host) if standing else None,
        "standing": standing,
    }


def _security(server: MailServer) -> str:
    return {"starttls": "STARTTLS", "tls": "TLS"}.get(server.security, server.security)


def about(code: str | None, host: str, stage: str = "") -> ProblemView | None:
    """Return a problem of the mail server in the reader's words: what an owner mends elsewhere, an admin mends here.

    A server that wants a sign-in before it passes a recipient's mail on says so in words that are those of a bug in a
    check of an inbox, which signs in always; here it is a matter of what was set.
    """
    found = problem_view(code, host=shown_domain(host))
    step = say(N_("Correct the mail server below and save, then send a test again."))
    if found is not None and (code, stage) == ("client-bug", "smtp-recipient"):
        title = say(N_("Server does not pass mail on from here"))
        what = say(N_("It takes mail for others only from who signs in, or from machines that it knows."))
        step = say(
            N_("Type a user name and a password below, or have the server let this machine send; then test again.")
        )
        found = replace(found, title=title, what=what, text_for_user=None)
    elif found is None or found.who not in {Who.USER, Who.TEAM_ADMIN}:
        return found
    label = say(ROLE_LABELS[Role.ADMIN])
    return replace(found, who_label=label, who_icon=WHO_ICONS[Who.TEAM_ADMIN], step=step, steps=())


def test_view(found: MailTest | None, host: str) -> dict[str, Any] | None:
    """Return a test of the mail server for a page."""
    if found is None or (found.outdated and not found.waiting):
        return None
    stages = stage_views(found.stages, host=shown_domain(host))
    return {
        "waiting": found.waiting,
        "to": shown(found.to),
        "at": found.at,
        "stages": [_stage(stage, host) for stage in stages],
        "problem": about(found.problem, host, _failed(found)),
        "passed": found.at is not None and found.problem is None,
        "server_text": found.server_text,
        "certificate": found.certificate,
    }


def _stage(stage: StageView, host: str) -> StageView:
    label = say(STAGES[stage.slug]) if stage.slug in STAGES else stage.label
    return replace(stage, label=label, problem=about(stage.problem.code, host, stage.slug) if stage.problem else None)


def _failed(found: MailTest) -> str:
    return next((stage.name for stage in found.stages if stage.problem == found.problem), "")


def hook_view(hook: HookView) -> dict[str, Any]:
    """Return a webhook for a page."""
    off = say(OFF.get(hook.off_why, OFF["by-hand"])) if hook.off_at else ""
    return {
        "hook": hook,
        "kinds": ", ".join(say(KIND_LABELS[kind]) for kind in hook.kinds),
        "off": off,
        "trouble": "" if off or not hook.failures else _answer(hook.outcome),
        "test": _test(hook),
    }


def message_view(message: Message, now: datetime) -> dict[str, Any]:
    """Return one message of a webhook for a page, with the JSON that was sent."""
    said, state = message.body or {}, QUEUED if message.state == SENDING else message.state
    outcome = message.outcome
    reason = say(OUTCOMES[outcome]) + "." if outcome in OUTCOMES else _answer(outcome) if outcome else ""
    title = said.get("data", {}).get("title") if isinstance(said.get("data"), dict) else None
    return {
        "message": message,
        "title": title or say(KIND_LABELS[Kind(message.kind)]),
        "type": said.get("type", ""),
        "state": state,
        "icon": STATE_ICONS.get(state, "circle"),
        "word": say(N_("Taken")) if state == SENT else say(STATE_LABELS.get(state, state)),
        "why": reason,
        "later": message.not_before if state == QUEUED and message.attempts and message.not_before > now else None,
        "stamp": int(message.at.timestamp()) if message.at else None,
        "body": json.dumps(said, ensure_ascii=False, indent=2) if said else "",
    }


def _test(hook: HookView) -> dict[str, Any] | None:
    found = hook.test
    if found is None:
        return None
    passed = found.status is not None and 200 <= found.status < 300
    if found.waiting:
        text = say(N_("The test is being sent"))
    elif found.at is None:
        text = say(N_("No worker took the test up. Start one, then test again."))
    elif passed:
        text = say(N_("The test was taken: %(status)s"), status=found.status)
    else:
        text = say(N_("The test was not taken. %(why)s"), why=_answer(found.problem or f"http-{found.status}"))
    return {"waiting": found.waiting, "passed": passed, "text": text, "at": found.at, "ms": found.ms}


def _answer(outcome: str) -> str:
    if outcome.startswith("http-"):
        return say(N_("The address answered %(status)s."), status=outcome.removeprefix("http-"))
    return filled(problem(outcome).title, say) + "." if outcome else ""
