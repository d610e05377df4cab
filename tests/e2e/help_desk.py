"""A morning at the help desk of the made-up company: three incidents and six single problems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from console.services import audit
from console.services.cases import Ref
from console.services.context import Actor
from console.store.domains import MailDomain
from console.store.episodes import Episode, Incident
from console.store.links import ReconnectLink
from console.store.models import Inbox
from console.store.servers import SeenCertificate
from tests import cases, placed
from tests.e2e.cast import HOME, TODAY, Cast

VVS, NORD = "hansen-vvs.example", "nordhavn-el.example"
SERVER = f"mail.{VVS}"
OF_VVS = (
    ("soren", "Søren Vestergaard"), ("kontor", "Kirsten Bjerre"), ("mikkel", "Mikkel Frandsen"),
    ("louise.skov", "Louise Skov"), ("tom.ellery", "Tom Ellery"), ("bo", "Bo Hansen"), ("lager", "Jens Thy"),
)  # fmt: skip
OF_NORD = (("lise", "Lise Kragh"), ("ole", "Ole Damgaard"), ("pia", "Pia Lund"), ("kim", "Kim Sander"))
OF_GRAPH = ("Anna Friis", "Bent Holm", "Carl Juhl", "Dina Krog", "Erik Lauge", "Fie Munk")
SINGLES: tuple[tuple[str, str, str, str, float, str, str], ...] = (
    ("Ida Lund", "ida.lund@nordlys.example", "imap", "mailbox-full", 4 * 1440, "", "Jonas"),
    ("James Whitfield", "james@fjordlab.example", "exchange", "ews-disabled", 3 * 1440, "", ""),
    ("Camilla Dahl", f"camilla.dahl@{HOME}", "gmail", "oauth-grant-revoked", 21 * 60, "started", ""),
    ("Mette Sørensen", "mette.sorensen@nordlys.example", "imap", "bad-credentials", 64, "started", ""),
    ("Rasmus Thygesen", f"rasmus.thygesen@{HOME}", "gmail", "oauth-scope-missing", 38, "", ""),
    ("Peter Nørgaard", f"peter.norgaard@{HOME}", "imap", "proof-stale", 31, "", ""),
)


def keep(cast: Cast) -> dict[str, Ref]:
    """Have all of it under way at the moment of the story; return the cases by a word."""
    ctx, jonas, maja = cast.ctx, cast.people["Jonas"], cast.people["Maja"]
    cast.clock.now = TODAY
    if cast.cases:
        return cast.cases
    made = cast.cases
    nord = [_inbox(cast, name, f"{local}@{NORD}", "microsoft") for local, name in OF_NORD]
    made["policy"] = cases.incident(
        ctx, nord, "oauth-org-policy-blocked", minutes=17 * 60, level="domain", target=NORD, nature="shared",
        server_text="AADSTS53003: Access has been blocked by Conditional Access policies.", stage="consent",
    )  # fmt: skip
    cases.handled(ctx, made["policy"], taken_by_id=jonas.id, taken_at=TODAY - timedelta(hours=16))
    vvs = [_inbox(cast, name, f"{local}@{VVS}", "imap") for local, name in OF_VVS]
    made["certificate"] = cases.incident(
        ctx, vvs, "tls-expired", minutes=72, target=SERVER, nature="shared", stage="secure",
        server_text="certificate verify failed: certificate has expired", canary_at=TODAY + timedelta(minutes=4),
    )  # fmt: skip
    cases.note(ctx, made["certificate"], jonas, "Called Hansen VVS. Their hosting company renews it before 11.")
    graph = [_inbox(cast, name, f"{name.split()[0].lower()}@{HOME}", "microsoft") for name in OF_GRAPH]
    made["outage"] = cases.incident(
        ctx, graph, "server-unavailable", minutes=22, level="provider", target="microsoft", nature="outage",
        server_text="503 Service Unavailable", stage="open-inbox", canary_at=TODAY + timedelta(minutes=3),
        health="degraded",
    )  # fmt: skip
    for name, address, slug, code, minutes, link, taken in SINGLES:
        inbox_id = _inbox(cast, name, address, slug)
        made[name.split()[0]] = ref = cases.episode(ctx, inbox_id, code, minutes=minutes)
        if link:
            _link(cast, inbox_id, address, minutes)
        if taken:
            cases.handled(ctx, ref, taken_by_id=jonas.id, taken_at=TODAY - timedelta(days=3))
    _before(cast, maja)
    return made


def over(cast: Cast, ref: Ref) -> Ref:
    """Have a case end by itself at the moment of the story."""
    cases.end(cast.ctx, ref)
    return ref


def gone(cast: Cast) -> None:
    """Take all cases away, so that nothing is open."""
    with cast.ctx.store.write() as session:
        for row in session.exec(select(Episode).where(col(Episode.ended_at).is_(None))):
            row.ended_at, row.ended_how = TODAY - timedelta(days=1), "recovered"
        for incident in session.exec(select(Incident).where(col(Incident.ended_at).is_(None))):
            incident.ended_at = TODAY - timedelta(days=1)


def _inbox(cast: Cast, name: str, address: str, slug: str) -> int:
    email = f"{name.replace(' ', '.').lower()}@{HOME}".replace("ø", "oe")
    owner = placed.person(cast.ctx, f"x-{email}", name=name)
    family = cast.ctx.families.get(slug)
    assert family is not None
    settings = family.suggest(address).settings
    if address.endswith(VVS):
        settings |= {"imap_host": SERVER, "smtp_host": SERVER}
    columns: dict[str, Any] = {"settings": settings, "provider": slug, "host": family.host(settings)}
    inbox_id = cast.inboxes[address] = placed.inbox(cast.ctx, owner, address, secret={}, **columns)
    texts = {"imap": "NO [AUTHENTICATIONFAILED] Authentication failed.", "exchange": "HTTP/1.1 403 Forbidden"}
    with cast.ctx.store.write() as session:
        row = session.get_one(Inbox, inbox_id)
        row.server_text, row.problem_stage = (
            texts.get(slug, "invalid_grant: Token has been expired or revoked."),
            "sign-in",
        )
    return inbox_id


def _link(cast: Cast, inbox_id: int, address: str, minutes: float) -> None:
    sent = TODAY - timedelta(minutes=min(minutes, 600) * 0.8)
    with cast.ctx.store.write() as session:
        person_id = session.get_one(Inbox, inbox_id).owner_id
        session.add(
            ReconnectLink(
                token_hash=f"{inbox_id:064d}",
                seed=f"{inbox_id:032d}",
                inbox_id=inbox_id,
                person_id=person_id,
                address=address,
                by_id=cast.people["Jonas"].id,
                created_at=sent,
                expires_at=sent + timedelta(hours=48),
                started_at=sent + timedelta(minutes=9),
            )
        )


def _before(cast: Cast, maja: Actor) -> None:
    """What happened before: a certificate that ended, an earlier outage, defaults that somebody changed."""
    ended = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    with cast.ctx.store.write() as session:
        session.add(
            SeenCertificate(
                host=SERVER,
                port=993,
                sha256="AB:CD",
                subject=f"CN={SERVER}",
                issuer="CN=R11, O=Let's Encrypt, C=US",
                not_after=ended,
                first_seen_at=ended - timedelta(days=90),
                last_seen_at=ended - timedelta(minutes=10),
            )
        )
        session.merge(MailDomain(domain=VVS, note="drift@hansen-vvs.example, +45 55 55 01 02"))
        began = TODAY - timedelta(days=15)
        session.add(
            Incident(
                level="host",
                target=SERVER,
                problem="connection-timeout",
                nature="outage",
                state="over",
                began_at=began,
                opened_at=began,
                changed_at=began,
                ended_at=began + timedelta(minutes=40),
            )
        )
        at = TODAY - timedelta(minutes=100)
        about = ("domain", VVS, VVS)
        audit.record(session, maja, "domain.save", about, at, before="imap.hansen-vvs.example", after=SERVER)
