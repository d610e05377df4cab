"""An app at each provider of the lab, and clients of its Exchange."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.lab.serving import Lab
from tests.lab.corp import Corp, clients
from tests.lab.demos import begin
from tests.lab.made import App, google_app, microsoft_app


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
