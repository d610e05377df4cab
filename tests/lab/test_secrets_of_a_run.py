"""A console that runs beside the lab: whatever it writes and answers, no token, code, verifier or secret is in it."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from sqlmodel import col, select

from console.lab import visitor
from console.lab.ports import free_port
from console.lab.serving import CONTOSO
from console.services import apps
from console.store.consents import Consent
from console.store.models import Credential, Draft
from tests.services import made, practice
from tests.services.practice import APPS, BOB, place_of
from tests.services.searched import Person, answered, readings, served, written
from tests.services.workers import until

TYPED = ("CLIENT_ID", "CLIENT_SECRET")


@pytest.fixture
def settings(lab):
    """A console whose apps are typed into its form."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    lab.allow(origin)
    kept = {name: value for name, value in practice.settings_at(lab).items() if not name.endswith(TYPED)}
    return {**kept, "CONSOLE_HOST": "127.0.0.1", "CONSOLE_PORT": str(port), "CONSOLE_BASE_URL": origin}


@pytest.fixture
def families():
    return None


class Secrets:
    """What must not be found: `hidden` nowhere, `asked` in no place but the address of the provider's page."""

    def __init__(self, lab, monkeypatch):
        self.lab = lab
        self.hidden, self.asked = {secret for _, secret in APPS.values()}, set()
        for stand_in in (lab.google, lab.microsoft):
            monkeypatch.setattr(stand_in.key, "sign", self._noting(stand_in.key.sign))

    def _noting(self, sign):
        def signed(claims):
            token = sign(claims)
            self.hidden.add(token)
            return token

        return signed

    def note(self):
        """Learn what the providers have given out so far."""
        for stand_in in (self.lab.google, self.lab.microsoft):
            self.hidden |= stand_in.grants.given_out()


class Run:
    """The steps of the run, through the pages of the running console; `ctx` looks at what it stored."""

    def __init__(self, ctx, lab, secrets, alice, bob):
        self.ctx, self.lab, self.secrets = ctx, lab, secrets
        self.alice, self.bob = alice, bob

    def set_up(self, slug):
        client_id, secret = APPS[slug]
        self.alice.get(f"/integrations/{slug}/app")
        revision = re.search(r'name="revision" value="(\d+)"', self.alice.page.text)[1]
        more = {"publishing": "production"} if slug == "gmail" else {"tenant": CONTOSO.id, "audience": "common"}
        typed = {"client_id": client_id, "client_secret": secret, "secret_expires_on": "", "revision": revision}
        self.alice.post(f"/integrations/{slug}/app", **typed, **more)
        self.alice.get(f"/integrations/{slug}")
        self.alice.post(f"/integrations/{slug}/test")
        until(lambda: apps.get(self.ctx, slug).test.outcome)
        self.alice.get(f"/integrations/{slug}")
        self.alice.get(f"/integrations/{slug}/sheet")

    def begin(self, slug):
        self.bob.get("/connect")
        page = self.bob.post("/connect", uses="me")
        draft_id = urlsplit(page.url).path.split("/")[2]
        self.bob.post(f"/connect/{draft_id}/address", address=BOB[slug])
        self.bob.post(f"/connect/{draft_id}/address", address=BOB[slug], provider=slug)
        self.bob.post(f"/connect/{draft_id}/expect")
        return draft_id

    def away(self, draft_id):
        """Leave for the provider; return the address of its page."""
        place = self.bob.ask("GET", f"/consent/of/{draft_id}").headers["Location"]
        assert not place.startswith(self.bob.origin)
        asked = parse_qs(urlsplit(place).query)
        self.secrets.asked |= {asked["state"][0], asked["nonce"][0]}
        with self.ctx.store.read() as session:
            for row in session.exec(select(Consent).where(Consent.sealed != "")):
                self.secrets.hidden.add(self.ctx.vault.unseal(row.sealed, row=f"consent:{row.state_hash}")["verifier"])
        return place

    def back(self, draft_id, place):
        """Come back from the provider, and wait until a worker has carried the draft on."""
        answer = dict(parse_qsl(urlsplit(place).query))
        self.secrets.hidden |= {answer["code"]} if "code" in answer else set()
        run = made.draft(self.ctx, draft_id).run
        path = urlsplit(place)
        self.bob.get(f"{path.path}?{path.query}")
        until(lambda: (now := made.draft(self.ctx, draft_id)).run > run and now.state not in {"queued", "running"})
        self.secrets.note()
        self.bob.get(f"/connect/{draft_id}/verify")
        return made.draft(self.ctx, draft_id)

    def sign_in(self, slug, draft_id, **pressed):
        return self.back(draft_id, visitor.answer(self.away(draft_id), BOB[slug], **pressed))

    def test(self, inbox_id):
        """Press the button, and wait for the check."""
        before = len(made.history(self.ctx, inbox_id))
        self.bob.get(f"/inboxes/{inbox_id}")
        self.bob.post(f"/inboxes/{inbox_id}/test")
        until(lambda: len(made.history(self.ctx, inbox_id)) > before)
        self.secrets.note()
        self.bob.get(f"/inboxes/{inbox_id}")
        return made.inbox(self.ctx, inbox_id)


def live(run, lab, slug):
    """Let one provider's life go by: refused, failed, connected, renewed, withdrawn, reconnected, removed."""
    place = place_of(lab, slug)
    run.set_up(slug)
    draft_id = run.begin(slug)
    assert run.sign_in(slug, draft_id, allow=False).problem == "oauth-user-declined"
    place.switch("token-failing")
    assert run.sign_in(slug, draft_id).problem == "oauth-provider-outage"
    place.calm()
    place.switch("other-account")
    assert run.sign_in(slug, draft_id).problem == "oauth-wrong-account"
    place.calm()
    place.switch("expired-secret")
    assert run.sign_in(slug, draft_id).problem == "oauth-client-secret"
    place.calm()
    run.alice.get(f"/integrations/{slug}")
    run.alice.post(f"/integrations/{slug}/test")
    until(lambda: apps.get(run.ctx, slug).trouble is None)
    place.switch("down")
    assert run.sign_in(slug, draft_id).problem == "server-unavailable"
    place.calm()
    used = visitor.answer(run.away(draft_id), BOB[slug])
    inbox_id = run.back(draft_id, used).inbox_id
    # The same answer once more, one that nobody asked for, and one that repeats what it knows in its words.
    for path in (used, f"/consent/{slug}?code=made-up&state=made-up", f"{used}&error=access_denied"):
        parts = urlsplit(path)
        run.bob.get(f"{parts.path}?{parts.query}")
    place.grants.expire()
    assert run.test(inbox_id).health == "healthy"
    assert made.credential(run.ctx, inbox_id).revision > 1
    place.grants.revoke(BOB[slug])
    assert run.test(inbox_id).problem == "oauth-grant-revoked"
    run.bob.get(f"/inboxes/{inbox_id}")
    page = run.bob.post(f"/inboxes/{inbox_id}/reconnect")
    again = urlsplit(page.url).path.split("/")[2]
    assert run.sign_in(slug, again).problem is None
    for path in ("/inboxes", "/integrations", f"/inboxes/{inbox_id}", "/users"):
        run.alice.get(path)
    run.bob.get(f"/inboxes/{inbox_id}/remove")
    run.bob.post(f"/inboxes/{inbox_id}/remove")
    assert made.inbox(run.ctx, inbox_id).removed_at is not None
    # What is left when the run ends: a permission that is held, and a browser that is away.
    place.switch("down")
    held = run.begin(slug)
    assert run.sign_in(slug, held).sealed is not None
    run.away(run.begin(slug))
    place.calm()


@pytest.mark.timeout(240)
def test_nothing_that_a_whole_run_writes_or_answers_holds_a_secret(
    ctx, lab, alice, bob, config, settings, tmp_path, monkeypatch
):
    secrets, answers, log = Secrets(lab, monkeypatch), [], tmp_path / "console.log"
    with served(config, settings, log):

        def begun(slug):
            people = [Person(config.base_url, answers).sign_in(one.email) for one in (alice, bob)]
            live(Run(ctx, lab, secrets, *people), lab, slug)

        # The two know nothing of each other, and each mostly waits for a worker.
        with ThreadPoolExecutor(len(APPS)) as both:
            list(both.map(begun, APPS))
        found = [*answered(ctx, answers), *written(ctx, tmp_path, log)]

    for where, said in [*found, *written(ctx, tmp_path, log)]:
        shown = readings(said)
        assert [one for one in secrets.hidden if one in shown] == [], where
        assert where.startswith("away") or [one for one in secrets.asked if one in shown] == [], where
    places = {where.split()[0] for where, _ in found}
    assert places == {"log", "page", "header", "away", "cookie", "table", "file"}
    assert len(secrets.hidden) > 40
    with ctx.store.read() as session:
        held = select(Draft.provider).where(col(Draft.sealed).is_not(None), Draft.state == "failed")
        assert set(session.exec(held)) == set(APPS)
        assert session.exec(select(Credential)).all() == []
