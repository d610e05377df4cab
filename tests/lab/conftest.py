"""An app at each provider of the lab, clients of its Exchange, and a console beside it for every fault."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console import assemble, create_app
from console.config import load
from console.lab import serving
from console.lab.serving import Lab
from tests import placed
from tests.browser import Browser
from tests.conftest import Clock
from tests.lab.corp import Corp, clients
from tests.lab.demos import begin
from tests.lab.made import App, google_app, microsoft_app
from tests.lab.practice import Practice

ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def gmail(lab: Lab) -> App:
    return google_app(lab)


@pytest.fixture
def graph(lab: Lab) -> App:
    return microsoft_app(lab)


@pytest.fixture(scope="module")
def running(peers_run):
    """One demo for the tests that leave it as it is; a real installation's settings are in its environment."""
    found = begin(peers_run, CONSOLE_DATABASE_URL="sqlite:////nowhere/real.db", CONSOLE_BANNER="real")
    yield found
    peers_run.stop(found.program)


@pytest.fixture
def corp(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Corp]:
    with clients(lab, monkeypatch, tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def practice(migrated, tmp_path_factory, compiled_templates, password_hash):
    """One console and one lab with the same clock, for people of whom each test takes new ones."""
    clock, folder = Clock(), tmp_path_factory.mktemp("practice")
    shutil.copyfile(migrated, folder / "console.db")
    with serving.running([ORIGIN], clock=clock) as lab:
        config = load({"CONSOLE_INSTANCE": str(folder), **lab.environment()})
        console = assemble(config, clock=clock, jitter=lambda: 0.5)
        app = create_app(console=console)
        app.jinja_env.bytecode_cache = compiled_templates
        bob = placed.person(console.ctx, "bob@acme.test", name="Bob Berg", password_hash=password_hash)
        yield Practice(console.ctx, lab, clock, bob, Browser(app).sign_in(bob.email))
        console.close()


@pytest.fixture
def here(practice):
    yield replace(practice)
    practice.end()
