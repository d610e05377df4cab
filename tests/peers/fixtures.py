"""Session fixtures for the servers that tests talk to; loaded as a pytest plugin.

A server is started when the first test asks for it, once for all pytest-xdist workers, and stopped when the whole run
ends, however that happens. A program that is not there skips the test with the reason; with CI=true it fails it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from zlib import crc32

import pytest

from console.lab.imap_visits import ImapServer
from console.lab.serving import Lab
from console.lab.serving import running as run_lab
from console.lab.zone import Zone, zone
from tests.peers.certificates import Certificates, Identity, make
from tests.peers.chromium import Chromium
from tests.peers.chromium import chromium as start_chromium
from tests.peers.dovecot import Dovecot
from tests.peers.emulate import Emulate
from tests.peers.imap_kinds import PLAIN
from tests.peers.imap_server import imap_server as serve_imap
from tests.peers.microsoft import MicrosoftLogin
from tests.peers.microsoft import microsoft_login as serve_microsoft_login
from tests.peers.oidc import Strict
from tests.peers.postfix import Postfix
from tests.peers.postgres import Postgres, Reused
from tests.peers.processes import Missing
from tests.peers.shared import Run, State
from tests.peers.sites import Sites
from tests.peers.sites import sites as serve_sites
from tests.peers.smtp_answers import SmtpAnswers
from tests.peers.smtp_answers import smtp_answers as serve_smtp_answers

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = "console_tests_folder"
LAB_ORIGIN = "http://127.0.0.1:8000"
_run = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run, or join it when this process is a worker."""
    handed = getattr(config, "workerinput", None)
    config.stash[_run] = Run.begin() if handed is None else Run(Path(handed[FOLDER]))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a pytest-xdist worker which run it belongs to."""
    node.workerinput[FOLDER] = str(node.config.stash[_run].folder)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each file of browser tests to one worker, and with it the servers of the file.

    pytest-xdist's own groups write into the ids of tests, where pytest 9.2 reads them no more.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file.endswith("_by_emulate.py"):
                return "emulate"  # It knows one console, at one port.
            # Looking at every page takes longer than anything else.
            return f"{file}-{crc32(nodeid.encode()) % 3}" if file.endswith("test_every_page.py") else file

    return ByFile(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop every server, in the process that began the run."""
    if _run in config.stash and not hasattr(config, "workerinput"):
        config.stash[_run].end()


@pytest.fixture(scope="session")
def peers_run(pytestconfig: pytest.Config) -> Run:
    """What the processes of this test run share."""
    return pytestconfig.stash[_run]


@pytest.fixture(scope="session")
def certificates(peers_run: Run) -> Certificates:
    """One certificate authority and its certificates, the same in every worker."""

    def start() -> State:
        made = vars(make(peers_run.place("certificates")))
        return {
            kind: str(value) if isinstance(value, Path) else [str(value.certificate), str(value.key)]
            for kind, value in made.items()
        }

    paths = peers_run.once("certificates", start)
    authority = Path(paths.pop("ca"))
    return Certificates(authority, **{kind: Identity(*map(Path, pair)) for kind, pair in paths.items()})


@pytest.fixture(scope="session")
def dovecot(peers_run: Run, certificates: Certificates) -> Dovecot:
    """The Dovecot that all tests share: use accounts of your own, leave its certificates alone."""
    return Dovecot.from_state(_offered(peers_run, "dovecot", lambda: Dovecot.start(peers_run, certificates).to_state()))


@pytest.fixture
def own_dovecot(peers_run: Run, certificates: Certificates) -> Iterator[Dovecot]:
    """A Dovecot for this test alone, which may change its certificates or stop it."""
    try:
        server = Dovecot.start(peers_run, certificates)
    except Missing as reason:
        leave_out(str(reason))
    yield server
    server.stop(peers_run)


@pytest.fixture(scope="session")
def postfix(peers_run: Run, certificates: Certificates, dovecot: Dovecot) -> Postfix:
    """The Postfix that all tests share; it asks the shared Dovecot about accounts."""
    return Postfix.from_state(
        _offered(peers_run, "postfix", lambda: Postfix.start(peers_run, certificates, dovecot).to_state())
    )


@pytest.fixture(scope="session")
def postgres(peers_run: Run) -> Postgres:
    """The PostgreSQL cluster that all tests share; ask it for a database of your own."""
    return Postgres.from_state(_offered(peers_run, "postgres", lambda: Postgres.start(peers_run).to_state()))


@pytest.fixture(scope="session")
def postgres_migrated(postgres: Postgres, peers_run: Run) -> str:
    """The name of a database at the newest migration, to be copied."""
    return postgres.template(peers_run, "migrated", _migrate)


@pytest.fixture(scope="session")
def postgres_reused(postgres: Postgres, postgres_migrated: str) -> Iterator[Reused]:
    """A database of this process alone, at the newest migration."""
    reused = Reused(postgres, postgres_migrated)
    yield reused
    reused.drop()


@pytest.fixture
def postgres_url(postgres_reused: Reused) -> Iterator[str]:
    """An empty database at the newest migration, which nobody else uses as long as the test runs."""
    yield postgres_reused.url
    postgres_reused.clear()


@pytest.fixture(scope="session")
def emulate(peers_run: Run) -> Emulate:
    """Google and Microsoft as npm's emulate plays them, shared by all tests; mark what asks for it as oauth."""
    return Emulate.from_state(_offered(peers_run, "emulate", lambda: Emulate.start(peers_run).to_state()))


@pytest.fixture(scope="session")
def strict(peers_run: Run) -> Strict:
    """The strict OpenID provider that all tests share; mark what asks for it as oauth."""
    return Strict.from_state(_offered(peers_run, "oidc", lambda: Strict.start(peers_run).to_state()))


@pytest.fixture(scope="session")
def empty_dns() -> Iterator[str]:
    """The address of a DNS server that answers at once, and always that there is no such name."""
    with zone() as served:
        yield served.server


@pytest.fixture
def dns() -> Iterator[Zone]:
    """A DNS server of this test alone; a name it was not told about does not exist."""
    with zone() as served:
        yield served


@pytest.fixture
def sites(certificates: Certificates) -> Iterator[Sites]:
    """Web sites over https of this test alone, each host with a certificate of its own."""
    with serve_sites(certificates) as served:
        yield served


@pytest.fixture
def plain_sites(certificates: Certificates) -> Iterator[Sites]:
    """Web sites over http of this test alone."""
    with serve_sites(certificates, tls=False) as served:
        yield served


@pytest.fixture
def microsoft_login() -> Iterator[MicrosoftLogin]:
    """A stand-in for Microsoft's sign-in service of this test alone; it knows no tenant until it is told of one."""
    with serve_microsoft_login() as served:
        yield served


@pytest.fixture(scope="session")
def running_lab() -> Iterator[Lab]:
    """The practice lab of this worker; tests ask for `lab`."""
    with run_lab([LAB_ORIGIN]) as served:
        yield served


@pytest.fixture
def lab(running_lab: Lab) -> Lab:
    """The practice lab as it begins, for a console at LAB_ORIGIN; for one elsewhere: `lab.allow(its base address)`."""
    running_lab.reset()
    running_lab.allow(LAB_ORIGIN)
    return running_lab


@pytest.fixture
def smtp_answers(certificates: Certificates) -> Iterator[SmtpAnswers]:
    """A scripted SMTP server of this test alone; the local part of the login chooses the answer."""
    with serve_smtp_answers(certificates) as server:
        yield server


@pytest.fixture
def imap_server(certificates: Certificates) -> Iterator[Callable[..., ImapServer]]:
    """Start scripted IMAP servers of this test alone: `imap_server(kind, delay=…, accounts=…, identity=…)`."""
    with ExitStack() as stack:
        yield lambda kind=PLAIN, **how: stack.enter_context(serve_imap(certificates, kind, **how))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser of this worker; open a `context()` of your own in it."""
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(start_chromium())
        except Missing as reason:
            leave_out(str(reason))
        yield browser


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """An empty page in a fresh desktop profile; the test fails when anything in it asks for more than loopback."""
    with chromium.context() as context:
        yield context.new_page()
    strayed, chromium.strayed = chromium.strayed, []
    assert strayed == []


def _migrate(url: str) -> None:
    from console.store import Store
    from console.store.migrations import upgrade

    store = Store(url)
    upgrade(store.engine)
    store.close()


def _offered(run: Run, name: str, start: Callable[[], State]) -> State:
    try:
        return run.once(name, start)
    except Missing as reason:
        leave_out(str(reason))


def leave_out(reason: str) -> NoReturn:
    """Skip the test for this reason; with CI=true fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
