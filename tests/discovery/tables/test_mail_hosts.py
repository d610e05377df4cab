"""The tables hold together: every reason for a refusal has its sentence, and nothing is two things at once."""

from console.discovery.answer import Refusal
from console.discovery.domains import is_host_name
from console.discovery.tables import consumers, refusals
from console.discovery.tables.forwarders import FORWARDERS
from console.discovery.tables.gateways import GATEWAYS
from console.discovery.tables.mail_hosts import HOSTS

FAMILIES = {"gmail", "microsoft", "exchange", "imap"}


def test_a_host_has_a_family_or_a_reason_why_not():
    for row in HOSTS.rows:
        assert (row.host.provider in FAMILIES) != bool(row.host.refusal), row.host.name
        assert not row.host.refusal or isinstance(refusals.REFUSALS[row.host.refusal], Refusal)


def test_every_ending_is_a_host_name_in_small_letters():
    endings = [ending for row in HOSTS.rows for ending in (*row.mx, *row.autodiscover, *row.spf)]

    assert [ending for ending in endings if not is_host_name(ending) or ending != ending.lower()] == []


def test_no_mail_host_is_a_filter_or_a_forwarder():
    endings = [ending for row in HOSTS.rows for ending in row.mx]

    assert [ending for ending in endings if GATEWAYS.of(ending) or FORWARDERS.of(ending)] == []


def test_no_domain_belongs_to_two_providers():
    domains = [domain for _, listed in consumers.CONSUMERS for domain in listed]

    assert sorted(set(domains)) == sorted(domains)
    assert consumers.PORTALS.isdisjoint(domains)
