"""Where a webhook may lead: not to this machine nor to where clouds hand out credentials, however that is written."""

from datetime import UTC, datetime

import pytest

from console.providers import webhook
from console.providers.dial import Dialer
from console.providers.sockets import Socket
from console.rules.network import Policy
from tests.providers.doors import Table, dialer
from tests.services.chat import SECRET

AT = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
NEVER = [
    "https://169.254.169.254/",
    "https://169.254.7.7/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://169.254.43518/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://[::1]/",
    "https://[::]/",
    "https://inside.example/",
    "https://both.example/",
    # Another service than the web, and what goes without encryption.
    "https://10.0.0.5:22/",
    "https://93.184.216.34:25/",
]
NAMES = Table(**{
    "inside.example": ["169.254.169.254"],
    "both.example": ["93.184.216.34", "::ffff:127.0.0.1"],
    "house.example": ["10.0.0.5"],
})  # fmt: skip


@pytest.fixture
def reached(monkeypatch):
    """The addresses that somebody tried to connect to."""
    found = []

    def tried(address, port, budget, seconds):
        found.append((address, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(Socket, "open", tried)
    return found


def post(url, policy=Policy()):  # noqa: B008  # It is frozen.
    door: Dialer = dialer(policy=policy, names=NAMES)
    return webhook.post(door, url, SECRET, "msg_1", AT, b"{}")


@pytest.mark.parametrize("url", NEVER)
def test_some_places_are_refused_without_being_asked_whatever_they_are_called(url, reached):
    assert post(url).problem == "address-not-allowed"
    assert reached == []


@pytest.mark.parametrize(("policy", "asked"), [(Policy(), 1), (Policy(private_networks="deny"), 0)])
def test_a_private_network_is_reached_unless_the_operator_refuses_it(policy, asked, reached):
    post("https://house.example/", policy)

    assert reached == [("10.0.0.5", 443)] * asked


def test_without_encryption_not_even_the_house_is_asked(reached):
    assert post("http://house.example/").problem == "address-not-allowed"
    assert reached == []
