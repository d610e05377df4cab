"""Which hosts belong together: the registrable domain decides where a password may go."""

import pytest

from console import create_app
from console.providers import domains
from console.providers.domains import a_label, at_or_above, is_host_name, is_public_suffix, registrable, within


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("imap.acme.dk", "acme.dk"),
        ("acme.dk", "acme.dk"),
        ("a.b.c.acme.co.uk", "acme.co.uk"),
        ("IMAP.Acme.DK.", "acme.dk"),
        ("imap.blåbær.dk", "xn--blbr-roah.dk"),
        ("imap.xn--blbr-roah.dk", "xn--blbr-roah.dk"),
    ],
)
def test_hosts_of_one_owner_share_a_domain(host, domain):
    assert domain == registrable(host)


@pytest.mark.parametrize("host", ["mail.corp.local", "mailserver", "co.uk", "dk", "imap.acme.test"])
def test_a_name_without_a_public_suffix_is_its_own_domain(host):
    assert host == registrable(host)


@pytest.mark.parametrize(
    ("host", "domain"),
    [("192.0.2.7", "192.0.2.7"), ("[2001:db8::7]", "2001:db8::7"), ("2001:DB8:0::7", "2001:db8::7")],
)
def test_an_ip_address_is_its_own_domain(host, domain):
    assert domain == registrable(host)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("imap.acme.dk", "imap.acme.dk.evil.test"),
        ("imap.acme.dk", "imap-acme.dk"),
        ("alice.github.io", "mallory.github.io"),
        ("imap.acme.co.uk", "imap.other.co.uk"),
        ("mail.corp.local", "imap.corp.local"),
        ("192.0.2.7", "192.0.2.8"),
    ],
)
def test_hosts_of_different_owners_share_no_domain(one, other):
    assert registrable(one) != registrable(other)


@pytest.mark.parametrize("name", ["imap.acme.dk", "_imaps._tcp.acme.dk", "x", "a-b.test", "1.test"])
def test_what_is_shaped_like_a_host_name_is_one(name):
    assert is_host_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "-a.test", "a-.test", "a b.test", "a/b", "æ.test", "a" * 64, "a." * 127]
)
def test_what_is_not_shaped_like_a_host_name_is_none(name):
    assert not is_host_name(name)


def test_what_idna_cannot_encode_stays_lower_cased():
    assert "a b.test" == a_label(" A b.test ")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("imap.acme.dk", "acme.dk"),
        ("acme.dk", "sales.acme.dk"),
        ("imap.corp.local", "corp.local"),
        ("corp.local", "corp.local"),
        ("imap.acme.test", "acme.test"),
    ],
)
def test_a_host_of_the_same_owner_is_within_a_domain(host, domain):
    assert within(host, domain)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("imap.acme.dk.evil.test", "acme.dk"),
        ("imap-acme.dk", "acme.dk"),
        ("acme.co.uk", "co.uk"),
        ("alice.github.io", "github.io"),
        ("corp.local", "mail.corp.local"),
        ("10.0.0.5", "acme.dk"),
    ],
)
def test_a_host_of_another_owner_is_not_within_a_domain(host, domain):
    assert not within(host, domain)


@pytest.mark.parametrize(
    ("host", "found"),
    [("acme.dk", True), ("sales.acme.dk", True), ("dk", True), ("mail.sales.acme.dk", False), ("me.dk", False)],
)
def test_the_bare_domain_and_names_above_it_are_told_from_servers_of_it(host, found):
    assert at_or_above(host, "sales.acme.dk") == found


def test_names_that_anybody_can_register_below_are_public_suffixes():
    assert [is_public_suffix(name) for name in ("dk", "co.uk", "github.io")] == [True] * 3
    assert [is_public_suffix(name) for name in ("acme.dk", "corp.local", "localhost")] == [False] * 3


def test_a_process_that_serves_has_read_the_list_before_the_first_question(console):
    domains._suffixes.cache_clear()

    create_app(console=console)

    assert domains._suffixes.cache_info().currsize == 1
