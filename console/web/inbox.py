"""The page of one inbox in the reader's words: stages, capabilities, servers, permissions and its line of time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.discovery.addresses import shown
from console.providers.consenting import consenting
from console.rules.texts import N_
from console.services.audit import BY_LINK
from console.services.inbox import Happening, InboxDetail
from console.services.successors import Move
from console.web.capabilities import CapabilityView, capability_views, receives
from console.web.current import context
from console.web.exceptions import ExceptionView, exception_view
from console.web.link_actions import BY_LINK_LABEL
from console.web.notices import with_notices
from console.web.texts import say, say_many
from console.web.wording import (
    ACTION_LABELS,
    STAGE_LABELS,
    STATE_ICONS,
    TRIGGER_LABELS,
    RowView,
    StageView,
    problem_view,
    stage_views,
)

# With these the permission that the owner gave counts no more, whatever it holds.
PERMISSION_ENDED = frozenset({"oauth-grant-revoked", "oauth-grant-expired", "oauth-renewal-lost", "oauth-app-changed"})


@dataclass(frozen=True)
class DetailView:
    """The inbox page's values beside its row."""

    detail: InboxDetail
    stages: list[StageView]
    capabilities: list[CapabilityView]
    received: datetime | None
    servers: list[dict[str, str]]
    timeline: list[dict[str, Any]]
    trusted: list[ExceptionView]
    off: list[dict[str, Any]]
    last_check: dict[str, Any] | None
    server_where: str
    text_for_user: str | None
    may: frozenset[str]
    place: str
    permissions: list[dict[str, Any]]
    permission_ended: bool
    aliases: list[str]
    withdraw_url: str
    move: dict[str, Any] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.detail, name)

    @property
    def accepted_version(self) -> str | None:
        """Version of the disclosure that was accepted."""
        return self.detail.accepted.version if self.detail.accepted else None

    @property
    def accepted_at(self) -> datetime | None:
        """When the disclosure was accepted."""
        return self.detail.accepted.at if self.detail.accepted else None


def detail_view(found: InboxDetail, row: RowView, *, plain: bool = False) -> DetailView:
    """Return an inbox's detail in the reader's words; `plain` ones are for people who look after their own only."""
    about = {"host": row.row.host, "address": row.address, "owner": row.row.owner_first_name}
    last, elsewhere = found.last_check, consenting(found.family)
    where = ", ".join(
        part
        for part in (
            row.row.host,
            say(N_("stage %(stage)s"), stage=say(STAGE_LABELS.get(found.problem_stage, found.problem_stage)))
            if found.problem_stage
            else "",
        )
        if part
    )
    return DetailView(
        detail=found,
        stages=stage_views(last.stages, **about) if last else [],
        capabilities=capability_views(found.proofs, len(found.aliases), plain=plain, off=bool(found.off)),
        received=None if found.off else receives(found.proofs),
        servers=[{"label": say(label), "value": say(value)} for label, value in found.servers],
        timeline=with_notices([_happening(event, about) for event in found.timeline], found.notices),
        trusted=[exception_view(row) for row in found.trusted],
        off=[{"level_label": say(off.level_label), "by": off.by, "at": off.at, "why": off.why} for off in found.off],
        last_check=None
        if last is None
        else {
            "started_at": last.started_at,
            "finished_at": last.finished_at,
            "total_ms": last.total_ms,
            "trigger_label": say(TRIGGER_LABELS.get(last.trigger, "")),
            "full": last.full,
        },
        server_where=where,
        text_for_user=row.problem.text_for_user if row.problem else None,
        may=row.row.may,
        place=elsewhere.place if elsewhere else "",
        permissions=[{"name": one.name, "reason": say(one.reason), "given": one.given} for one in found.permissions],
        permission_ended=row.row.problem in PERMISSION_ENDED,
        aliases=[shown(alias) for alias in found.aliases],
        withdraw_url=found.family.disclosure.withdraw_url if found.family else "",
        move=_move(found.move) if found.move else None,
    )


def _move(move: Move) -> dict[str, Any]:
    return {**vars(move), "label": say(move.label), "place": say(move.place)}


def _happening(event: Happening, about: dict[str, str]) -> dict[str, Any]:
    if event.kind == "check":
        shown = problem_view(event.problem, **about)
        text = shown.title if shown else say(N_("Check passed"))
        depth = say(N_("full check") if event.full else N_("short check"))
        detail = " ".join(part for part in (depth, say(TRIGGER_LABELS.get(event.code, ""))) if part)
        if event.alike > 1:
            alike = "%(num)s check alike, %(full)s of them full", "%(num)s checks alike, %(full)s of them full"
            detail = say_many(*alike, event.alike, full=event.full)
        return {"at": event.at, "icon": STATE_ICONS.get(event.health or "", "circle"), "text": text, "detail": detail}
    label, icon = ACTION_LABELS.get(event.code, (event.code, "history"))
    data = event.detail or {}
    said = str(data.get("why") or "")
    if event.code in {"inbox.edit", "inbox.defaults", "inbox.defaults-undone"}:
        said = f"{data.get('before', '')} → {data.get('after', '')}"
    elif event.code in {"inbox.move", "move.start"}:
        said = f"{_family(data.get('before'))} → {_family(data.get('after') or data.get('to'))}"
    elif event.code in {"certificate.trust", "certificate.withdraw"}:
        # An authority counts at every port.
        server = ":".join(str(part) for part in (data.get("host"), data.get("port")) if part)
        said = " · ".join(part for part in (server, said) if part)
    elif event.code == "link.failed":
        said = told.title if (told := problem_view(said or None, **about)) else ""
    by_link = say(BY_LINK_LABEL) if data.get("by") == BY_LINK else ""
    detail = " · ".join(part for part in (event.who, by_link, said) if part)
    return {"at": event.at, "icon": icon, "text": say(label), "detail": detail}


def _family(slug: Any) -> str:
    family = context().families.get(str(slug))
    return say(family.label) if family is not None else str(slug)
