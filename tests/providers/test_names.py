import socket
import threading
import time

import pytest

from console.providers.dial import Budget, Limits
from console.providers.errors import NameNotFound, NameTrouble, StageTimeout
from console.providers.names import DnsResolver, SystemResolver, canonical, literal


def budget(seconds: float = 10) -> Budget:
    return Budget(time.monotonic, Limits(stage_seconds=seconds))


# Names and addresses as people type them.


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("Mail.Example.COM", "mail.example.com"),
        (" mail.example.com. ", "mail.example.com"),
        ("p\u00f8st.example", "xn--pst-0na.example"),
        ("XN--PST-0NA.example", "xn--pst-0na.example"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("[::1]", "::1"),
        ("\uff11\uff12\uff17.0.0.1", "127.0.0.1"),
        ("127\u30020\u30020\u30021", "127.0.0.1"),
        ("mail_server.corp", "mail_server.corp"),
    ],
)
def test_a_host_has_one_form(typed, host):
    assert canonical(typed) == host


@pytest.mark.parametrize(
    "text", ["mail.example.com", "", "256.1.1.1", "1.2.3.4.5", "0x", "0xgg", "1.2.3.4 x", "127.0.0.1\n"]
)
def test_a_name_is_no_address(text):
    assert literal(text) is None


@pytest.mark.parametrize(
    "host",
    ["", ".", "a..b", "a b", "a\0b", "https://mail.example.com", "x" * 64 + ".com", "a." * 200, "-a.com", "\u2028.com"],
)
def test_what_is_no_host_name_is_not_found_without_asking(host):
    with pytest.raises(NameNotFound) as caught:
        DnsResolver("127.0.0.1", 1).lookup(host, budget())
    assert caught.value.code == "dns-not-found"


@pytest.mark.parametrize("names", [SystemResolver(), DnsResolver("127.0.0.1", 1)])
def test_an_address_is_its_own_answer(names):
    assert names.lookup("192.0.2.7", budget()) == ["192.0.2.7"]
    assert names.lookup("127.1", budget()) == ["127.0.0.1"]


def test_a_stage_without_time_asks_nobody():
    with pytest.raises(StageTimeout):
        SystemResolver().lookup("localhost", budget(0))


# The system's resolver.


def test_the_hosts_file_counts():
    assert set(SystemResolver().lookup("localhost", budget())) & {"127.0.0.1", "::1"}


@pytest.fixture
def system(monkeypatch):
    """Stand in for the system's resolver: the test says what it answers."""

    def answers(function):
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: function(host))

    return answers


def entries(*addresses):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]


def test_each_address_comes_once_and_in_order(system):
    system(lambda host: entries("192.0.2.2", "192.0.2.1", "192.0.2.2"))
    assert SystemResolver().lookup("mail.example.test", budget()) == ["192.0.2.2", "192.0.2.1"]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), NameNotFound),
        (socket.gaierror(socket.EAI_NODATA, "No address associated with hostname"), NameNotFound),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), NameTrouble),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure in name resolution"), NameTrouble),
        (UnicodeError("label too long"), NameTrouble),
        (OSError(24, "Too many open files"), NameTrouble),
    ],
)
def test_failures_of_the_system_are_told_apart(system, failure, kind):
    def fail(host):
        raise failure

    system(fail)
    with pytest.raises(kind):
        SystemResolver().lookup("mail.example.test", budget())


@pytest.fixture
def hanging(system):
    """Names that begin with "slow" hang until the test ends; `asked` lists what was looked up."""
    over, asked = threading.Event(), []

    def answer(host):
        asked.append(host)
        if host.startswith("slow"):
            over.wait()
        return entries("192.0.2.1")

    system(answer)
    yield asked
    over.set()


def test_a_resolver_that_hangs_ends_with_the_stage(hanging):
    with pytest.raises(NameTrouble) as caught:
        SystemResolver().lookup("slow.example.test", budget(0.2))
    assert caught.value.code == "dns-temporary"


def test_a_name_that_hangs_is_asked_once_however_many_want_it(hanging):
    names = SystemResolver(threads=2)
    for _ in range(5):
        with pytest.raises(NameTrouble):
            names.lookup("slow.example.test", budget(0.1))
    assert hanging == ["slow.example.test"]
    assert names.lookup("mail.example.test", budget()) == ["192.0.2.1"]


def test_hanging_look_ups_never_take_more_threads_than_allowed(hanging):
    names = SystemResolver(threads=3)
    for number in range(6):
        with pytest.raises(NameTrouble):
            names.lookup(f"slow{number}.example.test", budget(0.1))
    assert len(hanging) == 3
    with pytest.raises(NameTrouble):
        names.lookup("mail.example.test", budget(0.1))


def test_a_thread_is_free_again_after_a_look_up(system):
    system(lambda host: entries("192.0.2.1"))
    names = SystemResolver(threads=1)
    for number in range(20):
        assert names.lookup(f"mail{number}.example.test", budget()) == ["192.0.2.1"]
