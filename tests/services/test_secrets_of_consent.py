"""No token, code, state, verifier, nonce or secret of an app is anywhere in clear that a run writes to."""

import logging
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from console.providers.consenting import ConsentRefused
from console.services import apps, checks, consents, drafts, switches, verification
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services import made, owls

ADDRESS = "bob@owls.test"
FEATHER = "feather"


class TellTale(OwlFamily):
    """A tower that repeats in its answers whatever it was sent, and remembers the secrets that went through it."""

    def __init__(self):
        super().__init__()
        self.secrets = {FEATHER}
        self.repeats = False

    def ask(self, app, **asked):
        self.secrets |= {asked["state"], asked["nonce"]}
        return super().ask(app, **asked)

    def redeem(self, app, *, code, verifier, nonce, redirect_uri, line):
        self.secrets |= {code, verifier, nonce}
        if self.repeats:
            raise ConsentRefused(
                "oauth-code-invalid", f"no {code}", server_text=f"{code} {verifier} {app.client_secret}"
            )
        found = super().redeem(app, code=code, verifier=verifier, nonce=nonce, redirect_uri=redirect_uri, line=line)
        self._note(found.secret)
        return found

    def renew(self, app, secret, line):
        self._note(secret)
        if self.repeats:
            told = f"{secret['refresh_token']} of {app.client_secret} is spent"
            raise ConsentRefused("oauth-grant-revoked", told, server_text=told)
        found = super().renew(app, secret, line)
        self._note(found)
        return found

    def _note(self, secret):
        self.secrets |= {secret["refresh_token"], secret["access_token"]} - {""}


@pytest.fixture
def owl():
    return TellTale()


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


def everything_stored(ctx):
    with ctx.store.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"')):  # noqa: S608  # Our own names.
                yield table.name, str(tuple(row))


def test_nothing_of_a_sign_in_is_written_anywhere_in_clear(ctx, alice, bob, owl, clock, caplog):
    caplog.set_level(logging.DEBUG)
    owls.set_up(ctx, alice)
    written = []
    # A sign-in that is under way, one whose code waits for a worker, one refused with everything repeated, and one
    # that goes through; then renewals that pass and that fail, an app tested, and an inbox removed.
    owls.asked(ctx, bob, owls.begin(ctx, bob, "away@owls.test"))
    owls.back(ctx, bob, owls.asked(ctx, bob, owls.begin(ctx, bob, "queued@owls.test")))
    owl.repeats = True
    refused = owls.enrol(ctx, bob, "refused@owls.test")
    owl.repeats = False
    written += list(everything_stored(ctx))
    owls.enrol(ctx, bob, ADDRESS)
    first, second = owls.make(ctx, bob, "one@owls.test", "two@owls.test")
    checks.run(ctx, first, checks.SCHEDULE)
    owl.repeats = True
    checks.run(ctx, second, checks.SCHEDULE)
    apps.test(ctx, alice, "owl")
    verification.run(ctx, refused)
    switches.remove(ctx, bob, first)
    written += list(everything_stored(ctx))

    told = [
        *written,
        ("log", caplog.text),
        ("view", repr(apps.get(ctx, "owl"))),
        ("view", repr(drafts.get(ctx, bob, refused))),
    ]
    for secret in owl.secrets:
        assert [where for where, line in told if secret in line] == []
    assert made.inbox(ctx, second).problem == "oauth-grant-revoked"
    assert len(owl.secrets) > 15


def test_the_address_that_the_browser_is_sent_to_carries_no_secret_of_the_app_and_no_verifier(ctx, alice, bob, owl):
    owls.set_up(ctx, alice)
    handoff = consents.begin(ctx, bob, owls.begin(ctx, bob, ADDRESS), owls.BROWSER)

    asked = parse_qs(urlsplit(handoff.url).query)

    assert FEATHER not in handoff.url
    assert asked["state"][0] not in repr(handoff)


def test_a_job_carries_nothing_but_the_name_of_its_row(ctx, alice, bob):
    seen = []
    ctx = replace(ctx, enqueue=lambda name, *ids: seen.append((name, *ids)))
    owls.set_up(ctx, alice)

    draft_id = owls.begin(ctx, bob, ADDRESS)
    owls.back(ctx, bob, owls.asked(ctx, bob, draft_id))
    apps.test(ctx, alice, "owl")

    assert seen == [("sweep",), ("verify", draft_id), ("test-app", "owl")]
