"""The demo's people and inboxes: connected by the console's own use cases, then brought into every state by faults."""

from dataclasses import dataclass, replace

from console import assemble
from console.config import load
from console.lab.mail_server import HOST
from console.lab.mail_server import PASSWORD as MAIL_PASSWORD
from console.lab.serving import Lab
from console.rules.permissions import Role
from console.services import checks, drafts, people, signing_in, switches, verification
from console.services.context import Actor, Context
from console.store.migrations import upgrade

PASSWORD = "practice makes perfect"


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


@dataclass(frozen=True)
class Scene:
    """An inbox: whose, the fault it suffers from, how often it is checked with it, and the state it ends in."""

    address: str
    owner: str
    fault: str = ""
    checks: int = 1
    off: bool = False


SCENES = (
    Scene("alice@harbour.test", "alice@harbour.test"),
    Scene("bob@harbour.test", "bob@harbour.test", "wrong-password"),
    Scene("press@harbour.test", "bob@harbour.test", "smtp-disabled"),
    Scene("charlie@harbour.test", "charlie@harbour.test", off=True),
    Scene("info@harbour.test", "alice@harbour.test", "no-sent"),
    Scene("orders@harbour.test", "bob@harbour.test", "imap-disabled"),
    Scene("billing@harbour.test", "alice@harbour.test", "too-many"),
    Scene("events@harbour.test", "charlie@harbour.test", "bye", checks=3),
)


def play(lab: Lab) -> list[tuple[str, str]]:
    """Fill the console of this process's environment; return each inbox's address and the state it is in."""
    console = assemble(load())
    try:
        ctx = console.ctx
        upgrade(ctx.store.engine)
        actors = _people(ctx)
        return [_inbox(ctx, lab, scene, actors) for scene in SCENES]
    finally:
        console.close()


def _settings(lab: Lab, address: str) -> dict[str, object]:
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


def _inbox(ctx: Context, lab: Lab, scene: Scene, actors: dict[str, Actor]) -> tuple[str, str]:
    owner = actors[scene.owner]
    inbox_id = _connected(ctx, lab, owner, scene.address)
    if scene.fault:
        lab.mail.place.switch(scene.fault, scene.address)
    outcome = None
    for _ in range(scene.checks if scene.fault else 0):
        outcome = checks.run(ctx, inbox_id, checks.SHELL)
    if scene.off:
        switches.disable(ctx, owner, inbox_id, "Away until spring")
        return scene.address, "switched off"
    problem = outcome.trial.problem if outcome is not None else None
    return scene.address, problem or "healthy"


def _connected(ctx: Context, lab: Lab, owner: Actor, address: str) -> int:
    """Go through the wizard's steps as its pages do, and return the new inbox. Raises AssertionError when it fails."""
    draft = drafts.start(ctx, owner)
    drafts.set_address(ctx, owner, draft, address, "imap")
    drafts.accept_disclosure(ctx, owner, draft)
    drafts.set_settings(ctx, owner, draft, _settings(lab, address))
    verification.run(ctx, draft)
    view = drafts.get(ctx, owner, draft)
    assert view.inbox_id is not None, (view.problem, view.server_text)
    return view.inbox_id
