from ipaddress import ip_network

import pytest

from console.rules.network import Policy, refusal

DEFAULT = Policy()


def allowing(*networks: str, **others) -> Policy:
    return Policy(allow_networks=tuple(ip_network(network) for network in networks), **others)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.0.3", "loopback"),
        ("::1", "loopback"),
        ("169.254.10.1", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("fd20:ce::254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "metadata"),
        ("0.0.0.0", "unspecified"),  # noqa: S104 - the address is judged, nothing listens there
        ("0.1.2.3", "unspecified"),
        ("::", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("192.0.2.1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("4000::1", "reserved"),
        ("mail.example.com", "not-an-address"),
        ("", "not-an-address"),
    ],
)
def test_special_addresses_are_refused_with_their_kind(address, reason):
    assert refusal(address, 993, DEFAULT) == reason


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("::ffff:127.0.0.1", "loopback"),
        ("::127.0.0.1", "loopback"),
        ("::ffff:0:127.0.0.1", "loopback"),
        ("64:ff9b::127.0.0.1", "loopback"),
        ("64:ff9b:1::a9fe:a9fe", "metadata"),
        ("2002:7f00:1::1", "loopback"),
        ("2002:a9fe:a9fe::", "metadata"),
        ("2001:0:7f00:1::", "loopback"),
        ("2001:0:102:304::80ff:fffe", "loopback"),
    ],
)
def test_an_ipv4_address_inside_an_ipv6_form_is_judged_itself(address, reason):
    assert refusal(address, 993, DEFAULT) == reason


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"])
def test_a_public_address_inside_an_ipv6_form_is_allowed(address):
    assert refusal(address, 993, DEFAULT) is None


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4001::6d", "100.63.255.255", "172.32.0.1", "198.20.0.1"])
@pytest.mark.parametrize("port", [25, 143, 443, 465, 587, 993])
def test_public_addresses_are_allowed_on_mail_ports(address, port):
    assert refusal(address, port, DEFAULT) is None


@pytest.mark.parametrize("port", [22, 80, 110, 995, 3306, 8080])
def test_other_ports_are_refused(port):
    assert refusal("8.8.8.8", port, DEFAULT) == "port"


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_numbers_that_are_no_ports_are_refused_even_in_allowed_networks(port):
    assert refusal("127.0.0.1", port, allowing("127.0.0.0/8")) == "port"


def test_the_operator_adds_ports():
    assert refusal("8.8.8.8", 2525, Policy(allow_ports=(2525,))) is None


def test_a_policy_for_other_servers_replaces_the_mail_ports():
    web = Policy(ports=(443,))
    assert [refusal("8.8.8.8", port, web) for port in (443, 993, 25)] == [None, "port", "port"]


PRIVATE = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.10",
    "100.64.0.1",
    "198.18.0.1",
    "fd12::1",
    "fec0::1",
    "::ffff:10.1.2.3",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_allowed_on_mail_ports_by_default(address):
    assert refusal(address, 993, DEFAULT) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_on_other_ports(address):
    assert refusal(address, 8080, DEFAULT) == "port"


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_when_the_operator_denies_them(address):
    assert refusal(address, 993, Policy(private_networks="deny")) == "private"


def test_a_listed_network_wins_over_denied_private_ranges():
    assert refusal("10.0.0.5", 993, allowing("10.0.0.0/24", private_networks="deny")) is None
    assert refusal("10.0.1.5", 993, allowing("10.0.0.0/24", private_networks="deny")) == "private"


def test_a_listed_network_is_allowed_on_every_port():
    assert refusal("127.0.0.1", 40123, allowing("127.0.0.0/8")) is None
    assert refusal("::1", 40123, allowing("::1/128")) is None


def test_a_listed_network_covers_its_addresses_in_mapped_form():
    assert refusal("::ffff:127.0.0.1", 40123, allowing("127.0.0.0/8")) is None


def test_a_teredo_address_is_allowed_only_when_both_its_ends_are_listed():
    assert refusal("2001:0:7f00:1::80ff:fffe", 993, allowing("127.0.0.0/8")) is None
    assert refusal("2001:0:7f00:1::5601:101", 993, allowing("127.0.0.0/8")) == "loopback"


def test_an_ipv6_network_says_nothing_about_ipv4_addresses():
    assert refusal("127.0.0.1", 993, allowing("::/0")) == "loopback"
