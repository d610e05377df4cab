import pytest

from tests.peers import certificates
from tests.peers.certificates import Certificates


@pytest.fixture(scope="session")
def certs(tmp_path_factory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("certificates"))
