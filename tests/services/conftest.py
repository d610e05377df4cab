"""Services are tried with carrier pigeons: they fly in memory and count their flights."""

import pytest

from tests.pigeon import PigeonFamily


@pytest.fixture
def pigeons():
    return PigeonFamily()


@pytest.fixture
def families(pigeons):
    return (pigeons,)
