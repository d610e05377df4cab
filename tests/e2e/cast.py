"""A made-up company with a dozen inboxes in every state, brought about through the services on a clock moved by hand.

`enact` tells the same story each time, so that pictures and tests of all pages look at the same people and problems.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from console.services import checks, drafts, inbox, people, signing_in, sweep, switches, verification
from console.services.cases import Ref
from console.services.context import Actor, Context
from tests import made_answers
from tests.e2e.played import Act, Clock, Gone, Played, certificate

PASSWORD = "a long enough password"
TODAY = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
HOME = "havbris.example"
REFUSED = Act("sign-in", "bad-credentials", "NO [AUTHENTICATIONFAILED] Authentication failed.", ms=344)
EXPIRED = Act("secure", "tls-expired", ms=38)
UNKNOWN = Act("find-server", "dns-not-found", ms=19)
NO_SENT = Act("find-sent", "folder-missing", warns=True)
SILENT = Act("reach", "connection-timeout", ms=10_000)
CANNOT_SEND = "ida@brandtfoto.example"
NO_SENDING = Act(
    "smtp-sign-in",
    "smtp-auth-disabled",
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled",
)


@dataclass
class Cast:
    """Who there is: people by first name, inboxes by address, Maja's drafts by what became of them.

    The help desk's cases are there by a word, once they are under way.
    """

    ctx: Context
    family: Played
    clock: Clock
    people: dict[str, Actor] = field(default_factory=dict)
    inboxes: dict[str, int] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Ref] = field(default_factory=dict)

    def on(self, day: int, hour: int, minute: int = 0, month: int = 11) -> None:
        """Move on to a moment of autumn 2026, in UTC."""
        self.clock.now = datetime(2026, month, day, hour, minute, tzinfo=UTC)

    def join(self, name: str, role: str = "member", *, signs_in: bool = True, personal_email: bool = True) -> Actor:
        maja = self.people.get("Maja")
        first, _, last = name.partition(" ")
        email = f"{first}.{last}@{HOME}".lower().replace("ø", "oe")
        if maja is None:
            actor = people.create_first_admin(self.ctx, name=name, email=email, password=PASSWORD)
        else:
            person_id = people.add(self.ctx, maja, name=name, email=email, role=role, personal_email=personal_email)
            token = signing_in.welcome_link(self.ctx, maja, person_id).rsplit("/", 1)[1]
            actor = Actor(person_id, name, email, role, personal_email)
            if signs_in:
                actor = signing_in.accept_welcome(self.ctx, token, PASSWORD, "192.0.2.17")
        self.people[first] = actor
        return actor

    def draft(self, by: str, address: str | None, owner: str | None = None, *, host: str = "", run: bool = True) -> str:
        """Take a draft through the wizard as far as its verification; without a host, as far as the settings."""
        actor = self.people[by]
        draft_id = drafts.start(self.ctx, actor, owner_id=self.people[owner or by].id)
        if address:
            drafts.set_address(self.ctx, actor, draft_id, address, "imap")
        if host:
            drafts.accept_disclosure(self.ctx, actor, draft_id)
            drafts.set_settings(self.ctx, actor, draft_id, _settings(address or "", host))
            if run:
                self.verify(draft_id)
        return draft_id

    def verify(self, draft_id: str) -> None:
        with suppress(Gone):
            verification.run(self.ctx, draft_id)

    def connect(self, by: str, address: str, host: str = f"mail.{HOME}", owner: str | None = None) -> int:
        """Connect an inbox that its servers let in, and have its owner read the text that comes after."""
        draft_id = self.draft(by, address, owner, host=host)
        view = drafts.get(self.ctx, self.people[by], draft_id)
        if view.state == "waiting" and view.certificate:
            verification.trust(self.ctx, self.people[by], draft_id, view.certificate.sha256)
            self.verify(draft_id)
        elif view.state == "waiting":
            verification.keep_receives_only(self.ctx, self.people[by], draft_id)
            self.verify(draft_id)
        found = drafts.get(self.ctx, self.people[by], draft_id).inbox_id
        assert found is not None
        if owner in {None, by}:
            inbox.accept(self.ctx, self.people[by], found, "after")
        self.inboxes[address] = found
        return found

    def check(self, addresses: Iterable[str], trigger: str = checks.SCHEDULE) -> None:
        for address in addresses:
            with suppress(Gone):
                checks.run(self.ctx, self.inboxes[address], trigger)


def enact(ctx: Context, family: Played, clock: Clock) -> Cast:
    """Tell the whole story in an empty store; it ends on Tuesday 24 November 2026 at 09:14 UTC."""
    cast = Cast(ctx, family, clock)
    _people(cast)
    _connections(cast)
    _days(cast)
    _drafts(cast)
    clock.now = TODAY
    sweep.pulse(ctx)
    return cast


def _people(cast: Cast) -> None:
    cast.on(1, 8, 2, month=9)
    cast.join("Maja Lindqvist")
    cast.join("Jonas Eriksen", "help-desk")
    for number, name in enumerate(
        ("Freja Holst", "Oskar Nyman", "Ida Brandt", "Mikkel Sørensen", "Sofie Dahl", "Anton Krogh", "Nora Vestergaard")
    ):
        cast.on(2 + number, 9, 11 + number, month=9)
        cast.join(name)
    cast.on(14, 13, 40, month=10)
    cast.join("Lukas Bang")
    cast.join("Emil Thomsen")
    cast.on(20, 8, 5)
    cast.join("Clara Winther", signs_in=False, personal_email=False)


def _connections(cast: Cast) -> None:
    acts = cast.family.acts
    acts[f"sofie.dahl@{HOME}"] = NO_SENDING
    acts["sofie@dahlpartners.example"] = Act(
        "secure", "tls-untrusted", certificate=certificate("mail.dahlpartners.example")
    )
    acts["anton@krogh.example"] = Act("secure", "tls-untrusted", certificate=certificate("mail.krogh.example"))
    for day, month, by, address, host in (
        (3, 9, "Freja", f"freja.holst@{HOME}", f"mail.{HOME}"),
        (4, 9, "Oskar", f"oskar.nyman@{HOME}", f"mail.{HOME}"),
        (7, 9, "Ida", f"ida.brandt@{HOME}", f"mail.{HOME}"),
        (8, 9, "Mikkel", f"mikkel.soerensen@{HOME}", f"mail.{HOME}"),
        (10, 9, "Anton", f"anton.krogh@{HOME}", f"mail.{HOME}"),
        (11, 9, "Maja", f"maja.lindqvist@{HOME}", f"mail.{HOME}"),
        (21, 9, "Nora", "nora@vestergaard.example", "imap.vestergaard.example"),
        (6, 10, "Ida", "ida@brandtstudio.example", "mail.brandtstudio.example"),
        (15, 10, "Lukas", "lukas@bangagentur.example", "imap.bangagentur.example"),
        (19, 10, "Sofie", f"sofie.dahl@{HOME}", f"mail.{HOME}"),
        (20, 10, "Sofie", "sofie@dahlpartners.example", "mail.dahlpartners.example"),
        (22, 10, "Emil", f"emil.thomsen@{HOME}", f"mail.{HOME}"),
    ):
        cast.on(day, 10, 20 + day, month=month)
        cast.connect(by, address, host)
    cast.on(23, 13, 31)
    cast.connect("Maja", "anton@krogh.example", "mail.krogh.example", owner="Anton")


def _days(cast: Cast) -> None:
    """Let a week of checks go by, in which things break one after the other."""
    acts, maja = cast.family.acts, cast.people["Maja"]
    every = [address for address in cast.inboxes if address != "anton@krogh.example"]
    for day in range(18, 24):
        for hour in (1, 7, 13, 19):
            cast.on(day, hour, 8)
            cast.check(address for address in every if cast.family.acts.get(address) not in (EXPIRED, UNKNOWN))
        if day == 20:
            cast.on(20, 14, 52)
            people.deactivate(cast.ctx, maja, cast.people["Emil"].id)
            every.remove(f"emil.thomsen@{HOME}")
        if day == 21:
            acts["ida@brandtstudio.example"] = EXPIRED
            cast.on(22, 0, 3)
            cast.check(["ida@brandtstudio.example"])
        if day == 22:
            acts[f"mikkel.soerensen@{HOME}"] = NO_SENT
    cast.on(23, 20, 15)
    switches.disable(cast.ctx, maja, cast.inboxes[f"oskar.nyman@{HOME}"], "On leave until January")
    every.remove(f"oskar.nyman@{HOME}")
    acts["lukas@bangagentur.example"] = UNKNOWN
    acts["sofie@dahlpartners.example"] = Act("secure", "certificate-changed", ms=41)
    broken = ["lukas@bangagentur.example", "sofie@dahlpartners.example", "ida@brandtstudio.example"]
    cast.on(24, 6, 41)
    cast.check(broken)
    steady = [address for address in every if address not in broken]
    for hour, minute in ((7, 2), (7, 17), (7, 32), (7, 47)):
        cast.on(24, hour, minute)
        cast.check(steady)
    acts[f"freja.holst@{HOME}"] = REFUSED
    cast.on(24, 8, 2)
    cast.check(steady)
    steady.remove(f"freja.holst@{HOME}")
    for hour, minute in ((8, 17), (8, 32), (8, 47)):
        cast.on(24, hour, minute)
        cast.check(steady)
    cast.on(24, 9, 3)
    cast.check([*steady, "anton@krogh.example"])
    acts["nora@vestergaard.example"] = SILENT
    cast.on(24, 9, 13)
    cast.check(["nora@vestergaard.example"])
    acts[f"maja.lindqvist@{HOME}"] = Act("sign-in", never=True)
    cast.check([f"maja.lindqvist@{HOME}"], checks.BUTTON)


def cannot_send(cast: Cast) -> None:
    """Connect one more inbox, whose server then lets nobody sign in to send; a short check has passed since."""
    cast.on(24, 5, 2)
    inbox_id = cast.connect("Ida", CANNOT_SEND, "mail.brandtfoto.example")
    cast.family.acts[CANNOT_SEND] = NO_SENDING
    cast.on(24, 7, 40)
    cast.check([CANNOT_SEND], checks.BUTTON)
    for hour, minute in ((8, 41), (8, 56), (9, 11)):
        cast.on(24, hour, minute)
        checks.run(cast.ctx, inbox_id, checks.SCHEDULE)
    cast.clock.now = TODAY


def _drafts(cast: Cast) -> None:
    """Leave one draft of Maja's at every point where the wizard can stand still."""
    acts, made = cast.family.acts, cast.drafts
    names = {
        "interrupted": "kontor", "running": "showroom", "certificate": "lager", "sending": "faktura", "server": "pr",
        "refused": "ordrer", "unknown": "eksport", "expired": "indkoeb", "queued": "service",
    }  # fmt: skip
    address = {outcome: f"{name}@{HOME}" for outcome, name in names.items()}
    acts[address["interrupted"]] = Act("sign-in", never=True)
    acts[address["running"]] = Act("sign-in", never=True)
    acts[address["certificate"]] = Act("secure", "tls-untrusted", certificate=certificate(f"imap.{HOME}"), ms=46)
    acts[address["sending"]] = NO_SENDING
    acts[address["refused"]] = REFUSED
    acts[address["server"]] = Act("secure", "wrong-server", "HTTP/1.1 400 Bad Request", ms=52)
    acts[address["unknown"]] = UNKNOWN
    cast.on(24, 8, 50)
    made["expired"] = cast.draft("Maja", address["expired"], host=f"imap.{HOME}", run=False)
    cast.on(24, 9, 10)
    made["done"] = cast.draft("Maja", f"salg@{HOME}", host=f"imap.{HOME}")
    cast.verify(made["expired"])
    made["interrupted"] = cast.draft("Maja", address["interrupted"], host=f"imap.{HOME}")
    cast.on(24, 9, 12)
    cast.verify(made["interrupted"])
    for outcome in ("certificate", "sending", "refused", "server", "unknown"):
        cast.on(24, 9, 12)
        made[outcome] = cast.draft("Maja", address[outcome], host=f"imap.{HOME}")
    made["new"] = cast.draft("Maja", None)
    made["addressed"] = cast.draft("Maja", "maja@lindqvist.example")
    made["accepted"] = cast.draft("Maja", "maja@lindqvist.example", owner="Lukas")
    drafts.accept_disclosure(cast.ctx, cast.people["Maja"], made["accepted"])
    made["mine"] = cast.draft("Maja", "maja@lindqvist.example")
    drafts.accept_disclosure(cast.ctx, cast.people["Maja"], made["mine"])
    _look_ups(cast)
    cast.clock.now = TODAY - timedelta(milliseconds=300)
    made["queued"] = cast.draft("Maja", address["queued"], host=f"imap.{HOME}", run=False)
    made["running"] = cast.draft("Maja", address["running"], host=f"imap.{HOME}")


def _look_ups(cast: Cast) -> None:
    """Leave a draft at everything that can be found out about an address."""
    for name, domain, answer in (
        ("looking", "lindqvist.example", None),
        ("recommended", "acme.test", made_answers.GMAIL),
        ("signs-in", "acme.test", made_answers.MICROSOFT),
        ("works", "acme.test", made_answers.IMAP),
        ("impossible", "proton.example", made_answers.REFUSED),
        ("unclear", "acme.test", made_answers.FORWARDER),
        ("foreign", "acme.test", made_answers.FOREIGN),
        ("default", "acme.test", made_answers.BY_ADMIN),
        ("locked", "acme.test", made_answers.LOCKED),
    ):
        who = cast.people["Nora" if name == "locked" else "Maja"]
        cast.on(24, 9, 11)
        cast.drafts[name] = draft_id = drafts.start(cast.ctx, who)
        cast.clock.now = TODAY
        drafts.look_up(cast.ctx, who, draft_id, f"{name}@{domain}")
        asked = drafts.get(cast.ctx, who, draft_id).discovery_id
        if answer is not None and asked is not None:
            made_answers.answered(cast.ctx, asked, answer)
        if name in {"recommended", "foreign", "default", "locked"}:
            drafts.set_address(cast.ctx, who, draft_id, f"{name}@{domain}", "imap")
            drafts.accept_disclosure(cast.ctx, who, draft_id)


def _settings(address: str, host: str) -> dict[str, object]:
    return {
        "imap_host": host,
        "imap_port": 993,
        "imap_security": "tls",
        "smtp_host": host.replace("imap.", "smtp."),
        "smtp_port": 587,
        "smtp_security": "starttls",
        "username": address,
        "smtp_same_credentials": True,
        "password": "one that nobody types",
    }
