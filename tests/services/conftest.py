"""Services are tried with carrier pigeons and owls: they fly in memory and count their flights."""

import pytest

from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.services.applied import DOMAIN, defaults_at


@pytest.fixture
def pigeons():
    return PigeonFamily()


@pytest.fixture
def families(pigeons):
    return (pigeons,)


@pytest.fixture
def owl():
    """Owl post, for tests that offer it as a family."""
    return OwlFamily()


@pytest.fixture
def old(imap_server):
    """Where the inboxes are now."""
    return imap_server()


@pytest.fixture
def new(imap_server):
    """Where the defaults send them; it knows everybody but those that a test leaves out."""
    return imap_server(accounts={f"{name}@{DOMAIN}": "secret" for name in "abcdef"})


@pytest.fixture
def wanted(new, smtp_answers):
    return defaults_at(new, smtp_answers)
