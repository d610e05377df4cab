"""An app at each provider of the lab."""

import pytest

from console.lab.serving import Lab
from tests.lab.made import App, google_app, microsoft_app


@pytest.fixture
def gmail(lab: Lab) -> App:
    return google_app(lab)


@pytest.fixture
def graph(lab: Lab) -> App:
    return microsoft_app(lab)
