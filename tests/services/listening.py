"""Servers that listen on this machine, and a console that reaches them by name."""

from tests.peers.certificates import HOST


def reach(dns, certificates, *names):
    """Return the CONSOLE_… values of a console for which `names`, the usual one by default, are this machine."""
    for name in names or (HOST,):
        dns.host(name, "127.0.0.1")
    return {
        "CONSOLE_DNS_SERVER": dns.server,
        "CONSOLE_CA_FILE": str(certificates.ca),
        "CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8",
    }
