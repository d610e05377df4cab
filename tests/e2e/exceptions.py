"""What the made-up company trusts though it does not verify, and tests of servers: for the pictures of both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from console.providers.base import Authority, Certificate, StageResult
from console.providers.survey import Server, Survey
from console.services import exceptions
from console.store.models import TrustedCertificate
from console.store.server_tests import ServerTest
from tests.e2e.cast import HOME, TODAY, Act, Cast
from tests.e2e.played import SHA256, certificate

HOST = f"mail.{HOME}"
OTHER = ":".join(f"{(number * 37 + 11) % 256:02X}" for number in range(32))
AUTHORITY = Authority(
    HOST,
    OTHER,
    "CN=Havbris Works CA,O=Havbris Møbler A/S",
    "CN=Havbris Works CA,O=Havbris Møbler A/S",
    datetime(2021, 3, 1, tzinfo=UTC),
    datetime(2031, 3, 1, tzinfo=UTC),
    "",
)
ISSUED = Certificate(
    HOST,
    993,
    SHA256,
    f"CN={HOST}",
    AUTHORITY.subject,
    datetime(2026, 6, 1, tzinfo=UTC),
    datetime(2027, 6, 1, tzinfo=UTC),
    (HOST, f"imap.{HOME}"),
    AUTHORITY,
)


def keep(cast: Cast) -> None:
    """Trust the company's own authority for its domain, and a certificate that has ended since."""
    with cast.ctx.store.write() as session:
        why = "Our own authority; renewed every June, see the operations handbook"
        exceptions.trust_for_domain(session, cast.people["Maja"], HOME, AUTHORITY, TODAY - timedelta(days=3), why)
        old = certificate("mail.fjordlab.example", 443)
        session.add(
            TrustedCertificate(
                domain="fjordlab.example",
                host=old.host,
                port=old.port,
                sha256=old.sha256,
                subject=old.subject,
                issuer=old.issuer,
                not_before=old.not_before,
                not_after=TODAY - timedelta(days=31),
                by_id=cast.people["Maja"].id,
                at=TODAY - timedelta(days=40),
                until=TODAY - timedelta(days=31),
            )
        )


def offered(cast: Cast) -> str:
    """Take a draft of Maja's to where the wizard offers a private authority; return its id."""
    address = f"arkiv@{HOME}"
    shown = replace(ISSUED, host=f"imap.{HOME}", authority=replace(AUTHORITY, host=f"imap.{HOME}"))
    cast.family.acts[address] = Act("secure", "tls-untrusted", certificate=shown, ms=46)
    return cast.draft("Maja", address, host=f"imap.{HOME}")


def forbid(cast: Cast) -> None:
    """Let only account admins trust certificates."""
    exceptions.forbid(cast.ctx, cast.people["Maja"], "Ask operations; they know every server")


def met(cast: Cast, who: str) -> str:
    """Take a draft to where a certificate does not verify; return its id."""
    address = f"{who.lower()}.privat@dahlpartners.example"
    host = "mail.dahlpartners.example"
    cast.family.acts[address] = Act("secure", "tls-untrusted", certificate=certificate(host), ms=46)
    return cast.draft(who, address, host=host)


def waiting(cast: Cast, who: str) -> str:
    """Put a test that nobody has answered yet into the store; return its id."""
    return _put(cast, who, "asked", None)


def answered(cast: Cast, who: str) -> str:
    """Put a test into the store whose incoming server has a private certificate; return its id."""
    imap, smtp = _servers()
    refused = Survey(
        imap,
        _stages("", "203.0.113.40", "Dovecot ready.", "PLAIN, LOGIN", "tls-untrusted"),
        "tls-untrusted",
        "self-signed certificate in certificate chain",
        ISSUED,
        "refused",
        ("LOGIN", "PLAIN"),
    )
    public = replace(ISSUED, port=587, issuer="CN=R11,O=Let's Encrypt,C=US", sha256=OTHER, authority=None)
    passed = Survey(
        smtp,
        _stages("smtp-", "203.0.113.40", f"{HOST} ESMTP Postfix", "PLAIN, LOGIN", None),
        None,
        "",
        public,
        "verifies",
        ("LOGIN", "PLAIN"),
    )
    return _put(cast, who, f"answered-{who}", [refused.to_dict(), passed.to_dict()])


def silent(cast: Cast, who: str) -> str:
    """Put a test into the store in which nothing answered; return its id."""
    imap, _ = _servers()
    stages = (
        StageResult("find-server", "passed", "%(address)s", {"address": "203.0.113.40"}, 6, None, HOST),
        StageResult("reach", "failed", "", {}, 10_000, "connection-timeout", HOST),
        *(StageResult(name, "skipped") for name in ("secure", "greet", "methods")),
    )
    return _put(cast, who, "silent", [Survey(imap, stages, "connection-timeout").to_dict()])


def _servers() -> tuple[Server, Server]:
    return Server("imap", HOST, 993), Server("smtp", HOST, 587, "starttls")


def _stages(kind: str, address: str, greeting: str, methods: str, problem: str | None) -> tuple[StageResult, ...]:
    facts = (
        ("find-server", "%(address)s", {"address": address}, 6),
        (f"{kind}reach", "answers", {}, 18),
        (f"{kind}secure", "" if problem else "%(version)s", {"version": "TLS 1.3"}, 41),
        (f"{kind}greet", "%(greeting)s", {"greeting": greeting}, 20),
        (f"{kind}methods", "%(methods)s", {"methods": methods}, 22),
    )
    return tuple(
        StageResult(name, "failed" if problem and name.endswith("secure") else "passed", text, values, ms,
                    problem if name.endswith("secure") else None, HOST)
        for name, text, values, ms in facts
    )  # fmt: skip


def _put(cast: Cast, who: str, name: str, answer: list[dict[str, object]] | None) -> str:
    with cast.ctx.store.write() as session:
        session.merge(
            ServerTest(
                id=name,
                by_id=cast.people[who].id,
                domain=HOME,
                servers=[server.to_dict() for server in _servers()],
                state="done" if answer else "queued",
                answer=answer,
                created_at=TODAY,
                finished_at=TODAY if answer else None,
            )
        )
    return name
