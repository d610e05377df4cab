"""What the evidence of a claim says: no more than is known."""

import pytest

from console.discovery import exchangers
from console.discovery.answer import Saying
from console.discovery.claims import Findings, claimed
from console.discovery.exchange import Found
from console.discovery.lookups import Mx
from console.discovery.tables.hosts import EXCHANGE
from console.discovery.tenants import Tenant

DOMAIN = "acme.test"
TENANT = Tenant(Saying("%(domain)s is a tenant.", {"domain": DOMAIN}))
FOUND = Found("likely", Saying("%(host)s answers as an Exchange server.", {"host": "mail.acme.test"}))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (FOUND, "Mailboxes that have not moved to Microsoft 365 lie on the domain's own Exchange server."),
        (
            None,
            "Mailboxes may also lie on the domain's own mail servers. None of them answered as an Exchange server.",
        ),
    ],
)
def test_an_exchange_server_of_a_hybrid_is_spoken_of_only_where_one_answered(found, said):
    own = exchangers.read(DOMAIN, [Mx(10, "mail.acme.test")])

    claims = claimed(Findings(DOMAIN, own, tenant=TENANT, exchange=found))

    exchange = next(claim for claim in claims if claim.host == EXCHANGE)
    assert str(exchange.evidence[-1]) == said
