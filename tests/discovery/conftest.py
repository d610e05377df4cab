"""What discoveries are asked with: a name server, web sites and a stand-in for Microsoft, all on loopback."""

import pytest

from console.assembly import make_dialer, make_discovery
from console.config import load
from console.discovery.addresses import parse
from tests.discovery.files import config, digest
from tests.discovery.searching import HERE, ISPDB, OWN, OWN_PATH, PACC, PACC_FILE, PACC_PATH, Search


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


@pytest.fixture
def search(certificates, dns, sites):
    dns.host("acme.test")
    dns.host(ISPDB, HERE)
    return lambda **how: Search(certificates, dns, sites, **how)


@pytest.fixture
def own(dns, sites):
    """Publish a file at the domain's own place."""

    def publish(body=None, path=OWN_PATH, host=OWN):
        dns.host(host, HERE)
        sites.page(host, path, config() if body is None else body)

    return publish


@pytest.fixture
def ispdb(sites):
    def publish(body, domain="acme.test"):
        sites.page(ISPDB, f"/v1.1/{domain}", body)

    return publish


@pytest.fixture
def pacc(dns, sites):
    def publish(body=PACC_FILE, txt=None):
        dns.host(PACC, HERE)
        dns.set(f"_{PACC}", "TXT", txt or digest(body))
        sites.page(PACC, PACC_PATH, body)

    return publish
