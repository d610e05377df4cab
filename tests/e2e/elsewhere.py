"""Signing in at providers that somebody else wrote, from a console that is really served, and coming back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import requests
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from console.lab.ports import free_port
from console.providers.base import Secret
from console.services import credentials, drafts
from console.store.models import Credential, Inbox
from tests.e2e.wizard import RUN, Wizard
from tests.peers.emulate import MICROSOFT_PEOPLE, Emulate
from tests.peers.fronts import Exchange, Front, standing
from tests.peers.graph_mail import graph_mail
from tests.peers.oidc import Strict
from tests.peers.shared import Run

if TYPE_CHECKING:
    from tests.e2e.conftest import Console

STRICT_PEOPLE = {f"{name.lower()}@strict.test": name for name in ("Alice", "Bob", "Hanne", "Charlie", "Dorte")}
SECRETS = {"client_secret", "code", "code_verifier", "state", "nonce", "access_token", "refresh_token", "id_token"}
StartConsole = Callable[..., "Console"]


@dataclass(frozen=True)
class Elsewhere:
    """A console, and one provider of its own behind a front. `slug` is the family, `place` what pages call it.

    `token` is the path of the token endpoint; `choose` signs an address in on the provider's pages.
    """

    console: Console
    front: Front
    slug: str
    place: str
    token: str
    choose: Callable[[Page, str], None]

    def walk_to_the_door(self, page: Page, address: str) -> Wizard:
        """Go through the wizard from its first step to the one before leaving."""
        wizard = Wizard(page).open(self.console.url).start().address(address, self.slug)
        return wizard.accept(f"Continue at {self.place}")

    def to_the_door(self, page: Page, address: str) -> Wizard:
        """Open the step before leaving, its draft brought so far by the services."""
        ctx, admin = self.console.ctx, self.console.admin
        assert admin is not None
        draft_id = drafts.start(ctx, admin)
        drafts.set_address(ctx, admin, draft_id, address, self.slug)
        drafts.accept_disclosure(ctx, admin, draft_id)
        page.goto(f"{self.console.url}/connect/{draft_id}/settings")
        return Wizard(page)

    def leave(self, page: Page) -> None:
        """Leave from that step for the provider."""
        page.get_by_role("link", name=f"Continue at {self.place}").click()

    def sign_in(self, page: Page, address: str) -> None:
        """Leave from that step, sign in as `address`, and come back."""
        self.leave(page)
        self.choose(page, address)
        page.wait_for_url(re.compile(f"^{re.escape(self.console.url)}/connect/"))
        # What came back is not left in the address bar.
        assert "code=" not in page.url

    def connect(self, page: Page, address: str) -> int:
        """Connect an inbox, open its page, and return its id."""
        self.to_the_door(page, address)
        self.sign_in(page, address)
        return self.arrived(page, address)

    def arrived(self, page: Page, address: str) -> int:
        """Wait until the inbox is connected, open its page, and return its id."""
        Wizard(page).connected()
        (row,) = self.inboxes(address)
        assert row.id is not None
        return self.open(page, row.id)

    def open(self, page: Page, inbox_id: int) -> int:
        page.goto(f"{self.console.url}/inboxes/{inbox_id}")
        return inbox_id

    def test_now(self, page: Page, inbox_id: int, health: str) -> None:
        """Press Test now on the open page of an inbox, and wait until the check is over and the page tells `health`."""
        before = self.inbox(inbox_id).checked_at
        page.get_by_role("button", name="Test now").click()
        self._wait(lambda: self.inbox(inbox_id).checked_at != before)
        expect(page.locator("#inbox")).to_have_attribute("data-health", health)
        expect(page.get_by_role("button", name="Test now")).to_be_visible()

    def inboxes(self, address: str) -> list[Inbox]:
        """Return every inbox that ever had this address."""
        with self.console.ctx.store.read() as session:
            return list(session.exec(select(Inbox).where(col(Inbox.address) == address)))

    def inbox(self, inbox_id: int) -> Inbox:
        with self.console.ctx.store.read() as session:
            return session.get_one(Inbox, inbox_id)

    def kept(self, inbox_id: int) -> Secret:
        """Return the secret that is stored for an inbox."""
        with self.console.ctx.store.read() as session:
            return credentials.unseal(self.console.ctx, session.get_one(Credential, inbox_id))

    def renewals(self, first: str) -> list[Exchange]:
        """Return the renewals that began with the refresh token `first` or one that came in its place, in order."""
        known, found = {first}, []
        for one in self.front.passed(self.token, grant_type="refresh_token"):
            if one.asked["refresh_token"] in known:
                found.append(one)
                known.add(one.answer.get("refresh_token", ""))
        return found

    def falls_to(self, inbox_id: int, health: str) -> Inbox:
        """Make an inbox due, and return it once the sweep of the console's own worker has brought it to `health`."""
        with self.console.ctx.store.write() as session:
            session.get_one(Inbox, inbox_id).next_check = self.console.ctx.clock()
        self._wait(lambda: self.inbox(inbox_id).health == health)
        return self.inbox(inbox_id)

    def leaks(self) -> list[str]:
        """Return what passed as a secret and stands in clear in what the console wrote: its log and its folder."""
        told = self.console.serving.output().encode()
        for file in Path(self.console.serving.environment["CONSOLE_INSTANCE"]).rglob("*"):
            told += file.read_bytes() if file.is_file() else b""
        assert self.console.admin is not None
        assert self.console.admin.email.encode() in told
        values = [(name, one[name]) for each in self.front.exchanges for one in (each.asked, each.answer)
                  for name in SECRETS & one.keys()]  # fmt: skip
        assert {name for name, _ in values} >= {"code", "code_verifier", "access_token", "refresh_token"}
        return sorted({name for name, value in values if str(value).encode() in told})

    def _wait(self, there: Callable[[], bool]) -> None:
        until = monotonic() + RUN / 1000
        while not there():
            assert monotonic() < until, "it did not come to that in time"
            assert not self.console.serving.program.ended_within(0.02), self.console.serving.output()


def choose_at_emulate(page: Page, address: str) -> None:
    """Press the button of an account on the page on which emulate asks who signs in."""
    page.locator("button.user-btn", has_text=address).click()


def sign_in_at_strict(page: Page, address: str) -> None:
    """Fill in the login form of oidc-provider, then agree."""
    page.get_by_placeholder("Enter any login").fill(address)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


@contextmanager
def at_emulate(run: Run, start_console: StartConsole, emulate: Emulate) -> Iterator[tuple[Elsewhere, Elsewhere]]:
    """Run a console whose Google and Microsoft are emulate's for as long as the block lasts.

    All that is Google's is emulate's. At Microsoft the sign-in, its tokens and /v1.0/me are; below /v1.0/me emulate has
    nothing, so the mailbox itself is the lab's.
    """

    def whose(token: str) -> tuple[str, frozenset[str]]:
        answer = requests.get(f"{emulate.microsoft}/v1.0/me", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        return str(answer.json().get("mail")), microsoft.scopes(token)

    with ExitStack() as stack:
        google = stack.enter_context(standing(Front(emulate.google, guarded="/gmail/")))
        microsoft = stack.enter_context(standing(Front(emulate.microsoft, guarded="/v1.0/")))
        microsoft.elsewhere["/v1.0/me/"] = stack.enter_context(graph_mail(MICROSOFT_PEOPLE, whose))
        settings = emulate.environment() | {
            "CONSOLE_GOOGLE_TOKEN_URL": f"{google.url}/oauth2/token",
            "CONSOLE_GOOGLE_REVOKE_URL": f"{google.url}/oauth2/revoke",
            "CONSOLE_GOOGLE_API_URL": google.url,
            "CONSOLE_MICROSOFT_LOGIN_URL": microsoft.url,
            "CONSOLE_MICROSOFT_GRAPH_URL": microsoft.url,
        }
        console = stack.enter_context(_served(run, start_console, settings))
        yield (
            Elsewhere(console, google, "gmail", "Google", "/oauth2/token", choose_at_emulate),
            Elsewhere(console, microsoft, "microsoft", "Microsoft", "/oauth2/v2.0/token", choose_at_emulate),
        )


@contextmanager
def at_strict(run: Run, start_console: StartConsole) -> Iterator[Elsewhere]:
    """Run a console whose Microsoft is npm's oidc-provider for as long as the block lasts.

    The Microsoft family is the one that reads where to sign in from a discovery document; that is asked for at
    Microsoft's path and answered with the provider's own. There is no mail behind it, so all of Graph is the lab's, and
    the provider's userinfo endpoint says whose an access token is. They live for a minute, which the console takes for
    over: every check renews.
    """
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    strict = Strict.start(run, back=f"{origin}/consent/microsoft", seconds=60)

    def whose(token: str) -> tuple[str, frozenset[str]]:
        answer = requests.get(f"{strict.url}/me", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        return str(answer.json().get("email", "")), front.scopes(token)

    with ExitStack() as stack:
        stack.callback(run.stop, strict.program)
        document = "/.well-known/openid-configuration"
        front = Front(strict.url, guarded="/v1.0/", renamed={f"/common/v2.0{document}": document})
        stack.enter_context(standing(front))
        front.elsewhere["/v1.0/"] = stack.enter_context(graph_mail(STRICT_PEOPLE, whose))
        settings = {
            "CONSOLE_PORT": str(port),
            "CONSOLE_BASE_URL": origin,
            "CONSOLE_MICROSOFT_CLIENT_ID": strict.client_id,
            "CONSOLE_MICROSOFT_CLIENT_SECRET": strict.client_secret,
            "CONSOLE_MICROSOFT_LOGIN_URL": front.url,
            "CONSOLE_MICROSOFT_GRAPH_URL": front.url,
        }
        console = stack.enter_context(_served(run, start_console, settings))
        yield Elsewhere(console, front, "microsoft", "Microsoft", "/token", sign_in_at_strict)


@contextmanager
def _served(run: Run, start_console: StartConsole, settings: dict[str, str]) -> Iterator[Console]:
    console = start_console(settings=settings)
    try:
        yield console
    finally:
        console.ctx.store.close()
        console.serving.stop(run)
