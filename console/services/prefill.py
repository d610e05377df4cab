"""What the settings step starts from: typed before, an admin's default, found, or guessed, in this order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlmodel import Session

from console.discovery.answer import Answer, Candidate, Server
from console.discovery.answer import Settings as FoundSettings
from console.discovery.domains import a_label, within
from console.providers.base import Found, Provider, Settings, SettingsUnreadable, Suggestion
from console.rules.permissions import may
from console.services import defaults, discoveries
from console.services.context import Actor, Context, NotFound, Refused
from console.services.draft import fetch
from console.store.models import Draft, Inbox

Origin = Literal["typed", "found", "guessed"]


@dataclass(frozen=True)
class Prefill:
    """Where the settings step begins.

    `data` is form data of the family and `settings` the same as it is stored; `guessed` names those of them that are
    guesses. `found` is what discovery knows about the servers, also when somebody typed over it since. `fixed` is form
    data that this person may not change. `to_confirm` are the hosts (A-labels) that a person has to look at before a
    password goes there.
    """

    data: Mapping[str, Any]
    settings: Settings
    origin: Origin
    guessed: frozenset[str] = frozenset()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    to_confirm: tuple[str, ...] = ()
    found: FoundSettings | None = None
    answer: Answer | None = None


def get(ctx: Context, actor: Actor, draft_id: str, family: Provider) -> Prefill:
    """Return where the settings step of one of the actor's own drafts begins. Raises NotFound."""
    now = ctx.clock()
    with ctx.store.read() as session:
        return of(session, actor, fetch(session, actor, draft_id, now), family, now)


def of(session: Session, actor: Actor, draft: Draft, family: Provider, now: datetime) -> Prefill:
    """Return where the settings step of a draft begins, for this person."""
    asked = discoveries.of_draft(session, draft, now)
    answer = asked.answer if asked else None
    address = draft.address or ""
    suggestion = _suggestion(family, address, plain(answer))
    found = answer.settings if answer and suggestion != family.suggest(address) else None
    web = _web_service(answer, family)
    if web is not None and found is not None and found.transport != "admin":
        # Mail servers that were found besides are another family's.
        found = None
    fixed: dict[str, Any] = {}
    whole = found is not None and (found.complete or _no_servers(found))
    if found is not None and found.locked and whole and not may(actor.role, "defaults.overrule", own=False):
        filled = family.fill(suggestion.settings)
        fixed = {name: value for name, value in filled.items() if name not in suggestion.guessed}
    if draft.link_id is not None and draft.inbox_id is not None and draft.moves_from is None:
        fixed = {**_own(session, actor, family, draft.inbox_id), **fixed}
    to_confirm = _hosts(found) if found is not None and found.to_confirm else ()
    if web is not None and found is None and answer is not None:
        to_confirm = _foreign(web, answer.address.domain)
    try:
        if draft.settings:
            data = {**family.fill(draft.settings), **fixed}
            settings = family.split(address, data)[0] if fixed else draft.settings
            return Prefill(data, settings, "typed", frozenset(), fixed, to_confirm, found, answer)
    except SettingsUnreadable:
        pass
    return Prefill(
        family.fill(suggestion.settings),
        suggestion.settings,
        "found" if found is not None or web is not None else "guessed",
        suggestion.guessed,
        fixed,
        to_confirm,
        found,
        answer,
    )


def _own(session: Session, actor: Actor, family: Provider, inbox_id: int) -> dict[str, Any]:
    """Return the servers and names of an inbox as they are now: who reconnects it by a link brings a password only.

    Otherwise whoever holds a link could show another mailbox, or a server of their own, as the one that is meant. On a
    domain that only admins change, the admin's are what the password goes to.
    """
    inbox = session.get(Inbox, inbox_id)
    if inbox is None:
        return {}
    try:
        own = family.fill(inbox.settings)
        return {**own, **defaults.fixed(session, actor, family, inbox.address, inbox.settings)}
    except SettingsUnreadable:
        raise NotFound from None
    except Refused:
        return own  # Said when the password is sent off.


def reads(family: Provider, answer: Answer | None) -> bool:
    """Return whether this family can do something with what was found."""
    if answer is None:
        return False
    address = answer.address.key
    return _suggestion(family, address, plain(answer)) != family.suggest(address)


def _suggestion(family: Provider, address: str, found: Found) -> Suggestion:
    """Return what the family makes of what was found; what makes no settings was not found."""
    suggestion = family.suggest(address, found)
    try:
        family.fill(suggestion.settings)
    except SettingsUnreadable:
        return family.suggest(address)
    return suggestion


def hosts(family: Provider, settings: Settings) -> frozenset[str]:
    """Return the hosts (A-labels) that these settings send a password to; none for settings of no shape."""
    try:
        return frozenset(a_label(host) for named in family.destinations(settings).values() for host in named)
    except SettingsUnreadable:
        return frozenset()


def unseen(named: Collection[str], to_confirm: Collection[str], seen: Collection[str]) -> frozenset[str]:
    """Return the hosts among `named` that are to be confirmed and were not; hosts of any spelling."""
    return frozenset(named) & frozenset(to_confirm) - frozenset(a_label(host) for host in seen)


def _no_servers(found: FoundSettings) -> bool:
    """Return whether what is kept names a web service and no mail servers."""
    return found.imap is None and found.smtp is None and not found.not_offered


def _web_service(answer: Answer | None, family: Provider) -> Candidate | None:
    """Return the candidate that says where the family's web service is, or who tells; None where none does."""
    candidates = answer.candidates if answer else ()
    return next((one for one in candidates if one.provider == family.slug and (one.url or one.autodiscover)), None)


def _foreign(web: Candidate, domain: str) -> tuple[str, ...]:
    """Return the hosts of a web service that lie outside the mail domain."""
    places = [web.url, f"https://{web.autodiscover}" if web.autodiscover else ""]
    hosts = [urlsplit(place).hostname or "" for place in places if place]
    return tuple(dict.fromkeys(a_label(host) for host in hosts if not within(host, domain)))


def _hosts(found: FoundSettings) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a_label(server.host) for server in (found.imap, found.smtp) if server is not None))


def plain(answer: Answer | None) -> Found:
    """Return what was found as the plain values that families read."""
    if answer is None:
        return {}
    plain: dict[str, Mapping[str, Any]] = {
        one.provider: {"url": one.url, "autodiscover": one.autodiscover}
        for one in answer.candidates
        if one.url or one.autodiscover
    }
    found = answer.settings
    if found is not None and _no_servers(found):
        name = found.sign_in_name(found.imap_username, answer.address)
        plain = {family: {**named, "username": name} for family, named in plain.items()}
    elif found is not None:
        for protocol, server, template in (
            ("imap", found.imap, found.imap_username),
            ("smtp", found.smtp, found.smtp_username),
        ):
            if server is not None:
                plain[protocol] = {
                    **_server(server),
                    "username": found.sign_in_name(template, answer.address),
                    "separate": found.separate,
                }
    return plain


def _server(server: Server) -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "security": server.security}
