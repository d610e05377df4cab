"""Defaults applied to inboxes that are at an old server: what is put in, and what became of it."""

from datetime import timedelta

from console.rules.domain_defaults import WHOLE, Kind
from console.services import applying, bulk, defaults, differences
from console.services.default_settings import Defaults
from tests.peers.certificates import HOST
from tests.services import made
from tests.services.connected import connect

DOMAIN = "acme.test"
ELSEWHERE = "mail.elsewhere.test"


def defaults_at(new, smtp, **changes):
    known = {
        "kind": Kind.IMAP,
        "imap_host": HOST,
        "imap_port": new.tls,
        "imap_security": "tls",
        "smtp_host": HOST,
        "smtp_port": smtp.tls,
        "smtp_security": "tls",
        "username": WHOLE,
    }
    return Defaults(**{**known, **changes})


def inboxes(ctx, owner, old, names, **columns):
    """Connect inboxes at the old server, healthy unless told otherwise; return their ids by name."""
    ids = connect(ctx, owner, old.tls, *(f"{name}@{DOMAIN}" for name in names), receives_only=None)
    standing = {"health": "healthy", "proven_until": ctx.clock() + timedelta(hours=1), **columns}
    for inbox_id in ids:
        made.change(ctx, inbox_id, next_check=ctx.clock() + timedelta(minutes=10), **standing)
    return dict(zip(names, ids, strict=True))


def begin(ctx, actor, wanted, domain=DOMAIN):
    mark = differences.preview(ctx, domain, wanted).mark
    revision = defaults.get(ctx, actor, domain).revision
    return applying.begin(ctx, actor, domain, wanted, revision=revision, mark=mark)


def job(ctx):
    return bulk.newest(ctx, defaults.APPLY, DOMAIN)


def states(ctx):
    return {item.address.partition("@")[0]: item.state for item in job(ctx).items}


def logins(server):
    return [attempt.login.partition("@")[0] for visit in server.visits for attempt in visit.attempts]


def port(ctx, inbox_id):
    return made.inbox(ctx, inbox_id).settings["imap_port"]
