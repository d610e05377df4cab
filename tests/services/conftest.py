"""Services are tried with carrier pigeons and owls: they fly in memory and count their flights."""

import pytest

from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily


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
