"""Real browser, real console, real mail servers: what the tests of whole ways through the console start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from console import assemble
from console.config import load
from console.lab.zone import Zone, zone
from console.services import people, signing_in
from console.services.context import Actor, Context
from tests.e2e.cast import PASSWORD, Cast
from tests.e2e.elsewhere import Elsewhere, at_emulate
from tests.e2e.entrance import enter
from tests.e2e.still import Still, company, newcomer, tell
from tests.e2e.wizard import Line, Servers
from tests.peers import dovecot as addresses
from tests.peers.certificates import HOST, Certificates
from tests.peers.chromium import Chromium
from tests.peers.dovecot import Dovecot
from tests.peers.emulate import Emulate
from tests.peers.serving import Serving
from tests.peers.shared import Run, State

SELF_SIGNED = "self-signed.example.test"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")
            # What a file's tests share takes its time once, and is not counted as the first one's.
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(60, func_only=True))


class Windows:
    """Opens browser windows, each with cookies of its own, and listens to what goes wrong inside them."""

    def __init__(self, chromium: Chromium) -> None:
        self.chromium = chromium
        self.complaints: list[str] = []
        self._open: list[BrowserContext] = []
        self._closing = False

    def profile(self, **options: Any) -> BrowserContext:
        """Open a profile that is listened to; `options` are those of `Chromium.context`."""
        context = self.chromium.context(**options)
        self._open.append(context)
        context.on("close", self._closed)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    def heard(self) -> list[str]:
        """Return what pages complained about, and what they asked for beyond loopback, since it was asked last."""
        found = [*self.complaints, *self.chromium.strayed]
        self.complaints, self.chromium.strayed = [], []
        return found

    def __call__(self, url: str, **options: Any) -> Page:
        """Open `url` in a new window with a profile of its own."""
        page = self.profile(**options).new_page()
        page.goto(url)
        return page

    def close(self) -> None:
        """Close all; what a page says because it is closed, as of a question that was under way, counts for nothing."""
        for context in self._open:
            context.cookies()  # An answer, so that whatever was said before it has come.
        self._closing = True
        for context in [*self._open]:
            context.close()

    def _closed(self, context: BrowserContext) -> None:
        self._open.remove(context)

    def _console(self, message: ConsoleMessage) -> None:
        if self._closing:
            return
        # A status of 4xx is an answer that a test asks for; the browser writes it down all the same.
        answered = message.text.startswith("Failed to load resource: the server responded with a status of 4")
        if message.type in {"error", "warning"} and not answered:
            self.complaints.append(f"{message.location['url']}: {message.text}")


@pytest.fixture
def window(chromium: Chromium) -> Iterator[Windows]:
    """Opens windows; the test fails when a page complains, breaks its own policy or asks for more than loopback."""
    windows = Windows(chromium)
    yield windows
    windows.close()
    assert [] == windows.heard()


@pytest.fixture(scope="session")
def names() -> Iterator[Zone]:
    """The name server that consoles here ask; a name it was not told about does not exist."""
    with zone() as served:
        served.host(HOST, addresses.GOOD)
        served.host(SELF_SIGNED, addresses.SELF_SIGNED)
        yield served


@dataclass(frozen=True)
class Console:
    """A served console, and the services over the same database for what a test arranges without a browser."""

    serving: Serving
    ctx: Context
    admin: Actor | None = None

    @property
    def url(self) -> str:
        return self.serving.url

    def person(self, name: str, email: str, role: str = "member", *, personal_email: bool = True) -> Actor:
        """Add somebody who has chosen the password."""
        assert self.admin is not None
        person_id = people.add(self.ctx, self.admin, name=name, email=email, role=role, personal_email=personal_email)
        token = signing_in.welcome_link(self.ctx, self.admin, person_id).rsplit("/", 1)[1]
        return signing_in.accept_welcome(self.ctx, token, PASSWORD, "127.0.0.1")


@pytest.fixture(scope="session")
def start_console(peers_run: Run, names: Zone, certificates: Certificates) -> Callable[..., Console]:
    """Starts consoles that trust the tests' authority and reach every port of loopback.

    `settings` are further CONSOLE_… values.
    """

    def start(*, admin: bool = True, settings: Mapping[str, str] | None = None) -> Console:
        serving = Serving.start(
            peers_run,
            {
                "CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8",
                "CONSOLE_CA_FILE": str(certificates.ca),
                "CONSOLE_DNS_SERVER": names.server,
                **(settings or {}),
            },
        )
        ctx = assemble(load(serving.environment)).ctx
        return Console(
            serving,
            ctx,
            people.create_first_admin(ctx, name="Alice Andersen", email="alice@acme.test", password=PASSWORD)
            if admin
            else None,
        )

    return start


@pytest.fixture(scope="session")
def shared_console(start_console: Callable[..., Console], peers_run: Run) -> Iterator[Console]:
    """One console for every test that keeps to people and mailboxes of its own; Alice is its account admin."""
    console = start_console()
    yield console
    console.ctx.store.close()
    console.serving.stop(peers_run)


@pytest.fixture
def fresh_console(start_console: Callable[..., Console], peers_run: Run) -> Iterator[Console]:
    """A console for this test alone; Alice is its account admin."""
    console = start_console()
    yield console
    console.ctx.store.close()
    console.serving.stop(peers_run)


@pytest.fixture
def unset_console(start_console: Callable[..., Console], peers_run: Run) -> Iterator[Console]:
    """A console for this test alone, in which no account exists yet."""
    console = start_console(admin=False)
    yield console
    console.ctx.store.close()
    console.serving.stop(peers_run)


@pytest.fixture(scope="session")
def good(dovecot: Dovecot) -> Servers:
    """The shared Dovecot under the name that its certificate is made out for."""
    return Servers(Line(HOST, dovecot.imaps), Line(HOST, dovecot.submissions))


@pytest.fixture(scope="session")
def story(peers_run: Run) -> Path:
    """The story of the made-up company, told once for all processes of the run."""

    def start() -> State:
        folder = peers_run.place("story")
        tell(folder)
        return {"folder": str(folder)}

    return Path(peers_run.once("story", start)["folder"])


@pytest.fixture(scope="module")
def whole_company(story: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Still, Cast]]:
    """The made-up company with inboxes in every state; its clock stands still.

    Each file has one of its own: what one file adds to it would change lists, counts and the queue for another.
    """
    with company(tmp_path_factory.mktemp("company") / "instance", story) as served:
        yield served


@pytest.fixture(scope="session")
def nobody_yet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Still]:
    """A console in which no account exists; its clock stands still."""
    with newcomer(tmp_path_factory.mktemp("newcomer")) as served:
        yield served


@pytest.fixture
def signed_in(window: Windows) -> Callable[..., Page]:
    """Opens a window in which somebody is signed in."""

    def open_window(console: Console, email: str = "alice@acme.test", **options: Any) -> Page:
        return enter(window.profile(**options), console.url, email)

    return open_window


@pytest.fixture(scope="session")
def emulated(
    peers_run: Run, start_console: Callable[..., Console], emulate: Emulate
) -> Iterator[tuple[Elsewhere, Elsewhere]]:
    """One console for every test that signs in at emulate's Google and Microsoft; mark those oauth."""
    with at_emulate(peers_run, start_console, emulate) as both:
        yield both
