"""Links, notices and webhooks in a running console: no token, no password and no signing key is in what it leaves."""

import base64
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from console.lab.ports import free_port
from console.lab.smtp_server import serving
from console.services import links
from console.store.links import ReconnectLink
from tests import placed
from tests.peers.certificates import HOST
from tests.services import connected, made
from tests.services.chat import chat
from tests.services.listening import reach
from tests.services.postman import Postman, episode
from tests.services.searched import Person, answered, readings, served, written
from tests.services.workers import until

TRACE = re.compile(r"http://127\.0\.0\.1:\d+/reconnect/[\w-]{20,}")


def fresh(name):
    """Return something that stands nowhere by chance."""
    return f"{name}-{secrets.token_hex(8)}"


@dataclass
class Secrets:
    """What is typed in the run, and the tokens that it gives out."""

    before: str = field(default_factory=lambda: fresh("before"))
    wrong: str = field(default_factory=lambda: fresh("wrong"))
    right: str = field(default_factory=lambda: fresh("right"))
    postage: str = field(default_factory=lambda: fresh("postage"))
    key: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    tokens: set[str] = field(default_factory=set)

    @property
    def typed(self):
        raw = base64.b64decode(self.key)
        return {self.before, self.wrong, self.right, self.postage, self.key, raw.decode("latin-1"), raw.hex()}


@dataclass
class Office(Postman):
    """Takes the console's own password and the new one of the mailbox."""

    takes: frozenset[str] = frozenset()

    def refusal(self, login, password):
        return "" if password in self.takes else "535 5.7.8 Error: authentication failed: authentication failure"


@pytest.fixture
def settings(dns, certificates):
    port = str(free_port())
    here = {"CONSOLE_HOST": "127.0.0.1", "CONSOLE_PORT": port, "CONSOLE_BASE_URL": f"http://127.0.0.1:{port}"}
    return {**reach(dns, certificates, HOST), **here}


@pytest.fixture
def families():
    return None


@pytest.fixture
def hidden():
    return Secrets()


@pytest.fixture
def office(certificates, hidden):
    made_up = Office(free_port(), free_port(), free_port(), takes=frozenset({hidden.postage, hidden.right}))
    with serving(made_up, certificates.good.context()) as server:
        yield server


@pytest.fixture
def broken(ctx, bob, imap_server, office, hidden):
    """Bob's inbox, whose password was changed, which is ripe to be told."""
    port = imap_server(accounts={bob.email: hidden.right}).tls
    servers = {**connected.settings_of(port, bob.email), "smtp_port": office.tls}
    inbox_id = placed.inbox(
        ctx,
        bob,
        secret={"password": hidden.before},
        settings=servers,
        health="needs-sign-in",
        problem="bad-credentials",
        problem_since=ctx.clock(),
        next_check=None,
    )
    episode(ctx, inbox_id)
    return inbox_id


def set_up(alice, office, target, hidden):
    """Type the password of the mail server and the key of a webhook, and test both."""
    alice.get("/settings/notices")
    known = {"host": HOST, "port": office.tls, "security": "tls", "username": "console", "sender": "console@acme.test"}
    alice.post("/settings/notices/server", **known, password=hidden.postage, revision=revision(alice))
    alice.post("/settings/notices/server/test")
    alice.get("/settings/notices")
    alice.get("/settings/notices/webhooks/new")
    kinds = ["incident", "user-problem", "admin-problem"]
    alice.post("/settings/notices/webhooks/new", name="Chat", url=target.url, secret=f"whsec_{hidden.key}", kinds=kinds)
    alice.get("/settings/notices")
    alice.post(re.search(r'action="(/settings/notices/webhooks/\d+/test)"', alice.page.text)[1])


def revision(visitor):
    found = re.search(r'name="revision" value="(\d+)"', visitor.page.text)
    return found[1] if found else ""


def mailed(office, *known):
    """Return the next link that comes by mail."""

    def come():
        return {one for number in range(len(office.mails)) for one in TRACE.findall(office.text(number))} - {*known}

    until(come)
    return come().pop()


def try_it(ctx, phone, draft_id, password):
    """Type a password on the link's page, and wait for the check."""
    phone.get(f"/reconnect/of/{draft_id}/settings")
    run = made.draft(ctx, draft_id).run
    phone.post(f"/reconnect/of/{draft_id}/settings", password=password)
    until(lambda: (now := made.draft(ctx, draft_id)).run > run and now.state not in {"queued", "running"})
    return phone.get(f"/reconnect/of/{draft_id}")


@pytest.mark.timeout(240)
def test_nothing_that_links_and_notices_leave_behind_holds_a_secret(
    ctx, alice, hanne, bob, config, settings, tmp_path, broken, office, hidden
):
    log, answers, shown = tmp_path / "console.log", [], []
    with chat() as target, served(config, settings, log):
        admin, phone, stranger = (Person(config.base_url, answers) for _ in range(3))
        set_up(admin.sign_in(alice.email), office, target, hidden)
        until(lambda: target.told and office.mails)
        first = mailed(office)

        # Whoever makes a link is shown it; nobody else is, and not they in any other place.
        staff = Person(config.base_url, shown).sign_in(hanne.email)
        staff.get(f"/inboxes/{broken}")
        staff.post(f"/inboxes/{broken}/link")
        second = TRACE.search(staff.page.text)[0]
        staff.post(f"/links/{links.of_inbox(ctx, hanne, broken).id}/mail")
        assert mailed(office, first) == second
        hidden.tokens |= {urlsplit(one).path.rsplit("/", 1)[1] for one in (first, second)}

        stranger.get(urlsplit(first).path)
        phone.get(urlsplit(second).path)
        draft_id = urlsplit(phone.post(urlsplit(second).path).url).path.split("/")[3]
        stranger.get(urlsplit(second).path)
        assert "Password refused" in try_it(ctx, phone, draft_id, hidden.wrong).text
        assert "is connected again" in try_it(ctx, phone, draft_id, hidden.right).text
        for visitor in (phone, stranger):
            visitor.get(urlsplit(second).path)
        for path in (f"/inboxes/{broken}", "/notices", "/help-desk", f"/users/{bob.id}", "/settings/notices"):
            admin.get(path)
        shown_later = Person(config.base_url, answers).sign_in(hanne.email)
        for path in (f"/inboxes/{broken}", "/help-desk", "/notices"):
            shown_later.get(path)
        found = [*answered(ctx, answers), *written(ctx, tmp_path, log)]

    name = re.search(r'"([\w-]{43})"', base64.urlsafe_b64decode(worn(phone)).decode())[1]
    for where, said in [*found, *written(ctx, tmp_path, log)]:
        read = readings(said)
        assert [one for one in hidden.tokens | hidden.typed if one in read] == [], where
        assert where.startswith(("cookie", "header Set-Cookie")) or name not in read, where
    for where, said in answered(ctx, shown):
        assert [one for one in hidden.typed if one in readings(said)] == [], where
        assert where == f"page /inboxes/{broken}" or not any(one in said for one in hidden.tokens), where
    for message in target.told:
        assert [one for one in hidden.tokens | hidden.typed if one in str(message)] == []
    with ctx.store.read() as session:
        assert session.get_one(ReconnectLink, links.of_inbox(ctx, hanne, broken).id).connected_at is not None
    assert {where.split()[0] for where, _ in found} == {"log", "page", "header", "cookie", "table", "file"}


def worn(phone):
    """Return what the cookie of a link says, as base64."""
    payload = phone.session.cookies["console-link"].partition(".")[0]
    return payload + "=" * (-len(payload) % 4)
