"""Puts people and connected inboxes straight into the store, for tests that are about what comes after connecting."""

import secrets
from datetime import timedelta
from typing import Any

from console.providers.base import Secret
from console.services import credentials
from console.services.context import Actor, Context
from console.services.default_settings import Defaults
from console.services.defaults import APPLY
from console.services.people import actor_of
from console.store.bulk import BulkJob
from console.store.campaigns import Campaign, CampaignItem
from console.store.domains import MailDomain
from console.store.models import Credential, Inbox, Person, TrustedCertificate
from console.store.notices import Notice, Webhook


def person(ctx: Context, email: str, *, name: str = "Dorte Dahl", role: str = "member", **columns: Any) -> Actor:
    """Add somebody who has no password yet, and return them as an actor."""
    with ctx.store.write() as session:
        row = Person(email=email, name=name, role=role, created_at=ctx.clock(), **columns)
        session.add(row)
        session.flush()
        return actor_of(row)


def inbox(
    ctx: Context,
    owner: Actor,
    address: str | None = None,
    *,
    by: Actor | None = None,
    secret: dict[str, str] | None = None,
    **columns: Any,
) -> int:
    """Connect an inbox of IMAP, or of the first made-up family that takes a password; return its id.

    It is healthy unless told otherwise.
    `secret` is what is sealed for it; an empty one leaves the inbox without any.
    """
    known_ones = sorted(ctx.families, key=lambda one: not one.password_based)
    family, now = ctx.families.get("imap") or known_ones[0], ctx.clock()
    address = address or owner.email
    settings = columns.pop("settings", family.suggest(address).settings)
    known = {
        "provider": family.slug,
        "health": "healthy",
        "proofs": dict.fromkeys(("sign-in", "read", "sent", "send"), now.isoformat()),
        "checked_at": now,
        "proven_until": now + timedelta(hours=1),
        "next_check": now + timedelta(minutes=15),
        "connected_at": now,
        "connected_by_id": (by or owner).id,
        "host": family.host(family.suggest(address).settings),
    }
    with ctx.store.write() as session:
        row = Inbox(owner_id=owner.id, address=address, settings=settings, **{**known, **columns})
        session.add(row)
        session.flush()
        assert row.id is not None
        if secret != {}:
            session.add(
                Credential(
                    inbox_id=row.id,
                    sealed=credentials.seal(ctx, Secret(secret or {"password": "coo"}), f"inbox:{row.id}"),
                    key_id=ctx.vault.key_id,
                    typed_for=credentials.typed_for(family, family.suggest(address).settings),
                    typed_at=now,
                    refused={},
                )
            )
        return row.id


def domain(ctx: Context, name: str = "acme.test", defaults: Defaults = Defaults(), **columns: Any) -> str:  # noqa: B008  # It is frozen.
    """Keep defaults for a mail domain, nothing unless told otherwise, and return its name."""
    with ctx.store.write() as session:
        session.merge(MailDomain(domain=name, **{**defaults.to_dict(), "kind": defaults.kind.value, **columns}))
    return name


def exception(ctx: Context, by: Actor, **columns: Any) -> int:
    """Trust a certificate for an inbox (`inbox_id`) or a mail domain (`domain`), a month long; return its id."""
    now = ctx.clock()
    row = TrustedCertificate(
        **{
            "host": "mail.example.test",
            "port": 993,
            "sha256": "AB:" * 31 + "CD",
            "subject": "CN=mail.example.test",
            "issuer": "CN=mail.example.test",
            "not_before": now - timedelta(days=30),
            "not_after": now + timedelta(days=30),
            "by_id": by.id,
            "at": now,
            "until": now + timedelta(days=30),
            **columns,
        }
    )
    with ctx.store.write() as session:
        session.add(row)
        session.flush()
        return row.id or 0


def campaign(ctx: Context, by: Actor, domain: str, inboxes: dict[int, str], **columns: Any) -> str:
    """Have a campaign to owl post under way, with inboxes in these states; return its id."""
    made = secrets.token_urlsafe(16)
    with ctx.store.write() as session:
        row = {"provider": "owl", "by_id": by.id, "created_at": ctx.clock(), **columns}
        session.add(Campaign(id=made, domain=domain, **row))
        session.flush()
        session.add_all(CampaignItem(campaign_id=made, inbox_id=one, state=state) for one, state in inboxes.items())
    return made


def job(ctx: Context, by: Actor, domain: str, defaults: Defaults) -> str:
    """Begin to apply defaults to no inbox at all, and return the job's id."""
    made = secrets.token_urlsafe(16)
    with ctx.store.write() as session:
        session.add(
            BulkJob(
                id=made,
                kind=APPLY,
                target=domain,
                plan=defaults.to_dict(),
                by_id=by.id,
                created_at=ctx.clock(),
            )
        )
    return made


def webhook(ctx: Context, by: Actor, **columns: Any) -> int:
    """Have a webhook, on unless told otherwise, that is told of incidents; return its id."""
    row = Webhook(
        **{
            "name": "Chat",
            "url": "https://chat.test/hooks/1",
            "kinds": ["incident"],
            "sealed": "",
            "key_id": "",
            "by_id": by.id,
            "at": ctx.clock(),
            **columns,
        }
    )
    with ctx.store.write() as session:
        session.add(row)
        session.flush()
        return row.id or 0


def notice(ctx: Context, once: str, **columns: Any) -> int:
    """Have a notice that could not be sent, unless told otherwise; return its id."""
    now = ctx.clock()
    known = {"kind": "incident", "channel": "mail", "address": "it@acme.test", "state": "failed"}
    row = Notice(once=once, created_at=now, not_before=now, **{**known, **columns})
    with ctx.store.write() as session:
        session.add(row)
        session.flush()
        return row.id or 0
