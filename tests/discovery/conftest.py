"""What discoveries are asked with: a name server, web sites and a stand-in for Microsoft, all on loopback."""

import pytest

from console.assembly import make_dialer, make_discovery
from console.config import load
from console.discovery.addresses import parse


@pytest.fixture
def discovery_values(dns, certificates, microsoft_login, sites, plain_sites, tmp_path) -> dict[str, str]:
    """The CONSOLE_… values that lead discovery to the servers of this test."""
    return {
        "CONSOLE_INSTANCE": str(tmp_path / "discovery"),
        "CONSOLE_DNS_SERVER": dns.server,
        "CONSOLE_CA_FILE": str(certificates.ca),
        "CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8",
        "CONSOLE_ISPDB_URL": "",
        "CONSOLE_MICROSOFT_LOGIN_URL": microsoft_login.url,
        "CONSOLE_DISCOVERY_HTTPS_PORT": str(sites.port),
        "CONSOLE_DISCOVERY_HTTP_PORT": str(plain_sites.port),
    }


@pytest.fixture
def discovery(discovery_values):
    """Return the console's own discovery, which asks the servers of this test."""
    config = load(discovery_values)
    return make_discovery(config, make_dialer(config))


@pytest.fixture
def ask(discovery):
    """Ask about an address: `ask("bob@acme.test")`, or with an admin's default."""
    return lambda address, default=None: discovery.of(parse(address), default)
