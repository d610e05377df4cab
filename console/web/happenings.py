"""What changed around a case, line by line in the reader's words."""

from datetime import datetime, timedelta
from typing import Any

from console.rules.texts import N_
from console.services.happenings import Happening
from console.web import times
from console.web.help_desk import LINK_LABELS, provider_label
from console.web.incidents import IncidentView
from console.web.texts import say, say_many
from console.web.wording import ACTION_LABELS, HEALTH_LABELS, STATE_ICONS, TRIGGER_LABELS, problem_view

DONE_LABELS = {
    **ACTION_LABELS,
    "domain.save": (N_("Domain defaults changed"), "world"),
    "domain.delete": (N_("Domain defaults deleted"), "world"),
    "domain.apply": (N_("Domain defaults are being applied"), "world"),
    "domain.apply-stop": (N_("Applying the domain defaults stopped"), "player-stop"),
    "domain.apply-undo": (N_("Domain defaults are being taken back"), "arrow-back-up"),
    "domain.lock": (N_("Who may change the domain's servers changed"), "lock"),
    "provider.off": (N_("Provider switched off"), "circle-minus"),
    "provider.on": (N_("Provider switched on"), "player-play"),
    "app.save": (N_("App at the provider changed"), "adjustments"),
    "app.remove": (N_("App at the provider removed"), "trash"),
    "app.refused": (N_("The provider stopped taking our app"), "square-rounded-x-filled"),
    "app.accepted": (N_("The provider takes our app again"), "circle-check-filled"),
    "consent.revoke": (N_("A permission was given back to the provider"), "key"),
    "person.add": (N_("Person added"), "user"),
    "person.role": (N_("Role of a person changed"), "users"),
    "person.personal-email": (N_("Personal email access changed"), "users"),
    "person.deactivate": (N_("Person deactivated"), "circle-minus"),
    "person.activate": (N_("Person activated again"), "player-play"),
    "certificates.forbid": (N_("Trusting certificates forbidden to members"), "lock"),
    "certificates.allow": (N_("Trusting certificates allowed to members"), "certificate"),
    "campaign.start": (N_("Campaign started"), "send"),
    "campaign.stop": (N_("Campaign stopped"), "player-stop"),
    "case.take": (N_("Case taken"), "user"),
    "case.give-back": (N_("Case given back"), "arrow-back-up"),
    "case.snooze": (N_("Case put to sleep"), "clock-pause"),
    "case.wake": (N_("Case woken"), "clock"),
    "case.hand": (N_("Case handed to an account admin"), "user-shield"),
    "case.take-back": (N_("Case taken back from the account admins"), "arrow-back-up"),
    "link.issue": (N_("Reconnect link made"), "link"),
    "link.withdraw": (N_("Reconnect link withdrawn"), "link"),
}
NEW_SECRET = N_("New secret of the app at the provider")
EPISODE_LABELS = {
    "recovered": (N_("Mended by itself"), "circle-check-filled"),
    "reconnected": (N_("The owner signed in again"), "circle-check-filled"),
    "disabled": (N_("Inbox switched off"), "circle-minus"),
    "removed": (N_("Inbox removed"), "trash"),
}
INCIDENT_LABELS = {
    "owners-told": (N_("Owners are told from now on"), "mail"),
    "told": (N_("Those who must act were told"), "mail"),
    "over": (N_("Incident over, all inboxes work again"), "circle-check-filled"),
    "all-clear": (N_("All-clear sent"), "mail"),
}
NOTICE_LABELS = {
    "held": N_("Notice held"),
    "queued": N_("Notice on its way"),
    "sending": N_("Notice on its way"),
    "sent": N_("Notice sent"),
    "failed": N_("Notice could not be sent"),
    "withdrawn": N_("Notice withdrawn"),
}


# What an incident's own line of time tells as well.
TOLD_TWICE = frozenset({"opened", "over", "real"})


def incident_lines(incident: IncidentView) -> list[dict[str, Any]]:
    """Return the steps of an incident that `happening_view` does not tell, as lines like its."""
    return [
        {"at": view["at"], "icon": view["icon"], "text": view["text"], "detail": "", "near": False, "kind": "step"}
        for line, view in zip(incident.card.timeline, incident.timeline, strict=True)
        if line.what not in TOLD_TWICE
    ]


def happening_view(one: Happening) -> dict[str, Any]:
    """Return one line: when, its icon, what, and who or where."""
    text, icon, detail = {
        "done": _done,
        "certificate": _certificate,
        "notice": _notice,
        "link": _link,
        "note": lambda _: (say(N_("Note")), "pencil", []),
        "check": _check,
        "episode": _episode,
        "incident": _incident,
        "earlier": _earlier,
    }[one.kind](one)
    if one.alike > 1:
        detail = [say_many("%(num)s time", "%(num)s times", one.alike), *detail]
    # Some entries of the audit log name a provider by its slug.
    about = provider_label(one.about)
    words = [part for part in (one.who, about, *detail) if part]
    return {"at": one.at, "icon": icon, "text": text, "detail": " · ".join(words), "near": one.near, "kind": one.kind}


def _done(one: Happening) -> tuple[str, str, list[str]]:
    label, icon = DONE_LABELS.get(one.code, (one.code, "history"))
    data = one.values
    if one.code == "app.save" and data.get("new_secret") and not data.get("before"):
        label = NEW_SECRET
    detail = []
    if one.code in {"inbox.edit", "inbox.defaults", "inbox.defaults-undone", "domain.save"} and one.alike == 1:
        detail.append(f"{data.get('before', '')} → {data.get('after', '')}")
    elif one.code in {"inbox.move", "move.start"}:
        to = data.get("after") or data.get("to")
        detail.append(f"{provider_label(str(data.get('before', '')))} → {provider_label(str(to or ''))}")
    elif one.code == "case.snooze":
        at = _time(data.get("until"))
        detail.append(say(N_("until %(at)s"), at=times.moment(at).striptags()) if at else "")
    elif isinstance(data.get("why"), str):
        detail.append(data["why"])
    return say(label), icon, detail


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _certificate(one: Happening) -> tuple[str, str, list[str]]:
    values = one.values
    days = say(
        N_("%(issuer)s, valid until %(last)s"),
        issuer=_common_name(str(values["issuer"])),
        last=times.day(values["until"]).striptags(),
    )
    label = N_("Server certificate ended") if one.code == "ended" else N_("Server shows another certificate")
    return say(label), "certificate", [say(N_("port %(port)s"), port=values["port"]), days]


def _common_name(name: str) -> str:
    parts = dict(part.strip().partition("=")[::2] for part in name.split(","))
    return parts.get("CN") or parts.get("O") or name


def _notice(one: Happening) -> tuple[str, str, list[str]]:
    return say(NOTICE_LABELS.get(one.code, one.code)), "mail", []


def _link(one: Happening) -> tuple[str, str, list[str]]:
    found = problem_view(one.values.get("problem"))
    return say(LINK_LABELS[one.code]), "link", [found.title] if found else []


def _check(one: Happening) -> tuple[str, str, list[str]]:
    found = problem_view(one.code if one.code != "passed" else None)
    health = str(one.values.get("health") or "")
    icon = STATE_ICONS.get(health, "circle")
    trigger = say(TRIGGER_LABELS.get(str(one.values.get("trigger")), ""))
    return found.title if found else say(N_("Check passed")), icon, [trigger]


def _episode(one: Happening) -> tuple[str, str, list[str]]:
    if one.code == "began":
        found = problem_view(str(one.values["problem"]))
        health = str(one.values["health"])
        title = found.title if found else ""
        first = say(N_("was first")) if one.about else say(HEALTH_LABELS.get(health, ""))
        return say(N_("It began: %(problem)s"), problem=title), STATE_ICONS.get(health, "circle"), [first]
    label, icon = EPISODE_LABELS.get(one.code, EPISODE_LABELS["recovered"])
    return say(label), icon, []


def _incident(one: Happening) -> tuple[str, str, list[str]]:
    if one.code == "opened":
        span: timedelta = one.values["span"]
        minutes = max(1, round(span.total_seconds() / 60))
        alike = int(one.values["alike"])
        if alike < 2:
            return say(N_("Incident opened: the cause is shared by nature")), "alert-triangle-filled", []
        text = say(N_("Incident opened: %(alike)s alike in %(minutes)s min"), alike=alike, minutes=minutes)
        return text, "alert-triangle-filled", [say(N_("notices to owners held"))]
    label, icon = INCIDENT_LABELS[one.code]
    return say(label), icon, []


def _earlier(one: Happening) -> tuple[str, str, list[str]]:
    found = problem_view(str(one.values["problem"]))
    until = one.values["until"]
    lasted = times.span(until - one.at) if until else ""
    icon = STATE_ICONS.get(str(one.values["health"]), "circle")
    title = found.title if found else ""
    return say(N_("Earlier: %(problem)s"), problem=title), icon, [say(N_("lasted %(span)s"), span=lasted)]
