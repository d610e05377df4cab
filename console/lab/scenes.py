"""The demo's people and inboxes: connected by the console's own use cases, then brought into every state by faults."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from sqlmodel import select

from console import assemble
from console.config import load
from console.lab import visitor
from console.lab.exchange_place import PASSWORD as CORP_PASSWORD
from console.lab.fault import EXCHANGE, IMAP
from console.lab.mail_server import HOST, POST
from console.lab.mail_server import PASSWORD as MAIL_PASSWORD
from console.lab.serving import Lab
from console.lab.stand_in import StandIn
from console.rules.permissions import Role
from console.rules.problems import problem
from console.services import checks, consents, drafts, links, mail_settings, people, signing_in, switches, verification
from console.services.context import Actor, Context
from console.store.migrations import upgrade
from console.store.models import Inbox

PASSWORD = "practice makes perfect"
# What the session of a browser is to a sign-in at a provider; there is none while the scenes are set.
BROWSER = "the demo's scenes"


@dataclass(frozen=True)
class Person:
    """Somebody who signs in."""

    email: str
    name: str
    role: Role
    role_label: str


CAST = (
    Person("alice@harbour.test", "Alice Andersen", Role.ADMIN, "account admin"),
    Person("bob@harbour.test", "Bob Berg", Role.MEMBER, "member"),
    Person("hanne@harbour.test", "Hanne Holm", Role.HELP_DESK, "help desk"),
    Person("charlie@harbour.test", "Charlie Clausen", Role.MEMBER, "member, in another team"),
)
ALICE, BOB, HANNE, CHARLIE = (person.email for person in CAST)
# Whose inbox Hanne has sent a link for.
LINKED = "frank@acme.test"


@dataclass(frozen=True)
class Scene:
    """An inbox: whose, what it suffers from, and how often it is checked with it.

    `fault` is a switch of the lab, which stays on; `revoked` takes the permission back; `off` disables the inbox.
    """

    address: str
    owner: str
    fault: str = ""
    checks: int = 1
    revoked: bool = False
    off: bool = False


@dataclass(frozen=True)
class Told:
    """What an inbox looks like once its scene is set, in words for the terminal."""

    address: str
    provider: str
    state: str


# People at Google, Microsoft and Exchange who are not named here are left for whoever practises.
SCENES = (
    Scene("alice@harbour.test", ALICE),
    Scene("bob@harbour.test", BOB, "wrong-password"),
    Scene("press@harbour.test", BOB, "smtp-disabled"),
    Scene("charlie@harbour.test", CHARLIE, off=True),
    Scene("info@harbour.test", ALICE, "no-sent"),
    Scene("orders@harbour.test", BOB, "imap-disabled"),
    Scene("billing@harbour.test", ALICE, "too-many"),
    Scene("events@harbour.test", CHARLIE, "bye", checks=3),
    # With the two before them these are an incident: the mail company has trouble.
    Scene("sales@harbour.test", ALICE, "auth-unavailable"),
    Scene("support@harbour.test", BOB, "auth-unavailable"),
    Scene("shop@harbour.test", CHARLIE, "auth-unavailable"),
    Scene("emma@acme.test", ALICE),
    Scene("frank@acme.test", BOB, revoked=True),
    Scene("gitte@acme.test", CHARLIE, "domain-policy"),
    Scene("hugo@acme.test", ALICE, "failing"),
    Scene("emma@contoso.test", ALICE),
    Scene("frank@contoso.test", BOB, "mfa-required"),
    Scene("gitte@contoso.test", CHARLIE, "no-mailbox"),
    Scene("hugo@contoso.test", ALICE, "failing", checks=3),
    Scene("emma@corp.test", ALICE),
    Scene("frank@corp.test", BOB, "ews-off"),
    Scene("gitte@corp.test", CHARLIE, "locked-out"),
    Scene("hugo@corp.test", ALICE, "busy"),
)


def play(lab: Lab) -> list[Told]:
    """Fill the console of this process's environment; return what each inbox looks like."""
    console = assemble(load())
    try:
        ctx = console.ctx
        upgrade(ctx.store.engine)
        actors = _people(ctx)
        _mail_server(ctx, lab, actors[ALICE])
        told = [_inbox(ctx, lab, scene, actors[scene.owner]) for scene in SCENES]
        _link(ctx, actors[HANNE])
        return told
    finally:
        console.close()


def connect(ctx: Context, lab: Lab, owner: Actor, address: str) -> int:
    """Go through the wizard's steps as its pages do, and return the new inbox. Raises AssertionError when it fails."""
    view = drafts.get(ctx, owner, attempt(ctx, lab, owner, address))
    assert view.state == "passed", (view.problem, view.server_text)
    assert view.inbox_id is not None
    return view.inbox_id


def attempt(ctx: Context, lab: Lab, owner: Actor, address: str) -> str:
    """Go through the wizard's steps to their end, whichever that is, and return the draft."""
    draft = begin(ctx, lab, owner, address)
    finish(ctx, lab, owner, draft)
    return draft


def begin(ctx: Context, lab: Lab, owner: Actor, address: str) -> str:
    """Go through the wizard's steps up to the sign-in, and return the draft."""
    draft = drafts.start(ctx, owner)
    drafts.set_address(ctx, owner, draft, address, _PROVIDERS[_place(lab, address).slug].slug)
    drafts.accept_disclosure(ctx, owner, draft)
    return draft


def finish(ctx: Context, lab: Lab, owner: Actor, draft: str) -> None:
    """Type the password of a draft, or allow everything at its provider, and let this thread be the worker.

    Raises visitor.Stuck where the provider sends nobody back.
    """
    view = drafts.get(ctx, owner, draft)
    admit = next(one.admit for one in _PROVIDERS.values() if one.slug == view.provider)
    admit(ctx, lab, owner, draft, view.address or "")
    verification.run(ctx, draft)


def _signed_in(ctx: Context, _lab: Lab, owner: Actor, draft: str, address: str) -> None:
    slug = drafts.get(ctx, owner, draft).provider or ""
    place = visitor.answer(consents.begin(ctx, owner, draft, BROWSER).url, address)
    consents.come_back(ctx, owner, slug, dict(parse_qsl(urlsplit(place).query)), BROWSER)


def _typed(ctx: Context, lab: Lab, owner: Actor, draft: str, address: str) -> None:
    make = _web_services if _place(lab, address).slug == EXCHANGE else _servers
    drafts.set_settings(ctx, owner, draft, make(lab, address))


@dataclass(frozen=True)
class _Provider:
    """How a stand-in is connected: the console's word for it, and how its people are let in."""

    slug: str
    admit: Callable[[Context, Lab, Actor, str, str], None]


_PROVIDERS = {
    "google": _Provider("gmail", _signed_in),
    "microsoft": _Provider("microsoft", _signed_in),
    IMAP: _Provider("imap", _typed),
    EXCHANGE: _Provider("exchange", _typed),
}


def _place(lab: Lab, address: str) -> StandIn:
    # Whoever may move to Microsoft has an account there as well; until then the mailbox is in the house.
    return next(place for place in reversed(lab.places) if address in place.accounts)


def _web_services(lab: Lab, address: str) -> dict[str, object]:
    return {"url": lab.exchange.ews_url, "username": address, "password": CORP_PASSWORD}


def _servers(lab: Lab, address: str) -> dict[str, object]:
    server = lab.mail
    return {
        "imap_host": HOST,
        "imap_port": server.imap.tls,
        "imap_security": "tls",
        "smtp_host": HOST,
        "smtp_port": server.smtp.tls,
        "smtp_security": "tls",
        "username": address,
        "password": MAIL_PASSWORD,
        "smtp_same_credentials": True,
    }


def _people(ctx: Context) -> dict[str, Actor]:
    first, *others = CAST
    admin = people.create_first_admin(ctx, name=first.name, email=first.email, password=PASSWORD)
    people.change(ctx, admin, admin.id, role=Role.ADMIN, personal_email=True)
    actors = {first.email: replace(admin, personal_email=True)}
    for person in others:
        person_id = people.add(ctx, admin, name=person.name, email=person.email, role=person.role, personal_email=True)
        token = signing_in.welcome_link(ctx, admin, person_id).rpartition("/")[2]
        actors[person.email] = signing_in.accept_welcome(ctx, token, PASSWORD, "")
    return actors


def _mail_server(ctx: Context, lab: Lab, admin: Actor) -> None:
    """Have notices go by the lab's own SMTP server, whose mails the board shows."""
    mail_settings.save(
        ctx,
        admin,
        host=HOST,
        port=lab.mail.smtp.tls,
        security="tls",
        username=POST,
        password=MAIL_PASSWORD,
        sender=POST,
        sender_name="Harbour Trading inboxes",
    )


def _link(ctx: Context, staff: Actor) -> None:
    with ctx.store.read() as session:
        inbox_id = session.exec(select(Inbox.id).where(Inbox.address == LINKED)).one()
    links.issue(ctx, staff, inbox_id or 0)


def _inbox(ctx: Context, lab: Lab, scene: Scene, owner: Actor) -> Told:
    place, inbox_id = _place(lab, scene.address), connect(ctx, lab, owner, scene.address)
    if scene.fault:
        place.switch(scene.fault, scene.address)
    if scene.revoked:
        place.grants.revoke(scene.address)
    # So that what was switched on is met at once, where it is about tokens.
    place.grants.expire(scene.address)
    for _ in range(scene.checks if scene.fault or scene.revoked else 0):
        checks.run(ctx, inbox_id, checks.SHELL)
    if scene.off:
        switches.disable(ctx, owner, inbox_id, "Away until spring")
        return Told(scene.address, place.title, "switched off")
    with ctx.store.read() as session:
        row = session.get_one(Inbox, inbox_id)
        health = row.health.replace("-", " ", 1)
        told = f"{health}: {problem(row.problem).title}" if row.problem else health
    return Told(scene.address, place.title, told)
