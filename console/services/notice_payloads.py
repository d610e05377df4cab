"""What webhooks are told: codes, times and links for programs, and one sentence for chats."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console.rules.notices import Kind
from console.rules.problems import problem
from console.services.notice_words import Words
from console.store.episodes import Episode, Incident
from console.store.notices import Notice

EVENTS: Mapping[str, str] = {
    Kind.INCIDENT: "incident.opened",
    Kind.INCIDENT_OVER: "incident.over",
    Kind.ADMIN_PROBLEM: "inbox.problem",
    Kind.USER_PROBLEM: "inbox.problem",
    Kind.PROBLEM_OVER: "inbox.recovered",
    Kind.RADAR: "expiry.near",
    Kind.APP: "app.refused",
    Kind.WEBHOOK_OFF: "webhook.off",
}


def payload(words: Words, notice: Notice) -> dict[str, Any]:
    """Return what a webhook is told: codes and links, and one sentence for chats. Raises Gone."""
    said = words.said(notice)
    entry = problem(notice.problem) if notice.problem else None
    found: dict[str, Any] = {"kind": notice.kind, "title": said.head, "url": said.url}
    if entry is not None:
        found |= {"problem": entry.code, "who": entry.who.value, "help_url": words.url(f"/help/{entry.code}")}
    inbox = words.rows.inboxes.get(notice.inbox_id or 0)
    if inbox is not None:
        found["inbox"] = {"id": inbox.id, "address": inbox.address, "provider": inbox.provider}
    episode = words.rows.episodes.get(notice.episode_id or 0)
    if episode is not None:
        found["episode"] = _span(episode)
    incident = words.rows.incidents.get(notice.incident_id or 0)
    if incident is not None:
        inboxes, people = words.rows.reach.get(incident.id or 0, (0, 0))
        found["incident"] = {
            **_span(incident),
            "level": incident.level,
            "target": incident.target,
            "inboxes": max(inboxes, incident.most_inboxes),
            "people": people,
        }
    if notice.kind == Kind.RADAR and isinstance(notice.detail, dict):
        found["expiry"] = {name: notice.detail.get(name) for name in ("kind", "what", "date", "days", "inboxes")}
    at = _iso(notice.created_at)
    return {"type": EVENTS[notice.kind], "timestamp": at, "text": f"{said.head}\n{said.url}", "data": found}


def _span(one: Incident | Episode) -> dict[str, Any]:
    ended = _iso(one.ended_at) if one.ended_at else None
    return {"id": one.id, "began_at": _iso(one.began_at), "ended_at": ended}


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
