"""What the made-up company was told, how that is set up, and a webhook that failed: for the pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from console.providers.base import StageResult
from console.rules.notices import Quiet
from console.services import mail_server, mail_settings, notice_rules, webhooks
from console.store.notices import Notice, RefusedAddress, Setting, Webhook
from tests.e2e.cast import HOME, TODAY, Cast
from tests.services.chat import SECRET

STAGES = [
    StageResult("find-server", "passed", "%(host)s is %(address)s", {"host": "smtp", "address": "192.0.2.25"}, 12),
    StageResult("smtp-reach", "passed", "port %(port)s answers", {"port": "587"}, 24),
    StageResult("smtp-secure", "passed", "%(version)s", {"version": "TLS 1.3"}, 71),
]
REFUSED = StageResult("smtp-sign-in", "failed", "", {}, 388, "bad-credentials", f"smtp.{HOME}")


def _told(minutes: int, kind: str, title: str, path: str, **about: Any) -> dict[str, Any]:
    at, url = TODAY - timedelta(minutes=minutes), f"https://inboxes.{HOME}{path}"
    said = {"title": title, "url": url, **about}
    body = {"type": kind, "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "text": f"{title}\n{url}", "data": said}
    return {"detail": {"told": {"at": at.isoformat(), "body": body}}}


DOWN = _told(
    6,
    "incident.opened",
    f"Incident at mail.{HOME}: Server has trouble",
    "/help-desk?case=incident-7",
    problem="server-unavailable",
    incident={"id": 7, "level": "host", "inboxes": 37, "people": 31},
)
EXPIRED = _told(
    90,
    "inbox.problem",
    "ida@brandtstudio.example: Certificate has expired",
    "/inboxes/9",
    problem="tls-expired",
    inbox={"id": 9, "address": "ida@brandtstudio.example"},
)


def keep(cast: Cast) -> None:
    """Have told people of several things, with every state that a notice can be in."""
    if webhooks.all_of(cast.ctx):
        return
    freja, ida = cast.inboxes[f"freja.holst@{HOME}"], cast.inboxes["ida@brandtstudio.example"]
    with cast.ctx.store.write() as session:
        hook = Webhook(
            name="Ticket system",
            url=f"https://tickets.{HOME}/hooks/inbox-console",
            kinds=["incident", "incident-over", "admin-problem", "app"],
            sealed=cast.ctx.vault.seal({"secret": SECRET}, row="webhook:1"),
            key_id=cast.ctx.vault.key_id,
            by_id=cast.people["Maja"].id,
            at=TODAY - timedelta(days=40),
            failures=3,
            resting_until=TODAY + timedelta(minutes=24),
            told_at=TODAY - timedelta(minutes=6),
            outcome="http-503",
        )
        session.add(hook)
        session.flush()
        webhook = {"channel": "webhook", "webhook_id": hook.id}
        maja, owner = cast.people["Maja"], cast.people["Freja"]
        rows: list[tuple[int, dict[str, Any]]] = [
            (
                6,
                {
                    "kind": "incident",
                    "problem": "server-unavailable",
                    "outcome": "http-503",
                    "attempts": 3,
                    "not_before": TODAY + timedelta(minutes=24),
                    **DOWN,
                    **webhook,
                },
            ),
            (
                90,
                {
                    "kind": "admin-problem",
                    "problem": "tls-expired",
                    "inbox_id": ida,
                    "state": "sent",
                    "attempts": 1,
                    **EXPIRED,
                    **webhook,
                },
            ),
            (9, {"kind": "owner-problem", "problem": "bad-credentials", "inbox_id": freja, "state": "held"}),
            (20, {"kind": "user-problem", "problem": "bad-credentials", "inbox_id": freja, "digest": True}),
            (72, {"kind": "admin-problem", "problem": "tls-expired", "inbox_id": ida, "state": "sent"}),
            (130, {"kind": "owner-problem", "problem": "tls-expired", "inbox_id": ida, "state": "failed"}),
            (300, {"kind": "owner-problem", "problem": "server-unavailable", "inbox_id": ida, "state": "withdrawn"}),
            (2000, {"kind": "owner-clear", "problem": "bad-credentials", "inbox_id": freja, "state": "sent"}),
        ]
        for minutes, row in reversed(rows):
            at = TODAY - timedelta(minutes=minutes)
            staff = row["kind"] in {"user-problem", "admin-problem"}
            person = None if "webhook_id" in row else maja if staff else owner
            known = {
                "once": f"picture:{minutes}",
                "channel": "mail",
                "person_id": person.id if person else None,
                "address": person.email if person else "",
                "created_at": at,
                "not_before": TODAY + timedelta(hours=20) if row.get("digest") else at,
                "sent_at": at if row.get("state") == "sent" else None,
                "outcome": {"held": "no-server", "failed": "address-refused", "withdrawn": "over"}.get(
                    row.get("state", ""), ""
                ),
                "server_text": "550 5.1.1 no such user here" if row.get("state") == "failed" else "",
            }
            session.add(Notice(**{**known, **row}))
        session.add(
            RefusedAddress(
                address=f"emil.thomsen@{HOME}", at=TODAY - timedelta(days=2), server_text="550 5.1.1 no such user here"
            )
        )


def mails(cast: Cast) -> None:
    """Set the mail server up."""
    sender = f"inbox-console@{HOME}"
    known = {"host": f"smtp.{HOME}", "port": 587, "security": "starttls", "username": "inbox-console"}
    named = {"sender": sender, "sender_name": "Havbris Møbler, inboxes"}
    mail_settings.save(cast.ctx, cast.people["Maja"], **known, password="secret", **named)


def mails_no_more(cast: Cast) -> None:
    """Take the mail server away."""
    mail_settings.remove(cast.ctx, cast.people["Maja"])


def serve(cast: Cast) -> None:
    """Set the mail server up, with quiet hours, and a test that was refused."""
    ctx, maja = cast.ctx, cast.people["Maja"]
    mails(cast)
    with ctx.store.read() as session:
        rules = notice_rules.read(session)
        server = mail_server.in_use(ctx, session)
    quiet = Quiet(time(18), time(7), frozenset(range(5)))
    notice_rules.save(ctx, maja, replace(rules, quiet=quiet, extra=(f"it@{HOME}",)))
    assert server is not None
    with ctx.store.write() as session:
        session.add(
            Setting(
                name="mail-test",
                value={
                    "state": "done",
                    "to": maja.email,
                    "asked_at": TODAY.isoformat(),
                    "at": TODAY.isoformat(),
                    "stages": [stage.to_dict() for stage in [*STAGES, REFUSED]],
                    "problem": "bad-credentials",
                    "server_text": "535 5.7.8 Error: authentication failed: authentication failure",
                    "certificate": None,
                    "mark": mail_server.mark(ctx, server),
                },
                at=TODAY,
            )
        )


def hook(cast: Cast) -> int:
    """Return the webhook's id."""
    return webhooks.all_of(cast.ctx)[0].id
