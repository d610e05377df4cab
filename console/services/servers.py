"""Editing the servers of a connected inbox, without ever taking its password along to another domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from console.providers.base import Provider, Secret, Settings, SettingsUnreadable
from console.services import audit, check_results, checks, credentials, defaults, scope, standing, switches
from console.services.context import Actor, Context
from console.store.models import Credential, Inbox, TrustedCertificate
from console.store.vault import KeyMissing


@dataclass(frozen=True)
class Editable:
    """What the edit page starts from. `settings` is None when the stored ones cannot be read.

    `fixed` is form data that this person may not change, because an admin keeps it for the domain.
    """

    address: str
    owner_id: int
    family: Provider
    settings: Settings | None
    automation: bool
    fixed: Mapping[str, Any]


def editable(ctx: Context, actor: Actor, inbox_id: int) -> Editable:
    """Return an inbox's settings for editing.

    Raises NotFound, and Refused when this console does not know its provider.
    """
    with ctx.store.read() as session:
        inbox = scope.inbox(session, actor, "inbox.edit", inbox_id)
        family = scope.family(ctx, inbox)
        settings: Settings | None
        try:
            settings = inbox.settings if family.summary(inbox.settings) else None
        except SettingsUnreadable:
            settings = None
        fixed = defaults.fixed(session, actor, family, inbox.address, settings)
        return Editable(inbox.address, inbox.owner_id, family, settings, inbox.automation, fixed)


def save(ctx: Context, actor: Actor, inbox_id: int, data: Mapping[str, Any], *, automation: bool) -> bool:
    """Store edited settings and have them checked; False when the password has to be typed again first.

    A password goes only to the domains it was typed for. When the new servers lie elsewhere, or outgoing mail now needs
    a sign-in of its own, the inbox turns needs-sign-in and nothing is sent. Raises NotFound, Refused.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        inbox = scope.inbox(session, actor, "inbox.edit", inbox_id)
        family = scope.family(ctx, inbox)
        if family.consents:
            settings = inbox.settings  # They come with the permission, and nobody types them.
        else:
            allowed = defaults.enforced(session, actor, family, inbox.address, inbox.settings, data)
            settings, _ = family.split(inbox.address, allowed)
        changed = settings != inbox.settings
        if not changed and automation == inbox.automation:
            return True
        before = summary(family, inbox.settings)
        inbox.automation = automation
        covered = put(ctx, session, inbox, family, settings, now) if changed else True
        if not changed:
            inbox.revision += 1
        audit.record(
            session,
            actor,
            "inbox.edit",
            ("inbox", inbox.id, inbox.address),
            now,
            before=before,
            after=summary(family, settings),
        )
    if changed and covered:
        ctx.enqueue("check", inbox_id)
    return covered


def put(
    ctx: Context,
    session: Session,
    inbox: Inbox,
    family: Provider,
    settings: Settings,
    now: datetime,
    *,
    trigger: str = checks.BUTTON,
) -> bool:
    """Give an inbox other settings in the open transaction; return whether its password may go to them.

    Where it may not, the inbox turns needs-sign-in and nothing is due; else it is due now, wanted by `trigger`.
    """
    inbox.settings, inbox.host = settings, family.host(settings)
    inbox.revision += 1
    hosts = {host for found in family.destinations(settings).values() for host in found}
    for pin in session.exec(select(TrustedCertificate).where(TrustedCertificate.inbox_id == inbox.id)):
        if pin.host not in hosts:
            session.delete(pin)
    credential = session.get(Credential, inbox.id)
    covered = credential is not None and credentials.covers(credential.typed_for, family, settings)
    if credential is not None and covered and not _complete(ctx, credential, family, settings):
        covered = False
    inbox.receives_only = None
    if covered:
        inbox.next_check = inbox.full_due = now
        inbox.wanted_by = None if switches.reasons(session, inbox) else trigger
    else:
        standing.must_sign_in(inbox, check_results.SERVERS_CHANGED, now)
    return covered


def summary(family: Provider, settings: Settings) -> str:
    """Return one line about stored settings; empty where they cannot be read."""
    try:
        return family.summary(settings)
    except SettingsUnreadable:
        return ""


def _complete(ctx: Context, credential: Credential, family: Provider, settings: Settings) -> bool:
    """Return whether the sealed secret holds every field that the settings send."""
    try:
        secret: Secret = credentials.unseal(ctx, credential)
    except KeyMissing:
        return True
    return set(family.destinations(settings)) <= set(secret)
